//! Structures as bytes, each with its checksum.

use zerocopy::{FromZeros, IntoBytes};

use super::checksum::checksum;
use super::format::{
    EntryHeader, KEY_TABLE_SIGNATURE, KeyTableHeader, LOG_SIGNATURE, LogEntry, LogHeader, NodeData,
    OBJECT_TABLE_SIGNATURE, ObjectSlot, ObjectTableHeader, PAGE, entry,
};
use crate::Value;

/// Where each structure's checksum is.
const SLOT_CHECKSUM: usize = 1;
const LOG_CHECKSUM: usize = 4;
const TABLE_CHECKSUM: usize = 6;
const ENTRY_CHECKSUM: usize = 12;

/// What an entry is to say, but for its data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) size: u32,
    pub(crate) parent: (u16, u32),
    pub(crate) sequence: u32,
    pub(crate) name: &'a str,
}

/// An entry, without the slack behind its data.
pub(crate) fn key(key: &Key<'_>, data: &[u8]) -> Vec<u8> {
    let name_len = key.name.len().saturating_add(1);
    let header = EntryHeader {
        kind: key.kind,
        flags: key.flags,
        size: key.size.into(),
        parent_table: key.parent.0.into(),
        parent_offset: key.parent.1.into(),
        checksum: 0.into(),
        sequence: key.sequence.into(),
        name_len: u8::try_from(name_len).unwrap_or(u8::MAX),
    };
    let parts: [&[u8]; 4] = [header.as_bytes(), key.name.as_bytes(), &[0], data];
    sealed(parts.concat(), ENTRY_CHECKSUM)
}

/// What marks `size` bytes of a table as free; the rest of them means nothing.
pub(crate) fn free(size: u32) -> Vec<u8> {
    let mut header = EntryHeader::new_zeroed();
    header.kind = entry::FREE;
    header.size = size.into();
    header.as_bytes().to_vec()
}

/// The type of an entry of this value; `None` for a value that is not here to be written.
pub(crate) fn kind(value: &Value) -> Option<u8> {
    Some(match value {
        Value::Node => entry::NODE,
        Value::Int(_) => entry::INT,
        Value::UInt(_) => entry::UINT,
        Value::Double(_) => entry::DOUBLE,
        Value::Text(_) => entry::TEXT,
        Value::Bytes(_) => entry::BYTES,
        Value::Bool(_) => entry::BOOL,
        Value::Large(_) => return None,
    })
}

/// What of a value is counted, or stored outside: no length before it.
pub(crate) fn content(value: &Value) -> Vec<u8> {
    match value {
        Value::Int(number) => number.to_le_bytes().to_vec(),
        Value::UInt(number) => number.to_le_bytes().to_vec(),
        Value::Double(number) => number.to_le_bytes().to_vec(),
        Value::Bool(yes) => u32::from(*yes).to_le_bytes().to_vec(),
        Value::Text(text) => text
            .units()
            .iter()
            .copied()
            .flat_map(u16::to_le_bytes)
            .collect(),
        Value::Bytes(bytes) => bytes.clone(),
        Value::Node | Value::Large(_) => Vec::new(),
    }
}

/// A value's data as it lies in its entry.
pub(crate) fn inline(value: &Value) -> Vec<u8> {
    let content = content(value);
    match value {
        Value::Text(_) | Value::Bytes(_) => {
            let len = u32::try_from(content.len()).unwrap_or(u32::MAX);
            [&len.to_le_bytes()[..], &content].concat()
        }
        _ => content,
    }
}

/// The data of a node whose next child gets the sequence `next`.
pub(crate) fn node(next: u32) -> Vec<u8> {
    let data = NodeData {
        change_tracking: 0.into(),
        next_sequence: next.into(),
    };
    data.as_bytes().to_vec()
}

/// What a table of keys begins with.
pub(crate) fn key_table(index: u16) -> Vec<u8> {
    let header = KeyTableHeader {
        signature: KEY_TABLE_SIGNATURE.into(),
        index: index.into(),
        sequence: 1.into(),
        checksum: 0.into(),
    };
    sealed(header.as_bytes().to_vec(), TABLE_CHECKSUM)
}

/// A slot of a table of objects.
pub(crate) fn slot(kind: u8, offset: u64, size: u32, flags: u8) -> Vec<u8> {
    let slot = ObjectSlot {
        kind,
        checksum: 0.into(),
        offset: offset.into(),
        size: size.into(),
        flags,
    };
    sealed(slot.as_bytes().to_vec(), SLOT_CHECKSUM)
}

/// Slots of a table of objects that fills a page.
pub(crate) const SLOTS: usize = (PAGE - size_of::<ObjectTableHeader>()) / size_of::<ObjectSlot>();

/// A table of objects of one page, its slots all empty.
pub(crate) fn object_table() -> Vec<u8> {
    let header = ObjectTableHeader {
        signature: OBJECT_TABLE_SIGNATURE.into(),
        slots: u32::try_from(SLOTS).unwrap_or(0).into(),
    };
    let empty = slot(super::format::object::EMPTY, 0, 0, 0).repeat(SLOTS);
    let mut table = [header.as_bytes(), &empty].concat();
    table.resize(PAGE, 0);
    table
}

/// The header of an empty log, whose header and descriptors fill a page.
pub(crate) fn empty_log() -> Vec<u8> {
    let room = PAGE.saturating_sub(size_of::<LogHeader>());
    let most = room.checked_div(size_of::<LogEntry>()).unwrap_or(0);
    let mut header = LogHeader::new_zeroed();
    header.signature = LOG_SIGNATURE.into();
    header.max_count = u32::try_from(most).unwrap_or(0).into();
    sealed(header.as_bytes().to_vec(), LOG_CHECKSUM)
}

/// The header of a log that has been applied.
pub(crate) fn applied_log(mut header: LogHeader) -> Vec<u8> {
    header.count = 0.into();
    sealed(header.as_bytes().to_vec(), LOG_CHECKSUM)
}

/// `bytes` with their checksum put at `field`.
pub(crate) fn sealed(mut bytes: Vec<u8>, field: usize) -> Vec<u8> {
    let sum = checksum(&bytes, field).to_le_bytes();
    let place = bytes.get_mut(field..).and_then(<[u8]>::first_chunk_mut);
    if let Some(place) = place {
        *place = sum;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_to_the_byte_as_in_real_files() {
        assert_eq!(SLOTS, 227);
        let log = empty_log();
        assert_eq!(log[4..8], 0x281e_1033_u32.to_le_bytes());
        assert_eq!(log[13..17], 145_u32.to_le_bytes());
        let table = object_table();
        assert_eq!(table.len(), PAGE);
        assert_eq!(table[9..13], 0x671b_cf4d_u32.to_le_bytes());
    }

    #[test]
    fn a_text_is_counted_without_a_nul() {
        let data = inline(&Value::Text("ab".into()));
        assert_eq!(data, [4, 0, 0, 0, b'a', 0, b'b', 0]);
    }
}
