//! Log entries: which ones are valid, and what they write. MS-VHDX 2.3.1

use std::ops::Range;

use blockio::Fault;
use uuid::Uuid;
use zerocopy::FromBytes;

use super::ring::{Ring, Sector};
use crate::codes::LOG_NOT_REPLAYABLE;
use crate::format::{
    DATA_DESCRIPTOR_SIGNATURE, DATA_SECTOR_SIGNATURE, DataSector, LOG_ENTRY_SIGNATURE, LOG_SECTOR,
    LogDescriptor, LogEntryHeader, ZERO_DESCRIPTOR_SIGNATURE,
};
use crate::structure;

const HEADER_LEN: u64 = 64;
const DESCRIPTOR_LEN: u64 = 32;
/// How many times the length of the log may be read to tell valid entries from others. A log that
/// somebody wrote needs little more than one; one that was made up could need very many.
const MAX_PASSES: u64 = 4;

/// A valid entry: its header, its descriptors and its data agree, and the checksum holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Position in the log, in bytes.
    pub at: u64,
    /// Length in bytes, a multiple of the sector's.
    pub len: u64,
    /// Position of the oldest entry that was not yet flushed when this one was written.
    pub tail: u64,
    pub sequence_number: u64,
    pub descriptor_count: u64,
    /// The file is at least this long, in bytes.
    pub flushed_size: u64,
    /// All that the file holds ends before this, in bytes.
    pub last_size: u64,
}

/// One write of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// A page of 4 KiB gets new contents.
    Page(Page),
    /// A range of the file is blanked.
    Zeros { range: Range<u64> },
}

/// A page of 4 KiB, of which the log's data sector holds all but its first and last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Where in the file the page belongs.
    pub file_offset: u64,
    /// Where in the file the data sector is.
    pub data_sector: u64,
    pub leading_bytes: [u8; 8],
    pub trailing_bytes: [u8; 4],
}

/// Every valid entry with `guid`, in the order in which they lie in the log.
pub(super) fn find_all(ring: &Ring<'_>, guid: Uuid) -> Result<Vec<Entry>, Fault> {
    let mut entries = Vec::new();
    let mut budget = ring.len().saturating_mul(MAX_PASSES);
    let mut at = 0;
    while at < ring.len() {
        let first = ring.sector(at, 0)?;
        let mut step = LOG_SECTOR;
        if let Some(entry) = Entry::from_header(&first, at, ring.len(), guid) {
            budget = budget.checked_sub(entry.len).ok_or_else(|| {
                Fault::damaged(&LOG_NOT_REPLAYABLE, "log")
                    .at(ring.start())
                    .found("entries that overlap each other")
            })?;
            if entry.holds(ring, &first)? {
                step = entry.len;
                entries.push(entry);
            }
        }
        at = at.saturating_add(step);
    }
    Ok(entries)
}

impl Entry {
    /// The entry whose header `sector` begins with, its fields checked and no more.
    fn from_header(sector: &Sector, at: u64, log_len: u64, guid: Uuid) -> Option<Self> {
        let (header, _) = LogEntryHeader::read_from_prefix(sector).ok()?;
        let entry = Self {
            at,
            len: header.entry_length.get().into(),
            tail: header.tail.get().into(),
            sequence_number: header.sequence_number.get(),
            descriptor_count: header.descriptor_count.get().into(),
            flushed_size: header.flushed_file_offset.get(),
            last_size: header.last_file_offset.get(),
        };
        let valid = header.signature == LOG_ENTRY_SIGNATURE
            && Uuid::from(header.log_guid) == guid
            && entry.sequence_number > 0
            && entry.len.is_multiple_of(LOG_SECTOR)
            && (entry.descriptor_sectors()..=log_len / LOG_SECTOR).contains(&entry.sectors())
            && entry.tail.is_multiple_of(LOG_SECTOR)
            && entry.tail < log_len;
        valid.then_some(entry)
    }

    fn sectors(&self) -> u64 {
        self.len / LOG_SECTOR
    }

    /// Sectors that hold header and descriptors; the data sectors follow.
    fn descriptor_sectors(&self) -> u64 {
        let descriptors = self.descriptor_count.saturating_mul(DESCRIPTOR_LEN);
        descriptors.saturating_add(HEADER_LEN).div_ceil(LOG_SECTOR)
    }

    /// Whether checksum, descriptors and data sectors are those of one entry, wholly written.
    fn holds(&self, ring: &Ring<'_>, first: &Sector) -> Result<bool, Fault> {
        let mut checksum = structure::checksum(first);
        let Some(mut pages_left) = self.count_pages(0, first) else {
            return Ok(false);
        };
        for number in 1..self.sectors() {
            let sector = ring.sector(self.at, number)?;
            checksum = crc32c::crc32c_append(checksum, &sector);
            if number < self.descriptor_sectors() {
                let Some(pages) = self.count_pages(number, &sector) else {
                    return Ok(false);
                };
                pages_left = pages_left.saturating_add(pages);
            } else if pages_left > 0 {
                if !self.owns_data(&sector) {
                    return Ok(false);
                }
                pages_left = pages_left.saturating_sub(1);
            }
        }
        let stored = LogEntryHeader::read_from_prefix(first).map(|(header, _)| header.checksum);
        Ok(pages_left == 0 && stored.is_ok_and(|stored| stored == checksum))
    }

    /// How many descriptors of this sector write a page; `None` where one is not valid.
    fn count_pages(&self, number: u64, sector: &Sector) -> Option<u64> {
        let mut pages = 0_u64;
        for descriptor in self.descriptors(number, sector) {
            if let Write::Page(_) = self.write(&descriptor, 0)? {
                pages = pages.saturating_add(1);
            }
        }
        Some(pages)
    }

    /// Whether `sector` is a data sector of this entry.
    fn owns_data(&self, sector: &Sector) -> bool {
        DataSector::ref_from_bytes(sector).is_ok_and(|data| {
            let high = u64::from(data.sequence_high.get()) << 32;
            data.signature == DATA_SECTOR_SIGNATURE
                && high | u64::from(data.sequence_low.get()) == self.sequence_number
        })
    }

    /// The descriptors in the descriptor sector with this number.
    fn descriptors(&self, number: u64, sector: &Sector) -> impl Iterator<Item = LogDescriptor> {
        // Counted as if the header were two descriptors, every sector holds the same number.
        let per_sector = LOG_SECTOR / DESCRIPTOR_LEN;
        let in_header = HEADER_LEN / DESCRIPTOR_LEN;
        let before = number.saturating_mul(per_sector);
        let count = self
            .descriptor_count
            .saturating_add(in_header)
            .saturating_sub(before);
        let skip = if number == 0 { in_header } else { 0 };
        let small = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let (descriptors, _) = sector.as_chunks::<32>();
        let descriptors = descriptors.iter().take(small(count)).skip(small(skip));
        descriptors.filter_map(|bytes| LogDescriptor::read_from_bytes(bytes).ok())
    }

    /// What a descriptor of this entry writes; `None` where it is not valid.
    fn write(&self, descriptor: &LogDescriptor, data_sector: u64) -> Option<Write> {
        let file_offset = descriptor.file_offset.get();
        let len = match descriptor.signature {
            DATA_DESCRIPTOR_SIGNATURE => LOG_SECTOR,
            ZERO_DESCRIPTOR_SIGNATURE => u64::from_le_bytes(descriptor.leading_bytes),
            _ => return None,
        };
        let end = file_offset
            .checked_add(len)
            .filter(|end| i64::try_from(*end).is_ok())?;
        let aligned = file_offset.is_multiple_of(LOG_SECTOR) && len.is_multiple_of(LOG_SECTOR);
        if !aligned || descriptor.sequence_number != self.sequence_number {
            return None;
        }
        if descriptor.signature == ZERO_DESCRIPTOR_SIGNATURE {
            return Some(Write::Zeros {
                range: file_offset..end,
            });
        }
        Some(Write::Page(Page {
            file_offset,
            data_sector,
            leading_bytes: descriptor.leading_bytes,
            trailing_bytes: descriptor.trailing_bytes,
        }))
    }

    /// Calls `f` with every write of the entry, in order.
    pub(super) fn for_each_write(
        &self,
        ring: &Ring<'_>,
        mut f: impl FnMut(Write),
    ) -> Result<(), Fault> {
        let mut data = self.descriptor_sectors();
        for number in 0..self.descriptor_sectors() {
            let sector = ring.sector(self.at, number)?;
            for descriptor in self.descriptors(number, &sector) {
                let write = self.write(&descriptor, ring.file_offset(self.at, data));
                if let Some(Write::Page(_)) = write {
                    data = data.saturating_add(1);
                }
                write.into_iter().for_each(&mut f);
            }
        }
        Ok(())
    }
}
