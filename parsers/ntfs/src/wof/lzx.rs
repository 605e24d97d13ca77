//! LZX as WIM and WOF have it. MS-PATCH 2, and what is public of WIM's differences.
//!
//! A chunk is at most 32 KiB and complete in itself: window, recent offsets and codes begin anew. It is
//! a row of blocks; those with matches bring their codes along, as differences to those of the block
//! before. A bit says that a block has 32 KiB, else 16 bits say how many bytes it has. The targets of
//! x86 calls are translated in every chunk, as if the file had 12,000,000 bytes.

mod calls;
mod lengths;

use super::bits::Bits;
use super::huffman::Code;
use super::matches::repeat;

/// Bytes of a chunk, and of the window.
pub(super) const CHUNK: usize = 32 << 10;
/// Symbols of the main code: literal bytes, then 30 slots of distances with 8 lengths each.
const MAIN: usize = LITERALS + 30 * 8;
/// Symbols of the main code below are literal bytes.
const LITERALS: usize = 256;
/// Symbols of the code of long lengths.
const LENGTHS: usize = 249;
/// Symbols of the code of aligned offsets.
const ALIGNED: usize = 8;
/// The shortest match.
const SHORTEST: usize = 2;
/// A length in a symbol of the main code that says that a symbol of the length code follows.
const LONG: usize = 7;
/// Slots of distances that name one of the recent distances.
const RECENT: usize = 3;
/// Bits of a distance that the aligned code has.
const ALIGNED_BITS: u32 = 3;

const VERBATIM: usize = 1;
const WITH_ALIGNED: usize = 2;
const STORED: usize = 3;

type Result<T> = std::result::Result<T, &'static str>;

/// The tables of a decoder; they serve one chunk after the other.
pub(super) struct Lzx {
    main: Code<2048>,
    length: Code<1024>,
    aligned: Code<128>,
    /// The code in which the lengths of other codes are written.
    pre: Code<64>,
    main_lengths: [u8; MAIN],
    length_lengths: [u8; LENGTHS],
    /// The last three distances, the newest first.
    recent: [usize; RECENT],
}

/// What the header of a block says.
struct Block {
    kind: usize,
    /// Byte of the chunk where it ends.
    end: usize,
}

impl Lzx {
    pub(super) const fn new() -> Self {
        Self {
            main: Code::new(),
            length: Code::new(),
            aligned: Code::new(),
            pre: Code::new(),
            main_lengths: [0; MAIN],
            length_lengths: [0; LENGTHS],
            recent: [1; RECENT],
        }
    }

    /// Decompresses `chunk` into all of `out`, at most 32 KiB.
    ///
    /// # Errors
    /// What is wrong with the chunk; `out` then holds nothing of meaning.
    pub(super) fn decompress(&mut self, chunk: &[u8], out: &mut [u8]) -> Result<()> {
        self.main_lengths = [0; MAIN];
        self.length_lengths = [0; LENGTHS];
        self.recent = [1; RECENT];
        let mut bits = Bits::new(chunk);
        let mut to = 0;
        while to < out.len() {
            let block = block(&mut bits, to, out.len())?;
            match block.kind {
                VERBATIM => self.codes(&mut bits)?,
                WITH_ALIGNED => {
                    self.aligned_code(&mut bits)?;
                    self.codes(&mut bits)?;
                }
                STORED => self.stored(&mut bits, out, to..block.end)?,
                _ => return Err("a block of a kind that there is not"),
            }
            let out = out.get_mut(..block.end).unwrap_or_default();
            match block.kind {
                VERBATIM => self.tokens::<false>(&mut bits, out, to)?,
                WITH_ALIGNED => self.tokens::<true>(&mut bits, out, to)?,
                _ => {}
            }
            to = block.end;
        }
        calls::translate(out);
        bits.finish()
    }

    fn aligned_code(&mut self, bits: &mut Bits<'_>) -> Result<()> {
        let mut lengths = [0; ALIGNED];
        for length in &mut lengths {
            *length = u8::try_from(bits.read(3)).unwrap_or_default();
        }
        self.aligned.build(&lengths)
    }

    /// The main code, in two parts, and the code of lengths.
    fn codes(&mut self, bits: &mut Bits<'_>) -> Result<()> {
        let (literals, matches) = self.main_lengths.split_at_mut(LITERALS);
        for lengths in [literals, matches, &mut self.length_lengths] {
            lengths::read(bits, &mut self.pre, lengths)?;
        }
        self.main.build(&self.main_lengths)?;
        self.length.build(&self.length_lengths)
    }

    /// A block whose bytes are stored as they are, behind the recent distances.
    fn stored(
        &mut self,
        bits: &mut Bits<'_>,
        out: &mut [u8],
        range: std::ops::Range<usize>,
    ) -> Result<()> {
        // At least one bit is filled up with.
        bits.read(1);
        bits.align();
        let short = "a chunk that ends within a stored block";
        for recent in &mut self.recent {
            let bytes = bits
                .bytes(4)
                .and_then(|bytes| bytes.first_chunk())
                .ok_or(short)?;
            *recent = usize::try_from(u32::from_le_bytes(*bytes)).unwrap_or(usize::MAX);
        }
        if self.recent.contains(&0) {
            return Err("a recent distance of 0");
        }
        let to = out.get_mut(range).unwrap_or_default();
        to.copy_from_slice(bits.bytes(to.len()).ok_or(short)?);
        if to.len() & 1 == 1 {
            bits.byte();
        }
        Ok(())
    }

    /// The literals and matches of a block that goes on at byte `to` of `out` and ends with it.
    fn tokens<const WITH_ALIGNED: bool>(
        &mut self,
        bits: &mut Bits<'_>,
        out: &mut [u8],
        mut to: usize,
    ) -> Result<()> {
        while to < out.len() {
            // Enough for a literal of 16 bits and a symbol of 16.
            bits.refill();
            let mut symbol = self.main_symbol(bits)?;
            if symbol < LITERALS {
                put(out, to, symbol);
                to = to.wrapping_add(1);
                if to == out.len() {
                    break;
                }
                symbol = self.main_symbol(bits)?;
            }
            if symbol < LITERALS {
                put(out, to, symbol);
                to = to.wrapping_add(1);
                continue;
            }
            let symbol = symbol.wrapping_sub(LITERALS);
            let length = self.length_of(bits, symbol & 7)?;
            let distance = self.distance::<WITH_ALIGNED>(bits, symbol >> 3)?;
            repeat(out, to, distance, length)?;
            to = to.wrapping_add(length);
        }
        Ok(())
    }

    #[inline(always)]
    fn main_symbol(&self, bits: &mut Bits<'_>) -> Result<usize> {
        self.main.symbol(bits).map(usize::from).ok_or(NO_SYMBOL)
    }

    #[inline(always)]
    fn length_of(&self, bits: &mut Bits<'_>, short: usize) -> Result<usize> {
        if short < LONG {
            return Ok(short.wrapping_add(SHORTEST));
        }
        bits.ensure(16);
        let long = self.length.symbol(bits).ok_or(NO_SYMBOL)?;
        Ok(usize::from(long).wrapping_add(LONG).wrapping_add(SHORTEST))
    }

    /// The distance of slot `slot`, with the bits that follow; it becomes the newest.
    #[inline(always)]
    fn distance<const WITH_ALIGNED: bool>(
        &mut self,
        bits: &mut Bits<'_>,
        slot: usize,
    ) -> Result<usize> {
        let [newest, newer, old] = self.recent;
        let distance = match slot {
            0 => return Ok(newest),
            1 => {
                self.recent = [newer, newest, old];
                return Ok(newer);
            }
            2 => {
                self.recent = [old, newer, newest];
                return Ok(old);
            }
            _ => self.new_distance::<WITH_ALIGNED>(bits, slot)?,
        };
        self.recent = [distance, newest, newer];
        Ok(distance)
    }

    #[inline(always)]
    fn new_distance<const WITH_ALIGNED: bool>(
        &self,
        bits: &mut Bits<'_>,
        slot: usize,
    ) -> Result<usize> {
        let width = u32::try_from(slot >> 1).unwrap_or_default().wrapping_sub(1);
        bits.ensure(20);
        let low = if WITH_ALIGNED && width >= ALIGNED_BITS {
            let high = bits.take(width.wrapping_sub(ALIGNED_BITS));
            let low = self.aligned.symbol(bits).ok_or(NO_SYMBOL)?;
            (high << ALIGNED_BITS) | usize::from(low)
        } else {
            bits.take(width)
        };
        let base = (2 | (slot & 1)).wrapping_shl(width);
        Ok((base | low).wrapping_sub(2))
    }
}

const NO_SYMBOL: &str = "a codeword that stands for nothing";

/// The header of the block that begins at byte `to` of a chunk of `size` bytes.
fn block(bits: &mut Bits<'_>, to: usize, size: usize) -> Result<Block> {
    let kind = bits.read(3);
    let len = match bits.read(1) {
        1 => CHUNK,
        _ => bits.read(16),
    };
    let end = to.wrapping_add(len);
    if len == 0 || end > size {
        return Err("a block of a size that its chunk cannot have");
    }
    Ok(Block { kind, end })
}

#[inline(always)]
fn put(out: &mut [u8], to: usize, literal: usize) {
    if let Some(place) = out.get_mut(to) {
        *place = u8::try_from(literal & 0xFF).unwrap_or_default();
    }
}

#[cfg(test)]
#[path = "lzx_tests.rs"]
mod tests;
