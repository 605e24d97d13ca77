//! Canonical Huffman codes as both codecs have them: the lengths of the codewords say it all.

use super::bits::Bits;

/// Symbols of the largest code, XPRESS's.
const MOST_SYMBOLS: usize = 512;
/// Bits of the longest codeword.
const LONGEST: usize = 16;
/// Bits of a table's entry that hold the length; the symbol is above them.
const LENGTH_BITS: u32 = 4;

/// A code. Codewords of up to as many bits as `SIZE`, a power of two up to 2^15, has, are looked up
/// in one step.
pub(super) struct Code<const SIZE: usize> {
    /// By the next bits: symbol and length; 0 where the codeword is longer than that, or there is none.
    table: [u16; SIZE],
    /// The symbols, in the order of their codewords.
    sorted: [u16; MOST_SYMBOLS],
    /// For codewords longer than the table's bits, by their length: the first 16 bits that are above
    /// them, and what to add to the codeword for its place in `sorted`.
    long: [(u32, u32); LONGEST + 1],
}

impl<const SIZE: usize> Code<SIZE> {
    const BITS: u32 = SIZE.trailing_zeros();

    pub(super) const fn new() -> Self {
        Self {
            table: [0; SIZE],
            sorted: [0; MOST_SYMBOLS],
            long: [(0, 0); LONGEST + 1],
        }
    }

    /// Takes the code in which symbol `n` has a codeword of `lengths[n]` bits, or none where that is 0.
    /// There are at most 512, up to 16 each. No codewords at all are a code too, without a symbol.
    ///
    /// # Errors
    /// Where there are more codewords than bits can tell apart, or fewer.
    pub(super) fn build(&mut self, lengths: &[u8]) -> Result<(), &'static str> {
        let counts = counted(lengths);
        let used = counts
            .iter()
            .skip(1)
            .fold(0_u32, |sum, count| sum.wrapping_add(*count));
        // In units of the longest codeword.
        let space = (1..)
            .zip(counts.iter().skip(1))
            .fold(0_u32, |sum, (length, count)| {
                sum.wrapping_add(count.wrapping_shl(16_u32.wrapping_sub(length)))
            });
        match (used, space) {
            (0, _) => {
                *self = Self::new();
                return Ok(());
            }
            (_, 0x1_0000) => {}
            (_, 0x1_0001..) => return Err("a code with more codewords than there can be"),
            _ => return Err("a code without all its codewords"),
        }
        self.sort(lengths, &counts);
        self.fill(&counts);
        Ok(())
    }

    /// Sorts the symbols by the lengths of their codewords.
    fn sort(&mut self, lengths: &[u8], counts: &[u32; LONGEST + 1]) {
        // Symbols without a codeword come behind all others.
        let mut next = [0_usize; LONGEST + 1];
        let mut sum = 0_usize;
        for (place, count) in next.iter_mut().zip(counts).skip(1) {
            *place = sum;
            sum = sum.wrapping_add(index(*count));
        }
        if let Some(place) = next.first_mut() {
            *place = sum;
        }
        for (symbol, &length) in (0..).zip(lengths) {
            let Some(place) = next.get_mut(usize::from(length & 0x1F)) else {
                continue;
            };
            if let Some(to) = self.sorted.get_mut(*place) {
                *to = symbol;
            }
            *place = place.wrapping_add(1);
        }
    }

    /// Fills the table and the limits of long codewords.
    fn fill(&mut self, counts: &[u32; LONGEST + 1]) {
        let mut symbols = self.sorted.as_slice();
        let mut table = self.table.as_mut_slice();
        let (mut limit, mut before) = (0_u32, 0_u32);
        self.long = [(0, 0); LONGEST + 1];
        for ((length, &count), long) in (0_u32..).zip(counts).zip(&mut self.long).skip(1) {
            let shift = 16_u32.wrapping_sub(length);
            let base = before.wrapping_sub(limit.wrapping_shr(shift));
            limit = limit.wrapping_add(count.wrapping_shl(shift));
            before = before.wrapping_add(count);
            let Some((these, rest)) = symbols.split_at_checked(index(count)) else {
                return;
            };
            symbols = rest;
            if length > Self::BITS {
                *long = (limit, base);
                continue;
            }
            let each = 1_u32.wrapping_shl(Self::BITS.wrapping_sub(length));
            table = filled(table, these, length, index(each));
        }
        table.fill(0);
    }

    /// The symbol whose codeword comes next; 16 bits must be in the buffer. `None`: none is.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u16> {
        let entry = self
            .table
            .get(bits.peek(Self::BITS))
            .copied()
            .unwrap_or_default();
        if entry == 0 {
            return self.long_symbol(bits);
        }
        bits.skip(u32::from(entry & ((1 << LENGTH_BITS) - 1)));
        Some(entry >> LENGTH_BITS)
    }

    #[cold]
    #[inline(never)]
    fn long_symbol(&self, bits: &mut Bits<'_>) -> Option<u16> {
        let next = u32::try_from(bits.peek(16)).unwrap_or_default();
        let mut long = (0_u32..).zip(&self.long);
        let (length, (_, base)) = long.find(|(_, (limit, _))| next < *limit)?;
        bits.skip(length);
        let codeword = next.wrapping_shr(16_u32.wrapping_sub(length));
        self.sorted
            .get(index(codeword.wrapping_add(*base)))
            .copied()
    }
}

/// Writes `each` entries for each of `symbols` at the start of `table`; what follows them.
fn filled<'t>(table: &'t mut [u16], symbols: &[u16], length: u32, each: usize) -> &'t mut [u16] {
    let len = symbols.len().wrapping_mul(each);
    let (these, rest) = table.split_at_mut(len.min(table.len()));
    let length = u16::try_from(length).unwrap_or_default();
    let entries = symbols
        .iter()
        .map(|symbol| (symbol << LENGTH_BITS) | length);
    match each {
        1 => fill_each::<1>(these, entries),
        2 => fill_each::<2>(these, entries),
        4 => fill_each::<4>(these, entries),
        8 => fill_each::<8>(these, entries),
        16 => fill_each::<16>(these, entries),
        _ => {
            for (to, entry) in these.chunks_exact_mut(each).zip(entries) {
                to.fill(entry);
            }
        }
    }
    rest
}

#[inline(always)]
fn fill_each<const EACH: usize>(table: &mut [u16], entries: impl Iterator<Item = u16>) {
    for (to, entry) in table.as_chunks_mut::<EACH>().0.iter_mut().zip(entries) {
        *to = [entry; EACH];
    }
}

/// How many codewords there are of each length. Four rows, so that equal neighbours do not wait for
/// each other.
fn counted(lengths: &[u8]) -> [u32; LONGEST + 1] {
    let mut rows = [[0_u32; 32]; 4];
    let (fours, rest) = lengths.as_chunks::<4>();
    for four in fours {
        count(&mut rows, four);
    }
    count(&mut rows, rest);
    let mut counts = [0; LONGEST + 1];
    for row in &rows {
        for (sum, count) in counts.iter_mut().zip(row) {
            *sum = u32::wrapping_add(*sum, *count);
        }
    }
    counts
}

#[inline(always)]
fn count(rows: &mut [[u32; 32]; 4], lengths: &[u8]) {
    for (row, &length) in rows.iter_mut().zip(lengths) {
        if let Some(count) = row.get_mut(usize::from(length & 0x1F)) {
            *count = count.wrapping_add(1);
        }
    }
}

/// A number of symbols or entries as an index.
#[inline(always)]
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

#[cfg(test)]
#[path = "huffman_tests.rs"]
mod tests;
