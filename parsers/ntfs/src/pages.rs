//! The volume's metadata, read through the shared cache.

use std::io;
use std::sync::Arc;

use blockio::{Cache, Cached, Place, ReadAt, Run};

/// A volume whose bytes are kept in the cache, whatever reads them: for records and indexes.
///
/// Streams over it answer "computed here", so that the shared reading loop comes through the cache
/// and not, as it does for payload, past it.
pub(crate) struct Pages(Cached<Arc<dyn ReadAt>>);

impl Pages {
    pub(crate) fn new(volume: Arc<dyn ReadAt>, cache: &Cache) -> Self {
        Self(cache.over(volume))
    }
}

impl ReadAt for Pages {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size().saturating_sub(offset));
        Ok(Run {
            len,
            place: Place::Computed { by: self, offset },
        })
    }
}
