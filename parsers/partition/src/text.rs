//! Names as disks hold them, and sizes as people read them.

use zerocopy::little_endian::U16;

/// UTF-16 up to the first zero; `None` where that is nothing.
pub(crate) fn utf16(units: &[U16]) -> Option<String> {
    let units: Vec<u16> = units
        .iter()
        .map(|unit| unit.get())
        .take_while(|&unit| unit != 0)
        .collect();
    some(String::from_utf16_lossy(&units))
}

/// Bytes up to the first zero, without spaces around; `None` where that is nothing.
pub(crate) fn label(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|&byte| byte == 0);
    let bytes = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or(bytes);
    some(String::from_utf8_lossy(bytes).trim().to_owned())
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A size in the unit that leaves one to four digits before the point: `8.0 GiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit: 1024 EiB are not reached by 64 bits.
    let mut tenths = u128::from(bytes).saturating_mul(10) >> 10;
    let mut unit = UNITS[0];
    for larger in UNITS.iter().skip(1) {
        if tenths < 10_240 {
            break;
        }
        tenths >>= 10;
        unit = larger;
    }
    let (whole, tenth) = (tenths.div_euclid(10), tenths.rem_euclid(10));
    format!("{whole}.{tenth} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_the_largest_unit_that_fits() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1023, "1023.0 KiB"),
            (8 << 30, "8.0 GiB"),
            (u64::MAX, "15.9 EiB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn labels_end_at_the_first_zero_and_lose_their_padding() {
        assert_eq!(label(b"DATA       ").as_deref(), Some("DATA"));
        assert_eq!(label(b"a\0b").as_deref(), Some("a"));
        assert_eq!(label(b"  \0"), None);
        assert_eq!(
            utf16(&[0x41, 0x20AC, 0, 0x42].map(U16::new)).as_deref(),
            Some("A\u{20AC}")
        );
    }
}
