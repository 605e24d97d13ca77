//! Why a command ended without doing what was asked.

use std::fmt;
use std::io;
use std::sync::Arc;

use blockio::{Code, Fault, FaultKind};

use crate::cli::Exit;
use crate::codes;
use crate::open::{self, Backup, Note};
use crate::sink::Refusal;
use crate::vmset::write;

/// Why a command ended without doing what was asked: the exit code, a stable code, one line.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message} [{code}]")]
pub struct Stop {
    /// How the process ends.
    pub exit: Exit,
    /// The stable code, which also says what to do.
    pub code: &'static Code,
    /// One line: what was asked, what was found.
    pub message: String,
    /// What can be asked for instead, a line each.
    pub candidates: Vec<String>,
}

impl Stop {
    /// A stop with this message.
    pub fn new(exit: Exit, code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            exit,
            code,
            message: message.into(),
            candidates: Vec::new(),
        }
    }

    /// The same, with what can be asked for instead.
    #[must_use]
    pub fn with(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }
}

/// Context of an error that came when bytes were already on their way to whoever reads them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutShort;

impl fmt::Display for CutShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the output ends too early")
    }
}

/// The fault that caused `error`, wherever it is wrapped.
#[must_use]
pub fn fault_of(error: &anyhow::Error) -> Option<Arc<Fault>> {
    error.chain().find_map(|cause| {
        if let Some(fault) = cause.downcast_ref::<Fault>() {
            return Some(Arc::new(fault.clone()));
        }
        if let Some(fault) = cause.downcast_ref::<Arc<Fault>>() {
            return Some(Arc::clone(fault));
        }
        if let Some(tree::Error::Fault(fault)) = cause.downcast_ref::<tree::Error>() {
            return Some(Arc::clone(fault));
        }
        cause
            .downcast_ref::<io::Error>()
            .and_then(Fault::of)
            .cloned()
    })
}

/// What can be asked for instead of what led to `error`, a line each.
pub(crate) fn candidates_of(error: &anyhow::Error) -> &[String] {
    error.chain().find_map(candidates_in).unwrap_or_default()
}

fn candidates_in<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a [String]> {
    let stop = cause
        .downcast_ref::<Stop>()
        .map(|stop| &stop.candidates[..]);
    stop.or_else(|| cause.downcast_ref().map(open::Error::candidates))
}

/// How the process ends for `error`, and the code that says what to do.
#[must_use]
pub(crate) fn class_of(error: &anyhow::Error) -> (Exit, Option<&'static Code>) {
    let (exit, code) = cause_of(error);
    let delivered = error.downcast_ref::<CutShort>().is_some();
    (Exit::after(exit, delivered), code)
}

fn cause_of(error: &anyhow::Error) -> (Exit, Option<&'static Code>) {
    if let Some(stop) = error.chain().find_map(|cause| cause.downcast_ref::<Stop>()) {
        return (stop.exit, Some(stop.code));
    }
    if let Some(fault) = fault_of(error) {
        return (exit_of(&fault), Some(fault.code));
    }
    let is_absent = |cause: &tree::Error| matches!(cause, tree::Error::NotFound);
    if error.downcast_ref().is_some_and(is_absent) {
        return (Exit::NoMatch, Some(&codes::cli::NO_MATCH));
    }
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return (Exit::Destination, Some(refusal.code));
    }
    if let Some(error) = error.downcast_ref::<write::Error>() {
        return match error {
            write::Error::Destination(refusal) => (Exit::Destination, Some(refusal.code)),
            write::Error::Source(fault) => (exit_of(fault), Some(fault.code)),
            write::Error::Cancelled => (Exit::Interrupted, None),
        };
    }
    match error.downcast_ref::<open::Error>() {
        Some(open::Error::Source { code, .. }) => (Exit::NoSource, Some(*code)),
        Some(open::Error::Fault(fault)) => (exit_of(fault), Some(fault.code)),
        Some(error) => (Exit::Usage, Some(error.code())),
        None => (Exit::Failed, None),
    }
}

/// How the process ends for `fault`.
#[must_use]
pub fn exit_of(fault: &Fault) -> Exit {
    if [&blockio::codes::CANNOT_OPEN, &disk::codes::NOT_A_FILE].contains(&fault.code) {
        return Exit::NoSource;
    }
    if fault.code == &crate::vmset::codes::STATE_LACKS_DISK {
        return Exit::NotInBackup;
    }
    if fault.code == &disk::codes::SET_BACKING_AMBIGUOUS {
        return Exit::Usage; // a choice is needed
    }
    if disk::codes::is_chain_broken(fault.code) {
        return Exit::ChainBroken;
    }
    match fault.kind {
        // Where the letter says damage, it is the disk that cannot give the bytes, not this machine.
        FaultKind::CannotRead if fault.code.id.starts_with("HV-D") => Exit::Damaged,
        FaultKind::CannotRead => Exit::Failed,
        FaultKind::Damaged => Exit::Damaged,
        FaultKind::Unsupported => Exit::Unsupported,
    }
}

/// How the process ends for a loss of which only the code is known.
#[must_use]
pub(crate) fn exit_of_code(code: &'static Code) -> Exit {
    if disk::codes::is_chain_broken(code) {
        return Exit::ChainBroken;
    }
    if blockio::codes::ALL.contains(&code) {
        return Exit::Failed;
    }
    let cli = [
        (&codes::cli::NOT_IN_STATE, Exit::NoMatch),
        (&codes::cli::NO_LETTER, Exit::NoMatch),
        (&codes::cli::NO_SUCH_VOLUME, Exit::NoMatch),
        (&codes::cli::LETTER_ELSEWHERE, Exit::NotInBackup),
    ];
    if let Some((_, exit)) = cli.into_iter().find(|(of, _)| *of == code) {
        return exit;
    }
    match code.id.get(3..5) {
        Some("D1" | "D2" | "D3" | "D4" | "D5" | "D7") => Exit::Damaged,
        Some("E7") => Exit::Destination,
        _ => Exit::Unsupported,
    }
}

/// How a command ends that shows disks whatever is wrong with them.
pub(crate) fn exit_of_disks(backups: &[&Backup]) -> Exit {
    let disks = backups.iter().flat_map(|backup| &backup.disks);
    let faults: Vec<_> = disks
        .clone()
        .filter_map(|disk| disk.opened.as_ref().err())
        .collect();
    let delivered = faults.len() < disks.count();
    let mut notes = backups.iter().flat_map(|backup| backup.notes());
    match faults.first() {
        Some(fault) => Exit::after(exit_of(fault), delivered),
        None if notes.any(is_finding) => Exit::Findings,
        None => Exit::Done,
    }
}

/// Whether `note` is of something wrong, and not of what was asked for.
fn is_finding(note: &Note) -> bool {
    matches!(note, Note::Fault(_) | Note::Grave(..))
}

/// Whether `error` is a reader of ours that has gone away, which is no error.
#[must_use]
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    })
}
