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
