//! What a run has finished, written down as it goes on: `.hvrestore-journal.jsonl` in the destination.
//!
//! One JSON object a line. `{"run":KEY}` begins a run, KEY standing for what is read; after it a line
//! for everything that has its place, with the guest's path and, where it differs, the name it has in
//! the destination. A line is written after what it tells of is done, and a few may be missing when a
//! run is killed: what they would tell is found out by comparing bytes.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use tree::{GuestPath, Name};

use super::names::lock;
use crate::hostfs::Dir;
use crate::json::Object;

/// Its name in the destination.
pub(crate) const NAME: &str = ".hvrestore-journal.jsonl";
/// Bytes that wait to be written,
const WAITING: usize = 32 << 10;
/// and for how long.
const PATIENCE: Duration = Duration::from_millis(300);
/// Longest line that is believed to be one of ours, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// The journal of a run.
pub(super) struct Journal {
    out: Mutex<Out>,
    /// Whether something is not as it should be, so that the journal is of use after the run.
    unfinished: AtomicBool,
    /// Whether it is of this run alone, or of runs that this one finishes.
    own: bool,
}

struct Out {
    /// Closed before it is removed.
    file: Option<File>,
    buffer: Vec<u8>,
    written: Instant,
}

/// What a line tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum What {
    /// A file, whole, with all its streams.
    File,
    /// A file with gaps.
    Partial,
    /// A directory.
    Dir,
    /// A link, or one more name of a file.
    Link,
}

/// Something that has its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) what: What,
    /// Its name in the destination.
    pub(super) name: OsString,
    /// Size of its unnamed stream, in bytes.
    pub(super) size: u64,
}

/// What earlier runs have finished.
#[derive(Debug, Default)]
pub(super) struct Past {
    done: HashMap<GuestPath, Done>,
    /// The names that are taken, by directory of the guest.
    names: HashMap<GuestPath, Vec<OsString>>,
}

/// A line as it is read.
#[derive(Deserialize)]
struct Record {
    run: Option<String>,
    what: Option<What>,
    path: Option<String>,
    path_wtf8: Option<String>,
    to: Option<String>,
    #[serde(default)]
    size: u64,
}

impl Journal {
    /// Opens the journal of `dir` for a run that reads `key`; what earlier runs that read the same have
    /// finished, if this one is to `resume` them, and whether there were any.
    ///
    /// # Errors
    /// `WouldBlock` if another run is at work there; the system's own.
    pub(super) fn open(dir: &Dir, key: &str, resume: bool) -> io::Result<(Self, Past, bool)> {
        let mut file = dir.open_to_append(OsStr::new(NAME))?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            // A file system without locks.
            Err(std::fs::TryLockError::Error(_)) | Ok(()) => {}
        }
        let is_old = file.metadata()?.len() > 0;
        let past = match resume && is_old {
            true => Past::read(&mut file, key)?,
            false => Past::default(),
        };
        let mut buffer = Vec::new();
        if is_old {
            // The last line may be torn.
            buffer.push(b'\n');
        }
        let mut object = Object::begin(&mut buffer);
        object.text("run", key);
        object.end_line();
        let written = Instant::now();
        let journal = Self {
            out: Mutex::new(Out {
                file: Some(file),
                buffer,
                written,
            }),
            unfinished: AtomicBool::new(false),
            own: resume || !is_old,
        };
        Ok((journal, past, is_old))
    }

    /// Writes down that `path` has its place.
    ///
    /// # Errors
    /// The system's own.
    pub(super) fn add(&self, path: &GuestPath, done: &Done) -> io::Result<()> {
        let mut out = lock(&self.out);
        let mut object = Object::begin(&mut out.buffer);
        let what = match done.what {
            What::File => "file",
            What::Partial => "partial",
            What::Dir => "dir",
            What::Link => "link",
        };
        object.text("what", what).wtf8("path", "/", path.as_bytes());
        let own = path.name().unwrap_or_default();
        if own.as_str() != done.name.to_str() {
            object.text("to", &done.name.to_string_lossy());
        }
        object.number("size", done.size);
        object.end_line();
        if out.buffer.len() >= WAITING || out.written.elapsed() >= PATIENCE {
            return out.flush();
        }
        Ok(())
    }

    /// Something is not as it should be: there is a reason to resume this run.
    pub(super) fn keep(&self) {
        self.unfinished.store(true, Ordering::Relaxed);
    }

    /// All has been given. Removes the journal if nothing is left to do; whether it did.
    ///
    /// # Errors
    /// The system's own.
    pub(super) fn finish(&self, dir: &Dir) -> io::Result<bool> {
        let mut out = lock(&self.out);
        out.flush()?;
        let over = self.own && !self.unfinished.load(Ordering::Relaxed);
        if over {
            out.file = None;
            dir.remove(OsStr::new(NAME))?;
        }
        Ok(over)
    }
}

impl Out {
    fn flush(&mut self) -> io::Result<()> {
        self.written = Instant::now();
        let buffer = std::mem::take(&mut self.buffer);
        match &mut self.file {
            Some(file) => file.write_all(&buffer),
            None => Ok(()),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // What is not written costs a comparison later.
        let _ = lock(&self.out).flush();
    }
}

impl Past {
    /// What the lines say of runs that read `key`. A line that is none of ours says nothing.
    fn read(file: &mut File, key: &str) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut past = Self::default();
        let mut same = false;
        for line in bytes.split(|&byte| byte == b'\n') {
            if line.len() > LONGEST_LINE {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(Record { run: Some(run), .. }) => same = run == key,
                // A file with gaps is tried again whatever it came from.
                Ok(record) if same || record.what == Some(What::Partial) => past.add(record),
                _ => {}
            }
        }
        past.index();
        Ok(past)
    }

    fn add(&mut self, record: Record) {
        let (Some(what), Some(text)) = (record.what, record.path) else {
            return;
        };
        let exact = record.path_wtf8.map(|coded| BASE64_STANDARD.decode(coded));
        let exact = match exact {
            Some(Ok(exact)) => exact,
            Some(Err(_)) => return,
            None => text.into_bytes(),
        };
        let path: GuestPath = names(&exact).collect();
        let own = || {
            path.name()
                .and_then(|name| name.as_str().map(OsString::from))
        };
        if let Some(name) = record.to.map(OsString::from).or_else(own) {
            let size = record.size;
            self.done.insert(path, Done { what, name, size });
        }
    }

    fn index(&mut self) {
        for (path, done) in &self.done {
            let names = self.names.entry(path.parent().unwrap_or_default());
            names.or_default().push(done.name.clone());
        }
    }

    /// What `path` came to.
    pub(super) fn of(&self, path: &GuestPath) -> Option<&Done> {
        self.done.get(path)
    }

    /// The names that are taken in the directory `path`.
    pub(super) fn names_in(&self, path: &GuestPath) -> HashSet<&OsStr> {
        let names = self.names.get(path).map(Vec::as_slice).unwrap_or_default();
        names.iter().map(OsString::as_os_str).collect()
    }
}

fn names(path: &[u8]) -> impl Iterator<Item = Name> + '_ {
    let names = path.split(|&byte| byte == b'/');
    names.filter(|name| !name.is_empty()).map(Name::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(name: &str, what: What) -> Done {
        Done {
            what,
            name: name.into(),
            size: 7,
        }
    }

    fn folder() -> (tempfile::TempDir, Dir) {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let dir = Dir::open(temp.path()).expect("just made");
        (temp, dir)
    }

    #[test]
    fn what_one_run_finished_the_next_one_knows() {
        let (temp, dir) = folder();
        let lone = GuestPath::from_iter([Name::from_utf16([0x61, 0xD800])]);
        let (journal, ..) = Journal::open(&dir, "key", false).expect("opened");
        journal
            .add(&"a/b".into(), &done("b", What::File))
            .expect("written");
        journal
            .add(&lone, &done("a%uD800", What::Partial))
            .expect("written");
        journal.keep();
        assert!(!journal.finish(&dir).expect("finished"));
        drop(journal);
        // A line that was being written when the machine went down.
        let place = temp.path().join(NAME);
        let mut bytes = std::fs::read(&place).expect("it is kept");
        bytes.extend(br#"{"what":"file","path":"/a/c","si"#);
        std::fs::write(&place, bytes).expect("written");
        let (journal, past, old) = Journal::open(&dir, "key", true).expect("opened");
        assert!(old);
        assert_eq!(past.of(&"a/b".into()), Some(&done("b", What::File)));
        assert_eq!(past.of(&lone), Some(&done("a%uD800", What::Partial)));
        assert_eq!(past.of(&"a/c".into()), None);
        assert_eq!(past.names_in(&"a".into()), HashSet::from([OsStr::new("b")]));
        assert!(journal.finish(&dir).expect("finished") && !place.exists());
    }

    #[test]
    fn nothing_is_taken_for_done_that_another_source_gave() {
        let (_temp, dir) = folder();
        let (journal, ..) = Journal::open(&dir, "one", false).expect("opened");
        journal
            .add(&"a".into(), &done("a", What::File))
            .expect("written");
        drop(journal);
        let (journal, past, old) = Journal::open(&dir, "two", true).expect("opened");
        assert!(old && past.of(&"a".into()).is_none());
        drop(journal);
        let (_, past, _) = Journal::open(&dir, "one", true).expect("opened");
        assert!(past.of(&"a".into()).is_some());
    }

    #[test]
    fn two_runs_do_not_fill_one_folder() {
        let (_temp, dir) = folder();
        let first = Journal::open(&dir, "key", false).expect("opened");
        let error = Journal::open(&dir, "key", true)
            .err()
            .expect("it is locked");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(first);
        Journal::open(&dir, "key", true).expect("free again");
    }
}
