//! The first waist: bytes of fixed size that many threads may read at once.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::{Fault, HostFile};

/// Bytes of fixed size that many threads may read at once.
///
/// Mapped sources (a slice, a chain of disks, a stream of a file) implement [`run_at`](Self::run_at)
/// and read through [`read_mapped`](crate::read_mapped). Leaves (a host file) and decoders (log
/// replay, decompression) implement [`read_exact_at`](Self::read_exact_at) themselves and appear as
/// [`Place::Computed`] with themselves as `by`.
pub trait ReadAt: Send + Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Fills `buf` from `offset`, all of it or an error; never short.
    ///
    /// # Errors
    /// `UnexpectedEof` where the range leaves `0..size()`; a [`Fault`] (see [`Fault::of`]) where
    /// bytes cannot be had.
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()>;

    /// The longest run from `offset`, at most `max` bytes, that is stored in one way.
    ///
    /// `offset < size()` and `max > 0`; the run has `0 < len <= max` and ends within `size()`.
    ///
    /// # Errors
    /// Only where the question itself could not be answered. Bytes known to be gone are
    /// [`Place::Lost`].
    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>>;

    /// A hint that these ranges will be read soon. Remote sources fetch, others do nothing.
    fn prefetch(&self, _ranges: &[Range<u64>]) {}
}

/// A range that is stored in one way.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// Bytes in the run, more than zero.
    pub len: u64,
    /// Where they are.
    pub place: Place<'a>,
}

/// Where the bytes of a [`Run`] are.
#[derive(Clone)]
pub enum Place<'a> {
    /// Nothing is stored; the bytes read as zeros.
    Hole,
    /// Stored verbatim in a file on this machine.
    Host {
        /// The file.
        file: &'a HostFile,
        /// Where in it the run begins, in bytes.
        offset: u64,
    },
    /// Made while reading: decompressed, replayed, held in memory, fetched.
    Computed {
        /// Who makes them.
        by: &'a dyn ReadAt,
        /// Where in it the run begins, in bytes.
        offset: u64,
    },
    /// Exactly the bytes that one fault hits. Reading them is that fault.
    Lost(Arc<Fault>),
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hole => f.write_str("Hole"),
            Self::Host { file, offset } => write!(f, "Host({} @ {offset:#x})", file.name()),
            Self::Computed { offset, .. } => write!(f, "Computed(@ {offset:#x})"),
            Self::Lost(fault) => write!(f, "Lost({fault})"),
        }
    }
}

/// Checks that `len` bytes from `offset` lie within `size`, as [`ReadAt::read_exact_at`] must.
///
/// # Errors
/// `UnexpectedEof` that names the range and the size.
pub fn check_range(size: u64, offset: u64, len: usize) -> io::Result<()> {
    let end = u64::try_from(len)
        .ok()
        .and_then(|len| offset.checked_add(len));
    if end.is_some_and(|end| end <= size) {
        return Ok(());
    }
    let text = format!("read of {len} bytes at {offset:#x} leaves the {size:#x} bytes there are");
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, text))
}

impl<T: ReadAt + ?Sized> ReadAt for Arc<T> {
    fn size(&self) -> u64 {
        (**self).size()
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_exact_at(buf, offset)
    }
    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        (**self).run_at(offset, max)
    }
    fn prefetch(&self, ranges: &[Range<u64>]) {
        (**self).prefetch(ranges);
    }
}

#[cfg(test)]
mod tests {
    use super::check_range;

    #[test]
    fn ranges_within_the_size_pass() {
        for (offset, len) in [(0, 0), (0, 10), (10, 0), (9, 1)] {
            assert!(check_range(10, offset, len).is_ok(), "{offset} + {len}");
        }
    }

    #[test]
    fn ranges_that_leave_it_are_eof() {
        for (offset, len) in [
            (10, 1),
            (11, 0),
            (0, 11),
            (u64::MAX, 1),
            (u64::MAX, usize::MAX),
        ] {
            let error = check_range(10, offset, len).expect_err("leaves the size");
            assert_eq!(
                error.kind(),
                std::io::ErrorKind::UnexpectedEof,
                "{offset} + {len}"
            );
        }
    }
}
