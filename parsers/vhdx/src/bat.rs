//! The block allocation table: which entry is whose, and what an entry says. MS-VHDX 2.5

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, ReadAt};

use crate::Kind;
use crate::codes::BAT_TOO_SMALL;
use crate::format::{ALIGNMENT, BAT_ENTRY_LEN, SECTORS_PER_CHUNK};
use crate::metadata::Metadata;

/// Where in the table the entries of the disk's blocks are.
#[derive(Clone, Debug)]
pub(crate) struct Bat {
    /// The table's place in the file, in bytes, cut to the entries that the disk needs.
    range: Range<u64>,
    /// Payload blocks per sector bitmap block.
    chunk_ratio: NonZeroU64,
    /// Payload blocks of the disk.
    blocks: u64,
}

/// Whose a BAT entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The payload block of this number.
    Payload(u64),
    /// The sector bitmap block of the chunk of this number.
    Bitmap(u64),
}

/// What of a disk its table depends on.
pub(crate) struct Shape {
    pub kind: Kind,
    pub disk_size: u64,
    pub block_size: u32,
    pub logical_sector_size: u32,
}

impl Bat {
    /// Lays the table for `disk` into `region` of the file.
    pub(crate) fn new(region: &Range<u64>, disk: &Metadata) -> Result<Self, Fault> {
        let bat = Self::at(
            region.start,
            &Shape {
                kind: disk.kind,
                disk_size: disk.disk_size,
                block_size: disk.block_size,
                logical_sector_size: disk.logical_sector_size,
            },
        );
        let len = region.end.saturating_sub(region.start);
        if bat.len() > len {
            return Err(Fault::damaged(&BAT_TOO_SMALL, "BAT")
                .at(region.start)
                .expected(format!("{:#x} bytes for {} blocks", bat.len(), bat.blocks))
                .found(format!("{len:#x} bytes")));
        }
        Ok(bat)
    }

    /// The table for a disk of this `shape`, which begins at `start` of the file.
    pub(crate) fn at(start: u64, shape: &Shape) -> Self {
        let block_size = u64::from(shape.block_size).max(1);
        let blocks = shape.disk_size.div_ceil(block_size);
        let chunk_len = SECTORS_PER_CHUNK.saturating_mul(shape.logical_sector_size.into());
        let ratio = chunk_len.checked_div(block_size).and_then(NonZeroU64::new);
        let mut bat = Self {
            range: start..start,
            chunk_ratio: ratio.unwrap_or(NonZeroU64::MIN),
            blocks,
        };
        let last = blocks.saturating_sub(1);
        let last = match shape.kind {
            Kind::Differencing => bat.bitmap_index(bat.chunk(last)),
            Kind::Fixed | Kind::Dynamic => bat.payload_index(last),
        };
        let len = last.saturating_add(1).saturating_mul(BAT_ENTRY_LEN);
        bat.range.end = start.saturating_add(len);
        bat
    }

    /// Bytes of the entries that the disk needs.
    pub(crate) fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// How many payload blocks the disk has.
    pub(crate) fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Bytes of the file that hold the entries.
    pub(crate) fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The chunk that payload block `block` belongs to.
    pub(crate) fn chunk(&self, block: u64) -> u64 {
        block / self.chunk_ratio
    }

    /// Number of payload block `block` within its chunk.
    pub(crate) fn block_in_chunk(&self, block: u64) -> u64 {
        block % self.chunk_ratio
    }

    /// Index of the entry of payload block `block`: one bitmap entry stands behind every chunk.
    pub(crate) fn payload_index(&self, block: u64) -> u64 {
        block.saturating_add(self.chunk(block))
    }

    /// Index of the entry of the sector bitmap block of `chunk`.
    pub(crate) fn bitmap_index(&self, chunk: u64) -> u64 {
        let chunks = chunk.saturating_add(1);
        chunks
            .saturating_mul(self.chunk_ratio.get())
            .saturating_add(chunk)
    }

    /// Whose the entry with this index is.
    pub(crate) fn owner(&self, index: u64) -> Owner {
        let period = self.chunk_ratio.saturating_add(1);
        let (chunk, within) = (index / period, index % period);
        if within == self.chunk_ratio.get() {
            return Owner::Bitmap(chunk);
        }
        Owner::Payload(
            chunk
                .saturating_mul(self.chunk_ratio.get())
                .saturating_add(within),
        )
    }

    /// Offset in the file of the entry with this index, in bytes.
    pub(crate) fn entry_offset(&self, index: u64) -> u64 {
        self.range
            .start
            .saturating_add(index.saturating_mul(BAT_ENTRY_LEN))
    }
}

/// One entry of the table, as it is stored. 2.5.1
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatEntry(u64);

/// What an entry says of a payload block. 2.5.1.1
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayloadState {
    NotPresent,
    Undefined,
    Zero,
    Unmapped,
    FullyPresent,
    PartiallyPresent,
    /// No state that the specification knows.
    Reserved(u64),
}

/// What an entry says of a sector bitmap block. 2.5.1.2
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BitmapState {
    NotPresent,
    Present,
    /// No state that the specification knows.
    Reserved(u64),
}

impl BatEntry {
    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    fn state(self) -> u64 {
        self.0 & 0b111
    }

    pub(crate) fn payload_state(self) -> PayloadState {
        match self.state() {
            0 => PayloadState::NotPresent,
            1 => PayloadState::Undefined,
            2 => PayloadState::Zero,
            3 => PayloadState::Unmapped,
            6 => PayloadState::FullyPresent,
            7 => PayloadState::PartiallyPresent,
            reserved => PayloadState::Reserved(reserved),
        }
    }

    pub(crate) fn bitmap_state(self) -> BitmapState {
        match self.state() {
            0 => BitmapState::NotPresent,
            6 => BitmapState::Present,
            reserved => BitmapState::Reserved(reserved),
        }
    }

    /// Where in the file the block begins, in bytes.
    pub(crate) fn file_offset(self) -> u64 {
        self.0 & !ALIGNMENT.saturating_sub(1)
    }

    /// The bits between state and offset, which must be zero.
    pub(crate) fn reserved(self) -> u64 {
        (self.0 & ALIGNMENT.saturating_sub(1)) >> 3
    }
}

/// Entries that one window holds: one sector of the medium, so that a bad one costs no other.
const WINDOW_ENTRIES: u64 = 64;
const WINDOW_LEN: usize = 512;

/// Reads entries one after the other, a window of them at a time.
pub(crate) struct Entries<'a> {
    bat: &'a Bat,
    file: &'a dyn ReadAt,
    /// Index of the window's first entry; none before the first read.
    first: Option<u64>,
    window: [u8; WINDOW_LEN],
}

impl<'a> Entries<'a> {
    pub(crate) fn new(bat: &'a Bat, file: &'a dyn ReadAt) -> Self {
        Self {
            bat,
            file,
            first: None,
            window: [0; WINDOW_LEN],
        }
    }

    /// The entry with this index, or why its window could not be read.
    pub(crate) fn get(&mut self, index: u64) -> Result<BatEntry, Arc<Fault>> {
        let within = index % WINDOW_ENTRIES;
        let first = index.saturating_sub(within);
        if self.first != Some(first) {
            self.fill(first)?;
        }
        let entries = self.window.as_chunks::<8>().0;
        let entry = usize::try_from(within)
            .ok()
            .and_then(|within| entries.get(within));
        Ok(BatEntry::from_bytes(
            *entry.expect("a window holds every index within it"),
        ))
    }

    fn fill(&mut self, first: u64) -> Result<(), Arc<Fault>> {
        self.first = None;
        let start = self.bat.entry_offset(first);
        let len = self.bat.range.end.saturating_sub(start);
        let len = usize::try_from(len).unwrap_or(WINDOW_LEN).min(WINDOW_LEN);
        let window = self.window.get_mut(..len).unwrap_or_default();
        self.file
            .read_exact_at(window, start)
            .map_err(|error| Fault::from_io(&error, format!("BAT entries from {first}")))?;
        self.first = Some(first);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::MIB;

    fn disk(kind: Kind, disk_size: u64, block_size: u32, logical_sector_size: u32) -> Metadata {
        Metadata {
            kind,
            disk_size,
            block_size,
            logical_sector_size,
            physical_sector_size: 4096,
            disk_id: uuid::Uuid::nil(),
            parent_locator: None,
        }
    }

    #[test]
    fn every_entry_has_the_owner_whose_index_it_is() {
        for (block_size, sector_size) in [(256 << 20, 512), (32 << 20, 512), (256 << 20, 4096)] {
            let disk = disk(Kind::Differencing, 1 << 42, block_size, sector_size);
            let bat = Bat::new(&(3 * MIB..64 * MIB), &disk).expect("large enough");
            for block in 0..bat.blocks() {
                assert_eq!(bat.owner(bat.payload_index(block)), Owner::Payload(block));
            }
            for chunk in 0..=bat.chunk(bat.blocks() - 1) {
                assert_eq!(bat.owner(bat.bitmap_index(chunk)), Owner::Bitmap(chunk));
            }
        }
    }

    #[test]
    fn a_chunk_ends_with_the_entry_of_its_bitmap() {
        // A chunk ratio of 16: blocks of 256 MiB, sectors of 512 bytes.
        let disk = disk(Kind::Dynamic, 40 << 28, 256 << 20, 512);
        let bat = Bat::new(&(3 * MIB..4 * MIB), &disk).expect("large enough");
        assert_eq!((bat.payload_index(15), bat.bitmap_index(0)), (15, 16));
        assert_eq!((bat.payload_index(16), bat.bitmap_index(1)), (17, 33));
        assert_eq!(
            bat.range().end,
            3 * MIB + (40 + 2) * BAT_ENTRY_LEN,
            "no entry behind the last"
        );
    }

    #[test]
    fn an_entry_is_state_reserved_bits_and_offset() {
        let entry = BatEntry::from_bytes(0xABCD_EF01_2340_000F_u64.to_le_bytes());
        assert_eq!(entry.payload_state(), PayloadState::PartiallyPresent);
        assert_eq!(entry.bitmap_state(), BitmapState::Reserved(7));
        assert_eq!(
            (entry.file_offset(), entry.reserved()),
            (0xABCD_EF01_2340_0000, 1)
        );
    }
}
