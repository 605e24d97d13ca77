//! Sizes to compare with.

use std::str::FromStr;

/// A size to compare with: `+10M` at least, `-1G` at most, `4096` exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeTest {
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
    pub fn passes(self, size: u64) -> bool {
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
///
/// # Errors
/// What is expected instead, for people.
pub fn bytes(text: &str) -> Result<u64, String> {
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
}
