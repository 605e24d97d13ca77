//! How far a run is, for whoever wants to see it. The bars live in the command line.

use std::sync::atomic::{AtomicBool, Ordering};

use tree::GuestPath;

use crate::report::Line;

/// Told how a run goes on, from any thread. Silent unless implemented otherwise.
pub trait Progress: Send + Sync {
    /// Whether totals are worth a second look at the metadata of all that is selected.
    fn wants_totals(&self) -> bool {
        false
    }

    /// All there is to do as far as it is known: files and bytes. Comes again as more is found.
    fn total(&self, _files: u64, _bytes: u64) {}

    /// `bytes` more have been dealt with: moved, left as a hole, or found to be lost.
    fn advanced(&self, _bytes: u64) {}

    /// The filter leaves this path of the guest out, with all below it.
    fn filtered(&self, _path: &GuestPath) {}

    /// One item is settled.
    fn settled(&self, _line: &Line) {}
}

/// Nobody looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}

/// What a run that takes its time looks at: who wants to know, and whether to stop.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Told how the run goes on.
    pub progress: &'a dyn Progress,
    /// Set by a signal handler when the operator interrupts.
    pub cancel: &'a AtomicBool,
}

impl Watch<'_> {
    /// Whether the operator has interrupted.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}
