//! Everything below a directory, out of a scan of $MFT.

use std::ops::Range;
use std::sync::Arc;

use blockio::Fault;
use tree::{Cursor, DirIter, Entry, Error, FileSystem, GuestPath, Kind, Loss, NodeId};

use crate::scan::{Found, Scan};
use crate::volume::Volume;

/// Directories deeper than this are damage: a path of 32,767 characters has no more names.
const MAX_DEPTH: usize = 16_384;
/// A subtree with at most this many entries is listed by its indexes, as long as $MFT is larger.
const SMALL: usize = 2048;
/// Records of $MFT that are scanned in the time that one entry takes by its index.
const RECORDS_PER_ENTRY: u64 = 16;

/// The entries below `under`, whose path is `path`: depth-first, by a scan where that pays.
pub(crate) fn below<'a>(
    volume: &'a Volume,
    under: NodeId,
    path: &GuestPath,
) -> Result<tree::EntryIter<'a>, Error> {
    if under != volume.root() {
        let records = volume
            .0
            .mft
            .len()
            .checked_div(RECORDS_PER_ENTRY)
            .unwrap_or_default();
        let worth = usize::try_from(records).unwrap_or(usize::MAX).min(SMALL);
        let first: Vec<_> = tree::walk(volume, under, path)?
            .take(worth.saturating_add(1))
            .collect();
        if first.len() <= worth {
            return Ok(Box::new(first.into_iter()));
        }
    }
    let mut entries = Entries {
        volume,
        scan: volume.0.scan(),
        levels: Vec::new(),
    };
    entries.descend(under, path)?;
    Ok(Box::new(entries))
}

struct Entries<'a> {
    volume: &'a Volume,
    scan: Arc<Scan>,
    /// The directories from the first down to the one being listed.
    levels: Vec<Level<'a>>,
}

struct Level<'a> {
    node: NodeId,
    path: GuestPath,
    names: Names<'a>,
}

/// Where the names of a directory come from.
enum Names<'a> {
    /// From the scan.
    Scanned(Range<usize>),
    /// From the directory's index, with which the scan does not agree.
    Indexed(DirIter<'a>),
}

/// A name to be shown, or what was lost in its place.
type Next = Result<(Found, bool), Error>;

impl Iterator for Entries<'_> {
    type Item = Result<Entry, Loss>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let level = self.levels.last_mut()?;
            let Some(next) = level.names.next(&self.scan) else {
                self.levels.truncate(self.levels.len().saturating_sub(1));
                continue;
            };
            let path = level.path.clone();
            return Some(match next {
                Err(error) => Err(Loss { path, error }),
                Ok((found, unindexed)) => {
                    let path = path.join(&found.name);
                    let entry = self.entry(found.number, &path, unindexed);
                    entry.map_err(|error| Loss { path, error })
                }
            });
        }
    }
}

impl Names<'_> {
    fn next(&mut self, scan: &Scan) -> Option<Next> {
        match self {
            Self::Scanned(range) => range
                .find_map(|at| scan.child(at))
                .map(|found| Ok((found, false))),
            Self::Indexed(entries) => entries.next().map(|entry| {
                let entry = entry?;
                Ok((
                    Found {
                        name: entry.name,
                        number: entry.node.0,
                    },
                    entry.unindexed,
                ))
            }),
        }
    }
}

impl<'a> Entries<'a> {
    /// The entry at `path`; if it is a directory, what follows are its entries.
    fn entry(&mut self, number: u64, path: &GuestPath, unindexed: bool) -> Result<Entry, Error> {
        let node = NodeId(number);
        let (metadata, streams) = match self.scan.row(number) {
            Some(row) => (
                row.metadata(self.volume.0.is_system(number)),
                self.scan.streams(number),
            ),
            // No row: it is damaged, and asking for it tells how.
            None => {
                let metadata = self.volume.metadata(node)?;
                let mut streams = self.volume.streams(node)?;
                streams.retain(|stream| !stream.name.is_empty());
                (metadata, streams)
            }
        };
        if metadata.kind == Kind::Directory {
            self.descend(node, path)?;
        }
        Ok(Entry {
            path: path.clone(),
            node,
            metadata,
            streams,
            unindexed,
        })
    }

    fn descend(&mut self, node: NodeId, path: &GuestPath) -> Result<(), Error> {
        if self.levels.iter().any(|level| level.node == node) {
            return Err(damaged(
                &tree::codes::CYCLE,
                "itself among its parents".to_owned(),
            ));
        }
        if self.levels.len() >= MAX_DEPTH {
            return Err(damaged(
                &tree::codes::TOO_DEEP,
                format!("depth {MAX_DEPTH}"),
            ));
        }
        let names = match self.scan.listed(node.0) {
            Some(range) => Names::Scanned(range),
            None => Names::Indexed(self.volume.read_dir(node, Cursor::START)?),
        };
        self.levels.push(Level {
            node,
            path: path.clone(),
            names,
        });
        Ok(())
    }
}

fn damaged(code: &'static blockio::Code, found: String) -> Error {
    Fault::damaged(code, "directory").found(found).into()
}
