//! What of a listing is wanted: patterns, sizes, times, kinds.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tree::{Kind, Time};

use crate::cli::address::{Address, VolumeChoice};
use crate::cli::{Context, Exit, Stop, targets};
use crate::open::{Backup, Volume};
use crate::select::{Filter, PatternError, Rule, SizeTest};
use crate::sink::codes::PATTERN;

/// What of all that is selected is wanted.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArgs {
    /// Only what matches, or is in a folder that matches (repeatable). A pattern without a slash is
    /// matched against names, one with a slash against paths from the volume's root (**/ to begin
    /// anywhere), one that ends with a slash against folders only
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// Leave out what matches, with all below it; wins over --include (repeatable)
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Size: +10M at least, -1G at most, 4096 exactly
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    size: Option<SizeTest>,
    /// Written after this time (2026-11-01, 2026-11-01T12:00Z), or within this age (7d, 12h)
    #[arg(long, value_name = "TIME")]
    newer: Option<When>,
    /// Written before this time, or longer ago than this age
    #[arg(long, value_name = "TIME")]
    older: Option<When>,
}

/// What was written, with its patterns read.
pub(crate) struct Filters {
    include: Vec<(VolumeChoice, Rule)>,
    exclude: Vec<(VolumeChoice, Rule)>,
    /// What is asked of every volume.
    tests: Filter,
}

impl FilterArgs {
    /// Reads the patterns.
    ///
    /// # Errors
    /// A [`Stop`] where one cannot be read.
    pub(crate) fn parse(&self) -> Result<Filters, Stop> {
        let rules = |texts: &[String]| {
            let rules = texts.iter().map(|text| rule(text));
            rules.collect::<Result<_, Stop>>()
        };
        Ok(Filters {
            include: rules(&self.include)?,
            exclude: rules(&self.exclude)?,
            tests: Filter {
                size: self.size,
                newer: self.newer.map(|when| when.0),
                older: self.older.map(|when| when.0),
                ..Filter::default()
            },
        })
    }
}

impl Filters {
    /// What they ask of `volume`: a pattern that names a volume is for that one.
    ///
    /// # Errors
    /// A [`Stop`] where a pattern names a volume that is not there.
    pub(crate) fn of(
        &self,
        backup: &Backup,
        volume: &Volume,
        ctx: &Context,
    ) -> anyhow::Result<Filter> {
        let here = |rules: &[(VolumeChoice, Rule)]| -> anyhow::Result<Vec<Rule>> {
            let mut here = Vec::new();
            for (choice, rule) in rules {
                if *choice == VolumeChoice::Only
                    || targets::choose(backup, choice, ctx)?.name == volume.name
                {
                    here.push(rule.clone());
                }
            }
            Ok(here)
        };
        let mut filter = self.tests.clone();
        filter.include = here(&self.include)?;
        filter.exclude = here(&self.exclude)?;
        if filter.include.is_empty() && !self.include.is_empty() {
            filter.include.push(Rule::nothing());
        }
        Ok(filter)
    }
}

fn rule(text: &str) -> Result<(VolumeChoice, Rule), Stop> {
    let address = Address::parse(text);
    let bad = |error: PatternError| Stop::new(Exit::Usage, &PATTERN, error.to_string());
    if address.volume == VolumeChoice::Only {
        return Ok((address.volume, Rule::parse(text).map_err(bad)?));
    }
    let end = if text.ends_with(['/', '\\']) { "/" } else { "" };
    let rule = Rule::parse(&format!("/{}{end}", address.path)).map_err(bad)?;
    Ok((address.volume, rule))
}

/// A point in time as the operator writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub Time);

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
