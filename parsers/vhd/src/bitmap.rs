//! Which sectors of a block this file holds: one bit each, most significant bit first.

/// The state of bit `first` of `bitmap`, and how many bits from it on, at most `max`, share it.
///
/// `None` where the bitmap has no such bit.
pub(crate) fn run(bitmap: &[u8], first: usize, max: usize) -> Option<(bool, usize)> {
    let bits = bitmap.len().checked_mul(8)?.checked_sub(first)?.min(max);
    let set = bit(bitmap, first)?;
    let whole = if set { 0xFF } else { 0x00 };
    let mut len: usize = 0;
    while len < bits {
        let at = first.checked_add(len)?;
        let byte = *bitmap.get(at.checked_div(8)?)?;
        if byte == whole && at.is_multiple_of(8) {
            len = len.checked_add(8)?;
        } else if bit(bitmap, at)? == set {
            len = len.checked_add(1)?;
        } else {
            break;
        }
    }
    Some((set, len.min(bits)))
}

fn bit(bitmap: &[u8], at: usize) -> Option<bool> {
    let byte = bitmap.get(at.checked_div(8)?)?;
    let shift = 7_u32.checked_sub(u32::try_from(at.checked_rem(8)?).ok()?)?;
    Some(byte.checked_shr(shift)? & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn counts_from_the_most_significant_bit() {
        let bitmap = [0b1110_0000, 0xFF, 0b1000_0001];
        assert_eq!(run(&bitmap, 0, 100), Some((true, 3)));
        assert_eq!(run(&bitmap, 3, 100), Some((false, 5)));
        assert_eq!(run(&bitmap, 8, 100), Some((true, 9)));
        assert_eq!(run(&bitmap, 17, 100), Some((false, 6)));
        assert_eq!(run(&bitmap, 23, 100), Some((true, 1)));
        assert_eq!(run(&bitmap, 24, 100), None);
    }

    #[test]
    fn stops_at_the_most_that_was_asked_for() {
        assert_eq!(run(&[0xFF; 4], 3, 7), Some((true, 7)));
        assert_eq!(run(&[0; 4], 8, 8), Some((false, 8)));
    }
}
