//! A writer that knows how much went through it.

use std::io::{self, Write};

use crate::cli::stop::CutShort;

/// A writer that knows how much went through it.
pub(crate) struct Counted<W> {
    inner: W,
    count: u64,
}

impl<W: Write> Counted<W> {
    /// Counts what goes to `inner`.
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, count: 0 }
    }

    /// `error`, marked as having come in the middle if anything was written before it.
    pub(crate) fn interrupted_by(&self, error: anyhow::Error) -> anyhow::Error {
        if self.count == 0 {
            return error;
        }
        error.context(CutShort)
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count += blockio::clamp(written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_after_the_first_byte_came_in_the_middle() {
        let mut out = Counted::new(Vec::new());
        let error = || anyhow::anyhow!("gone");
        assert!(!out.interrupted_by(error()).is::<CutShort>());
        out.write_all(b"x").expect("a vector takes it");
        assert!(out.interrupted_by(error()).is::<CutShort>());
        assert_eq!(out.inner, b"x");
    }
}
