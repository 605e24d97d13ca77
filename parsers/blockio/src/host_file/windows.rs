//! Host files on Windows: a small pool of handles, since reads on one synchronous handle queue up.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE: the host's Hyper-V is never blocked.
const SHARE_ALL: u32 = 7;
/// Idle handles kept; more threads than this open one for the call.
const KEPT: usize = 8;

pub(super) struct Handles {
    path: PathBuf,
    idle: Mutex<Vec<File>>,
}

impl Handles {
    pub(super) fn new(file: File, path: &Path) -> Self {
        Self {
            path: path.into(),
            idle: Mutex::new(vec![file]),
        }
    }

    pub(super) fn with<T>(&self, f: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        let idle = self.idle().pop();
        let file = idle.map_or_else(|| open(&self.path), Ok)?;
        let result = f(&file);
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(file);
        }
        result
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<File>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .share_mode(SHARE_ALL)
        .open(path)
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

/// Windows has no limit of open files that matters for a chain of 1,000 layers.
pub fn raise_open_file_limit() {}
