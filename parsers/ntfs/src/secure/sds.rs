//! `$SDS`: the stream with the descriptors.
//!
//! It is made of blocks of 256 KiB in pairs: the second is a copy of the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use blockio::ReadAt;
use zerocopy::FromBytes;

use super::Found;
use crate::format::SecurityHeader;

/// Bytes of a block; no entry crosses its end.
pub(super) const BLOCK: u64 = 256 << 10;
/// Bytes of a block and its copy.
pub(super) const PAIR: u64 = 2 * BLOCK;
/// Entries begin at multiples of this.
const ALIGNMENT: usize = 16;
/// Bytes of an entry's header.
const HEADER: usize = size_of::<SecurityHeader>();
/// Bytes that are read for an entry at first; few descriptors are longer.
const USUAL: u64 = 1 << 10;
/// Bytes that are given up where they cannot be read, when all is read.
const PIECE: usize = 4 << 10;

/// The stream `$SDS`.
pub(super) struct Sds(pub(super) Arc<dyn ReadAt>);

/// An entry whose header and hash are right.
struct Entry<'a> {
    id: u32,
    descriptor: &'a [u8],
}

impl Sds {
    /// The descriptor of security id `id`, whose entry is at `offset`, or its copy.
    ///
    /// # Errors
    /// What is wrong with it, where both are damaged.
    pub(super) fn descriptor(&self, id: u32, offset: u64) -> Result<Found, String> {
        let first = match self.copy(id, offset, 0) {
            Ok(descriptor) => {
                return Ok(Found {
                    descriptor,
                    mirrored: None,
                });
            }
            Err(why) => format!("the entry at {offset:#x} of $SDS {why}"),
        };
        match self.copy(id, offset, BLOCK) {
            Ok(descriptor) => Ok(Found {
                descriptor,
                mirrored: Some(first),
            }),
            Err(why) => Err(format!("{first}, and its mirror copy {why}")),
        }
    }

    /// The descriptor of the entry of `offset` as it stands `away` from there.
    fn copy(&self, id: u32, offset: u64, away: u64) -> Result<Arc<[u8]>, String> {
        let at = offset.saturating_add(away);
        let left = BLOCK.saturating_sub(offset % BLOCK);
        let left = left.min(self.0.size().saturating_sub(at));
        let mut bytes = self.read(at, left.min(USUAL))?;
        if let Some(length) = stated_length(&bytes).filter(|&length| length > USUAL) {
            bytes = self.read(at, left.min(length))?;
        }
        let entry = Entry::parse(&bytes, offset)?;
        match entry.id == id {
            true => Ok(entry.descriptor.into()),
            false => Err(format!("is of security id {:#x}, not {id:#x}", entry.id)),
        }
    }

    fn read(&self, at: u64, len: u64) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
        let read = self.0.read_exact_at(&mut bytes, at);
        read.map_err(|error| format!("cannot be read: {error}"))?;
        Ok(bytes)
    }

    /// Where the entry of every security id is, found by reading everything.
    pub(super) fn all(&self) -> BTreeMap<u32, u64> {
        let mut found = BTreeMap::new();
        let mut start = 0_u64;
        while start < self.0.size() {
            let copies = [start, start.saturating_add(BLOCK)].map(|at| self.block(at));
            entries(&copies, start, |id, offset| {
                found.entry(id).or_insert(offset);
            });
            start = start.saturating_add(PAIR);
        }
        found
    }

    /// The block at `start`, as far as it is there; what cannot be read is zeros, which are no entry.
    fn block(&self, start: u64) -> Vec<u8> {
        let len = self.0.size().saturating_sub(start).min(BLOCK);
        if let Ok(bytes) = self.read(start, len) {
            return bytes;
        }
        let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
        for (piece, at) in bytes.chunks_mut(PIECE).zip((start..).step_by(PIECE)) {
            if self.0.read_exact_at(piece, at).is_err() {
                piece.fill(0);
            }
        }
        bytes
    }
}

/// Tells of each entry that is whole in one of the copies of the block at `start`. The hash does not
/// cover the security id: where the copies tell different ones, neither is believed.
fn entries(copies: &[Vec<u8>], start: u64, mut tell: impl FnMut(u32, u64)) {
    let longest = copies.iter().map(Vec::len).max().unwrap_or_default();
    let mut at = 0_usize;
    while at < longest {
        let offset = start.saturating_add(blockio::clamp(at));
        let mut whole = copies
            .iter()
            .filter_map(|copy| Entry::parse(copy.get(at..)?, offset).ok());
        let length = whole.next().map_or(ALIGNMENT, |entry| {
            if whole.all(|copy| copy.id == entry.id) {
                tell(entry.id, offset);
            }
            HEADER.saturating_add(entry.descriptor.len())
        });
        at = at.saturating_add(length.next_multiple_of(ALIGNMENT));
    }
}

/// Bytes of the entry that `bytes` begin with, header and all, as it states them.
fn stated_length(bytes: &[u8]) -> Option<u64> {
    let (header, _) = SecurityHeader::ref_from_prefix(bytes).ok()?;
    Some(header.length.get().into())
}

impl<'a> Entry<'a> {
    /// The entry that `bytes` begin with, which should be that of `offset`.
    fn parse(bytes: &'a [u8], offset: u64) -> Result<Self, &'static str> {
        let (header, _) = SecurityHeader::ref_from_prefix(bytes).map_err(|_| "is cut off")?;
        let (id, length) = (header.security_id.get(), header.length.get());
        if header.offset.get() != offset || id == 0 {
            return Err("has a damaged header");
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let descriptor = bytes
            .get(HEADER..length)
            .ok_or("has an impossible length")?;
        if hash(descriptor) != header.hash.get() {
            return Err("has a descriptor that its hash does not fit");
        }
        Ok(Self { id, descriptor })
    }
}

/// The hash by which NTFS finds equal descriptors.
pub(super) fn hash(descriptor: &[u8]) -> u32 {
    let words = descriptor.as_chunks().0.iter().copied();
    let rotate = |hash: u32, word| hash.rotate_left(3).wrapping_add(word);
    words.map(u32::from_le_bytes).fold(0, rotate)
}
