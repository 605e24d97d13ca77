//! A log of the old format: a bitmap of dirty pages, then these pages.

use blockio::{Fault, clamp};

use super::part;
use crate::base_block::BaseBlock;
use crate::codes;
use crate::format::{DIRTY_VECTOR_SIGNATURE, PAGE};
use crate::overlay::Overlay;

/// The pages of a log of the old format.
pub(crate) struct DirtyPages {
    /// Where each belongs in the hive bins data.
    offsets: Vec<u32>,
    /// The pages in that order.
    bytes: Vec<u8>,
}

impl DirtyPages {
    /// Reads what follows the base block `base` in a log. "Old format".
    pub(super) fn read(log: &[u8], base: &BaseBlock, name: &str) -> Result<Self, Fault> {
        let start = base.sector();
        let fault = || Fault::damaged(&codes::LOG, name.to_owned()).at(start);
        if !base.is_complete() {
            return Err(fault().found("a log that was being written"));
        }
        let signature = clamp(DIRTY_VECTOR_SIGNATURE.len());
        if part(log, start, signature) != Some(&DIRTY_VECTOR_SIGNATURE) {
            return Err(fault().expected("signature DIRT"));
        }
        let pages = u64::from(base.bins_size()).div_ceil(clamp(PAGE));
        let after_signature = start.saturating_add(signature);
        let bitmap_len = pages.div_ceil(8);
        let cut = || fault().found("less than its bitmap says");
        let bitmap = part(log, after_signature, bitmap_len).ok_or_else(cut)?;
        let offsets = dirty(bitmap, base.bins_size());
        let first = after_signature
            .saturating_add(bitmap_len)
            .next_multiple_of(base.sector());
        let len = clamp(offsets.len()).saturating_mul(clamp(PAGE));
        let bytes = part(log, first, len).ok_or_else(cut)?.to_vec();
        Ok(Self { offsets, bytes })
    }

    /// Puts the pages over the hive; how many there are.
    pub(crate) fn apply(&self, hive: &mut Overlay) -> u64 {
        let (pages, _) = self.bytes.as_chunks::<PAGE>();
        let put = |(offset, page): (&u32, &[u8; PAGE])| hive.put(*offset, page);
        self.offsets.iter().zip(pages).filter_map(put).sum()
    }
}

/// The offset of each page whose bit is set.
fn dirty(bitmap: &[u8], bins_size: u32) -> Vec<u32> {
    let bits = bitmap
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
    let pages = (0..bins_size).step_by(PAGE);
    pages
        .zip(bits)
        .filter_map(|(offset, is_dirty)| is_dirty.then_some(offset))
        .collect()
}
