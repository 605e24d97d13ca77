//! A parent locator as the metadata item that holds it. MS-VHDX 2.6.2.6

use blockio::Fault;
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32};

use crate::codes::LOCATOR_ROOM;
use crate::format::{ParentLocatorEntry, ParentLocatorHeader, VHDX_LOCATOR};

/// The item that holds `entries`, its texts behind its table in the order of the entries.
pub(super) fn encode(entries: &[(String, String)]) -> Result<Vec<u8>, Fault> {
    let header = ParentLocatorHeader {
        locator_type: VHDX_LOCATOR.into(),
        reserved: U16::ZERO,
        key_value_count: short(entries.len(), "entries")?,
    };
    let table_len = entries
        .len()
        .saturating_mul(size_of::<ParentLocatorEntry>());
    let texts_at = table_len.saturating_add(size_of::<ParentLocatorHeader>());
    let (mut table, mut texts) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        let (key_offset, key_length) = put(&mut texts, texts_at, key)?;
        let (value_offset, value_length) = put(&mut texts, texts_at, value)?;
        let entry = ParentLocatorEntry {
            key_offset,
            value_offset,
            key_length,
            value_length,
        };
        table.extend_from_slice(entry.as_bytes());
    }
    Ok([header.as_bytes(), &table, &texts].concat())
}

/// Appends `text`; its offset in the item and its length, in bytes.
fn put(texts: &mut Vec<u8>, texts_at: usize, text: &str) -> Result<(U32, U16), Fault> {
    let offset = u32::try_from(texts_at.saturating_add(texts.len()))
        .map_err(|_| too_long(texts.len(), "bytes of text"))?;
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    texts.extend_from_slice(&bytes);
    Ok((offset.into(), short(bytes.len(), "bytes in one value")?))
}

fn short(count: usize, what: &str) -> Result<U16, Fault> {
    match u16::try_from(count) {
        Ok(count) => Ok(count.into()),
        Err(_) => Err(too_long(count, what)),
    }
}

fn too_long(count: usize, what: &str) -> Fault {
    Fault::unsupported(&LOCATOR_ROOM, "new parent locator")
        .expected(format!("at most {} {what}", u16::MAX))
        .found(count.to_string())
}
