//! Points in time as the guest stored them.

/// A point in time in 100 ns since 1601-01-01 UTC, as NTFS stores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// 100 ns intervals in a second.
const PER_SECOND: i64 = 10_000_000;
/// Seconds from 1601-01-01 to 1970-01-01.
const TO_UNIX: i64 = 11_644_473_600;

impl Time {
    /// The last tick of the year 9999, the last that RFC 3339 can write.
    pub const MAX_WRITABLE: Self = Self(2_650_467_743_999_999_999);

    /// Seconds since 1970-01-01 UTC, rounded down, and the nanoseconds into that second.
    #[must_use]
    pub fn unix(self) -> (i64, u32) {
        let seconds = self.0.div_euclid(PER_SECOND).saturating_sub(TO_UNIX);
        let nanos = self.0.rem_euclid(PER_SECOND).saturating_mul(100);
        (seconds, u32::try_from(nanos).unwrap_or_default())
    }

    /// Whether the year is one of 1601 to 9999, so that RFC 3339 can write it.
    #[must_use]
    pub fn is_writable(self) -> bool {
        (Self(0)..=Self::MAX_WRITABLE).contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn converts_to_unix_time_exactly() {
        assert_eq!(Time(116_444_736_000_000_000).unix(), (0, 0));
        assert_eq!(Time(116_444_736_000_000_001).unix(), (0, 100));
        assert_eq!(Time(116_444_735_999_999_999).unix(), (-1, 999_999_900));
        assert_eq!(Time(0).unix(), (-11_644_473_600, 0));
    }

    #[test]
    fn knows_what_rfc_3339_can_write() {
        assert!(Time(0).is_writable() && Time::MAX_WRITABLE.is_writable());
        assert_eq!(Time::MAX_WRITABLE.unix(), (253_402_300_799, 999_999_900));
        assert!(!Time(-1).is_writable() && !Time(i64::MAX).is_writable());
    }
}
