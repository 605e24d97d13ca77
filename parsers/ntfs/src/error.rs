//! Why a volume cannot be opened.

use std::sync::Arc;

use blockio::Fault;

/// Why a volume cannot be opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither the first sector nor the last describes an NTFS volume, or what they describe is
    /// damaged beyond reading.
    #[error(transparent)]
    Fault(#[from] Arc<Fault>),
}

impl Error {
    /// What is wrong, where, and with which code.
    #[must_use]
    pub fn fault(&self) -> &Arc<Fault> {
        let Self::Fault(fault) = self;
        fault
    }
}

impl From<Error> for tree::Error {
    fn from(Error::Fault(fault): Error) -> Self {
        Self::Fault(fault)
    }
}
