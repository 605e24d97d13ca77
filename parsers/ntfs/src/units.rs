//! Streams whose bytes are made unit by unit: the decompressed ones.
//!
//! Units are made many at a time, on all cores, and straight into the reader's buffer where it has room
//! for whole ones. Whoever asks where bytes lie gets them made as well, so that a unit that cannot be
//! is lost and no more than that; these bytes are kept for the read that follows.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use blockio::{Fault, Place, ReadAt, Run, check_range, clamp};
use rayon::prelude::*;

/// Bytes that are made at once, and kept.
const BATCH: u64 = 1 << 20;
/// Bytes of small units that one thread makes in a row.
const GROUP: u64 = 64 << 10;
/// Bytes from which on threads share the work. Pages of a cache are smaller: a thread that loads one
/// for others must not take up their work meanwhile, which may be to wait for that page.
const SHARED: usize = 256 << 10;

/// What makes the bytes of a stream.
pub(crate) trait Units: Send + Sync {
    /// What a thread makes one unit after the other with: tables, buffers.
    type Tools;
    /// What is read of a row of units before they are made.
    type Stored: Sync;

    /// Bytes of the stream.
    fn size(&self) -> u64;

    /// Bytes of a unit, at least 1; the last one may be shorter.
    fn unit_size(&self) -> u64;

    /// The run from `offset` on if it need not be made: stored as it is, a hole, or lost as a whole.
    ///
    /// # Errors
    /// As [`ReadAt::run_at`].
    fn ready(&self, offset: u64, max: u64) -> io::Result<Option<Run<'_>>>;

    /// Tools for one thread.
    fn tools(&self) -> Self::Tools;

    /// Reads what is stored of `units`.
    fn load(&self, units: Range<u64>) -> Self::Stored;

    /// Makes all of `out`, the bytes of unit `number`, out of what was read of a row with it.
    ///
    /// # Errors
    /// Where it cannot be made, and how many bytes of `out` are good nevertheless.
    fn make(
        &self,
        number: u64,
        stored: &Self::Stored,
        tools: &mut Self::Tools,
        out: &mut [u8],
    ) -> Result<(), Bad>;
}

/// Why a unit cannot be made.
#[derive(Clone, Debug)]
pub(crate) struct Bad {
    /// Bytes from its start on that are right nevertheless.
    pub(crate) good: usize,
    /// What is wrong with the rest.
    pub(crate) fault: Arc<Fault>,
}

/// A stream made of units.
pub(crate) struct Made<U> {
    units: U,
    /// The bytes last made and not read yet, newest first.
    recent: Mutex<Vec<Arc<Batch>>>,
}

/// Bytes of a row of units.
#[derive(Default)]
struct Batch {
    /// Where in the stream they begin.
    start: u64,
    bytes: Vec<u8>,
    lost: Vec<Lost>,
}

/// Bytes of the stream that could not be made.
struct Lost {
    range: Range<u64>,
    fault: Arc<Fault>,
}

impl<U: Units> Made<U> {
    pub(crate) fn new(units: U) -> Self {
        let recent = Mutex::default();
        Self { units, recent }
    }

    fn unit_of(&self, offset: u64) -> u64 {
        offset
            .checked_div(self.units.unit_size())
            .unwrap_or_default()
    }

    /// Where unit `number` begins, or the stream ends.
    fn start_of(&self, number: u64) -> u64 {
        number
            .saturating_mul(self.units.unit_size())
            .min(self.units.size())
    }

    /// Where the row of units ends that is to be made from `start` on: behind one unit at least, and
    /// else before the first that is ready, and before `end`.
    fn end_of_row(&self, start: u64, end: u64) -> io::Result<u64> {
        let mut at = self.start_of(self.unit_of(start).saturating_add(1));
        loop {
            let next = self.start_of(self.unit_of(at).saturating_add(1));
            if at >= end || next > end || self.units.ready(at, 1)?.is_some() {
                return Ok(at);
            }
            at = next;
        }
    }

    /// Makes all of `out`, which begins with a unit at byte `start`; what could not be made, in order.
    fn make(&self, start: u64, out: &mut [u8]) -> Vec<Lost> {
        let (first, unit_size) = (self.unit_of(start), self.units.unit_size());
        let count = clamp(out.len()).div_ceil(unit_size);
        let stored = self.units.load(first..first.saturating_add(count));
        let in_group = GROUP.checked_div(unit_size).unwrap_or_default().max(1);
        let unit_len = usize::try_from(unit_size).unwrap_or(usize::MAX);
        let group_len = usize::try_from(in_group.saturating_mul(unit_size)).unwrap_or(usize::MAX);
        let group = |(index, out): (usize, &mut [u8])| {
            let mut number = first.saturating_add(clamp(index).saturating_mul(in_group));
            let (mut tools, mut lost) = (self.units.tools(), Vec::new());
            for out in out.chunks_mut(unit_len) {
                let made = self.units.make(number, &stored, &mut tools, out);
                lost.extend(made.err().map(|bad| self.lost(number, bad)));
                number = number.saturating_add(1);
            }
            lost
        };
        if out.len() < SHARED {
            return group((0, out));
        }
        let groups = out.par_chunks_mut(group_len).enumerate().map(group);
        groups.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn lost(&self, number: u64, bad: Bad) -> Lost {
        let start = self.start_of(number).saturating_add(clamp(bad.good));
        let range = start..self.start_of(number.saturating_add(1));
        let fault = bad.fault;
        Lost { range, fault }
    }

    /// Makes the units between `start`, where one begins, and `end`, and keeps their bytes.
    fn make_batch(&self, start: u64, end: u64) -> Arc<Batch> {
        let len = end.saturating_sub(start);
        let mut bytes = self.room(len);
        bytes.resize(usize::try_from(len).unwrap_or_default(), 0);
        let lost = self.make(start, &mut bytes);
        let batch = Arc::new(Batch { start, bytes, lost });
        self.recent().insert(0, Arc::clone(&batch));
        batch
    }

    /// Takes away the oldest bytes until `len` more may be kept; the room of the last of them.
    fn room(&self, len: u64) -> Vec<u8> {
        let mut room = Vec::new();
        let mut recent = self.recent();
        let mut kept: u64 = recent.iter().map(|batch| clamp(batch.bytes.len())).sum();
        while kept.saturating_add(len) > BATCH
            && let Some(oldest) = recent.pop()
        {
            kept = kept.saturating_sub(clamp(oldest.bytes.len()));
            room = Arc::into_inner(oldest).unwrap_or_default().bytes;
        }
        room
    }

    /// What is kept of the byte at `offset`.
    fn kept(&self, offset: u64) -> Option<Arc<Batch>> {
        let mut recent = self.recent();
        let at = recent.iter().position(|batch| batch.holds(offset))?;
        recent.get_mut(..=at)?.rotate_right(1);
        recent.first().map(Arc::clone)
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Batch>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills the start of `buf` from `offset`; how many bytes that were.
    fn read_some(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if let Some(batch) = self.kept(offset) {
            return batch.read(buf, offset);
        }
        if let Some(run) = self.units.ready(offset, clamp(buf.len()))? {
            return read_ready(&run, buf);
        }
        let start = self.start_of(self.unit_of(offset));
        let wanted = offset.saturating_add(clamp(buf.len()));
        let end = self.end_of_row(start, wanted.min(start.saturating_add(BATCH)))?;
        let len = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        match buf.get_mut(..len).filter(|_| start == offset) {
            Some(out) => match self.make(start, out).first() {
                None => Ok(len),
                Some(lost) => Err(lost.fault.clone().into_io()),
            },
            None => {
                let end = self.start_of(self.unit_of(start).saturating_add(1));
                self.make_batch(start, end).read(buf, offset)
            }
        }
    }
}

impl Batch {
    fn end(&self) -> u64 {
        self.start.saturating_add(clamp(self.bytes.len()))
    }

    fn holds(&self, offset: u64) -> bool {
        (self.start..self.end()).contains(&offset)
    }

    /// What is lost at `offset` or first behind it.
    fn next_lost(&self, offset: u64) -> Option<&Lost> {
        let mut lost = self.lost.iter();
        lost.find(|lost| lost.range.end > offset)
    }

    /// The bytes from `offset` on as a run of at most `max` bytes that `by` reads.
    fn run_at<'a>(&self, by: &'a dyn ReadAt, offset: u64, max: u64) -> Run<'a> {
        let (end, place) = match self.next_lost(offset) {
            Some(lost) if lost.range.start <= offset => {
                (lost.range.end, Place::Lost(Arc::clone(&lost.fault)))
            }
            Some(lost) => (lost.range.start, Place::Computed { by, offset }),
            None => (self.end(), Place::Computed { by, offset }),
        };
        let len = end.saturating_sub(offset).min(max);
        Run { len, place }
    }

    /// Fills the start of `buf` from `offset`; how many bytes that were.
    fn read(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let within = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let from = self.bytes.get(within..).unwrap_or_default();
        let from = from.get(..buf.len()).unwrap_or(from);
        let end = offset.saturating_add(clamp(from.len()));
        match self.next_lost(offset).filter(|lost| lost.range.start < end) {
            Some(lost) => Err(lost.fault.clone().into_io()),
            None => {
                buf.get_mut(..from.len())
                    .unwrap_or_default()
                    .copy_from_slice(from);
                Ok(from.len())
            }
        }
    }
}

/// Fills the start of `buf` with what `run` has; how many bytes that were.
fn read_ready(run: &Run<'_>, buf: &mut [u8]) -> io::Result<usize> {
    let len = usize::try_from(run.len)
        .unwrap_or(usize::MAX)
        .min(buf.len());
    let buf = buf.get_mut(..len).unwrap_or_default();
    match &run.place {
        Place::Hole => buf.fill(0),
        Place::Host { file, offset } => file.read_exact_at(buf, *offset)?,
        Place::Computed { by, offset } => by.read_exact_at(buf, *offset)?,
        Place::Lost(fault) => return Err(fault.clone().into_io()),
    }
    Ok(len)
}

impl<U: Units> ReadAt for Made<U> {
    fn size(&self) -> u64 {
        self.units.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        let (mut rest, mut at) = (buf, offset);
        while !rest.is_empty() {
            let len = self.read_some(rest, at)?;
            if len == 0 {
                return Err(io::Error::other("a unit without bytes"));
            }
            rest = rest.get_mut(len..).unwrap_or_default();
            at = at.saturating_add(clamp(len));
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let max = max.min(self.size().saturating_sub(offset));
        if let Some(batch) = self.kept(offset) {
            return Ok(batch.run_at(self, offset, max));
        }
        if let Some(run) = self.units.ready(offset, max)? {
            return Ok(run);
        }
        let start = self.start_of(self.unit_of(offset));
        let end = self.start_of(self.unit_of(start.saturating_add(BATCH)));
        // Whole units, so that the rest of the last one is there for who goes on.
        let wanted = self.unit_of(offset.saturating_add(max).saturating_sub(1));
        let wanted = self.start_of(wanted.saturating_add(1));
        let end = self.end_of_row(start, wanted.min(end))?;
        Ok(self.make_batch(start, end).run_at(self, offset, max))
    }
}
