//! One file being made: without a name, or under a temporary one, until it is whole.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::ops::Range;

use blockio::{EditedFile, HostFile, ReadAt};

use crate::copy::{Lost, Target};
use crate::hostfs::{self, Calls, Dir, UnmarkedHole};

/// Zeros written at once.
static ZEROS: [u8; 256 << 10] = [0; 256 << 10];

mod offload;

pub(crate) use offload::Offload;

/// A file that has no name, or a temporary one, until it is [put](Self::put) under its own. Dropped
/// before that, it is gone.
pub(crate) struct Output<'a> {
    dir: &'a Dir,
    calls: &'a dyn Calls,
    /// Open until it is put.
    file: Option<File>,
    /// Its temporary name; none where it has no name at all.
    name: Option<OsString>,
    /// Where the last byte written ends.
    end: u64,
    /// Whether it was marked as a sparse file.
    sparse: bool,
    /// What becomes of its holes, where it must not be marked.
    unmarked: Option<UnmarkedHole>,
    offload: &'a Offload,
}

impl<'a> Output<'a> {
    /// Creates a file without a name in `dir` where the destination can, else as
    /// [`create_named`](Self::create_named).
    pub(crate) fn create(
        dir: &'a Dir,
        calls: &'a dyn Calls,
        offload: &'a Offload,
    ) -> io::Result<Self> {
        if offload.unnamed
            && let Ok(file) = dir.create_unnamed()
        {
            return Ok(Self::of(dir, calls, offload, file, None));
        }
        Self::create_named(dir, calls, offload)
    }

    /// Creates a file of a name that nobody has in `dir`.
    pub(crate) fn create_named(
        dir: &'a Dir,
        calls: &'a dyn Calls,
        offload: &'a Offload,
    ) -> io::Result<Self> {
        let name = temporary_name();
        let file = dir.create_new(&name)?;
        Ok(Self::of(dir, calls, offload, file, Some(name)))
    }

    fn of(
        dir: &'a Dir,
        calls: &'a dyn Calls,
        offload: &'a Offload,
        file: File,
        name: Option<OsString>,
    ) -> Self {
        Self {
            dir,
            calls,
            file: Some(file),
            name,
            end: 0,
            sparse: false,
            unmarked: None,
            offload,
        }
    }

    /// The open file, to keep metadata by.
    pub(crate) fn file(&self) -> &File {
        self.file.as_ref().expect("open until it is put or dropped")
    }

    /// Its temporary name; none of a file that was not [`created
    /// named`](Self::create_named).
    pub(crate) fn name(&self) -> Option<&OsStr> {
        self.name.as_deref()
    }

    /// Makes the file `size` bytes long, whatever of it was written.
    pub(crate) fn end_at(&mut self, size: u64) -> io::Result<()> {
        if self.end < size {
            self.leave(self.end..size)?;
        }
        match self.unmarked {
            _ if self.end == size => Ok(()),
            Some(_) => self.calls.lengthen(self.file(), size),
            None => self.file().set_len(size),
        }
    }

    /// Gives the file the name `name`, which may be `replace`d.
    ///
    /// # Errors
    /// `AlreadyExists` if there is something and it may not; the system's own. The file is gone then.
    pub(crate) fn put(mut self, name: &OsStr, replace: bool) -> io::Result<()> {
        let file = self.file.take().expect("it was not put before");
        if self.name.is_none() {
            if !replace {
                return self.dir.give_name(&file, name);
            }
            let temporary = temporary_name();
            self.dir.give_name(&file, &temporary)?;
            self.name = Some(temporary);
        }
        // Closed first, because Windows renames no file that somebody has open without sharing.
        drop(file);
        let temporary = self.name.as_deref().unwrap_or_default();
        let put = if replace {
            self.dir.replace(temporary, name)
        } else {
            self.dir.rename_new(temporary, name)
        };
        if put.is_ok() {
            self.name = None;
        }
        put
    }

    /// Never lets the file be marked as sparse or compressed, with which Windows attaches no disk: its
    /// holes are those that the file system has without a mark.
    pub(crate) fn stay_plain(&mut self) {
        self.unmarked = Some(self.calls.unmarked_hole(self.file()));
        // Where the mark is kept, `import.ps1` finds it again.
        let _ = self.calls.unmark(self.file());
    }

    /// What was written to the file besides may have made it longer, with holes that nobody told of.
    pub(crate) fn was_edited(&mut self) -> io::Result<()> {
        let size = self.file().metadata()?.len();
        if self.unmarked == Some(UnmarkedHole::Zeros) {
            let file = EditedFile::new(self.file().try_clone()?)?;
            let mut bytes = vec![0; ZEROS.len()];
            while self.end < size {
                let (at, len) = (self.end, (size - self.end).min(ZEROS.len() as u64));
                let bytes = &mut bytes[..len as usize];
                file.read_exact_at(bytes, at)?;
                self.write_at(bytes, at)?;
            }
        }
        self.end = size;
        Ok(())
    }

    /// Nothing is written to `range`.
    fn leave(&mut self, range: Range<u64>) -> io::Result<()> {
        match self.unmarked {
            None => self.make_sparse(),
            Some(UnmarkedHole::Stays | UnmarkedHole::Stored) => {}
            Some(UnmarkedHole::Zeros) => {
                let mut at = range.start;
                while at < range.end {
                    let len = (range.end - at).min(ZEROS.len() as u64);
                    self.write_at(&ZEROS[..len as usize], at)?;
                    at += len;
                }
            }
        }
        Ok(())
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
        drop(self.file.take());
        if let Some(name) = self.name.take() {
            let _ = self.dir.remove(&name);
        }
    }
}

impl Target for Output<'_> {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        hostfs::write_all_at(self.file(), bytes, offset)?;
        self.end = self.end.max(offset + bytes.len() as u64);
        Ok(())
    }

    fn share_unit(&mut self, from: &HostFile) -> Option<u64> {
        self.offload.share_unit(self.calls, from, self.file())
    }

    fn share(&mut self, from: &HostFile, at: u64, offset: u64, len: u64) -> io::Result<u64> {
        let to = (self.file(), offset);
        let shared = self.offload.share(self.calls, (from, at), to, len)?;
        self.end = self.end.max(offset + shared);
        Ok(shared)
    }

    fn expect(&mut self, range: Range<u64>) -> io::Result<()> {
        let len = range.end - range.start;
        self.offload.reserve(self.file(), range.start, len)
    }

    fn take(&mut self, from: &HostFile, at: u64, offset: u64, len: u64) -> io::Result<u64> {
        let taken = self.offload.copy((from, at), (self.file(), offset), len)?;
        self.end = self.end.max(offset + taken);
        Ok(taken)
    }

    fn hole(&mut self, range: Range<u64>) -> io::Result<()> {
        self.leave(range)
    }

    fn lost(&mut self, lost: &Lost) -> io::Result<()> {
        self.leave(lost.range.clone())
    }
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
mod tests;
