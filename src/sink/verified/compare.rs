//! Where what was read back differs from the source.

use std::io::{self, Read};
use std::ops::Range;

use blockio::{Fault, ReadAt};

use crate::sink::codes::MISMATCH;

/// Bytes compared at a time.
const CHUNK: usize = 1 << 20;
/// What a difference is narrowed down to, in bytes.
const BLOCK: usize = 4096;
/// Most ranges that are listed one by one; what differs in more places than that, differs from there on.
const MOST: usize = 10_000;

/// What differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Differs {
    /// The size it should have, in bytes.
    pub(super) size: u64,
    /// Where, in order; not empty.
    pub(super) ranges: Vec<Range<u64>>,
}

/// Compares what is kept, `kept_size` bytes, with the source; none if it is the same.
///
/// # Errors
/// Where the source or the destination cannot be read.
pub(super) fn compare(
    kept: &mut (impl Read + ?Sized),
    kept_size: u64,
    data: Option<&dyn ReadAt>,
) -> io::Result<Option<Differs>> {
    let size = data.map_or(0, ReadAt::size);
    let mut differs = Differs {
        size,
        ranges: Vec::new(),
    };
    let both = size.min(kept_size);
    let room = usize::try_from(both).unwrap_or(CHUNK).min(CHUNK);
    let (mut here, mut there) = (vec![0; room], vec![0; room]);
    let mut at = 0;
    while let Some(data) = data.filter(|_| at < both) {
        let len = usize::try_from(both - at).unwrap_or(CHUNK).min(CHUNK);
        kept.read_exact(&mut here[..len])?;
        data.read_exact_at(&mut there[..len], at)?;
        if here[..len] != there[..len] {
            differs.narrow(&here[..len], &there[..len], at);
        }
        at += len as u64;
    }
    if size != kept_size {
        differs.add(both..size.max(both + 1));
    }
    Ok((!differs.ranges.is_empty()).then_some(differs))
}

impl Differs {
    fn narrow(&mut self, here: &[u8], there: &[u8], at: u64) {
        let blocks = here.chunks(BLOCK).zip(there.chunks(BLOCK));
        for (number, (here, there)) in blocks.enumerate() {
            if here != there {
                let start = at + (number * BLOCK) as u64;
                self.add(start..start + here.len() as u64);
            }
        }
    }

    fn add(&mut self, range: Range<u64>) {
        let full = self.ranges.len() >= MOST;
        match self.ranges.last_mut() {
            Some(last) if full || last.end == range.start => last.end = range.end,
            _ => self.ranges.push(range),
        }
    }
}

/// The fault of bytes that differ.
pub(super) fn fault() -> Fault {
    Fault::damaged(&MISMATCH, "what was written").found("other bytes when it was read back")
}

#[cfg(test)]
mod tests {
    use blockio::Memory;

    use super::*;

    /// Where each difference begins and ends.
    fn ranges(kept: &[u8], source: &[u8]) -> Vec<(u64, u64)> {
        let data = Memory::from(source.to_vec());
        let found = compare(&mut &*kept, kept.len() as u64, Some(&data)).expect("in memory");
        let ranges = found.map_or_else(Vec::new, |found| found.ranges);
        ranges
            .iter()
            .map(|range| (range.start, range.end))
            .collect()
    }

    #[test]
    fn differences_are_found_to_the_block() {
        let source = vec![7; CHUNK + 3 * BLOCK + 10];
        assert!(ranges(&source, &source).is_empty());
        let mut kept = source.clone();
        for place in [BLOCK, 2 * BLOCK + 5, CHUNK, CHUNK + 3 * BLOCK + 9] {
            kept[place] = 8;
        }
        let block = BLOCK as u64;
        let chunk = CHUNK as u64;
        let expected = [
            (block, 3 * block),
            (chunk, chunk + block),
            (chunk + 3 * block, chunk + 3 * block + 10),
        ];
        assert_eq!(ranges(&kept, &source), expected);
    }

    #[test]
    fn another_size_is_a_difference() {
        assert_eq!(ranges(b"abc", b"abcde"), [(3, 5)]);
        assert_eq!(ranges(b"abcde", b"abc"), [(3, 4)]);
        assert_eq!(ranges(b"", b""), []);
        let none = compare(&mut &b"x"[..], 1, None).expect("in memory");
        assert_eq!(none.map(|found| found.ranges[0].clone()), Some(0..1));
    }
}
