//! Btrfs.

use std::io;

use uuid::Uuid;

use super::{Foreign, ForeignKind};
use crate::format::superblock::Btrfs;
use crate::probe::Probe;
use crate::text;

const SUPERBLOCK: u64 = 64 << 10;

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let superblock = volume.read::<Btrfs>(SUPERBLOCK)?;
    let superblock = superblock.filter(|superblock| superblock.magic == *b"_BHRfS_M");
    Ok(superblock.map(|superblock| Foreign {
        label: text::label(&superblock.label),
        size: Some(superblock.total_bytes.get()),
        id: Some(Uuid::from_bytes(superblock.uuid).to_string()),
        ..Foreign::of(ForeignKind::Btrfs)
    }))
}
