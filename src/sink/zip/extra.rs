//! Extra fields: a number, a length, and what belongs to it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tree::{Metadata, Time};

/// Sizes and offsets of 64 bits. APPNOTE 4.5.3.
const ZIP64: u16 = 0x0001;
/// Times of NTFS. APPNOTE 4.5.5.
const NTFS: u16 = 0x000A;
/// Times of Unix, as Info-ZIP defines them: "UT".
const UNIX: u16 = 0x5455;

/// Adds the field of 64-bit numbers, if there are any.
pub(super) fn zip64(out: &mut Vec<u8>, numbers: &[u64]) {
    if numbers.is_empty() {
        return;
    }
    begin(out, ZIP64, numbers.len() * 8);
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// Adds the three times that NTFS has, in 100 ns since 1601: modified, accessed, created.
pub(super) fn ntfs(out: &mut Vec<u8>, metadata: &Metadata) {
    begin(out, NTFS, 32);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&1_u16.to_le_bytes());
    out.extend_from_slice(&24_u16.to_le_bytes());
    for time in [metadata.modified, metadata.accessed, metadata.created] {
        out.extend_from_slice(&time.0.to_le_bytes());
    }
}

/// Adds the times of Unix, in seconds since 1970, so far as they fit 31 bits: all three before the
/// content, the first alone in the directory.
pub(super) fn unix(out: &mut Vec<u8>, metadata: &Metadata, in_directory: bool) {
    let times = [metadata.modified, metadata.accessed, metadata.created];
    let seconds = times.map(|time| i32::try_from(time.unix().0).ok().filter(|s| *s >= 0));
    let flags = (0..).zip(seconds).fold(0, |flags, (bit, seconds)| {
        flags | u8::from(seconds.is_some()) << bit
    });
    let shown = if in_directory { 1 } else { seconds.len() };
    let written: Vec<i32> = seconds.into_iter().take(shown).flatten().collect();
    if flags == 0 {
        return;
    }
    begin(out, UNIX, 1 + written.len() * 4);
    out.push(flags);
    for seconds in written {
        out.extend_from_slice(&seconds.to_le_bytes());
    }
}

fn begin(out: &mut Vec<u8>, number: u16, len: usize) {
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&(len as u16).to_le_bytes());
}

/// Time and date as DOS has them, in UTC, to two seconds; the first or last that there is for a year
/// that it cannot write.
pub(super) fn dos(time: Time) -> (u16, u16) {
    let stamp = Timestamp::from_second(time.unix().0).unwrap_or_default();
    let civil = stamp.to_zoned(TimeZone::UTC).datetime();
    let year = civil.year() - 1980;
    if year < 0 {
        return (0, 0x21);
    }
    if year > 127 {
        return (0xBF7D, 0xFF9F);
    }
    let (hour, minute, second) = (civil.hour(), civil.minute(), civil.second());
    let packed =
        |high, middle, low, bits| (high as u16) << bits | (middle as u16) << 5 | low as u16;
    (
        packed(i16::from(hour), minute, second / 2, 11),
        packed(year, civil.month(), civil.day(), 9),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dos_times_are_bits_and_end_where_dos_ends() {
        let at = |text: &str| {
            let stamp: Timestamp = text.parse().expect("a time");
            Time(stamp.as_second() * 10_000_000 + 116_444_736_000_000_000)
        };
        assert_eq!(
            dos(at("2020-10-11T11:51:29Z")),
            (11 << 11 | 51 << 5 | 14, 40 << 9 | 10 << 5 | 11)
        );
        assert_eq!(dos(at("1979-12-31T23:59:59Z")), (0, 1 << 5 | 1));
        assert_eq!(
            dos(at("2108-01-01T00:00:00Z")),
            (23 << 11 | 59 << 5 | 29, 127 << 9 | 12 << 5 | 31)
        );
        assert_eq!(dos(Time(0)), (0, 1 << 5 | 1));
    }

    #[test]
    fn unix_times_are_left_out_where_they_do_not_fit() {
        let mut metadata = Metadata {
            modified: Time(132_468_898_895_045_259),
            accessed: Time(132_468_898_895_045_259),
            created: Time(132_468_898_895_045_259),
            ..Metadata::default()
        };
        let mut out = Vec::new();
        unix(&mut out, &metadata, false);
        assert_eq!(out[..5], [0x55, 0x54, 13, 0, 7]);
        assert_eq!(out[5..9], 1_602_416_289_i32.to_le_bytes());
        let mut out = Vec::new();
        unix(&mut out, &metadata, true);
        assert_eq!(out.len(), 9);
        metadata.accessed = Time(0);
        let mut out = Vec::new();
        unix(&mut out, &metadata, false);
        assert_eq!((out.len(), out[4]), (13, 0b101));
    }
}
