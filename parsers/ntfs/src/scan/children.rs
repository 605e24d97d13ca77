//! Whose names are whose, in the order of an index.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering as Memory};

use super::digest::Digest;
use super::{Batch, Scan, in_parallel};
use crate::reference::FileReference;
use crate::upcase::UpCase;
use crate::volume::Inner;
use tree::Name;

/// Children that one thread sorts before it asks for more work.
const STRETCH: usize = 4096;

/// One name of a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Child {
    /// File record of the directory.
    parent: u32,
    /// The batch with the name, and which of its names.
    pub(super) batch: u32,
    pub(super) name: u32,
}

/// All names by directory, and within each in the order of its index.
#[derive(Default)]
pub(super) struct Children {
    list: Vec<Child>,
    /// Directories whose index does not hold exactly these names, or is damaged.
    irregular: BTreeSet<u32>,
}

impl Children {
    /// Gathers and sorts the names of `scan`.
    pub(super) fn new(scan: &Scan, volume: &Inner) -> Self {
        let mut list = gather(scan);
        list.sort_unstable_by_key(|child| (child.parent, child.batch, child.name));
        let order = Order::new(scan, &volume.upcase);
        sort_directories(&mut list, &order);
        let mut children = Self {
            list,
            irregular: BTreeSet::new(),
        };
        children.irregular = children.find_irregular(scan);
        children
    }

    /// Where the children of directory `number` are.
    pub(super) fn of(&self, number: u64) -> Range<usize> {
        let start = self
            .list
            .partition_point(|child| u64::from(child.parent) < number);
        let rest = self.list.get(start..).unwrap_or_default();
        let len = rest.partition_point(|child| u64::from(child.parent) == number);
        start..start.saturating_add(len)
    }

    pub(super) fn get(&self, at: usize) -> Option<&Child> {
        self.list.get(at)
    }

    /// Whether the index of directory `number` has to be asked.
    pub(super) fn is_irregular(&self, number: u64) -> bool {
        u32::try_from(number).map_or(true, |number| self.irregular.contains(&number))
    }

    fn find_irregular(&self, scan: &Scan) -> BTreeSet<u32> {
        let indexes: Vec<_> = scan
            .batches
            .iter()
            .flat_map(|batch| &batch.indexes)
            .collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut irregular = Vec::new();
            while let Some((number, digest)) = indexes.get(next.fetch_add(1, Memory::Relaxed)) {
                if Some(self.digest_of(scan, *number)) != *digest {
                    irregular.push(*number);
                }
            }
            irregular
        };
        in_parallel(work).into_iter().flatten().collect()
    }

    /// The sum over the names found in directory `number`.
    fn digest_of(&self, scan: &Scan, number: u32) -> Digest {
        let mut digest = Digest::default();
        for child in self.list.get(self.of(number.into())).unwrap_or_default() {
            if let Some((name, row)) = scan.name_of(child) {
                digest.add(row.reference(), name);
            }
        }
        digest
    }
}

/// All names whose parent is what their record says: the directory in that life of its record, or a
/// record that is damaged.
fn gather(scan: &Scan) -> Vec<Child> {
    let mut list = Vec::with_capacity(
        scan.batches
            .iter()
            .map(|batch| batch.parents().count())
            .sum(),
    );
    let mut known = (FileReference::default(), false);
    for (batch_number, batch) in (0..).zip(&scan.batches) {
        for (name, entry) in (0..).zip(batch.parents()) {
            if known.0 != entry.parent {
                known = (entry.parent, may_be_parent(scan, entry.parent));
            }
            let parent = u32::try_from(entry.parent.record())
                .ok()
                .filter(|_| known.1);
            let Some(parent) = parent else { continue };
            if !is_root_itself(batch, usize::try_from(name).unwrap_or_default(), parent) {
                list.push(Child {
                    parent,
                    batch: batch_number,
                    name,
                });
            }
        }
    }
    list
}

fn may_be_parent(scan: &Scan, parent: FileReference) -> bool {
    let is_same = |sequence| [sequence, 0].contains(&parent.sequence());
    scan.row(parent.record())
        .is_none_or(|row| row.is_directory && is_same(row.sequence))
}

/// Whether this is the entry `.` by which the root lists itself.
fn is_root_itself(batch: &Batch, name: usize, parent: u32) -> bool {
    batch
        .name(name)
        .is_some_and(|(name, row)| name == b"." && row.number == parent)
}

/// Sorts the children of each directory by name, several directories at a time.
fn sort_directories(list: &mut [Child], order: &Order<'_>) {
    let stretches = std::sync::Mutex::new(stretches(list).into_iter());
    in_parallel(|| {
        let next = || {
            let mut stretches = stretches
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            stretches.next()
        };
        while let Some(stretch) = next() {
            for directory in stretch.chunk_by_mut(|a, b| a.parent == b.parent) {
                directory.sort_by(|a, b| order.compare(a, b));
            }
        }
    });
}

/// Cuts the list into pieces of whole directories.
fn stretches(mut rest: &mut [Child]) -> Vec<&mut [Child]> {
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let last = rest
            .get(STRETCH.min(rest.len()).saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let end = rest.partition_point(|child| child.parent <= last.parent);
        let (piece, tail) = rest.split_at_mut(end.max(1).min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// The order of names in an index, with a short way for names in ASCII.
struct Order<'a> {
    scan: &'a Scan,
    upcase: &'a UpCase,
    /// The upper case of every ASCII character.
    ascii: Vec<u16>,
}

impl<'a> Order<'a> {
    fn new(scan: &'a Scan, upcase: &'a UpCase) -> Self {
        let ascii = upcase.fold(&(0..0x80).collect::<Vec<u16>>());
        Self {
            scan,
            upcase,
            ascii,
        }
    }

    fn compare(&self, a: &Child, b: &Child) -> Ordering {
        let [a, b] = [a, b].map(|child| self.scan.name_of(child).map_or(&[][..], |(name, _)| name));
        for (left, right) in a.iter().zip(b).filter(|(left, right)| left != right) {
            match [left, right].map(|byte| self.ascii.get(usize::from(*byte))) {
                [Some(left), Some(right)] if left == right => {}
                [Some(left), Some(right)] => return left.cmp(right),
                // Not ASCII: only code units tell.
                _ => return self.compare_units(a, b),
            }
        }
        a.len().cmp(&b.len()).then_with(|| a.cmp(b))
    }

    fn compare_units(&self, a: &[u8], b: &[u8]) -> Ordering {
        let [a, b] = [a, b].map(|name| Name::from_bytes(name).to_utf16());
        self.upcase.compare(&a, &b)
    }
}
