//! How far a run is, for whoever wants to see it. The bars live in the command line.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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

    /// `bytes` of those went this way.
    fn went(&self, _way: Way, _bytes: u64) {}

    /// One item is settled.
    fn settled(&self, _line: &Line) {}
}

/// How bytes get from a source to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The destination's file shares the blocks that the source has: nothing is moved.
    Shared,
    /// Copied inside the kernel.
    Kernel,
    /// Read and written.
    Written,
    /// Left as a hole.
    Hole,
}

/// How many bytes went which way.
#[derive(Debug, Default)]
pub struct Tally([AtomicU64; 4]);

impl Tally {
    /// Counts `bytes`.
    pub fn add(&self, way: Way, bytes: u64) {
        self.0[way as usize].fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|way| way.load(Ordering::Relaxed) == 0)
    }
}

impl fmt::Display for Tally {
    /// `0 bytes shared, 4096 copied in the kernel, 512 read and written, 0 left as holes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [shared, kernel, written, holes] =
            [&self.0[0], &self.0[1], &self.0[2], &self.0[3]].map(|way| way.load(Ordering::Relaxed));
        write!(
            f,
            "{shared} bytes shared, {kernel} copied in the kernel, {written} read and written, \
             {holes} left as holes"
        )
    }
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
