//! Linux swap space, also where a hibernated system lies in it.

use std::io;

use uuid::Uuid;

use super::{Foreign, ForeignKind};
use crate::format::superblock::Swap;
use crate::probe::Probe;
use crate::text;

const HEADER: u64 = 1024;
/// Swap space, and what software suspend puts in the same place.
const MAGICS: [&[u8]; 3] = [b"SWAPSPACE2", b"S1SUSPEND\0", b"ULSUSPEND\0"];
/// The page sizes of the machines that Linux runs on.
const PAGE_SIZES: [u64; 4] = [4 << 10, 8 << 10, 16 << 10, 64 << 10];

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    for page_size in PAGE_SIZES {
        // The magic ends the first page.
        let magic = volume.bytes(page_size.saturating_sub(10), 10)?;
        if !MAGICS.contains(&&*magic) {
            continue;
        }
        let Some(header) = volume.read::<Swap>(HEADER)? else {
            continue;
        };
        let pages = u64::from(header.last_page.get()).saturating_add(1);
        return Ok(Some(Foreign {
            label: text::label(&header.label),
            size: pages.checked_mul(page_size),
            id: Some(Uuid::from_bytes(header.uuid).to_string()),
            ..Foreign::of(ForeignKind::Swap)
        }));
    }
    Ok(None)
}
