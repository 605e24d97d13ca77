//! Long runs of host files: blocks shared, copied inside the kernel, or read and written.

use std::ops::Range;

use blockio::HostFile;

use super::{Copy, Error};
use crate::progress::Way;

/// Shorter runs, in bytes, are read into the buffer, so that many of them are one write.
const GATHERED: u64 = 64 << 10;
/// Runs from this length on are offered to the target's own way of copying.
const LONG: u64 = 256 << 10;
/// Most that is copied between two looks at the cancel flag, in bytes.
const STRIDE: u64 = 16 << 20;
/// Most that is shared between two looks; that takes no longer.
const SHARED_STRIDE: u64 = 1 << 30;

/// Whether a run of a host file is worth more than a place in the buffer.
pub(super) fn is_long(range: &Range<u64>) -> bool {
    range.end - range.start >= GATHERED
}

impl Copy<'_> {
    /// `range`, which lies at `from` of `file`: what can be shared is, the rest is copied.
    pub(super) fn host(
        &mut self,
        file: &HostFile,
        from: u64,
        range: Range<u64>,
    ) -> Result<(), Error> {
        let shared = self.share(file, from, &range)?;
        if shared.is_empty() {
            return self.copied(file, from, range);
        }
        self.copied(file, from, range.start..shared.start)?;
        self.flush()?;
        let end = shared.end.min(range.end);
        self.copied(file, from + (end - range.start), end..range.end)
    }

    /// Shares the whole blocks of `range`; which bytes that were.
    ///
    /// Where the range ends what is copied, its last block is shared whole, and the target cuts the
    /// file off at its size.
    fn share(
        &mut self,
        file: &HostFile,
        from: u64,
        range: &Range<u64>,
    ) -> Result<Range<u64>, Error> {
        let nothing = range.start..range.start;
        let Some(unit) = self.target.share_unit(file).filter(|unit| *unit > 0) else {
            return Ok(nothing);
        };
        let start = range.start.next_multiple_of(unit);
        let first = from + (start - range.start);
        let mut end = range.end / unit * unit;
        if range.end == self.source.size() {
            let whole = range.end.next_multiple_of(unit);
            let is_there = from + (whole - range.start) <= blockio::ReadAt::size(file);
            end = if is_there { whole } else { end };
        }
        if !first.is_multiple_of(unit) || start >= end {
            return Ok(nothing);
        }
        self.flush()?;
        let mut at = start;
        while at < end {
            self.look_up()?;
            let len = SHARED_STRIDE.next_multiple_of(unit).min(end - at);
            let shared = self.target.share(file, first + (at - start), at, len);
            let shared = shared.map_err(Error::Target)? / unit * unit;
            if shared == 0 {
                break;
            }
            self.moved(Way::Shared, shared.min(range.end - at));
            at += shared;
        }
        Ok(start..at)
    }

    /// `range` by the target's own way of copying as far as that goes, then by reading.
    fn copied(&mut self, file: &HostFile, from: u64, range: Range<u64>) -> Result<(), Error> {
        if range.end - range.start < LONG {
            return self.read(file, from, range);
        }
        self.flush()?;
        self.target.expect(range.clone()).map_err(Error::Target)?;
        let mut at = range.start;
        while at < range.end {
            self.look_up()?;
            let (from, len) = (from + (at - range.start), STRIDE.min(range.end - at));
            let taken = self.target.take(file, from, at, len);
            let taken = taken.map_err(Error::Target)?;
            if taken == 0 {
                self.read(file, from, at..at + len)?;
                at += len;
            } else {
                self.moved(Way::Kernel, taken);
                at += taken;
            }
        }
        Ok(())
    }
}
