//! One file being made: under a temporary name until it is whole, then renamed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use blockio::HostFile;

use crate::copy::{Lost, Target};
use crate::hostfs::{self, Calls, Dir};

/// A file that has a temporary name until it is [put](Self::put) under its own. Dropped before that,
/// it is removed.
pub(crate) struct Output<'a> {
    dir: &'a Dir,
    calls: &'a dyn Calls,
    /// Open until it is put.
    file: Option<File>,
    name: OsString,
    /// Where the last byte written ends.
    end: u64,
    sparse: bool,
    kernel_copy: &'a AtomicBool,
}

impl<'a> Output<'a> {
    /// Creates a file of a name that nobody has in `dir`.
    ///
    /// `kernel_copy` says whether the kernel can copy into this destination; switched off at its
    /// first refusal.
    pub(crate) fn create(
        dir: &'a Dir,
        calls: &'a dyn Calls,
        kernel_copy: &'a AtomicBool,
    ) -> io::Result<Self> {
        let name = temporary_name();
        let file = Some(dir.create_new(&name)?);
        Ok(Self {
            dir,
            calls,
            file,
            name,
            end: 0,
            sparse: false,
            kernel_copy,
        })
    }

    /// The open file, to keep metadata by.
    pub(crate) fn file(&self) -> &File {
        self.file.as_ref().expect("open until it is put or dropped")
    }

    /// Its temporary name.
    pub(crate) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Makes the file `size` bytes long, whatever of it was written.
    pub(crate) fn end_at(&mut self, size: u64) -> io::Result<()> {
        if self.end < size {
            self.make_sparse();
            self.file().set_len(size)?;
        }
        Ok(())
    }

    /// Renames the file to `name`, which may be `replace`d.
    ///
    /// # Errors
    /// `AlreadyExists` if there is something and it may not; the system's own. The file is gone then.
    pub(crate) fn put(mut self, name: &OsStr, replace: bool) -> io::Result<()> {
        // Closed first, because Windows renames no file that somebody has open without sharing.
        drop(self.file.take());
        let put = if replace {
            self.dir.replace(&self.name, name)
        } else {
            self.dir.rename_new(&self.name, name)
        };
        if put.is_ok() {
            self.name.clear();
        }
        put
    }

    fn make_sparse(&mut self) {
        if !std::mem::replace(&mut self.sparse, true) {
            // A refusal costs room, not bytes.
            let _ = self.calls.make_sparse(self.file());
        }
    }
}

impl Drop for Output<'_> {
    fn drop(&mut self) {
        if !self.name.is_empty() {
            drop(self.file.take());
            let _ = self.dir.remove(&self.name);
        }
    }
}

impl Target for Output<'_> {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        hostfs::write_all_at(self.file(), bytes, offset)?;
        self.end = offset + bytes.len() as u64;
        Ok(())
    }

    fn take(&mut self, from: &HostFile, at: u64, offset: u64, len: u64) -> io::Result<u64> {
        if !self.kernel_copy.load(Ordering::Relaxed) {
            return Ok(0);
        }
        match hostfs::copy_range(from, at, self.file(), offset, len) {
            Ok(taken) => {
                self.end = self.end.max(offset + taken);
                Ok(taken)
            }
            Err(error) if is_full(&error) => Err(error),
            // A bad sector of the source is found again, and narrowed down, by reading.
            Err(error) => {
                if error.kind() != io::ErrorKind::Other && !is_bad_sector(&error) {
                    self.kernel_copy.store(false, Ordering::Relaxed);
                }
                Ok(0)
            }
        }
    }

    fn hole(&mut self, _: Range<u64>) -> io::Result<()> {
        self.make_sparse();
        Ok(())
    }

    fn lost(&mut self, _: &Lost) -> io::Result<()> {
        self.make_sparse();
        Ok(())
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// EIO has this number on every Unix.
fn is_bad_sector(error: &io::Error) -> bool {
    cfg!(unix) && error.raw_os_error() == Some(5)
}

/// A name that no file has: `.hvrestore-0123456789abcdef.tmp`.
pub(crate) fn temporary_name() -> OsString {
    format!(".hvrestore-{:016x}.tmp", RandomState::new().hash_one(())).into()
}

/// Whether `name` is one that [`temporary_name`] gives.
pub(crate) fn is_temporary(name: &OsStr) -> bool {
    let digits = name
        .to_str()
        .and_then(|name| name.strip_prefix(".hvrestore-")?.strip_suffix(".tmp"));
    digits.is_some_and(|digits| {
        digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostfs::Platform;

    fn folder() -> (tempfile::TempDir, Dir) {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let dir = Dir::open(temp.path()).expect("just made");
        (temp, dir)
    }

    fn names(temp: &tempfile::TempDir) -> Vec<OsString> {
        let entries = std::fs::read_dir(temp.path()).expect("listed");
        entries
            .map(|entry| entry.expect("an entry").file_name())
            .collect()
    }

    #[test]
    fn has_its_name_when_it_is_put_and_not_before() {
        let (temp, dir) = folder();
        let on = AtomicBool::new(true);
        let mut output = Output::create(&dir, &Platform, &on).expect("created");
        output.write_at(b"abc", 2).expect("written");
        output.end_at(8).expect("made longer");
        assert_eq!(names(&temp), [output.name().to_owned()]);
        output
            .put(OsStr::new("x"), false)
            .expect("nothing is there");
        assert_eq!(names(&temp), ["x"]);
        assert_eq!(
            std::fs::read(temp.path().join("x")).expect("there"),
            b"\0\0abc\0\0\0"
        );
    }

    #[test]
    fn its_temporary_name_is_known_again() {
        assert!(is_temporary(&temporary_name()));
        for name in [".hvrestore-journal.jsonl", ".hvrestore-0.tmp", "x.tmp", ""] {
            assert!(!is_temporary(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn is_removed_when_dropped_or_refused() {
        let (temp, dir) = folder();
        let on = AtomicBool::new(true);
        drop(Output::create(&dir, &Platform, &on).expect("created"));
        assert!(names(&temp).is_empty());
        std::fs::write(temp.path().join("x"), "old").expect("written");
        let output = Output::create(&dir, &Platform, &on).expect("created");
        let error = output.put(OsStr::new("x"), false).expect_err("x is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(&temp), ["x"]);
        let mut output = Output::create(&dir, &Platform, &on).expect("created");
        output.write_at(b"new", 0).expect("written");
        output.put(OsStr::new("x"), true).expect("x may go");
        assert_eq!(std::fs::read(temp.path().join("x")).expect("there"), b"new");
    }
}
