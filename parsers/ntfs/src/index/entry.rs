//! Index entries: one name of a directory each.

use std::ops::Range;

use zerocopy::FromBytes;

use crate::format::{ENTRY_HAS_SUBNODE, ENTRY_IS_LAST, FileNameHeader, IndexEntryHeader};
use crate::reference::FileReference;

/// Entries begin at multiples of this and so are their lengths.
const ALIGNMENT: u16 = 8;

/// One entry of a node, checked.
#[derive(Debug)]
pub(super) struct Entry {
    /// Byte of its node where it begins.
    pub(super) offset: usize,
    /// VCN of the node with the names before this entry's.
    pub(super) subnode: Option<u64>,
    /// What it says.
    pub(super) key: Key,
}

/// What an entry says.
#[derive(Debug)]
pub(super) enum Key {
    /// A name.
    Name(FileName),
    /// Nothing; it ends its node.
    Last,
    /// Something is wrong with the name; the entry itself holds together.
    Bad(&'static str),
}

/// A name as an entry holds it.
#[derive(Debug)]
pub(super) struct FileName {
    pub(super) reference: FileReference,
    pub(super) namespace: Namespace,
    /// Bytes of the node with the name.
    pub(super) name: Range<usize>,
}

/// For whom a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// For programs that tell case apart.
    Posix,
    /// The long name of a file that has a short one beside it.
    Win32,
    /// The short (8.3) name of a file that has a long one beside it: not a second file.
    Dos,
    /// The only name, short enough for DOS.
    Win32AndDos,
}

impl Namespace {
    /// The namespace that a $FILE_NAME states.
    pub(crate) fn parse(stored: u8) -> Option<Self> {
        [Self::Posix, Self::Win32, Self::Dos, Self::Win32AndDos]
            .get(usize::from(stored))
            .copied()
    }
}

impl Entry {
    /// The entry that begins at byte `at` of the node `bytes`, and where it ends.
    pub(super) fn parse(bytes: &[u8], at: usize) -> Result<(Self, usize), &'static str> {
        let rest = bytes.get(at..).unwrap_or_default();
        let (header, _) =
            IndexEntryHeader::ref_from_prefix(rest).map_err(|_| "no room for an entry")?;
        let length = header.length.get();
        if usize::from(length) < size_of::<IndexEntryHeader>() || length % ALIGNMENT != 0 {
            return Err("an entry of impossible length");
        }
        let body = rest
            .get(..length.into())
            .ok_or("an entry that leaves its node")?;
        let (body, subnode) = split_subnode(header, body)?;
        let key = match header.flags.get() & ENTRY_IS_LAST {
            0 => FileName::parse(header, body, at).map_or_else(Key::Bad, Key::Name),
            _ => Key::Last,
        };
        Ok((
            Self {
                offset: at,
                subnode,
                key,
            },
            at.saturating_add(length.into()),
        ))
    }
}

/// The entry without its subnode's VCN, and that VCN.
fn split_subnode<'a>(
    header: &IndexEntryHeader,
    body: &'a [u8],
) -> Result<(&'a [u8], Option<u64>), &'static str> {
    if header.flags.get() & ENTRY_HAS_SUBNODE == 0 {
        return Ok((body, None));
    }
    match body.split_last_chunk() {
        Some((body, vcn)) if body.len() >= size_of::<IndexEntryHeader>() => {
            Ok((body, Some(u64::from_le_bytes(*vcn))))
        }
        _ => Err("an entry without room for the VCN of its subnode"),
    }
}

impl FileName {
    /// The name in the entry `body`, which begins at byte `at` of its node.
    fn parse(header: &IndexEntryHeader, body: &[u8], at: usize) -> Result<Self, &'static str> {
        let key = body
            .get(size_of::<IndexEntryHeader>()..)
            .and_then(|rest| rest.get(..header.key_length.get().into()))
            .ok_or("a key that leaves its entry")?;
        let (key, name) =
            FileNameHeader::ref_from_prefix(key).map_err(|_| "a key without a name")?;
        let len = usize::from(key.name_length).saturating_mul(2);
        check_name(name.get(..len).ok_or("a name that leaves its key")?)?;
        let start = at
            .saturating_add(size_of::<IndexEntryHeader>())
            .saturating_add(size_of::<FileNameHeader>());
        Ok(Self {
            reference: FileReference(header.reference.get()),
            namespace: Namespace::parse(key.namespace).ok_or("a name in no known namespace")?,
            name: start..start.saturating_add(len),
        })
    }
}

/// Refuses what cannot be a name in a directory, on whatever system it was made.
fn check_name(name: &[u8]) -> Result<(), &'static str> {
    let units = name.as_chunks().0;
    if units.is_empty() {
        return Err("an empty name");
    }
    if units == [*b".\0", *b".\0"] {
        return Err("a name that means the directory above");
    }
    if units.iter().any(|unit| [*b"\0\0", *b"/\0"].contains(unit)) {
        return Err("a name with a slash or NUL in it");
    }
    Ok(())
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
