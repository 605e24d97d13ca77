//! One directory by its index, and, where that is damaged, what else is found to be in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use blockio::Fault;
use tree::{Cursor, DirEntry, Error, Name, NodeId};

use crate::codes;
use crate::file::File;
use crate::flaw::{Flaw, Result};
use crate::index::{IndexedName, Names};
use crate::scan::Found;
use crate::volume::Inner;

/// Set in cursors behind names that no index holds; the rest counts these.
const UNINDEXED: u64 = 1 << 63;

/// The entries of a directory.
///
/// Damage of its index is one error where it is met; the names that can still be read come in their
/// order, and at the end those that only the files' own records tell of, marked as unindexed.
pub(crate) struct Listing<'a> {
    volume: &'a Inner,
    number: u64,
    /// The directory; `None` where its own record is damaged.
    file: Option<File>,
    state: State,
    /// Names that no index holds and that were already listed.
    skip: usize,
}

enum State {
    /// In the index.
    Indexed {
        names: Box<Names>,
        /// Whether damage was met, or may have been before the cursor.
        broken: Broken,
    },
    /// The record of the directory is damaged.
    Damaged(Arc<Fault>),
    /// Behind the index.
    Unindexed(std::vec::IntoIter<(usize, Found)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    No,
    Yes,
    /// The listing did not begin at the start.
    Unknown,
}

impl<'a> Listing<'a> {
    /// The entries of the directory `file` from `from` on.
    pub(crate) fn new(volume: &'a Inner, file: File, from: Cursor) -> Self {
        let number = file.number();
        let (state, skip) = match from.0 & UNINDEXED {
            0 => (indexed(volume, &file, from), 0),
            _ => {
                let skip = usize::try_from(from.0 & !UNINDEXED).unwrap_or(usize::MAX);
                (
                    State::Unindexed(unindexed(volume, number, Some(&file))),
                    skip,
                )
            }
        };
        Self {
            volume,
            number,
            file: Some(file),
            state,
            skip,
        }
    }

    /// What is found to be in directory `number`, whose record is damaged; `None` where nothing is.
    pub(crate) fn of_damaged(
        volume: &'a Inner,
        number: u64,
        fault: Arc<Fault>,
        from: Cursor,
    ) -> Option<Self> {
        volume.kept_scan().found_below(number).next()?;
        let skip = usize::try_from(from.0 & !UNINDEXED).unwrap_or(usize::MAX);
        let state = match from {
            Cursor::START => State::Damaged(fault),
            _ => State::Unindexed(unindexed(volume, number, None)),
        };
        Some(Self {
            volume,
            number,
            file: None,
            state,
            skip,
        })
    }

    fn next_unindexed(&mut self) -> State {
        State::Unindexed(unindexed(self.volume, self.number, self.file.as_ref()))
    }

    /// Whether the index is damaged anywhere.
    fn is_broken(&self) -> bool {
        let names = self
            .file
            .as_ref()
            .map(|file| self.volume.directory(file).names(Cursor::START));
        names
            .into_iter()
            .flatten()
            .any(|name| name.is_err_and(|fault| is_damage(&fault)))
    }
}

impl Iterator for Listing<'_> {
    type Item = Result<DirEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match &mut self.state {
                State::Indexed { names, broken } => match names.next() {
                    Some(Ok(name)) => return Some(entry(self.volume, &name)),
                    Some(Err(fault)) => {
                        if is_damage(&fault) {
                            *broken = Broken::Yes;
                        }
                        return Some(Err(self.volume.error(&fault)));
                    }
                    None => {
                        let broken = *broken;
                        if broken == Broken::No || broken == Broken::Unknown && !self.is_broken() {
                            return None;
                        }
                        self.state = self.next_unindexed();
                    }
                },
                State::Damaged(fault) => {
                    let error = self.volume.error(fault);
                    self.state = self.next_unindexed();
                    return Some(Err(error));
                }
                State::Unindexed(found) => {
                    let skip = self.skip;
                    let (at, found) = found.find(|(at, _)| *at >= skip)?;
                    return Some(self.volume.unindexed_entry(at, found));
                }
            }
        }
    }
}

fn indexed(volume: &Inner, file: &File, from: Cursor) -> State {
    let broken = if from == Cursor::START {
        Broken::No
    } else {
        Broken::Unknown
    };
    State::Indexed {
        names: Box::new(volume.directory(file).names(from)),
        broken,
    }
}

/// Whether names may be missing from an index with this fault; a bad name costs only itself.
fn is_damage(fault: &Fault) -> bool {
    fault.code != &codes::FILE_NAME
}

/// A name of the index as the tree has it; its record must be in the life that the index means.
fn entry(volume: &Inner, name: &IndexedName) -> Result<DirEntry, Error> {
    let number = name.reference.record();
    let life = volume.mft.life(number).check(name.reference);
    life.map_err(|fault| volume.error(&fault))?;
    Ok(DirEntry {
        name: Name::from_utf16(name.name.iter().copied()),
        node: NodeId(number),
        next: name.next,
        unindexed: false,
    })
}

/// What is found below directory `number` and is not in its index, with its place in that list.
fn unindexed(
    volume: &Inner,
    number: u64,
    file: Option<&File>,
) -> std::vec::IntoIter<(usize, Found)> {
    let names = file.map(|file| volume.directory(file).names(Cursor::START));
    let indexed: BTreeSet<_> = names
        .into_iter()
        .flatten()
        .flatten()
        .map(|name| (name.reference.record(), Name::from_utf16(name.name)))
        .collect();
    let scan = volume.kept_scan();
    let found = scan
        .found_below(number)
        .filter(|found| found.number != number);
    let missing = found.filter(|found| !indexed.contains(&(found.number, found.name.clone())));
    missing.enumerate().collect::<Vec<_>>().into_iter()
}

impl Inner {
    /// A name found by its own record, the one at `at` of those.
    fn unindexed_entry(&self, at: usize, found: Found) -> Result<DirEntry, Error> {
        if !is_possible(found.name.as_bytes()) {
            let name = found.name.as_bytes().escape_ascii().to_string();
            let flaw = Flaw::new(&codes::FILE_NAME, format!("has the name \"{name}\""));
            return Err(self.error(&flaw.in_record(found.number)));
        }
        let next = blockio::clamp(at).saturating_add(1) | UNINDEXED;
        Ok(DirEntry {
            name: found.name,
            node: NodeId(found.number),
            next: Cursor(next),
            unindexed: true,
        })
    }

    /// The record that `name` names in directory `number`, found by its own record.
    pub(crate) fn find_unindexed(&self, number: u64, name: &Name) -> Option<u64> {
        let wanted = self.upcase.fold(&name.to_utf16());
        let scan = self.kept_scan();
        let mut candidates: Vec<_> = scan
            .found_below(number)
            .filter(|found| found.number != number)
            .filter(|found| self.upcase.fold(&found.name.to_utf16()) == wanted)
            .collect();
        candidates.sort_by_key(|found| found.name != *name);
        candidates.first().map(|found| found.number)
    }
}

/// Whether a file can have this name.
pub(crate) fn is_possible(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(|byte| matches!(byte, b'/' | 0))
}
