//! Why a disk could not be opened.

use std::io;
use std::sync::Arc;

use blockio::Fault;

use crate::BrokenLink;

/// Why a disk could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file itself is at fault.
    #[error("{0}")]
    Fault(Arc<Fault>),
    /// A link of the chain does not hold.
    #[error("{0}")]
    Broken(Box<BrokenLink>),
}

impl Error {
    /// What is wrong, where, and with which code.
    #[must_use]
    pub fn fault(&self) -> &Arc<Fault> {
        match self {
            Self::Fault(fault) => fault,
            Self::Broken(link) => &link.fault,
        }
    }

    /// Whether the chain is broken, rather than a file unreadable or damaged.
    #[must_use]
    pub fn is_chain_broken(&self) -> bool {
        crate::codes::is_chain_broken(self.fault().code)
    }
}

impl From<Arc<Fault>> for Error {
    fn from(fault: Arc<Fault>) -> Self {
        Self::Fault(fault)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Arc::clone(error.fault()).into_io()
    }
}
