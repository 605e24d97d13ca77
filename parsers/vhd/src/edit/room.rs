//! Where in a VHD file there is room for a few sectors of text.

use std::io;
use std::ops::Range;

use blockio::{Fault, ReadAt, WriteAt};

use crate::footer::ActiveFooter;
use crate::format::{ABSENT, FOOTER_LEN, SECTOR_BYTES};
use crate::header::ActiveHeader;

/// Bytes of an entry of the block allocation table.
const ENTRY: u64 = 4;
/// Bytes of the dynamic disk header.
const HEADER_LEN: u64 = 1024;

/// What of the file is free, and what is to be written there.
pub(super) struct Room {
    /// In bytes of the file, whole sectors, in order: between the structures at its begin.
    free: Vec<Range<u64>>,
    /// Where the next sector at the end of the file goes.
    end: u64,
    /// Where the footer is to be; `None` as long as it can stay where it is.
    new_end: bool,
    /// Bytes and their places, whole sectors.
    writes: Vec<(u64, Vec<u8>)>,
}

impl Room {
    /// The room of `file`, whose block allocation table has `entries` entries.
    ///
    /// The paths that are there count as taken, so that they stay whole until the header names others.
    pub(super) fn of(
        file: &dyn ReadAt,
        footer: &ActiveFooter,
        header: &ActiveHeader,
        entries: u32,
    ) -> Result<Self, Fault> {
        let range = |start: u64, len: u64| start..start.saturating_add(len);
        let mut taken = vec![
            range(0, SECTOR_BYTES),
            range(footer.header_offset, HEADER_LEN),
            range(header.table_offset, ENTRY.saturating_mul(entries.into())),
        ];
        for locator in &header.locators {
            let len = locator.data_length.get().max(locator.data_space.get());
            taken.push(range(locator.data_offset.get(), len.into()));
        }
        let first_block = first_block(file, header)?.unwrap_or(footer.data_end);
        Ok(Self {
            free: gaps(taken, first_block.min(footer.data_end)),
            end: footer.data_end,
            new_end: false,
            writes: Vec::new(),
        })
    }

    /// Takes whole sectors for `bytes`; where they are, and how many bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (u64, u32) {
        let mut sectors = bytes.to_vec();
        let len = bytes.len().max(1).next_multiple_of(FOOTER_LEN);
        sectors.resize(len, 0);
        let (space, len) = (u32::try_from(len).unwrap_or(u32::MAX), blockio::clamp(len));
        let fits = |gap: &&mut Range<u64>| gap.end.saturating_sub(gap.start) >= len;
        let at = if let Some(gap) = self.free.iter_mut().find(fits) {
            let at = gap.start;
            gap.start = at.saturating_add(len);
            at
        } else {
            let at = self.end.next_multiple_of(SECTOR_BYTES);
            (self.end, self.new_end) = (at.saturating_add(len), true);
            at
        };
        self.writes.push((at, sectors));
        (at, space)
    }

    /// Writes what was taken room for. Where that is at the end of the file, the footer goes behind it;
    /// its copy at the start counts until it is there.
    pub(super) fn write(self, file: &dyn WriteAt) -> io::Result<()> {
        for (at, sectors) in &self.writes {
            file.write_all_at(sectors, *at)?;
        }
        if self.new_end {
            let mut footer = [0; FOOTER_LEN];
            file.read_exact_at(&mut footer, 0)?;
            file.write_all_at(&footer, self.end)?;
        }
        file.flush()
    }
}

/// Where the first block that the file holds is.
fn first_block(file: &dyn ReadAt, header: &ActiveHeader) -> Result<Option<u64>, Fault> {
    // As many entries as the file was found to hold when its header was read.
    let entries = usize::try_from(header.blocks).unwrap_or_default();
    let mut table = vec![0; entries.saturating_mul(4)];
    file.read_exact_at(&mut table, header.table_offset)
        .map_err(|error| Fault::clone(&Fault::from_io(&error, "block allocation table")))?;
    let (entries, _) = table.as_chunks();
    let sectors = entries.iter().map(|entry| u32::from_be_bytes(*entry));
    let first = sectors.filter(|sector| *sector != ABSENT).min();
    Ok(first.map(|sector| u64::from(sector).saturating_mul(SECTOR_BYTES)))
}

/// What lies free between `taken`, before `end`, in whole sectors.
fn gaps(mut taken: Vec<Range<u64>>, end: u64) -> Vec<Range<u64>> {
    taken.sort_by_key(|range| range.start);
    let (mut gaps, mut at) = (Vec::new(), 0_u64);
    taken.push(end..end);
    for range in taken {
        let gap_end = range.start.min(end);
        let gap_end = gap_end.saturating_sub(gap_end % SECTOR_BYTES);
        let start = at.next_multiple_of(SECTOR_BYTES);
        if start < gap_end {
            gaps.push(start..gap_end);
        }
        at = at.max(range.end.min(end));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::gaps;

    #[test]
    fn gaps_are_whole_sectors_between_what_is_taken() {
        let taken = vec![
            0..512,
            600..700,
            512..530,
            5000..9000,
            2048..2048,
            6000..7000,
        ];
        assert_eq!(gaps(taken, 12_800), [1024..2048, 2048..4608, 9216..12_800]);
        assert_eq!(gaps(vec![0..10, 5..u64::MAX], 4096), []);
        assert_eq!(
            gaps(vec![10..20, 1030..1040], 2100),
            [512..1024, 1536..2048]
        );
    }
}
