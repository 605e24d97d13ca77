//! The listing of a directory.

use tree::Cursor;

use super::entry::Namespace;
use super::node::Place;
use super::scan::Scan;
use super::walk::Walk;
use super::{Directory, Result};
use crate::codes;
use crate::flaw::Flaw;
use crate::reference::FileReference;

/// Low bits of a cursor that hold the byte of the node; the rest is 0 for the root, or the number of
/// the index record and one.
const OFFSET_BITS: u32 = 20;

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexedName {
    /// Its UTF-16 code units; never empty, no NUL, no slash.
    pub(crate) name: Vec<u16>,
    /// For whom the name is.
    pub(crate) namespace: Namespace,
    /// What it names.
    pub(crate) reference: FileReference,
    /// Where to go on after it.
    pub(crate) next: Cursor,
}

impl IndexedName {
    /// Whether the name adds a file to a listing: neither a DOS twin nor the directory itself.
    pub(super) fn is_listed(&self) -> bool {
        self.namespace != Namespace::Dos && self.name != [u16::from(b'.')]
    }
}

/// The cursor behind the entry at byte `offset` of the node at `place`.
pub(super) fn cursor(place: Place, offset: usize) -> Cursor {
    let node = match place {
        Place::Root => 0,
        Place::Block(block) => block.saturating_add(1),
    };
    let offset = u64::try_from(offset).unwrap_or(u64::MAX);
    Cursor(node.wrapping_shl(OFFSET_BITS) | offset)
}

/// The node and the byte of its entry that a cursor is behind.
fn entry_of(cursor: Cursor) -> (Place, usize) {
    let offset = cursor.0 & !u64::MAX.wrapping_shl(OFFSET_BITS);
    let place = match cursor.0.wrapping_shr(OFFSET_BITS).checked_sub(1) {
        Some(block) => Place::Block(block),
        None => Place::Root,
    };
    (place, usize::try_from(offset).unwrap_or(usize::MAX))
}

/// The names of a directory in its own order, without DOS twins and the directory itself.
///
/// A damaged node is one error, and the listing goes on with the next one. Where nodes were lost, the
/// index records that are in use and that no node refers to follow at the end.
pub(crate) struct Names {
    directory: Directory,
    scan: Scan,
}

impl Directory {
    /// The names behind `from`.
    pub(crate) fn names(self, from: Cursor) -> Names {
        let scan = self.scan_behind(from).unwrap_or_else(|| {
            let mut scan = Scan::from_start(&self);
            if from != Cursor::START {
                // No descent leads there: its node, or one above it, is damaged.
                scan.skip_to(from, &self);
            }
            scan
        });
        Names {
            directory: self,
            scan,
        }
    }

    /// Checks that an entry names `reference` and not the directory itself, which is in no directory
    /// but its parent: the entry was another file's.
    ///
    /// # Errors
    /// Where it does.
    pub(crate) fn check(&self, reference: FileReference) -> Result<()> {
        let number = self.parts.directory;
        if reference.record() != number {
            return Ok(());
        }
        let flaw = Flaw::new(&codes::INDEX, "lists the directory itself");
        Err(flaw.in_part(format!("index of directory {number}")))
    }

    /// A scan that goes on behind `from`, found by descending to the name there.
    fn scan_behind(&self, from: Cursor) -> Option<Scan> {
        if from == Cursor::START {
            return None;
        }
        let (place, offset) = entry_of(from);
        let node = match place {
            Place::Root => self.root(),
            Place::Block(block) => self.block(block).ok()?,
        };
        let target = node.name_at(offset)?;
        let order = |name: &[u16]| self.parts.upcase.compare_folded(name, &target);
        let mut walk = Walk::seek(self, |name| order(name).is_lt()).ok()?;
        while let Ok(found) = walk.next(self)? {
            if found.next == from {
                return Some(walk.into());
            }
            if order(&found.name).is_gt() {
                return None;
            }
        }
        None
    }
}

impl Iterator for Names {
    type Item = Result<IndexedName>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.scan.next(&self.directory)? {
                Ok(found) if !found.is_listed() => {}
                Ok(found) => return Some(self.directory.check(found.reference).map(|()| found)),
                damage => return Some(damage),
            }
        }
    }
}
