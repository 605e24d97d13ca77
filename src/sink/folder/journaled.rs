//! A folder that keeps a journal, and goes on where an earlier run was interrupted.
//!
//! A file has its final name only when it is whole, so that what the journal names is done if it is
//! there with the size and time it should have. What is there without a line in the journal (the last
//! few before a run was killed) is ours if it is the same byte by byte.

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blockio::ReadAt;
use same_file::Handle;
use tree::{GuestPath, Link, Time};

use super::{Folder, Open, numbered, temporary_name};
use crate::hostfs::{Dir, HostKind, Status};
use crate::output::is_temporary;
use crate::sink::codes::{EXISTS, IN_USE};
use crate::sink::host_name::with_tail;
use crate::sink::journal::{Done, Journal, NAME, Past, What};
use crate::sink::streams::beside;
use crate::sink::{
    Ending, Error, Item, Outcome, Refusal, Sink, Stream, StreamFate, StreamPlace, Target,
};

mod same;

use same::{is_same_time, same_bytes, same_files};

/// A [`Folder`] that keeps a journal of what is done.
pub struct Journaled {
    folder: Folder,
    journal: Journal,
    /// What earlier runs did, if this one resumes them.
    past: Option<Past>,
    found: bool,
    cleaned: AtomicU64,
}

impl Journaled {
    /// Keeps the journal of `folder` for a run that reads `key`, any text that another source, or
    /// another state of it, would not have. With `resume`, what is done already is not done again.
    ///
    /// # Errors
    /// Where the journal cannot be written, or another run is at work in the folder.
    pub fn open(folder: Folder, key: &str, resume: bool) -> Result<Self, Error> {
        let place = folder.root.place.join(NAME);
        let opened = Journal::open(&folder.root.dir, key, resume);
        let (journal, past, found) = opened.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => Error::Stop(Refusal {
                code: &IN_USE,
                place,
                reason: IN_USE.meaning.into(),
            }),
            _ => Error::writing(&place, &error).for_all(),
        })?;
        folder.keep_name(NAME);
        let journaled = Self {
            folder,
            journal,
            past: resume.then_some(past),
            found,
            cleaned: AtomicU64::new(0),
        };
        Ok(journaled)
    }

    /// Whether an earlier run into this folder did not come to its end.
    #[must_use]
    pub fn found_unfinished(&self) -> bool {
        self.found
    }

    /// How many left-over temporary files of killed runs were removed.
    #[must_use]
    pub fn cleaned(&self) -> u64 {
        self.cleaned.load(Ordering::Relaxed)
    }

    /// What became of a file in an earlier run: it is done; or what has to give way is out of the way.
    fn resumed<'o>(
        &self,
        past: &Past,
        open: &'o Open,
        item: &Item<'_>,
    ) -> Result<Result<Outcome, Aside<'o>>, Error> {
        let mut aside = Aside::of(&open.dir);
        match past.of(item.path) {
            Some(done) if done.what == What::Partial => {
                for name in [done.name.clone(), with_tail(&done.name, ".json")] {
                    aside.take(name.clone());
                    open.taken.release(&name);
                }
            }
            Some(done) => {
                let size = item.data.as_ref().map_or(0, |data| data.size());
                match status(open, &done.name)? {
                    Some(found) if is_whole(&found, size, item) => {
                        return Ok(Ok(self.adopt(open, item, &done.name)));
                    }
                    // Of that time and not of that size: cut off when the machine went down.
                    Some(found) if is_same_time(&found, item.metadata.modified) => {
                        self.give_way(open, &done.name, item)?;
                    }
                    _ => {}
                }
                open.taken.release(&done.name);
            }
            None => {
                if let Some(outcome) = self.unrecorded(open, item)? {
                    return Ok(Ok(outcome));
                }
            }
        }
        Ok(Err(aside))
    }

    /// Looks for a file that was done and not written down any more; done, if it has no streams. With
    /// streams, of which some may be missing, it gives way.
    fn unrecorded(&self, open: &Open, item: &Item<'_>) -> Result<Option<Outcome>, Error> {
        let wanted = self.folder.wanted(item.path);
        let size = item.data.as_ref().map_or(0, |data| data.size());
        for number in 1.. {
            let name = match number {
                1 => wanted.clone(),
                number => numbered(&wanted, number),
            };
            if open.taken.holds(&name) {
                continue;
            }
            let Some(found) = status(open, &name)? else {
                return Ok(None);
            };
            if !is_whole(&found, size, item) || !is_content(open, &name, item.data.as_deref()) {
                continue;
            }
            if !item.streams.is_empty() {
                self.give_way(open, &name, item)?;
                return Ok(None);
            }
            let claimed = open.taken.claim(&name, 1);
            if claimed == name {
                return Ok(Some(self.adopt_new(open, item, What::File, name)));
            }
            open.taken.release(&claimed);
        }
        Ok(None)
    }

    /// Removes a file of ours, and those of its streams beside it.
    fn give_way(&self, open: &Open, name: &OsStr, item: &Item<'_>) -> Result<(), Error> {
        if self.folder.options.sources.hold(&open.dir, name) {
            return Ok(());
        }
        self.clear_beside(open, name, item)?;
        let removed = open.dir.remove(name);
        removed.map_err(|error| Error::writing(open.place.join(name), &error))
    }

    /// Removes the files beside `name` that hold a stream of the item, byte for byte.
    fn clear_beside(&self, open: &Open, name: &OsStr, item: &Item<'_>) -> Result<(), Error> {
        for stream in &item.streams {
            let name = beside(name, &stream.name, self.folder.rules);
            let found = status(open, &name)?;
            let is_ours = found.is_some_and(|found| is_whole(&found, stream.data.size(), item));
            if is_ours && is_content(open, &name, Some(&*stream.data)) {
                let removed = open.dir.remove(&name);
                removed.map_err(|error| Error::writing(open.place.join(&name), &error))?;
            }
        }
        Ok(())
    }

    /// Takes what is called `name` for the item.
    fn adopt(&self, open: &Open, item: &Item<'_>, name: &OsStr) -> Outcome {
        self.folder.renamed.note(item.path, name);
        Outcome {
            place: Some(open.place.join(name)),
            streams: self.streams(open, item, name),
            ..Outcome::of(Ending::Present)
        }
    }

    /// Where the streams of `name` are: beside it, if there is such a file, else in it.
    fn streams(&self, open: &Open, item: &Item<'_>, name: &OsStr) -> Vec<StreamPlace> {
        let place = |stream: &Stream| {
            let beside = beside(name, &stream.name, self.folder.rules);
            let fate = match open.dir.status(&beside) {
                Ok(Some(found)) if found.size == stream.data.size() => {
                    StreamFate::Beside(open.place.join(beside))
                }
                _ => StreamFate::Inside,
            };
            let (name, size) = (stream.name.clone(), stream.data.size());
            StreamPlace { name, size, fate }
        };
        item.streams.iter().map(place).collect()
    }

    fn adopt_new(&self, open: &Open, item: &Item<'_>, what: What, name: OsString) -> Outcome {
        let outcome = self.adopt(open, item, &name);
        let size = item.data.as_ref().map_or(0, |data| data.size());
        self.write(item.path, &Done { what, name, size });
        outcome
    }

    /// A further name that is there: of the file that `to` is, or else with the same bytes.
    fn resumed_name(
        &self,
        past: &Past,
        open: &Open,
        item: &Item<'_>,
        to: &GuestPath,
    ) -> Result<Option<Outcome>, Error> {
        let done = past.of(item.path);
        let name = done.map_or_else(|| self.folder.wanted(item.path), |done| done.name.clone());
        let Some(found) = status(open, &name)?.filter(|found| found.kind == HostKind::File) else {
            return Ok(None);
        };
        let Ok((dir, first)) = self.folder.find(to) else {
            return Ok(None);
        };
        let one = open.dir.open_file(&name).and_then(Handle::from_file);
        let other = dir.open_file(&first).and_then(Handle::from_file);
        let is_one = one.is_ok_and(|one| other.is_ok_and(|other| one == other));
        let is_copy = done.is_some_and(|done| done.what == What::File)
            && is_whole(&found, item.metadata.size, item);
        if is_one || is_copy {
            return Ok(Some(match done {
                Some(_) => self.adopt(open, item, &name),
                None if open.taken.claim(&name, 1) == name => {
                    self.adopt_new(open, item, What::Link, name)
                }
                None => return Ok(None),
            }));
        }
        // What an earlier run wrote down has its time; what it had no time to write down may not have it.
        let is_recorded = done.is_some() && is_same_time(&found, item.metadata.modified);
        if is_recorded || same_files((&open.dir, &name), (&dir, &first)) {
            self.give_way(open, &name, item)?;
        }
        Ok(None)
    }

    /// A link that is there: one of ours, or one that leads where it should.
    fn resumed_link(
        &self,
        past: &Past,
        open: &Open,
        item: &Item<'_>,
        (link, target): (&Link, &Target),
    ) -> Option<Outcome> {
        if let Some(done) = past.of(item.path) {
            let found = open.dir.status(&done.name).ok()??;
            let is_link = found.kind == HostKind::Link;
            return is_link.then(|| self.adopt(open, item, &done.name));
        }
        let name = self.folder.wanted(item.path);
        let text = open.dir.read_link(&name).ok()?;
        let is_ours = text == self.folder.relative(item.path, &target.path)
            || text.to_str() == link.target.as_str();
        if !is_ours || open.taken.claim(&name, 1) != name {
            return None;
        }
        Some(self.adopt_new(open, item, What::Link, name))
    }

    /// Keeps the names of earlier runs for what has them, and removes their temporary files.
    fn settle_in(&self, past: &Past, path: &GuestPath, open: &Open) {
        for name in past.names_in(path) {
            open.taken.reserve(name);
        }
        // A folder that cannot be listed is filled all the same.
        for name in open.dir.names().unwrap_or_default() {
            if is_temporary(&name) && open.dir.remove(&name).is_ok() {
                self.cleaned.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Lets go of the name that an earlier run gave to `path`, since it gets one now.
    fn release(&self, open: &Open, path: &GuestPath) {
        if let Some(done) = self.past.as_ref().and_then(|past| past.of(path)) {
            open.taken.release(&done.name);
        }
    }

    /// Writes down what became of an item.
    fn record(&self, item: &Item<'_>, what: What, answer: &Result<Outcome, Error>) {
        let (what, place) = match answer {
            Ok(Outcome {
                ending: Ending::Written | Ending::Renamed,
                place: Some(place),
                ..
            }) => (what, place),
            Ok(Outcome {
                ending: Ending::Lost(partial),
                ..
            }) => {
                self.journal.keep();
                let Some(place) = &partial.place else { return };
                (What::Partial, place)
            }
            Ok(_) => return,
            // What is in the way now will be in the way again.
            Err(Error::Item(refusal)) if refusal.code == &EXISTS => return,
            Err(_) => return self.journal.keep(),
        };
        let name = place.file_name().unwrap_or_default().to_owned();
        let size = item.data.as_ref().map_or(0, |data| data.size());
        self.write(item.path, &Done { what, name, size });
    }

    fn write(&self, path: &GuestPath, done: &Done) {
        // A destination that takes no line will take no file either, and says so then. A line that is
        // missing costs a comparison.
        if self.journal.add(path, done).is_err() {
            self.journal.keep();
        }
    }
}

impl Sink for Journaled {
    fn ordered(&self) -> bool {
        self.folder.ordered()
    }

    fn takes_streams(&self) -> bool {
        self.folder.takes_streams()
    }

    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let Some(past) = &self.past else {
            let answer = self.folder.dir(item);
            self.record(item, What::Dir, &answer);
            return answer;
        };
        let parent = match item.path.is_root() {
            true => Arc::clone(&self.folder.root),
            false => self.folder.folder_of(item)?,
        };
        self.release(&parent, item.path);
        let done = past.of(item.path).is_some();
        let name = past.of(item.path).map(|done| done.name.clone());
        let name = name.unwrap_or_else(|| self.folder.wanted(item.path));
        if !done {
            self.clear_beside(&parent, &name, item)?;
        }
        let mut answer = match done {
            // Its streams are there.
            true => self.folder.dir(&without_streams(item)),
            false => self.folder.dir(item),
        };
        if let (true, Ok(outcome)) = (done, &mut answer) {
            outcome.streams = self.streams(&parent, item, &name);
        }
        self.record(item, What::Dir, &answer);
        if answer.is_ok() {
            self.settle_in(past, item.path, &*self.folder.opened(item.path)?);
        }
        answer
    }

    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let open = self.folder.folder_of(item)?;
        let mut aside = Aside::of(&open.dir);
        if let Some(past) = &self.past {
            match self.resumed(past, &open, item)? {
                Ok(outcome) => return Ok(outcome),
                Err(moved) => aside = moved,
            }
        }
        let answer = self.folder.file(item);
        self.record(item, What::File, &answer);
        aside.settle(&answer);
        answer
    }

    fn link(
        &self,
        item: &Item<'_>,
        link: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error> {
        let open = self.folder.folder_of(item)?;
        if let (Some(past), Some(target)) = (&self.past, inside) {
            if let Some(outcome) = self.resumed_link(past, &open, item, (link, target)) {
                return Ok(outcome);
            }
            self.release(&open, item.path);
        }
        let answer = self.folder.link(item, link, inside);
        self.record(item, What::Link, &answer);
        answer
    }

    fn hard_link(&self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error> {
        let open = self.folder.folder_of(item)?;
        if let Some(past) = &self.past {
            if let Some(outcome) = self.resumed_name(past, &open, item, to)? {
                return Ok(outcome);
            }
            self.release(&open, item.path);
        }
        let answer = self.folder.hard_link(item, to);
        self.record(item, What::Link, &answer);
        answer
    }

    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.folder.leave_dir(item)
    }

    fn finish(&self) -> Result<(), Error> {
        self.folder.finish()?;
        let root = &self.folder.root;
        let finished = self.journal.finish(&root.dir);
        finished.map_err(|error| Error::writing(root.place.join(NAME), &error))?;
        Ok(())
    }
}

/// Files that are out of the way until it is known whether there is something better.
struct Aside<'a> {
    dir: &'a Dir,
    /// The name each had, and the one it has.
    moved: Vec<(OsString, OsString)>,
}

impl<'a> Aside<'a> {
    fn of(dir: &'a Dir) -> Self {
        let moved = Vec::new();
        Self { dir, moved }
    }

    /// Moves `name` aside, if there is such a file.
    fn take(&mut self, name: OsString) {
        let temporary = temporary_name();
        if self.dir.rename_new(&name, &temporary).is_ok() {
            self.moved.push((name, temporary));
        }
    }

    /// Removes what was moved, or puts it back if nothing came in its place.
    fn settle(self, answer: &Result<Outcome, Error>) {
        let replaced = match answer {
            Ok(outcome) => match &outcome.ending {
                Ending::Written | Ending::Renamed | Ending::Present => true,
                Ending::Lost(partial) => partial.place.is_some(),
                Ending::Skipped(_) | Ending::Declined => false,
            },
            Err(_) => false,
        };
        for (name, temporary) in &self.moved {
            // What cannot be put back stays under its temporary name.
            let _ = match replaced {
                true => self.dir.remove(temporary),
                false => self.dir.rename_new(temporary, name),
            };
        }
    }
}

fn status(open: &Open, name: &OsStr) -> Result<Option<Status>, Error> {
    let status = open.dir.status(name);
    status.map_err(|error| Error::writing(open.place.join(name), &error))
}

/// Whether it is a file of this size and of the item's time.
fn is_whole(found: &Status, size: u64, item: &Item<'_>) -> bool {
    let modified: Time = item.metadata.modified;
    found.kind == HostKind::File && found.size == size && is_same_time(found, modified)
}

fn is_content(open: &Open, name: &OsStr, data: Option<&dyn ReadAt>) -> bool {
    let Some(data) = data else { return true };
    let file = open.dir.open_file(name);
    file.is_ok_and(|file| same_bytes(&file, data))
}

fn without_streams<'a>(item: &Item<'a>) -> Item<'a> {
    Item {
        path: item.path,
        metadata: item.metadata,
        data: None,
        streams: Vec::new(),
        origin: item.origin,
        watch: item.watch,
    }
}
