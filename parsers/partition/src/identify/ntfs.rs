//! NTFS, by its boot sector or by the copy of it in the volume's last sector.

use std::io;

use blockio::Fault;

use crate::codes;
use crate::format::boot_sector::Ntfs;
use crate::probe::Probe;

const OEM_ID: [u8; 8] = *b"NTFS    ";

/// Whether an NTFS boot sector is at the start.
pub(super) fn has_boot_sector(volume: Probe<'_>) -> io::Result<bool> {
    let boot = volume.read::<Ntfs>(0)?;
    Ok(boot.is_some_and(|boot| is_plausible(&boot)))
}

/// A note that the boot sector is damaged, if the volume's last sector holds its copy.
pub(super) fn backup_boot_sector(volume: Probe<'_>) -> io::Result<Option<Fault>> {
    for sector in [512_u64, 1024, 2048, 4096] {
        let Some(offset) = volume.size().checked_sub(sector) else {
            break;
        };
        let boot = volume.read::<Ntfs>(offset)?;
        let fits = |boot: &Ntfs| {
            let sector_size = u64::from(boot.bytes_per_sector.get());
            boot.total_sectors.get().checked_mul(sector_size) == Some(offset)
        };
        if boot.is_some_and(|boot| is_plausible(&boot) && fits(&boot)) {
            let fault = Fault::damaged(&codes::NTFS_BOOT_SECTOR, "NTFS boot sector").at(0);
            let fault = fault.expected("an NTFS boot sector");
            return Ok(Some(fault.found(format!(
                "one in the volume's last sector at {offset:#x} only"
            ))));
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
