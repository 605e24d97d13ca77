//! The four ways in which WOF compresses a chunk.

use super::lzx::{self, Lzx};
use super::xpress::Xpress;

/// How WOF compresses the chunks of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// XPRESS in chunks of 4 KiB.
    Xpress4K,
    /// XPRESS in chunks of 8 KiB.
    Xpress8K,
    /// XPRESS in chunks of 16 KiB.
    Xpress16K,
    /// LZX in chunks of 32 KiB.
    Lzx32K,
}

impl Codec {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Xpress4K,
        Self::Xpress8K,
        Self::Xpress16K,
        Self::Lzx32K,
    ];

    /// The codec that WOF numbers so (FILE_PROVIDER_COMPRESSION_*).
    #[must_use]
    pub fn numbered(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Xpress4K),
            1 => Some(Self::Lzx32K),
            2 => Some(Self::Xpress8K),
            3 => Some(Self::Xpress16K),
            _ => None,
        }
    }

    /// Bytes of a chunk when it is decompressed.
    #[must_use]
    pub fn chunk_size(self) -> usize {
        match self {
            Self::Xpress4K => 4 << 10,
            Self::Xpress8K => 8 << 10,
            Self::Xpress16K => 16 << 10,
            Self::Lzx32K => lzx::CHUNK,
        }
    }
}

/// The tables that chunks of one codec are decompressed with, one after the other.
pub struct Decoder(Tables);

enum Tables {
    Xpress(Box<Xpress>),
    Lzx(Box<Lzx>),
}

impl Decoder {
    /// A decoder of chunks of `codec`.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self(match codec {
            Codec::Lzx32K => Tables::Lzx(Box::new(Lzx::new())),
            _ => Tables::Xpress(Box::new(Xpress::new())),
        })
    }

    /// Decompresses `chunk`, which is compressed, into all of `out`: as many bytes as the chunk has.
    ///
    /// # Errors
    /// What is wrong with it; `out` then holds nothing of meaning.
    pub fn decompress(&mut self, chunk: &[u8], out: &mut [u8]) -> Result<(), &'static str> {
        match &mut self.0 {
            Tables::Xpress(xpress) => xpress.decompress(chunk, out),
            Tables::Lzx(lzx) => lzx.decompress(chunk, out),
        }
    }
}
