//! XPRESS with Huffman codes. MS-XCA 2.1 and 2.2.
//!
//! A chunk begins with the lengths of 512 codewords, 4 bits each. 256 symbols are literal bytes; the
//! others name how many bits a distance has and how long the match is, long ones with bytes that lie
//! between the units of bits.

use super::bits::Bits;
use super::huffman::Code;
use super::matches::repeat;

/// Bytes at the start of a chunk that hold the lengths of the codewords.
const LENGTHS: usize = 256;
/// Symbols below are literal bytes.
const LITERALS: u16 = 256;
/// The shortest match.
const SHORTEST: usize = 3;
/// A length in a symbol that says that bytes with the length follow.
const LONG: usize = 15;
/// Bits that a decoder has buffered, at the least, when it comes to bytes between the units.
const LOOKAHEAD: u32 = 16;

/// The tables of a decoder; they serve one chunk after the other.
pub(super) struct Xpress {
    code: Code<2048>,
}

impl Xpress {
    pub(super) const fn new() -> Self {
        Self { code: Code::new() }
    }

    /// Decompresses `chunk` into all of `out`, at most 64 KiB.
    ///
    /// # Errors
    /// What is wrong with the chunk; `out` then holds nothing of meaning.
    pub(super) fn decompress(&mut self, chunk: &[u8], out: &mut [u8]) -> Result<(), &'static str> {
        let (packed, stream) = chunk
            .split_first_chunk::<LENGTHS>()
            .ok_or("a chunk shorter than its table of codewords")?;
        self.code.build(unpacked(packed).as_flattened())?;
        let mut bits = Bits::new(stream);
        self.tokens(&mut bits, out)?;
        bits.finish()
    }

    fn tokens(&self, bits: &mut Bits<'_>, out: &mut [u8]) -> Result<(), &'static str> {
        let mut to = 0;
        while to < out.len() {
            // Enough for a literal of 15 bits, a symbol of 15 and a distance of 15.
            bits.refill();
            let mut symbol = self.symbol(bits)?;
            if symbol < LITERALS {
                put(out, to, symbol);
                to = to.wrapping_add(1);
                if to == out.len() {
                    break;
                }
                symbol = self.symbol(bits)?;
            }
            if symbol < LITERALS {
                put(out, to, symbol);
                to = to.wrapping_add(1);
                continue;
            }
            let (distance, length) = matched(bits, symbol)?;
            repeat(out, to, distance, length)?;
            to = to.wrapping_add(length);
        }
        Ok(())
    }

    #[inline(always)]
    fn symbol(&self, bits: &mut Bits<'_>) -> Result<u16, &'static str> {
        self.code
            .symbol(bits)
            .ok_or("a codeword that stands for nothing")
    }
}

/// Distance and length of the match that `symbol` begins.
#[inline(always)]
fn matched(bits: &mut Bits<'_>, symbol: u16) -> Result<(usize, usize), &'static str> {
    let mut length = usize::from(symbol & 0xF);
    if length == LONG {
        length = long_length(bits)?;
    }
    let width = u32::from((symbol >> 4) & 0xF);
    let distance = 1_usize.wrapping_shl(width) | bits.take(width);
    Ok((distance, length.wrapping_add(SHORTEST)))
}

/// A length of 15 or more: one byte, or two behind 255, or four behind two zeros.
#[cold]
#[inline(never)]
fn long_length(bits: &mut Bits<'_>) -> Result<usize, &'static str> {
    bits.give_back(LOOKAHEAD);
    let byte = usize::from(bits.byte());
    let length = if byte < 255 {
        byte.wrapping_add(LONG)
    } else {
        match u16::from_le_bytes([bits.byte(), bits.byte()]) {
            0 => {
                let bytes = [bits.byte(), bits.byte(), bits.byte(), bits.byte()];
                usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
            }
            length => length.into(),
        }
    };
    match length {
        LONG..=0x1_0000 => Ok(length),
        _ => Err("a match of a length that none has"),
    }
}

/// The lengths of the codewords, the lower four bits of each byte first.
fn unpacked(packed: &[u8; LENGTHS]) -> [[u8; 2]; LENGTHS] {
    packed.map(|pair| [pair & 0xF, pair >> 4])
}

#[inline(always)]
fn put(out: &mut [u8], to: usize, literal: u16) {
    if let Some(place) = out.get_mut(to) {
        *place = u8::try_from(literal & 0xFF).unwrap_or_default();
    }
}

#[cfg(test)]
#[path = "xpress_tests.rs"]
mod tests;
