//! A file of the destination that is put right in place before it gets its name.

use std::fs::File;
use std::io;
use std::sync::Mutex;

use blockio::{Place, ReadAt, Run, WriteAt, check_range};

/// A file of the destination, read and written by offset.
pub struct Editable {
    file: File,
    /// Its size, which changes as it is written.
    size: Mutex<u64>,
}

impl Editable {
    /// One more handle of `file`, which is open for reading and writing.
    ///
    /// # Errors
    /// The system's own.
    pub fn of(file: &File) -> io::Result<Self> {
        let size = Mutex::new(file.metadata()?.len());
        let file = file.try_clone()?;
        Ok(Self { file, size })
    }
}

impl ReadAt for Editable {
    fn size(&self) -> u64 {
        *crate::sink::lock(&self.size)
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        super::read_exact_at(&self.file, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size().saturating_sub(offset));
        let place = Place::Computed { by: self, offset };
        Ok(Run { len, place })
    }
}

impl WriteAt for Editable {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        super::write_all_at(&self.file, bytes, offset)?;
        let mut size = crate::sink::lock(&self.size);
        *size = (*size).max(offset + bytes.len() as u64);
        Ok(())
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.file.set_len(size)?;
        *crate::sink::lock(&self.size) = size;
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
