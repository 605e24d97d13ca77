//! What `find` looks for: sizes, times, kinds.

use std::str::FromStr;

use clap::ValueEnum;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tree::{Kind, Time};

/// A size to compare with: `+10M` at least, `-1G` at most, `4096` exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizeTest {
    /// This many bytes or more.
    AtLeast(u64),
    /// This many bytes or fewer.
    AtMost(u64),
    /// Exactly this many bytes.
    Exactly(u64),
}

impl SizeTest {
    /// Whether `size` bytes pass.
    #[must_use]
    pub(crate) fn passes(self, size: u64) -> bool {
        match self {
            Self::AtLeast(least) => size >= least,
            Self::AtMost(most) => size <= most,
            Self::Exactly(bytes) => size == bytes,
        }
    }
}

impl FromStr for SizeTest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.as_bytes().first() {
            Some(b'+') => bytes(&text[1..]).map(Self::AtLeast),
            Some(b'-') => bytes(&text[1..]).map(Self::AtMost),
            _ => bytes(text).map(Self::Exactly),
        }
    }
}

/// `10`, `10K`, `10KiB`, `2G`: bytes in binary units.
fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size; write bytes, or a number with K, M, G or T");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_uppercase();
    let shift = match unit.trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// A point in time as the operator writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When(pub Time);

impl FromStr for When {
    type Err = String;

    /// `2026-11-01`, `2026-11-01T12:00`, with `Z` or an offset; without, it is UTC; or an age: `7d`,
    /// `12h`, `30m`.
    fn from_str(text: &str) -> Result<Self, String> {
        let stamp = age(text)
            .or_else(|| text.parse().ok())
            .or_else(|| in_utc(text));
        let stamp: Timestamp = stamp.ok_or_else(|| {
            format!(
                "{text:?} is no time; write 2026-11-01, 2026-11-01T12:00Z, or an age like 7d, 12h"
            )
        })?;
        let since_1601 = i128::from(11_644_473_600_u64) * 1_000_000_000 + stamp.as_nanosecond();
        let ticks = i64::try_from(since_1601 / 100).map_err(|error| error.to_string())?;
        Ok(Self(Time(ticks)))
    }
}

fn in_utc(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

fn age(text: &str) -> Option<Timestamp> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let age = number.parse::<u32>().ok()?;
    Timestamp::now()
        .checked_sub(SignedDuration::from_secs(i64::from(age) * seconds))
        .ok()
}

/// Kinds to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindTest {
    /// Files with data
    File,
    /// Folders
    Dir,
    /// Symbolic links
    Symlink,
    /// Junctions and mounted volumes
    Junction,
    /// Anything else
    Other,
}

impl KindTest {
    /// Whether `kind` passes.
    #[must_use]
    pub(crate) fn passes(self, kind: Kind) -> bool {
        let wanted = match self {
            Self::File => Kind::File,
            Self::Dir => Kind::Directory,
            Self::Symlink => Kind::Symlink,
            Self::Junction => Kind::Junction,
            Self::Other => Kind::Other,
        };
        kind == wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!("+10M".parse(), Ok(SizeTest::AtLeast(10 << 20)));
        assert_eq!("-1GiB".parse(), Ok(SizeTest::AtMost(1 << 30)));
        assert_eq!("4096".parse(), Ok(SizeTest::Exactly(4096)));
        assert_eq!("2kb".parse(), Ok(SizeTest::Exactly(2048)));
        for wrong in ["", "+", "x", "1Q", "99999999999T", "-"] {
            assert!(wrong.parse::<SizeTest>().is_err(), "{wrong}");
        }
        assert!(SizeTest::AtLeast(5).passes(5) && !SizeTest::AtLeast(5).passes(4));
        assert!(SizeTest::AtMost(5).passes(5) && !SizeTest::AtMost(5).passes(6));
    }

    #[test]
    fn times() {
        let noon = Time(116_444_736_000_000_000 + 43_200 * 10_000_000);
        for text in [
            "1970-01-01T12:00",
            "1970-01-01T12:00Z",
            "1970-01-01T13:00+01:00",
            "1970-01-01 12:00",
        ] {
            assert_eq!(text.parse(), Ok(When(noon)), "{text}");
        }
        assert_eq!(
            "1970-01-01".parse(),
            Ok(When(Time(116_444_736_000_000_000)))
        );
        assert!("yesterday".parse::<When>().is_err() && "".parse::<When>().is_err());
        let (week, day): (When, When) = ("1w".parse().unwrap(), "1d".parse().unwrap());
        assert!(week.0 < day.0);
    }
}
