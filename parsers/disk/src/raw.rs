//! A raw image as a layer: every byte of the disk is the file's.

use std::io;
use std::sync::Arc;

use blockio::{Extent, Layer, ReadAt, State};

/// A raw image: the disk's bytes and nothing else.
pub struct Raw {
    bytes: Arc<dyn ReadAt>,
}

impl Raw {
    /// `bytes` as a disk.
    #[must_use]
    pub fn new(bytes: Arc<dyn ReadAt>) -> Self {
        Self { bytes }
    }
}

impl Layer for Raw {
    fn disk_size(&self) -> u64 {
        self.bytes.size()
    }

    fn extent_at(&self, offset: u64, max: u64) -> io::Result<Extent> {
        let len = max.min(self.disk_size().saturating_sub(offset));
        let state = State::File(offset);
        Ok(Extent { len, state })
    }

    fn file(&self) -> &dyn ReadAt {
        &*self.bytes
    }
}
