//! Extents of a dynamic or differencing disk.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Cached, Extent, Fault, ReadAt, State};

use crate::bat::Bat;
use crate::codes::{BLOCK_CUT, BLOCK_PLACE, UNREADABLE};
use crate::footer::ActiveFooter;
use crate::format::{FOOTER_LEN, SECTOR_BYTES};
use crate::header::ActiveHeader;
use crate::{Kind, bitmap};

/// Bytes of a bitmap that one look takes in: all of it for blocks of up to 2 MiB, and one sector of
/// the medium, so that a bad one costs no other.
const WINDOW: usize = 512;
/// Bytes of the disk that this much of a bitmap describes.
const WINDOW_SPAN: u64 = 512 * 8 * SECTOR_BYTES;

/// The blocks of a dynamic or differencing disk.
pub(crate) struct Sparse {
    pub(crate) bat: Bat,
    pub(crate) block_size: u32,
    /// Bytes of the bitmap before a block's data, padded to a sector.
    pub(crate) bitmap_len: u64,
    disk_size: u64,
    data_end: u64,
    /// What no block may lie over: footer copy, dynamic disk header, block allocation table.
    structures: [Range<u64>; 3],
    /// What a sector that the file does not hold reads as.
    absent: State,
    name: Arc<str>,
    tables: Arc<Cached<Arc<dyn ReadAt>>>,
}

/// Where one block lies in the file.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) number: u32,
    /// Where its bitmap begins in the file, in bytes.
    pub(crate) start: u64,
}

impl Sparse {
    pub(crate) fn new(
        header: &ActiveHeader,
        footer: &ActiveFooter,
        tables: Cached<Arc<dyn ReadAt>>,
        name: &str,
    ) -> Self {
        let tables = Arc::new(tables);
        let header_end = footer.header_offset.saturating_add(1024);
        let sectors = u64::from(header.block_size) / SECTOR_BYTES;
        Self {
            bat: Bat {
                file: Arc::clone(&tables),
                offset: header.table_offset,
                blocks: header.blocks,
            },
            block_size: header.block_size,
            bitmap_len: sectors.div_ceil(8).next_multiple_of(SECTOR_BYTES),
            disk_size: footer.disk_size,
            data_end: footer.data_end,
            structures: [
                0..blockio::clamp(FOOTER_LEN),
                footer.header_offset..header_end,
                header.table_offset..header.table_end().unwrap_or(u64::MAX),
            ],
            absent: match footer.kind {
                Kind::Differencing => State::Parent,
                Kind::Fixed | Kind::Dynamic => State::Zero,
            },
            name: name.into(),
            tables,
        }
    }

    /// As [`blockio::Layer::extent_at`], `max` already clipped to the disk.
    pub(crate) fn extent_at(&self, offset: u64, max: u64) -> Extent {
        let block_size = u64::from(self.block_size);
        let within = offset.checked_rem(block_size).unwrap_or_default();
        let number = offset.checked_div(block_size).unwrap_or_default();
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let rest = max.min(block_size.saturating_sub(within));
        match self.bat.sector(number) {
            Ok(Some(sector)) => self.within_block(self.block(number, sector), within, rest),
            Ok(None) => self.absent_from(number, within, max),
            Err(error) => self.unreadable(&error, number, self.bat.place(number), rest),
        }
    }

    /// Blocks that the file does not hold, from byte `within` of the first one on.
    fn absent_from(&self, number: u32, within: u64, max: u64) -> Extent {
        let block_size = u64::from(self.block_size);
        let wanted = within.saturating_add(max).div_ceil(block_size);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        // A table that cannot be read further on matters when that block is asked for.
        let blocks = self.bat.absent(number, wanted).unwrap_or(1).max(1);
        let len = u64::from(blocks).saturating_mul(block_size);
        let len = max.min(len.saturating_sub(within));
        let state = self.absent.clone();
        Extent { len, state }
    }

    fn within_block(&self, block: Block, within: u64, max: u64) -> Extent {
        if let Err(fault) = self.check_place(block) {
            return lost(fault, max);
        }
        let window_end = (within / WINDOW_SPAN)
            .saturating_add(1)
            .saturating_mul(WINDOW_SPAN);
        let max = max.min(window_end.saturating_sub(within));
        let (held, len) = match self.bits(block, within, max) {
            Ok(bits) => bits,
            Err(error) => return self.unreadable(&error, block.number, block.start, max),
        };
        if held {
            return self.stored(block, within, len);
        }
        let state = self.absent.clone();
        Extent { len, state }
    }

    /// Whether the file holds the sector at byte `within` of the block, and for how many bytes, at
    /// most `max`, which end within the window.
    fn bits(&self, block: Block, within: u64, max: u64) -> io::Result<(bool, u64)> {
        let mut buf = [0; WINDOW];
        let byte = within / SECTOR_BYTES / 8;
        let bits = (within % (8 * SECTOR_BYTES))
            .saturating_add(max)
            .div_ceil(SECTOR_BYTES);
        let wanted = usize::try_from(bits.div_ceil(8)).unwrap_or(WINDOW);
        let window = buf.get_mut(..wanted.min(WINDOW)).unwrap_or_default();
        self.tables
            .read_exact_at(window, block.start.saturating_add(byte))?;
        let first = usize::try_from(within / SECTOR_BYTES % 8).unwrap_or_default();
        let (held, sectors) = bitmap::run(window, first, usize::MAX).unwrap_or((false, 1));
        let len = blockio::clamp(sectors).saturating_mul(SECTOR_BYTES);
        let len = len.saturating_sub(within % SECTOR_BYTES);
        Ok((held, len.min(max)))
    }

    /// Bytes of the block that the file holds, as far as the file goes.
    fn stored(&self, block: Block, within: u64, len: u64) -> Extent {
        let data = block.start.saturating_add(self.bitmap_len);
        let at = data.saturating_add(within);
        let there = self.data_end.saturating_sub(at);
        if there > 0 {
            let (len, state) = (len.min(there), State::File(at));
            return Extent { len, state };
        }
        let fault = self
            .fault(&BLOCK_CUT, block)
            .expected(format!("{:#x} bytes", self.len_in_file(block)))
            .found(format!("the file's data end at {:#x}", self.data_end));
        lost(fault, len)
    }

    pub(crate) fn block(&self, number: u32, sector: u32) -> Block {
        let start = u64::from(sector).saturating_mul(SECTOR_BYTES);
        Block { number, start }
    }

    /// Where the block begins on the disk, in bytes.
    pub(crate) fn disk_offset(&self, block: Block) -> u64 {
        u64::from(block.number).saturating_mul(self.block_size.into())
    }

    /// Bytes of the block that belong to the disk: less than a block at the disk's end.
    pub(crate) fn len_on_disk(&self, block: Block) -> u64 {
        let left = self.disk_size.saturating_sub(self.disk_offset(block));
        left.min(self.block_size.into())
    }

    /// Bytes of the file that the block needs: its bitmap, and data up to the disk's end.
    pub(crate) fn len_in_file(&self, block: Block) -> u64 {
        self.bitmap_len.saturating_add(self.len_on_disk(block))
    }

    /// Whether a block can be where this one says it is.
    pub(crate) fn check_place(&self, block: Block) -> Result<(), Fault> {
        let end = block.start.saturating_add(self.len_in_file(block));
        let bitmap_end = block.start.saturating_add(self.bitmap_len);
        let over = |range: &Range<u64>| block.start < range.end && range.start < end;
        let found = if bitmap_end > self.data_end {
            format!("beyond the {:#x} bytes of data", self.data_end)
        } else if let Some(range) = self.structures.iter().find(|range| over(range)) {
            format!("over the structures at {:#x}", range.start)
        } else {
            return Ok(());
        };
        Err(self
            .fault(&BLOCK_PLACE, block)
            .expected("space of its own within the file")
            .found(found))
    }

    pub(crate) fn fault(&self, code: &'static blockio::Code, block: Block) -> Fault {
        Fault::damaged(code, format!("block {}", block.number))
            .at(block.start)
            .in_file(&self.name)
    }

    fn unreadable(&self, error: &io::Error, number: u32, at: u64, len: u64) -> Extent {
        let mut fault =
            Fault::cannot_read(&UNREADABLE, format!("table or bitmap of block {number}"))
                .at(at)
                .found(error.to_string())
                .in_file(&self.name);
        // What is below says whether the medium failed or the bytes are wrong.
        if let Some(below) = Fault::of(error) {
            fault.kind = below.kind;
        }
        lost(fault, len)
    }

    /// Bytes of the disk in blocks that the file holds.
    pub(crate) fn allocated(&self) -> io::Result<u64> {
        let mut sum: u64 = 0;
        self.for_each_block(&mut |block| {
            sum = sum.saturating_add(self.len_on_disk(block));
            Ok(())
        })?;
        Ok(sum)
    }

    /// Calls `f` with every block that the file holds, in the order of the disk.
    pub(crate) fn for_each_block(
        &self,
        f: &mut dyn FnMut(Block) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut number = 0;
        while number < self.bat.blocks {
            match self.bat.sector(number)? {
                Some(sector) => {
                    f(self.block(number, sector))?;
                    number = number.saturating_add(1);
                }
                None => {
                    let absent = self.bat.absent(number, u32::MAX)?;
                    number = number.saturating_add(absent.max(1));
                }
            }
        }
        Ok(())
    }
}

fn lost(fault: Fault, len: u64) -> Extent {
    let state = State::Lost(Arc::new(fault));
    Extent { len, state }
}
