//! Members of Linux RAID arrays.

use std::io;

use zerocopy::big_endian::U32;
use zerocopy::transmute;

use super::{Foreign, ForeignKind};
use crate::format::superblock::{Raid, RaidOld};
use crate::probe::Probe;
use crate::text;

const MAGIC: u32 = 0xa92b_4efc;
const SECTOR: u64 = 512;

/// Superblocks at the start: versions 1.1 and 1.2.
pub(super) fn detect_at_start(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    for offset in [0, 4096] {
        if let Some(foreign) = version_1(volume, offset)? {
            return Ok(Some(foreign));
        }
    }
    Ok(None)
}

/// Superblocks near the end, where a mirror's member looks like the volume on it: 1.0 and 0.90.
pub(super) fn detect_at_end(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    // 8 to 12 KiB before the end, at a multiple of 4 KiB.
    if let Some(offset) = (volume.size() & !(SECTOR.saturating_sub(1))).checked_sub(8 << 10)
        && let Some(foreign) = version_1(volume, offset & !0xfff)?
    {
        return Ok(Some(foreign));
    }
    // 64 to 128 KiB before the end, at a multiple of 64 KiB.
    match (volume.size() & !0xffff).checked_sub(64 << 10) {
        Some(offset) => version_0(volume, offset),
        None => Ok(None),
    }
}

fn version_1(volume: Probe<'_>, offset: u64) -> io::Result<Option<Foreign>> {
    let superblock = volume.read::<Raid>(offset)?;
    let is_superblock = |found: &Raid| found.magic.get() == MAGIC && found.major_version.get() == 1;
    Ok(superblock.filter(is_superblock).map(|superblock| Foreign {
        label: text::label(&superblock.set_name),
        size: superblock.size.get().checked_mul(SECTOR),
        id: Some(uuid(superblock.set_uuid)),
        ..Foreign::of(ForeignKind::LinuxRaid)
    }))
}

fn version_0(volume: Probe<'_>, offset: u64) -> io::Result<Option<Foreign>> {
    let superblock = volume.read::<RaidOld>(offset)?;
    let is_superblock =
        |found: &RaidOld| found.magic.get() == MAGIC && found.major_version.get() == 0;
    Ok(superblock.filter(is_superblock).map(|superblock| {
        let [b, c, d] = superblock.uuid_1.map(u32::from);
        Foreign {
            size: u64::from(superblock.size.get()).checked_mul(1024),
            id: Some(words([superblock.uuid_0.get(), b, c, d])),
            ..Foreign::of(ForeignKind::LinuxRaid)
        }
    }))
}

/// As `mdadm` prints it.
fn uuid(bytes: [u8; 16]) -> String {
    let parts: [U32; 4] = transmute!(bytes);
    words(parts.map(u32::from))
}

fn words(words: [u32; 4]) -> String {
    words.map(|word| format!("{word:08x}")).join(":")
}
