//! Why a set was not written.

use std::io;
use std::path::Path;
use std::sync::Arc;

use blockio::{Code, Fault};

use crate::sink::{self, Refusal};

/// Why a set was not written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The destination does not take it.
    #[error(transparent)]
    Destination(#[from] Refusal),
    /// The source does not give it, or what was written is not what it gave.
    #[error(transparent)]
    Source(#[from] Arc<Fault>),
    /// The operator interrupted.
    #[error("interrupted")]
    Cancelled,
}

impl Error {
    /// The destination is in the way of all of it.
    pub(super) fn refused(code: &'static Code, place: &Path, reason: impl Into<String>) -> Self {
        Self::Destination(Refusal {
            code,
            place: place.to_owned(),
            reason: reason.into(),
        })
    }

    /// The system's answer to a write at `place`.
    pub(crate) fn writing(place: &Path, error: &io::Error) -> Self {
        match Fault::of(error) {
            Some(fault) => Self::Source(Arc::clone(fault)),
            None => sink::Error::writing(place, error).into(),
        }
    }
}

impl From<sink::Error> for Error {
    fn from(error: sink::Error) -> Self {
        match error {
            sink::Error::Item(refusal) | sink::Error::Stop(refusal) => Self::Destination(refusal),
            sink::Error::Cancelled => Self::Cancelled,
        }
    }
}
