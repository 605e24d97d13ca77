//! Sector bitmaps: which sectors of a partially present block this file holds. MS-VHDX 2.4

use std::sync::Arc;

use blockio::{Fault, ReadAt};

use crate::codes::BITMAP;

/// Bytes read at once: one sector of the medium, so that a bad one costs no other. They describe
/// 4,096 sectors of the disk.
const PIECE: u64 = 512;
const PIECE_LEN: usize = 512;
/// Bits of a byte, of a piece and of a word.
const BYTE: u64 = 8;
const PIECE_BITS: u64 = PIECE * BYTE;
const WORD: usize = 64;

/// What a bit is, or why it cannot be known.
pub(crate) type BitOr = Result<bool, Arc<Fault>>;

/// A sector bitmap block in its file.
pub(crate) struct SectorBitmap<'a> {
    pub file: &'a dyn ReadAt,
    /// Where in the file it begins, in bytes.
    pub start: u64,
    /// Where the file ends, in bytes.
    pub file_end: u64,
}

impl SectorBitmap<'_> {
    /// For how many bits from `first` on, up to `end`, the answer is the same, and that answer.
    pub(crate) fn run(&self, first: u64, end: u64) -> (u64, BitOr) {
        let (mut len, answer) = self.run_in_piece(first, end);
        let Ok(set) = answer else {
            return (len, answer);
        };
        loop {
            let at = first.saturating_add(len);
            // A run that stops short of the piece's end has met the other bit.
            if at >= end || !at.is_multiple_of(PIECE_BITS) {
                return (len, answer);
            }
            match self.run_in_piece(at, end) {
                (more, Ok(next)) if next == set => len = len.saturating_add(more),
                _ => return (len, answer),
            }
        }
    }

    /// Whether the file holds every bit up to `end`.
    pub(crate) fn reaches(&self, end: u64) -> Result<(), Arc<Fault>> {
        let end = self.start.saturating_add(end.div_ceil(BYTE));
        if end > self.file_end {
            return Err(self.beyond_end(self.file_end.max(self.start)));
        }
        Ok(())
    }

    /// As [`run`](Self::run), within the piece that holds `first`.
    fn run_in_piece(&self, first: u64, end: u64) -> (u64, BitOr) {
        let next_piece = (first / PIECE_BITS)
            .saturating_add(1)
            .saturating_mul(PIECE_BITS);
        let end = end.min(next_piece);
        let from = first / BYTE;
        let into_byte = first % BYTE;
        let mut buf = [0; PIECE_LEN];
        let wanted = end.div_ceil(BYTE).saturating_sub(from);
        let at = self.start.saturating_add(from);
        let there = wanted.min(self.file_end.saturating_sub(at));
        let len = usize::try_from(there).unwrap_or(PIECE_LEN).min(PIECE_LEN);
        let bytes = buf.get_mut(..len).unwrap_or_default();
        let bits_there = there.saturating_mul(BYTE);
        let bits = end.saturating_sub(first);
        if there == 0 {
            return (bits, Err(self.beyond_end(at)));
        }
        match self.file.read_exact_at(bytes, at) {
            Err(error) => (bits, Err(Fault::from_io(&error, "sector bitmap"))),
            Ok(()) => {
                let end = bits_there.min(into_byte.saturating_add(bits));
                let (set, same) = same_bits(bytes, small(into_byte), small(end));
                (blockio::clamp(same), Ok(set))
            }
        }
    }

    fn beyond_end(&self, at: u64) -> Arc<Fault> {
        let fault = Fault::damaged(&BITMAP, "sector bitmap").at(at);
        fault
            .found(format!("a file that ends at {:#x}", self.file_end))
            .into()
    }
}

/// A count of bits of one piece.
fn small(bits: u64) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX)
}

/// Whether bit `first` of `bits` is set, and how many bits from it on, up to `end`, are the same.
///
/// Bit 0 is the lowest of the first byte. `first < end`, and `end` lies within `bits`.
fn same_bits(bits: &[u8], first: usize, end: usize) -> (bool, usize) {
    let set = word(bits, first) & 1 != 0;
    let mut at = first;
    while at < end {
        let ahead = word(bits, at);
        let differing = if set { !ahead } else { ahead };
        let left_in_word = WORD.saturating_sub(at % WORD);
        let same = usize::try_from(differing.trailing_zeros())
            .unwrap_or(WORD)
            .min(left_in_word);
        at = at.saturating_add(same);
        if same < left_in_word {
            break;
        }
    }
    (set, at.min(end).saturating_sub(first))
}

/// The bits from `at` to the end of its word, the first lowest; zeros behind the last byte.
fn word(bits: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    let word = (at / WORD).saturating_mul(size_of::<u64>());
    let from = bits.get(word..).unwrap_or_default();
    let len = from.len().min(bytes.len());
    if let (Some(to), Some(from)) = (bytes.get_mut(..len), from.get(..len)) {
        to.copy_from_slice(from);
    }
    u64::from_le_bytes(bytes) >> (at % WORD)
}

#[cfg(test)]
mod tests {
    use super::same_bits;

    /// The same by looking at every bit.
    fn counted(bits: &[u8], first: usize, end: usize) -> (bool, usize) {
        let bit = |at: usize| bits[at / 8] >> (at % 8) & 1 == 1;
        (
            bit(first),
            (first..end).take_while(|at| bit(*at) == bit(first)).count(),
        )
    }

    #[test]
    fn agrees_with_counting_bit_by_bit() {
        let patterns: [&[u8]; 6] = [
            &[0; 20],
            &[0xFF; 20],
            &[0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x80],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE],
            &[0, 0, 0, 0, 0, 0, 0, 0x80, 0x01],
            &[0b1010_0110, 0x0F, 0xF0],
        ];
        for bits in patterns {
            for end in 1..=bits.len() * 8 {
                for first in 0..end {
                    let expected = counted(bits, first, end);
                    assert_eq!(
                        same_bits(bits, first, end),
                        expected,
                        "{bits:x?} {first}..{end}"
                    );
                }
            }
        }
    }
}
