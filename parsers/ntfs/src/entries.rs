//! Everything below a directory, out of a scan of $MFT.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use blockio::Fault;
use tree::{
    Cursor, DirEntry, DirIter, Entry, Error, FileSystem, GuestPath, Kind, Loss, Metadata, Name,
    NodeId, StreamInfo,
};

use crate::listing::is_possible;
use crate::scan::{Row, Scan};
use crate::volume::Volume;

/// Directories deeper than this are damage: a path of 32,767 characters has no more names.
const MAX_DEPTH: usize = 16_384;
/// Such a path at its longest, in bytes: a UTF-16 unit has three at most.
const MAX_PATH: usize = 32_767 * 3;
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
        // Damage is looked at with a scan, which finds more.
        if first.len() <= worth && first.iter().all(Result::is_ok) {
            return Ok(Box::new(first.into_iter()));
        }
    }
    let mut entries = Entries {
        volume,
        scan: volume.0.scan(),
        path: path.clone(),
        levels: Vec::new(),
    };
    entries.descend(under, path)?;
    Ok(Box::new(entries))
}

struct Entries<'a> {
    volume: &'a Volume,
    scan: Arc<Scan>,
    /// The path of the directory being listed, kept once for all levels.
    path: GuestPath,
    /// The directories from the first down to the one being listed.
    levels: Vec<Level<'a>>,
}

struct Level<'a> {
    node: NodeId,
    /// Bytes of its path, with which all paths below it begin.
    path_len: usize,
    names: Names<'a>,
}

/// Where the names of a directory come from.
enum Names<'a> {
    /// From the scan.
    Scanned(Range<usize>),
    /// From the directory's index, with which the scan does not agree.
    Indexed(DirIter<'a>),
    /// From the scan alone: the directory's own record is damaged.
    Orphaned(Range<usize>),
}

/// A name to be shown.
struct Shown<'a> {
    name: Cow<'a, [u8]>,
    number: u64,
    /// `None`: it is damaged, and asking for it tells how.
    row: Option<&'a Row>,
    unindexed: bool,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, Loss>;

    fn next(&mut self) -> Option<Self::Item> {
        let scan = Arc::clone(&self.scan);
        loop {
            let level = self.levels.last_mut()?;
            return Some(match level.names.next(&scan) {
                None => {
                    self.ascend();
                    continue;
                }
                Some(Err(error)) => Err(Loss {
                    path: self.path.clone(),
                    error,
                }),
                Some(Ok(shown)) => {
                    let path = self.path.join(&Name::from_bytes(&shown.name));
                    self.entry(&scan, &shown, path)
                }
            });
        }
    }
}

impl Names<'_> {
    fn next<'s>(&mut self, scan: &'s Scan) -> Option<Result<Shown<'s>, Error>> {
        match self {
            Self::Scanned(range) => range.find_map(|at| scan.child(at)).map(|(name, row)| {
                let (name, number) = (Cow::Borrowed(name), row.number.into());
                Ok(Shown {
                    name,
                    number,
                    row: Some(row),
                    unindexed: false,
                })
            }),
            Self::Orphaned(range) => range
                .filter_map(|at| scan.child(at))
                .find(|(name, _)| is_possible(name))
                .map(|(name, row)| {
                    let (name, number) = (Cow::Borrowed(name), row.number.into());
                    Ok(Shown {
                        name,
                        number,
                        row: Some(row),
                        unindexed: true,
                    })
                }),
            Self::Indexed(entries) => entries.next().map(|entry| {
                let DirEntry {
                    name,
                    node,
                    unindexed,
                    ..
                } = entry?;
                let (name, row) = (Cow::Owned(name.as_bytes().to_vec()), scan.row(node.0));
                Ok(Shown {
                    name,
                    number: node.0,
                    row,
                    unindexed,
                })
            }),
        }
    }
}

impl<'a> Entries<'a> {
    fn ascend(&mut self) {
        self.levels.pop();
        if let Some(level) = self.levels.last() {
            self.path.truncate(level.path_len);
        }
    }

    /// What is in the directory at `path` follows.
    fn enter(&mut self, node: NodeId, path: &GuestPath, names: Names<'a>) {
        self.path = path.clone();
        self.levels.push(Level {
            node,
            path_len: path.as_bytes().len(),
            names,
        });
    }

    /// The entry at `path`; if it is a directory, what follows are its entries.
    fn entry(&mut self, scan: &Scan, shown: &Shown<'_>, path: GuestPath) -> Result<Entry, Loss> {
        let node = NodeId(shown.number);
        let known = match shown.row {
            Some(row) => {
                let system = self.volume.0.is_system(shown.number);
                Ok((row.metadata(system), scan.streams(row)))
            }
            None => self
                .ask(node)
                .inspect_err(|_| self.enter_damaged(node, &path)),
        };
        let entered = known.and_then(|known| {
            if known.0.kind == Kind::Directory {
                self.descend(node, &path)?;
            }
            Ok(known)
        });
        match entered {
            Ok((metadata, streams)) => Ok(Entry {
                path,
                node,
                metadata,
                streams,
                unindexed: shown.unindexed,
            }),
            Err(error) => Err(Loss { path, error }),
        }
    }

    /// A directory whose own record is damaged is a loss; what says that it is in it follows.
    fn enter_damaged(&mut self, node: NodeId, path: &GuestPath) {
        let range = self.scan.children_of(node.0);
        let known = self.levels.iter().any(|level| level.node == node);
        let too_deep = self.levels.len() >= MAX_DEPTH || path.as_bytes().len() > MAX_PATH;
        if range.is_empty() || known || too_deep {
            return;
        }
        self.enter(node, path, Names::Orphaned(range));
    }

    /// What the node's own record says of it.
    fn ask(&self, node: NodeId) -> Result<(Metadata, Vec<StreamInfo>), Error> {
        let metadata = self.volume.metadata(node)?;
        let mut streams = self.volume.streams(node)?;
        streams.retain(|stream| !stream.name.is_empty());
        Ok((metadata, streams))
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
        if path.as_bytes().len() > MAX_PATH {
            let found = format!("a path of {} bytes", path.as_bytes().len());
            return Err(damaged(&tree::codes::TOO_DEEP, found));
        }
        let names = match self.scan.listed(node.0) {
            Some(range) => Names::Scanned(range),
            None => Names::Indexed(self.volume.read_dir(node, Cursor::START)?),
        };
        self.enter(node, path, names);
        Ok(())
    }
}

fn damaged(code: &'static blockio::Code, found: String) -> Error {
    Fault::damaged(code, "directory").found(found).into()
}
