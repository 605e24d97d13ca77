//! Small reads at known places: one structure, or nothing where the bytes end before it.

use std::io;

use blockio::{ReadAt, clamp};
use zerocopy::FromBytes;

/// Longest text or array that is read in one go, in bytes.
const LONGEST: u64 = 1 << 20;

/// Reads structures out of a disk or a partition.
#[derive(Clone, Copy)]
pub(crate) struct Probe<'a>(&'a dyn ReadAt);

impl<'a> Probe<'a> {
    pub(crate) fn new(bytes: &'a dyn ReadAt) -> Self {
        Self(bytes)
    }

    pub(crate) fn size(self) -> u64 {
        self.0.size()
    }

    /// The structure at `offset`; `None` where the bytes end before it does.
    pub(crate) fn read<T: FromBytes>(self, offset: u64) -> io::Result<Option<T>> {
        let bytes = self.bytes(offset, clamp(size_of::<T>()))?;
        Ok(T::read_from_bytes(&bytes).ok())
    }

    /// Up to `len` bytes from `offset`; fewer only where the bytes end.
    pub(crate) fn bytes(self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let len = len.min(LONGEST).min(self.size().saturating_sub(offset));
        let mut buf = vec![0; usize::try_from(len).unwrap_or(0)];
        if buf.is_empty() {
            return Ok(buf);
        }
        self.0.read_exact_at(&mut buf, offset)?;
        Ok(buf)
    }

    /// Whether the bytes at `offset` are `magic`.
    pub(crate) fn has(self, offset: u64, magic: &[u8]) -> io::Result<bool> {
        Ok(self.bytes(offset, clamp(magic.len()))? == magic)
    }
}

#[cfg(test)]
mod tests {
    use super::Probe;
    use blockio::Memory;

    #[test]
    fn structures_end_within_the_bytes_or_are_not_there() {
        let bytes = Memory::from(vec![1, 2, 3, 4]);
        let probe = Probe::new(&bytes);
        assert_eq!(probe.read::<[u8; 2]>(2).unwrap(), Some([3, 4]));
        assert_eq!(probe.read::<[u8; 2]>(3).unwrap(), None);
        assert_eq!(probe.read::<[u8; 2]>(u64::MAX).unwrap(), None);
        assert!(probe.has(1, &[2, 3]).unwrap());
        assert!(!probe.has(3, &[4, 5]).unwrap());
    }
}
