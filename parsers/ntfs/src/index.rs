//! Directories: the index `$I30`, a B-tree of names.
//!
//! Its root is the value of `$INDEX_ROOT`; the other nodes are index records in the stream
//! `$INDEX_ALLOCATION`, and the stream `$BITMAP` says which of those are in use.
//!
//! | module | owns |
//! |---|---|
//! | `entry`, `node` | the bytes of one entry, of one node |
//! | `walk` | the names in order, with the path of nodes down to where it is |
//! | `names` | the listing: where to go on, what no node refers to |
//! | `lookup` | one name, by descent |

mod entry;
mod lookup;
mod names;
mod node;
mod scan;
#[cfg(test)]
mod test_index;
mod walk;

use std::sync::Arc;

use blockio::{Fault, ReadAt};
use zerocopy::FromBytes;

use crate::codes;
use crate::flaw::{Flaw, Result};
use crate::format::{IndexRoot, attribute_type};
use crate::upcase::UpCase;

pub(crate) use entry::Namespace;
pub(crate) use names::{IndexedName, Names};
use node::{Node, Place};

/// Sizes that index records have.
const RECORD_SIZES: std::ops::RangeInclusive<u64> = 512..=65_536;
/// What a VCN counts where a cluster is larger than an index record.
const SMALL_VCN_UNIT: u64 = 512;
/// Index records beyond this are damage: the names of more files than a volume can hold.
const MAX_RECORDS: u64 = 1 << 27;

/// What a directory's index is made of.
pub(crate) struct Parts {
    /// Number of the directory's file record, for messages.
    pub(crate) directory: u64,
    /// Value of `$INDEX_ROOT`; empty where it cannot be read.
    pub(crate) root: Vec<u8>,
    /// The stream `$INDEX_ALLOCATION`, if there is one.
    pub(crate) allocation: Option<Arc<dyn ReadAt>>,
    /// The stream `$BITMAP` of the index, if there is one.
    pub(crate) bitmap: Option<Arc<dyn ReadAt>>,
    /// Bytes of a cluster.
    pub(crate) cluster_size: u64,
    /// Bytes of an index record as the boot sector states it; used where the root is damaged.
    pub(crate) record_size: u64,
    /// The volume's case rule.
    pub(crate) upcase: Arc<UpCase>,
}

/// A directory's index, opened. Damage shows where names are asked for, not before.
pub(crate) struct Directory {
    parts: Parts,
    /// Bytes of an index record.
    record_size: u64,
}

impl Directory {
    /// The index made of `parts`.
    pub(crate) fn new(parts: Parts) -> Self {
        let record_size = stated_record_size(&parts.root).unwrap_or(parts.record_size);
        Self { parts, record_size }
    }

    /// The node in `$INDEX_ROOT`.
    fn root(&self) -> Node {
        match stated_record_size(&self.parts.root) {
            Ok(_) => Node::root(self.parts.root.clone()),
            Err(why) => Node::damaged(Place::Root, why),
        }
    }

    /// Which index record begins at `vcn`.
    fn block_of(&self, vcn: u64) -> Result<u64, &'static str> {
        let offset = vcn
            .checked_mul(self.vcn_unit())
            .ok_or("a VCN beyond all sizes")?;
        let misplaced = offset.checked_rem(self.record_size) != Some(0);
        match offset.checked_div(self.record_size).filter(|_| !misplaced) {
            Some(block) if block < self.blocks() => Ok(block),
            Some(_) => Err("a VCN beyond the end of the index"),
            None => Err("a VCN within an index record"),
        }
    }

    /// Index record `block`, counted from the first.
    fn block(&self, block: u64) -> Result<Node> {
        let place = Place::Block(block);
        let offset = block.saturating_mul(self.record_size);
        let mut record = vec![0; usize::try_from(self.record_size).unwrap_or_default()];
        let allocation = self.parts.allocation.as_deref();
        allocation
            .ok_or_else(|| self.fault(place, "is in an index without $INDEX_ALLOCATION"))?
            .read_exact_at(&mut record, offset)
            .map_err(|error| Fault::from_io(&error, self.name_of(place)))?;
        let vcn = offset.checked_div(self.vcn_unit()).unwrap_or_default();
        Node::block(place, record, vcn).map_err(|why| self.fault(place, why))
    }

    /// How many index records there are, in use or not.
    fn blocks(&self) -> u64 {
        let size = self
            .parts
            .allocation
            .as_ref()
            .map_or(0, |allocation| allocation.size());
        size.checked_div(self.record_size)
            .unwrap_or_default()
            .min(MAX_RECORDS)
    }

    /// Bytes that a VCN of this index counts.
    fn vcn_unit(&self) -> u64 {
        if self.parts.cluster_size <= self.record_size {
            self.parts.cluster_size.max(1)
        } else {
            SMALL_VCN_UNIT
        }
    }

    /// Damage of the node at `place`.
    fn fault(&self, place: Place, why: impl Into<std::borrow::Cow<'static, str>>) -> Arc<Fault> {
        Flaw::new(&codes::INDEX, why).in_part(self.name_of(place))
    }

    fn name_of(&self, place: Place) -> String {
        let directory = self.parts.directory;
        match place {
            Place::Root => format!("index root of directory {directory}"),
            Place::Block(block) => format!("index record {block} of directory {directory}"),
        }
    }
}

/// The size of index records that an index of file names states in its root.
fn stated_record_size(root: &[u8]) -> Result<u64, &'static str> {
    let (header, _) = IndexRoot::ref_from_prefix(root).map_err(|_| "is too short")?;
    if header.attribute_type != attribute_type::FILE_NAME {
        return Err("is not one of file names");
    }
    let size = u64::from(header.index_record_size.get());
    if size.is_power_of_two() && RECORD_SIZES.contains(&size) {
        Ok(size)
    } else {
        Err("states an impossible size of index records")
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
