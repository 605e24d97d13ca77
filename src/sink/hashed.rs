//! A sink whose files get checksums while their bytes pass by.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tree::{GuestPath, Link};

use super::names::lock;
use super::{Ending, Error, Item, Outcome, Sink, Stream, StreamFate, Target};
use crate::checksum::Algorithm;

mod heard;
mod manifest;

use heard::Heard;
pub use manifest::Manifest;

/// A sink that puts a checksum of every file that is whole into a [`Manifest`].
///
/// Bytes have to pass by for that: nothing is shared or copied inside the kernel.
pub struct Hashed<S> {
    inner: S,
    destination: PathBuf,
    manifest: Manifest,
    /// The sums of files with several names.
    firsts: Mutex<HashMap<GuestPath, String>>,
    counted: AtomicU64,
}

impl<S: Sink> Hashed<S> {
    /// `inner`, which fills the folder `destination`.
    pub fn new(inner: S, destination: &Path, manifest: Manifest) -> Self {
        Self {
            inner,
            destination: destination.into(),
            manifest,
            firsts: Mutex::default(),
            counted: AtomicU64::new(0),
        }
    }

    /// How many checksums are in the manifest because of this run.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }

    fn algorithm(&self) -> Algorithm {
        self.manifest.algorithm()
    }

    /// The item, so that its bytes are heard.
    fn hear<'a>(&self, item: &Item<'a>) -> (Item<'a>, Option<Arc<Heard>>, Vec<Arc<Heard>>) {
        let hear = |data| Arc::new(Heard::new(data, self.algorithm()));
        let data = item.data.clone().map(hear);
        let streams = item.streams.iter();
        let streams: Vec<_> = streams.map(|stream| hear(stream.data.clone())).collect();
        let named = item.streams.iter().zip(&streams);
        let heard = Item {
            path: item.path,
            metadata: item.metadata,
            data: data.clone().map(|data| data as _),
            streams: named
                .map(|(stream, data)| Stream {
                    name: stream.name.clone(),
                    data: Arc::clone(data) as _,
                })
                .collect(),
            origin: item.origin,
            watch: item.watch,
        };
        (heard, data, streams)
    }

    /// The sum of a file that is at `place`: what was heard, or what an earlier run noted of it.
    fn sum(&self, name: &str, outcome: &Outcome, heard: Option<&Heard>) -> Option<String> {
        let is_old = matches!(outcome.ending, Ending::Present);
        if let (true, Some(sum)) = (is_old, self.manifest.known(name)) {
            return Some(sum);
        }
        match heard {
            Some(heard) => heard.finish(),
            None => Some(crate::checksum::Hasher::new(self.algorithm()).finish()),
        }
    }

    /// Writes down the sum of a file, if it is whole.
    fn add_file(
        &self,
        item: &Item<'_>,
        outcome: &Outcome,
        heard: Option<&Heard>,
    ) -> Result<(), Error> {
        let name = outcome.place.as_deref().and_then(|place| self.name(place));
        let Some(name) = name.filter(|_| outcome.ending.is_whole()) else {
            return Ok(());
        };
        if let Some(sum) = self.sum(&name, outcome, heard) {
            self.add(&sum, &name)?;
            if item.metadata.links > 1 {
                lock(&self.firsts).insert(item.path.clone(), sum);
            }
        }
        Ok(())
    }

    /// Writes down the sums of streams: of those that are files as of any file, of those inside a file
    /// as a comment.
    fn add_streams(&self, outcome: &Outcome, heard: &[Arc<Heard>]) -> Result<(), Error> {
        let owner = outcome.place.as_deref().and_then(|place| self.name(place));
        for (stream, heard) in outcome.streams.iter().zip(heard) {
            match &stream.fate {
                StreamFate::Beside(place) => {
                    let name = self.name(place);
                    if let Some((name, sum)) = name.zip(heard.finish()) {
                        self.add(&sum, &name)?;
                    }
                }
                StreamFate::Inside => {
                    let name = stream.name.to_string();
                    if let Some((owner, sum)) = owner.as_ref().zip(heard.finish()) {
                        let line = (sum, format!("{owner}:{name}"));
                        self.manifest.add_comment(&line.0, &line.1)?;
                    }
                }
                StreamFate::Lost => {}
            }
        }
        Ok(())
    }

    fn add(&self, sum: &str, name: &str) -> Result<(), Error> {
        self.counted.fetch_add(1, Ordering::Relaxed);
        self.manifest.add(sum, name)
    }

    /// A place in the destination, `/` between its names.
    fn name(&self, place: &Path) -> Option<String> {
        let below = place.strip_prefix(&self.destination).ok()?;
        let names: Option<Vec<_>> = below.iter().map(std::ffi::OsStr::to_str).collect();
        names.map(|names| names.join("/"))
    }
}

impl<S: Sink> Sink for Hashed<S> {
    fn ordered(&self) -> bool {
        self.inner.ordered()
    }

    fn takes_streams(&self) -> bool {
        self.inner.takes_streams()
    }

    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let (heard, _, streams) = self.hear(item);
        let outcome = self.inner.dir(&heard)?;
        self.add_streams(&outcome, &streams)?;
        Ok(outcome)
    }

    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let (heard, data, streams) = self.hear(item);
        let outcome = self.inner.file(&heard)?;
        self.add_file(item, &outcome, data.as_deref())?;
        self.add_streams(&outcome, &streams)?;
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
        let outcome = self.inner.hard_link(item, to)?;
        let place = outcome.place.as_deref().and_then(|place| self.name(place));
        let sum = lock(&self.firsts).get(to).cloned();
        if let (true, Some((name, sum))) = (outcome.ending.is_whole(), place.zip(sum)) {
            self.add(&sum, &name)?;
        }
        Ok(outcome)
    }

    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.inner.leave_dir(item)
    }

    fn finish(&self) -> Result<(), Error> {
        self.inner.finish()?;
        self.manifest.finish()
    }
}

fn writing(place: &Path) -> impl Fn(io::Error) -> Error + '_ {
    move |error| match Error::writing(place, &error) {
        Error::Item(refusal) => Error::Stop(refusal),
        other => other,
    }
}
