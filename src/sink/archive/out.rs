//! Where an archive goes: a file under a temporary name, or a stream of bytes.
//!
//! Both take bytes one after the other. What was written last can be taken back, as far as the
//! [`Carrier`] can: a file is cut, a pipe only forgets what has not left yet.

use std::io::{self, Write};

/// Bytes gathered before they are passed on.
const GATHERED: usize = 256 << 10;
/// Zeros written at once.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// What carries the bytes of an archive.
pub trait Carrier: Send {
    /// Appends `bytes`, whose first is the byte `at` of the archive.
    ///
    /// # Errors
    /// The destination's.
    fn append(&mut self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Takes back all bytes from `to` on; whether it could.
    ///
    /// # Errors
    /// The destination's.
    fn cut(&mut self, to: u64) -> io::Result<bool>;

    /// Whether [`cut`](Self::cut) can.
    fn cuts(&self) -> bool;

    /// The archive is whole: gives it its name, or flushes.
    ///
    /// # Errors
    /// The destination's.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A pipe, or whatever else only goes forward: what left is gone.
pub struct Pipe<W>(pub W);

impl<W: Write + Send> Carrier for Pipe<W> {
    fn append(&mut self, bytes: &[u8], _: u64) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn cut(&mut self, _: u64) -> io::Result<bool> {
        Ok(false)
    }

    fn cuts(&self) -> bool {
        false
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

/// The end of an archive being written.
pub(crate) struct Out<'a> {
    carrier: Box<dyn Carrier + 'a>,
    gathered: Vec<u8>,
    /// Bytes that the carrier has.
    passed_on: u64,
}

impl<'a> Out<'a> {
    pub(super) fn new(carrier: Box<dyn Carrier + 'a>) -> Self {
        Self {
            carrier,
            gathered: Vec::with_capacity(GATHERED),
            passed_on: 0,
        }
    }

    /// Bytes of the archive so far.
    pub(crate) fn position(&self) -> u64 {
        self.passed_on + self.gathered.len() as u64
    }

    /// Whether [`take_back`](Self::take_back) can be relied on.
    pub(crate) fn can_take_back(&self) -> bool {
        self.carrier.cuts()
    }

    /// Appends `bytes`; large ones go straight on.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.gathered.len() + bytes.len() > GATHERED {
            self.pass_on()?;
        }
        if bytes.len() >= GATHERED {
            self.carrier.append(bytes, self.passed_on)?;
            self.passed_on += bytes.len() as u64;
            return Ok(());
        }
        self.gathered.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends `len` zeros.
    pub(crate) fn zeros(&mut self, mut len: u64) -> io::Result<()> {
        while len > 0 {
            let piece = len.min(ZEROS.len() as u64);
            self.write(&ZEROS[..piece as usize])?;
            len -= piece;
        }
        Ok(())
    }

    /// Takes back all from the position `to` on; whether that was possible.
    pub(crate) fn take_back(&mut self, to: u64) -> io::Result<bool> {
        if let Some(kept) = to.checked_sub(self.passed_on) {
            self.gathered.truncate(kept as usize);
            return Ok(true);
        }
        let cut = self.carrier.cut(to)?;
        if cut {
            self.gathered.clear();
            self.passed_on = to;
        }
        Ok(cut)
    }

    /// Passes on what is left, and ends.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.pass_on()?;
        self.carrier.finish()
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.carrier.append(&self.gathered, self.passed_on)?;
        self.passed_on += self.gathered.len() as u64;
        self.gathered.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_takes_back_what_has_not_left() {
        let mut bytes = Vec::new();
        let mut out = Out::new(Box::new(Pipe(&mut bytes)));
        out.write(b"abc").expect("taken");
        out.write(b"xyz").expect("taken");
        assert!(!out.can_take_back());
        assert!(out.take_back(3).expect("it is still here"));
        out.zeros(GATHERED as u64).expect("taken");
        assert!(!out.take_back(1).expect("no error"), "it has left");
        assert_eq!(out.position(), 3 + GATHERED as u64);
        out.finish().expect("flushed");
        assert_eq!((bytes.len(), &bytes[..4]), (3 + GATHERED, &b"abc\0"[..]));
    }
}
