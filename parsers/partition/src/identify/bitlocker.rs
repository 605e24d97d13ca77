//! BitLocker, on fixed volumes and to go.

use std::io;

use uuid::{Uuid, uuid};

use super::{Foreign, ForeignKind};
use crate::probe::Probe;

/// Where the boot sector's OEM id is.
const OEM_ID: u64 = 3;
/// Where a To Go volume, which looks like FAT, has the identifier.
const TO_GO_ID: u64 = 0x1a8;
/// What BitLocker volumes are marked with, and those of which only the used space is encrypted.
const IDS: [Uuid; 2] = [
    uuid!("4967d63b-2e29-4ad8-8399-f6a339e3d001"),
    uuid!("92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8"),
];

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let kind = if volume.has(OEM_ID, b"-FVE-FS-")? {
        ForeignKind::BitLocker
    } else if is_to_go(volume)? {
        ForeignKind::BitLockerToGo
    } else {
        return Ok(None);
    };
    Ok(Some(Foreign {
        size: Some(volume.size()),
        ..Foreign::of(kind)
    }))
}

fn is_to_go(volume: Probe<'_>) -> io::Result<bool> {
    let id = volume.read::<[u8; 16]>(TO_GO_ID)?;
    Ok(id.is_some_and(|id| IDS.contains(&Uuid::from_bytes_le(id))))
}
