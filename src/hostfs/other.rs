//! The Unixes other than Linux: what plain Rust can do.

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, symlink as symlink_to};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use blockio::HostFile;
use tree::Time;

use super::by_path::Dir;
use super::{Kept, Part, Parts, StreamHome, UnmarkedHole};

pub(super) fn open_folder(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(super) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
}

pub(super) fn is_link(metadata: &Metadata) -> bool {
    metadata.is_symlink()
}

pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// A second name replaces nothing; then the first one goes.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

pub(super) fn symlink(path: &Path, target: &Path, _: bool) -> io::Result<()> {
    symlink_to(target, path)
}

pub(super) fn stream_home(_: &Dir) -> StreamHome {
    StreamHome::Nowhere
}

pub(super) fn holds(_: &Dir) -> Parts {
    Parts::NONE
}

/// Not known: every file is waited for.
pub(super) fn is_remote(_: &Dir) -> bool {
    true
}

pub(super) fn set_part(_: &File, _: Part, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn set_explicit_security(_: &File, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn is_known(_: &[u8]) -> Option<bool> {
    None
}

/// Plain Rust sets the times of what a link leads to only.
pub(super) fn keep_link(_: &Dir, _: &OsStr, _: &Kept) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn keep(file: &File, kept: &Kept, _: Parts) -> io::Result<()> {
    let mut times = FileTimes::new();
    if let Some(modified) = system_time(kept.modified) {
        times = times.set_modified(modified);
    }
    if let Some(accessed) = system_time(kept.accessed) {
        times = times.set_accessed(accessed);
    }
    file.set_times(times)
}

/// None for a time that the guest never set or the host cannot express.
fn system_time(time: Time) -> Option<SystemTime> {
    let (seconds, nanos) = time.unix();
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = match seconds {
        0.. => UNIX_EPOCH.checked_add(whole),
        _ => UNIX_EPOCH.checked_sub(whole),
    };
    let known = time != Time::default();
    whole?
        .checked_add(Duration::from_nanos(nanos.into()))
        .filter(|_| known)
}

pub(super) fn set_xattr(_: &File, _: &OsStr, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn create_stream(_: &Dir, _: Option<&OsStr>, _: &OsStr) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn remove_stream(_: &Dir, _: Option<&OsStr>, _: &OsStr) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing to do: what is not written takes no room.
pub(super) fn make_sparse(_: &File) -> io::Result<()> {
    Ok(())
}

pub(super) fn unmarked_hole(_: &File) -> UnmarkedHole {
    UnmarkedHole::Stays
}

pub(super) fn unmark(_: &File) -> io::Result<()> {
    Ok(())
}

pub(super) fn lengthen(file: &File, size: u64) -> io::Result<()> {
    file.set_len(size)
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// Nothing to set aside with: a full disk says so when it is full.
pub(super) fn reserve(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// No way that plain Rust has.
pub(super) fn share_unit(_: &HostFile, _: &File) -> Option<u64> {
    None
}

/// No way that plain Rust has.
pub(super) fn share_range(_: &HostFile, _: u64, _: &File, _: u64, _: u64) -> io::Result<u64> {
    Ok(0)
}

/// No way that plain Rust has.
pub(super) fn copy_range(_: &HostFile, _: u64, _: &File, _: u64, _: u64) -> io::Result<u64> {
    Ok(0)
}

pub(super) fn free_space(_: &Path) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn limits(_: &Path) -> io::Result<super::Limits> {
    Ok(super::Limits::default())
}

/// Holes are not asked for: all of it counts as stored.
pub(super) fn stored_from(file: &File, offset: u64) -> io::Result<std::ops::Range<u64>> {
    let size = file.metadata()?.len();
    Ok(offset.min(size)..size)
}

pub(super) fn write_back(_: &File) -> io::Result<()> {
    Ok(())
}

pub(super) fn forget(file: &File) {
    // A refusal costs nothing but that the answer comes from memory.
    let _ = file.sync_data();
}

pub(super) fn open_stream(
    _: &super::by_path::Dir,
    _: &OsStr,
    _: &File,
    _: &OsStr,
) -> io::Result<(Box<dyn io::Read>, u64)> {
    Err(io::ErrorKind::Unsupported.into())
}
