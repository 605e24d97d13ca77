//! Transaction logs of both formats.

use super::{BASE_BLOCK, get, mend, put, to_u32, words};

/// The seed of the hashes, as its bytes stand in memory.
const SEED: (u32, u32) = (0x884d_ef82, 0xc555_4e7a);
/// Windows tracks changes in blocks of this size.
const BLOCK: usize = 4096;

/// One entry of a log of the new format.
pub struct Entry {
    /// Its number: those from the hive's first sequence number on are applied.
    pub sequence: u32,
    /// Bytes of the hive bins data once it is applied.
    pub bins_size: u32,
    /// Pages with their offsets in the hive bins data.
    pub pages: Vec<(u32, Vec<u8>)>,
}

/// The blocks of the hive bins data in which `after` is not `before`.
#[must_use]
pub fn changed_pages(before: &[u8], after: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let blocks = after[BASE_BLOCK..].chunks(BLOCK).enumerate();
    let changed = blocks.filter(|(number, block)| {
        let at = BASE_BLOCK + number * BLOCK;
        before.get(at..at + block.len()) != Some(block)
    });
    changed
        .map(|(number, block)| (to_u32(number * BLOCK), block.to_vec()))
        .collect()
}

/// A log of the new format for `hive`. "New format".
#[must_use]
pub fn new_log(hive: &[u8], entries: &[Entry]) -> Vec<u8> {
    let mut log = hive[..512].to_vec();
    put(&mut log, 28, 6);
    let sequence = entries.first().map_or(1, |entry| entry.sequence);
    put(&mut log, 4, sequence);
    put(&mut log, 8, sequence);
    mend(&mut log);
    log.extend(entries.iter().flat_map(entry));
    log
}

fn entry(entry: &Entry) -> Vec<u8> {
    let references = entry
        .pages
        .iter()
        .flat_map(|(offset, bytes)| [*offset, to_u32(bytes.len())]);
    let mut content = words(&references.collect::<Vec<_>>());
    content.extend(entry.pages.iter().flat_map(|(_, bytes)| bytes));
    let size = (40 + content.len()).next_multiple_of(512);
    content.resize(size - 40, 0);
    let mut bytes = b"HvLE".to_vec();
    bytes.extend(words(&[
        to_u32(size),
        0,
        entry.sequence,
        entry.bins_size,
        to_u32(entry.pages.len()),
    ]));
    bytes.extend(marvin(&content));
    bytes.extend(marvin(&bytes));
    bytes.extend(content);
    bytes
}

/// A log of the old format that turns `before` into `after`, which is of the same size. "Old format".
#[must_use]
pub fn old_log(before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut log = after[..512].to_vec();
    put(&mut log, 28, 1);
    let sequence = get(before, 4) + 1;
    put(&mut log, 4, sequence);
    put(&mut log, 8, sequence);
    mend(&mut log);
    let changed = changed_pages(before, after);
    let is_changed = |number: usize| changed.iter().any(|(at, _)| *at as usize == number * BLOCK);
    log.extend(b"DIRT");
    // Eight pages of 512 bytes a block: one byte of the bitmap.
    let blocks = 0..(after.len() - BASE_BLOCK) / BLOCK;
    log.extend(blocks.map(|number| if is_changed(number) { 0xff } else { 0 }));
    log.resize(log.len().next_multiple_of(512), 0);
    log.extend(changed.iter().flat_map(|(_, bytes)| bytes));
    log
}

/// Makes the checksum of a log right again, and the hashes of as many entries as follow each other.
pub fn mend_log(log: &mut [u8]) {
    mend(log);
    let mut at = 512;
    while log.get(at..at + 4) == Some(b"HvLE") && at + 40 <= log.len() {
        let size = get(log, at + 4) as usize;
        let Some(entry) = log
            .get_mut(at..at.saturating_add(size))
            .filter(|entry| entry.len() >= 40)
        else {
            return;
        };
        let content = marvin(&entry[40..]);
        entry[24..32].copy_from_slice(&content);
        let header = marvin(&entry[..32]);
        entry[32..40].copy_from_slice(&header);
        at += size;
    }
}

/// The hash, low half first, as it is stored.
fn marvin(data: &[u8]) -> [u8; 8] {
    let mut padded = data.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(4) + 4, 0);
    let (mut a, mut b) = SEED;
    for word in padded.chunks_exact(4) {
        a = a.wrapping_add(u32::from_le_bytes(word.try_into().expect("four bytes")));
        b ^= a;
        a = a.rotate_left(20).wrapping_add(b);
        b = b.rotate_left(9) ^ a;
        a = a.rotate_left(27).wrapping_add(b);
        b = b.rotate_left(19);
    }
    words(&[a, b]).try_into().expect("eight bytes")
}
