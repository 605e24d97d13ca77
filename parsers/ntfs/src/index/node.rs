//! Nodes of an index: the index root in a file record, and index records.

use zerocopy::FromBytes;

use super::entry::{Entry, FileName, Key};
use crate::fixup;
use crate::format::{INDEX_SIGNATURE, IndexHeader, IndexRecordHeader, IndexRoot};

/// Which node of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The index root.
    Root,
    /// This index record, counted from the first.
    Block(u64),
}

/// A node whose entries have been checked, as far as they hold together.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    bytes: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    /// Why there are no more entries, where that is not because they end.
    pub(super) damage: Option<String>,
}

impl Node {
    /// The node in the value of $INDEX_ROOT.
    pub(super) fn root(value: Vec<u8>) -> Self {
        Self::parse(Place::Root, value, size_of::<IndexRoot>())
    }

    /// The node in the index record `record`, fixups not yet applied, that should state `vcn`.
    pub(super) fn block(place: Place, mut record: Vec<u8>, vcn: u64) -> Result<Self, String> {
        fixup::apply(&mut record, INDEX_SIGNATURE)?;
        let header = IndexRecordHeader::ref_from_prefix(&record)
            .map_err(|_| "is too short")?
            .0;
        if header.vcn != vcn {
            return Err(format!("is the record of VCN {:#x}", header.vcn));
        }
        Ok(Self::parse(place, record, size_of::<IndexRecordHeader>()))
    }

    /// A node of which nothing is known but what is wrong with it.
    pub(super) fn damaged(place: Place, why: &str) -> Self {
        Self {
            place,
            bytes: Vec::new(),
            entries: Vec::new(),
            damage: Some(why.to_owned()),
        }
    }

    fn parse(place: Place, bytes: Vec<u8>, header_at: usize) -> Self {
        let mut entries = Vec::new();
        let damage = read_entries(&bytes, header_at, &mut entries).err();
        Self {
            place,
            bytes,
            entries,
            damage,
        }
    }

    /// The code units of a name in this node.
    pub(super) fn name(&self, key: &FileName) -> Vec<u16> {
        let bytes = self.bytes.get(key.name.clone()).unwrap_or_default();
        bytes
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(u16::from_le_bytes)
            .collect()
    }

    /// The names in this node, in its order.
    pub(super) fn names(&self) -> impl Iterator<Item = Vec<u16>> {
        self.entries.iter().filter_map(|entry| match &entry.key {
            Key::Name(key) => Some(self.name(key)),
            Key::Last | Key::Bad(_) => None,
        })
    }

    /// Which entry is the first whose name is not `before` what is looked for; its subnode holds the
    /// names just before it.
    pub(super) fn lower_bound(&self, before: impl Fn(&[u16]) -> bool) -> usize {
        self.entries.partition_point(|entry| match &entry.key {
            Key::Name(key) => before(&self.name(key)),
            Key::Last | Key::Bad(_) => false,
        })
    }

    /// The name of the entry that begins at byte `offset` of the node.
    pub(super) fn name_at(&self, offset: usize) -> Option<Vec<u16>> {
        let at = self
            .entries
            .binary_search_by_key(&offset, |entry| entry.offset)
            .ok()?;
        match &self.entries.get(at)?.key {
            Key::Name(key) => Some(self.name(key)),
            Key::Last | Key::Bad(_) => None,
        }
    }
}

/// Reads entry after entry into `entries`; why that ended before the last one, if it did.
fn read_entries(bytes: &[u8], header_at: usize, entries: &mut Vec<Entry>) -> Result<(), String> {
    let head = bytes.get(header_at..).unwrap_or_default();
    let (header, _) = IndexHeader::ref_from_prefix(head).map_err(|_| "no room for its header")?;
    let position = |offset: u32| usize::try_from(offset).ok()?.checked_add(header_at);
    let end = position(header.used.get()).filter(|&end| end <= bytes.len());
    let bytes = bytes
        .get(..end.ok_or("entries that leave the node")?)
        .unwrap_or_default();
    let mut at = position(header.first_entry.get()).unwrap_or(usize::MAX);
    loop {
        let (entry, next) = Entry::parse(bytes, at).map_err(|why| format!("{why} at {at:#x}"))?;
        let is_last = matches!(entry.key, Key::Last);
        entries.push(entry);
        if is_last {
            return Ok(());
        }
        at = next;
    }
}
