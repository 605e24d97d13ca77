//! The lines of a manifest, and which of them count.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use super::{Applied, Problem, codes};
use crate::hostfs::Parts;
use crate::sidecar::FORMAT;
use crate::sidecar::read::{Descriptor, LONGEST, Line};

/// Most bytes of all descriptors together: what a machine has is a few megabytes.
const MOST_DESCRIPTORS: usize = 256 << 20;
/// Unusable lines that are told one by one.
const TOLD: usize = 10_000;

/// A manifest being read.
pub(super) struct Manifest {
    file: BufReader<File>,
    /// Where the next line begins.
    at: u64,
    number: u64,
}

/// A line as it stands there.
pub(super) struct RawLine {
    /// Where it begins, in bytes.
    pub(super) start: u64,
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its bytes; none of a line that is longer than any can be.
    bytes: Option<Vec<u8>>,
}

impl RawLine {
    pub(super) fn parse(&self) -> Result<Line, String> {
        match &self.bytes {
            Some(bytes) => Line::parse(bytes),
            None => Err(format!("longer than {LONGEST} bytes")),
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| bytes.is_empty())
    }
}

impl Manifest {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufReader::with_capacity(1 << 20, File::open(path)?),
            at: 0,
            number: 0,
        })
    }

    pub(super) fn rewind(&mut self) -> io::Result<()> {
        (self.at, self.number) = (0, 0);
        self.file.seek(SeekFrom::Start(0)).map(drop)
    }

    /// The line that begins at `start`; its number is not known.
    pub(super) fn line_at(&mut self, start: u64) -> io::Result<Option<RawLine>> {
        self.at = start;
        self.file.seek(SeekFrom::Start(start))?;
        self.next_line()
    }

    pub(super) fn next_line(&mut self) -> io::Result<Option<RawLine>> {
        let start = self.at;
        let mut bytes = Vec::new();
        let most = LONGEST as u64 + 1;
        let read = self
            .file
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.at += read as u64;
        self.number += 1;
        let (number, ended) = (self.number, bytes.pop_if(|last| *last == b'\n').is_some());
        let too_long = !ended && bytes.len() > LONGEST;
        if too_long {
            self.at += self.file.skip_until(b'\n')? as u64;
        }
        let bytes = (!too_long).then_some(bytes);
        Ok(Some(RawLine {
            start,
            number,
            bytes,
        }))
    }
}

/// What the first reading finds out.
pub(super) struct Index {
    descriptors: HashMap<String, Arc<Descriptor>>,
    /// The last line about each place, by the hash of the place: where it begins, and its number.
    last: HashMap<u64, (u64, u64)>,
    /// Where the lines begin that count, with their numbers.
    counting: HashMap<u64, u64>,
    /// A format that is later than ours.
    pub(super) later_format: Option<u32>,
    /// The lines that are none.
    pub(super) unusable: Vec<Applied>,
}

impl Index {
    pub(super) fn build(manifest: &mut Manifest) -> io::Result<Self> {
        let mut index = Self {
            descriptors: HashMap::new(),
            last: HashMap::new(),
            counting: HashMap::new(),
            later_format: None,
            unusable: Vec::new(),
        };
        let hasher = RandomState::new();
        let mut held = 0;
        while let Some(line) = manifest.next_line()? {
            if line.is_empty() {
                continue;
            }
            match line.parse() {
                Ok(Line::Header { format }) if format > FORMAT => index.later_format = Some(format),
                Ok(Line::Header { .. }) => {}
                Ok(Line::Security(found)) => {
                    held += found.size();
                    if held > MOST_DESCRIPTORS {
                        index.refuse(line.number, "more descriptors than any machine has".into());
                    } else {
                        index.descriptors.insert(found.id.clone(), Arc::new(found));
                    }
                }
                Ok(Line::Item(item)) => {
                    let place = hasher.hash_one(&item.to);
                    index.last.insert(place, (line.start, line.number));
                }
                Err(why) => index.refuse(line.number, why),
            }
        }
        index.counting = index.last.drain().map(|(_, line)| line).collect();
        Ok(index)
    }

    fn refuse(&mut self, line: u64, why: String) {
        if self.unusable.len() < TOLD {
            self.unusable.push(Applied {
                line,
                to: None,
                kept: Parts::NONE,
                problems: vec![Problem::new(
                    &codes::BAD_LINE,
                    format!("line {line}: {why}"),
                )],
            });
        }
    }

    /// Whether the line that begins at `start` is the last one about its place.
    pub(super) fn counts(&self, start: u64) -> bool {
        self.counting.contains_key(&start)
    }

    /// The number of a line that counts.
    pub(super) fn number_of(&self, start: u64) -> u64 {
        self.counting.get(&start).copied().unwrap_or_default()
    }

    pub(super) fn descriptor(&self, id: &str) -> Option<&Arc<Descriptor>> {
        self.descriptors.get(id)
    }
}
