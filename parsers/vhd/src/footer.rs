//! Which footer counts, and what it says of the disk.

use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, ReadAt};
use uuid::Uuid;
use zerocopy::FromBytes;

use crate::codes::{FOOTER, FOOTER_FIELD, NO_FOOTER, UNKNOWN_KIND};
use crate::format::{
    DIFFERENCING, DYNAMIC, FIXED, FOOTER_COOKIE, FOOTER_LEN, Footer, MAJOR_VERSION, OLD_FOOTER_LEN,
    SECTOR_BYTES,
};

/// How a VHD file keeps its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The disk, then a footer.
    Fixed,
    /// The blocks that were ever written.
    Dynamic,
    /// What differs from a parent.
    Differencing,
}

/// A footer whose every field was checked.
pub(crate) struct ActiveFooter {
    pub(crate) kind: Kind,
    pub(crate) disk_size: u64,
    pub(crate) unique_id: Uuid,
    pub(crate) creator: String,
    /// Where the dynamic disk header is; meaningless for a fixed disk.
    pub(crate) header_offset: u64,
    /// Where the blocks end in the file: before the footer, or at the end of a file that has none.
    pub(crate) data_end: u64,
    /// Why the footer at the end was not the one used.
    pub(crate) note: Option<Fault>,
}

/// Whether `bytes` has the mark of a VHD file: `conectix` at a footer's place.
///
/// # Errors
/// Where a footer's place cannot be read, and no other has the mark.
pub fn is_vhd(bytes: &dyn ReadAt) -> std::io::Result<bool> {
    let mut answer = Ok(false);
    for place in places(bytes.size()) {
        let mut cookie = [0; 8];
        match bytes.read_exact_at(&mut cookie, place.start) {
            Ok(()) if cookie == FOOTER_COOKIE => return Ok(true),
            Ok(()) => {}
            Err(error) => answer = Err(error),
        }
    }
    answer
}

/// Where a footer may be, best first: the last 512 bytes, the last 511, the first 512.
fn places(size: u64) -> impl Iterator<Item = Range<u64>> {
    let from_end = |len: usize| Some(size.checked_sub(blockio::clamp(len))?..size);
    let copy = (size >= SECTOR_BYTES).then_some(0..SECTOR_BYTES);
    [from_end(FOOTER_LEN), from_end(OLD_FOOTER_LEN), copy]
        .into_iter()
        .flatten()
}

/// The footer that counts: the one at the end, or its copy at the start where that one is bad.
pub(crate) fn read(bytes: &dyn ReadAt) -> Result<ActiveFooter, Arc<Fault>> {
    let mut first_fault: Option<Fault> = None;
    for place in places(bytes.size()) {
        match read_at(bytes, &place) {
            Ok(raw) => return check(&raw, &place, bytes.size(), first_fault).map_err(Arc::new),
            Err(fault) if fault.code == &NO_FOOTER => {}
            Err(fault) => first_fault = first_fault.or(Some(fault)),
        }
    }
    Err(Arc::new(first_fault.unwrap_or_else(no_footer)))
}

fn no_footer() -> Fault {
    Fault::damaged(&NO_FOOTER, "footer")
        .expected("\"conectix\" at the end or at the start")
        .found("neither")
}

/// The footer at `place`, its cookie and checksum checked.
pub(crate) fn read_at(bytes: &dyn ReadAt, place: &Range<u64>) -> Result<Footer, Fault> {
    let mut sector = [0; FOOTER_LEN];
    let len = usize::try_from(place.end.saturating_sub(place.start)).unwrap_or(FOOTER_LEN);
    let part = sector.get_mut(..len).ok_or_else(no_footer)?;
    bytes
        .read_exact_at(part, place.start)
        .map_err(|error| Fault::clone(&Fault::from_io(&error, "footer")))?;
    let raw = Footer::read_from_bytes(&sector).map_err(|_| no_footer())?;
    if raw.cookie != FOOTER_COOKIE {
        return Err(no_footer());
    }
    let sum = checksum(&sector, raw.checksum.get());
    if raw.checksum.get() != sum {
        return Err(Fault::damaged(&FOOTER, "footer checksum")
            .at(place.start)
            .expected(format!("{sum:#010x}"))
            .found(format!("{:#010x}", raw.checksum)));
    }
    Ok(raw)
}

/// The ones' complement of the sum of all `bytes` but the four of the field `stored`.
pub(crate) fn checksum(bytes: &[u8], stored: u32) -> u32 {
    let add = |sum: u32, byte: &u8| sum.wrapping_add(u32::from(*byte));
    let all = bytes.iter().fold(0, add);
    !all.wrapping_sub(stored.to_be_bytes().iter().fold(0, add))
}

fn check(
    raw: &Footer,
    place: &Range<u64>,
    file_size: u64,
    first_fault: Option<Fault>,
) -> Result<ActiveFooter, Fault> {
    let kind = kind(raw, place)?;
    let is_copy = place.start == 0 && kind != Kind::Fixed;
    Ok(ActiveFooter {
        kind,
        disk_size: disk_size(raw, place)?,
        unique_id: Uuid::from_bytes(raw.unique_id),
        creator: String::from_utf8_lossy(&raw.creator)
            .trim_end_matches(['\0', ' '])
            .to_owned(),
        header_offset: raw.data_offset.get(),
        data_end: if is_copy { file_size } else { place.start },
        note: is_copy.then(|| first_fault.unwrap_or_else(|| missing_at_end(file_size))),
    })
}

fn missing_at_end(file_size: u64) -> Fault {
    Fault::damaged(&FOOTER, "footer at the end of the file")
        .at(file_size.saturating_sub(SECTOR_BYTES))
        .expected("\"conectix\"")
        .found("none; the copy at the start was used")
}

fn kind(raw: &Footer, place: &Range<u64>) -> Result<Kind, Fault> {
    if raw.version.get() >> 16 != MAJOR_VERSION {
        return Err(Fault::unsupported(&UNKNOWN_KIND, "footer version")
            .at(place.start)
            .expected("1.0")
            .found(format!("{:#010x}", raw.version)));
    }
    match raw.disk_type.get() {
        FIXED => Ok(Kind::Fixed),
        DYNAMIC => Ok(Kind::Dynamic),
        DIFFERENCING => Ok(Kind::Differencing),
        other => Err(Fault::unsupported(&UNKNOWN_KIND, "disk type")
            .at(place.start)
            .expected("2 (fixed), 3 (dynamic) or 4 (differencing)")
            .found(other.to_string())),
    }
}

/// Virtual PC shows its guests what the geometry holds; everybody else the current size.
fn disk_size(raw: &Footer, place: &Range<u64>) -> Result<u64, Fault> {
    let size = match geometry_size(raw) {
        Some(size) if raw.creator == *b"vpc " => size,
        _ => raw.current_size.get(),
    };
    if size > 0 && size.is_multiple_of(SECTOR_BYTES) {
        return Ok(size);
    }
    Err(Fault::damaged(&FOOTER_FIELD, "disk size")
        .at(place.start)
        .expected("a number of sectors of 512 bytes, not zero")
        .found(format!("{size} bytes")))
}

/// Bytes that cylinders × heads × sectors hold; `None` where the geometry is unset or at its limit,
/// where it says nothing of the size.
fn geometry_size(raw: &Footer) -> Option<u64> {
    let (cylinders, heads, sectors) = (raw.cylinders.get(), raw.heads, raw.sectors_per_track);
    if (cylinders, heads, sectors) == (65535, 16, 255) {
        return None;
    }
    u64::from(cylinders)
        .checked_mul(u64::from(heads))?
        .checked_mul(u64::from(sectors))?
        .checked_mul(SECTOR_BYTES)
        .filter(|size| *size > 0)
}
