//! One item: found without following a link, given its parts, the times last.

use std::ffi::OsStr;
use std::fs::File;
use std::io;

use tree::Attributes;

use super::descriptors::Descriptors;
use super::index::Index;
use super::{AclMode, Applied, Options, Problem, codes, streams};
use crate::facts::Facts;
use crate::hostfs::{Calls, Dir, HostKind, Kept, Part, Parts};
use crate::sidecar::read::{Item, Stream, names};

/// What is given to the system as bytes, in this order.
const BY_VALUE: [Part; 4] = [
    Part::ExtendedAttributes,
    Part::ObjectId,
    Part::ShortName,
    Part::Security,
];
/// What goes along with the times.
const WITH_TIMES: [Part; 3] = [Part::Created, Part::Changed, Part::Attributes];
/// FILE_ATTRIBUTE_DIRECTORY: of a link, that it leads to a directory.
const DIRECTORY: u32 = 0x10;

/// Puts items back into one folder.
pub(super) struct Restorer<'a> {
    root: Dir,
    calls: &'a dyn Calls,
    options: &'a Options,
    descriptors: Descriptors<'a>,
    /// What the file system of the folder holds.
    holds: Parts,
    /// What items had that it does not hold.
    not_held: Parts,
}

/// One item in work.
struct Work<'a> {
    item: &'a Item,
    facts: Facts,
    kept: Kept,
    /// The folder that it is in, and its name there.
    dir: Dir,
    name: &'a OsStr,
    done: Parts,
    problems: Vec<Problem>,
}

impl<'a> Restorer<'a> {
    pub(super) fn new(
        root: Dir,
        calls: &'a dyn Calls,
        options: &'a Options,
        index: &'a Index,
    ) -> Self {
        let holds = calls.holds(&root);
        Self {
            root,
            calls,
            options,
            descriptors: Descriptors::new(index, options, calls),
            holds,
            not_held: Parts::NONE,
        }
    }

    pub(super) fn not_held(&self) -> Parts {
        self.not_held
    }

    pub(super) fn unresolved(&self) -> Vec<String> {
        self.descriptors.unresolved()
    }

    /// Puts one item back, or says why not.
    pub(super) fn restore(&mut self, line: u64, item: &Item) -> Applied {
        let (kept, problems) = match self.try_restore(item) {
            Ok(done) => done,
            Err(problem) => (Parts::NONE, vec![problem]),
        };
        Applied {
            line,
            to: Some(item.to.clone()),
            kept,
            problems,
        }
    }

    fn try_restore(&mut self, item: &Item) -> Result<(Parts, Vec<Problem>), Problem> {
        let wrong = |why: String| Problem::new(&codes::BAD_LINE, format!("{:?}: {why}", item.to));
        let path = item
            .names()
            .map_err(|why| Problem::new(&codes::LEADS_OUT, why))?;
        // One more name of a file has all of it by the first; the folder itself is the operator's.
        let Some((name, folders)) = path.split_last().filter(|_| item.link_of.is_none()) else {
            return Ok((Parts::NONE, Vec::new()));
        };
        let folders: Vec<_> = folders.iter().map(OsStr::new).collect();
        let missing = |error: &io::Error| missing(item, &error.to_string());
        let dir = self
            .root
            .open_beneath(&folders)
            .map_err(|error| missing(&error))?;
        let mut facts = item.facts().map_err(wrong)?;
        facts.security = self.security(item).map_err(wrong)?;
        let mut work = Work {
            kept: kept(item).map_err(wrong)?,
            item,
            facts,
            dir,
            name: OsStr::new(name),
            done: Parts::NONE,
            problems: Vec::new(),
        };
        let status = work
            .dir
            .status(work.name)
            .map_err(|error| missing(&error))?;
        match (&*item.kind, status.map(|status| status.kind)) {
            ("file", Some(HostKind::File)) | ("dir", Some(HostKind::Directory)) => {
                self.node(&mut work)?;
            }
            ("symlink" | "junction", found) => self.link(&mut work, found)?,
            (_, None) => return Err(missing_at(item)),
            (kind, Some(_)) => return Err(self::missing(item, &format!("is there and no {kind}"))),
        }
        Ok((work.done, work.problems))
    }

    fn security(&mut self, item: &Item) -> Result<Option<std::sync::Arc<[u8]>>, String> {
        match &item.security {
            Some(id) if self.options.acl != AclMode::None => self.descriptors.get(id).map(Some),
            _ => Ok(None),
        }
    }

    /// A file or folder.
    fn node(&mut self, work: &mut Work<'_>) -> Result<(), Problem> {
        let wanted = self.wanted(work).without(Parts::of(&[Part::Reparse]));
        if self.options.dry_run {
            work.done = wanted;
            return Ok(());
        }
        self.put_streams(work);
        let opened = work.dir.open_node(work.name);
        let file = opened.map_err(|error| refused(work.item, "opening it", &error))?;
        self.give(work, &file, wanted);
        Ok(())
    }

    /// Which parts of an item are put back here; the others are noted as not held.
    fn wanted(&mut self, work: &Work<'_>) -> Parts {
        let mut there = work.facts.parts();
        // A change time that cannot be set is moved by whatever we do: not worth a word.
        there = there
            .without(Parts::of(&[Part::Changed]))
            .with_all(self.holds.and(Parts::of(&[Part::Changed])));
        self.not_held = self.not_held.with_all(there.without(self.holds));
        there.and(self.holds)
    }

    fn give(&self, work: &mut Work<'_>, file: &File, wanted: Parts) {
        for part in BY_VALUE.into_iter().filter(|part| wanted.has(*part)) {
            if let Some(value) = work.facts.value(part) {
                let answer = match part {
                    Part::Security => self.give_security(file, &value),
                    part => self.calls.set_part(file, part, &value),
                };
                work.note(part, &answer);
            }
        }
        let answer = self.calls.keep(file, &work.kept, self.holds);
        for part in WITH_TIMES
            .into_iter()
            .filter(|part| wanted.has(*part) || answer.is_err())
        {
            work.note(part, &answer);
            if answer.is_err() {
                break;
            }
        }
        // Times of writing and reading every file system holds.
        work.done = if answer.is_ok() {
            work.done.with(Part::Times)
        } else {
            work.done
        };
    }

    fn give_security(&self, file: &File, descriptor: &[u8]) -> io::Result<()> {
        match self.options.acl {
            AclMode::Inherit => self.calls.set_explicit_security(file, descriptor),
            AclMode::Exact | AclMode::None => self.calls.set_part(file, Part::Security, descriptor),
        }
    }

    fn put_streams(&self, work: &mut Work<'_>) {
        for stream in work
            .item
            .streams
            .iter()
            .filter(|stream| stream.kept == "beside")
        {
            if let Err(error) = self.put_stream(work, stream) {
                let (to, beside) = (&work.item.to, stream.to.as_deref().unwrap_or_default());
                let name = &stream.name;
                let message = format!("{to:?}: stream {name:?} stays at {beside:?}: {error}");
                work.problems
                    .push(Problem::new(&codes::NOT_PUT_BACK, message));
            }
        }
    }

    /// Extract puts the streams of a thing into the folder that the thing is in, and nowhere else.
    fn put_stream(&self, work: &Work<'_>, stream: &Stream) -> io::Result<()> {
        let beside = stream.to.as_deref().unwrap_or_default();
        let (path, own) = (names(beside), work.item.names());
        let path = path.map_err(io::Error::other)?;
        match (
            path.split_last(),
            own.ok().as_ref().and_then(|own| own.split_last()),
        ) {
            (Some((name, folders)), Some((_, own))) if folders == own => streams::put(
                self.calls,
                (&work.dir, work.name),
                &stream.name,
                OsStr::new(name),
            ),
            _ => Err(io::Error::other("it is not beside what it belongs to")),
        }
    }

    /// A link: made exactly as it was, where the file system holds such a thing; else it gets its times.
    fn link(&mut self, work: &mut Work<'_>, found: Option<HostKind>) -> Result<(), Problem> {
        let wanted = self.wanted(work);
        match found {
            None if !work.item.left_out => return Err(missing_at(work.item)),
            None if !self.options.links => return Ok(()),
            Some(kind) if kind != HostKind::Link => {
                return Err(missing(work.item, "is there and no link"));
            }
            _ => {}
        }
        if self.options.dry_run {
            work.done = wanted;
            return Ok(());
        }
        if wanted.has(Part::Reparse) {
            return self.make_exact(work, found.is_some(), wanted);
        }
        if found.is_some() {
            let answer = self.calls.keep_link(&work.dir, work.name, &work.kept);
            work.note(Part::Times, &answer);
        }
        Ok(())
    }

    fn make_exact(&self, work: &mut Work<'_>, replace: bool, wanted: Parts) -> Result<(), Problem> {
        let Some(value) = work.facts.value(Part::Reparse) else {
            return Ok(());
        };
        let directory = work.item.kind == "junction" || work.kept.attributes.contains(DIRECTORY);
        let cannot = |error: &io::Error| refused(work.item, "making the link", error);
        if replace {
            work.dir.remove(work.name).map_err(|error| cannot(&error))?;
        }
        let made = work.dir.create_node(work.name, directory);
        let file = made.map_err(|error| cannot(&error))?;
        if let Err(error) = self.calls.set_part(&file, Part::Reparse, &value) {
            let problem = cannot(&error);
            let _ = match directory {
                true => work.dir.remove_dir(work.name),
                false => work.dir.remove(work.name),
            };
            return Err(problem);
        }
        work.done = work.done.with(Part::Reparse);
        self.give(work, &file, wanted);
        Ok(())
    }
}

impl Work<'_> {
    fn note(&mut self, part: Part, answer: &io::Result<()>) {
        match answer {
            Ok(()) => self.done = self.done.with(part),
            Err(error) => self.problems.push(refused(self.item, part.words(), error)),
        }
    }
}

fn kept(item: &Item) -> Result<Kept, String> {
    let times = item.times()?;
    Ok(Kept {
        created: times.created,
        modified: times.modified,
        accessed: times.accessed,
        changed: times.changed,
        attributes: Attributes(item.attribute_bits.unwrap_or_default()),
    })
}

fn missing(item: &Item, why: &str) -> Problem {
    Problem::new(&codes::MISSING, format!("{:?}: {why}", item.to))
}

fn missing_at(item: &Item) -> Problem {
    missing(item, "is not there")
}

fn refused(item: &Item, what: &str, error: &io::Error) -> Problem {
    Problem::new(
        &codes::NOT_PUT_BACK,
        format!("{:?}: {what}: {error}", item.to),
    )
}
