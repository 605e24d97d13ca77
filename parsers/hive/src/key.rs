//! A key: its name, when it changed, what is in it.

use std::sync::Arc;

use blockio::Fault;
use zerocopy::FromBytes;

use crate::format::{COMPRESSED_NAME, KEY_NODE, KeyNode, NOWHERE};
use crate::{Error, Hive, Value, name, subkeys};

/// Longest name, in bytes; Windows allows 255 characters.
const LONGEST_NAME: usize = 1024;
/// More values are not listed.
const MOST_VALUES: usize = 1 << 20;

/// A key of a hive.
#[derive(Clone)]
pub struct Key<'h> {
    hive: &'h Hive,
    offset: u32,
    node: KeyNode,
    name: String,
}

impl<'h> Key<'h> {
    pub(crate) fn at(hive: &'h Hive, offset: u32) -> Result<Self, Arc<Fault>> {
        let bytes = hive.cells.read(
            "key",
            offset,
            size_of::<KeyNode>().saturating_add(LONGEST_NAME),
        )?;
        let fault = || hive.cells.damaged("key", offset);
        let Ok((node, rest)) = KeyNode::read_from_prefix(&bytes) else {
            return Err(Arc::new(fault().found("no room for a key node")));
        };
        if node.signature != KEY_NODE {
            return Err(Arc::new(fault().expected("signature nk")));
        }
        let stored = rest.get(..node.name_len.get().into());
        let stored = stored.ok_or_else(|| fault().found("a name beyond its cell"))?;
        let compressed = node.flags.get() & COMPRESSED_NAME != 0;
        Ok(Self {
            hive,
            offset,
            node,
            name: name::decode(stored, compressed),
        })
    }

    /// Its name, with U+FFFD for what is no Unicode.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was last changed, in 100 ns since 1601 UTC.
    #[must_use]
    pub fn last_written(&self) -> u64 {
        self.node.last_written.get()
    }

    /// The key `name` below this one, letter case aside.
    ///
    /// # Errors
    /// Where it may be among what is damaged; never where it is just not there.
    pub fn subkey(&self, name: &str) -> Result<Option<Self>, Error> {
        let mut list = self.listed();
        let hash = name::hash(name);
        // Likely ones first: a hash that lies costs time, and hides nothing.
        list.keys.sort_by_key(|key| key.hash != Some(hash));
        let mut damage = list.damage.into_iter().next();
        for key in list.keys {
            match Self::at(self.hive, key.offset) {
                Ok(found) if name::is_same(&found.name, name) => return Ok(Some(found)),
                Ok(_) => {}
                Err(fault) => damage = damage.or(Some(fault)),
            }
        }
        damage.map_or(Ok(None), |fault| Err(Error::from(fault)))
    }

    /// The keys below this one, in the order of the hive. One that is damaged is an error in its place.
    pub fn subkeys(&self) -> impl Iterator<Item = Result<Self, Error>> + use<'h> {
        let hive = self.hive;
        let list = self.listed();
        let damage = list.damage.into_iter().map(|fault| Err(Error::from(fault)));
        let keys = list.keys.into_iter();
        keys.map(move |key| Self::at(hive, key.offset).map_err(Error::from))
            .chain(damage)
    }

    fn listed(&self) -> subkeys::Listed {
        match self.node.subkey_count.get() {
            0 => subkeys::Listed::default(),
            _ => subkeys::list(&self.hive.cells, self.node.subkeys.get()),
        }
    }

    /// The value `name`, letter case aside; the empty name is the key's default value.
    ///
    /// # Errors
    /// Where it is damaged, or may be among what is.
    pub fn value(&self, name: &str) -> Result<Option<Value>, Error> {
        let mut damage = None;
        for value in self.value_heads()? {
            match value {
                Ok(head) if name::is_same(&head.name, name) => {
                    return Ok(Some(head.read(&self.hive.cells)?));
                }
                Ok(_) => {}
                Err(fault) => damage = damage.or(Some(fault)),
            }
        }
        damage.map_or(Ok(None), |fault| Err(Error::from(fault)))
    }

    /// The values, in the order of the hive. One that is damaged is an error in its place.
    ///
    /// # Errors
    /// Where their list cannot be read.
    pub fn values(&self) -> Result<impl Iterator<Item = Result<Value, Error>> + use<'h>, Error> {
        let cells = &self.hive.cells;
        let read = move |head: Result<crate::value::Head, Arc<Fault>>| {
            head.and_then(|head| head.read(cells)).map_err(Error::from)
        };
        Ok(self.value_heads()?.map(read))
    }

    fn value_heads(
        &self,
    ) -> Result<impl Iterator<Item = Result<crate::value::Head, Arc<Fault>>> + use<'h>, Error> {
        let cells = &self.hive.cells;
        let count = usize::try_from(self.node.value_count.get()).unwrap_or(usize::MAX);
        let offset = self.node.values.get();
        let bytes = match count {
            0 => Vec::new(),
            _ if offset == NOWHERE => Vec::new(),
            _ => cells.read(
                "values list",
                offset,
                count.min(MOST_VALUES).saturating_mul(4),
            )?,
        };
        let offsets = bytes.as_chunks::<4>().0.to_vec();
        let missing = (offsets.len() < count).then(|| {
            let fault = cells.damaged("values list", offset);
            let fault = fault.expected(format!("{count} values"));
            Err(Arc::new(fault.found(offsets.len().to_string())))
        });
        let head = move |at: [u8; 4]| crate::value::Head::at(cells, u32::from_le_bytes(at));
        Ok(offsets.into_iter().map(head).chain(missing))
    }
}

impl std::fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:?} at {:#x})", self.name, self.offset)
    }
}
