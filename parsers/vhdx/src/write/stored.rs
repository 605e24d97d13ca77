//! Which blocks of a disk get a place in its new file.

use blockio::{Place, ReadAt};

/// Blocks that follow each other on the disk and in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Blocks {
    /// Number of the first one on the disk.
    on_disk: u64,
    /// Number of the first one among those of the file.
    in_file: u64,
    count: u64,
}

/// The blocks that get a place, in the order of the disk. Takes room by the run, not by the block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored(Vec<Blocks>);

impl Stored {
    /// All blocks of a disk of `disk_size` bytes.
    pub(super) fn all(disk_size: u64, block_size: u64) -> Self {
        Self(vec![Blocks {
            on_disk: 0,
            in_file: 0,
            count: disk_size.div_ceil(block_size.max(1)),
        }])
    }

    /// The blocks of `disk` that have a byte outside of holes, lost ones among them.
    pub(super) fn of(disk: &dyn ReadAt, block_size: u64) -> Self {
        let (mut stored, mut at, size) = (Self::default(), 0_u64, disk.size());
        let block_size = block_size.max(1);
        let blocks = size.div_ceil(block_size);
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
            let next = end.div_ceil(block_size).min(blocks);
            stored.add(at.checked_div(block_size).unwrap_or_default(), next);
            at = next.saturating_mul(block_size);
        }
        stored
    }

    /// Adds the blocks `first..end`, which lie behind all that were added before.
    fn add(&mut self, first: u64, end: u64) {
        let count = end.saturating_sub(first);
        match self.0.last_mut() {
            Some(last) if last.on_disk.saturating_add(last.count) == first => {
                last.count = last.count.saturating_add(count);
            }
            _ => {
                let in_file = self.blocks();
                self.0.push(Blocks {
                    on_disk: first,
                    in_file,
                    count,
                });
            }
        }
    }

    /// How many blocks there are in the file.
    pub(super) fn blocks(&self) -> u64 {
        let last = self.0.last();
        last.map_or(0, |last| last.in_file.saturating_add(last.count))
    }

    /// Which block of the disk is block `number` of the file, and how many follow each other from it
    /// on, itself among them.
    pub(super) fn disk_block(&self, number: u64) -> Option<(u64, u64)> {
        let behind = self.0.partition_point(|run| run.in_file <= number);
        let run = self.0.get(behind.checked_sub(1)?)?;
        let within = number.checked_sub(run.in_file)?;
        let left = run.count.checked_sub(within).filter(|left| *left > 0)?;
        Some((run.on_disk.checked_add(within)?, left))
    }

    /// Which block of the file is block `number` of the disk, if it is there.
    pub(super) fn file_block(&self, number: u64) -> Option<u64> {
        let behind = self.0.partition_point(|run| run.on_disk <= number);
        let run = self.0.get(behind.checked_sub(1)?)?;
        let within = number.checked_sub(run.on_disk)?;
        (within < run.count).then(|| run.in_file.saturating_add(within))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_from_either_side() {
        let mut stored = Stored::default();
        for run in [1..3, 3..4, 7..9] {
            stored.add(run.start, run.end);
        }
        assert_eq!((stored.0.len(), stored.blocks()), (2, 5));
        let in_file: Vec<_> = (0..10).map(|block| stored.file_block(block)).collect();
        let nothing = None::<u64>;
        let expected = [
            nothing,
            Some(0),
            Some(1),
            Some(2),
            nothing,
            nothing,
            nothing,
            Some(3),
        ];
        assert_eq!(in_file[..8], expected);
        assert_eq!(in_file[8..], [Some(4), nothing]);
        let on_disk: Vec<_> = (0..5)
            .filter_map(|block| stored.disk_block(block))
            .collect();
        assert_eq!(on_disk, [(1, 3), (2, 2), (3, 1), (7, 2), (8, 1)]);
        assert_eq!(stored.disk_block(5), None);
    }
}
