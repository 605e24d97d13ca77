//! The calendar: years 1601 to 9999 as RFC 3339 writes them.

use crate::Time;

/// 100 ns intervals in a second.
const TICKS: u64 = 10_000_000;
/// Seconds in a day.
const DAY: u64 = 86_400;
/// Days in 400, 100 and 4 years, leap years in their places; 1601 begins such a 400.
const DAYS_400: u64 = 146_097;
const DAYS_100: u64 = 36_524;
const DAYS_4: u64 = 1_461;
/// Days in a year that is no leap year.
const DAYS_1: u64 = 365;
/// Days before each month of a year that is no leap year.
const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A time in RFC 3339, UTC, with 100 ns: `2020-10-11T11:38:09.5045259Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc3339([u8; 28]);

impl Rfc3339 {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Time {
    /// The time in RFC 3339; `None` outside the years 1601 to 9999.
    #[must_use]
    pub fn rfc3339(self) -> Option<Rfc3339> {
        let ticks = u64::try_from(self.0).ok().filter(|_| self.is_writable())?;
        let seconds = ticks / TICKS;
        let (year, month, day) = date(seconds / DAY);
        let mut text = *b"0000-00-00T00:00:00.0000000Z";
        let fields = [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, seconds % DAY / 3600),
            (14..16, seconds % 3600 / 60),
            (17..19, seconds % 60),
            (20..27, ticks % TICKS),
        ];
        for (place, value) in fields {
            write(text.get_mut(place)?, value);
        }
        Some(Rfc3339(text))
    }
}

/// Year, month and day of the month for a number of days since 1601-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    let (n400, rest) = (days / DAYS_400, days % DAYS_400);
    // The last century of 400 years and the last year of four are a day longer.
    let n100 = (rest / DAYS_100).min(3);
    let rest = rest.saturating_sub(n100.saturating_mul(DAYS_100));
    let (n4, rest) = (rest / DAYS_4, rest % DAYS_4);
    let n1 = (rest / DAYS_1).min(3);
    let day = rest.saturating_sub(n1.saturating_mul(DAYS_1));
    let is_leap = n1 == 3 && (n4 != 24 || n100 == 3);
    let years = [
        n400.saturating_mul(400),
        n100.saturating_mul(100),
        n4.saturating_mul(4),
        n1,
    ];
    let year = years.iter().fold(1601_u64, |sum, n| sum.saturating_add(*n));
    let (month, first) = month(day, is_leap);
    (year, month, day.saturating_sub(first).saturating_add(1))
}

/// The month, from 1, that a day of the year is in, and the day of the year that month begins with.
fn month(day: u64, is_leap: bool) -> (u64, u64) {
    let begins = |(month, before): (u64, &u64)| {
        (
            month,
            before.saturating_add(u64::from(is_leap && month > 2)),
        )
    };
    let months = (1..).zip(&BEFORE).map(begins);
    months
        .take_while(|(_, first)| *first <= day)
        .last()
        .unwrap_or((1, 0))
}

/// Writes `value` in decimal, right-aligned over the zeros in `place`.
fn write(place: &mut [u8], mut value: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"
            .get(usize::try_from(value % 10).unwrap_or_default())
            .copied()
            .unwrap_or(b'?');
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ticks: i64) -> Option<String> {
        Some(Time(ticks).rfc3339()?.as_str().to_owned())
    }

    #[test]
    fn keeps_100_nanoseconds() {
        assert_eq!(
            text(132_468_898_895_045_259).as_deref(),
            Some("2020-10-11T11:38:09.5045259Z")
        );
        assert_eq!(text(0).as_deref(), Some("1601-01-01T00:00:00.0000000Z"));
        assert_eq!(
            text(116_444_736_000_000_000).as_deref(),
            Some("1970-01-01T00:00:00.0000000Z")
        );
    }

    #[test]
    fn writes_the_whole_calendar_and_nothing_else() {
        assert_eq!(
            text(Time::MAX_WRITABLE.0).as_deref(),
            Some("9999-12-31T23:59:59.9999999Z")
        );
        assert_eq!(
            (text(-1), text(Time::MAX_WRITABLE.0 + 1), text(i64::MAX)),
            (None, None, None)
        );
    }

    #[test]
    fn leap_years_end_right() {
        // Seconds since 1970 as `date -u +%s` gives them.
        for (seconds, day) in [
            (951_782_400_i64, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (978_220_800, "2000-12-31"),
            (4_107_456_000, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (1_709_164_800, "2024-02-29"),
            (1_735_603_200, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
        ] {
            let ticks = (seconds + 11_644_473_600) * 10_000_000;
            assert!(
                text(ticks).expect("in the calendar").starts_with(day),
                "{day}"
            );
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let days = 0..=(Time::MAX_WRITABLE.0 as u64 / TICKS / DAY);
        let dates: Vec<_> = days.map(date).collect();
        for pair in dates.windows(2) {
            let [(y0, m0, d0), (y1, m1, d1)] = [pair[0], pair[1]];
            let next_day = (y1, m1, d1) == (y0, m0, d0 + 1);
            let next_month = (y1, m1, d1) == (y0, m0 + 1, 1) && d0 >= 28;
            let next_year = (y1, m1, d1) == (y0 + 1, 1, 1) && (m0, d0) == (12, 31);
            assert!(next_day || next_month || next_year, "{pair:?}");
        }
        assert_eq!(dates.last(), Some(&(9999, 12, 31)));
    }
}
