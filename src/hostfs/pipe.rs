//! A pipe that is given pages of the page cache instead of copies of them.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use blockio::HostFile;
use rustix::fs::{FileType, MemfdFlags, fstat, ftruncate, memfd_create};
use rustix::pipe::{SpliceFlags, fcntl_setpipe_size, splice};

/// What a pipe holds at most, in bytes; more than the usual 64 KiB means fewer changes between its
/// writer and its reader.
const ROOM: usize = 1 << 20;
/// Bytes of the file that holds nothing but zeros, and takes no room for them.
const ZEROS: u64 = 16 << 20;

/// Stdout, where it is a pipe.
pub struct Pipe {
    out: File,
    zeros: File,
}

impl Pipe {
    /// Stdout, if it is a pipe and the system can give it pages.
    #[must_use]
    pub fn stdout() -> Option<Self> {
        let out = File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
        let stat = fstat(&out).ok()?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Fifo {
            return None;
        }
        // A refusal costs time only: whoever has many pipes may not make them larger.
        let _ = fcntl_setpipe_size(&out, ROOM);
        let zeros = memfd_create("zeros", MemfdFlags::CLOEXEC).ok()?;
        ftruncate(&zeros, ZEROS).ok()?;
        let zeros = zeros.into();
        Some(Self { out, zeros })
    }

    /// Gives the pipe up to `len` bytes from `offset` of `from`; how many.
    ///
    /// # Errors
    /// The system's own.
    pub fn take(&self, from: &HostFile, offset: u64, len: u64) -> io::Result<u64> {
        from.with_handle(|from| self.give(from, offset, len))
    }

    /// Gives the pipe up to `len` zeros; how many.
    ///
    /// # Errors
    /// The system's own.
    pub fn take_zeros(&self, len: u64) -> io::Result<u64> {
        self.give(&self.zeros, 0, len.min(ZEROS))
    }

    fn give(&self, from: &File, mut offset: u64, len: u64) -> io::Result<u64> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let given = splice(
            from,
            Some(&mut offset),
            &self.out,
            None,
            len,
            SpliceFlags::MORE,
        )?;
        Ok(given as u64)
    }
}
