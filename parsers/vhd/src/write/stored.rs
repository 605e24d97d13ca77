//! Which blocks of a disk get a place in its new file.

use blockio::{Place, ReadAt};

/// The blocks that get a place, by their numbers on the disk, in order: at most four million.
pub(super) struct Stored(Vec<u32>);

impl Stored {
    /// The blocks of `disk` that have a byte outside of holes, lost ones among them.
    pub(super) fn of(disk: &dyn ReadAt, block_size: u64) -> Self {
        let (mut stored, mut at, size) = (Vec::new(), 0_u64, disk.size());
        let block_size = block_size.max(1);
        while at < size {
            let left = size.saturating_sub(at);
            // Where the disk gives no answer, whoever copies the block asks again and loses it.
            let (len, hole) = match disk.run_at(at, left) {
                Ok(run) if run.len > 0 => (run.len, matches!(run.place, Place::Hole)),
                _ => (1, false),
            };
            let end = at.saturating_add(len.min(left));
            if hole {
                at = end;
                continue;
            }
            let first = at.checked_div(block_size).unwrap_or_default();
            let next = end.div_ceil(block_size);
            stored.extend((first..next).filter_map(|block| u32::try_from(block).ok()));
            at = next.saturating_mul(block_size);
        }
        Self(stored)
    }

    /// How many blocks there are in the file.
    pub(super) fn blocks(&self) -> u64 {
        blockio::clamp(self.0.len())
    }

    /// Which block of the disk is block `number` of the file.
    pub(super) fn disk_block(&self, number: u64) -> Option<u64> {
        let number = usize::try_from(number).ok()?;
        self.0.get(number).map(|block| u64::from(*block))
    }

    /// Which block of the file is block `number` of the disk, if it is there.
    pub(super) fn file_block(&self, number: u64) -> Option<u64> {
        let number = u32::try_from(number).ok()?;
        self.0.binary_search(&number).ok().map(blockio::clamp)
    }
}
