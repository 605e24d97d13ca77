//! Where a failure ends: halving, on sector boundaries.

/// What a gap without answers is searched with first, and at most, in bytes.
const STEP: u64 = 64 << 10;
const LONGEST_STEP: u64 = 1 << 20;
/// To which the end of a gap is found, in bytes.
const GRAIN: u64 = 512;

/// How many of `len > grain` bytes from `from` the first half has, if it ends on a multiple of `grain`.
///
/// More than 0 and less than `len`.
pub(super) fn middle(from: u64, len: u64, grain: u64) -> u64 {
    let up = (from + len / 2).next_multiple_of(grain);
    let end = if up < from + len {
        up
    } else {
        (from + len - 1) / grain * grain
    };
    end - from
}

/// The first byte after `at` for which `answers` is true again, on a multiple of 512; or `size`.
///
/// Steps over the gap, then halves the last step: what lies between two steps without an answer is
/// taken to have none.
pub(super) fn end_of_gap(at: u64, size: u64, answers: impl Fn(u64) -> bool) -> u64 {
    let (mut silent, mut step) = (at, STEP);
    loop {
        let next = (silent + 1).next_multiple_of(step);
        if next >= size {
            return first_answer(silent, size, answers);
        }
        if answers(next) {
            return first_answer(silent, next, answers);
        }
        silent = next;
        step = (step * 2).min(LONGEST_STEP);
    }
}

/// The first multiple of 512 in `silent..end` with an answer, if from there on all have one; or `end`.
fn first_answer(mut silent: u64, mut end: u64, answers: impl Fn(u64) -> bool) -> u64 {
    while end - silent > GRAIN {
        let next = silent + middle(silent, end - silent, GRAIN);
        if answers(next) {
            end = next;
        } else {
            silent = next;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_inside_and_on_a_boundary() {
        for from in [0, 1, 511, 512, 1000, 1 << 20] {
            for len in [513, 514, 1023, 1024, 1025, 4096, 1 << 20] {
                let half = middle(from, len, 512);
                assert!(0 < half && half < len, "{from} + {len}: {half}");
                assert_eq!((from + half) % 512, 0, "{from} + {len}");
            }
        }
    }

    #[test]
    fn finds_where_answers_begin_again() {
        for end in [512, 1024, 65536, 65536 + 512, 3 << 20] {
            assert_eq!(end_of_gap(0, 1 << 30, |at| at >= end), end);
        }
        assert_eq!(end_of_gap(100, 700, |_| false), 700);
        assert_eq!(end_of_gap(100, 5000, |at| at >= 700), 1024);
    }
}
