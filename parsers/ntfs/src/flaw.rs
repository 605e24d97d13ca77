//! What is wrong with a structure, before it is known whose it is.

use std::borrow::Cow;
use std::sync::Arc;

use blockio::{Code, Fault};

/// Results of this crate carry the fault that the caller sees.
pub(crate) type Result<T, E = Arc<Fault>> = std::result::Result<T, E>;

/// What is wrong with a structure. Whoever knows the file record makes a [`Fault`] of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) code: &'static Code,
    pub(crate) found: Cow<'static, str>,
}

impl Flaw {
    pub(crate) fn new(code: &'static Code, found: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            found: found.into(),
        }
    }

    /// The flaw as damage of file record `number`.
    pub(crate) fn in_record(self, number: u64) -> Arc<Fault> {
        self.in_part(format!("file record {number}"))
    }

    /// The flaw as damage of whatever `what` names.
    pub(crate) fn in_part(self, what: impl Into<Cow<'static, str>>) -> Arc<Fault> {
        Arc::new(Fault::damaged(self.code, what).found(self.found))
    }
}
