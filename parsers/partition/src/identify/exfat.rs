//! exFAT, with the label from its root directory.

use std::io;

use super::{Foreign, ForeignKind};
use crate::format::boot_sector::{ExFat, ExFatEntry};
use crate::probe::Probe;
use crate::text;

/// Directory entry type of the volume label.
const LABEL: u8 = 0x83;
/// Directory entry type after the last entry.
const END: u8 = 0;
/// How many entries of the root directory are looked through.
const ENTRIES: u64 = 1024;
const ENTRY: u64 = 32;

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let boot = volume.read::<ExFat>(0)?;
    let Some(boot) = boot.filter(is_plausible) else {
        return Ok(None);
    };
    let serial = boot.serial.get();
    Ok(Some(Foreign {
        label: label(volume, &boot)?,
        size: boot
            .volume_sectors
            .get()
            .checked_mul(1 << boot.sector_shift),
        id: Some(format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff)),
        ..Foreign::of(ForeignKind::ExFat)
    }))
}

/// exFAT specification 3.1.5, 3.1.14 and 3.1.15.
fn is_plausible(boot: &ExFat) -> bool {
    boot.name == *b"EXFAT   "
        && (9..=12).contains(&boot.sector_shift)
        && boot.cluster_shift <= 25_u8.saturating_sub(boot.sector_shift)
        && boot.root_cluster.get() >= 2
}

/// The label entry in the root directory's first cluster.
fn label(volume: Probe<'_>, boot: &ExFat) -> io::Result<Option<String>> {
    let cluster = u64::from(boot.root_cluster.get()).saturating_sub(2) << boot.cluster_shift;
    let sector = cluster.saturating_add(boot.heap_offset.get().into());
    let offset = sector.saturating_mul(1 << boot.sector_shift);
    for index in 0..ENTRIES.min(1 << (boot.sector_shift.saturating_add(boot.cluster_shift)) >> 5) {
        let offset = offset.saturating_add(index.saturating_mul(ENTRY));
        match volume.read::<ExFatEntry>(offset)? {
            Some(entry) if entry.entry_type == LABEL => {
                let len = usize::from(entry.characters).min(entry.label.len());
                return Ok(entry.label.get(..len).and_then(text::utf16));
            }
            Some(entry) if entry.entry_type != END => {}
            _ => break,
        }
    }
    Ok(None)
}
