//! The tables of keys: which of them count, and the entries in each.

use std::collections::BTreeMap;

use blockio::{Fault, clamp};
use zerocopy::FromBytes;

use super::checksum::checksum;
use super::entry::{self, Entry, Found, Slot};
use super::format::{
    EntryHeader, FIRST_OBJECT_TABLE, KEY_TABLE_SIGNATURE, KeyTableHeader, PAGE, object,
};
use super::image::Image;
use super::notes::Notes;
use super::object_table::Object;
use super::value::Values;
use crate::codes;

/// Bytes of one table; real ones have 4 KiB.
const MOST_BYTES: u64 = 1 << 20;
/// Keys of one file; a machine has a few hundred.
const MOST_KEYS: usize = 1 << 18;

/// One table of keys.
#[derive(Clone, Debug)]
pub(crate) struct KeyTable {
    pub(crate) index: u16,
    sequence: u16,
    /// Whether the checksum of its header is right.
    is_sound: bool,
    /// Where it is in the file.
    pub(crate) offset: u64,
    bytes: Vec<u8>,
}

/// What the tables hold.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// The keys, in the order of the tables.
    pub(crate) keys: Vec<Entry>,
    /// Room between them.
    pub(crate) free: Vec<Slot>,
}

/// The tables that count: of several with one index a sound one, and the latest.
pub(crate) fn tables(image: &Image<'_>, objects: &[Object], notes: &mut Notes) -> Vec<KeyTable> {
    let mut known = BTreeMap::from([(0, FIRST_OBJECT_TABLE.saturating_add(clamp(PAGE)))]);
    let mut tables: BTreeMap<u16, KeyTable> = BTreeMap::new();
    for object in objects {
        if object.kind != object::KEY_TABLE {
            continue;
        }
        let table =
            check_room(object, &mut known).and_then(|()| KeyTable::read(image, object, notes));
        match table {
            Ok(table) => keep(&mut tables, table, notes),
            Err(fault) => notes.add(fault),
        }
    }
    tables.into_values().collect()
}

/// Refuses a table that lies in another one or in the headers; `known` has where each begins and ends.
fn check_room(object: &Object, known: &mut BTreeMap<u64, u64>) -> Result<(), Fault> {
    let end = object.offset.saturating_add(object.size);
    let before = known.range(..end).next_back();
    if let Some((start, _)) = before.filter(|(_, other_end)| **other_end > object.offset) {
        return Err(Fault::damaged(&codes::KEY_TABLE, "table of keys")
            .at(object.offset)
            .found(format!("bytes that belong to what begins at {start:#x}")));
    }
    known.insert(object.offset, end);
    Ok(())
}

fn keep(tables: &mut BTreeMap<u16, KeyTable>, table: KeyTable, notes: &mut Notes) {
    let Some(other) = tables.get(&table.index) else {
        tables.insert(table.index, table);
        return;
    };
    notes.add(
        Fault::damaged(&codes::SAME_TABLE, format!("table {} of keys", table.index))
            .at(table.offset)
            .found(format!("another one at {:#x}", other.offset)),
    );
    let rank = |table: &KeyTable| (table.is_sound, table.sequence);
    if rank(&table) > rank(other) {
        tables.insert(table.index, table);
    }
}

/// The entries of all `tables`.
///
/// # Errors
/// More keys than any machine has.
pub(crate) fn entries(
    image: &Image<'_>,
    tables: &[KeyTable],
    notes: &mut Notes,
) -> Result<Entries, Fault> {
    let mut all = Entries::default();
    let mut values = Values::new(image);
    for table in tables {
        if let Err(fault) = table.walk(&mut all, &mut values, notes) {
            notes.add(fault);
        }
        if all.keys.len() > MOST_KEYS || all.free.len() > MOST_KEYS {
            return Err(Fault::damaged(&codes::TOO_MUCH, "tables of keys")
                .expected(format!("at most {MOST_KEYS} keys"))
                .found("more"));
        }
    }
    Ok(all)
}

impl KeyTable {
    fn read(image: &Image<'_>, object: &Object, notes: &mut Notes) -> Result<Self, Fault> {
        let what = "table of keys";
        let damaged = || Fault::damaged(&codes::KEY_TABLE, what).at(object.offset);
        if object.size > MOST_BYTES {
            return Err(damaged().found(format!("a size of {:#x}", object.size)));
        }
        let len = usize::try_from(object.size).unwrap_or(usize::MAX);
        let bytes = image.read(object.offset, len, &codes::KEY_TABLE, what)?;
        let (header, _) = KeyTableHeader::read_from_prefix(&bytes)
            .map_err(|_| damaged().found("a table that is cut off"))?;
        let index = header.index.get();
        if header.signature.get() != KEY_TABLE_SIGNATURE || index == 0 {
            let found = format!("{} and {index}", header.signature.get());
            return Err(damaged().expected("signature 2 and an index").found(found));
        }
        let covered = bytes.get(..size_of::<KeyTableHeader>()).unwrap_or_default();
        let sum = checksum(covered, 6);
        let is_sound = notes.counts.tables.count(sum == header.checksum.get());
        if !is_sound {
            notes.add(
                damaged()
                    .expected(format!("CRC {:#010x}", header.checksum.get()))
                    .found(format!("{sum:#010x}")),
            );
        }
        Ok(Self {
            index,
            sequence: header.sequence.get(),
            is_sound,
            offset: object.offset,
            bytes,
        })
    }

    /// Adds every entry to `all`; stops where the size of one makes no sense.
    fn walk(
        &self,
        all: &mut Entries,
        values: &mut Values<'_>,
        notes: &mut Notes,
    ) -> Result<(), Fault> {
        let mut at = size_of::<KeyTableHeader>();
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            // Too little for an entry: whoever wrote it should have given it to the one before.
            if rest.len() < size_of::<EntryHeader>() {
                return Ok(());
            }
            let slot = self.slot(at);
            let (size, found) = entry::parse(rest, slot, values, notes)?;
            match found {
                Found::Free => all.free.push(Slot { size, ..slot }),
                Found::Key(key) => all.keys.push(key),
                Found::Unreadable(fault) => notes.add(fault),
            }
            // A size is never less than an entry's header.
            at = at.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        }
        Ok(())
    }

    fn slot(&self, at: usize) -> Slot {
        Slot {
            table: self.index,
            offset: u32::try_from(at).unwrap_or(u32::MAX),
            at: self.offset.saturating_add(clamp(at)),
            size: 0,
        }
    }
}
