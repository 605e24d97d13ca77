//! A range of another source: a partition of a disk, an item of a container.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::{ReadAt, Run, read_mapped};

/// The bytes `start..start + len` of another source.
pub struct Slice {
    of: Arc<dyn ReadAt>,
    start: u64,
    len: u64,
}

impl Slice {
    /// The `len` bytes from `start` of `of`; what lies beyond its end is cut off.
    #[must_use]
    pub fn new(of: Arc<dyn ReadAt>, start: u64, len: u64) -> Self {
        let start = start.min(of.size());
        let len = len.min(of.size().saturating_sub(start));
        Self { of, start, len }
    }

    /// Where the slice begins in the source it is cut from, in bytes.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }
}

impl ReadAt for Slice {
    fn size(&self) -> u64 {
        self.len
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let max = max.min(self.len.saturating_sub(offset));
        self.of.run_at(self.start.saturating_add(offset), max)
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        let shift = |at: u64| self.start.saturating_add(at.min(self.len));
        let inner: Vec<_> = ranges
            .iter()
            .map(|r| shift(r.start)..shift(r.end))
            .collect();
        self.of.prefetch(&inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Memory;

    fn slice(start: u64, len: u64) -> Slice {
        Slice::new(
            Arc::new(Memory::from((0..100).collect::<Vec<u8>>())),
            start,
            len,
        )
    }

    #[test]
    fn reads_its_range_only() {
        let mut buf = [0; 4];
        slice(10, 20)
            .read_exact_at(&mut buf, 16)
            .expect("the last four bytes");
        assert_eq!(buf, [26, 27, 28, 29]);
        assert!(
            slice(10, 20).read_exact_at(&mut buf, 17).is_err(),
            "one byte too far"
        );
    }

    #[test]
    fn is_cut_at_the_end_of_its_source() {
        assert_eq!(slice(90, 20).size(), 10);
        assert_eq!(slice(200, 20).size(), 0);
    }
}
