//! Text for a terminal: hostile names made harmless, sizes and times for people.

use std::borrow::Cow;
use std::fmt::Write;

use jiff::Timestamp;
use tree::Time;

/// `text` with everything escaped that could move the cursor, hide, or reorder what is printed.
///
/// Names come out of a guest's disk and are hostile until proven otherwise.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        if is_hostile(char) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(char));
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

/// Control characters, zero-width and bidirectional marks, line separators, tags, noncharacters.
fn is_hostile(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// `bytes` in the largest binary unit that keeps it at 1 or more: `8.0 GiB`, `512 B`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let unit = usize::min(bytes.ilog2() as usize / 10, UNITS.len());
    let value = bytes as f64 / (1_u64 << (10 * unit)) as f64;
    format!("{value:.1} {}", UNITS[unit - 1])
}

/// `count` with the noun in the right number: `1 file`, `3 files`.
#[must_use]
pub fn count(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// RFC 3339 in UTC with 100 ns; `None` outside the years 1601 to 9999.
#[must_use]
pub fn rfc3339(time: Time) -> Option<String> {
    let stamp = timestamp(time)?;
    Some(format!("{stamp:.7}"))
}

/// UTC to the second, as listings show it; `-` where the year cannot be written.
#[must_use]
pub fn seconds(time: Time) -> String {
    let stamp = timestamp(time).and_then(|stamp| Timestamp::from_second(stamp.as_second()).ok());
    stamp.map_or_else(
        || "-".into(),
        |stamp| stamp.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

fn timestamp(time: Time) -> Option<Timestamp> {
    if !time.is_writable() {
        return None;
    }
    let (seconds, nanos) = time.unix();
    Timestamp::new(seconds, i32::try_from(nanos).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["thesis.docx", "Größe € 数 😀", "a b'c\"d"] {
            assert!(matches!(escape(name), Cow::Borrowed(same) if same == name));
        }
    }

    #[test]
    fn what_could_deceive_is_spelled_out() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("gpj.\u{202E}exe"), "gpj.\\u{202e}exe");
        assert_eq!(escape("x\ny\u{200B}"), "x\\u{a}y\\u{200b}");
    }

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (8 << 30, "8.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn times_keep_their_100_nanoseconds() {
        let time = Time(132_468_898_895_045_259);
        assert_eq!(
            rfc3339(time).as_deref(),
            Some("2020-10-11T11:38:09.5045259Z")
        );
        assert_eq!(
            rfc3339(Time(0)).as_deref(),
            Some("1601-01-01T00:00:00.0000000Z")
        );
        assert_eq!(
            rfc3339(Time::MAX_WRITABLE).as_deref(),
            Some("9999-12-31T23:59:59.9999999Z")
        );
        assert_eq!((rfc3339(Time(-1)), rfc3339(Time(i64::MAX))), (None, None));
        assert_eq!(seconds(time), "2020-10-11 11:38:09");
    }
}
