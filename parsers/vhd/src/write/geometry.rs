//! Cylinders, heads and sectors of a disk. VHD spec, "Appendix: CHS Calculation".

/// Most sectors that the largest geometry counts.
const MAX_SECTORS: u64 = 65_535 * 16 * 255;

/// From this many sectors on, an IDE controller cannot address a disk by its geometry.
const BEYOND_IDE: u64 = 65_535 * 16 * 63;

/// Cylinders, heads, and sectors of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) cylinders: u16,
    pub(super) heads: u8,
    pub(super) sectors_per_track: u8,
}

impl Geometry {
    /// The geometry of a disk of this many sectors. It holds as many or fewer.
    pub(super) fn of(sectors: u64) -> Self {
        let sectors = sectors.min(MAX_SECTORS);
        let (heads, per_track) = match sectors >= BEYOND_IDE {
            true => (16, 255),
            false => small(sectors),
        };
        let cylinders = sectors
            .checked_div(per_track)
            .and_then(|tracks| tracks.checked_div(heads));
        Self {
            cylinders: u16::try_from(cylinders.unwrap_or_default()).unwrap_or(u16::MAX),
            heads: u8::try_from(heads).unwrap_or(u8::MAX),
            sectors_per_track: u8::try_from(per_track).unwrap_or(u8::MAX),
        }
    }
}

/// Heads and sectors of a track of a disk that an IDE controller can address.
fn small(sectors: u64) -> (u64, u64) {
    let tracks = |per_track: u64| sectors.checked_div(per_track).unwrap_or_default();
    let fits = |heads: u64, per_track: u64| tracks(per_track) < heads.saturating_mul(1024);
    let heads = tracks(17).div_ceil(1024).max(4);
    if heads <= 16 && fits(heads, 17) {
        return (heads, 17);
    }
    if fits(16, 31) { (16, 31) } else { (16, 63) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_that_of_the_specification() {
        let of = |bytes: u64| {
            let found = Geometry::of(bytes / 512);
            (found.cylinders, found.heads, found.sectors_per_track)
        };
        // As Windows wrote it for a disk of 4 MiB: 0x0078, 4, 0x11.
        assert_eq!(of(4 << 20), (120, 4, 17));
        assert_eq!(of(127 << 30), (65_278, 16, 255));
        assert_eq!(of(2040 << 30), (65_535, 16, 255));
        assert_eq!(of(1 << 30), (2_080, 16, 63));
        assert_eq!(of(200 << 20), (825, 16, 31));
        assert_eq!(of(512), (0, 4, 17));
    }
}
