//! A folder of this machine.
//!
//! Everything is opened beneath it without following links; files have a temporary name until they
//! are whole. A guest's `Users\ana\a.txt` becomes `DEST/Users/ana/a.txt`.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tree::{GuestPath, Link, Metadata};

use super::codes::{DETOUR, NO_FOLDER, NOT_KEPT, SKIPPED};
use super::conflict::Verdict;
use super::host_name::{Rules, host_name, numbered};
use super::names::{Renamed, Taken, folds_case, lock};
use super::{
    Conflict, Ending, Error, Item, Note, Outcome, Sink, Sources, StreamMode, Target, left_out,
};
use crate::hostfs::{self, Calls, Dir, HostKind, Kept, Part, Parts, Platform};
use crate::output::{Offload, temporary_name};
use crate::sidecar;

mod journaled;
mod native;
mod save;

pub use journaled::Journaled;

/// How a folder is filled.
#[derive(Debug)]
pub struct Options {
    /// What to do where something is there already.
    pub conflict: Conflict,
    /// Where named streams go.
    pub streams: StreamMode,
    /// Whether files with lost bytes are saved, as `NAME.partial`.
    pub partial: bool,
    /// Whether the destination itself keeps what it can of attributes, security and the like; times
    /// of writing and reading it keeps anyway.
    pub native: bool,
    /// The files being read, which are never replaced.
    pub sources: Sources,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            conflict: Conflict::default(),
            streams: StreamMode::default(),
            partial: true,
            native: true,
            sources: Sources::default(),
        }
    }
}

/// A sink that fills a folder of this machine.
pub struct Folder {
    root: Arc<Open>,
    options: Options,
    rules: Rules,
    calls: Box<dyn Calls>,
    /// Which parts of a node are kept in the destination itself.
    holds: Parts,
    /// Whether the destination may refuse what is written as late as when a file is closed.
    remote: bool,
    /// Which of them the destination has refused once, and that was said.
    refused: Mutex<Parts>,
    folds_case: bool,
    /// The folders being filled.
    open: Mutex<HashMap<GuestPath, Arc<Open>>>,
    renamed: Renamed,
    buffers: Mutex<Vec<Box<[u8]>>>,
    offload: Offload,
}

/// A folder being filled.
struct Open {
    dir: Dir,
    place: PathBuf,
    taken: Taken,
    /// Whether it was made in this run, so that nothing is in it but what the run put there.
    fresh: bool,
}

/// A name that may be written to.
struct Slot {
    name: OsString,
    replace: bool,
}

impl Folder {
    /// Opens `destination`, which is made if it is not there.
    ///
    /// # Errors
    /// Where it cannot be made, opened or written to.
    pub fn open(destination: &Path, options: Options) -> Result<Self, Error> {
        Self::with_calls(destination, options, Box::new(Platform))
    }

    /// The same, with something else in the platform's place.
    pub(crate) fn with_calls(
        destination: &Path,
        options: Options,
        calls: Box<dyn Calls>,
    ) -> Result<Self, Error> {
        let opened = make(destination).and_then(|()| Dir::open(destination));
        let probed = opened.and_then(|dir| {
            let folds_case = folds_case(&dir, &temporary_name())?;
            let unnamed = hostfs::can_be_unnamed(&dir, &temporary_name())?;
            Ok((folds_case, unnamed, dir))
        });
        let (folds_case, unnamed, dir) =
            probed.map_err(|error| Error::writing(destination, &error).for_all())?;
        let remote = calls.is_remote(&dir);
        let holds = calls.holds(&dir);
        // NTFS under Linux takes names that Windows, where it is bound for, cannot open.
        let rules = if holds.has(Part::Attributes) {
            Rules::Windows
        } else {
            Rules::HERE
        };
        let holds = if options.native { holds } else { Parts::NONE };
        let root = Open {
            dir,
            place: destination.into(),
            taken: Taken::new(folds_case),
            fresh: false,
        };
        // A guest's file of that name gets another one, whoever writes there.
        root.taken.claim(OsStr::new(sidecar::NAME), 1);
        Ok(Self {
            root: Arc::new(root),
            options,
            rules,
            calls,
            holds,
            remote,
            refused: Mutex::default(),
            folds_case,
            open: Mutex::default(),
            renamed: Renamed::new(rules),
            buffers: Mutex::default(),
            offload: Offload::new(unnamed),
        })
    }

    /// Keeps `name` free in the destination's root, for a file that is not the guest's.
    pub fn keep_name(&self, name: &str) {
        self.root.taken.reserve(OsStr::new(name));
    }

    /// The folder that is being filled with what is in `path`.
    fn opened(&self, path: &GuestPath) -> Result<Arc<Open>, Error> {
        if path.is_root() {
            return Ok(Arc::clone(&self.root));
        }
        let open = lock(&self.open).get(path).cloned();
        open.ok_or_else(|| {
            let place = self.place_of(path);
            Error::item(&NO_FOLDER, place, "it was not made before what is in it")
        })
    }

    fn folder_of(&self, item: &Item<'_>) -> Result<Arc<Open>, Error> {
        self.opened(&item.path.parent().unwrap_or_default())
    }

    fn place_of(&self, path: &GuestPath) -> PathBuf {
        self.root
            .place
            .join(self.renamed.host_names(path).iter().collect::<PathBuf>())
    }

    fn wanted(&self, path: &GuestPath) -> OsString {
        host_name(&path.name().unwrap_or_default(), self.rules).into()
    }

    /// A name in `open` that may be written to, `wanted` if possible; none if what is there stays.
    fn slot(
        &self,
        open: &Open,
        wanted: &OsStr,
        metadata: &Metadata,
    ) -> Result<Option<Slot>, Error> {
        let Options {
            conflict, sources, ..
        } = &self.options;
        if open.fresh {
            let (name, replace) = (open.taken.claim(wanted, 1), false);
            return Ok(Some(Slot { name, replace }));
        }
        for number in 1.. {
            let name = open.taken.claim(wanted, number);
            let place = open.place.join(&name);
            match conflict.judge(&open.dir, &name, &place, metadata.modified, sources)? {
                Verdict::Free => {
                    return Ok(Some(Slot {
                        name,
                        replace: false,
                    }));
                }
                Verdict::Replace => {
                    return Ok(Some(Slot {
                        name,
                        replace: true,
                    }));
                }
                Verdict::Keep => return Ok(None),
                Verdict::Another => open.taken.release(&name),
            }
        }
        unreachable!("there are more numbers than names in a folder")
    }

    /// Makes the folder `name`, or takes the one that is there.
    fn make(&self, parent: &Open, name: &OsStr) -> Result<Open, Error> {
        let place = parent.place.join(name);
        let made = parent.dir.make_dir(name);
        let fresh = made.is_ok();
        match made {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                check_folder(&parent.dir, name, &place)?;
            }
            Err(error) => return Err(Error::writing(place, &error)),
        }
        let opened = parent.dir.open_beneath(&[name]);
        let dir = opened.map_err(|error| Error::writing(&place, &error))?;
        Ok(Open {
            dir,
            place,
            taken: Taken::new(self.folds_case),
            fresh,
        })
    }

    /// What is to be said of an item that is now `name`: renamed or not.
    fn written(&self, path: &GuestPath, open: &Open, name: &OsStr) -> Outcome {
        let place = Some(open.place.join(name));
        let ending = match self.renamed.note(path, name) {
            true => Ending::Renamed,
            false => Ending::Written,
        };
        Outcome {
            place,
            ..Outcome::of(ending)
        }
    }

    /// The text of a relative link from the folder of `from` to `to`.
    fn relative(&self, from: &GuestPath, to: &GuestPath) -> PathBuf {
        self.renamed.relative(from, to).iter().collect()
    }

    /// Where what went to `path` is: the folder, and its name there.
    fn find(&self, path: &GuestPath) -> io::Result<(Dir, OsString)> {
        let mut names = self.renamed.host_names(path);
        let name = names.pop().ok_or(io::ErrorKind::InvalidInput)?;
        let folders: Vec<_> = names.iter().map(OsString::as_os_str).collect();
        Ok((self.root.dir.open_beneath(&folders)?, name))
    }

    /// One more name of what went to `to`; whether the destination could.
    fn make_name(&self, open: &Open, slot: &Slot, to: &GuestPath) -> io::Result<()> {
        let (from, name) = self.find(to)?;
        if !slot.replace {
            return open.dir.hard_link(&slot.name, &from, &name);
        }
        let temporary = temporary_name();
        open.dir.hard_link(&temporary, &from, &name)?;
        replace(&open.dir, &temporary, &slot.name)
    }
}

impl Sink for Folder {
    fn ordered(&self) -> bool {
        false
    }

    fn takes_streams(&self) -> bool {
        self.options.streams != StreamMode::Leave
    }

    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        if item.path.is_root() {
            let mut outcome = Outcome::of(Ending::Written);
            self.keep_streams(&self.root, None, item, &mut outcome)?;
            return Ok(outcome);
        }
        let parent = self.folder_of(item)?;
        let name = parent.taken.claim(&self.wanted(item.path), 1);
        let open = Arc::new(self.make(&parent, &name)?);
        lock(&self.open).insert(item.path.clone(), Arc::clone(&open));
        let mut outcome = self.written(item.path, &parent, &name);
        self.keep_streams(&open, Some((&parent, &name)), item, &mut outcome)?;
        Ok(outcome)
    }

    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let open = self.folder_of(item)?;
        self.save_file(&open, item)
    }

    fn link(
        &self,
        item: &Item<'_>,
        link: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error> {
        let open = self.folder_of(item)?;
        let would_be = || open.place.join(self.wanted(item.path));
        let Some(target) = inside else {
            return Ok(left_out(link, would_be(), "its target is not restored"));
        };
        let Some(slot) = self.slot(&open, &self.wanted(item.path), item.metadata)? else {
            return Ok(skipped());
        };
        match self.make_link(item, &open, &slot, target) {
            Ok(outcome) => Ok(outcome),
            Err(error) => match Error::writing(open.place.join(&slot.name), &error) {
                Error::Item(refusal) => Ok(left_out(link, would_be(), &refusal.reason)),
                stop => Err(stop),
            },
        }
    }

    fn hard_link(&self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error> {
        let open = self.folder_of(item)?;
        let Some(slot) = self.slot(&open, &self.wanted(item.path), item.metadata)? else {
            return Ok(skipped());
        };
        if self.make_name(&open, &slot, to).is_ok() {
            self.keep_after_naming(&open, &slot.name, item);
            return Ok(self.written(item.path, &open, &slot.name));
        }
        open.taken.release(&slot.name);
        Ok(Outcome::of(Ending::Declined))
    }

    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let mut outcome = Outcome::of(Ending::Written);
        // The folder that the operator named is his, and so are its times.
        if let Some(open) = lock(&self.open).remove(item.path) {
            outcome.place = Some(open.place.clone());
            self.keep_parts(open.dir.file(), item, &mut outcome);
        }
        Ok(outcome)
    }

    fn finish(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn kept(metadata: &Metadata) -> Kept {
    Kept {
        created: metadata.created,
        modified: metadata.modified,
        accessed: metadata.accessed,
        changed: metadata.changed,
        attributes: metadata.attributes,
    }
}

fn not_kept(error: &io::Error) -> Note {
    Note::new(&NOT_KEPT, format!("times or attributes: {error}"))
}

/// A link that is not made; it would be at `place`.
fn skipped() -> Outcome {
    Outcome::of(Ending::Skipped(Note::new(&SKIPPED, SKIPPED.meaning)))
}

/// Renames and leaves no temporary file: not after a failure, and not where both names were one file
/// already, which the system takes for done.
fn replace(dir: &Dir, temporary: &OsStr, name: &OsStr) -> io::Result<()> {
    let replaced = dir.replace(temporary, name);
    let _ = dir.remove(temporary);
    replaced
}

/// A folder that is there already is filled on; anything else is in the way.
fn check_folder(dir: &Dir, name: &OsStr, place: &Path) -> Result<(), Error> {
    let status = dir
        .status(name)
        .map_err(|error| Error::writing(place, &error))?;
    match status.map(|status| status.kind) {
        Some(HostKind::Directory) | None => Ok(()),
        Some(_) => Err(Error::item(&DETOUR, place, "it is there and no folder")),
    }
}

/// Makes the folder `destination` where it is not there.
fn make(destination: &Path) -> io::Result<()> {
    std::fs::create_dir_all(destination).map_err(|error| match error.kind() {
        // No rule for conflicts helps here, as it would where a file is in the way of a file.
        io::ErrorKind::AlreadyExists => {
            io::Error::new(io::ErrorKind::NotADirectory, "is not a folder")
        }
        _ => error,
    })
}

#[cfg(test)]
mod tests;
