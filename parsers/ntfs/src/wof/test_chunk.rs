//! Writes chunks bit by bit, for tests.

/// Bits, the highest of each unit first.
#[derive(Default)]
pub(super) struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    /// Adds the lowest `width` bits of `value`.
    pub(super) fn put(&mut self, value: usize, width: usize) -> &mut Self {
        let bits = (0..width).rev().map(|bit| value >> bit & 1 == 1);
        self.bits.extend(bits);
        self
    }

    /// The units, the last one filled up with zeros.
    pub(super) fn units(&self) -> Vec<u8> {
        let unit = |bits: &[bool]| {
            let bits = bits.iter().chain([&false; 16]).take(16);
            bits.fold(0, |unit: u16, &bit| unit << 1 | u16::from(bit))
                .to_le_bytes()
        };
        self.bits.chunks(16).flat_map(unit).collect()
    }
}

/// The codeword of `symbol` in the code with these lengths: value and width.
pub(super) fn codeword(lengths: &[u8], symbol: usize) -> (usize, usize) {
    let width = lengths[symbol];
    let before = |(other, &length): (usize, &u8)| length > 0 && (length, other) < (width, symbol);
    let numbered = lengths.iter().enumerate();
    let sum: usize = numbered
        .filter(|&it| before(it))
        .map(|(_, &length)| 1 << (16 - length))
        .sum();
    (sum >> (16 - width), usize::from(width))
}
