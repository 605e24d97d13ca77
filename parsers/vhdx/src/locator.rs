//! Where the parent of a differencing disk is, as its child wrote it down. MS-VHDX 2.6.2.6

use blockio::{Change, Fault};
use uuid::Uuid;
use zerocopy::FromBytes;

use crate::codes::{LOCATOR, LOCATOR_TYPE};
use crate::edit::NewParent;
use crate::format::{ParentLocatorEntry, ParentLocatorHeader, VHDX_LOCATOR};

/// The parent locator of a differencing disk. This crate reads it; who opens the parent follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParentLocator {
    /// Data write GUID that the parent must have (`parent_linkage`).
    pub linkage: Uuid,
    /// Data write GUID that the parent may have instead, while a merge is under way
    /// (`parent_linkage2`); `None` where absent or nil.
    pub linkage2: Option<Uuid>,
    /// Path from the child's folder, with backslashes (`relative_path`).
    pub relative_path: Option<String>,
    /// Path by volume GUID on the host that wrote it (`volume_path`).
    pub volume_path: Option<String>,
    /// Absolute path on the host that wrote it (`absolute_win32_path`).
    pub absolute_win32_path: Option<String>,
    /// Every key with its value, in the order of the file.
    pub entries: Vec<(String, String)>,
}

impl ParentLocator {
    /// Whether a parent with this data write GUID is the one that the child was made from.
    #[must_use]
    pub fn accepts(&self, data_write_guid: Uuid) -> bool {
        self.linkage == data_write_guid || self.linkage2 == Some(data_write_guid)
    }

    /// Which values [`edit::relink`](crate::edit::relink) to `parent` would change; none where the
    /// file can be left as it is.
    #[must_use]
    pub fn changes(&self, parent: &NewParent) -> Vec<Change> {
        let new = self.with(parent);
        let change = |key: &str| Change::of(key, value(&self.entries, key), value(&new, key));
        let added = new.iter().map(|(key, _)| key);
        let added = added.filter(|key| value(&self.entries, key).is_none());
        let keys = self.entries.iter().map(|(key, _)| key).chain(added);
        keys.filter_map(|key| change(key)).collect()
    }

    /// The entries as they are for `parent`: in their order, what has no place yet at the end.
    pub(crate) fn with(&self, parent: &NewParent) -> Vec<(String, String)> {
        let braced = |guid: Uuid| format!("{{{guid}}}");
        let relative = Some(parent.relative_path.clone());
        let absolute = parent.absolute_win32_path.clone();
        let mut entries = Vec::new();
        for (key, old) in &self.entries {
            let new = match key.as_str() {
                "relative_path" => relative.clone(),
                "absolute_win32_path" => absolute.clone(),
                "volume_path" => None,
                "parent_linkage" => Some(parent.linkage.map_or_else(|| old.clone(), braced)),
                "parent_linkage2" if parent.linkage.is_some() => Some(braced(Uuid::nil())),
                _ => Some(old.clone()),
            };
            entries.extend(new.map(|new| (key.clone(), new)));
        }
        for (key, new) in [
            ("relative_path", relative),
            ("absolute_win32_path", absolute),
        ] {
            if value(&entries, key).is_none() {
                entries.extend(new.map(|new| (key.to_owned(), new)));
            }
        }
        entries
    }

    /// Parses the metadata item that `bytes` are; `at` is where in the file it begins.
    pub(crate) fn parse(bytes: &[u8], at: u64) -> Result<Self, Fault> {
        let damaged = || Fault::damaged(&LOCATOR, "parent locator").at(at);
        let (header, rest) = ParentLocatorHeader::read_from_prefix(bytes).map_err(|_| {
            damaged()
                .expected("20 bytes")
                .found(bytes.len().to_string())
        })?;
        let locator_type = Uuid::from(header.locator_type);
        if locator_type != VHDX_LOCATOR {
            return Err(Fault::unsupported(&LOCATOR_TYPE, "parent locator")
                .at(at)
                .expected(format!("type {{{VHDX_LOCATOR}}}"))
                .found(format!("{{{locator_type}}}")));
        }
        let count = usize::from(header.key_value_count.get());
        let table = rest.chunks_exact(size_of::<ParentLocatorEntry>());
        if table.len() < count {
            return Err(damaged()
                .expected(format!("{count} entries"))
                .found(format!("an item of {:#x} bytes", bytes.len())));
        }
        let entries = table
            .take(count)
            .map(|entry| key_and_value(bytes, entry, at))
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_entries(entries, damaged)
    }

    fn from_entries(
        entries: Vec<(String, String)>,
        damaged: impl Fn() -> Fault,
    ) -> Result<Self, Fault> {
        let value = |key| {
            let mut values = entries
                .iter()
                .filter(|(name, _)| name == key)
                .map(|(_, value)| value);
            match (values.next(), values.next()) {
                (value, None) => Ok(value.cloned()),
                _ => Err(damaged().expected(format!("one {key}")).found("several")),
            }
        };
        let guid = |key| match value(key)? {
            None => Ok(None),
            Some(text) => Uuid::parse_str(text.trim())
                .map(Some)
                .map_err(|_| damaged().expected(format!("a GUID in {key}")).found(text)),
        };
        let linkage = guid("parent_linkage")?.filter(|linkage| !linkage.is_nil());
        Ok(Self {
            linkage: linkage.ok_or_else(|| damaged().found("no parent_linkage"))?,
            linkage2: guid("parent_linkage2")?.filter(|linkage| !linkage.is_nil()),
            relative_path: value("relative_path")?,
            volume_path: value("volume_path")?,
            absolute_win32_path: value("absolute_win32_path")?,
            entries,
        })
    }
}

/// The value of `key`.
fn value<'a>(entries: &'a [(String, String)], key: &str) -> Option<&'a str> {
    let (_, value) = entries.iter().find(|(name, _)| name == key)?;
    Some(value)
}

fn key_and_value(item: &[u8], entry: &[u8], at: u64) -> Result<(String, String), Fault> {
    let damaged = || Fault::damaged(&LOCATOR, "parent locator").at(at);
    let entry = ParentLocatorEntry::read_from_bytes(entry).map_err(|_| damaged())?;
    let text = |offset: u32, length: u16| {
        utf16(item, offset, length).ok_or_else(|| {
            damaged()
                .expected(format!("text within the item of {:#x} bytes", item.len()))
                .found(format!("{length:#x} bytes at {offset:#x} of it"))
        })
    };
    let key = text(entry.key_offset.get(), entry.key_length.get())?;
    let value = text(entry.value_offset.get(), entry.value_length.get())?;
    Ok((key, value))
}

/// UTF-16LE text within `item`. A NUL at its end, which some writers count in, is left out.
fn utf16(item: &[u8], offset: u32, length: u16) -> Option<String> {
    let bytes = item
        .get(usize::try_from(offset).ok()?..)?
        .get(..usize::from(length))?;
    let (units, odd) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let text = String::from_utf16_lossy(&units);
    odd.is_empty()
        .then(|| text.trim_end_matches('\0').to_owned())
}
