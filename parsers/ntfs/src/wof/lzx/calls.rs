//! Targets of x86 calls, which LZX stores as if they were absolute. MS-PATCH 2, "E8 call translation".

/// The opcode of a call, before its target of 4 bytes.
const CALL: u8 = 0xE8;
/// The size that a file is taken to have.
const FILE_SIZE: i32 = 12_000_000;
/// Bytes at the end of a chunk where no call is translated.
const TAIL: usize = 10;
/// Bytes that are searched at once.
const STRIDE: usize = 32;

/// Makes the targets of calls relative again in `chunk`, at most 32 KiB.
pub(super) fn translate(chunk: &mut [u8]) {
    let Some(end) = chunk.len().checked_sub(TAIL) else {
        return;
    };
    let mut at = 0;
    while let Some(found) = next_call(chunk.get(at..end).unwrap_or_default()) {
        at = at.wrapping_add(found);
        let place = chunk.get_mut(at..).and_then(|rest| rest.split_first_mut());
        if let Some(target) = place.and_then(|(_, target)| target.first_chunk_mut::<4>())
            && let Some(relative) = relative(i32::from_le_bytes(*target), at)
        {
            *target = relative.to_le_bytes();
        }
        at = at.wrapping_add(5);
    }
}

/// Where the next call in `bytes` is.
fn next_call(bytes: &[u8]) -> Option<usize> {
    let strides = bytes.chunks(STRIDE);
    let first = strides.clone().position(|stride| {
        // All of them, so that it becomes one comparison.
        stride.iter().fold(false, |any, byte| any | (*byte == CALL))
    })?;
    let start = first.wrapping_mul(STRIDE);
    let within = bytes.get(start..)?.iter().position(|byte| *byte == CALL)?;
    Some(start.wrapping_add(within))
}

/// The relative target of the call at byte `at`; `None` where `target` was not translated.
fn relative(target: i32, at: usize) -> Option<i32> {
    let at = i32::try_from(at).ok()?;
    match target {
        0..FILE_SIZE => Some(target.wrapping_sub(at)),
        // What would have been behind the file's end went to before its start.
        _ if target < 0 && target.wrapping_add(at) >= 0 => Some(target.wrapping_add(FILE_SIZE)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk of `len` bytes with a call to `target` at byte `at`, translated.
    fn translated(len: usize, at: usize, target: i32) -> i32 {
        let mut chunk = vec![0; len];
        chunk[at] = CALL;
        chunk[at + 1..at + 5].copy_from_slice(&target.to_le_bytes());
        translate(&mut chunk);
        i32::from_le_bytes(chunk[at + 1..at + 5].try_into().unwrap())
    }

    #[test]
    fn targets_within_the_file_become_relative() {
        assert_eq!(translated(5000, 1000, 1500), 500);
        assert_eq!(translated(5000, 1000, 0), -1000);
        assert_eq!(translated(5000, 1000, 11_999_999), 11_998_999);
        assert_eq!(translated(5000, 1000, 12_000_000), 12_000_000);
    }

    #[test]
    fn targets_from_before_the_file_wrap_around() {
        assert_eq!(translated(5000, 1000, -1), 11_999_999);
        assert_eq!(translated(5000, 1000, -1000), 11_999_000);
        assert_eq!(translated(5000, 1000, -1001), -1001);
    }

    #[test]
    fn the_last_ten_bytes_are_left_alone() {
        assert_eq!(translated(100, 89, 200), 111);
        assert_eq!(translated(100, 90, 200), 200);
        assert_eq!(translated(10, 0, 200), 200);
        translate(&mut [CALL; 9]);
    }

    #[test]
    fn a_target_is_not_searched_for_calls() {
        let mut chunk = [CALL; 40];
        let expected = chunk;
        translate(&mut chunk); // each target is a large negative number
        assert_eq!(chunk, expected);
        let mut chunk = [0; 40];
        chunk[..6].copy_from_slice(&[CALL, CALL, 0, 0, 0, CALL]);
        translate(&mut chunk);
        assert_eq!(chunk[..6], [CALL, CALL, 0, 0, 0, CALL]);
    }
}
