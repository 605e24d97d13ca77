//! The bits of a compressed chunk: 16-bit little-endian units, the highest bit of each first.

/// Bits of a unit.
const UNIT: u32 = 16;

/// Bytes behind what was taken that may be left: an end mark, units that nobody needs, padding.
const SLACK: usize = 32;

/// The bits still to come. Behind the end of the input there are zeros; [`Bits::finish`] tells.
pub(super) struct Bits<'a> {
    input: &'a [u8],
    /// Byte of the input where the units begin that are not in the buffer yet.
    at: usize,
    /// The next bits, from the highest on.
    buffer: u64,
    /// How many of them count. What is below is the same as will be read again.
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            at: 0,
            buffer: 0,
            count: 0,
        }
    }

    /// Fills the buffer up to 48 bits or more.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let word = match rest.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => last_word(rest),
        };
        self.buffer |= units_reversed(word).wrapping_shr(self.count);
        let units = (UNIT * 4 - 1).wrapping_sub(self.count).wrapping_shr(4);
        self.count = self.count.wrapping_add(units.wrapping_mul(UNIT));
        self.at = self.at.wrapping_add(size(units.wrapping_mul(2)));
    }

    /// Fills the buffer up if it has fewer than `bits`, at most 48.
    #[inline(always)]
    pub(super) fn ensure(&mut self, bits: u32) {
        if self.count < bits {
            self.refill();
        }
    }

    /// The next `bits` bits, up to 32 of them and as many as are known to be in the buffer.
    #[inline(always)]
    pub(super) fn peek(&self, bits: u32) -> usize {
        // In two steps: a shift by 64, for no bits, is none.
        let value = (self.buffer >> 1).wrapping_shr(63_u32.wrapping_sub(bits));
        usize::try_from(value).unwrap_or_default()
    }

    /// Goes on by `bits` bits, as many as are known to be in the buffer.
    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        self.buffer = self.buffer.wrapping_shl(bits);
        self.count = self.count.wrapping_sub(bits);
    }

    /// The next `bits` bits; see [`Bits::peek`].
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> usize {
        let value = self.peek(bits);
        self.skip(bits);
        value
    }

    /// Fills the buffer if need be and takes `bits` bits, at most 32.
    #[inline]
    pub(super) fn read(&mut self, bits: u32) -> usize {
        self.ensure(bits);
        self.take(bits)
    }

    /// Gives back all units of which more than `keep` bits are buffered, so that what lies between
    /// the units can be read by [`Bits::byte`]. As many as `keep` bits must be in the buffer.
    pub(super) fn give_back(&mut self, keep: u32) {
        let units = self.count.wrapping_sub(keep).wrapping_shr(4);
        self.at = self.at.wrapping_sub(size(units.wrapping_mul(2)));
        self.count = self.count.wrapping_sub(units.wrapping_mul(UNIT));
        let kept = (u64::MAX >> 1).wrapping_shr(self.count.wrapping_sub(1));
        self.buffer &= !kept;
    }

    /// Gives back all whole units and drops what is left of one: bytes follow.
    pub(super) fn align(&mut self) {
        self.give_back(0);
        (self.buffer, self.count) = (0, 0);
    }

    /// The byte behind the buffered units; 0 behind the end.
    #[inline]
    pub(super) fn byte(&mut self) -> u8 {
        let byte = self.input.get(self.at).copied().unwrap_or_default();
        self.at = self.at.wrapping_add(1);
        byte
    }

    /// The next `len` bytes of an input that was aligned; `None` where it has no more so many.
    pub(super) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let bytes = self.input.get(self.at..)?.get(..len)?;
        self.at = self.at.wrapping_add(len);
        Some(bytes)
    }

    /// Looks, when all is decompressed, whether that took the input and no other.
    ///
    /// # Errors
    /// Where more was taken than there is, or much less.
    pub(super) fn finish(&self) -> Result<(), &'static str> {
        let unused = size(self.count.wrapping_shr(3));
        let used = self.at.saturating_sub(unused);
        match self.input.len().checked_sub(used) {
            None => Err("a chunk that ends before its last codeword"),
            Some(0..=SLACK) => Ok(()),
            Some(_) => Err("a chunk that goes on behind its last codeword"),
        }
    }
}

/// The 8 bytes from `rest` on, as far as they are there.
#[cold]
fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

/// The four units of `word`, the lowest as the highest.
#[inline(always)]
fn units_reversed(word: u64) -> u64 {
    const ODD: u64 = 0xFFFF_0000_FFFF_0000;
    let word = word.rotate_left(32);
    ((word & ODD) >> 16) | ((word << 16) & ODD)
}

/// A number of bytes or bits as an index.
#[inline(always)]
fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_from_the_top_of_each_unit() {
        let mut bits = Bits::new(&[0x34, 0x12, 0x78, 0x56, 0xBC, 0x9A]);
        bits.refill();
        assert_eq!((bits.peek(0), bits.peek(16)), (0, 0x1234));
        assert_eq!((bits.take(4), bits.take(28)), (1, 0x0234_5678));
        assert_eq!(bits.read(16), 0x9ABC);
        assert_eq!(bits.finish(), Ok(()));
        assert_eq!(bits.read(1), 0);
        assert!(bits.finish().is_err());
    }

    #[test]
    fn any_sequence_of_lengths_reads_the_same_bits() {
        let input: Vec<u8> = (0..200_u32).map(|i| (i * 151 % 256) as u8).collect();
        let units = input.as_chunks::<2>().0;
        let expected: String = units
            .iter()
            .map(|unit| format!("{:016b}", u16::from_le_bytes(*unit)))
            .collect();
        for step in 1..=32 {
            let (mut bits, mut found) = (Bits::new(&input), String::new());
            while found.len() + step <= expected.len() {
                found += &format!("{:0step$b}", bits.read(step as u32));
            }
            assert_eq!(found, expected[..found.len()], "{step}");
            assert_eq!(bits.finish(), Ok(()));
        }
    }

    #[test]
    fn much_that_is_left_is_another_chunk() {
        let mut bits = Bits::new(&[0; 36]);
        assert!(bits.finish().is_err());
        bits.read(32);
        assert_eq!(bits.finish(), Ok(()));
    }

    #[test]
    fn bytes_lie_behind_the_units_that_a_slow_reader_would_have() {
        let mut bits = Bits::new(&[0, 0x80, 1, 0, 7, 8, 0x34, 0x12]);
        bits.refill();
        assert_eq!(bits.take(1), 1);
        bits.give_back(16); // of 31 bits: two units
        assert_eq!([bits.byte(), bits.byte()], [7, 8]);
        assert_eq!(bits.read(31), 1);
        assert_eq!(bits.read(16), 0x1234);
    }

    #[test]
    fn aligned_bytes_follow_the_unit_that_was_begun() {
        let mut bits = Bits::new(&[0, 0x80, 7, 8, 9]);
        bits.refill();
        bits.skip(1);
        bits.align();
        assert_eq!(bits.bytes(3), Some(&[7, 8, 9][..]));
        assert_eq!(bits.bytes(1), None);
    }
}
