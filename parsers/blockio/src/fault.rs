//! The one payload of every error.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::Code;

/// What kind of trouble a [`Fault`] is. The operator gets these three answers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The medium did not give the bytes: look at the medium.
    CannotRead,
    /// The bytes are there and wrong: try another checkpoint.
    Damaged,
    /// Nothing is wrong but we cannot read it; what it is, is named.
    Unsupported,
}

impl FaultKind {
    /// The word that begins the message.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::CannotRead => "cannot read",
            Self::Damaged => "damaged",
            Self::Unsupported => "not supported",
        }
    }
}

/// One thing wrong at one place, with what was expected and what was found there.
///
/// Every parser's error carries one, also inside [`io::Error`] and [`Place::Lost`](crate::Place).
/// Reads as `damaged: BAT entry 17 at 0x300088: expected …, found … (web01.vhdx) [HV-D1xx]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The stable code, which also says what to do.
    pub code: &'static Code,
    /// Which of the three answers.
    pub kind: FaultKind,
    /// The structure concerned, in the field's words: `header 1`, `file record 51234`.
    pub what: Cow<'static, str>,
    /// Byte offset in `file` (or in the volume, where `what` says so).
    pub offset: Option<u64>,
    /// The file and, added by outer layers, what in it: `web01.avhdx, partition 3`.
    pub file: Option<Arc<str>>,
    /// What should have been there; empty where `found` says it all.
    pub expected: Cow<'static, str>,
    /// What was there.
    pub found: Cow<'static, str>,
}

impl Fault {
    /// Something is there and wrong.
    pub fn damaged(code: &'static Code, what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Damaged, code, what)
    }

    /// Something is there that we cannot read.
    pub fn unsupported(code: &'static Code, what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Unsupported, code, what)
    }

    /// The medium did not give the bytes.
    pub fn cannot_read(code: &'static Code, what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::CannotRead, code, what)
    }

    fn new(kind: FaultKind, code: &'static Code, what: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            kind,
            what: what.into(),
            offset: None,
            file: None,
            expected: Cow::Borrowed(""),
            found: Cow::Borrowed(""),
        }
    }

    /// Sets the byte offset in the file.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Sets what should have been there.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<Cow<'static, str>>) -> Self {
        self.expected = expected.into();
        self
    }

    /// Sets what was there.
    #[must_use]
    pub fn found(mut self, found: impl Into<Cow<'static, str>>) -> Self {
        self.found = found.into();
        self
    }

    /// Names the file, unless an inner layer has named it; then adds to it what the outer layer knows.
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        self.file = Some(match self.file {
            Some(inner) if &*inner == name => inner,
            Some(inner) => format!("{inner}, {name}").into(),
            None => name.into(),
        });
        self
    }

    /// The fault inside an [`io::Error`], if that is what it carries.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Arc<Self>> {
        error.get_ref()?.downcast_ref::<Arc<Self>>()
    }

    /// The fault as an [`io::Error`], from which [`Fault::of`] gets it back.
    #[must_use]
    pub fn into_io(self: Arc<Self>) -> io::Error {
        let kind = match self.kind {
            FaultKind::CannotRead => io::ErrorKind::Other,
            FaultKind::Damaged => io::ErrorKind::InvalidData,
            FaultKind::Unsupported => io::ErrorKind::Unsupported,
        };
        io::Error::new(kind, self)
    }

    /// The fault that `error` carries, or one of kind [`FaultKind::CannotRead`] made of it.
    #[must_use]
    pub fn from_io(error: &io::Error, what: impl Into<Cow<'static, str>>) -> Arc<Self> {
        match Self::of(error) {
            Some(fault) => Arc::clone(fault),
            None => Self::cannot_read(&crate::codes::CANNOT_READ, what)
                .found(error.to_string())
                .into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.word(), self.what)?;
        if let Some(offset) = self.offset {
            write!(f, " at {offset:#x}")?;
        }
        match (self.expected.is_empty(), self.found.is_empty()) {
            (true, true) => {}
            (true, false) => write!(f, ": {}", self.found)?,
            (false, true) => write!(f, ": expected {}", self.expected)?,
            (false, false) => write!(f, ": expected {}, found {}", self.expected, self.found)?,
        }
        if let Some(file) = &self.file {
            write!(f, " ({file})")?;
        }
        write!(f, " [{}]", self.code)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        Arc::new(fault).into_io()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CANNOT_READ;

    #[test]
    fn reads_as_one_line_with_place_expected_found_and_code() {
        let fault = Fault::damaged(&CANNOT_READ, "header 1")
            .at(0x10000)
            .expected("signature head")
            .found("zeros")
            .in_file("web01.vhdx")
            .in_file("partition 3");
        assert_eq!(
            fault.to_string(),
            "damaged: header 1 at 0x10000: expected signature head, found zeros \
             (web01.vhdx, partition 3) [HV-E601]"
        );
    }

    #[test]
    fn survives_the_way_through_an_io_error() {
        let error = io::Error::from(Fault::unsupported(&CANNOT_READ, "locator"));
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(Fault::of(&error).expect("it is inside").what, "locator");
    }

    #[test]
    fn other_io_errors_become_cannot_read() {
        let fault = Fault::from_io(&io::Error::other("bad sector"), "disk");
        assert_eq!(
            (fault.kind, &*fault.found),
            (FaultKind::CannotRead, "bad sector")
        );
    }
}
