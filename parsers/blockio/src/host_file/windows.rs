//! Host files on Windows: a small pool of handles, since reads on one synchronous handle queue up.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE: the host's Hyper-V is never blocked.
const SHARE_ALL: u32 = 7;
/// Idle handles kept; more threads than this open one for the call.
const KEPT: usize = 8;

pub(super) struct Handles {
    path: PathBuf,
    /// The file that was opened, whatever has its path by now.
    first: File,
    idle: Mutex<Vec<File>>,
}

impl Handles {
    pub(super) fn new(file: File, path: &Path) -> Self {
        Self {
            path: path.into(),
            idle: Mutex::new(file.try_clone().into_iter().collect()),
            first: file,
        }
    }

    pub(super) fn with<T>(&self, f: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        let idle = self.idle().pop();
        let file = idle.map_or_else(|| self.another(), Ok)?;
        let result = f(&file);
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(file);
        }
        result
    }

    /// One more handle of the file. Where its path leads elsewhere by now, a copy of the first one:
    /// reads on copies queue up, but they are reads of this file.
    fn another(&self) -> io::Result<File> {
        match open(&self.path) {
            Ok(file) if looks_same(&file, &self.first).unwrap_or(false) => Ok(file),
            _ => self.first.try_clone(),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<File>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether two handles show one size and the same times. A file written meanwhile may look changed
/// between the two looks; it is then taken for another.
fn looks_same(a: &File, b: &File) -> io::Result<bool> {
    let (a, b) = (a.metadata()?, b.metadata()?);
    let look = |m: &Metadata| (m.file_size(), m.creation_time(), m.last_write_time());
    Ok(look(&a) == look(&b))
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .share_mode(SHARE_ALL)
        .open(path)
}

pub(super) fn set_size(file: &File, size: u64) -> io::Result<()> {
    file.set_len(size)
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let (mut rest, mut at) = (bytes, offset);
    while !rest.is_empty() {
        let len = match file.seek_write(rest, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            written => written?,
        };
        rest = rest.get(len..).unwrap_or_default();
        at = at.saturating_add(crate::clamp(len));
    }
    Ok(())
}

pub(super) fn read_exact_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<()> {
    let (mut rest, mut at) = (buf, offset);
    while !rest.is_empty() {
        match file.seek_read(rest, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(len) => {
                rest = rest.get_mut(len..).unwrap_or_default();
                at = at.saturating_add(crate::clamp(len));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Windows has no such call for positional reads.
pub(super) fn prefetch(_: &File, _: u64, _: u64) {}

/// Windows has no limit of open files that matters for a chain of 1,000 layers.
pub fn raise_open_file_limit() {}
