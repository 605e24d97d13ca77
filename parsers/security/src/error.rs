//! What can be wrong with a security descriptor.

use std::borrow::Cow;

use blockio::{Code, Fault};

use crate::codes;

/// What is wrong with a security descriptor or its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stored form lies.
    #[error("{0}")]
    Damaged(Cow<'static, str>),
    /// The text is no SDDL.
    #[error("{what} at character {at}")]
    Text {
        /// What is wrong.
        what: &'static str,
        /// Characters before it.
        at: usize,
    },
    /// A list is larger than its length field can say.
    #[error("a list of {0} bytes, which is more than 64 KiB")]
    TooLarge(usize),
}

impl Error {
    pub(crate) fn damaged(found: impl Into<Cow<'static, str>>) -> Self {
        Self::Damaged(found.into())
    }

    /// The code of the error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Damaged(_) => &codes::DESCRIPTOR,
            Self::Text { .. } => &codes::SDDL,
            Self::TooLarge(_) => &codes::TOO_LARGE,
        }
    }

    /// The error as a fault of what `what` names.
    #[must_use]
    pub fn fault(&self, what: impl Into<Cow<'static, str>>) -> Fault {
        Fault::damaged(self.code(), what).found(self.to_string())
    }
}
