//! Which MiB of a file have an owner, to find blocks that share them.

use std::ops::Range;

use crate::format::{ALIGNMENT, MAX_DISK_SIZE};

/// How far into a file blocks are told apart, in bytes: twice what the largest disk needs. It takes
/// a bit per MiB, 16 MiB for all.
const REACH: u64 = MAX_DISK_SIZE.saturating_mul(2);
const WORD: u64 = 64;

/// The MiB of a file that blocks have claimed.
pub(crate) struct Claims(Vec<u64>);

/// Whether a block's place was free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Free,
    Taken,
    /// Beyond what is kept track of.
    Unknown,
}

impl Claims {
    /// For a file that ends at `file_end`.
    pub(crate) fn new(file_end: u64) -> Self {
        let units = file_end.min(REACH).div_ceil(ALIGNMENT);
        Self(vec![
            0;
            usize::try_from(units.div_ceil(WORD))
                .unwrap_or_default()
        ])
    }

    /// Claims `range` of the file; whether another block had a byte of it.
    pub(crate) fn claim(&mut self, range: &Range<u64>) -> Claim {
        let mut claim = Claim::Free;
        for unit in range.start / ALIGNMENT..range.end.div_ceil(ALIGNMENT) {
            let word = usize::try_from(unit / WORD).ok();
            let Some(word) = word.and_then(|word| self.0.get_mut(word)) else {
                return if claim == Claim::Taken {
                    claim
                } else {
                    Claim::Unknown
                };
            };
            let bit = 1 << (unit % WORD);
            if *word & bit != 0 {
                claim = Claim::Taken;
            }
            *word |= bit;
        }
        claim
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::MIB;

    #[test]
    fn a_shared_mib_is_taken_a_neighbour_is_not() {
        let mut claims = Claims::new(200 * MIB);
        assert_eq!(claims.claim(&(60 * MIB..70 * MIB)), Claim::Free);
        assert_eq!(claims.claim(&(70 * MIB..71 * MIB)), Claim::Free);
        assert_eq!(claims.claim(&(69 * MIB..69 * MIB + 1)), Claim::Taken);
        assert_eq!(claims.claim(&(50 * MIB..60 * MIB)), Claim::Free);
    }

    #[test]
    fn what_lies_too_far_out_is_said_to_be_unknown() {
        let mut claims = Claims::new(u64::MAX);
        assert_eq!(claims.claim(&(REACH..REACH + MIB)), Claim::Unknown);
        assert_eq!(claims.claim(&(REACH - MIB..REACH)), Claim::Free);
    }
}
