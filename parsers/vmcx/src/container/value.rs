//! The data of an entry as a value.

use super::format::{FilePointer, NodeData, entry};
use super::image::Image;
use crate::Text;
use crate::codes::FILE_OBJECT;
use crate::node::Value;
use zerocopy::FromBytes;

/// A value stored outside of the tables that is larger is not loaded.
const LARGE: u32 = 1 << 20;
/// Bytes of all such values that are loaded.
const BUDGET: u32 = 16 << 20;

/// The part of `body` that is the data of an entry, without slack; `None` if it is not all there.
pub(crate) fn stored(kind: u8, flags: u8, body: &[u8]) -> Option<&[u8]> {
    if flags & entry::OUTSIDE != 0 {
        return body.get(..size_of::<FilePointer>());
    }
    match kind {
        entry::INT | entry::UINT | entry::DOUBLE => body.get(..8),
        entry::BOOL => body.get(..4),
        entry::NODE => body.get(..size_of::<NodeData>()),
        entry::TEXT | entry::BYTES => {
            let (len, _) = body.split_first_chunk::<4>()?;
            let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
            body.get(..len.checked_add(4)?)
        }
        _ => None,
    }
}

/// Makes values of data, loading what lies outside of the tables within a budget.
pub(crate) struct Values<'a> {
    image: &'a Image<'a>,
    budget: u32,
}

impl<'a> Values<'a> {
    pub(crate) fn new(image: &'a Image<'a>) -> Self {
        Self {
            image,
            budget: BUDGET,
        }
    }

    /// The value of `data`, which [`stored`] has cut out, and what is wrong with it.
    pub(crate) fn value(&mut self, kind: u8, flags: u8, data: &[u8]) -> (Value, Option<String>) {
        if flags & entry::OUTSIDE != 0 {
            return self.outside(kind, data);
        }
        (inline(kind, data), None)
    }

    fn outside(&mut self, kind: u8, data: &[u8]) -> (Value, Option<String>) {
        let Ok(pointer) = FilePointer::read_from_bytes(data) else {
            return (Value::Large(0), Some("a pointer that is cut off".into()));
        };
        let (size, offset) = (pointer.size.get(), pointer.offset.get());
        let large = Value::Large(size.into());
        let end = offset.checked_add(size.into());
        if end.is_none_or(|end| end > self.image.size()) {
            let found = format!("{size:#x} bytes at {offset:#x}, beyond the end of the file");
            return (large, Some(found));
        }
        let Some(left) = self.budget.checked_sub(size).filter(|_| size <= LARGE) else {
            return (large, None);
        };
        let len = usize::try_from(size).unwrap_or(usize::MAX);
        match self.image.read(offset, len, &FILE_OBJECT, "large value") {
            Ok(bytes) => {
                self.budget = left;
                (many(kind, bytes), None)
            }
            Err(fault) => (large, Some(fault.to_string())),
        }
    }
}

fn inline(kind: u8, data: &[u8]) -> Value {
    let eight = || data.first_chunk().copied().unwrap_or_default();
    match kind {
        entry::INT => Value::Int(i64::from_le_bytes(eight())),
        entry::UINT => Value::UInt(u64::from_le_bytes(eight())),
        entry::DOUBLE => Value::Double(f64::from_le_bytes(eight())),
        entry::BOOL => Value::Bool(data.iter().any(|byte| *byte != 0)),
        entry::TEXT | entry::BYTES => many(kind, data.get(4..).unwrap_or_default().to_vec()),
        _ => Value::Node,
    }
}

fn many(kind: u8, bytes: Vec<u8>) -> Value {
    if kind == entry::TEXT {
        Value::Text(text(&bytes))
    } else {
        Value::Bytes(bytes)
    }
}

/// UTF-16 units; a NUL that ends them belongs to no text.
fn text(bytes: &[u8]) -> Text {
    let (pairs, _) = bytes.as_chunks::<2>();
    let mut units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    if units.last() == Some(&0) {
        units.pop();
    }
    Text::from_units(units)
}
