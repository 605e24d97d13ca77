//! View indexes: B-trees of the file system's own whose keys are numbers (`$SII`, `$O`).

use std::sync::Arc;

use blockio::ReadAt;
use zerocopy::FromBytes;

use crate::fixup;
use crate::format::{
    ENTRY_HAS_SUBNODE, ENTRY_IS_LAST, INDEX_SIGNATURE, IndexHeader, IndexRecordHeader, IndexRoot,
    ViewEntryHeader,
};

/// Sizes that index records have.
const RECORD_SIZES: std::ops::RangeInclusive<u64> = 512..=65_536;
/// What a VCN counts where a cluster is larger than an index record.
const SMALL_VCN_UNIT: u64 = 512;
/// Nodes from the root down to a leaf, at most: with two entries a node, more than any volume holds.
const MAX_DEPTH: usize = 32;

/// A view index, opened. Damage shows where keys are looked up.
pub(crate) struct ViewIndex {
    /// Value of `$INDEX_ROOT`.
    pub(crate) root: Vec<u8>,
    /// The stream `$INDEX_ALLOCATION`, if there is one.
    pub(crate) allocation: Option<Arc<dyn ReadAt>>,
    /// Bytes of a cluster.
    pub(crate) cluster_size: u64,
}

/// What a node says of a key.
enum Step<'a> {
    /// The data of its entry.
    Found(&'a [u8]),
    /// The key is in the node at this VCN, if anywhere.
    Down(u64),
    Missing,
}

impl ViewIndex {
    /// The data of the entry with `key`; `None` where there is no such entry.
    ///
    /// # Errors
    /// What is wrong with the index on the way there.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let mut node = self.root.clone();
        let mut header_at = size_of::<IndexRoot>();
        for _ in 0..MAX_DEPTH {
            match step(&node, header_at, key)? {
                Step::Found(data) => return Ok(Some(data.to_vec())),
                Step::Missing => return Ok(None),
                Step::Down(vcn) => node = self.record(vcn)?,
            }
            header_at = size_of::<IndexRecordHeader>();
        }
        Err("the index has no end downwards".into())
    }

    /// The index record at `vcn`, fixups applied.
    fn record(&self, vcn: u64) -> Result<Vec<u8>, String> {
        let wrong = |why: &str| format!("the index record of VCN {vcn:#x} {why}");
        let size = self.record_size()?;
        let unit = match self.cluster_size <= size {
            true => self.cluster_size,
            false => SMALL_VCN_UNIT,
        };
        let offset = vcn
            .checked_mul(unit)
            .ok_or_else(|| wrong("is beyond all sizes"))?;
        let allocation = self
            .allocation
            .as_ref()
            .ok_or_else(|| wrong("is not there"))?;
        let mut record = vec![0; usize::try_from(size).unwrap_or_default()];
        let read = allocation.read_exact_at(&mut record, offset);
        read.map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        fixup::apply(&mut record, INDEX_SIGNATURE).map_err(|why| wrong(&why))?;
        match IndexRecordHeader::ref_from_prefix(&record) {
            Ok((header, _)) if header.vcn == vcn => Ok(record),
            _ => Err(wrong("is another one")),
        }
    }

    fn record_size(&self) -> Result<u64, &'static str> {
        let (root, _) =
            IndexRoot::ref_from_prefix(&self.root).map_err(|_| "the index root is cut off")?;
        let size = u64::from(root.index_record_size.get());
        match size.is_power_of_two() && RECORD_SIZES.contains(&size) {
            true => Ok(size),
            false => Err("the index root states an impossible size of index records"),
        }
    }
}

/// Looks for `key` in the node whose header is at byte `header_at` of `node`.
fn step<'a>(node: &'a [u8], header_at: usize, key: &[u8]) -> Result<Step<'a>, &'static str> {
    let node = node.get(header_at..).unwrap_or_default();
    let (header, _) = IndexHeader::ref_from_prefix(node).map_err(|_| "a node is cut off")?;
    let position = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let mut rest = node
        .get(position(header.first_entry.get())..position(header.used.get()))
        .ok_or("a node has entries that leave it")?;
    loop {
        let (entry, _) =
            ViewEntryHeader::ref_from_prefix(rest).map_err(|_| "a node does not end")?;
        let length = usize::from(entry.length.get());
        let (own, behind) = rest
            .split_at_checked(length)
            .ok_or("an entry leaves its node")?;
        let own_key = own
            .get(size_of::<ViewEntryHeader>()..)
            .and_then(|own| own.get(..entry.key_length.get().into()))
            .ok_or("an entry is shorter than its key")?;
        let is_last = entry.flags.get() & ENTRY_IS_LAST != 0;
        if !is_last && own_key == key {
            return data(entry, own).map(Step::Found);
        }
        if is_last || numbers(own_key).gt(numbers(key)) {
            return Ok(
                match (entry.flags.get() & ENTRY_HAS_SUBNODE, own.last_chunk()) {
                    (0, _) | (_, None) => Step::Missing,
                    (_, Some(vcn)) => Step::Down(u64::from_le_bytes(*vcn)),
                },
            );
        }
        rest = behind;
    }
}

/// The data of an entry.
fn data<'a>(entry: &ViewEntryHeader, own: &'a [u8]) -> Result<&'a [u8], &'static str> {
    let data = own.get(usize::from(entry.data_offset.get())..);
    let data = data.and_then(|data| data.get(..usize::from(entry.data_length.get())));
    data.ok_or("an entry has data that leave it")
}

/// A key as it is compared: number by number.
fn numbers(key: &[u8]) -> impl Iterator<Item = u32> {
    key.as_chunks().0.iter().copied().map(u32::from_le_bytes)
}

#[cfg(test)]
#[path = "view_index_tests.rs"]
mod tests;
