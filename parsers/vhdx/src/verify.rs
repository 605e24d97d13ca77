//! Passes over the whole BAT, which opening does not make.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, Place, ReadAt, State};

use crate::bat::{BatEntry, BitmapState, Entries, Owner, PayloadState};
use crate::codes::{BLOCKS_OVERLAP, OVERLAP_UNCHECKED, RESERVED_BITS};
use crate::format::{BAT_ENTRY_LEN, BITMAP_BLOCK_LEN};
use crate::overlap::{Claim, Claims};
use crate::{File, Kind};

/// Bytes of the BAT read at once. They pass by the cache, which a pass over all would only empty.
const PIECE: u64 = 256 << 10;

impl File {
    /// Bytes of payload blocks that are in the file, wholly or partially present. A pass over the
    /// whole BAT: 512 MiB for 64 TiB in blocks of 1 MiB.
    ///
    /// # Errors
    /// Where a piece of the BAT cannot be read.
    pub fn allocated(&self) -> io::Result<u64> {
        let mut blocks = 0_u64;
        for piece in self.bat_pieces() {
            let entries = self.read_entries(&piece)?;
            let first = piece.start.saturating_sub(self.bat.range().start) / BAT_ENTRY_LEN;
            for (index, entry) in (first..).zip(entries.as_chunks::<8>().0) {
                let present = matches!(
                    BatEntry::from_bytes(*entry).payload_state(),
                    PayloadState::FullyPresent | PayloadState::PartiallyPresent
                );
                let of_disk = |block| block < self.bat.blocks();
                if present && matches!(self.bat.owner(index), Owner::Payload(n) if of_disk(n)) {
                    blocks = blocks.saturating_add(1);
                }
            }
        }
        Ok(blocks.saturating_mul(self.metadata.block_size.into()))
    }

    /// The BAT's range of the file, in pieces.
    fn bat_pieces(&self) -> impl Iterator<Item = Range<u64>> + use<> {
        let bat = self.bat.range();
        let next = move |piece: &Range<u64>| {
            let end = piece.end.saturating_add(PIECE).min(bat.end);
            (piece.end < end).then_some(piece.end..end)
        };
        let start = self.bat.range().start;
        std::iter::successors(next(&(start..start)), next)
    }

    /// The entries in `piece` of the BAT as they are stored; none where nothing is, not even zeros.
    fn read_entries(&self, piece: &Range<u64>) -> io::Result<Vec<u8>> {
        let len = piece.end.saturating_sub(piece.start);
        let run = self.container.run_at(piece.start, len)?;
        if run.len == len && matches!(run.place, Place::Hole) {
            return Ok(Vec::new());
        }
        let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
        self.container.read_exact_at(&mut bytes, piece.start)?;
        Ok(bytes)
    }

    /// Looks at every block of the BAT and calls `found` with each fault: reserved states, blocks
    /// out of place, beyond the end of the file or over each other, and missing sector bitmaps.
    ///
    /// What it finds costs the blocks it names, as reading them does. Only blocks over each other
    /// are seen by nothing else.
    ///
    /// # Errors
    /// None for what a file can contain, or a medium withhold: that is found, and named.
    pub fn verify(&self, found: &mut dyn FnMut(Fault)) -> io::Result<()> {
        let mut claims = Claims::new(self.end);
        let mut unchecked = 0_u64;
        let mut entries = Entries::new(&self.bat, &self.container);
        for block in 0..self.bat.blocks() {
            match self.verify_block(&mut entries, block, &mut claims, found) {
                Ok(Claim::Unknown) => unchecked = unchecked.saturating_add(1),
                Ok(Claim::Free | Claim::Taken) => {}
                Err(fault) => found((*fault).clone()),
            }
        }
        if self.metadata.kind == Kind::Differencing {
            self.verify_bitmaps(&mut entries, &mut claims, found);
        }
        if unchecked > 0 {
            let fault = Fault::damaged(&OVERLAP_UNCHECKED, "BAT").at(self.bat.range().start);
            found((*self.fault(fault.found(format!("{unchecked} blocks")))).clone());
        }
        Ok(())
    }

    fn verify_block(
        &self,
        entries: &mut Entries<'_>,
        block: u64,
        claims: &mut Claims,
        found: &mut dyn FnMut(Fault),
    ) -> Result<Claim, Arc<Fault>> {
        let piece = self.whole_block(block);
        let extent = self.resolve(entries, piece)?;
        if let State::Lost(fault) = extent.state {
            return Err(fault);
        }
        let entry = entries.get(self.bat.payload_index(block))?;
        if entry.reserved() != 0 {
            let bits = format!("reserved bits {:#x}", entry.reserved());
            let fault = self.block_fault(&RESERVED_BITS, block, |fault| fault.found(bits));
            found((*fault).clone());
        }
        let present = [PayloadState::FullyPresent, PayloadState::PartiallyPresent];
        if !present.contains(&entry.payload_state()) {
            return Ok(Claim::Free);
        }
        if entry.payload_state() == PayloadState::PartiallyPresent {
            self.check_bitmap(entries, block)?;
        }
        let place = self.place(entry, block)?;
        if place.end > self.end {
            found((*self.beyond_end(block, &place)).clone());
        }
        let claim = claims.claim(&place);
        if claim == Claim::Taken {
            return Err(self.block_fault(&BLOCKS_OVERLAP, block, |fault| {
                fault.found(format!("{:#x}, where another block lies", place.start))
            }));
        }
        Ok(claim)
    }

    /// Whether sector bitmap blocks lie over each other or over payload blocks.
    fn verify_bitmaps(
        &self,
        entries: &mut Entries<'_>,
        claims: &mut Claims,
        found: &mut dyn FnMut(Fault),
    ) {
        let last = self.bat.chunk(self.bat.blocks().saturating_sub(1));
        for chunk in 0..=last {
            let index = self.bat.bitmap_index(chunk);
            // An entry that cannot be read was named with the blocks that need it.
            let Ok(entry) = entries.get(index) else {
                continue;
            };
            let start = entry.file_offset();
            let place = start..start.saturating_add(BITMAP_BLOCK_LEN);
            let present = entry.bitmap_state() == BitmapState::Present;
            if present && claims.claim(&place) == Claim::Taken {
                let what = format!("BAT entry of sector bitmap {chunk}");
                let fault = Fault::damaged(&BLOCKS_OVERLAP, what)
                    .at(self.bat.entry_offset(index))
                    .found(format!("{start:#x}, where another block lies"));
                found((*self.fault(fault)).clone());
            }
        }
    }
}
