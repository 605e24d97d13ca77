//! What can go wrong at a destination.

use std::io;
use std::path::PathBuf;

use blockio::{Code, Fault};

use super::codes::{DETOUR, EXISTS, FULL, REFUSED, TOO_LARGE};
use crate::{copy, hostfs};

/// What a destination answers instead of taking an item.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// It cannot take this item; others may do.
    #[error(transparent)]
    Item(Refusal),
    /// It takes nothing more: the run is over.
    #[error(transparent)]
    Stop(Refusal),
    /// The operator interrupted.
    #[error("interrupted")]
    Cancelled,
}

/// Why a destination refuses, and where.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot write {}: {reason} [{code}]", .place.display())]
pub struct Refusal {
    /// The stable code.
    pub code: &'static Code,
    /// Which place of the destination.
    pub place: PathBuf,
    /// Why, in a clause.
    pub reason: String,
}

impl Error {
    /// Refuses one item.
    pub(crate) fn item(
        code: &'static Code,
        place: impl Into<PathBuf>,
        reason: impl Into<String>,
    ) -> Self {
        Self::Item(Refusal {
            code,
            place: place.into(),
            reason: reason.into(),
        })
    }

    /// What the operating system's answer to a write at `place` means for the run.
    pub(crate) fn writing(place: impl Into<PathBuf>, error: &io::Error) -> Self {
        let code = match error.kind() {
            _ if Fault::of(error).is_some() => Fault::of(error).expect("just seen").code,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => &FULL,
            io::ErrorKind::FileTooLarge => &TOO_LARGE,
            io::ErrorKind::AlreadyExists => &EXISTS,
            _ if hostfs::is_detour(error) => &DETOUR,
            _ => &REFUSED,
        };
        let refusal = Refusal {
            code,
            place: place.into(),
            reason: error.to_string(),
        };
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem => Self::Stop(refusal),
            _ => Self::Item(refusal),
        }
    }

    /// The same where nothing more can be taken: what ends an item ends the run.
    #[must_use]
    pub(crate) fn for_all(self) -> Self {
        match self {
            Self::Item(refusal) => Self::Stop(refusal),
            other => other,
        }
    }

    /// What the end of a copy to `place` means for the run.
    pub(crate) fn copying(place: impl Into<PathBuf>, error: &copy::Error) -> Self {
        match error {
            copy::Error::Cancelled => Self::Cancelled,
            copy::Error::Target(error) => Self::writing(place, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_the_run_and_what_only_an_item() {
        for (kind, code, ends) in [
            (io::ErrorKind::StorageFull, "HV-E752", true),
            (io::ErrorKind::QuotaExceeded, "HV-E752", true),
            (io::ErrorKind::ReadOnlyFilesystem, "HV-E753", true),
            (io::ErrorKind::PermissionDenied, "HV-E753", false),
            (io::ErrorKind::FileTooLarge, "HV-E756", false),
            (io::ErrorKind::AlreadyExists, "HV-E751", false),
            (io::ErrorKind::NotADirectory, "HV-E755", false),
        ] {
            let (refusal, stops) = match Error::writing("place", &kind.into()) {
                Error::Item(refusal) => (refusal, false),
                Error::Stop(refusal) => (refusal, true),
                Error::Cancelled => panic!("nobody interrupted"),
            };
            assert_eq!((refusal.code.id, stops), (code, ends), "{kind}");
            assert!(
                refusal.to_string().starts_with("cannot write place: "),
                "{refusal}"
            );
        }
    }
}
