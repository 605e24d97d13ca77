//! The content of a member, deflated on its way.

use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};

use super::super::archive::body::Bytes;
use super::super::archive::out::Out;

/// Bytes deflated at once.
const PIECE: usize = 64 << 10;
static ZEROS: [u8; PIECE] = [0; PIECE];

/// Deflates what goes by.
pub(super) struct Deflate<'o, 'a> {
    out: &'o mut Out<'a>,
    compress: Compress,
    crc: crc32fast::Hasher,
    piece: Vec<u8>,
}

impl<'o, 'a> Deflate<'o, 'a> {
    pub(super) fn new(out: &'o mut Out<'a>, level: Compression) -> Self {
        Self {
            out,
            compress: Compress::new(level, false),
            crc: crc32fast::Hasher::new(),
            piece: Vec::with_capacity(PIECE),
        }
    }

    /// Ends the stream; the crc of what went in, and how much came out.
    pub(super) fn finish(mut self) -> io::Result<(u32, u64)> {
        while self.deflate(&[], FlushCompress::Finish)?.1 != Status::StreamEnd {}
        Ok((self.crc.finalize(), self.compress.total_out()))
    }

    /// Deflates some of `bytes`; how many.
    fn deflate(&mut self, bytes: &[u8], flush: FlushCompress) -> io::Result<(usize, Status)> {
        let before = self.compress.total_in();
        self.piece.clear();
        let status = self.compress.compress_vec(bytes, &mut self.piece, flush);
        let status = status.map_err(io::Error::other)?;
        self.out.write(&self.piece)?;
        Ok(((self.compress.total_in() - before) as usize, status))
    }
}

impl Bytes for Deflate<'_, '_> {
    fn next(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        while !bytes.is_empty() {
            let (taken, _) = self.deflate(bytes, FlushCompress::None)?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn zeros(&mut self, mut len: u64) -> io::Result<()> {
        while len > 0 {
            let piece = len.min(PIECE as u64);
            self.next(&ZEROS[..piece as usize])?;
            len -= piece;
        }
        Ok(())
    }
}
