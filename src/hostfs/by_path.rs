//! Folders where paths are all there is: Windows and the Unixes other than Linux.
//!
//! Each folder from the root of the destination down is opened and looked at on its own, and refused
//! if it is a link. On Windows the open handles keep it from being exchanged after that.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::{HostKind, Status};

#[cfg(not(windows))]
use super::other as system;
#[cfg(windows)]
use super::windows as system;

pub(super) use system::{
    copy_range, create_stream, forget, free_space, holds, is_known, is_remote, keep, keep_link,
    lengthen, limits, make_sparse, open_stream, remove_stream, reserve, set_explicit_security,
    set_part, set_xattr, share_range, share_unit, stored_from, stream_home, unmark, unmarked_hole,
    write_all_at, write_back,
};

pub(super) struct Dir {
    path: PathBuf,
    /// This folder, and before it those above it up to the root of the destination.
    held: Vec<Arc<File>>,
}

impl Dir {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // Absolute and, on Windows, without a bound on its length.
        let path = fs::canonicalize(path)?;
        let held = vec![Arc::new(system::open_folder(&path)?)];
        Ok(Self { path, held })
    }

    pub(super) fn open_beneath(&self, names: &[&OsStr]) -> io::Result<Self> {
        let mut dir = Self {
            path: self.path.clone(),
            held: self.held.clone(),
        };
        for name in names {
            dir.path = dir.place(name)?;
            let folder = system::open_folder(&dir.path)?;
            if !is_plain_folder(&dir.path)? {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            dir.held.push(Arc::new(folder));
        }
        Ok(dir)
    }

    pub(super) fn file(&self) -> &File {
        self.held.last().expect("a folder holds itself")
    }

    pub(super) fn make_dir(&self, name: &OsStr) -> io::Result<()> {
        fs::create_dir(self.place(name)?)
    }

    pub(super) fn create_new(&self, name: &OsStr) -> io::Result<File> {
        system::create_new(&self.place(name)?)
    }

    pub(super) fn open_to_append(&self, name: &OsStr) -> io::Result<File> {
        let path = self.place(name)?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) if !metadata.is_file() || system::is_link(&metadata) => {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        options.read(true).append(true).create(true).open(path)
    }

    pub(super) fn open_node(&self, name: &OsStr) -> io::Result<File> {
        let path = self.place(name)?;
        if system::is_link(&fs::symlink_metadata(&path)?) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        system::open_folder(&path)
    }

    /// By path alone there is no file without one.
    pub(super) fn create_unnamed(&self) -> io::Result<File> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn give_name(&self, _: &File, _: &OsStr) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        let path = self.place(name)?;
        if fs::symlink_metadata(&path)?.is_file() {
            return File::open(path);
        }
        Err(io::ErrorKind::InvalidInput.into())
    }

    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let entries = fs::read_dir(&self.path)?;
        entries.map(|entry| Ok(entry?.file_name())).collect()
    }

    pub(super) fn read_link(&self, name: &OsStr) -> io::Result<PathBuf> {
        fs::read_link(self.place(name)?)
    }

    pub(super) fn status(&self, name: &OsStr) -> io::Result<Status> {
        fs::symlink_metadata(self.place(name)?).map(|metadata| status_of(&metadata))
    }

    pub(super) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        system::rename_new(&self.place(from)?, &self.place(to)?)
    }

    pub(super) fn replace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        system::replace(&self.place(from)?, &self.place(to)?)
    }

    pub(super) fn hard_link(&self, name: &OsStr, from: &Self, from_name: &OsStr) -> io::Result<()> {
        fs::hard_link(from.place(from_name)?, self.place(name)?)
    }

    pub(super) fn symlink(
        &self,
        name: &OsStr,
        target: &Path,
        to_directory: bool,
    ) -> io::Result<()> {
        system::symlink(&self.place(name)?, target, to_directory)
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.place(name)?)
    }

    pub(super) fn remove_dir(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.place(name)?)
    }

    /// The path of `name`, which has to be a single one.
    pub(super) fn place(&self, name: &OsStr) -> io::Result<PathBuf> {
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(std::path::Component::Normal(only)), None) if only == name => {
                Ok(self.path.join(name))
            }
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    #[cfg(windows)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn is_plain_folder(path: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    Ok(metadata.is_dir() && !system::is_link(&metadata))
}

fn status_of(metadata: &Metadata) -> Status {
    let kind = match () {
        () if system::is_link(metadata) => HostKind::Link,
        () if metadata.is_file() => HostKind::File,
        () if metadata.is_dir() => HostKind::Directory,
        () => HostKind::Other,
    };
    Status {
        kind,
        size: metadata.len(),
        modified: modified(metadata),
    }
}

/// Seconds since 1970, rounded down, and nanoseconds; the beginning of time if it is not known.
fn modified(metadata: &Metadata) -> (i64, u32) {
    let Ok(time) = metadata.modified() else {
        return (i64::MIN, 0);
    };
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (
            i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            after.subsec_nanos(),
        ),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            match before.subsec_nanos() {
                0 => (-seconds, 0),
                nanos => (-seconds - 1, 1_000_000_000 - nanos),
            }
        }
    }
}

/// Refusals of [`Dir::open_beneath`] say `NotADirectory` here.
pub(super) fn is_detour(_: &io::Error) -> bool {
    false
}
