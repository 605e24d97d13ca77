//! Why a file could not be opened.

use std::sync::Arc;

use blockio::Fault;

/// Why a VHD file could not be opened: one [`Fault`].
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(Arc<Fault>);

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

impl From<Arc<Fault>> for Error {
    fn from(fault: Arc<Fault>) -> Self {
        Self(fault)
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        error.0.into_io()
    }
}
