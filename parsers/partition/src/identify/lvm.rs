//! LVM2 physical volumes, with the name of their volume group.

use std::io;

use super::{Foreign, ForeignKind};
use crate::format::superblock::{LvmLabel, LvmMetadata, LvmPhysicalVolume};
use crate::probe::Probe;

const SECTOR: u64 = 512;
/// The label is in one of this many sectors.
const SCANNED: u64 = 4;
const METADATA_MAGIC: [u8; 16] = *b" LVM2 x[5A%r0N*>";
/// Longest name of a volume group, in bytes.
const LONGEST_NAME: u64 = 127;

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    for sector in 0..SCANNED {
        let offset = sector.saturating_mul(SECTOR);
        let label = volume.read::<LvmLabel>(offset)?;
        let is_label = |label: &LvmLabel| label.magic == *b"LABELONE" && label.kind == *b"LVM2 001";
        let Some(label) = label.filter(is_label) else {
            continue;
        };
        let header = offset.saturating_add(label.offset.get().into());
        let Some(header) = volume.read::<LvmPhysicalVolume>(header)? else {
            continue;
        };
        return Ok(Some(Foreign {
            label: volume_group(volume, &header)?,
            size: Some(header.device_size.get()),
            id: Some(dashed(&header.uuid)),
            ..Foreign::of(ForeignKind::Lvm2)
        }));
    }
    Ok(None)
}

/// The UUID as LVM prints it: groups of 6-4-4-4-4-4-6.
fn dashed(uuid: &[u8; 32]) -> String {
    let mut text = String::new();
    for (at, byte) in uuid.iter().enumerate() {
        if [6, 10, 14, 18, 22, 26].contains(&at) {
            text.push('-');
        }
        text.push(char::from(*byte));
    }
    text
}

/// The first word of the metadata text; a physical volume of no group has none.
fn volume_group(volume: Probe<'_>, header: &LvmPhysicalVolume) -> io::Result<Option<String>> {
    // Areas of data, a pair of zeros, areas of metadata.
    let areas = header
        .areas
        .iter()
        .skip_while(|area| area.offset.get() != 0);
    let Some(area) = areas.skip(1).find(|area| area.offset.get() != 0) else {
        return Ok(None);
    };
    let metadata = volume.read::<LvmMetadata>(area.offset.get())?;
    let is_metadata =
        |found: &LvmMetadata| found.magic == METADATA_MAGIC && found.text_size.get() != 0;
    let Some(metadata) = metadata.filter(is_metadata) else {
        return Ok(None);
    };
    let text = area.offset.get().saturating_add(metadata.text_offset.get());
    let text = volume.bytes(text.min(volume.size()), LONGEST_NAME.saturating_add(2))?;
    let name = text.split(|&byte| byte == b' ').next().unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"+_.-".contains(byte);
    let name = Some(name).filter(|name| !name.is_empty() && name.iter().all(is_name));
    Ok(name.map(|name| String::from_utf8_lossy(name).into_owned()))
}
