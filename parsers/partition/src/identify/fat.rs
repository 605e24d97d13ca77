//! FAT12, FAT16 and FAT32, with the label from the root directory.

use std::io;

use zerocopy::FromBytes;

use super::{Foreign, ForeignKind};
use crate::format::boot_sector::{Fat, Fat32, FatEntry, FatExtended};
use crate::probe::Probe;
use crate::text;

/// Fewer clusters than this are FAT12, and fewer than `FAT32_FROM` are FAT16.
const FAT16_FROM: u64 = 4085;
const FAT32_FROM: u64 = 65_525;
/// Where FAT32 has its own fields.
const FAT32_FIELDS: u64 = 36;
const EXTENDED: u8 = 0x29;
/// Directory entry attributes: a label has this one of them, a part of a long name all four.
const VOLUME_LABEL: u8 = 0x08;
const LONG_NAME: u8 = 0x0f;
const DELETED: u8 = 0xe5;
const ENTRY: u64 = 32;
/// As much of a root directory as is looked through, in bytes.
const LOOKED_AT: u64 = 32 << 10;

/// Where things are in a volume, in sectors of `sector_size` bytes.
struct Layout {
    sector_size: u64,
    sectors: u64,
    root_start: u64,
    root_sectors: u64,
    clusters: u64,
    cluster_sectors: u64,
}

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let (Some(boot), Some(wide)) = (volume.read::<Fat>(0)?, volume.read::<Fat32>(FAT32_FIELDS)?)
    else {
        return Ok(None);
    };
    let Some(layout) = Layout::of(&boot, &wide).filter(|_| has_jump(&boot)) else {
        return Ok(None);
    };
    let kind = layout.kind();
    let is_32 = kind == ForeignKind::Fat32;
    let extended = if is_32 {
        boot.extended_32
    } else {
        boot.extended
    };
    let extended = Some(extended).filter(|extended| extended.boot_signature == EXTENDED);
    let root = if is_32 {
        layout.cluster(&wide)
    } else {
        Some(layout.root())
    };
    let in_root = match root {
        Some((offset, len)) => label(volume, offset, len)?,
        None => None,
    };
    let in_boot = extended.and_then(|extended| text::label(&extended.label));
    Ok(Some(Foreign {
        label: in_root.or(in_boot.filter(|label| label != "NO NAME")),
        size: layout.sectors.checked_mul(layout.sector_size),
        id: extended.map(serial),
        ..Foreign::of(kind)
    }))
}

fn has_jump(boot: &Fat) -> bool {
    matches!(boot.jump, [0xeb, _, 0x90] | [0xe9, ..])
}

fn serial(extended: FatExtended) -> String {
    let serial = extended.serial.get();
    format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff)
}

impl Layout {
    /// `None` where the fields contradict the specification: then this is no FAT volume.
    fn of(boot: &Fat, wide: &Fat32) -> Option<Self> {
        let sector_size = u64::from(boot.bytes_per_sector.get());
        let cluster_sectors = u64::from(boot.sectors_per_cluster);
        let either = |short: u16, long: u32| {
            if short != 0 {
                short.into()
            } else {
                u64::from(long)
            }
        };
        let sectors = either(boot.total_sectors_16.get(), boot.total_sectors_32.get());
        let fat_sectors = either(boot.fat_sectors_16.get(), wide.fat_sectors.get());
        let reserved = u64::from(boot.reserved_sectors.get());
        let valid = (512..=4096).contains(&sector_size)
            && sector_size.is_power_of_two()
            && cluster_sectors.is_power_of_two()
            && (boot.media == 0xf0 || boot.media >= 0xf8)
            && (1..=2).contains(&boot.fat_count)
            && reserved != 0
            && fat_sectors != 0;
        let root_start = fat_sectors
            .checked_mul(boot.fat_count.into())?
            .checked_add(reserved)?;
        let root_bytes = u64::from(boot.root_entries.get()).checked_mul(ENTRY)?;
        let root_sectors = root_bytes
            .checked_next_multiple_of(sector_size)?
            .checked_div(sector_size)?;
        let data = sectors.checked_sub(root_start)?.checked_sub(root_sectors)?;
        let clusters = data.checked_div(cluster_sectors)?;
        valid.then_some(Self {
            sector_size,
            sectors,
            root_start,
            root_sectors,
            clusters,
            cluster_sectors,
        })
    }

    /// By the number of clusters, and by nothing else. FAT specification, "FAT type determination".
    fn kind(&self) -> ForeignKind {
        match self.clusters {
            clusters if clusters >= FAT32_FROM => ForeignKind::Fat32,
            // Formatted against the rule, which other systems read all the same.
            _ if self.root_sectors == 0 => ForeignKind::Fat32,
            clusters if clusters >= FAT16_FROM => ForeignKind::Fat16,
            _ => ForeignKind::Fat12,
        }
    }

    /// Offset and length of the root directory of FAT12 and FAT16, in bytes.
    fn root(&self) -> (u64, u64) {
        let bytes = |sectors: u64| sectors.saturating_mul(self.sector_size);
        (bytes(self.root_start), bytes(self.root_sectors))
    }

    /// Offset and length of the first cluster of FAT32's root directory, in bytes.
    fn cluster(&self, wide: &Fat32) -> Option<(u64, u64)> {
        let index = u64::from(wide.root_cluster.get()).checked_sub(2)?;
        let sector = index
            .checked_mul(self.cluster_sectors)?
            .checked_add(self.root_start)?;
        let len = self.cluster_sectors.checked_mul(self.sector_size)?;
        Some((sector.checked_mul(self.sector_size)?, len))
    }
}

/// The label entry of a root directory.
fn label(volume: Probe<'_>, offset: u64, len: u64) -> io::Result<Option<String>> {
    let bytes = volume.bytes(offset.min(volume.size()), len.min(LOOKED_AT))?;
    let (entries, _) =
        <[FatEntry]>::ref_from_prefix_with_elems(&bytes, bytes.len() >> 5).unwrap_or((&[], &[]));
    let used = entries
        .iter()
        .take_while(|entry| entry.name.first() != Some(&0));
    let mut labels = used.filter(|entry| {
        entry.attributes & LONG_NAME == VOLUME_LABEL && entry.name.first() != Some(&DELETED)
    });
    Ok(labels.next().and_then(|entry| text::label(&entry.name)))
}
