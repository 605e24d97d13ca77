//! A copy on this machine that is put right in place.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::platform;
use crate::read_at::check_range;
use crate::{Place, ReadAt, Run, WriteAt};

/// A copy of a source, open for reading and writing. It opens nothing itself: whoever made the copy
/// hands in its handle.
pub struct EditedFile {
    file: File,
    size: AtomicU64,
    /// Whether nobody finds it before it is flushed as a whole.
    unnamed: bool,
}

impl EditedFile {
    /// The file that `file` is open on, for reading and writing.
    ///
    /// # Errors
    /// Where the system cannot tell its size.
    pub fn new(file: File) -> io::Result<Self> {
        let size = AtomicU64::new(file.metadata()?.len());
        let unnamed = false;
        Ok(Self {
            file,
            size,
            unnamed,
        })
    }

    /// As [`new`](Self::new), of a copy that gets its name only after it was flushed as a whole: until
    /// then a power cut leaves nothing to be put in order, and each flush in between is waiting for
    /// nothing.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn unnamed(file: File) -> io::Result<Self> {
        Ok(Self {
            unnamed: true,
            ..Self::new(file)?
        })
    }
}

impl ReadAt for EditedFile {
    fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        platform::read_exact_at(&self.file, buf, offset)
    }

    /// Read through us: what is being changed is nobody's to share.
    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size().saturating_sub(offset));
        let place = Place::Computed { by: self, offset };
        Ok(Run { len, place })
    }
}

impl WriteAt for EditedFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        platform::write_all_at(&self.file, bytes, offset)?;
        let end = offset.saturating_add(crate::clamp(bytes.len()));
        self.size.fetch_max(end, Ordering::Relaxed);
        Ok(())
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        platform::set_size(&self.file, size)?;
        self.size.store(size, Ordering::Relaxed);
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        match self.unnamed {
            true => Ok(()),
            false => self.file.sync_data(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_grows_the_file() {
        let file = EditedFile::new(tempfile::tempfile().expect("a file")).expect("its size");
        file.write_all_at(b"tail", 6).expect("written");
        file.write_all_at(b"head", 0).expect("written");
        let mut buf = [1; 10];
        file.read_exact_at(&mut buf, 0).expect("all of it");
        assert_eq!((&buf, file.size()), (b"head\0\0tail", 10));
        file.set_size(12).expect("longer");
        file.flush().expect("on the medium");
        assert_eq!(file.size(), 12);
        assert!(file.read_exact_at(&mut buf, 3).is_err(), "one byte too far");
        assert_eq!(file.run_at(4, 100).expect("answered").len, 8);
    }
}
