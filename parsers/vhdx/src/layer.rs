//! Where the bytes of the virtual disk are in this file. MS-VHDX 2.4, 2.5

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Code, Extent, Fault, Layer, ReadAt, State, check_range};

use crate::bat::{BatEntry, BitmapState, Entries, PayloadState};
use crate::bitmap::{BitOr, SectorBitmap};
use crate::codes::{BITMAP, BLOCK_BEYOND_END, BLOCK_MISPLACED, BLOCK_STATE, BLOCK_WITHOUT_PARENT};
use crate::format::BITMAP_BLOCK_LEN;
use crate::{File, Kind};

/// Most blocks that one extent joins: bounds what a single question costs.
const MAX_BLOCKS_PER_EXTENT: usize = 4096;

/// Part of one payload block.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    /// Number of the block.
    block: u64,
    /// First byte of it that is asked for.
    within: u64,
    /// How many bytes; more than zero, within the block and the disk.
    len: u64,
}

impl Layer for File {
    fn disk_size(&self) -> u64 {
        self.metadata.disk_size
    }

    fn extent_at(&self, offset: u64, max: u64) -> io::Result<Extent> {
        check_range(self.metadata.disk_size, offset, 1)?;
        let max = max.min(self.metadata.disk_size.saturating_sub(offset));
        let mut entries = Entries::new(&self.bat, &self.cached);
        let mut extent = self.extent_in_block(&mut entries, self.piece(offset, max));
        for _ in 1..MAX_BLOCKS_PER_EXTENT {
            let end = offset.saturating_add(extent.len);
            let piece = self.piece(end, max.saturating_sub(extent.len));
            if piece.len == 0 || piece.within != 0 {
                break;
            }
            let next = self.extent_in_block(&mut entries, piece);
            if !joins(&extent, &next) {
                break;
            }
            extent.len = extent.len.saturating_add(next.len);
        }
        Ok(extent)
    }

    fn file(&self) -> &dyn ReadAt {
        &self.container
    }
}

/// Whether `next`, which follows `extent` on the disk, goes on where `extent` ends.
fn joins(extent: &Extent, next: &Extent) -> bool {
    match (&extent.state, &next.state) {
        (State::File(at), State::File(next)) => at.saturating_add(extent.len) == *next,
        (State::Zero, State::Zero) | (State::Parent, State::Parent) => true,
        _ => false,
    }
}

impl File {
    /// The part of one block that begins at `offset` of the disk, at most `max` bytes.
    fn piece(&self, offset: u64, max: u64) -> Piece {
        let block_size = self.block_size_nonzero();
        let within = offset % block_size;
        let len = max.min(block_size.get().saturating_sub(within));
        Piece {
            block: offset / block_size,
            within,
            len,
        }
    }

    /// The extent at the begin of `piece`.
    fn extent_in_block(&self, entries: &mut Entries<'_>, piece: Piece) -> Extent {
        self.resolve(entries, piece).unwrap_or_else(|fault| Extent {
            len: piece.len,
            state: State::Lost(fault),
        })
    }

    /// All of a block that belongs to the disk.
    pub(crate) fn whole_block(&self, block: u64) -> Piece {
        Piece {
            block,
            within: 0,
            len: self.len_on_disk(block),
        }
    }

    /// As [`extent_in_block`](Self::extent_in_block); the error loses all of `piece`.
    pub(crate) fn resolve(
        &self,
        entries: &mut Entries<'_>,
        piece: Piece,
    ) -> Result<Extent, Arc<Fault>> {
        let entry = entries
            .get(self.bat.payload_index(piece.block))
            .map_err(|fault| self.in_block(&fault, piece.block))?;
        let whole = |state| Extent {
            len: piece.len,
            state,
        };
        match (entry.payload_state(), self.metadata.kind) {
            (PayloadState::NotPresent, Kind::Differencing) => Ok(whole(State::Parent)),
            (
                PayloadState::NotPresent
                | PayloadState::Undefined
                | PayloadState::Zero
                | PayloadState::Unmapped,
                _,
            ) => Ok(whole(State::Zero)),
            (PayloadState::FullyPresent, _) => self.stored(entry, piece),
            (PayloadState::PartiallyPresent, Kind::Differencing) => {
                self.partly_stored(entries, entry, piece)
            }
            (PayloadState::PartiallyPresent, Kind::Fixed | Kind::Dynamic) => Err(self.block_fault(
                &BLOCK_WITHOUT_PARENT,
                piece.block,
                |fault| fault.found("partially present in a disk without a parent"),
            )),
            (PayloadState::Reserved(state), _) => {
                Err(self.block_fault(&BLOCK_STATE, piece.block, |fault| {
                    fault
                        .expected("a block state")
                        .found(format!("reserved state {state}"))
                }))
            }
        }
    }

    /// The extent of a piece that is in the file, as far as the file goes.
    fn stored(&self, entry: BatEntry, piece: Piece) -> Result<Extent, Arc<Fault>> {
        let block = self.place(entry, piece.block)?;
        let at = block.start.saturating_add(piece.within);
        let len = piece.len.min(self.end.saturating_sub(at));
        if len == 0 {
            return Err(self.beyond_end(piece.block, &block));
        }
        Ok(Extent {
            len,
            state: State::File(at),
        })
    }

    /// Where a block is in the file: its bytes that belong to the disk, checked against what else
    /// the file holds. Its end may lie beyond that of the file.
    pub(crate) fn place(&self, entry: BatEntry, block: u64) -> Result<Range<u64>, Arc<Fault>> {
        let start = entry.file_offset();
        let range = start..start.saturating_add(self.len_on_disk(block));
        let Some(owner) = self.regions.owner_in(&range) else {
            return Ok(range);
        };
        Err(self.block_fault(&BLOCK_MISPLACED, block, |fault| {
            fault
                .expected("a place that belongs to no other structure")
                .found(format!("{:#x}, in {}", range.start, owner.owner))
        }))
    }

    /// Bytes of a block that belong to the disk; the last block may reach beyond it.
    fn len_on_disk(&self, block: u64) -> u64 {
        let block_size = u64::from(self.metadata.block_size);
        let before = block.saturating_mul(block_size);
        block_size.min(self.metadata.disk_size.saturating_sub(before))
    }

    /// The extent of a piece whose sectors are partly here, partly in the parent.
    fn partly_stored(
        &self,
        entries: &mut Entries<'_>,
        entry: BatEntry,
        piece: Piece,
    ) -> Result<Extent, Arc<Fault>> {
        let bitmap = self.bitmap_of(entries, piece.block)?;
        let (len, here) = self.bitmap_run(&bitmap, piece);
        let extent = match here {
            Ok(false) => Ok(Extent {
                len,
                state: State::Parent,
            }),
            Ok(true) => self.stored(entry, Piece { len, ..piece }),
            Err(fault) => Err(self.in_block(&fault, piece.block)),
        };
        // What cannot be had here is lost; the sectors that the parent holds are not.
        Ok(extent.unwrap_or_else(|fault| Extent {
            len,
            state: State::Lost(fault),
        }))
    }

    /// The sector bitmap that a partially present block needs.
    fn bitmap_of(
        &self,
        entries: &mut Entries<'_>,
        block: u64,
    ) -> Result<SectorBitmap<'_>, Arc<Fault>> {
        let chunk = self.bat.chunk(block);
        let index = self.bat.bitmap_index(chunk);
        let entry = entries
            .get(index)
            .map_err(|fault| self.in_block(&fault, block))?;
        let start = entry.file_offset();
        let range = start..start.saturating_add(BITMAP_BLOCK_LEN);
        let found = match (entry.bitmap_state(), self.regions.owner_in(&range)) {
            (BitmapState::Present, None) => {
                return Ok(SectorBitmap {
                    file: &self.cached,
                    start,
                    file_end: self.end,
                });
            }
            (BitmapState::Present, Some(owner)) => format!("{start:#x}, in {}", owner.owner),
            (BitmapState::NotPresent, _) => "not present".into(),
            (BitmapState::Reserved(state), _) => format!("reserved state {state}"),
        };
        let what = format!("BAT entry of sector bitmap {chunk}");
        Err(self.fault(
            Fault::damaged(&BITMAP, what)
                .at(self.bat.entry_offset(index))
                .expected(format!("a bitmap block for payload block {block}"))
                .found(found),
        ))
    }

    /// For how many bytes of `piece` its first sector's bit holds, and what that bit is.
    fn bitmap_run(&self, bitmap: &SectorBitmap<'_>, piece: Piece) -> (u64, BitOr) {
        let sector = self.sector_size_nonzero();
        let into_sector = piece.within % sector;
        let first = self
            .first_bit(piece.block)
            .saturating_add(piece.within / sector);
        let sectors = into_sector.saturating_add(piece.len).div_ceil(sector.get());
        let (bits, here) = bitmap.run(first, first.saturating_add(sectors));
        let len = bits
            .saturating_mul(sector.get())
            .saturating_sub(into_sector);
        (len.min(piece.len), here)
    }

    /// The bit of a block's first sector in the sector bitmap of its chunk.
    fn first_bit(&self, block: u64) -> u64 {
        let sectors_per_block = u64::from(self.metadata.block_size) / self.sector_size_nonzero();
        self.bat
            .block_in_chunk(block)
            .saturating_mul(sectors_per_block)
    }

    /// Whether the file holds all of the sector bitmap that a partially present block needs.
    pub(crate) fn check_bitmap(
        &self,
        entries: &mut Entries<'_>,
        block: u64,
    ) -> Result<(), Arc<Fault>> {
        let sectors = self.len_on_disk(block) / self.sector_size_nonzero();
        let bitmap = self.bitmap_of(entries, block)?;
        let reaches = bitmap.reaches(self.first_bit(block).saturating_add(sectors));
        reaches.map_err(|fault| self.in_block(&fault, block))
    }

    /// The fault of a block's own entry in the BAT.
    pub(crate) fn block_fault(
        &self,
        code: &'static Code,
        block: u64,
        fill: impl FnOnce(Fault) -> Fault,
    ) -> Arc<Fault> {
        let at = self.bat.entry_offset(self.bat.payload_index(block));
        self.fault(fill(
            Fault::damaged(code, format!("BAT entry of payload block {block}")).at(at),
        ))
    }

    pub(crate) fn beyond_end(&self, block: u64, place: &Range<u64>) -> Arc<Fault> {
        self.block_fault(&BLOCK_BEYOND_END, block, |fault| {
            fault
                .expected(format!("bytes {:#x}..{:#x}", place.start, place.end))
                .found(format!("a file that ends at {:#x}", self.end))
        })
    }

    /// `fault`, told which block it costs.
    fn in_block(&self, fault: &Fault, block: u64) -> Arc<Fault> {
        let what = format!("{} (payload block {block})", fault.what);
        self.fault(Fault {
            what: what.into(),
            ..fault.clone()
        })
    }
}
