//! The attribute list: where the attributes of a file are that has more than one record.

use std::sync::Arc;

use blockio::ReadAt;
use zerocopy::FromBytes;

use crate::boot::Geometry;
use crate::codes;
use crate::flaw::{Flaw, Result};
use crate::format::{AttributeListEntry, attribute_type};
use crate::joined::Joined;
use crate::record::FileRecord;
use crate::reference::FileReference;

/// Windows lets no attribute list grow beyond this, in bytes.
const MAX_LEN: u64 = 256 << 10;

/// One attribute, or one fragment of one, and the record it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListEntry {
    pub(crate) kind: u32,
    /// UTF-16 code units.
    pub(crate) name: Vec<u16>,
    pub(crate) lowest_vcn: u64,
    pub(crate) record: FileReference,
}

/// The attribute list of the base record `record`, if it has one; `source` is the volume.
///
/// # Errors
/// Where the list cannot be read or is damaged.
pub(crate) fn read(
    source: &Arc<dyn ReadAt>,
    geometry: &Geometry,
    record: &FileRecord,
) -> Result<Option<Vec<ListEntry>>> {
    let view = record.view();
    let parts = view.attributes().filter_map(Result::ok);
    let parts = parts.filter(|part| part.kind == attribute_type::ATTRIBUTE_LIST);
    let parts = parts.map(|part| (view.number, part)).collect();
    let Some(list) = Joined::new(parts, Vec::new())? else {
        return Ok(None);
    };
    let entries = parse(&list.read(source, geometry, MAX_LEN)?);
    entries
        .map(Some)
        .map_err(|flaw| flaw.in_record(view.number))
}

/// The entries of the list `bytes`.
///
/// # Errors
/// Where an entry leaves the list.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<ListEntry>, Flaw> {
    let mut entries = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (entry, len) = parse_entry(rest).ok_or_else(|| {
            Flaw::new(
                &codes::ATTRIBUTE_LIST,
                format!("attribute list entry at {at:#x} leaves it"),
            )
        })?;
        entries.push(entry);
        at = at.saturating_add(len);
    }
    Ok(entries)
}

/// The entry that `rest` begins with, and its length.
fn parse_entry(rest: &[u8]) -> Option<(ListEntry, usize)> {
    let (entry, _) = AttributeListEntry::ref_from_prefix(rest).ok()?;
    let len = usize::from(entry.length.get());
    let bytes = rest
        .get(..len)
        .filter(|_| len >= size_of::<AttributeListEntry>())?;
    let start = usize::from(entry.name_offset);
    let end = start.checked_add(usize::from(entry.name_length).checked_mul(2)?)?;
    let name = match entry.name_length {
        0 => &[],
        _ => bytes.get(start..end)?,
    };
    let parsed = ListEntry {
        kind: entry.kind.get(),
        name: name
            .as_chunks()
            .0
            .iter()
            .map(|unit| u16::from_le_bytes(*unit))
            .collect(),
        lowest_vcn: entry.lowest_vcn.get(),
        record: FileReference(entry.reference.get()),
    };
    Some((parsed, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 32];
        bytes[..8].copy_from_slice(&[0x80, 0, 0, 0, 32, 0, name.len() as u8 / 2, 26]);
        bytes[8] = 9;
        bytes[16] = 77;
        bytes[22] = 3;
        bytes[26..26 + name.len()].copy_from_slice(name);
        bytes
    }

    #[test]
    fn lists_kind_name_lowest_vcn_and_record() {
        let bytes = [entry(b""), entry(b"x\0y\0")].concat();
        let entries = parse(&bytes).expect("two entries");
        let expected = |name: &[u16]| ListEntry {
            kind: 0x80,
            name: name.to_vec(),
            lowest_vcn: 9,
            record: FileReference::new(77, 3),
        };
        assert_eq!(entries, [expected(&[]), expected(&[0x78, 0x79])]);
    }

    #[test]
    fn entries_that_leave_the_list_are_a_flaw() {
        for (at, value) in [(4, 0), (4, 25), (4, 33), (6, 4), (7, 40)] {
            let mut bytes = entry(b"x\0");
            bytes[at] = value;
            let flaw = parse(&bytes).expect_err("leaves the list");
            assert_eq!(flaw.code.id, "HV-D204", "{at}: {value}");
        }
        assert!(parse(&entry(b"")[..20]).is_err(), "cut short");
    }
}
