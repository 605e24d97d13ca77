//! Moves bytes run by run: holes stay holes, and what is lost costs no byte around it.
//!
//! The one loop that every output shares. It asks the source where each run lies, lets the target
//! move long runs of host files in its own way (sharing their blocks, or inside the kernel), gathers
//! short ones in a buffer, and narrows a failing read down to the sectors that cannot be had.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, HostFile, Place, ReadAt, Run};

use crate::progress::{Watch, Way};

mod host;
mod search;
mod survey;

pub use survey::{Survey, survey};

/// Bytes moved by one read and one write.
pub const BUFFER: usize = 1 << 20;
/// Most of a hole that is left between two looks at the cancel flag, in bytes.
const HOLE: u64 = 1 << 30;
/// What a failing read is narrowed down to, in bytes.
const SECTOR: u64 = 512;

/// Takes bytes at rising offsets.
pub trait Target {
    /// Puts `bytes` at `offset`.
    ///
    /// # Errors
    /// The target's own.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// The unit, in bytes, in which blocks of `from` can be [`share`](Self::share)d; none where that
    /// cannot be.
    fn share_unit(&mut self, _from: &HostFile) -> Option<u64> {
        None
    }

    /// Lets up to `len` bytes from `offset` on be stored in the blocks of `from` from `from_offset` on;
    /// how many it did. All three are multiples of the unit; the end may lie behind the end of what is
    /// copied, by less than a unit. 0: it cannot, take or read them.
    ///
    /// # Errors
    /// Only what reading and writing would meet as well, such as a full disk.
    fn share(&mut self, _: &HostFile, _: u64, _offset: u64, _len: u64) -> io::Result<u64> {
        Ok(0)
    }

    /// `range` is going to be taken or written: its room can be set aside.
    ///
    /// # Errors
    /// Where there is no room.
    fn expect(&mut self, _range: Range<u64>) -> io::Result<()> {
        Ok(())
    }

    /// Takes up to `len` bytes from `from_offset` of `from` to `offset` without them passing through
    /// us; how many it took. 0: it cannot, read them and [`write_at`](Self::write_at).
    ///
    /// # Errors
    /// Only what reading and writing would meet as well, such as a full disk.
    fn take(&mut self, _: &HostFile, _: u64, _offset: u64, _len: u64) -> io::Result<u64> {
        Ok(0)
    }

    /// `range` reads as zeros and nothing is stored.
    ///
    /// # Errors
    /// The target's own.
    fn hole(&mut self, range: Range<u64>) -> io::Result<()>;

    /// `lost` cannot be had. A target that could only pass zeros off as data must refuse.
    ///
    /// # Errors
    /// The target's own; the fault itself where it cannot leave a gap.
    fn lost(&mut self, lost: &Lost) -> io::Result<()>;
}

/// Bytes that could not be had, and why.
#[derive(Clone, Debug)]
pub struct Lost {
    /// Which bytes of the stream.
    pub range: Range<u64>,
    /// Why; where several faults met, the first.
    pub fault: Arc<Fault>,
}

/// Why a copy ended early.
#[derive(Debug)]
pub enum Error {
    /// The operator interrupted it.
    Cancelled,
    /// The target takes no more.
    Target(io::Error),
}

/// Moves all of `source` into `target` and lists what was lost on the way, in order.
///
/// `buffer` is room for reads, of any length above 0 ([`BUFFER`] is a good one).
///
/// # Errors
/// Never for what the source cannot give; see [`Error`].
pub fn copy(
    source: &dyn ReadAt,
    target: &mut dyn Target,
    buffer: &mut [u8],
    watch: Watch<'_>,
) -> Result<Vec<Lost>, Error> {
    let mut copy = Copy {
        source,
        target,
        buffer,
        filled: 0,
        start: 0,
        lost: Vec::new(),
        watch,
    };
    copy.all()?;
    Ok(copy.lost)
}

/// The sum of the lengths of `lost`, in bytes.
#[must_use]
pub fn lost_bytes(lost: &[Lost]) -> u64 {
    lost.iter()
        .map(|lost| lost.range.end - lost.range.start)
        .sum()
}

struct Copy<'a> {
    source: &'a dyn ReadAt,
    target: &'a mut dyn Target,
    buffer: &'a mut [u8],
    /// Bytes of the buffer that wait to be written,
    filled: usize,
    /// to this place.
    start: u64,
    lost: Vec<Lost>,
    watch: Watch<'a>,
}

impl Copy<'_> {
    fn all(&mut self) -> Result<(), Error> {
        let (source, size) = (self.source, self.source.size());
        let mut at = 0;
        while at < size {
            self.look_up()?;
            let end = match source.run_at(at, size - at) {
                Ok(run) if run.len > 0 => {
                    let end = at + run.len.min(size - at);
                    self.run(&run, at..end)?;
                    end
                }
                Ok(_) => self.unanswered(at, &io::Error::other("an empty run"))?,
                Err(error) => self.unanswered(at, &error)?,
            };
            at = end;
        }
        self.flush()
    }

    fn run(&mut self, run: &Run<'_>, range: Range<u64>) -> Result<(), Error> {
        match &run.place {
            Place::Hole => self.hole(range),
            Place::Lost(fault) => self.lose(range, fault),
            Place::Host { file, offset } if host::is_long(&range) => {
                self.host(file, *offset, range)
            }
            Place::Host { file, offset } => self.read(*file, *offset, range),
            Place::Computed { by, offset } => self.read(*by, *offset, range),
        }
    }

    /// Reads `range`, which lies at `from` of `by`, through the buffer.
    fn read(&mut self, by: &dyn ReadAt, from: u64, range: Range<u64>) -> Result<(), Error> {
        let mut at = range.start;
        while at < range.end {
            if self.filled == self.buffer.len() {
                self.flush()?;
                self.look_up()?;
            }
            if self.filled == 0 {
                self.start = at;
            }
            let room = (self.buffer.len() - self.filled) as u64;
            let len = room.min(range.end - at);
            let from = from + (at - range.start);
            let room = &mut self.buffer[self.filled..][..len as usize];
            match by.read_exact_at(room, from) {
                Ok(()) => self.filled += len as usize,
                Err(error) => {
                    self.flush()?;
                    self.narrow(by, from, at..at + len, &error)?;
                }
            }
            at += len;
        }
        Ok(())
    }

    /// Reads again, in halves, what failed as a whole, until only the bad sectors fail.
    ///
    /// The depth is the logarithm of the buffer's length.
    fn narrow(
        &mut self,
        by: &dyn ReadAt,
        from: u64,
        range: Range<u64>,
        error: &io::Error,
    ) -> Result<(), Error> {
        let len = range.end - range.start;
        if len <= SECTOR {
            return self.lose(range, &Fault::from_io(error, "data"));
        }
        let half = search::middle(from, len, SECTOR);
        for part in [0..half, half..len] {
            self.look_up()?;
            let here = range.start + part.start..range.start + part.end;
            let room = &mut self.buffer[..(part.end - part.start) as usize];
            match by.read_exact_at(room, from + part.start) {
                Ok(()) => {
                    (self.start, self.filled) = (here.start, room.len());
                    self.flush()?;
                }
                Err(error) => self.narrow(by, from + part.start, here, &error)?,
            }
        }
        Ok(())
    }

    /// Writes what the buffer holds.
    fn flush(&mut self) -> Result<(), Error> {
        let filled = std::mem::take(&mut self.filled);
        if filled > 0 {
            let bytes = &self.buffer[..filled];
            self.target
                .write_at(bytes, self.start)
                .map_err(Error::Target)?;
            self.moved(Way::Written, filled as u64);
        }
        Ok(())
    }

    fn hole(&mut self, range: Range<u64>) -> Result<(), Error> {
        self.flush()?;
        let mut at = range.start;
        while at < range.end {
            self.look_up()?;
            // A target may have to write zeros.
            let end = range.end.min(at + HOLE);
            self.target.hole(at..end).map_err(Error::Target)?;
            self.moved(Way::Hole, end - at);
            at = end;
        }
        Ok(())
    }

    fn lose(&mut self, range: Range<u64>, fault: &Arc<Fault>) -> Result<(), Error> {
        self.flush()?;
        self.watch.progress.advanced(range.end - range.start);
        let fault = Arc::clone(fault);
        let lost = Lost { range, fault };
        self.target.lost(&lost).map_err(Error::Target)?;
        match self.lost.last_mut() {
            Some(last) if last.continues_with(&lost) => last.range.end = lost.range.end,
            _ => self.lost.push(lost),
        }
        Ok(())
    }

    /// The source cannot say where the byte at `at` is: loses it and what follows up to where it
    /// can say again; where that is.
    fn unanswered(&mut self, at: u64, error: &io::Error) -> Result<u64, Error> {
        let (source, size, watch) = (self.source, self.source.size(), self.watch);
        let answers = |at| watch.cancelled() || source.run_at(at, size - at).is_ok();
        let end = search::end_of_gap(at, size, answers);
        self.look_up()?;
        self.lose(at..end, &Fault::from_io(error, "the place of the data"))?;
        Ok(end)
    }

    fn moved(&self, way: Way, bytes: u64) {
        self.watch.progress.advanced(bytes);
        self.watch.progress.went(way, bytes);
    }

    fn look_up(&self) -> Result<(), Error> {
        if self.watch.cancelled() {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }
}

impl Lost {
    /// Whether `next` begins where this ends and tells the operator the same.
    fn continues_with(&self, next: &Self) -> bool {
        self.range.end == next.range.start && self.fault.code == next.fault.code
    }
}

#[cfg(test)]
mod tests;
