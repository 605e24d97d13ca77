//! A file in memory that may be written, and whose power may fail.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use blockio::{Place, ReadAt, Run, WriteAt};

use crate::sparse::Sparse;

/// A copy in memory. It can be told after how many writes the power fails: the write that it fails
/// in is torn, and nothing later gets through.
pub struct Editable {
    bytes: Mutex<Sparse>,
    left: Mutex<Option<usize>>,
    writes: Mutex<usize>,
}

impl Editable {
    /// A copy of these bytes.
    #[must_use]
    pub fn new(bytes: Sparse) -> Self {
        Self {
            bytes: Mutex::new(bytes),
            left: Mutex::default(),
            writes: Mutex::default(),
        }
    }

    /// As [`new`](Self::new), and the power fails in the write after `writes`.
    #[must_use]
    pub fn failing_after(bytes: Sparse, writes: usize) -> Self {
        Self {
            left: Mutex::new(Some(writes)),
            ..Self::new(bytes)
        }
    }

    /// What the file holds now.
    #[must_use]
    pub fn contents(&self) -> Sparse {
        held(&self.bytes).clone()
    }

    /// How many writes got through.
    #[must_use]
    pub fn writes(&self) -> usize {
        *held(&self.writes)
    }

    /// Whether one more write gets through.
    fn passes(&self) -> bool {
        let mut left = held(&self.left);
        let passes = *left != Some(0);
        *left = left.map(|left| left.saturating_sub(1));
        *held(&self.writes) += usize::from(passes);
        passes
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn power_failed() -> io::Error {
    io::Error::other("the power failed")
}

impl ReadAt for Editable {
    fn size(&self) -> u64 {
        held(&self.bytes).size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        held(&self.bytes).read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size().saturating_sub(offset));
        let place = Place::Computed { by: self, offset };
        Ok(Run { len, place })
    }
}

impl WriteAt for Editable {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.passes() {
            held(&self.bytes).write(offset, bytes);
            return Ok(());
        }
        if *held(&self.left) == Some(0) {
            // Sectors are written whole: the tear is between two of them, or before the first.
            let torn = bytes.len() / 2 / 512 * 512;
            held(&self.bytes).write(offset, &bytes[..torn]);
        }
        Err(power_failed())
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        if self.passes() {
            held(&self.bytes).set_size(size);
            return Ok(());
        }
        Err(power_failed())
    }

    fn flush(&self) -> io::Result<()> {
        match *held(&self.left) {
            Some(0) => Err(power_failed()),
            _ => Ok(()),
        }
    }
}
