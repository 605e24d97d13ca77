//! Bytes held in memory.

use std::io;

use crate::read_at::check_range;
use crate::{Place, ReadAt, Run};

/// Bytes held in memory: a resident attribute, a small decoded stream, a test's image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(Box<[u8]>);

impl From<Vec<u8>> for Memory {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into_boxed_slice())
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl ReadAt for Memory {
    fn size(&self) -> u64 {
        crate::clamp(self.0.len())
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.0.get(from..).and_then(|rest| rest.get(..buf.len()));
        buf.copy_from_slice(bytes.expect("the range was checked"));
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size().saturating_sub(offset));
        Ok(Run {
            len,
            place: Place::Computed { by: self, offset },
        })
    }
}
