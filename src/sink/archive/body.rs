//! The bytes of one member, copied run by run.

use std::io;
use std::ops::Range;

use blockio::{Fault, HostFile, ReadAt};

use super::out::Out;
use crate::copy::{self, Lost, Target};
use crate::progress::{Silent, Watch};
use crate::sink::codes::GAP;

/// Files up to this size, in bytes, are read in full before anything of them is written.
pub(crate) const SMALL: u64 = copy::BUFFER as u64;

/// The content of a member.
pub(crate) struct Content<'a> {
    /// Its bytes.
    pub(crate) data: &'a dyn ReadAt,
    /// Whether lost bytes may become zeros: the member says that it is partial.
    pub(crate) gaps: bool,
    /// Room to read into, [`SMALL`] bytes.
    pub(crate) buffer: &'a mut [u8],
    /// Who is told, and whether to stop.
    pub(crate) watch: Watch<'a>,
}

impl Content<'_> {
    /// All bytes at once, if they are few and none is lost.
    pub(crate) fn at_once(&mut self) -> Option<&[u8]> {
        let size = self.data.size();
        if size > SMALL {
            return None;
        }
        let room = &mut self.buffer[..size as usize];
        self.data.read_exact_at(room, 0).ok()?;
        self.watch.progress.advanced(size);
        Some(room)
    }

    /// What is lost of it, as far as that can be known without reading long runs of plain data: what
    /// is nowhere, and what does not decompress. Of a small file all.
    pub(crate) fn foreseen(&mut self) -> Result<Vec<Lost>, copy::Error> {
        let skips = self.data.size() > SMALL;
        tried(self.data, self.buffer, self.watch, Forget { skips })
    }

    /// Passes all bytes to `target`.
    pub(crate) fn copy_to(&mut self, target: &mut dyn Target) -> Result<Vec<Lost>, copy::Error> {
        copy::copy(self.data, target, self.buffer, self.watch)
    }
}

/// All that is lost of `data`, by reading it.
pub(crate) fn losses(
    data: &dyn ReadAt,
    buffer: &mut [u8],
    watch: Watch<'_>,
) -> Result<Vec<Lost>, copy::Error> {
    tried(data, buffer, watch, Forget { skips: false })
}

fn tried(
    data: &dyn ReadAt,
    buffer: &mut [u8],
    watch: Watch<'_>,
    mut forget: Forget,
) -> Result<Vec<Lost>, copy::Error> {
    // Nothing of this is progress: it is read again.
    let progress = &Silent;
    copy::copy(data, &mut forget, buffer, Watch { progress, ..watch })
}

/// Takes bytes and forgets them.
struct Forget {
    /// Whether long runs of a host file are not even read.
    skips: bool,
}

impl Target for Forget {
    fn write_at(&mut self, _: &[u8], _: u64) -> io::Result<()> {
        Ok(())
    }

    fn take(&mut self, _: &HostFile, _: u64, _: u64, len: u64) -> io::Result<u64> {
        Ok(if self.skips { len } else { 0 })
    }

    fn hole(&mut self, _: Range<u64>) -> io::Result<()> {
        Ok(())
    }

    fn lost(&mut self, _: &Lost) -> io::Result<()> {
        Ok(())
    }
}

/// What takes the bytes of a member in order, without gaps.
pub(crate) trait Bytes {
    /// Takes the next bytes.
    fn next(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Takes `len` zeros.
    fn zeros(&mut self, len: u64) -> io::Result<()>;
}

impl Bytes for Out<'_> {
    fn next(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes)
    }

    fn zeros(&mut self, len: u64) -> io::Result<()> {
        Out::zeros(self, len)
    }
}

/// A member being filled: only the `stored` ranges of it are written, and of those all.
pub(crate) struct Body<'a> {
    to: &'a mut dyn Bytes,
    stored: &'a [Range<u64>],
    /// Where the next byte belongs.
    at: u64,
    gaps: bool,
    /// What is lost, where there may be no gap.
    pub(crate) gap: Option<Lost>,
}

impl<'a> Body<'a> {
    /// A body whose `stored` ranges, which are in order, go `to` a member; `gaps` as in
    /// [`Content`].
    pub(crate) fn new(to: &'a mut dyn Bytes, stored: &'a [Range<u64>], gaps: bool) -> Self {
        Self {
            to,
            stored,
            at: 0,
            gaps,
            gap: None,
        }
    }

    /// Puts zeros into what is stored of the bytes up to `end`.
    pub(crate) fn zeros_to(&mut self, end: u64) -> io::Result<()> {
        let first = self.stored.partition_point(|range| range.end <= self.at);
        for range in &self.stored[first..] {
            let zeros = range.start.max(self.at)..range.end.min(end);
            if zeros.is_empty() {
                break;
            }
            self.to.zeros(zeros.end - zeros.start)?;
        }
        self.at = end.max(self.at);
        Ok(())
    }

    fn is_stored(&self, range: &Range<u64>) -> bool {
        let first = self
            .stored
            .partition_point(|stored| stored.end <= range.start);
        let stored = self.stored.get(first);
        stored.is_some_and(|stored| stored.start <= range.start && range.end <= stored.end)
    }
}

impl Target for Body<'_> {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let range = offset..offset + bytes.len() as u64;
        self.zeros_to(offset)?;
        if !self.is_stored(&range) {
            // Only a source that changes answers differently when it is asked again.
            return Err(io::Error::other("bytes where there was a hole before"));
        }
        self.to.next(bytes)?;
        self.at = range.end;
        Ok(())
    }

    fn hole(&mut self, range: Range<u64>) -> io::Result<()> {
        self.zeros_to(range.end)
    }

    fn lost(&mut self, lost: &Lost) -> io::Result<()> {
        if self.gaps {
            return self.zeros_to(lost.range.end);
        }
        self.gap = Some(lost.clone());
        Err(gap(lost))
    }
}

/// The error of a gap where there may be none.
pub(crate) fn gap(lost: &Lost) -> io::Error {
    let fault = Fault {
        kind: lost.fault.kind,
        ..Fault::cannot_read(&GAP, "bytes on their way to an archive")
    };
    fault
        .at(lost.range.start)
        .found(lost.fault.to_string())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Taken(Vec<u8>);

    impl Bytes for Taken {
        fn next(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }

        fn zeros(&mut self, len: u64) -> io::Result<()> {
            self.0.extend(std::iter::repeat_n(0, len as usize));
            Ok(())
        }
    }

    #[test]
    fn only_what_is_stored_is_written_and_all_of_it() {
        let mut taken = Taken(Vec::new());
        let stored = [2..6, 10..14];
        let mut body = Body::new(&mut taken, &stored, false);
        body.write_at(b"ab", 3).expect("stored");
        body.hole(5..11).expect("a hole");
        body.write_at(b"c", 11).expect("stored");
        assert!(body.write_at(b"d", 14).is_err(), "beyond what is stored");
        body.zeros_to(20).expect("the end");
        assert_eq!(taken.0, b"\0ab\0\0c\0\0");
    }
}
