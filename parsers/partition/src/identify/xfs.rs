//! XFS.

use std::io;

use uuid::Uuid;

use super::{Foreign, ForeignKind};
use crate::format::superblock::Xfs;
use crate::probe::Probe;
use crate::text;

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let superblock = volume.read::<Xfs>(0)?;
    let superblock = superblock.filter(|superblock| superblock.magic == *b"XFSB");
    Ok(superblock.map(|superblock| Foreign {
        label: text::label(&superblock.label),
        size: superblock
            .blocks
            .get()
            .checked_mul(superblock.block_size.get().into()),
        id: Some(Uuid::from_bytes(superblock.uuid).to_string()),
        ..Foreign::of(ForeignKind::Xfs)
    }))
}
