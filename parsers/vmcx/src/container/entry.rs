//! One entry of a table of keys.

use blockio::{Code, Fault};
use zerocopy::FromBytes;

use super::checksum::checksum;
use super::format::{EntryHeader, entry};
use super::notes::Notes;
use super::value::{self, Values};
use crate::codes::{FILE_OBJECT, KEY};
use crate::node::Value;

/// A key as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) slot: Slot,
    /// Index of its parent's table, and where in that the parent's entry is; zeros for the root.
    pub(crate) parent: (u16, u32),
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) sequence: u32,
    pub(crate) name: String,
    /// Bytes of the name as it is stored, with the NUL.
    pub(crate) name_len: u8,
    pub(crate) value: Value,
}

/// Room in a table of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) table: u16,
    /// In the table.
    pub(crate) offset: u32,
    /// In the file.
    pub(crate) at: u64,
    /// All of it: header, name, data and slack.
    pub(crate) size: u32,
}

impl Slot {
    /// How an entry's children refer to it.
    pub(crate) fn place(&self) -> (u16, u32) {
        (self.table, self.offset)
    }
}

/// What an entry is.
pub(crate) enum Found {
    /// Room for other entries.
    Free,
    /// A key.
    Key(Entry),
    /// A key without meaning; its size is good.
    Unreadable(Fault),
}

/// The entry that `rest` of a table begins with, and its size, which is never zero.
///
/// # Errors
/// A size that makes no sense, so that nobody knows where the next entry is.
pub(crate) fn parse(
    rest: &[u8],
    slot: Slot,
    values: &mut Values<'_>,
    notes: &mut Notes,
) -> Result<(u32, Found), Fault> {
    let what = format!("entry {:#x} of table {} of keys", slot.offset, slot.table);
    let damaged = |code: &'static Code| Fault::damaged(code, what.clone()).at(slot.at);
    let (header, body) = EntryHeader::read_from_prefix(rest)
        .map_err(|_| damaged(&KEY).found("an entry that is cut off"))?;
    let size = header.size.get();
    let len = usize::try_from(size).unwrap_or(usize::MAX);
    let body_len = len.checked_sub(size_of::<EntryHeader>());
    let Some(body) = body_len.and_then(|len| body.get(..len)) else {
        return Err(damaged(&KEY)
            .expected(format!("a size of {:#x} at most", rest.len()))
            .found(format!("{size:#x}, and all behind it in the table is lost")));
    };
    if header.kind == entry::FREE {
        return Ok((size, Found::Free));
    }
    let name_len = usize::from(header.name_len);
    let Some((name, data)) = body.split_at_checked(name_len) else {
        let found = format!("a name of {name_len} bytes in an entry of {size:#x}");
        return Ok((size, Found::Unreadable(damaged(&KEY).found(found))));
    };
    let Some(data) = value::stored(header.kind, header.flags, data) else {
        let found = format!("data of type {} that does not fit", header.kind);
        notes.counts.keys.count(false);
        return Ok((size, Found::Unreadable(damaged(&KEY).found(found))));
    };
    let covered = size_of::<EntryHeader>()
        .saturating_add(name_len)
        .saturating_add(data.len());
    let sum = checksum(rest.get(..covered).unwrap_or_default(), 12);
    let name = name_of(name);
    let named = |fault: Fault| {
        let what = format!("key {:?}", name.escape_debug().to_string());
        Fault {
            what: what.into(),
            ..fault
        }
    };
    if !notes.counts.keys.count(sum == header.checksum.get()) {
        notes.add(
            named(damaged(&KEY))
                .expected(format!("CRC {:#010x}", header.checksum.get()))
                .found(format!("{sum:#010x}")),
        );
    }
    let (value, fault) = values.value(header.kind, header.flags, data);
    if let Some(found) = fault {
        notes.add(named(damaged(&FILE_OBJECT)).found(found));
    }
    let key = Entry {
        slot: Slot { size, ..slot },
        parent: (header.parent_table.get(), header.parent_offset.get()),
        kind: header.kind,
        flags: header.flags,
        sequence: header.sequence.get(),
        name,
        name_len: header.name_len,
        value,
    };
    Ok((size, Found::Key(key)))
}

/// The name without the NUL that ends it.
fn name_of(stored: &[u8]) -> String {
    let name = stored.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}
