//! What only a platform can do to a destination.
//!
//! [`Dir`] is a folder held open, beneath which everything is created without following a link:
//! relative to a descriptor on Linux, by handles that keep a folder from being exchanged on Windows.
//! [`Calls`] is what a platform keeps of a guest's metadata; sinks call it through the trait, so that
//! a test can stand in for a platform that is not at hand.
//!
//! | file | owns |
//! |---|---|
//! | `linux.rs` | `openat2`, `renameat2`, xattrs, `copy_file_range`, through rustix |
//! | `by_path.rs` | [`Dir`] where paths are all there is: Windows and the other Unixes |
//! | `windows.rs` | handles, attributes, sparse files, streams, Ctrl-C, through the `windows` crate |
//! | `pipe.rs` | [`Pipe`]: stdout given pages instead of copies, on Linux; `no_pipe.rs` elsewhere |
//! | `other.rs` | what plain Rust can do, for the other Unixes |
//! | `limits.rs` | what the file system of a destination can hold |
//! | `parts.rs` | the parts of a node that a destination may be able to hold |
//! | `sparse.rs` | a host file with its holes |

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use blockio::HostFile;
use tree::{Attributes, Time};

#[cfg(not(target_os = "linux"))]
mod by_path;
mod limits;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod other;
mod parts;
#[cfg(target_os = "linux")]
mod pipe;
#[cfg(not(target_os = "linux"))]
#[path = "no_pipe.rs"]
mod pipe;
mod sparse;
#[cfg(windows)]
mod windows;

#[cfg(not(target_os = "linux"))]
use by_path as platform;
#[cfg(target_os = "linux")]
use linux as platform;

pub use limits::Limits;
pub use parts::{Part, Parts};

pub use pipe::Pipe;
pub use sparse::Sparse;

/// A folder held open. What is done in it follows no link and leaves it by no `..`.
///
/// Names are single names: no separator, neither `.` nor `..`.
pub struct Dir(platform::Dir);

/// What a name in a folder is; links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it is.
    pub kind: HostKind,
    /// Size in bytes.
    pub size: u64,
    /// When it was last written: seconds since 1970 UTC and nanoseconds.
    pub modified: (i64, u32),
}

/// What a name of the host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A link of any sort.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// What a platform is asked to keep of a node besides its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// When it was created; kept where [`Part::Created`] is.
    pub created: Time,
    /// When it was last written.
    pub modified: Time,
    /// When it was last read.
    pub accessed: Time,
    /// When its record was last changed; kept where [`Part::Changed`] is.
    pub changed: Time,
    /// Attribute bits; kept where [`Part::Attributes`] are.
    pub attributes: Attributes,
}

/// How a destination holds named streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamHome {
    /// As streams, of any size.
    Streams,
    /// As extended attributes `user.<stream>`, if the file system grants them.
    Xattrs,
    /// Not at all.
    Nowhere,
}

/// What becomes of a hole in a file that must not be marked as sparse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmarkedHole {
    /// It takes no room.
    Stays,
    /// The file system stores zeros of itself.
    Stored,
    /// Zeros have to be written: the hole itself would be the mark.
    Zeros,
}

/// What a platform keeps of a guest's metadata.
pub trait Calls: Send + Sync {
    /// How the file system that holds `dir` keeps named streams.
    fn stream_home(&self, dir: &Dir) -> StreamHome;

    /// Which parts the file system that holds `dir` can hold, found out by asking it.
    fn holds(&self, dir: &Dir) -> Parts;

    /// Keeps times and attributes of an open file or folder; `parts` says which of them besides the
    /// times of the last writing and reading.
    ///
    /// # Errors
    /// The system's own.
    fn keep(&self, file: &File, kept: &Kept, parts: Parts) -> io::Result<()>;

    /// Keeps the times of a link, not of what it leads to.
    ///
    /// # Errors
    /// The system's own.
    fn keep_link(&self, dir: &Dir, name: &OsStr, kept: &Kept) -> io::Result<()>;

    /// Keeps of a security descriptor the entries that were set on the thing itself, together with what
    /// the folder above it passes on.
    ///
    /// # Errors
    /// The system's own; unsupported where the system passes nothing on.
    fn set_explicit_security(&self, file: &File, descriptor: &[u8]) -> io::Result<()>;

    /// Whether the SID in these bytes is somebody's on this machine; none where that cannot be asked.
    fn is_known(&self, sid: &[u8]) -> Option<bool>;

    /// Keeps `value` as a part of an open file or folder, in the form that [`Part`] names.
    ///
    /// # Errors
    /// The system's own; unsupported where [`holds`](Self::holds) does not have it.
    fn set_part(&self, file: &File, part: Part, value: &[u8]) -> io::Result<()>;

    /// Keeps `value` as the extended attribute `user.<stream>` of an open file or folder.
    ///
    /// # Errors
    /// The system's own: unsupported, too large, no room.
    fn set_xattr(&self, file: &File, stream: &OsStr, value: &[u8]) -> io::Result<()>;

    /// Creates the stream `stream` of `name` in `dir`, or of `dir` itself, to be written.
    ///
    /// # Errors
    /// The system's own; unsupported where [`stream_home`](Self::stream_home) does not say otherwise.
    fn create_stream(&self, dir: &Dir, name: Option<&OsStr>, stream: &OsStr) -> io::Result<File>;

    /// Removes a stream again.
    ///
    /// # Errors
    /// The system's own.
    fn remove_stream(&self, dir: &Dir, name: Option<&OsStr>, stream: &OsStr) -> io::Result<()>;

    /// Whether what is written to `dir` goes to another machine, so that a refusal may come only when
    /// a file is closed, where nobody hears of it.
    fn is_remote(&self, _: &Dir) -> bool {
        false
    }

    /// Waits until what was written to `file` has arrived.
    ///
    /// # Errors
    /// The system's own; also that of a write that had seemed to be done.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Lets ranges of the file that are never written take no room.
    ///
    /// # Errors
    /// The system's own.
    fn make_sparse(&self, file: &File) -> io::Result<()>;

    /// What becomes of a hole in a file that must stay unmarked: Hyper-V attaches no disk whose file
    /// NTFS marks as sparse, compressed or encrypted.
    fn unmarked_hole(&self, _: &File) -> UnmarkedHole {
        UnmarkedHole::Stays
    }

    /// Takes the marks from a new file or folder that it has from the folder around it, as far as the
    /// system lets go of them.
    ///
    /// # Errors
    /// The system's own.
    fn unmark(&self, _: &File) -> io::Result<()> {
        Ok(())
    }

    /// Makes a file longer without a mark.
    ///
    /// # Errors
    /// The system's own.
    fn lengthen(&self, file: &File, size: u64) -> io::Result<()> {
        file.set_len(size)
    }

    /// The unit, in bytes, in which `to` can share blocks of `from`; none where it cannot, as on
    /// another volume.
    fn share_unit(&self, _from: &HostFile, _to: &File) -> Option<u64> {
        None
    }

    /// Lets up to `len` bytes from `offset` of `to` be stored in the blocks of `from` from
    /// `from_offset` on, all multiples of the unit; how many it did.
    ///
    /// # Errors
    /// The system's own.
    fn share_range(
        &self,
        _from: &HostFile,
        _from_offset: u64,
        _to: &File,
        _offset: u64,
        _len: u64,
    ) -> io::Result<u64> {
        Ok(0)
    }
}

/// The platform we run on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Platform;

impl Calls for Platform {
    fn stream_home(&self, dir: &Dir) -> StreamHome {
        platform::stream_home(&dir.0)
    }
    fn holds(&self, dir: &Dir) -> Parts {
        platform::holds(&dir.0)
    }
    fn keep(&self, file: &File, kept: &Kept, parts: Parts) -> io::Result<()> {
        platform::keep(file, kept, parts)
    }
    fn keep_link(&self, dir: &Dir, name: &OsStr, kept: &Kept) -> io::Result<()> {
        platform::keep_link(&dir.0, name, kept)
    }
    fn set_explicit_security(&self, file: &File, descriptor: &[u8]) -> io::Result<()> {
        platform::set_explicit_security(file, descriptor)
    }
    fn is_known(&self, sid: &[u8]) -> Option<bool> {
        platform::is_known(sid)
    }
    fn set_part(&self, file: &File, part: Part, value: &[u8]) -> io::Result<()> {
        platform::set_part(file, part, value)
    }
    fn set_xattr(&self, file: &File, stream: &OsStr, value: &[u8]) -> io::Result<()> {
        platform::set_xattr(file, stream, value)
    }
    fn create_stream(&self, dir: &Dir, name: Option<&OsStr>, stream: &OsStr) -> io::Result<File> {
        platform::create_stream(&dir.0, name, stream)
    }
    fn remove_stream(&self, dir: &Dir, name: Option<&OsStr>, stream: &OsStr) -> io::Result<()> {
        platform::remove_stream(&dir.0, name, stream)
    }
    fn is_remote(&self, dir: &Dir) -> bool {
        platform::is_remote(&dir.0)
    }
    fn make_sparse(&self, file: &File) -> io::Result<()> {
        platform::make_sparse(file)
    }
    fn unmarked_hole(&self, file: &File) -> UnmarkedHole {
        platform::unmarked_hole(file)
    }
    fn unmark(&self, file: &File) -> io::Result<()> {
        platform::unmark(file)
    }
    fn lengthen(&self, file: &File, size: u64) -> io::Result<()> {
        platform::lengthen(file, size)
    }
    fn share_unit(&self, from: &HostFile, to: &File) -> Option<u64> {
        platform::share_unit(from, to)
    }
    fn share_range(
        &self,
        from: &HostFile,
        from_offset: u64,
        to: &File,
        offset: u64,
        len: u64,
    ) -> io::Result<u64> {
        platform::share_range(from, from_offset, to, offset, len)
    }
}

impl Dir {
    /// Opens the folder at `path`, which the operator names: links on the way are followed.
    ///
    /// # Errors
    /// The system's own.
    pub fn open(path: &Path) -> io::Result<Self> {
        platform::Dir::open(path).map(Self)
    }

    /// Opens the folder that `names` lead to, one below the other; `names` may be empty.
    ///
    /// # Errors
    /// The system's own; where a name is a link or no folder, see [`is_detour`].
    pub fn open_beneath(&self, names: &[&OsStr]) -> io::Result<Self> {
        self.0.open_beneath(names).map(Self)
    }

    /// The folder as an open file, to keep its metadata by.
    #[must_use]
    pub fn file(&self) -> &File {
        self.0.file()
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// `AlreadyExists` whatever is there; the system's own.
    pub fn make_dir(&self, name: &OsStr) -> io::Result<()> {
        self.0.make_dir(name)
    }

    /// Creates a file that was not there, to be read and written.
    ///
    /// # Errors
    /// `AlreadyExists` whatever is there; the system's own.
    pub fn create_new(&self, name: &OsStr) -> io::Result<File> {
        self.0.create_new(name)
    }

    /// Creates a file or folder that was not there, open to be given its parts.
    ///
    /// # Errors
    /// `AlreadyExists` whatever is there; the system's own.
    pub fn create_node(&self, name: &OsStr, directory: bool) -> io::Result<File> {
        if !directory {
            return self.create_new(name);
        }
        self.make_dir(name)?;
        self.open_beneath(&[name])?.file().try_clone()
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// The system's own.
    pub fn remove_dir(&self, name: &OsStr) -> io::Result<()> {
        self.0.remove_dir(name)
    }

    /// Opens the file `name` to add to its end and read it; made if it is not there.
    ///
    /// # Errors
    /// `InvalidInput` where it is a link or no file; the system's own.
    pub fn open_to_append(&self, name: &OsStr) -> io::Result<File> {
        self.0.open_to_append(name)
    }

    /// Opens a file or folder to change what it has besides bytes; no link.
    ///
    /// # Errors
    /// The system's own.
    pub fn open_node(&self, name: &OsStr) -> io::Result<File> {
        self.0.open_node(name)
    }

    /// Creates a file that has no name, to be read and written; gone when it is closed, unless it was
    /// [given one](Self::give_name).
    ///
    /// # Errors
    /// Where the platform or the file system has no such files; the system's own.
    pub fn create_unnamed(&self) -> io::Result<File> {
        self.0.create_unnamed()
    }

    /// Gives a file of [`create_unnamed`](Self::create_unnamed) its name.
    ///
    /// # Errors
    /// `AlreadyExists` whatever is at `name`; the system's own.
    pub fn give_name(&self, file: &File, name: &OsStr) -> io::Result<()> {
        self.0.give_name(file, name)
    }

    /// Opens a file for reading, to find out which one it is.
    ///
    /// # Errors
    /// The system's own.
    pub fn open_file(&self, name: &OsStr) -> io::Result<File> {
        self.0.open_file(name)
    }

    /// The names in the folder, in no order.
    ///
    /// # Errors
    /// The system's own.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        self.0.names()
    }

    /// The text of a symbolic link.
    ///
    /// # Errors
    /// The system's own.
    pub fn read_link(&self, name: &OsStr) -> io::Result<PathBuf> {
        self.0.read_link(name)
    }

    /// What `name` is; `None` if there is nothing of that name.
    ///
    /// # Errors
    /// The system's own.
    pub fn status(&self, name: &OsStr) -> io::Result<Option<Status>> {
        match self.0.status(name) {
            Ok(status) => Ok(Some(status)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Renames within the folder and replaces nothing.
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `to`; the system's own.
    pub fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.0.rename_new(from, to)
    }

    /// Renames within the folder and replaces the file at `to`.
    ///
    /// # Errors
    /// The system's own.
    pub fn replace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.0.replace(from, to)
    }

    /// Gives the file `from_name` of `from` one more name here.
    ///
    /// # Errors
    /// `AlreadyExists` whatever is at `name`; the system's own.
    pub fn hard_link(&self, name: &OsStr, from: &Self, from_name: &OsStr) -> io::Result<()> {
        self.0.hard_link(name, &from.0, from_name)
    }

    /// Makes a symbolic link with this text, which nobody looks at.
    ///
    /// # Errors
    /// `AlreadyExists` whatever is at `name`; the system's own.
    pub fn symlink(&self, name: &OsStr, target: &Path, to_directory: bool) -> io::Result<()> {
        self.0.symlink(name, target, to_directory)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// The system's own.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        self.0.remove(name)
    }
}

/// Calls `handler` at each Ctrl-C, and where the system or the closing of a console ends the process.
/// Only the first handler of a process counts.
///
/// # Errors
/// The system's own.
pub(crate) fn on_interrupt(handler: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    #[cfg(windows)]
    return windows::on_interrupt(Box::new(handler));
    #[cfg(not(windows))]
    match ctrlc::set_handler(handler) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Brings all that was written to the file system of `file` to its medium, where the system can do
/// that for all at once.
///
/// # Errors
/// The system's own.
pub fn write_back(file: &File) -> io::Result<()> {
    platform::write_back(file)
}

/// Lets the system forget what it holds of a file, so that reading it asks the medium; where there is
/// no way to say that, it may not.
pub fn forget(file: &File) {
    platform::forget(file);
}

/// The stream `stream` that is kept inside the file `name` of `dir`, which is open as `file`; and its
/// size.
///
/// # Errors
/// The system's own.
pub fn open_stream(
    dir: &Dir,
    name: &OsStr,
    file: &File,
    stream: &OsStr,
) -> io::Result<(Box<dyn io::Read>, u64)> {
    platform::open_stream(&dir.0, name, file, stream)
}

/// How many bytes are free for us on the file system that holds the folder `path`.
///
/// # Errors
/// The system's own; unsupported where we do not know how to ask.
pub fn free_space(path: &Path) -> io::Result<u64> {
    platform::free_space(path)
}

/// What the file system that holds the folder `path` can hold.
///
/// # Errors
/// The system's own.
pub fn limits(path: &Path) -> io::Result<Limits> {
    platform::limits(path)
}

/// Writes all of `bytes` at `offset`, wherever the cursor is.
///
/// # Errors
/// The system's own.
pub fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    platform::write_all_at(file, bytes, offset)
}

/// Whether files without a name can be made in `dir` and given one, found out with a file of `name`.
///
/// # Errors
/// Where that file cannot be removed again.
pub fn can_be_unnamed(dir: &Dir, name: &OsStr) -> io::Result<bool> {
    let made = dir
        .create_unnamed()
        .and_then(|file| dir.give_name(&file, name));
    match made {
        Ok(()) => dir.remove(name).map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Sets room aside for `len` bytes from `offset` on, which are going to be written.
///
/// # Errors
/// The system's own: no room, unsupported.
pub fn reserve(file: &File, offset: u64, len: u64) -> io::Result<()> {
    platform::reserve(file, offset, len)
}

/// Where the next bytes from `offset` on are that the file system stores, as far as it tells: not the
/// holes before and behind them. Empty at the end of the file where nothing more is stored.
///
/// # Errors
/// The system's own.
pub fn stored_from(file: &File, offset: u64) -> io::Result<std::ops::Range<u64>> {
    platform::stored_from(file, offset)
}

/// Copies up to `len` bytes inside the kernel; how many. `Ok(0)` or an error other than a full disk:
/// it cannot be done in this way.
///
/// # Errors
/// The system's own.
pub fn copy_range(
    from: &HostFile,
    from_offset: u64,
    to: &File,
    offset: u64,
    len: u64,
) -> io::Result<u64> {
    platform::copy_range(from, from_offset, to, offset, len)
}

/// Whether `error` of [`Dir::open_beneath`] says that a name on the way is a link or no folder.
#[must_use]
pub fn is_detour(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotADirectory || platform::is_detour(error)
}
