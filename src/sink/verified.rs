//! A sink that reads back what it wrote, and compares it with the source.
//!
//! That is done when a directory is left: what was written is brought to the medium and dropped from
//! the system's cache, so that the destination answers and not the memory; the source is read a second
//! time. A file that differs loses its name.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tree::{FileSystem, GuestPath, Kind, Link, Name, NodeId};

use super::codes::{MISMATCH, UNVERIFIED};
use super::host_name::with_tail;
use super::names::lock;
use super::{Ending, Error, Item, Note, Outcome, Partial, Sink, StreamFate, StreamPlace, Target};
use crate::copy::Lost;
use crate::hostfs::{self, Dir};
use crate::report::{Line, error_text};

mod compare;

use compare::{Differs, compare};

/// A sink that reads back what it wrote into a folder.
pub struct Verified<S> {
    inner: S,
    destination: PathBuf,
    /// What was written, by the directory it is in.
    written: Mutex<HashMap<GuestPath, Vec<Written>>>,
    found: Mutex<Found>,
}

/// What came of reading back.
#[derive(Debug, Default)]
pub struct Found {
    /// Files that are the same as the source's, with all their streams.
    pub same: u64,
    /// Files that are not.
    pub different: u64,
    /// What differs, and what could not be compared.
    pub lines: Vec<Line>,
}

/// A file to be read back.
struct Written {
    path: GuestPath,
    node: NodeId,
    place: PathBuf,
    streams: Vec<StreamPlace>,
}

impl<S: Sink> Verified<S> {
    /// `inner`, which fills the folder `destination`.
    pub fn new(inner: S, destination: &Path) -> Self {
        Self {
            inner,
            destination: destination.into(),
            written: Mutex::default(),
            found: Mutex::default(),
        }
    }

    /// What was found so far; it is forgotten by that.
    pub fn take_found(&self) -> Found {
        std::mem::take(&mut *lock(&self.found))
    }

    /// Reads back what was written to one directory, by as many threads as do some good.
    fn read_back(&self, fs: &dyn FileSystem, written: &[Written]) {
        if let Ok(dir) = Dir::open(&self.destination) {
            // What cannot be written back is compared with what the system still holds of it.
            let _ = hostfs::write_back(dir.file());
        }
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(one) = written.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.settle(self.verify(fs, one));
            }
        };
        let threads = thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
        thread::scope(|scope| {
            for _ in 1..threads.min(written.len()) {
                scope.spawn(work);
            }
            work();
        });
    }

    fn settle(&self, lines: Vec<Line>) {
        let mut found = lock(&self.found);
        let differs = lines.iter().any(|line| line.code == Some(&MISMATCH));
        found.different += u64::from(differs);
        found.same += u64::from(lines.is_empty());
        found.lines.extend(lines);
    }

    /// What there is to say of a file that was read back: nothing, if it is the same.
    fn verify(&self, fs: &dyn FileSystem, one: &Written) -> Vec<Line> {
        let mut lines = Vec::new();
        match self.verify_data(fs, one) {
            Ok(None) => {}
            Ok(Some(differs)) => lines.push(self.demote(one, differs)),
            Err(message) => lines.push(unverified(one, None, message)),
        }
        for stream in &one.streams {
            match self.verify_stream(fs, one, stream) {
                Ok(true) => {}
                Ok(false) => lines.push(line(one, &MISMATCH, Some(&stream.name), MISMATCH.meaning)),
                Err(message) => lines.push(unverified(one, Some(&stream.name), message)),
            }
        }
        lines
    }

    fn verify_data(&self, fs: &dyn FileSystem, one: &Written) -> Result<Option<Differs>, String> {
        let data = match fs.open(one.node, None) {
            Ok(data) => Some(data),
            Err(tree::Error::NotFound) => None,
            Err(error) => return Err(error_text(&error)),
        };
        let (_, _, mut file) = self.open(&one.place).map_err(|error| error.to_string())?;
        hostfs::forget(&file);
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        compare(&mut file, size, data.as_deref()).map_err(|error| error.to_string())
    }

    fn verify_stream(
        &self,
        fs: &dyn FileSystem,
        one: &Written,
        stream: &StreamPlace,
    ) -> Result<bool, String> {
        let data = fs.open(one.node, Some(&stream.name));
        let data = data.map_err(|error| error_text(&error))?;
        let text = |error: io::Error| error.to_string();
        let (mut kept, size): (Box<dyn Read>, u64) = match &stream.fate {
            StreamFate::Lost => return Ok(true),
            StreamFate::Beside(place) => {
                let (_, _, file) = self.open(place).map_err(text)?;
                hostfs::forget(&file);
                let size = file.metadata().map_err(text)?.len();
                (Box::new(file), size)
            }
            StreamFate::Inside => {
                let (dir, name, file) = self.open(&one.place).map_err(text)?;
                let stream = stream.name.as_str().unwrap_or_default();
                let read = hostfs::open_stream(&dir, &name, &file, OsStr::new(stream));
                read.map_err(text)?
            }
        };
        let differs = compare(&mut *kept, size, Some(&*data)).map_err(text)?;
        Ok(differs.is_none())
    }

    /// What is at a place in the destination: the folder, the name, and the file.
    fn open(&self, place: &Path) -> io::Result<(Dir, OsString, File)> {
        let below = place.strip_prefix(&self.destination);
        let below = below.map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut names: Vec<_> = below.iter().collect();
        let name = names.pop().ok_or(io::ErrorKind::InvalidInput)?;
        let dir = Dir::open(&self.destination)?.open_beneath(&names)?;
        let file = dir.open_file(name)?;
        Ok((dir, name.to_owned(), file))
    }

    /// Takes its name from a file that differs: it is `NAME.partial` now, and what differs is listed.
    fn demote(&self, one: &Written, differs: Differs) -> Line {
        let Differs { size, ranges } = differs;
        let lost = ranges.into_iter().map(|range| Lost {
            range,
            fault: compare::fault().into(),
        });
        let mut partial = Partial {
            place: None,
            size,
            lost: lost.collect(),
        };
        if let Ok((dir, name, file)) = self.open(&one.place) {
            drop(file);
            let new = with_tail(&name, ".partial");
            if dir.rename_new(&name, &new).is_ok() {
                let document = partial.describe(Some(&one.path), None);
                let list = dir.create_new(&with_tail(&new, ".json"));
                // Without the list, the message still says that it differs.
                let _ = list.and_then(|mut list| list.write_all(&document));
                partial.place = Some(one.place.with_file_name(new));
            }
        }
        Line::of(
            &one.path,
            Kind::File,
            0,
            &Outcome::of(Ending::Lost(partial)),
        )
    }
}

fn line(
    one: &Written,
    code: &'static blockio::Code,
    stream: Option<&Name>,
    message: impl Into<String>,
) -> Line {
    let mut note = Note::new(code, message);
    note.stream = stream.cloned();
    Line::about(&one.path, Kind::File, note)
}

fn unverified(one: &Written, stream: Option<&Name>, message: String) -> Line {
    line(one, &UNVERIFIED, stream, message)
}

impl<S: Sink> Sink for Verified<S> {
    fn ordered(&self) -> bool {
        self.inner.ordered()
    }

    fn takes_streams(&self) -> bool {
        self.inner.takes_streams()
    }

    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.inner.dir(item)
    }

    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let outcome = self.inner.file(item)?;
        if let (true, Some(place)) = (outcome.ending.is_whole(), &outcome.place) {
            let written = Written {
                path: item.path.clone(),
                node: item.origin.node,
                place: place.clone(),
                streams: outcome.streams.clone(),
            };
            let folder = item.path.parent().unwrap_or_default();
            lock(&self.written).entry(folder).or_default().push(written);
        }
        Ok(outcome)
    }

    fn link(
        &self,
        item: &Item<'_>,
        link: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error> {
        self.inner.link(item, link, inside)
    }

    fn hard_link(&self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error> {
        self.inner.hard_link(item, to)
    }

    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let written = lock(&self.written).remove(item.path).unwrap_or_default();
        if !written.is_empty() {
            self.read_back(item.origin.fs, &written);
        }
        self.inner.leave_dir(item)
    }

    fn finish(&self) -> Result<(), Error> {
        self.inner.finish()
    }
}

#[cfg(test)]
mod tests;
