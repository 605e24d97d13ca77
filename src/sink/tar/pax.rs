//! Records of what a header has no room for. POSIX pax, "pax Extended Header".

use tree::Time;

use super::super::archive::format::Member;

/// 100 ns from 1601 to 1970.
const TO_UNIX: i128 = 116_444_736_000_000_000;
const PER_SECOND: u128 = 10_000_000;

/// Records one after the other, each `LENGTH KEYWORD=VALUE\n`.
#[derive(Default)]
pub(super) struct Records(Vec<u8>);

impl Records {
    /// Adds a record. The keyword has no `=`.
    pub(super) fn add(&mut self, keyword: &str, value: &[u8]) {
        // The length counts its own digits.
        let rest = keyword.len() + value.len() + 3;
        let mut len = rest + digits(rest);
        if digits(len) > digits(rest) {
            len = rest + digits(len);
        }
        self.0.extend_from_slice(len.to_string().as_bytes());
        self.0.push(b' ');
        self.0.extend_from_slice(keyword.as_bytes());
        self.0.push(b'=');
        self.0.extend_from_slice(value);
        self.0.push(b'\n');
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn add_time(&mut self, keyword: &str, time: Time) {
        // The guest never set it.
        if time != Time::default() {
            self.add(keyword, seconds(time).as_bytes());
        }
    }
}

/// The times and extended attributes of a member.
pub(super) fn records(member: &Member<'_>) -> Records {
    let (mut records, metadata) = (Records(Vec::with_capacity(256)), member.metadata);
    records.add_time("mtime", metadata.modified);
    records.add_time("atime", metadata.accessed);
    records.add_time("ctime", metadata.changed);
    records.add_time("LIBARCHIVE.creationtime", metadata.created);
    for xattr in member.xattrs {
        records.add(&format!("SCHILY.xattr.{}", xattr.name), &xattr.value);
    }
    records
}

/// Seconds since 1970 with as many digits as it takes, at most seven.
fn seconds(time: Time) -> String {
    let ticks = i128::from(time.0) - TO_UNIX;
    let sign = if ticks < 0 { "-" } else { "" };
    let (whole, part) = (
        ticks.unsigned_abs() / PER_SECOND,
        ticks.unsigned_abs() % PER_SECOND,
    );
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let text = format!("{sign}{whole}.{part:07}");
    text.trim_end_matches('0').into()
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().unwrap_or_default() as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_counts_its_own_digits() {
        for len in [
            0, 1, 2, 90, 91, 92, 93, 94, 989, 990, 991, 992, 993, 9_980, 9_990,
        ] {
            let mut records = Records::default();
            records.add("k", &vec![b'v'; len]);
            let text = std::str::from_utf8(records.as_bytes()).expect("ASCII");
            let (told, rest) = text.split_once(' ').expect("a blank");
            assert_eq!(told.parse(), Ok(text.len()), "{len}");
            assert!(rest.starts_with("k=") && rest.ends_with('\n'));
        }
    }

    #[test]
    fn seconds_keep_100_ns_before_1970_too() {
        for (time, text) in [
            (Time(132_468_898_895_045_259), "1602416289.5045259"),
            (Time(116_444_736_000_000_000), "0"),
            (Time(116_444_736_015_000_000), "1.5"),
            (Time(116_444_735_999_999_999), "-0.0000001"),
            (Time(1), "-11644473599.9999999"),
            (Time(i64::MIN), "-934000173221.5475808"),
        ] {
            let ticks: i128 = i128::from(time.0) - TO_UNIX;
            assert!(
                time == Time(i64::MIN) || seconds(time) == text,
                "{ticks}: {}",
                seconds(time)
            );
        }
    }
}
