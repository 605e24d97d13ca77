//! A new VHDX file made of any disk: dynamic or fixed.
//!
//! [`NewFile`] writes nothing. It is the file, as a [`ReadAt`] over the disk: structures made in
//! memory, payload blocks that say where the disk's bytes lie. Whoever copies it moves those bytes in
//! its own way, so that they can be shared or copied inside the kernel, holes stay holes, and what is
//! lost stays [`Lost`](blockio::Place::Lost) and is never written as zeros.
//!
//! ```text
//! 0      1 MiB  2 MiB       3 MiB
//! headers│ log  │ metadata  │ BAT │ payload blocks, in the order of the disk
//! ```

mod stored;
mod structures;

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, Place, ReadAt, Run, read_mapped};
use uuid::Uuid;

use crate::codes::{NEW_DISK_SHAPE, UNEVEN_DISK};
use crate::format::{ALIGNMENT, BLOCK_SIZES, MAX_DISK_SIZE, SECTOR_SIZES};
use crate::{Error, Kind};
use stored::Stored;
use structures::Structures;

/// What a new file is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDisk {
    /// Whether every block gets its place in the file, or only those with bytes in them.
    pub fixed: bool,
    /// Size of a payload block, in bytes: a power of two from 1 MiB to 256 MiB.
    pub block_size: u32,
    /// Size of a sector as the guest addresses it, in bytes: 512 or 4,096.
    pub logical_sector_size: u32,
    /// Size of a sector as the guest is told the medium has it, in bytes: 512 or 4,096.
    pub physical_sector_size: u32,
    /// What the guest knows the disk by (SCSI page 83h): that of the disk it is made of, or a new one.
    pub disk_id: Uuid,
    /// A new GUID.
    pub file_write_guid: Uuid,
    /// A new GUID, by which children would know the disk.
    pub data_write_guid: Uuid,
}

impl NewDisk {
    /// Block size in bytes that Hyper-V gives a new disk.
    pub const BLOCK_SIZE: u32 = 32 << 20;

    /// Whether there can be a file like this over a disk of `disk_size` bytes.
    fn check(&self, disk_size: u64) -> Result<(), Fault> {
        let wrong = |what, expected: &str, found: u64| {
            let fault = Fault::unsupported(&NEW_DISK_SHAPE, what);
            Err(fault
                .expected(expected.to_owned())
                .found(format!("{found:#x}")))
        };
        let block_size = u64::from(self.block_size);
        if !block_size.is_power_of_two() || !BLOCK_SIZES.contains(&block_size) {
            return wrong(
                "block size",
                "a power of two from 1 MiB to 256 MiB",
                block_size,
            );
        }
        for size in [self.logical_sector_size, self.physical_sector_size] {
            if !SECTOR_SIZES.contains(&size) {
                return wrong("sector size", "512 or 4096", size.into());
            }
        }
        if !(1..=MAX_DISK_SIZE).contains(&disk_size) {
            return wrong("size of the disk", "1 byte to 64 TiB", disk_size);
        }
        if !disk_size.is_multiple_of(self.logical_sector_size.into()) {
            return Err(Fault::unsupported(&UNEVEN_DISK, "size of the disk")
                .expected(format!(
                    "whole sectors of {} bytes",
                    self.logical_sector_size
                ))
                .found(format!("{disk_size} bytes")));
        }
        Ok(())
    }

    fn kind(&self) -> Kind {
        match self.fixed {
            true => Kind::Fixed,
            false => Kind::Dynamic,
        }
    }
}

/// A VHDX file that is being made of a disk, as the bytes that it has.
pub struct NewFile {
    disk: Arc<dyn ReadAt>,
    structures: Structures,
    stored: Arc<Stored>,
    block_size: u64,
    size: u64,
}

impl NewFile {
    /// The file of `disk` as `new` says. Asks `disk` where its bytes are, and reads none.
    ///
    /// `creator` is what the file says it was made by.
    ///
    /// # Errors
    /// Where there can be no such file.
    pub fn new(disk: Arc<dyn ReadAt>, new: &NewDisk, creator: &str) -> Result<Self, Error> {
        new.check(disk.size())?;
        let block_size = u64::from(new.block_size);
        let stored = Arc::new(match new.fixed {
            true => Stored::all(disk.size(), block_size),
            false => Stored::of(&*disk, block_size),
        });
        let structures = Structures::new(&disk, new, creator, &stored);
        let payload = stored.blocks().saturating_mul(block_size);
        Ok(Self {
            size: structures.size().saturating_add(payload),
            disk,
            structures,
            stored,
            block_size,
        })
    }

    /// Which bytes of the disk `range` of the file holds, where it is one of those that the file says
    /// are [`Lost`](blockio::Place::Lost).
    #[must_use]
    pub fn disk_range(&self, range: Range<u64>) -> Range<u64> {
        let start = self.disk_offset(range.start).map_or(0, |(at, _)| at);
        let len = range.end.saturating_sub(range.start);
        start..start.saturating_add(len).min(self.disk.size())
    }

    /// Where on the disk the byte at `offset` of the payload is, and how many follow it there as here.
    fn disk_offset(&self, offset: u64) -> Option<(u64, u64)> {
        let payload = offset.checked_sub(self.structures.size())?;
        let block = payload.checked_div(self.block_size)?;
        let within = payload.checked_rem(self.block_size)?;
        let (disk_block, follow) = self.stored.disk_block(block)?;
        let at = disk_block
            .checked_mul(self.block_size)?
            .checked_add(within)?;
        let len = follow.saturating_mul(self.block_size).checked_sub(within)?;
        Some((at, len))
    }
}

impl ReadAt for NewFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let max = max.min(self.size.saturating_sub(offset));
        if offset < self.structures.size() {
            return Ok(self.structures.run_at(offset, max));
        }
        let Some((at, len)) = self.disk_offset(offset) else {
            let text = format!("{offset:#x} is not within the file");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        let len = len.min(max);
        match self.disk.size().saturating_sub(at) {
            // The last block is whole, whatever the size of the disk.
            0 => Ok(Run {
                len,
                place: Place::Hole,
            }),
            left => self.disk.run_at(at, len.min(left)),
        }
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        let on_disk = |range: &Range<u64>| {
            let (at, len) = self.disk_offset(range.start)?;
            let len = len.min(range.end.saturating_sub(range.start));
            Some(at..at.saturating_add(len).min(self.disk.size()))
        };
        let ranges: Vec<_> = ranges.iter().filter_map(on_disk).collect();
        self.disk.prefetch(&ranges);
    }
}

/// The least multiple of [`ALIGNMENT`] that is not below `len`.
fn aligned(len: u64) -> u64 {
    len.div_ceil(ALIGNMENT).saturating_mul(ALIGNMENT)
}
