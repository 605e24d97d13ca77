//! Linux: everything relative to the descriptor of a folder.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use blockio::HostFile;
use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FileType, IFlags, Mode, OFlags, RenameFlags, ResolveFlags,
    SeekFrom, Stat, Timespec, Timestamps, UTIME_OMIT, XattrFlags, copy_file_range, fallocate,
    fgetxattr, fsetxattr, fstat, fstatfs, futimens, ioctl_ficlone, ioctl_getflags, linkat, mkdirat,
    openat, openat2, readlinkat, renameat, renameat_with, statat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;
use tree::Time;

use super::{HostKind, Kept, Limits, Part, Parts, Status, StreamHome, UnmarkedHole};

mod ntfs;

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
/// Nothing on the way may be a link, of the kernel's own kind neither, or lead out.
const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);

/// File systems whose `copy_file_range` shares whole blocks: XFS, Btrfs.
const SHARING: [u64; 2] = [0x5846_5342, 0x9123_683E];

/// The number of the kernel's older driver.
const NTFS: u64 = 0x5346_544E;

/// Whether a file can be linked by its descriptor alone; until it was refused and /proc did it.
static BY_DESCRIPTOR: AtomicBool = AtomicBool::new(true);

pub(super) struct Dir(File);

impl Dir {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let fd = rustix::fs::open(path, FOLDER, Mode::empty())?;
        Ok(Self(fd.into()))
    }

    pub(super) fn open_beneath(&self, names: &[&OsStr]) -> io::Result<Self> {
        let path: PathBuf = [OsStr::new(".")].iter().chain(names).collect();
        match openat2(
            &self.0,
            path,
            FOLDER | OFlags::NOFOLLOW,
            Mode::empty(),
            BENEATH,
        ) {
            Ok(fd) => Ok(Self(fd.into())),
            // An old kernel, a container that forbids the call, a path longer than one call takes.
            Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG) => self.open_name_by_name(names),
            Err(error) => Err(error.into()),
        }
    }

    /// The same without `openat2`: each name on its own, and none of them a link.
    fn open_name_by_name(&self, names: &[&OsStr]) -> io::Result<Self> {
        let mut dir: OwnedFd = openat(&self.0, ".", FOLDER, Mode::empty())?;
        for name in names {
            if *name == ".." || name.as_bytes().contains(&b'/') {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            dir = openat(&dir, *name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        }
        Ok(Self(dir.into()))
    }

    pub(super) fn file(&self) -> &File {
        &self.0
    }

    pub(super) fn make_dir(&self, name: &OsStr) -> io::Result<()> {
        Ok(mkdirat(&self.0, name, Mode::from(0o777))?)
    }

    pub(super) fn create_new(&self, name: &OsStr) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.0, name, flags, Mode::from(0o666))?.into())
    }

    pub(super) fn open_to_append(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW;
        let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&self.0, name, flags, Mode::from(0o666)) {
            Ok(fd) => regular(fd.into()),
            // A link, a folder, a pipe or a device.
            Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => {
                Err(io::ErrorKind::InvalidInput.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn open_node(&self, name: &OsStr) -> io::Result<File> {
        self.open_file(name)
    }

    pub(super) fn create_unnamed(&self) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        Ok(openat(&self.0, ".", flags, Mode::from(0o666))?.into())
    }

    /// By the descriptor itself, which Linux allows since 6.10, or by its entry in /proc.
    pub(super) fn give_name(&self, file: &File, name: &OsStr) -> io::Result<()> {
        if BY_DESCRIPTOR.load(Ordering::Relaxed) {
            match linkat(file, "", &self.0, name, AtFlags::EMPTY_PATH) {
                Err(Errno::NOENT | Errno::PERM | Errno::INVAL) => {}
                result => return Ok(result?),
            }
        }
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        linkat(CWD, path, &self.0, name, AtFlags::SYMLINK_FOLLOW)?;
        BY_DESCRIPTOR.store(false, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(openat(&self.0, name, flags, Mode::empty())?.into())
    }

    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let names = rustix::fs::Dir::read_from(&self.0)?.map(|entry| {
            let name = entry?.file_name().to_bytes().to_vec();
            Ok(OsString::from_vec(name))
        });
        let is_entry = |name: &io::Result<OsString>| {
            !name.as_ref().is_ok_and(|name| name == "." || name == "..")
        };
        names.filter(is_entry).collect()
    }

    pub(super) fn read_link(&self, name: &OsStr) -> io::Result<PathBuf> {
        let text = readlinkat(&self.0, name, Vec::new())?;
        Ok(OsString::from_vec(text.into_bytes()).into())
    }

    pub(super) fn status(&self, name: &OsStr) -> io::Result<Status> {
        Ok(status_of(&statat(
            &self.0,
            name,
            AtFlags::SYMLINK_NOFOLLOW,
        )?))
    }

    pub(super) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        match renameat_with(&self.0, from, &self.0, to, RenameFlags::NOREPLACE) {
            // The file system does not know the flag: a second name replaces nothing either.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                linkat(&self.0, from, &self.0, to, AtFlags::empty())?;
                self.remove(from)
            }
            result => Ok(result?),
        }
    }

    pub(super) fn replace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.0, from, &self.0, to)?)
    }

    pub(super) fn hard_link(&self, name: &OsStr, from: &Self, from_name: &OsStr) -> io::Result<()> {
        Ok(linkat(&from.0, from_name, &self.0, name, AtFlags::empty())?)
    }

    pub(super) fn symlink(&self, name: &OsStr, target: &Path, _: bool) -> io::Result<()> {
        Ok(symlinkat(target, &self.0, name)?)
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(super) fn remove_dir(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::ErrorKind::InvalidInput.into())
}

fn status_of(stat: &Stat) -> Status {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => HostKind::File,
        FileType::Directory => HostKind::Directory,
        FileType::Symlink => HostKind::Link,
        _ => HostKind::Other,
    };
    Status {
        kind,
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        modified: (
            stat.st_mtime,
            u32::try_from(stat.st_mtime_nsec).unwrap_or_default(),
        ),
    }
}

/// Every file system is asked for xattrs; a refusal comes with the first stream.
pub(super) fn stream_home(_: &Dir) -> StreamHome {
    StreamHome::Xattrs
}

pub(super) fn holds(dir: &Dir) -> Parts {
    ntfs::holds(dir.file())
}

/// NFS, SMB and most of what FUSE drives; but not NTFS, which is a disk of this machine.
pub(super) fn is_remote(dir: &Dir) -> bool {
    /// NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, V9FS_MAGIC,
    /// AFS_SUPER_MAGIC, CEPH_SUPER_MAGIC, FUSE_SUPER_MAGIC: the low 32 bits of each.
    const REMOTE: [u32; 8] = [
        0x6969,
        0x517B,
        0xFF53_4D42,
        0xFE53_4D42,
        0x0102_1997,
        0x5346_414F,
        0x00C3_6400,
        0x6573_5546,
    ];
    let kind = fstatfs(&dir.0).map(|found| found.f_type as u32);
    kind.is_ok_and(|kind| REMOTE.contains(&kind)) && ntfs::holds(dir.file()).is_empty()
}

pub(super) fn set_part(file: &File, part: Part, value: &[u8]) -> io::Result<()> {
    ntfs::set_part(file, part, value)
}

/// These drivers pass nothing on.
pub(super) fn set_explicit_security(_: &File, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nobody here has a SID.
pub(super) fn is_known(_: &[u8]) -> Option<bool> {
    None
}

pub(super) fn keep(file: &File, kept: &Kept, parts: Parts) -> io::Result<()> {
    if parts.has(Part::Attributes) {
        ntfs::set_attributes(file, kept.attributes)?;
    }
    if parts.has(Part::Created) {
        return ntfs::set_times(file, kept);
    }
    Ok(futimens(file, &timestamps(kept))?)
}

pub(super) fn keep_link(dir: &Dir, name: &OsStr, kept: &Kept) -> io::Result<()> {
    let times = timestamps(kept);
    Ok(utimensat(&dir.0, name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn timestamps(kept: &Kept) -> Timestamps {
    Timestamps {
        last_access: timespec(kept.accessed),
        last_modification: timespec(kept.modified),
    }
}

/// A time that the guest never set stays as the host has it.
fn timespec(time: Time) -> Timespec {
    let (seconds, nanos) = time.unix();
    if time == Time::default() {
        Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        }
    } else {
        Timespec {
            tv_sec: seconds,
            tv_nsec: nanos.into(),
        }
    }
}

pub(super) fn set_xattr(file: &File, stream: &OsStr, value: &[u8]) -> io::Result<()> {
    let name = OsString::from_vec([b"user.", stream.as_bytes()].concat());
    match fsetxattr(file, &name, value, XattrFlags::CREATE) {
        Err(Errno::EXIST) if holds_xattr(file, &name, value) => Ok(()),
        result => Ok(result?),
    }
}

/// Whether the attribute is there with this value, as after a run that was interrupted.
fn holds_xattr(file: &File, name: &OsStr, value: &[u8]) -> bool {
    let mut found = vec![0; value.len() + 1];
    let len = fgetxattr(file, name, &mut found[..]);
    len.is_ok_and(|len| found.get(..len) == Some(value))
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

/// Only NTFS has marks: there a hole would set one.
pub(super) fn unmarked_hole(file: &File) -> UnmarkedHole {
    match ntfs::is_there(file) {
        true => UnmarkedHole::Zeros,
        false => UnmarkedHole::Stays,
    }
}

pub(super) fn unmark(file: &File) -> io::Result<()> {
    match ntfs::is_there(file) {
        true => ntfs::unmark(file),
        false => Ok(()),
    }
}

/// By its last byte: the kernel's SMB client has the server mark a file that it makes longer by its
/// size alone.
pub(super) fn lengthen(file: &File, size: u64) -> io::Result<()> {
    match size.checked_sub(1) {
        Some(last) if last >= file.metadata()?.len() => file.write_all_at(&[0], last),
        _ => file.set_len(size),
    }
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

pub(super) fn copy_range(
    from: &HostFile,
    from_offset: u64,
    to: &File,
    offset: u64,
    len: u64,
) -> io::Result<u64> {
    let (mut from_offset, mut offset) = (from_offset, offset);
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    from.with_handle(|from| {
        let (from, to) = (from.as_fd(), to.as_fd());
        let copied = copy_file_range(from, Some(&mut from_offset), to, Some(&mut offset), len)?;
        Ok(copied as u64)
    })
}

pub(super) fn stored_from(file: &File, offset: u64) -> io::Result<std::ops::Range<u64>> {
    let size = file.metadata()?.len();
    let start = match rustix::fs::seek(file, SeekFrom::Data(offset)) {
        Ok(start) => start,
        Err(Errno::NXIO) => return Ok(size..size),
        Err(error) => return Err(error.into()),
    };
    let end = rustix::fs::seek(file, SeekFrom::Hole(start))?;
    Ok(start..end)
}

pub(super) fn write_back(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

pub(super) fn forget(file: &File) {
    // Only what is on the medium is forgotten. A refusal costs nothing but that the answer comes from
    // memory.
    let _ = rustix::fs::fdatasync(file);
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

pub(super) fn open_stream(
    _: &Dir,
    _: &OsStr,
    file: &File,
    stream: &OsStr,
) -> io::Result<(Box<dyn io::Read>, u64)> {
    let name = OsString::from_vec([b"user.", stream.as_bytes()].concat());
    let mut value = vec![0; 64 << 10];
    let len = fgetxattr(file, name, &mut value[..])?;
    value.truncate(len);
    Ok((Box::new(io::Cursor::new(value)), len as u64))
}

pub(super) fn free_space(path: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

pub(super) fn limits(path: &Path) -> io::Result<Limits> {
    let found = rustix::fs::statfs(path)?;
    // 32 bits on every file system, and signed on some machines.
    let limits = Limits::of_magic(found.f_type.cast_unsigned() & u64::from(u32::MAX));
    let is_unknown = limits.file_system.is_none();
    match is_unknown && File::open(path).is_ok_and(|folder| ntfs::is_there(&folder)) {
        // Behind FUSE.
        true => Ok(Limits::of_magic(NTFS)),
        false => Ok(limits),
    }
}

/// Blocks are shared within one file system that knows how, and between files that are both copied on
/// write or both not.
pub(super) fn share_unit(from: &HostFile, to: &File) -> Option<u64> {
    let stats = fstatfs(to).ok()?;
    let unit = u64::try_from(stats.f_bsize).ok()?;
    if !SHARING.contains(&stats.f_type.cast_unsigned()) || !unit.is_power_of_two() {
        return None;
    }
    let alike = |from: &File| {
        let same = fstat(from)?.st_dev == fstat(to)?.st_dev;
        Ok(same && in_place(from) == in_place(to))
    };
    (from.with_handle(alike).ok()? && knows_sharing(to)).then_some(unit)
}

/// Whether the file is written in place on a file system that otherwise copies on write.
fn in_place(file: &File) -> bool {
    ioctl_getflags(file).is_ok_and(|flags| flags.contains(IFlags::NOCOW))
}

/// Whether the file system was made with sharing: then it refuses to share a file's blocks with the
/// file itself because they overlap, and if there are none it does not refuse at all.
fn knows_sharing(file: &File) -> bool {
    matches!(ioctl_ficlone(file, file), Ok(()) | Err(Errno::INVAL))
}

/// `copy_file_range` with whole blocks: file systems that can share them do.
pub(super) fn share_range(
    from: &HostFile,
    from_offset: u64,
    to: &File,
    offset: u64,
    len: u64,
) -> io::Result<u64> {
    copy_range(from, from_offset, to, offset, len)
}

/// The size stays as it is: what is not written in the end is cut off.
pub(super) fn reserve(file: &File, offset: u64, len: u64) -> io::Result<()> {
    Ok(fallocate(file, FallocateFlags::KEEP_SIZE, offset, len)?)
}

/// A link on the way is `ELOOP` (or `ENOTDIR`, which every platform has); leaving the root `EXDEV`.
pub(super) fn is_detour(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::LOOP | Errno::XDEV))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Dir) {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let dir = Dir::open(temp.path()).expect("just made");
        (temp, dir)
    }

    #[test]
    fn no_link_is_followed_with_either_call() {
        let (temp, dir) = folder();
        std::fs::create_dir_all(temp.path().join("a/b")).expect("made");
        std::os::unix::fs::symlink("a", temp.path().join("link")).expect("made");
        let names = |text: &'static str| text.split('/').map(OsStr::new).collect::<Vec<_>>();
        for open in [Dir::open_beneath, Dir::open_name_by_name] {
            assert!(open(&dir, &names("a/b")).is_ok());
            assert!(open(&dir, &[]).is_ok());
            for path in ["link", "link/b"] {
                let error = open(&dir, &names(path))
                    .err()
                    .expect("a link is on the way");
                assert!(crate::hostfs::is_detour(&error), "{path}: {error}");
            }
            assert!(open(&dir, &names("a/../..")).is_err());
        }
    }

    #[test]
    fn rename_replaces_nothing() {
        let (temp, dir) = folder();
        std::fs::write(temp.path().join("a"), "a").expect("written");
        std::fs::write(temp.path().join("b"), "b").expect("written");
        let error = dir
            .rename_new(OsStr::new("a"), OsStr::new("b"))
            .expect_err("b is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        dir.rename_new(OsStr::new("a"), OsStr::new("c"))
            .expect("c is not there");
        assert_eq!(std::fs::read(temp.path().join("c")).expect("there"), b"a");
    }

    #[test]
    fn times_are_kept_to_100_ns() {
        use std::os::unix::fs::MetadataExt;
        let (temp, dir) = folder();
        let file = dir.create_new(OsStr::new("a")).expect("created");
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
        let metadata = std::fs::metadata(temp.path().join("a")).expect("there");
        assert_eq!(
            (metadata.mtime(), metadata.mtime_nsec()),
            (1_602_416_289, 504_525_900)
        );
        assert_ne!(
            metadata.atime(),
            0,
            "a time that was never set is left alone"
        );
    }
}
