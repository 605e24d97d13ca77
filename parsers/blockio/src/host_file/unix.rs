//! Host files on Unix: one descriptor serves all threads, since `pread` has no cursor.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

pub(super) struct Handles(File);

impl Handles {
    pub(super) fn new(file: File, _path: &Path) -> Self {
        Self(file)
    }

    pub(super) fn with<T>(&self, f: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        f(&self.0)
    }
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(super) fn read_exact_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(buf, offset)
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// A file is made longer by its last byte: the SMB client of Linux has the server mark a file as sparse
/// that it makes longer by its size alone, and Hyper-V attaches no such disk.
pub(super) fn set_size(file: &File, size: u64) -> io::Result<()> {
    match size.checked_sub(1) {
        Some(last) if last >= file.metadata()?.len() => file.write_all_at(&[0], last),
        _ => file.set_len(size),
    }
}

/// Has the system read `len` bytes from `offset` into its cache, in its own time.
#[cfg(target_os = "linux")]
pub(super) fn prefetch(file: &File, offset: u64, len: u64) {
    use rustix::fs::{Advice, fadvise};
    // No length would mean all that follows.
    if let Some(len) = std::num::NonZeroU64::new(len) {
        let _ = fadvise(file, offset, Some(len), Advice::WillNeed);
    }
}

/// Nothing that all Unixes know.
#[cfg(not(target_os = "linux"))]
pub(super) fn prefetch(_: &File, _: u64, _: u64) {}

/// Raises the limit of open files as far as the system lets us: a chain may have 1,000 layers.
///
/// A refusal is not an error here; opening the file too many will say it.
pub fn raise_open_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if limit.current != limit.maximum {
        let _ = setrlimit(Resource::Nofile, raised);
    }
}
