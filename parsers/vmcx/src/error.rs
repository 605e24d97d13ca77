//! Why a configuration cannot be read, or not be written.

use std::io;
use std::sync::Arc;

use blockio::Fault;

/// Why a configuration cannot be read, or not be written: one [`Fault`] with its code and place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Arc<Fault>);

impl Error {
    /// What is wrong, where, and with which code.
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
