//! A new VHD file made of any disk: dynamic or fixed.
//!
//! [`NewFile`] writes nothing. It is the file, as a [`ReadAt`] over the disk: footers, header, table
//! and bitmaps made in memory, blocks that say where the disk's bytes lie. Whoever copies it moves
//! those bytes in its own way, and what is lost stays [`Lost`](blockio::Place::Lost).
//!
//! As Windows does, the data of each block begins at a multiple of 4 KiB, its bitmap before that: so
//! blocks of the disk can be shared with the file that they are in.

mod geometry;
mod marks;
mod stored;

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, Place, ReadAt, Run, read_mapped};
use uuid::Uuid;

use crate::Error;
use crate::codes::{NEW_DISK_SHAPE, SECTOR_SIZE};
use crate::format::{ABSENT, FOOTER_LEN, SECTOR, SECTOR_BYTES};
use marks::Marks;
use stored::Stored;

/// Largest disk of the format, in bytes: 2,040 GiB.
pub const MAX_DISK_SIZE: u64 = 2040 << 30;
/// What the data of blocks is aligned to in the file, in bytes.
const ALIGNMENT: u64 = 4096;
/// Where the dynamic disk header is.
const HEADER: u64 = 512;
/// Where the block allocation table is.
const TABLE: u64 = 1536;

/// What a new file is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDisk {
    /// Whether every byte of the disk gets its place in the file, or only blocks with bytes in them.
    pub fixed: bool,
    /// Size of a block, in bytes: 512 KiB or 2 MiB, which is all that Hyper-V knows. Nothing to a
    /// fixed disk.
    pub block_size: u32,
    /// Size of a sector of the disk as the guest addresses it, in bytes. The format has 512 only.
    pub logical_sector_size: u32,
    /// A new id, by which children would know the disk.
    pub unique_id: Uuid,
    /// When it is made, in seconds since 2000-01-01 UTC.
    pub timestamp: u32,
}

impl NewDisk {
    /// Block size in bytes that Hyper-V gives a new disk.
    pub const BLOCK_SIZE: u32 = 2 << 20;

    /// Whether there can be a file like this over a disk of `disk_size` bytes.
    fn check(&self, disk_size: u64) -> Result<(), Fault> {
        if self.logical_sector_size != SECTOR {
            return Err(Fault::unsupported(&SECTOR_SIZE, "sector size of the disk")
                .expected("512 bytes")
                .found(format!("{} bytes (a 4Kn disk)", self.logical_sector_size)));
        }
        let shape = |what| Fault::unsupported(&NEW_DISK_SHAPE, what);
        if disk_size == 0 || disk_size > MAX_DISK_SIZE || !disk_size.is_multiple_of(SECTOR_BYTES) {
            return Err(shape("size of the disk")
                .expected("whole sectors of 512 bytes, up to 2040 GiB")
                .found(format!("{disk_size} bytes")));
        }
        if !self.fixed && ![512 << 10, 2 << 20].contains(&self.block_size) {
            return Err(shape("block size")
                .expected("512 KiB or 2 MiB")
                .found(format!("{:#x}", self.block_size)));
        }
        Ok(())
    }
}

/// A VHD file that is being made of a disk, as the bytes that it has.
pub struct NewFile {
    disk: Arc<dyn ReadAt>,
    layout: Layout,
    marks: Marks,
}

/// Where things are in a new file.
struct Layout {
    disk_size: u64,
    /// The blocks; none in a fixed disk.
    blocks: Option<Blocks>,
    /// Where the footer is.
    end: u64,
}

/// Where the blocks of a dynamic disk are.
struct Blocks {
    size: u64,
    /// Bytes of a block's bitmap: whole sectors.
    bitmap: u64,
    /// Where the data of the first one is.
    first: u64,
    /// From the data of one to the data of the next.
    stride: u64,
    stored: Stored,
}

/// What an offset of a new file is in.
enum Part {
    /// Bytes made in memory: the footer and its copy, the header, the table, a bitmap.
    Marks,
    /// Bytes of the disk, from this offset of it on.
    Data(u64),
    /// Zeros between two of the others.
    Gap,
}

impl NewFile {
    /// The file of `disk` as `new` says. Asks `disk` where its bytes are, and reads none.
    ///
    /// # Errors
    /// Where there can be no such file.
    pub fn new(disk: Arc<dyn ReadAt>, new: &NewDisk) -> Result<Self, Error> {
        let disk_size = disk.size();
        new.check(disk_size)?;
        let layout = match new.fixed {
            true => Layout::fixed(disk_size),
            false => Layout::dynamic(&*disk, new.block_size),
        };
        Ok(Self {
            marks: Marks::new(new, &layout),
            disk,
            layout,
        })
    }

    /// Which bytes of the disk `range` of the file holds, where it is one of those that the file says
    /// are [`Lost`](blockio::Place::Lost).
    #[must_use]
    pub fn disk_range(&self, range: Range<u64>) -> Range<u64> {
        let (part, _) = self.layout.part_at(range.start);
        let start = if let Part::Data(at) = part { at } else { 0 };
        let len = range.end.saturating_sub(range.start);
        start..start.saturating_add(len).min(self.disk.size())
    }
}

impl ReadAt for NewFile {
    fn size(&self) -> u64 {
        self.layout.end.saturating_add(SECTOR_BYTES)
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        blockio::check_range(self.size(), offset, 1)?;
        let (part, end) = self.layout.part_at(offset);
        let len = max.min(end.saturating_sub(offset));
        let place = match part {
            Part::Gap => Place::Hole,
            Part::Marks => Place::Computed {
                by: &self.marks,
                offset,
            },
            Part::Data(at) => match self.disk.size().saturating_sub(at) {
                // The last block is whole, whatever the size of the disk.
                0 => Place::Hole,
                left => return self.disk.run_at(at, len.min(left)),
            },
        };
        Ok(Run { len, place })
    }
}

impl Layout {
    fn fixed(disk_size: u64) -> Self {
        Self {
            disk_size,
            blocks: None,
            end: disk_size,
        }
    }

    fn dynamic(disk: &dyn ReadAt, block_size: u32) -> Self {
        let size = u64::from(block_size);
        let entries = disk.size().div_ceil(size.max(1));
        // A bit for each sector.
        let bitmap = (size / SECTOR_BYTES / 8).next_multiple_of(SECTOR_BYTES);
        let table_end = TABLE.saturating_add(entries.saturating_mul(4));
        let blocks = Blocks {
            size,
            bitmap,
            first: table_end.saturating_add(bitmap).next_multiple_of(ALIGNMENT),
            stride: size.saturating_add(bitmap).next_multiple_of(ALIGNMENT),
            stored: Stored::of(disk, size),
        };
        let end = match blocks.stored.blocks().checked_sub(1) {
            Some(last) => blocks.data(last).saturating_add(size),
            None => table_end.next_multiple_of(SECTOR_BYTES),
        };
        Self {
            disk_size: disk.size(),
            blocks: Some(blocks),
            end,
        }
    }

    /// How many entries the table has; it has none in a fixed disk.
    fn entries(&self) -> u64 {
        let blocks = self.blocks.as_ref();
        blocks.map_or(0, |blocks| self.disk_size.div_ceil(blocks.size.max(1)))
    }

    /// What `offset` is in, and where that ends.
    fn part_at(&self, offset: u64) -> (Part, u64) {
        let Some(blocks) = self.blocks.as_ref().filter(|_| offset < self.end) else {
            let footer = self.end.saturating_add(SECTOR_BYTES);
            return match offset < self.end {
                true => (Part::Data(offset), self.end),
                false => (Part::Marks, footer),
            };
        };
        let table_end = TABLE.saturating_add(self.entries().saturating_mul(4));
        let first_bitmap = blocks.first.saturating_sub(blocks.bitmap).min(self.end);
        if offset < table_end {
            return (Part::Marks, table_end);
        }
        if offset < first_bitmap {
            return (Part::Gap, first_bitmap);
        }
        blocks.part_at(offset, first_bitmap)
    }
}

impl Blocks {
    /// Where the data of block `number` of the file is.
    fn data(&self, number: u64) -> u64 {
        self.first
            .saturating_add(number.saturating_mul(self.stride))
    }

    /// As [`Layout::part_at`], from the first bitmap on.
    fn part_at(&self, offset: u64, first_bitmap: u64) -> (Part, u64) {
        let from_first = offset.saturating_sub(first_bitmap);
        let number = from_first.checked_div(self.stride).unwrap_or_default();
        let data = self.data(number);
        let data_end = data.saturating_add(self.size);
        match offset.checked_sub(data) {
            None => (Part::Marks, data),
            Some(within) if offset < data_end => {
                let block = self.stored.disk_block(number).unwrap_or_default();
                let at = block.saturating_mul(self.size).saturating_add(within);
                (Part::Data(at), data_end)
            }
            Some(_) => (
                Part::Gap,
                self.data(number.saturating_add(1))
                    .saturating_sub(self.bitmap),
            ),
        }
    }

    /// The entry of the table of block `number` of the disk: the sector that its bitmap begins with.
    fn entry(&self, number: u64) -> u32 {
        let sector = |block| self.data(block).saturating_sub(self.bitmap) / SECTOR_BYTES;
        let block = self.stored.file_block(number);
        block.map_or(ABSENT, |block| {
            u32::try_from(sector(block)).unwrap_or(ABSENT)
        })
    }
}

#[cfg(test)]
mod tests;
