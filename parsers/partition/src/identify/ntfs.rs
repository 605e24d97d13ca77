//! NTFS, by its boot sector or by the copy of it behind the volume.

use std::io;

use blockio::Fault;

use crate::codes;
use crate::format::boot_sector::Ntfs;
use crate::probe::Probe;

const OEM_ID: [u8; 8] = *b"NTFS    ";
/// The copy of the boot sector begins at a multiple of this, in bytes.
const STEP: u64 = 512;
/// How many such steps before the end it is looked for: it is in the last sector, unless the
/// partition is larger than the volume in it.
const COPY_WITHIN: u64 = 128;

/// Whether an NTFS boot sector is at the start.
pub(super) fn has_boot_sector(volume: Probe<'_>) -> io::Result<bool> {
    let boot = volume.read::<Ntfs>(0)?;
    Ok(boot.is_some_and(|boot| is_plausible(&boot)))
}

/// A note that the boot sector is damaged, if its copy is at the end of the volume.
pub(super) fn backup_boot_sector(volume: Probe<'_>) -> io::Result<Option<Fault>> {
    let sectors = volume.size() / STEP;
    let first = sectors.saturating_sub(COPY_WITHIN);
    for offset in (first..sectors)
        .rev()
        .map(|sector| sector.saturating_mul(STEP))
    {
        let boot = volume.read::<Ntfs>(offset)?;
        let fits = |boot: &Ntfs| {
            let sector_size = u64::from(boot.bytes_per_sector.get());
            boot.total_sectors.get().checked_mul(sector_size) == Some(offset)
        };
        if boot.is_some_and(|boot| is_plausible(&boot) && fits(&boot)) {
            let fault = Fault::damaged(&codes::NTFS_BOOT_SECTOR, "NTFS boot sector").at(0);
            let fault = fault.expected("an NTFS boot sector");
            return Ok(Some(fault.found(format!("its copy at {offset:#x} only"))));
        }
    }
    Ok(None)
}

fn is_plausible(boot: &Ntfs) -> bool {
    let sector_size = boot.bytes_per_sector.get();
    boot.oem_id == OEM_ID
        && sector_size.is_power_of_two()
        && (256..=4096).contains(&sector_size)
        && boot.sectors_per_cluster != 0
        && boot.total_sectors.get() != 0
}
