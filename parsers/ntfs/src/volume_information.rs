//! What a volume says of itself: label, version, and whether it was shut cleanly.

use blockio::ReadAt;
use zerocopy::FromBytes;

use crate::fixup;
use crate::flaw::Result;
use crate::format::{
    self, NO_CLIENT, RESTART_SIGNATURE, RESTART_VOLUME_IS_CLEAN, RestartArea, RestartPageHeader,
    VOLUME_IS_DIRTY, attribute_type, record_number,
};
use crate::volume::Inner;

/// Bytes of a restart page; both begin at multiples of it.
const RESTART_PAGE: usize = 4096;

/// What $Volume and $LogFile say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VolumeInformation {
    pub(crate) label: Option<String>,
    /// Major and minor version of NTFS.
    pub(crate) version: Option<(u8, u8)>,
    /// Why we think that the guest had not finished writing.
    pub(crate) dirty: Option<String>,
}

impl VolumeInformation {
    /// Reads both; what cannot be read stays unknown.
    pub(crate) fn read(volume: &Inner) -> Self {
        let mut found = Self::read_volume(volume).unwrap_or_default();
        if found.dirty.is_none() {
            found.dirty = log_state(volume).unwrap_or_default();
        }
        found
    }

    fn read_volume(volume: &Inner) -> Result<Self> {
        let file = volume.join(volume.mft.record(record_number::VOLUME)?)?;
        let label = file.value(attribute_type::VOLUME_NAME)?.map(|bytes| {
            let units = bytes
                .as_chunks()
                .0
                .iter()
                .map(|unit| u16::from_le_bytes(*unit));
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        });
        let value = file
            .value(attribute_type::VOLUME_INFORMATION)?
            .unwrap_or_default();
        let stated = format::VolumeInformation::ref_from_prefix(value)
            .ok()
            .map(|(stated, _)| stated);
        let dirty = stated.is_some_and(|stated| stated.flags.get() & VOLUME_IS_DIRTY != 0);
        Ok(Self {
            label: label.filter(|label: &String| !label.is_empty()),
            version: stated.map(|stated| (stated.major, stated.minor)),
            dirty: dirty.then(|| "$Volume is marked dirty".to_owned()),
        })
    }
}

/// Why the log was not shut cleanly, if so.
fn log_state(volume: &Inner) -> Result<Option<String>> {
    let log = volume.system_stream(record_number::LOG_FILE)?;
    let pages = [0, RESTART_PAGE].map(|at| restart_area(&*log, blockio::clamp(at)));
    Ok(is_open(pages).then(|| "$LogFile was not shut cleanly".to_owned()))
}

/// Whether the newer of two restart areas says that the log is still in use.
fn is_open(areas: [Option<RestartArea>; 2]) -> bool {
    let areas = areas.into_iter().flatten();
    let newest = areas.max_by_key(|area| area.current_lsn.get());
    newest.is_some_and(|area| {
        area.clients_in_use.get() != NO_CLIENT && area.flags.get() & RESTART_VOLUME_IS_CLEAN == 0
    })
}

/// The restart area of the restart page at `at`, if one is there.
fn restart_area(log: &dyn ReadAt, at: u64) -> Option<RestartArea> {
    let mut page = vec![0; RESTART_PAGE];
    log.read_exact_at(&mut page, at).ok()?;
    fixup::apply(&mut page, RESTART_SIGNATURE).ok()?;
    let (header, _) = RestartPageHeader::ref_from_prefix(&page).ok()?;
    let area = page.get(usize::from(header.restart_area.get())..)?;
    RestartArea::read_from_prefix(area)
        .ok()
        .map(|(area, _)| area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blockio::Memory;

    fn area(lsn: u64, clients_in_use: u16, flags: u16) -> RestartArea {
        RestartArea {
            current_lsn: lsn.into(),
            clients: 1.into(),
            free_clients: NO_CLIENT.into(),
            clients_in_use: clients_in_use.into(),
            flags: flags.into(),
        }
    }

    #[test]
    fn the_newer_restart_area_decides() {
        let (open, shut) = (area(7, 0, 0), area(9, NO_CLIENT, 0));
        assert!(!is_open([Some(open.clone()), Some(shut.clone())]));
        assert!(!is_open([Some(shut), Some(open.clone())]));
        assert!(is_open([None, Some(open)]));
        assert!(!is_open([Some(area(7, 0, RESTART_VOLUME_IS_CLEAN)), None]));
        assert!(!is_open([None, None]), "an empty log was shut");
    }

    #[test]
    fn a_restart_area_is_found_through_its_page() {
        let mut page = vec![0; 2 * RESTART_PAGE];
        page[..8].copy_from_slice(b"RSTR\x1E\x00\x09\x00");
        page[0x18] = 0x30;
        page[0x1E] = 1;
        (1..=8).for_each(|n| page[n * 512 - 2] = 1);
        page[0x30] = 77;
        page[0x3C] = 5;
        let log = Memory::from(page);
        let area = restart_area(&log, 0).expect("a whole page");
        assert_eq!((area.current_lsn.get(), area.clients_in_use.get()), (77, 5));
        assert!(restart_area(&log, 4096).is_none() && restart_area(&log, 8000).is_none());
    }
}
