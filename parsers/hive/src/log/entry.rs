//! The entries of a log of the new format, each proven by its hashes.

use blockio::{Fault, clamp};
use zerocopy::FromBytes;

use super::part;
use crate::format::{self, BASE_BLOCK_SIZE, HASH_SEED, LOG_ENTRY_SIGNATURE, PAGE, PageReference};
use crate::overlay::Overlay;
use crate::{codes, marvin};

/// Bytes of the header that its own hash covers.
const HASHED_HEADER: usize = 32;

/// An entry whose hashes hold and whose pages are all there.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) sequence: u32,
    /// Size of the hive bins data once it is applied.
    pub(crate) bins_size: u32,
    pages: Vec<Page>,
}

/// Bytes, and where they belong in the hive bins data.
#[derive(Clone)]
struct Page {
    offset: u32,
    bytes: Vec<u8>,
}

/// The entries from `start` on, up to the first that is none; one that is damaged is noted.
pub(super) fn read_all(log: &[u8], start: u64, name: &str, notes: &mut Vec<Fault>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = start;
    while let Some(bytes) = part(log, at, clamp(size_of::<format::LogEntry>())) {
        let Ok(header) = format::LogEntry::read_from_bytes(bytes) else {
            break;
        };
        if header.signature != LOG_ENTRY_SIGNATURE {
            break;
        }
        let size = u64::from(header.size.get());
        match part(log, at, size)
            .ok_or("less than it says".into())
            .and_then(|bytes| parse(&header, bytes))
        {
            Ok(entry) => entries.push(entry),
            Err(found) => {
                let what = format!("entry {} of {name}", header.sequence);
                notes.push(Fault::damaged(&codes::LOG_ENTRY, what).at(at).found(found));
                break;
            }
        }
        at = at.saturating_add(size);
    }
    entries
}

/// The entry that `bytes` are, all of them, or what is wrong with it.
fn parse(header: &format::LogEntry, bytes: &[u8]) -> Result<Entry, String> {
    let size = bytes.len();
    if !size.is_multiple_of(PAGE) || size == 0 {
        return Err(format!("a size of {size:#x}"));
    }
    let (_, content) = bytes
        .split_at_checked(size_of::<format::LogEntry>())
        .ok_or("no room for its header")?;
    let hashed = bytes.get(..HASHED_HEADER).unwrap_or_default();
    if marvin::hash(HASH_SEED, hashed) != header.header_hash.get()
        || marvin::hash(HASH_SEED, content) != header.content_hash.get()
    {
        return Err("another hash than it should have".into());
    }
    let bins_size = header.bins_size.get();
    if !u64::from(bins_size).is_multiple_of(BASE_BLOCK_SIZE) {
        return Err(format!("a hive of {bins_size:#x} bytes"));
    }
    Ok(Entry {
        sequence: header.sequence.get(),
        bins_size,
        pages: pages(header, content)?,
    })
}

fn pages(header: &format::LogEntry, content: &[u8]) -> Result<Vec<Page>, String> {
    let count = usize::try_from(header.page_count.get()).unwrap_or(usize::MAX);
    let cut = || "less than its pages".to_owned();
    let (references, mut rest) =
        <[PageReference]>::ref_from_prefix_with_elems(content, count).map_err(|_| cut())?;
    let bins_size = header.bins_size.get();
    let mut pages = Vec::with_capacity(references.len());
    for reference in references {
        let (offset, size) = (reference.offset.get(), reference.size.get());
        let whole = [offset, size].map(usize::try_from);
        let whole = whole
            .iter()
            .all(|n| n.is_ok_and(|n| n.is_multiple_of(PAGE)));
        if !whole || offset.checked_add(size).is_none_or(|end| end > bins_size) {
            return Err(format!("a page of {size:#x} bytes for {offset:#x}"));
        }
        let len = usize::try_from(size).unwrap_or(usize::MAX);
        let (bytes, after) = rest.split_at_checked(len).ok_or_else(cut)?;
        pages.push(Page {
            offset,
            bytes: bytes.to_vec(),
        });
        rest = after;
    }
    Ok(pages)
}

impl Entry {
    /// Puts the pages over the hive; how many there are.
    pub(crate) fn apply(&self, hive: &mut Overlay) -> u64 {
        let put = |page: &Page| hive.put(page.offset, &page.bytes);
        self.pages.iter().filter_map(put).sum()
    }
}
