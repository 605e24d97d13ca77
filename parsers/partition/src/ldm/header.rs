//! The private header: which disk this is, and where its database begins.

use std::io;

use blockio::{Fault, clamp};
use uuid::Uuid;
use zerocopy::FromBytes;

use super::Place;
use crate::codes;
use crate::format::ldm::{CHECKED, CHECKSUM, CONFIG, Contents, PRIVATE_HEADER, PrivateHeader};
use crate::format::ldm::{Region, TABLE_OF_CONTENTS};
use crate::probe::Probe;
use crate::text;

/// Size of the database, and as much of the disk's end as is searched for it.
const AREA: u64 = 1 << 20;
/// As much of the disk's start as is searched; the header is in sector 6.
const FIRST_SECTORS: u64 = 16;

/// The newest private header of a disk.
pub(super) struct Header {
    raw: PrivateHeader,
    sector_size: u64,
}

/// The newest header with a right checksum; without one, the newest of all.
pub(super) fn find(disk: Probe<'_>, place: Place, sector_size: u32) -> Result<Header, Fault> {
    let sector_size = u64::from(sector_size);
    let areas = match place {
        Place::Partition { start, len } => {
            let tail = len.min(AREA);
            vec![
                (start.saturating_add(len.saturating_sub(tail)), tail),
                (start, tail),
            ]
        }
        Place::EndOfDisk => {
            let first = FIRST_SECTORS.saturating_mul(sector_size);
            vec![(0, first), (disk.size().saturating_sub(AREA), AREA)]
        }
    };
    let mut found = Vec::new();
    for (start, len) in areas {
        // An area that cannot be read hides its copy only.
        found.extend(scan(disk, start, len).unwrap_or_default());
    }
    let newest = found
        .into_iter()
        .max_by_key(|(raw, checked)| (*checked, raw.sequence.get()));
    let fault = || Fault::damaged(&codes::LDM_DATABASE, "dynamic disk (LDM) private header");
    let (raw, _) = newest.ok_or_else(|| fault().found("no signature PRIVHEAD"))?;
    // Old versions have something else in this field.
    let stated = u64::from(raw.sector_size.get());
    let is_size = stated.is_power_of_two() && (512..=4096).contains(&stated);
    Ok(Header {
        raw,
        sector_size: if is_size { stated } else { sector_size },
    })
}

/// Every private header at a multiple of 512 bytes, and whether its checksum is right.
fn scan(disk: Probe<'_>, start: u64, len: u64) -> io::Result<Vec<(PrivateHeader, bool)>> {
    let bytes = disk.bytes(start, len)?;
    let sectors = bytes.chunks_exact(CHECKED);
    let headers = sectors.filter(|sector| sector.starts_with(&PRIVATE_HEADER));
    Ok(headers.filter_map(checked).collect())
}

/// A structure at the start of a sector of 512 bytes, and whether the sum of its bytes is right.
fn checked<T: FromBytes>(sector: &[u8]) -> Option<(T, bool)> {
    let (raw, _) = T::read_from_prefix(sector).ok()?;
    let stated = <[u8; 4]>::try_from(sector.get(CHECKSUM)?).ok()?;
    let sum = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u32, |sum, &byte| sum.wrapping_add(byte.into()))
    };
    let actual = sum(sector).wrapping_sub(sum(&stated));
    Some((raw, actual == u32::from_be_bytes(stated)))
}

impl Header {
    pub(super) fn disk_guid(&self) -> Option<Uuid> {
        guid(&self.raw.disk_guid)
    }

    pub(super) fn group_guid(&self) -> Option<Uuid> {
        guid(&self.raw.group_guid)
    }

    pub(super) fn group_name(&self) -> Option<String> {
        text::label(&self.raw.group_name)
    }

    /// Where the disk's data begins, in bytes.
    pub(super) fn public_start(&self) -> u64 {
        self.raw.public_start.get().saturating_mul(self.sector_size)
    }

    /// Offset and length of the region that holds the records, in bytes.
    pub(super) fn config(&self, disk: Probe<'_>) -> Result<(u64, u64), Fault> {
        let fault = || Fault::damaged(&codes::LDM_DATABASE, "dynamic disk (LDM) table of contents");
        let is_config =
            |region: &&Region| region.name.starts_with(CONFIG) && region.sectors.get() != 0;
        let mut newest: Option<(bool, u64, Region)> = None;
        for offset in self.contents() {
            let Ok(sector) = disk.bytes(offset, clamp(CHECKED)) else {
                continue;
            };
            let contents = checked::<Contents>(&sector);
            let contents = contents.filter(|(contents, _)| contents.magic == TABLE_OF_CONTENTS);
            let Some((contents, checked)) = contents else {
                continue;
            };
            let Some(region) = contents.regions.iter().find(is_config) else {
                continue;
            };
            let age = (checked, contents.sequence.get());
            if newest.is_none_or(|(checked, sequence, _)| age > (checked, sequence)) {
                newest = Some((age.0, age.1, *region));
            }
        }
        let expected = || {
            fault()
                .at(self.offset(1))
                .expected("signature TOCBLOCK and a region config")
        };
        let (_, _, region) = newest.ok_or_else(expected)?;
        Ok((
            self.offset(region.start.get()),
            region.sectors.get().saturating_mul(self.sector_size),
        ))
    }

    /// Where tables of contents may be: a pair near each end of the database, and where the header
    /// says.
    fn contents(&self) -> Vec<u64> {
        let sectors = self.raw.private_sectors.get();
        let [first, second] = self.raw.contents.map(|lba| lba.get());
        let end = |back: u64| sectors.saturating_sub(back);
        let mut lbas = vec![first, second, 1, 2, end(3), end(2)];
        lbas.sort_unstable();
        lbas.dedup();
        lbas.into_iter().map(|lba| self.offset(lba)).collect()
    }

    /// A sector of the database, in bytes from the start of the disk.
    fn offset(&self, lba: u64) -> u64 {
        let lba = self.raw.private_start.get().saturating_add(lba);
        lba.saturating_mul(self.sector_size)
    }
}

/// A GUID as text, padded with zeros.
pub(super) fn guid(text: &[u8]) -> Option<Uuid> {
    let text = text::label(text)?;
    Uuid::try_parse(&text).ok()
}
