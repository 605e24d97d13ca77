//! Why a file could not be opened.

use std::io;
use std::sync::Arc;

use blockio::Fault;

/// Why a VHDX file could not be opened: one [`Fault`] with its code, place, expected and found.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub struct Error(Arc<Fault>);

impl Error {
    /// What is wrong, and where.
    #[must_use]
    pub fn fault(&self) -> &Arc<Fault> {
        &self.0
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self(Arc::new(fault))
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        error.0.into_io()
    }
}
