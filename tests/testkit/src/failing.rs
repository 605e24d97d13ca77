//! A medium with bad sectors.

use std::io;
use std::ops::Range;

use blockio::{ReadAt, Run, check_range};

/// Another source, of which some ranges cannot be read.
pub struct Failing<R> {
    source: R,
    bad: Vec<Range<u64>>,
}

impl<R: ReadAt> Failing<R> {
    /// `source`, on which reading any byte of `bad` fails.
    pub fn new(source: R, bad: impl IntoIterator<Item = Range<u64>>) -> Self {
        Self {
            source,
            bad: bad.into_iter().collect(),
        }
    }
}

impl<R: ReadAt> ReadAt for Failing<R> {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        let end = offset + buf.len() as u64;
        match self
            .bad
            .iter()
            .find(|bad| bad.start < end && offset < bad.end)
        {
            Some(bad) => Err(io::Error::other(format!("bad sector at {:#x}", bad.start))),
            None => self.source.read_exact_at(buf, offset),
        }
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let max = max.min(self.size() - offset);
        Ok(Run {
            len: max,
            place: blockio::Place::Computed { by: self, offset },
        })
    }
}
