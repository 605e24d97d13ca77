//! Exit codes: what a script may rely on.

use std::process::ExitCode;

/// How a run ended. The numbers are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing to report.
    Done = 0,
    /// Failed for a reason that has no code of its own.
    Failed = 1,
    /// Wrong usage, or a choice is needed and the candidates were listed.
    Usage = 2,
    /// Something was delivered, something was lost, skipped, overridden, or the source changed.
    Partly = 3,
    /// Findings, warnings only.
    Findings = 4,
    /// Findings that block what is asked about.
    Blocked = 5,
    /// The source was not found, or is no backup of a Hyper-V machine.
    NoSource = 10,
    /// A parent is missing or identifiers differ.
    ChainBroken = 11,
    /// Damaged.
    Damaged = 13,
    /// Nothing matched.
    NoMatch = 14,
    /// Not supported; what it is was named.
    Unsupported = 15,
    /// The destination exists, is full, is not permitted, or is a source.
    Destination = 16,
    /// What was asked for is on a disk that is not in this backup.
    NotInBackup = 17,
    /// Interrupted.
    Interrupted = 130,
}

impl Exit {
    /// What to answer after trouble of class `cause`: [`Exit::Partly`] if anything was delivered.
    #[must_use]
    pub fn after(cause: Self, delivered: bool) -> Self {
        if delivered { Self::Partly } else { cause }
    }

    /// The graver of two ends of one run: the first cause stays, unless there was none but findings.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Done, other) | (Self::Findings, other @ Self::Partly) => other,
            (first, _) => first,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn something_delivered_is_partly_whatever_the_cause() {
        assert_eq!(Exit::after(Exit::Damaged, true), Exit::Partly);
        assert_eq!(Exit::after(Exit::Damaged, false), Exit::Damaged);
    }

    #[test]
    fn the_first_cause_stays() {
        assert_eq!(Exit::Done.and(Exit::Partly), Exit::Partly);
        assert_eq!(Exit::NoMatch.and(Exit::Partly), Exit::NoMatch);
        assert_eq!(Exit::Findings.and(Exit::Partly), Exit::Partly);
    }
}
