//! Whether two files are the same, byte for byte.

use std::io;

use blockio::ReadAt;

/// Bytes compared at a time.
const PIECE: u64 = 1 << 20;
/// Pieces compared before all of it is: copies that differ mostly do so at once.
const PROBES: u64 = 16;

/// Whether `a` and `b` hold the same bytes.
///
/// # Errors
/// Where one of them cannot be read.
pub(crate) fn identical(a: &dyn ReadAt, b: &dyn ReadAt) -> io::Result<bool> {
    let size = a.size();
    if size != b.size() {
        return Ok(false);
    }
    let pieces = size.div_ceil(PIECE);
    let stride = usize::try_from(pieces.div_ceil(PROBES).max(1)).unwrap_or(usize::MAX);
    let mut compare = Compare::new(a, b);
    for number in (0..pieces).step_by(stride).chain(0..pieces) {
        if !compare.piece(number)? {
            return Ok(false);
        }
    }
    Ok(true)
}

struct Compare<'a> {
    files: [&'a dyn ReadAt; 2],
    buffers: [Vec<u8>; 2],
}

impl<'a> Compare<'a> {
    fn new(a: &'a dyn ReadAt, b: &'a dyn ReadAt) -> Self {
        Self {
            files: [a, b],
            buffers: [Vec::new(), Vec::new()],
        }
    }

    fn piece(&mut self, number: u64) -> io::Result<bool> {
        let start = number.saturating_mul(PIECE);
        for (file, buffer) in self.files.iter().zip(&mut self.buffers) {
            let len = file.size().saturating_sub(start).min(PIECE);
            buffer.resize(usize::try_from(len).unwrap_or_default(), 0);
            file.read_exact_at(buffer, start)?;
        }
        let [a, b] = &self.buffers;
        Ok(a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::identical;
    use blockio::Memory;

    #[test]
    fn one_byte_anywhere_counts() {
        let bytes = vec![7; 3 << 20];
        let same = |other: Vec<u8>| {
            identical(&Memory::from(bytes.clone()), &Memory::from(other)).expect("in memory")
        };
        assert!(same(bytes.clone()));
        for at in [0, 1 << 20, (2 << 20) - 1, (3 << 20) - 1] {
            let mut other = bytes.clone();
            other[at] = 8;
            assert!(!same(other), "{at:#x}");
        }
        assert!(!same(vec![7; (3 << 20) - 1]), "shorter");
    }
}
