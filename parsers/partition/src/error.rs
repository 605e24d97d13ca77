//! When a disk's partitions cannot be told at all.

use std::sync::Arc;

use blockio::Fault;

/// Why nothing can be said about a disk's partitions; everything less is a note of the table.
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
