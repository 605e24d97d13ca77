//! The block allocation table: where each block is, read in pages on demand.

use std::io;
use std::sync::Arc;

use blockio::{Cached, ReadAt};

use crate::format::ABSENT;

/// Bytes of one entry.
const ENTRY: usize = 4;
/// Entries that one look at the table takes in.
const WINDOW: usize = 1024;

/// The block allocation table. VHD spec, "Block Allocation Table and Data Blocks".
pub(crate) struct Bat {
    pub(crate) file: Arc<Cached<Arc<dyn ReadAt>>>,
    pub(crate) offset: u64,
    pub(crate) blocks: u32,
}

impl Bat {
    /// The sector at which `block` begins in the file; `None` where the file does not hold it.
    pub(crate) fn sector(&self, block: u32) -> io::Result<Option<u32>> {
        let mut entry = [0; ENTRY];
        self.file.read_exact_at(&mut entry, self.place(block))?;
        Ok(decode(entry))
    }

    /// How many blocks from `first` on the file does not hold, as far as one look goes.
    pub(crate) fn absent(&self, first: u32, max: u32) -> io::Result<u32> {
        let mut buf = [0; WINDOW * ENTRY];
        let left = max.min(self.blocks.saturating_sub(first));
        let count = usize::try_from(left).unwrap_or(WINDOW).min(WINDOW);
        let part = buf
            .get_mut(..count.saturating_mul(ENTRY))
            .unwrap_or_default();
        self.file.read_exact_at(part, self.place(first))?;
        let (entries, _) = part.as_chunks::<ENTRY>();
        let absent = entries.iter().take_while(|entry| decode(**entry).is_none());
        Ok(u32::try_from(absent.count()).unwrap_or_default())
    }

    /// Where the entry of `block` is in the file.
    pub(crate) fn place(&self, block: u32) -> u64 {
        self.offset
            .saturating_add(u64::from(block).saturating_mul(4))
    }
}

fn decode(entry: [u8; ENTRY]) -> Option<u32> {
    Some(u32::from_be_bytes(entry)).filter(|sector| *sector != ABSENT)
}
