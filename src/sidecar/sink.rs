//! A sink whose items are put on record, so far as the destination does not hold all of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tree::{GuestPath, Link};

use super::line::{Record, write_name};
use super::{NAME, Writer};
use crate::facts::Facts;
use crate::hostfs::Parts;
use crate::sink::codes::{LINK_LEFT_OUT, NATIVE_ONLY};
use crate::sink::{
    Ending, Error, Item, Note, Outcome, Sink, StreamFate, StreamPlace, Target, lock,
};

/// What is done about what the destination does not hold.
pub enum Policy {
    /// It is put on record in a sidecar.
    Sidecar(Box<Writer>),
    /// It is told as a loss, item by item.
    Tell,
}

/// A sink with a place for what its destination does not hold.
pub struct Recorded<S> {
    inner: S,
    destination: PathBuf,
    policy: Policy,
    /// The streams of directories that are being filled.
    streams: Mutex<HashMap<GuestPath, Vec<StreamPlace>>>,
    /// Where files with several names went.
    firsts: Mutex<HashMap<GuestPath, String>>,
}

impl<S: Sink> Recorded<S> {
    /// `inner`, which puts things into the folder `destination`, or with an empty one into an archive,
    /// with `policy`.
    pub fn new(inner: S, destination: &Path, policy: Policy) -> Self {
        Self {
            inner,
            destination: destination.into(),
            policy,
            streams: Mutex::default(),
            firsts: Mutex::default(),
        }
    }

    /// Puts an item on record as it ended, or tells what is missing.
    fn record(&self, item: &Item<'_>, mut outcome: Outcome) -> Result<Outcome, Error> {
        let Some(to) = self.place_of_item(item, &outcome) else {
            return Ok(outcome);
        };
        let (facts, unreadable) = Facts::read_all(item);
        let told = unreadable
            .into_iter()
            .map(|(code, text)| Note::new(code, text));
        outcome.notes.extend(told);
        let missing = facts.parts().without(outcome.kept);
        match &self.policy {
            // Told by the run that restored it.
            Policy::Tell if matches!(outcome.ending, Ending::Present) => {}
            Policy::Tell => tell(&mut outcome, missing),
            Policy::Sidecar(writer) if is_worth_a_line(&outcome, missing) => {
                self.add(writer, item, &to, &outcome, &facts)?;
            }
            Policy::Sidecar(_) => {}
        }
        if item.metadata.links > 1 && outcome.is_there() {
            lock(&self.firsts).insert(item.path.clone(), to);
        }
        Ok(outcome)
    }

    fn add(
        &self,
        writer: &Writer,
        item: &Item<'_>,
        to: &str,
        outcome: &Outcome,
        facts: &Facts,
    ) -> Result<(), Error> {
        writer.add(facts.security.as_deref(), |out, security| {
            let place_of = &|place: &Path| self.place_of(place);
            let record = Record {
                item,
                to,
                outcome,
                facts,
                security,
                place_of,
            };
            record.write(out);
        })
    }

    /// Where in the destination an item is, or would be if it is a link that was left out; none if
    /// there is nothing to be put on record.
    fn place_of_item(&self, item: &Item<'_>, outcome: &Outcome) -> Option<String> {
        match &outcome.ending {
            Ending::Written | Ending::Renamed | Ending::Present | Ending::Lost(_) => {
                match &outcome.place {
                    Some(place) => self.place_of(place),
                    None => item.path.is_root().then(|| ".".into()),
                }
            }
            Ending::Skipped(note) if *note.code == LINK_LEFT_OUT => outcome
                .place
                .as_deref()
                .and_then(|place| self.place_of(place)),
            Ending::Skipped(_) | Ending::Declined => None,
        }
    }

    /// A place in the destination, `/` between its names.
    fn place_of(&self, place: &Path) -> Option<String> {
        if self.destination.as_os_str().is_empty() {
            // The way of an archive's member, where a backslash stands for itself on every system.
            return Some(place.to_str()?.trim_end_matches('/').to_owned());
        }
        let below = place.strip_prefix(&self.destination).ok()?;
        let names: Option<Vec<_>> = below.iter().map(std::ffi::OsStr::to_str).collect();
        names.map(|names| names.join("/"))
    }

    fn record_name(&self, item: &Item<'_>, to: &GuestPath, outcome: &Outcome) -> Result<(), Error> {
        let Policy::Sidecar(writer) = &self.policy else {
            return Ok(());
        };
        let first = lock(&self.firsts).get(to).cloned();
        let place = self.place_of_item(item, outcome);
        match place.zip(first) {
            Some((place, first)) => {
                writer.add(None, |out, _| write_name(out, item, &place, &first))
            }
            None => Ok(()),
        }
    }
}

/// Whether anything of an item would be lost without a line.
fn is_worth_a_line(outcome: &Outcome, missing: Parts) -> bool {
    let astray = |stream: &StreamPlace| stream.fate != StreamFate::Inside;
    !missing.is_empty() || !outcome.is_there() || outcome.streams.iter().any(astray)
}

fn tell(outcome: &mut Outcome, missing: Parts) {
    if outcome.is_there() && !missing.is_empty() {
        let message = format!("not kept: {}", missing.words());
        outcome.notes.push(Note::new(&NATIVE_ONLY, message));
    }
}

impl Outcome {
    /// Whether the item is there, under whatever name.
    fn is_there(&self) -> bool {
        self.ending.is_whole()
    }
}

impl<S: Sink> Sink for Recorded<S> {
    fn ordered(&self) -> bool {
        self.inner.ordered()
    }

    fn takes_streams(&self) -> bool {
        self.inner.takes_streams()
    }

    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let outcome = self.inner.dir(item)?;
        if !outcome.streams.is_empty() {
            lock(&self.streams).insert(item.path.clone(), outcome.streams.clone());
        }
        Ok(outcome)
    }

    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.record(item, self.inner.file(item)?)
    }

    fn link(
        &self,
        item: &Item<'_>,
        target: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error> {
        self.record(item, self.inner.link(item, target, inside)?)
    }

    fn hard_link(&self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error> {
        let outcome = self.inner.hard_link(item, to)?;
        self.record_name(item, to, &outcome)?;
        Ok(outcome)
    }

    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let mut outcome = self.inner.leave_dir(item)?;
        outcome.streams = lock(&self.streams).remove(item.path).unwrap_or_default();
        self.record(item, outcome)
    }

    fn finish(&self) -> Result<(), Error> {
        if let Policy::Sidecar(writer) = &self.policy
            && let Some(spool) = writer.take_spool()?
        {
            self.inner.attach(NAME, &spool)?;
        }
        self.inner.finish()?;
        match &self.policy {
            Policy::Sidecar(writer) => writer.finish(),
            Policy::Tell => Ok(()),
        }
    }
}
