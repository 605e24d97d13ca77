//! Windows: handles that keep folders in place, attributes, sparse files, native streams.

use std::ffi::{OsStr, OsString, c_void};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt, symlink_dir, symlink_file};
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};

use blockio::HostFile;
use tree::{Attributes, Time};
use windows::Win32::Foundation::HANDLE;
use windows::Win32::Storage::FileSystem::COMPRESSION_FORMAT_NONE;
use windows::Win32::Storage::FileSystem::{
    FILE_BASIC_INFO, FILE_REMOTE_PROTOCOL_INFO, FileBasicInfo, FileRemoteProtocolInfo,
    GetDiskFreeSpaceExW, GetFileInformationByHandleEx, GetVolumeInformationByHandleW,
    MOVE_FILE_FLAGS, MoveFileExW, SetFileInformationByHandle,
};
use windows::Win32::System::IO::DeviceIoControl;
use windows::Win32::System::Ioctl::{FSCTL_SET_COMPRESSION, FSCTL_SET_SPARSE};
use windows::core::PCWSTR;

use super::by_path::Dir;
use super::{Kept, Part, Parts, StreamHome, UnmarkedHole};

mod limits;
mod parts;
mod privileges;
mod sharing;

pub(super) use limits::limits;
pub(super) use parts::{holds, is_known, set_explicit_security, set_part};
pub(super) use sharing::{share_range, share_unit};

mod interrupt;

pub(crate) use interrupt::on_interrupt;

/// FILE_ATTRIBUTE_REPARSE_POINT: a link of any sort, or something else that is no plain file.
const REPARSE_POINT: u32 = 0x400;
/// FILE_NAMED_STREAMS of a volume's flags.
const NAMED_STREAMS: u32 = 0x0004_0000;
/// READONLY, HIDDEN, SYSTEM, ARCHIVE, NOT_CONTENT_INDEXED: what can be set on any file.
const SETTABLE: u32 = 0x2027;
/// FILE_ATTRIBUTE_READONLY.
const READONLY: u32 = 0x1;
/// FILE_ATTRIBUTE_COMPRESSED.
const COMPRESSED: u32 = 0x800;
/// FILE_ATTRIBUTE_NORMAL: none of the others. (0 would leave them as they are.)
const NORMAL: u32 = 0x80;
/// FILE_FLAG_BACKUP_SEMANTICS, for folders, and FILE_FLAG_OPEN_REPARSE_POINT, to follow no link.
const THIS_FOLDER: u32 = 0x0200_0000 | 0x0020_0000;
/// FILE_READ_ATTRIBUTES, and with FILE_WRITE_ATTRIBUTES.
const READ_ATTRIBUTES: u32 = 0x80;
const WRITE_ATTRIBUTES: u32 = READ_ATTRIBUTES | 0x100;
/// FILE_SHARE_READ | FILE_SHARE_WRITE, without FILE_SHARE_DELETE: a folder stays where it is.
const IN_PLACE: u32 = 3;

/// Opens a folder or whatever stands in its place, and keeps it from being renamed or removed.
pub(super) fn open_folder(path: &Path) -> io::Result<File> {
    let open = |access| {
        OpenOptions::new()
            .access_mode(access)
            .share_mode(IN_PLACE)
            .custom_flags(THIS_FOLDER)
            .open(path)
    };
    // A folder whose times we may not set can be filled all the same.
    open(WRITE_ATTRIBUTES).or_else(|_| open(READ_ATTRIBUTES))
}

pub(super) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
}

pub(super) fn is_link(metadata: &Metadata) -> bool {
    metadata.file_attributes() & REPARSE_POINT != 0
}

#[expect(unsafe_code, reason = "std's rename replaces what is there")]
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from.as_os_str()), wide(to.as_os_str()));
    let (from, to) = (PCWSTR(from.as_ptr()), PCWSTR(to.as_ptr()));
    // SAFETY: both strings end in NUL and live until the call returns.
    unsafe { MoveFileExW(from, to, MOVE_FILE_FLAGS(0)) }.map_err(|error| system_error(&error))
}

/// The system puts nothing in the place of a file that is marked read-only, as restored ones may be.
pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let Err(refused) = fs::rename(from, to) else {
        return Ok(());
    };
    let Ok(metadata) = fs::symlink_metadata(to) else {
        return Err(refused);
    };
    if !metadata.is_file() || !metadata.permissions().readonly() {
        return Err(refused);
    }
    let marks = metadata.file_attributes();
    mark(to, marks & !READONLY)?;
    fs::rename(from, to).inspect_err(|_| {
        // The refusal of the rename is what is told.
        let _ = mark(to, marks);
    })
}

fn mark(path: &Path, attributes: u32) -> io::Result<()> {
    set_basic(
        &open_folder(path)?,
        &FILE_BASIC_INFO {
            FileAttributes: settable(Attributes(attributes)),
            ..FILE_BASIC_INFO::default()
        },
    )
}

/// The system's error by its own number, which `io::Error` knows the kind of; the `windows` crate wraps
/// it into an HRESULT.
fn system_error(error: &windows::core::Error) -> io::Error {
    /// Severity and facility of a wrapped system error.
    const WRAPPED: u32 = 0x8007_0000;
    match error.code().0.cast_unsigned() {
        code if code & 0xFFFF_0000 == WRAPPED => {
            io::Error::from_raw_os_error((code & 0xFFFF).cast_signed())
        }
        _ => io::Error::other(error.to_string()),
    }
}

fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

pub(super) fn symlink(path: &Path, target: &Path, to_directory: bool) -> io::Result<()> {
    if to_directory {
        symlink_dir(target, path)
    } else {
        symlink_file(target, path)
    }
}

/// What the volume says of itself: where it does not hold streams, a write to `name:stream` may look
/// like success all the same.
#[expect(unsafe_code, reason = "std does not ask a volume for its flags")]
fn volume_flags(dir: &Dir) -> u32 {
    let mut flags = 0;
    // SAFETY: the handle is open as long as `dir` lives; `flags` outlives the call.
    let asked = unsafe {
        let flags = Some(&raw mut flags);
        GetVolumeInformationByHandleW(handle(dir.file()), None, None, None, flags, None)
    };
    if asked.is_ok() { flags } else { 0 }
}

pub(super) fn stream_home(dir: &Dir) -> StreamHome {
    if volume_flags(dir) & NAMED_STREAMS != 0 {
        StreamHome::Streams
    } else {
        StreamHome::Nowhere
    }
}

/// Only a file on another machine has a protocol by which it is there.
#[expect(unsafe_code, reason = "std does not tell a share from a disk")]
pub(super) fn is_remote(dir: &Dir) -> bool {
    let mut info = FILE_REMOTE_PROTOCOL_INFO::default();
    let len = u32::try_from(size_of_val(&info)).expect("a small structure");
    // SAFETY: the handle is open, and `info` is as long as said and outlives the call.
    unsafe {
        let info = (&raw mut info).cast::<c_void>();
        GetFileInformationByHandleEx(handle(dir.file()), FileRemoteProtocolInfo, info, len).is_ok()
    }
}

fn handle(file: &File) -> HANDLE {
    HANDLE(file.as_raw_handle())
}

/// The creation time and the attributes go along with the others wherever they do not matter; only
/// the change time is a claim that some file systems refuse.
pub(super) fn keep(file: &File, kept: &Kept, parts: Parts) -> io::Result<()> {
    let changed = if parts.has(Part::Changed) {
        ticks(kept.changed)
    } else {
        0
    };
    set_basic(
        file,
        &FILE_BASIC_INFO {
            CreationTime: ticks(kept.created),
            LastAccessTime: ticks(kept.accessed),
            LastWriteTime: ticks(kept.modified),
            ChangeTime: changed,
            FileAttributes: settable(kept.attributes),
        },
    )
}

/// The attributes of a link stay: its target's kind is among them.
pub(super) fn keep_link(dir: &Dir, name: &OsStr, kept: &Kept) -> io::Result<()> {
    let link = open_folder(&dir.place(name)?)?;
    set_basic(
        &link,
        &FILE_BASIC_INFO {
            CreationTime: ticks(kept.created),
            LastAccessTime: ticks(kept.accessed),
            LastWriteTime: ticks(kept.modified),
            ChangeTime: ticks(kept.changed),
            FileAttributes: 0,
        },
    )
}

#[expect(unsafe_code, reason = "std sets times, not attributes")]
fn set_basic(file: &File, info: &FILE_BASIC_INFO) -> io::Result<()> {
    let len = u32::try_from(size_of::<FILE_BASIC_INFO>()).expect("40 bytes");
    // SAFETY: `info` has the layout and the length that FileBasicInfo asks for.
    unsafe {
        let info = std::ptr::from_ref(info).cast::<c_void>();
        SetFileInformationByHandle(handle(file), FileBasicInfo, info, len)
    }
    .map_err(|error| system_error(&error))
}

/// 100 ns since 1601, as the guest has it too. 0 leaves a time as it is, and negative ones are orders.
fn ticks(time: Time) -> i64 {
    time.0.max(0)
}

fn settable(attributes: Attributes) -> u32 {
    match attributes.0 & SETTABLE {
        0 => NORMAL,
        bits => bits,
    }
}

pub(super) fn set_xattr(_: &File, _: &OsStr, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn create_stream(dir: &Dir, name: Option<&OsStr>, stream: &OsStr) -> io::Result<File> {
    create_new(&stream_path(dir, name, stream)?)
}

pub(super) fn remove_stream(dir: &Dir, name: Option<&OsStr>, stream: &OsStr) -> io::Result<()> {
    fs::remove_file(stream_path(dir, name, stream)?)
}

/// `FOLDER\NAME:STREAM`, or `FOLDER:STREAM`.
fn stream_path(dir: &Dir, name: Option<&OsStr>, stream: &OsStr) -> io::Result<PathBuf> {
    let of = match name {
        Some(name) => dir.place(name)?,
        None => dir.path().to_path_buf(),
    };
    let mut path: OsString = of.into();
    path.push(":");
    path.push(stream);
    Ok(path.into())
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
    dir: &Dir,
    name: &OsStr,
    _: &File,
    stream: &OsStr,
) -> io::Result<(Box<dyn io::Read>, u64)> {
    let mut place = dir.place(name)?.into_os_string();
    place.push(":");
    place.push(stream);
    let file = File::open(place)?;
    let size = file.metadata()?.len();
    Ok((Box::new(file), size))
}

#[expect(unsafe_code, reason = "std does not ask a volume for its room")]
pub(super) fn free_space(path: &Path) -> io::Result<u64> {
    let wide: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let mut free = 0;
    // SAFETY: the path ends with 0 and lives as long as the call, as does what the answer goes to.
    unsafe { GetDiskFreeSpaceExW(PCWSTR(wide.as_ptr()), Some(&raw mut free), None, None) }
        .map_err(|error| system_error(&error))?;
    Ok(free)
}

#[expect(unsafe_code, reason = "std has no sparse files")]
pub(super) fn make_sparse(file: &File) -> io::Result<()> {
    // SAFETY: the handle is open, and the request takes and returns no buffer.
    unsafe { DeviceIoControl(handle(file), FSCTL_SET_SPARSE, None, 0, None, 0, None, None) }
        .map_err(|error| system_error(&error))
}

/// What is not written is stored all the same, as long as nobody asks for a sparse file.
pub(super) fn unmarked_hole(_: &File) -> UnmarkedHole {
    UnmarkedHole::Stored
}

/// A file in a compressed folder is compressed too, until it is told otherwise. Encryption is not
/// taken back: that is the operator's to say.
pub(super) fn unmark(file: &File) -> io::Result<()> {
    match file.metadata()?.file_attributes() & COMPRESSED {
        0 => Ok(()),
        _ => decompress(file),
    }
}

#[expect(unsafe_code, reason = "std has no compressed files")]
fn decompress(file: &File) -> io::Result<()> {
    let format = COMPRESSION_FORMAT_NONE;
    let len = u32::try_from(size_of_val(&format)).expect("2 bytes");
    // SAFETY: the handle is open; `format` is what the request asks for, as long as said, and outlives
    // the call, which returns no buffer.
    unsafe {
        let format = Some((&raw const format).cast::<c_void>());
        let request = FSCTL_SET_COMPRESSION;
        DeviceIoControl(handle(file), request, format, len, None, 0, None, None)
    }
    .map_err(|error| system_error(&error))
}

pub(super) fn lengthen(file: &File, size: u64) -> io::Result<()> {
    file.set_len(size)
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let (mut rest, mut at) = (bytes, offset);
    while !rest.is_empty() {
        match file.seek_write(rest, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(len) => {
                rest = &rest[len..];
                at += len as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Nothing to set aside with: a full disk says so when it is full.
pub(super) fn reserve(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Windows copies ranges by sharing blocks only, where the file system can.
pub(super) fn copy_range(_: &HostFile, _: u64, _: &File, _: u64, _: u64) -> io::Result<u64> {
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_cannot_be_set_are_left_out() {
        assert_eq!(settable(Attributes(0x826)), 0x26);
        assert_eq!(settable(Attributes(0x10)), NORMAL);
    }

    #[test]
    fn rename_replaces_nothing() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let (a, b) = (temp.path().join("a"), temp.path().join("b"));
        fs::write(&a, "a").expect("written");
        fs::write(&b, "b").expect("written");
        let error = rename_new(&a, &b).expect_err("b is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        rename_new(&a, &temp.path().join("c")).expect("c is not there");
    }

    #[test]
    fn a_read_only_file_is_replaced_when_asked() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let (a, b) = (temp.path().join("a"), temp.path().join("b"));
        fs::write(&a, "a").expect("written");
        fs::write(&b, "b").expect("written");
        mark(&b, READONLY).expect("marked");
        replace(&a, &b).expect("replaced");
        assert_eq!(fs::read(&b).expect("there"), b"a");
        let metadata = fs::metadata(&b).expect("there");
        assert!(!a.exists() && !metadata.permissions().readonly());
    }

    #[test]
    fn times_are_kept_to_100_ns() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let file = create_new(&temp.path().join("a")).expect("created");
        let modified = Time(132_468_898_895_045_259);
        keep(
            &file,
            &Kept {
                modified,
                ..Kept::default()
            },
            Parts::NONE,
        )
        .expect("kept");
        let metadata = fs::metadata(temp.path().join("a")).expect("there");
        assert_eq!(metadata.last_write_time(), 132_468_898_895_045_259);
    }
}
