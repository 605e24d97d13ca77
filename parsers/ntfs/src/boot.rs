//! The boot sector, its copy at the end of the volume, and the sizes they state.

use std::sync::Arc;

use blockio::{Fault, ReadAt};
use zerocopy::FromBytes;

use crate::codes;
use crate::data_run::Bounds;
use crate::flaw::{Flaw, Result};
use crate::format::BootSector;

/// Bytes of the boot sector that are read, whatever the sector size.
const LEN: usize = size_of::<BootSector>();
/// The copy begins at a multiple of this, in bytes.
const COPY_STEP: u64 = 512;
/// How many such steps before the end the copy is looked for: it is in the last sector, unless the
/// partition is larger than the volume in it.
const COPY_WITHIN: u64 = 128;
const MIN_CLUSTER: u64 = 512;
const MAX_CLUSTER: u64 = 2 << 20;
/// File and index records: at least a sector with its fixups, at most what Windows ever made, and
/// then some.
const RECORD_SIZES: std::ops::RangeInclusive<u64> = 512..=64 << 10;

/// What a boot sector states, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Bytes of a sector.
    pub(crate) sector_size: u32,
    /// Bytes of a cluster, a power of two.
    pub(crate) cluster_size: u64,
    /// Clusters of the volume; a partial one at its end is not counted.
    pub(crate) clusters: u64,
    /// Bytes of the volume without the copy of the boot sector.
    pub(crate) size: u64,
    /// Bytes of a file record.
    pub(crate) record_size: usize,
    /// Bytes of an index record; a directory's own index root counts more.
    pub(crate) index_record_size: u64,
    pub(crate) mft_lcn: u64,
    pub(crate) mft_mirror_lcn: u64,
    pub(crate) serial: u64,
}

/// Opens a volume by its boot sector, or by the copy of it where that is damaged or leads nowhere;
/// then the damage comes with what `open` gave.
///
/// # Errors
/// What the first sector led to, where the copy does not help.
pub(crate) fn by_either<T>(
    volume: &dyn ReadAt,
    open: impl Fn(&Geometry) -> Result<T>,
) -> Result<(Geometry, T, Option<Arc<Fault>>)> {
    let opened = |geometry: Geometry| open(&geometry).map(|opened| (geometry, opened));
    let first = read_at(volume, 0);
    let fault = match first.clone().and_then(opened) {
        Ok((geometry, opened)) => return Ok((geometry, opened, None)),
        Err(fault) => fault,
    };
    let copy = copy(volume).filter(|copy| first.as_ref() != Ok(copy));
    let found = copy.and_then(|copy| opened(copy).ok());
    let (geometry, opened) = found.ok_or_else(|| Arc::clone(&fault))?;
    let note = Fault::damaged(&codes::BACKUP_BOOT_SECTOR, "boot sector");
    let note = Arc::new(note.at(0).found(fault.found.clone()));
    Ok((geometry, opened, Some(note)))
}

/// The copy of the boot sector: the last sector that states a volume that ends where it stands.
fn copy(volume: &dyn ReadAt) -> Option<Geometry> {
    let sectors = volume.size().checked_div(COPY_STEP)?;
    let first = sectors.saturating_sub(COPY_WITHIN);
    (first..sectors).rev().find_map(|sector| {
        let at = sector.saturating_mul(COPY_STEP);
        let geometry = read_at(volume, at).ok()?;
        (geometry.size == at).then_some(geometry)
    })
}

fn read_at(volume: &dyn ReadAt, offset: u64) -> Result<Geometry> {
    let mut bytes = [0; LEN];
    volume
        .read_exact_at(&mut bytes, offset)
        .map_err(|error| match Fault::of(&error) {
            Some(fault) => Arc::clone(fault),
            None => Flaw::new(&codes::BOOT_SECTOR, error.to_string()).in_part("boot sector"),
        })?;
    parse(&bytes).map_err(|found| {
        let fault = Fault::damaged(&codes::BOOT_SECTOR, "boot sector");
        Arc::new(fault.at(offset).found(found))
    })
}

/// Checks a boot sector; in words, what is wrong with it.
fn parse(bytes: &[u8]) -> Result<Geometry, String> {
    let (boot, _) = BootSector::ref_from_prefix(bytes).map_err(|_| "is too short".to_owned())?;
    if boot.oem_id != *b"NTFS    " {
        let found = boot.oem_id.escape_ascii();
        return Err(format!("expected file system NTFS, found \"{found}\""));
    }
    let sector_size = sector_size(boot)?;
    let cluster_size = cluster_size(boot)?;
    let total = boot.total_sectors.get();
    let size = total
        .checked_mul(sector_size)
        .filter(|&size| size > 0 && i64::try_from(size).is_ok())
        .ok_or_else(|| format!("states {total} sectors"))?;
    let clusters = size.checked_div(cluster_size).unwrap_or_default();
    for (what, lcn) in [("$MFT", boot.mft_lcn), ("$MFTMirr", boot.mft_mirror_lcn)] {
        if what == "$MFT" && lcn.get() >= clusters {
            return Err(format!(
                "puts {what} at LCN {lcn}, volume has {clusters} clusters"
            ));
        }
    }
    Ok(Geometry {
        sector_size: u32::try_from(sector_size).unwrap_or_default(),
        cluster_size,
        clusters,
        size,
        record_size: record_size(boot.clusters_per_file_record, cluster_size)
            .ok_or_else(|| format!("states file records of {}", boot.clusters_per_file_record))?,
        index_record_size: index_record_size(boot.clusters_per_index_record, cluster_size),
        mft_lcn: boot.mft_lcn.get(),
        mft_mirror_lcn: boot.mft_mirror_lcn.get(),
        serial: boot.serial.get(),
    })
}

fn sector_size(boot: &BootSector) -> Result<u64, String> {
    let size = u64::from(boot.bytes_per_sector.get());
    let valid = size.is_power_of_two() && (256..=4096).contains(&size);
    valid
        .then_some(size)
        .ok_or_else(|| format!("states sectors of {size} bytes"))
}

/// Sectors per cluster; above 128 a negative power of two, so that 0xF4 is 4,096.
fn cluster_size(boot: &BootSector) -> Result<u64, String> {
    let stated = boot.sectors_per_cluster;
    let sectors = match stated {
        0..=0x80 => Some(u64::from(stated)),
        _ => 1_u64.checked_shl(u32::from(stated.wrapping_neg())),
    };
    sectors
        .and_then(|sectors| sectors.checked_mul(u64::from(boot.bytes_per_sector.get())))
        .filter(|size| size.is_power_of_two() && (MIN_CLUSTER..=MAX_CLUSTER).contains(size))
        .ok_or_else(|| format!("states {stated:#x} sectors per cluster"))
}

/// A record size: clusters where positive, else the power of two of its bytes.
fn record_size(stated: i8, cluster_size: u64) -> Option<usize> {
    let size = match u64::try_from(stated) {
        Ok(clusters) => clusters.checked_mul(cluster_size),
        Err(_) => 1_u64.checked_shl(u32::from(stated.unsigned_abs())),
    };
    let size = size.filter(|size| size.is_power_of_two() && RECORD_SIZES.contains(size))?;
    usize::try_from(size).ok()
}

/// The size of index records; that of Windows where the field makes no sense.
fn index_record_size(stated: i8, cluster_size: u64) -> u64 {
    record_size(stated, cluster_size).map_or(4096, blockio::clamp)
}

impl Geometry {
    /// The byte of the volume where cluster `lcn` begins.
    pub(crate) fn offset_of(&self, lcn: u64) -> u64 {
        lcn.saturating_mul(self.cluster_size)
    }

    /// How many clusters a stream can have at most, sparse ones included: NTFS counts them in 32
    /// bits.
    pub(crate) fn max_stream_clusters(&self) -> u64 {
        self.clusters.max(1 << 32)
    }

    /// What data runs in file record `record` are checked against.
    pub(crate) fn bounds(&self, record: u64) -> Bounds {
        let max_vcn = self.max_stream_clusters();
        Bounds {
            record,
            clusters: self.clusters,
            max_vcn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blockio::Memory;

    fn sector() -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[..11].copy_from_slice(b"\xEB\x52\x90NTFS    ");
        bytes[0x0B..0x0E].copy_from_slice(&[0x00, 0x02, 8]);
        bytes[0x28..0x30].copy_from_slice(&8191_u64.to_le_bytes());
        bytes[0x30] = 4;
        bytes[0x38] = 2;
        bytes[0x40] = 0xF6;
        bytes[0x44] = 1;
        bytes[0x48..0x50].copy_from_slice(&0x1234_5678_9ABC_DEF0_u64.to_le_bytes());
        bytes
    }

    #[test]
    fn states_the_sizes() {
        let geometry = parse(&sector()).expect("a good boot sector");
        assert_eq!((geometry.sector_size, geometry.cluster_size), (512, 4096));
        assert_eq!((geometry.clusters, geometry.record_size), (1023, 1024));
        assert_eq!(
            (geometry.mft_lcn, geometry.serial),
            (4, 0x1234_5678_9ABC_DEF0)
        );
    }

    #[test]
    fn large_clusters_are_negative_powers() {
        let mut bytes = sector();
        bytes[0x2B] = 1;
        for (stated, size) in [
            (0x80, 64 << 10),
            (0xF8, 128 << 10),
            (0xF4, 2 << 20),
            (1, 512),
        ] {
            bytes[0x0D] = stated;
            assert_eq!(
                parse(&bytes).expect("valid").cluster_size,
                size,
                "{stated:#x}"
            );
        }
        for stated in [0, 3, 0xF3, 0x81, 0xFF - 60] {
            bytes[0x0D] = stated;
            assert!(parse(&bytes).is_err(), "{stated:#x}");
        }
    }

    #[test]
    fn records_count_in_clusters_or_powers() {
        assert_eq!(record_size(-10, 4096), Some(1024));
        assert_eq!(record_size(-12, 4096), Some(4096));
        assert_eq!(record_size(2, 512), Some(1024));
        for stated in [0, -8, -17, -128, 127, 3] {
            assert!(record_size(stated, 4096).is_none(), "{stated}");
        }
    }

    fn read(image: Vec<u8>) -> Result<(Geometry, (), Option<Arc<Fault>>)> {
        by_either(&Memory::from(image), |_| Ok(()))
    }

    #[test]
    fn the_copy_at_the_end_stands_in_and_is_told() {
        // The partition ends with the copy, a few sectors behind it, or in the middle of one.
        for more in [0, 512, 5 * 512, 7 * 4096, 100] {
            let mut image = vec![0; 8192 * 512 + more];
            image[8191 * 512..8192 * 512].copy_from_slice(&sector());
            let (geometry, (), note) = read(image).expect("the copy is intact");
            assert_eq!(geometry.clusters, 1023, "{more}");
            assert_eq!(note.expect("it is told").code.id, "HV-W230");
        }
    }

    #[test]
    fn a_copy_that_states_another_end_is_of_another_volume() {
        let mut image = vec![0; 8194 * 512];
        image[8192 * 512..8193 * 512].copy_from_slice(&sector());
        assert!(read(image).is_err());
    }

    #[test]
    fn a_boot_sector_that_leads_nowhere_is_as_good_as_damaged() {
        let mut image = vec![0; 8192 * 512];
        image[8191 * 512..].copy_from_slice(&sector());
        image[..512].copy_from_slice(&sector());
        image[0x30] = 9;
        let leads_to = |geometry: &Geometry| match geometry.mft_lcn {
            4 => Ok("$MFT"),
            lcn => Err(Flaw::new(&codes::MFT, format!("at {lcn}")).in_part("$MFT")),
        };
        let opened = by_either(&Memory::from(image), leads_to);
        let (_, found, note) = opened.expect("the copy leads there");
        assert_eq!(found, "$MFT");
        let note = note.expect("it is told");
        assert_eq!((note.code.id, &*note.found), ("HV-W230", "at 9"));
    }

    #[test]
    fn without_either_it_is_no_ntfs_volume() {
        let fault = read(vec![0; 4096]).expect_err("zeros");
        assert_eq!(fault.code.id, "HV-D200");
        assert!(read(Vec::new()).is_err(), "nothing at all");
    }

    #[test]
    fn an_mft_outside_the_volume_is_refused() {
        let mut bytes = sector();
        bytes[0x37] = 1;
        let found = parse(&bytes).expect_err("LCN too large");
        assert!(found.contains("volume has 1023 clusters"), "{found}");
    }
}
