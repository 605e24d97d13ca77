//! All names of an index, also those that damage has cut off.

use std::collections::HashSet;

use tree::Cursor;

use super::names::IndexedName;
use super::walk::Walk;
use super::{Directory, Result};

/// Bytes of the index's bitmap that are read at once.
const BITMAP_CHUNK: u64 = 4096;

/// All names in order, and behind them those in index records that are in use and that no node
/// refers to, where nodes were lost.
pub(super) struct Scan {
    walk: Walk,
    unreferred: Option<Unreferred>,
}

impl From<Walk> for Scan {
    /// The names from where `walk` is.
    fn from(walk: Walk) -> Self {
        Self {
            walk,
            unreferred: None,
        }
    }
}

impl Scan {
    pub(super) fn from_start(directory: &Directory) -> Self {
        Walk::from_start(directory).into()
    }

    /// The next name, DOS twins and all; damage is one error, after which it goes on.
    pub(super) fn next(&mut self, directory: &Directory) -> Option<Result<IndexedName>> {
        loop {
            if let Some(item) = self.walk.next(directory) {
                return Some(item);
            }
            if !self.walk.is_cut {
                return None;
            }
            let unreferred = self
                .unreferred
                .get_or_insert_with(|| Unreferred::of(directory));
            match directory.block(unreferred.next(directory)?) {
                Ok(node) => self.walk.push_flat(node),
                Err(fault) => return Some(Err(fault)),
            }
        }
    }

    /// Goes on until the entry that `cursor` is behind, or to the end where there is none.
    pub(super) fn skip_to(&mut self, cursor: Cursor, directory: &Directory) {
        while let Some(item) = self.next(directory) {
            if item.is_ok_and(|found| found.next == cursor) {
                return;
            }
        }
    }
}

/// The index records in use that no node refers to.
struct Unreferred {
    referred: HashSet<u64>,
    /// The record to look at next.
    next: u64,
    /// A part of the bitmap, and the record that its first bit is for.
    bits: Vec<u8>,
    bits_from: u64,
}

impl Unreferred {
    fn of(directory: &Directory) -> Self {
        let mut walk = Walk::from_start(directory);
        while walk.next(directory).is_some() {}
        Self {
            referred: walk.seen,
            next: 0,
            bits: Vec::new(),
            bits_from: 0,
        }
    }

    fn next(&mut self, directory: &Directory) -> Option<u64> {
        while self.next < directory.blocks() {
            let block = self.next;
            self.next = block.saturating_add(1);
            if self.is_in_use(block, directory)? && !self.referred.contains(&block) {
                return Some(block);
            }
        }
        None
    }

    /// Whether the bitmap says that `block` is in use; `None` where it does not say.
    ///
    /// Without a bitmap no record is taken for one in use: it may be left from files long deleted.
    fn is_in_use(&mut self, block: u64, directory: &Directory) -> Option<bool> {
        if block & (BITMAP_CHUNK.wrapping_mul(8).wrapping_sub(1)) == 0 {
            self.load(block, directory)?;
        }
        let bit = block.checked_sub(self.bits_from)?;
        let byte = self.bits.get(usize::try_from(bit / 8).ok()?)?;
        Some(byte.wrapping_shr(u32::try_from(bit % 8).ok()?) & 1 == 1)
    }

    /// Reads the part of the bitmap whose first bit is for `block`.
    fn load(&mut self, block: u64, directory: &Directory) -> Option<()> {
        let bitmap = directory.parts.bitmap.as_ref()?;
        let len = bitmap.size().saturating_sub(block / 8).min(BITMAP_CHUNK);
        self.bits = vec![0; usize::try_from(len).ok()?];
        self.bits_from = block;
        bitmap.read_exact_at(&mut self.bits, block / 8).ok()
    }
}
