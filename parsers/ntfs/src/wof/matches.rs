//! Copies within what is already decompressed.

/// Bytes that are copied at once.
const WORD: usize = 16;

/// Repeats `length` bytes from `distance` bytes back, `distance > 0`, at byte `to` of `out`. The
/// ranges may overlap: what is written counts. Bytes up to `WORD` behind the copy are overwritten.
///
/// # Errors
/// Where the copy would begin before `out`, or end behind it.
#[inline(always)]
pub(super) fn repeat(
    out: &mut [u8],
    to: usize,
    distance: usize,
    length: usize,
) -> Result<(), &'static str> {
    let Some(from) = to.checked_sub(distance) else {
        return Err("a match from before the start of its chunk");
    };
    let end = to.wrapping_add(length);
    if let Some(window) = out.get_mut(from..end.wrapping_add(WORD))
        && distance >= WORD
        && length <= WORD
        && let Some((past, future)) = window.split_at_mut_checked(distance)
        && let (Some(word), Some(place)) = (past.first_chunk::<WORD>(), future.first_chunk_mut())
    {
        *place = *word;
        return Ok(());
    }
    repeat_exactly(out, from, to, end)
}

/// Repeats what lies between `from` and `to` until `end`, and writes nothing behind it.
#[inline(never)]
fn repeat_exactly(out: &mut [u8], from: usize, to: usize, end: usize) -> Result<(), &'static str> {
    let distance = to.wrapping_sub(from);
    let Some((past, future)) = out
        .get_mut(from..end)
        .and_then(|window| window.split_at_mut_checked(distance))
    else {
        return Err("more bytes than a chunk has room for");
    };
    if let [byte] = past {
        future.fill(*byte);
    } else if future.len() <= past.len() {
        let len = future.len();
        future.copy_from_slice(past.get(..len).unwrap_or_default());
    } else {
        let window = out.get_mut(from..end).unwrap_or_default();
        let mut done = distance;
        while done < window.len() {
            let len = done.min(window.len().wrapping_sub(done));
            window.copy_within(..len, done);
            done = done.wrapping_add(len);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::repeat;

    #[test]
    fn every_distance_and_length_is_what_a_byte_by_byte_copy_gives() {
        for distance in 1..=70_usize {
            for length in 2..=80_usize {
                let seed: Vec<u8> = (0..70).collect();
                let mut expected = seed.clone();
                (0..length).for_each(|_| expected.push(expected[expected.len() - distance]));
                for slack in [0, 1, 15, 16, 40] {
                    let mut out = seed.clone();
                    out.resize(expected.len() + slack, 0xA5);
                    repeat(&mut out, 70, distance, length).expect("it fits");
                    assert_eq!(
                        out[..expected.len()],
                        expected,
                        "{distance} {length} {slack}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_leaves_the_bytes_is_refused() {
        let mut out = [0; 100];
        assert!(repeat(&mut out, 10, 11, 3).is_err());
        assert!(repeat(&mut out, 98, 1, 3).is_err());
        assert!(repeat(&mut out, 50, 20, usize::MAX).is_err());
        assert!(repeat(&mut out, 97, 1, 3).is_ok());
    }
}
