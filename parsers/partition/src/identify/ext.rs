//! ext2, ext3, ext4 and their external journals.

use std::io;

use uuid::Uuid;

use super::{Foreign, ForeignKind};
use crate::format::superblock::Ext;
use crate::probe::Probe;
use crate::text;

const SUPERBLOCK: u64 = 1024;
const MAGIC: u16 = 0xef53;
/// Compatible feature: has a journal.
const HAS_JOURNAL: u32 = 0x4;
/// Incompatible feature: is a journal.
const IS_JOURNAL: u32 = 0x8;
/// Incompatible feature: block numbers have 64 bits.
const WIDE: u32 = 0x80;
/// Incompatible features that ext3 knows: file type, recovery, metadata groups.
const EXT3_INCOMPATIBLE: u32 = 0x2 | 0x4 | 0x10;
/// Read-only compatible features that ext3 knows: sparse superblocks, large files, B-trees.
const EXT3_READ_ONLY: u32 = 0x1 | 0x2 | 0x4;
/// Block sizes go up to 64 KiB.
const LARGEST_BLOCK_SHIFT: u32 = 6;

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let superblock = volume.read::<Ext>(SUPERBLOCK)?;
    Ok(superblock.filter(is_plausible).map(|superblock| Foreign {
        label: text::label(&superblock.label),
        size: size(&superblock),
        id: Some(Uuid::from_bytes(superblock.uuid).to_string()),
        ..Foreign::of(kind(&superblock))
    }))
}

fn is_plausible(superblock: &Ext) -> bool {
    superblock.magic.get() == MAGIC
        && superblock.block_shift.get() <= LARGEST_BLOCK_SHIFT
        && (superblock.inodes.get() != 0 || superblock.incompatible.get() & IS_JOURNAL != 0)
}

fn kind(superblock: &Ext) -> ForeignKind {
    let incompatible = superblock.incompatible.get();
    if incompatible & IS_JOURNAL != 0 {
        ForeignKind::ExtJournal
    } else if incompatible & !EXT3_INCOMPATIBLE != 0
        || superblock.read_only_compatible.get() & !EXT3_READ_ONLY != 0
    {
        ForeignKind::Ext4
    } else if superblock.compatible.get() & HAS_JOURNAL != 0 {
        ForeignKind::Ext3
    } else {
        ForeignKind::Ext2
    }
}

fn size(superblock: &Ext) -> Option<u64> {
    let wide = superblock.incompatible.get() & WIDE != 0;
    let high = if wide {
        superblock.blocks_high.get()
    } else {
        0
    };
    let blocks = u64::from(high) << 32 | u64::from(superblock.blocks_low.get());
    blocks.checked_mul(SUPERBLOCK << superblock.block_shift.get())
}
