//! The lists of a key's subkeys.

use std::sync::Arc;

use blockio::Fault;
use zerocopy::FromBytes;
use zerocopy::little_endian::U32;

use crate::cells::Cells;
use crate::format::{FAST_LEAF, HASH_LEAF, Hinted, INDEX_LEAF, INDEX_ROOT, KeyNode, ListHeader};

/// Longest list, in bytes: a count of 16 bits, and 8 bytes an element.
const LONGEST: usize = size_of::<ListHeader>() + size_of::<Hinted>() * 65_535;

/// Where a key is, and the hash of its name where the list holds that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) offset: u32,
    pub(crate) hash: Option<u32>,
}

/// The subkeys of a key, and why some of them are not known.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) keys: Vec<Place>,
    pub(crate) damage: Vec<Arc<Fault>>,
}

/// The subkeys listed at `offset`: by a leaf, or by an index root of leaves.
pub(crate) fn list(cells: &Cells, offset: u32) -> Listed {
    let mut listed = Listed::default();
    if let Err(fault) = listed.add(cells, offset, true) {
        listed.damage.push(fault);
    }
    listed
}

impl Listed {
    /// Adds what the list at `offset` holds; an index root leads to leaves only.
    fn add(&mut self, cells: &Cells, offset: u32, may_be_root: bool) -> Result<(), Arc<Fault>> {
        let (signature, count, bytes) = cells.list(offset, LONGEST)?;
        let cut = || {
            cells
                .damaged("subkeys list", offset)
                .found(format!("less than its {count} elements"))
        };
        let plain = || <[U32]>::ref_from_prefix_with_elems(&bytes, count);
        match signature {
            INDEX_LEAF => {
                let (offsets, _) = plain().map_err(|_| cut())?;
                let key = |at: &U32| Place {
                    offset: at.get(),
                    hash: None,
                };
                self.keys.extend(offsets.iter().map(key));
            }
            FAST_LEAF | HASH_LEAF => {
                let elements = <[Hinted]>::ref_from_prefix_with_elems(&bytes, count);
                let (elements, _) = elements.map_err(|_| cut())?;
                let key = |element: &Hinted| Place {
                    offset: element.key.get(),
                    hash: (signature == HASH_LEAF).then_some(element.hint.get()),
                };
                self.keys.extend(elements.iter().map(key));
            }
            INDEX_ROOT if may_be_root => {
                let (offsets, _) = plain().map_err(|_| cut())?;
                self.add_leaves(cells, offset, offsets)?;
            }
            _ => {
                return Err(Arc::new(
                    cells
                        .damaged("subkeys list", offset)
                        .expected("signature li, lf or lh"),
                ));
            }
        }
        Ok(())
    }

    fn add_leaves(&mut self, cells: &Cells, root: u32, leaves: &[U32]) -> Result<(), Arc<Fault>> {
        // No more keys than fit in the hive: leaves that are listed again and again end here.
        let most = usize::try_from(cells.size()).unwrap_or(usize::MAX);
        let most = most.checked_div(size_of::<KeyNode>()).unwrap_or_default();
        for leaf in leaves {
            if let Err(fault) = self.add(cells, leaf.get(), false) {
                self.damage.push(fault);
            }
            if self.keys.len().saturating_add(self.damage.len()) > most {
                let fault = cells.damaged("subkeys list", root);
                return Err(Arc::new(fault.found("more keys than fit in the hive")));
            }
        }
        Ok(())
    }
}
