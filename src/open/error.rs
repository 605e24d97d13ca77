//! Why a backup could not be opened.

use std::io;
use std::path::Path;
use std::sync::Arc;

use blockio::{Code, Fault};

use crate::codes::cli;

/// Why a backup could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source is not there, or is not one.
    #[error("{path}: {reason} [{}]", code.id)]
    Source {
        /// As it was given.
        path: String,
        /// What is wrong with it.
        reason: String,
        /// Which code says what to do.
        code: &'static Code,
    },
    /// More than one candidate fits.
    #[error("{what} [{}]", cli::AMBIGUOUS.id)]
    Ambiguous {
        /// What was asked for and why it is not enough.
        what: String,
        /// The candidates, each as it can be asked for.
        candidates: Vec<String>,
    },
    /// There is no such state or disk.
    #[error("{what} [{}]", cli::NO_STATE.id)]
    NoState {
        /// What was asked for.
        what: String,
        /// What there is.
        candidates: Vec<String>,
    },
    /// There is no such machine.
    #[error("{what} [{}]", cli::NO_MACHINE.id)]
    NoMachine {
        /// What was asked for.
        what: String,
        /// What there is.
        candidates: Vec<String>,
    },
    /// No disk can be read; the first reason.
    #[error(transparent)]
    Fault(#[from] Arc<Fault>),
}

impl Error {
    pub(super) fn no_source(path: &Path, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::NotFound => &cli::NO_SOURCE,
            _ => &blockio::codes::CANNOT_OPEN,
        };
        Self::Source {
            path: path.display().to_string(),
            reason: error.to_string(),
            code,
        }
    }

    pub(super) fn no_disk(path: &Path) -> Self {
        let reason = "no virtual disk found in it".into();
        Self::Source {
            path: path.display().to_string(),
            reason,
            code: &cli::NO_DISK,
        }
    }

    /// What can be asked for instead, a line each.
    #[must_use]
    pub fn candidates(&self) -> &[String] {
        match self {
            Self::Ambiguous { candidates, .. }
            | Self::NoState { candidates, .. }
            | Self::NoMachine { candidates, .. } => candidates,
            Self::Source { .. } | Self::Fault(_) => &[],
        }
    }

    /// The stable code, which also says what to do.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Source { code, .. } => code,
            Self::Ambiguous { .. } => &cli::AMBIGUOUS,
            Self::NoState { .. } => &cli::NO_STATE,
            Self::NoMachine { .. } => &cli::NO_MACHINE,
            Self::Fault(fault) => fault.code,
        }
    }
}
