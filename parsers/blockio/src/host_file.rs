//! Files on this machine: the only code that opens a source.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::codes::{CANNOT_OPEN, CANNOT_READ, SHORT_READ};
use crate::read_at::check_range;
use crate::{Fault, Place, ReadAt, Run};

mod edited;
#[cfg_attr(unix, path = "host_file/unix.rs")]
#[cfg_attr(windows, path = "host_file/windows.rs")]
mod platform;

pub use edited::EditedFile;
pub use platform::raise_open_file_limit;

/// A file on this machine, opened for reading with full sharing, never for anything else.
pub struct HostFile {
    handles: platform::Handles,
    path: PathBuf,
    name: Arc<str>,
    size: u64,
    stamp: Stamp,
}

/// Size and time of a source as they were at one moment, to tell whether it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Length in bytes.
    pub len: u64,
    /// Time of the last modification, where the platform knows one.
    pub modified: Option<SystemTime>,
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl HostFile {
    /// Opens `path` for reading.
    ///
    /// # Errors
    /// A [`Fault`] with `HV-E602` that names the path and the operating system's reason.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_inner(path).map_err(|error| {
            let fault = Fault::cannot_read(&CANNOT_OPEN, "source file").found(error.to_string());
            io::Error::new(
                error.kind(),
                Arc::new(fault.in_file(&path.display().to_string())),
            )
        })
    }

    fn open_inner(path: &Path) -> io::Result<Self> {
        let file = platform::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "is a directory",
            ));
        }
        let size = if metadata.is_file() {
            metadata.len()
        } else {
            device_size(&file)?
        };
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into();
        let stamp = Stamp::from(&metadata);
        Ok(Self {
            handles: platform::Handles::new(file, path),
            path: path.into(),
            name,
            size,
            stamp,
        })
    }

    /// The path it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's own name, for messages.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Size and time when it was opened.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Size and time now.
    ///
    /// # Errors
    /// Where the operating system cannot say.
    pub fn stamp_now(&self) -> io::Result<Stamp> {
        self.handles
            .with(|file| file.metadata().map(|metadata| Stamp::from(&metadata)))
    }

    /// Calls `f` with an open handle, for in-kernel copies and block sharing. Read only.
    ///
    /// # Errors
    /// Those of `f`, or of opening one more handle.
    pub fn with_handle<T>(&self, f: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        self.handles.with(f)
    }

    fn fault(&self, error: &io::Error, len: usize, offset: u64) -> io::Error {
        let code = match error.kind() {
            io::ErrorKind::UnexpectedEof => &SHORT_READ,
            _ => &CANNOT_READ,
        };
        Fault::cannot_read(code, format!("{len} bytes"))
            .at(offset)
            .found(error.to_string())
            .in_file(&self.name)
            .into()
    }
}

/// Size of a block device, which its metadata does not say: the place of its end.
fn device_size(mut file: &File) -> io::Result<u64> {
    io::Seek::seek(&mut file, io::SeekFrom::End(0))
}

impl ReadAt for HostFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size, offset, buf.len())?;
        let len = buf.len();
        self.handles
            .with(|file| platform::read_exact_at(file, buf, offset))
            .map_err(|error| self.fault(&error, len, offset))
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size.saturating_sub(offset));
        Ok(Run {
            len,
            place: Place::Host { file: self, offset },
        })
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        for range in ranges {
            let len = range.end.saturating_sub(range.start);
            // A hint: what is wrong shows when it is read.
            let _ = self.handles.with(|file| {
                platform::prefetch(file, range.start, len);
                Ok(())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(bytes: &[u8]) -> (tempfile::TempDir, HostFile) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("disk.vhdx");
        std::fs::write(&path, bytes).expect("written");
        let file = HostFile::open(&path).expect("just written");
        (dir, file)
    }

    #[test]
    fn reads_exactly_or_says_why_not() {
        let (_dir, file) = file_with(b"0123456789");
        let mut buf = [0; 4];
        file.read_exact_at(&mut buf, 6)
            .expect("the last four bytes");
        assert_eq!(&buf, b"6789");
        let error = file
            .read_exact_at(&mut buf, 7)
            .expect_err("one byte too far");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_file_that_shrank_is_a_fault_not_zeros() {
        let (_dir, file) = file_with(&[7; 100]);
        std::fs::OpenOptions::new()
            .write(true)
            .open(file.path())
            .and_then(|f| f.set_len(50))
            .expect("shrunk behind its back");
        let error = file
            .read_exact_at(&mut [0; 60], 0)
            .expect_err("half is gone");
        assert_eq!(Fault::of(&error).expect("a fault").code.id, "HV-E603");
        assert_ne!(file.stamp_now().expect("still open"), file.stamp());
    }

    #[test]
    fn a_file_put_in_its_place_is_not_read() {
        let (dir, file) = file_with(&[7; 100]);
        std::fs::rename(file.path(), dir.path().join("moved.vhdx")).expect("moved away");
        std::fs::write(file.path(), [8; 100]).expect("another one in its place");
        let other = std::fs::OpenOptions::new().write(true).open(file.path());
        let an_hour_ago = SystemTime::now() - std::time::Duration::from_secs(3600);
        other
            .and_then(|other| other.set_modified(an_hour_ago))
            .expect("of another time");
        // While one handle is in use, the others are taken from what is kept or opened anew.
        let read = file.with_handle(|_| {
            file.with_handle(|_| {
                let mut buf = [0; 100];
                file.read_exact_at(&mut buf, 0).map(|()| buf)
            })
        });
        assert_eq!(
            read.expect("the file that was opened is still there"),
            [7; 100]
        );
        std::fs::remove_file(file.path()).expect("removed again");
        let read = file.with_handle(|_| file.read_exact_at(&mut [0; 100], 0));
        read.expect("no file at its path is needed");
    }

    #[test]
    fn a_missing_file_is_named_and_keeps_its_kind() {
        let error = HostFile::open(Path::new("no/such.vhdx"))
            .err()
            .expect("it is not there");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let fault = Fault::of(&error).expect("a fault");
        assert_eq!(fault.code.id, "HV-E602");
        assert!(fault.to_string().contains("such.vhdx"), "{fault}");
    }

    #[test]
    fn a_folder_is_refused() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        assert!(HostFile::open(dir.path()).is_err());
    }
}
