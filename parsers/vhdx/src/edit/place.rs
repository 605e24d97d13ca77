//! Where in the metadata region a new parent locator goes. MS-VHDX 2.6.1

use std::io;
use std::ops::Range;

use blockio::{Fault, ReadAt, WriteAt};
use uuid::Uuid;
use zerocopy::{FromBytes, IntoBytes};

use crate::codes::{LOCATOR, LOCATOR_ROOM, METADATA_TABLE};
use crate::format::{
    ITEM_IS_USER, MAX_ITEM_LEN, METADATA_TABLE_LEN, MetadataTableEntry, MetadataTableHeader,
    PARENT_LOCATOR,
};
use crate::structure;

/// What item offsets are aligned to, in bytes.
const ITEM_ALIGNMENT: u64 = 8;

/// Where the new item goes, and the table entry that then names it.
pub(super) struct ItemPlace {
    /// In bytes of the file.
    item: u64,
    /// In bytes of the file.
    entry_at: u64,
    entry: MetadataTableEntry,
}

impl ItemPlace {
    /// The place of `item` in the metadata `region`: behind all that are there, so that the old one
    /// stays whole until the table names the new one; over the old one where the region is full.
    pub(super) fn find(file: &dyn ReadAt, region: &Range<u64>, item: &[u8]) -> Result<Self, Fault> {
        let (mut entry, entry_at, items_end) = locator_entry(file, region)?;
        let len = blockio::clamp(item.len());
        let region_len = region.end.saturating_sub(region.start);
        let fits = |offset: u64| offset.checked_add(len).is_some_and(|end| end <= region_len);
        let behind = items_end.next_multiple_of(ITEM_ALIGNMENT);
        let old = u64::from(entry.offset.get());
        let offset = match (fits(behind), len <= entry.length.get().into()) {
            (true, _) => behind,
            (false, true) => old,
            (false, false) => return Err(no_room(region, len, region_len.saturating_sub(behind))),
        };
        match (u32::try_from(offset), u32::try_from(len)) {
            (Ok(offset), Ok(length)) if len <= MAX_ITEM_LEN => {
                (entry.offset, entry.length) = (offset.into(), length.into());
            }
            _ => return Err(no_room(region, len, MAX_ITEM_LEN)),
        }
        Ok(Self {
            item: region.start.saturating_add(offset),
            entry_at,
            entry,
        })
    }

    /// Writes the item, then the table entry.
    pub(super) fn write(&self, file: &dyn WriteAt, item: &[u8]) -> io::Result<()> {
        file.write_all_at(item, self.item)?;
        file.flush()?;
        file.write_all_at(self.entry.as_bytes(), self.entry_at)?;
        file.flush()
    }
}

fn no_room(region: &Range<u64>, len: u64, room: u64) -> Fault {
    Fault::unsupported(&LOCATOR_ROOM, "new parent locator")
        .at(region.start)
        .expected(format!(
            "at most {room:#x} bytes, which the metadata region has left"
        ))
        .found(format!("{len:#x} bytes"))
}

/// The table entry of the parent locator, its place in the file, and where in the region the last
/// item ends.
fn locator_entry(
    file: &dyn ReadAt,
    region: &Range<u64>,
) -> Result<(MetadataTableEntry, u64, u64), Fault> {
    let damaged = || Fault::damaged(&METADATA_TABLE, "metadata table").at(region.start);
    let table = structure::read(file, region.start, METADATA_TABLE_LEN, "metadata table")?;
    let (header, rest) = MetadataTableHeader::read_from_prefix(&table).map_err(|_| damaged())?;
    let (mut found, mut items_end) = (None, blockio::clamp(METADATA_TABLE_LEN));
    let entries = rest.chunks_exact(size_of::<MetadataTableEntry>());
    let first = blockio::clamp(size_of::<MetadataTableHeader>());
    for (number, bytes) in (0..header.entry_count.get()).zip(entries) {
        let entry = MetadataTableEntry::read_from_bytes(bytes).map_err(|_| damaged())?;
        let end = u64::from(entry.offset.get()).saturating_add(entry.length.get().into());
        items_end = items_end.max(end);
        if Uuid::from(entry.item_id) == PARENT_LOCATOR && entry.flags.get() & ITEM_IS_USER == 0 {
            let within = blockio::clamp(bytes.len()).saturating_mul(number.into());
            let within = within.saturating_add(first);
            found = Some((entry, region.start.saturating_add(within)));
        }
    }
    let missing = || Fault::damaged(&LOCATOR, "parent locator").at(region.start);
    let (entry, at) = found.ok_or_else(missing)?;
    Ok((entry, at, items_end))
}
