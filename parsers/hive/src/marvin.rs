//! Marvin32, the hash of log entries.

/// The hash of `data`, the low half first. US patent 8,555,081; "Log entries", notes 1 to 3.
pub(crate) fn hash(seed: u64, data: &[u8]) -> u64 {
    let mut state = State::new(seed);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        state.take(u32::from_le_bytes(*word));
    }
    // The last word is what is left, then 0x80, then zeros; a word of zeros ends it all.
    let mut last = [0; 4];
    for (to, &from) in last.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *to = from;
    }
    state.take(u32::from_le_bytes(last));
    state.take(0);
    u64::from(state.high) << 32 | u64::from(state.low)
}

struct State {
    low: u32,
    high: u32,
}

impl State {
    fn new(seed: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = seed.to_le_bytes();
        Self {
            low: u32::from_le_bytes([a, b, c, d]),
            high: u32::from_le_bytes([e, f, g, h]),
        }
    }

    fn take(&mut self, word: u32) {
        let (mut low, mut high) = (self.low.wrapping_add(word), self.high);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
        (self.low, self.high) = (low, high);
    }
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// The vectors that implementations of Marvin32 are compared by.
    #[test]
    fn gives_the_known_answers() {
        let seed = 0x004f_b61a_001b_dbcc;
        let cases: [(&[u8], u64); 8] = [
            (b"", 0x30ed_35c1_00cd_3c7d),
            (b"\xaf", 0x48e7_3fc7_7d75_ddc1),
            (b"\xe7\x0f", 0xb5f6_e1fc_485d_bff8),
            (b"\x37\xf4\x95", 0xf0b0_7c78_9b8c_f7e8),
            (b"\x86\x42\xdc\x59", 0x7008_f2e8_7e9c_f556),
            (b"\x15\x3f\xb7\x98\x26", 0xe6c0_8c6d_a2af_a997),
            (b"\x09\x32\xe6\x24\x6c\x47", 0x6f04_bf1a_5ea2_4060),
            (b"\xab\x42\x7e\xa8\xd1\x0f\xc7", 0xe118_47e4_f067_8c41),
        ];
        for (data, answer) in cases {
            assert_eq!(hash(seed, data), answer, "{data:x?}");
        }
        let other_seed = 0x804f_b61a_801b_dbcc;
        assert_eq!(hash(other_seed, b"\0"), 0xa37f_b0da_2eca_e06c);
    }
}
