//! ReFS.

use std::io;

use super::{Foreign, ForeignKind};
use crate::format::boot_sector::Refs;
use crate::probe::Probe;

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let boot = volume.read::<Refs>(0)?;
    let boot = boot.filter(|boot| boot.name == *b"ReFS\0\0\0\0" && boot.identifier == *b"FSRS");
    Ok(boot.map(|boot| Foreign {
        size: boot
            .total_sectors
            .get()
            .checked_mul(boot.bytes_per_sector.get().into()),
        id: Some(format!("{:016X}", boot.serial.get())),
        ..Foreign::of(ForeignKind::Refs)
    }))
}
