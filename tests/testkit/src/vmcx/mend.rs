//! Checksums made right again, and a log that has not been applied yet.

use super::{Built, DESCRIPTOR, ENTRY, LOG, OBJECTS, PAGE, SLOT, TABLE, put};

/// Makes right every checksum that can be found, so that what lies behind them is reached; leaves
/// alone what is cut off or has lost its signature.
pub fn mend(image: &mut [u8]) {
    let mut logs = Vec::new();
    for header in [0, PAGE] {
        if starts_with(image, header, &[0x14, 0x20, 0x28, 0x01]) {
            seal(image, header, 46, 4);
            logs.extend(number(image, header + 26, 8));
        }
    }
    mend_objects(image);
    for log in logs {
        mend_log(image, log);
    }
}

fn mend_objects(image: &mut [u8]) {
    let mut tables = vec![OBJECTS];
    let mut next = 0;
    while next < tables.len() && next < 64 {
        let table = tables[next];
        next += 1;
        if !starts_with(image, table, &0x0111_0001_u32.to_le_bytes()) {
            continue;
        }
        for slot in (0..227).map(|slot| table + 8 + slot * SLOT) {
            seal(image, slot, SLOT, 1);
            match (image.get(slot), number(image, slot + 5, 8)) {
                (Some(1), Some(at)) => tables.push(at),
                (Some(2), Some(at)) => mend_table(image, at),
                _ => {}
            }
        }
    }
}

fn mend_table(image: &mut [u8], table: usize) {
    if !starts_with(image, table, &[2, 0]) {
        return;
    }
    seal(image, table, TABLE, 6);
    let end = table.saturating_add(PAGE);
    let mut at = table + TABLE;
    while at + ENTRY <= end {
        let Some(size) = number(image, at + 2, 4).filter(|size| *size >= ENTRY) else {
            return;
        };
        if let Some(used) = used(image, at) {
            seal(image, at, used, 12);
        }
        at = at.saturating_add(size);
    }
}

/// Bytes of an entry that its checksum covers.
fn used(image: &[u8], at: usize) -> Option<usize> {
    let data = ENTRY + usize::from(*image.get(at + 20)?);
    let len = match (image.get(at)?, image.get(at + 1)? & 1) {
        (1, _) => return None,
        (_, 1) | (9, _) => 12,
        (3..=5, _) => 8,
        (8, _) => 4,
        _ => number(image, at + data, 4)?.checked_add(4)?,
    };
    data.checked_add(len)
}

fn mend_log(image: &mut [u8], log: usize) {
    if !starts_with(image, log, &0x0111_0003_u32.to_le_bytes()) {
        return;
    }
    seal(image, log, LOG, 4);
    let count = number(image, log + 8, 4).unwrap_or(0).min(145);
    for at in (0..count).map(|entry| log + LOG + entry * DESCRIPTOR) {
        let data = number(image, at + 12, 8).and_then(|from| from.checked_add(log));
        let end = data
            .zip(number(image, at + 8, 4))
            .and_then(|(from, len)| from.checked_add(len));
        let data = data.zip(end).and_then(|(from, end)| image.get(from..end));
        if let Some(sum) = data.map(crc32fast::hash)
            && at + DESCRIPTOR <= image.len()
        {
            put(image, at + 24, &sum.to_le_bytes());
        }
        seal(image, at, DESCRIPTOR, 20);
    }
}

/// A file as it is before its log is applied: `before`, with what `after` has otherwise in the log.
///
/// Both have the same layout. Each run of differing bytes becomes an entry of its own.
///
/// # Panics
/// Where the log of `before` has no room for that.
#[must_use]
pub fn pending(before: &Built, after: &Built) -> Vec<u8> {
    let mut image = before.bytes.clone();
    assert_eq!(image.len(), after.bytes.len(), "another layout");
    let log = before.log;
    let mut from = PAGE;
    let mut count = 0;
    for (at, len) in differences(&before.bytes, &after.bytes) {
        let entry = log + LOG + count * DESCRIPTOR;
        put(&mut image, entry, &(at as u64).to_le_bytes());
        put(
            &mut image,
            entry + 8,
            &u32::try_from(len).expect("small").to_le_bytes(),
        );
        put(&mut image, entry + 12, &(from as u64).to_le_bytes());
        put(&mut image, log + from, &after.bytes[at..at + len]);
        from += len;
        count += 1;
    }
    let room = number(&image, 34, 8).expect("a header");
    assert!(count <= 145 && from <= room, "a log with too little room");
    put(
        &mut image,
        log + 8,
        &u32::try_from(count).expect("small").to_le_bytes(),
    );
    mend_log(&mut image, log);
    image
}

/// Runs of bytes that differ; those that are near each other are one.
fn differences(before: &[u8], after: &[u8]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let differing = before.iter().zip(after).enumerate();
    for (at, _) in differing.filter(|(_, (before, after))| before != after) {
        match runs.last_mut() {
            Some((start, len)) if at < *start + *len + 16 => *len = at + 1 - *start,
            _ => runs.push((at, 1)),
        }
    }
    runs
}

fn seal(image: &mut [u8], at: usize, len: usize, field: usize) {
    if at.checked_add(len).is_some_and(|end| end <= image.len()) {
        super::seal(image, at, len, field);
    }
}

fn starts_with(image: &[u8], at: usize, signature: &[u8]) -> bool {
    image
        .get(at..)
        .is_some_and(|bytes| bytes.starts_with(signature))
}

/// The little-endian number of `width` bytes at `at`.
fn number(image: &[u8], at: usize, width: usize) -> Option<usize> {
    let mut bytes = [0; 8];
    bytes[..width].copy_from_slice(image.get(at..at.checked_add(width)?)?);
    usize::try_from(u64::from_le_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Key, Options, container};
    use super::*;

    fn built(text: &str) -> Built {
        let keys = (0..200).map(|n| Key::int(&format!("key {n}"), n));
        container(
            &[Key::node("root").keys(keys).key(Key::text("text", text))],
            &Options::default(),
        )
    }

    #[test]
    fn what_is_right_is_left_as_it_is() {
        let built = built("text");
        let mut mended = built.bytes.clone();
        mend(&mut mended);
        assert!(mended == built.bytes);
        let at = built.entries["root/text"] + ENTRY + 9;
        mended[at] ^= 1;
        let damaged = mended.clone();
        mend(&mut mended);
        assert!(mended != damaged, "its checksum is made right");
    }

    #[test]
    fn a_log_holds_what_differs() {
        let (before, after) = (built("before"), built("behind"));
        let image = pending(&before, &after);
        let count = number(&image, before.log + 8, 4);
        assert_eq!(count, Some(2), "a checksum and a text");
        let to = number(&image, before.log + LOG + DESCRIPTOR, 8).expect("a descriptor");
        assert!(to > before.entries["root/text"] && image[to] == before.bytes[to]);
    }

    #[test]
    fn what_is_cut_off_is_left_alone() {
        let whole = built("text").bytes;
        for len in (0..whole.len()).step_by(97) {
            mend(&mut whole[..len].to_vec());
        }
    }
}
