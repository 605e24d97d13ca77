//! What can go wrong in a tree.

use std::io;
use std::sync::Arc;

use blockio::Fault;

use crate::GuestPath;

/// What can go wrong in a tree. Damage never looks like absence.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Cannot be read, is damaged, or is not supported.
    #[error(transparent)]
    Fault(#[from] Arc<Fault>),
    /// Truly not there.
    #[error("not found")]
    NotFound,
    /// A path goes through something that is no directory.
    #[error("not a directory")]
    NotADirectory,
    /// The node is no link.
    #[error("not a link")]
    NotALink,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Fault(Fault::from_io(&error, "volume"))
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.into_io(),
            Error::NotFound => io::ErrorKind::NotFound.into(),
            Error::NotADirectory => io::ErrorKind::NotADirectory.into(),
            Error::NotALink => io::ErrorKind::InvalidInput.into(),
        }
    }
}

/// One item that a listing could not deliver; the rest of the listing goes on.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{path}: {error}")]
pub struct Loss {
    /// Where in the volume; the directory, where the item's own name is what is lost.
    pub path: GuestPath,
    /// Why.
    pub error: Error,
}
