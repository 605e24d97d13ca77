//! The log's ring of sectors. MS-VHDX 2.3

use std::ops::Range;

use blockio::{Fault, ReadAt};

use crate::format::LOG_SECTOR;

/// One sector of the log.
pub(super) type Sector = [u8; 4096];

/// The log as a ring: positions count from its begin and wrap at its end.
pub(super) struct Ring<'a> {
    file: &'a dyn ReadAt,
    range: Range<u64>,
}

impl<'a> Ring<'a> {
    pub(super) fn new(file: &'a dyn ReadAt, range: Range<u64>) -> Self {
        Self { file, range }
    }

    /// Bytes of the log.
    pub(super) fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Where in the file the log begins.
    pub(super) fn start(&self) -> u64 {
        self.range.start
    }

    /// Where in the file the sector is that lies `sectors` behind position `at`.
    pub(super) fn file_offset(&self, at: u64, sectors: u64) -> u64 {
        let position = at.saturating_add(sectors.saturating_mul(LOG_SECTOR));
        self.range
            .start
            .saturating_add(position.checked_rem(self.len()).unwrap_or_default())
    }

    /// The sector that lies `sectors` behind position `at`.
    ///
    /// A sector that the medium does not give may have held the newest entry: that is an error.
    pub(super) fn sector(&self, at: u64, sectors: u64) -> Result<Sector, Fault> {
        let mut sector = [0; 4096];
        self.file
            .read_exact_at(&mut sector, self.file_offset(at, sectors))
            .map_err(|error| (*Fault::from_io(&error, "log")).clone())?;
        Ok(sector)
    }
}
