//! A value: its name, its type, its data.

use std::sync::Arc;

use blockio::{Fault, clamp};
use zerocopy::{FromBytes, IntoBytes};

use crate::cells::Cells;
use crate::format::{
    BASE_BLOCK_SIZE, BIG_DATA, BigData, COMPRESSED_VALUE_NAME, DATA_IN_FIELD, KEY_VALUE, KeyValue,
    SEGMENT,
};
use crate::{codes, name};

/// Longest name, in bytes; Windows allows 16,383 characters.
const LONGEST_NAME: usize = 32 << 10;
/// Bytes read at first: few names are longer.
const USUAL: usize = 256;
/// Longest data that is read.
const MOST_DATA: usize = 16 << 20;

/// What the data of a value is. "Data types".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `REG_SZ`, `REG_EXPAND_SZ` or `REG_LINK`: a text.
    Text,
    /// `REG_MULTI_SZ`: texts.
    Texts,
    /// `REG_DWORD`, little endian.
    U32,
    /// `REG_DWORD_BIG_ENDIAN`.
    U32BigEndian,
    /// `REG_QWORD`.
    U64,
    /// `REG_BINARY`, `REG_NONE` and all others, by number.
    Bytes(u32),
}

impl Kind {
    fn of(number: u32) -> Self {
        match number {
            1 | 2 | 6 => Self::Text,
            4 => Self::U32,
            5 => Self::U32BigEndian,
            7 => Self::Texts,
            11 => Self::U64,
            other => Self::Bytes(other),
        }
    }
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name; empty for the key's default value.
    pub name: String,
    /// What the data is said to be.
    pub kind: Kind,
    /// The data.
    pub data: Vec<u8>,
}

impl Value {
    /// The text, up to its NUL, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        (self.kind == Kind::Text).then(|| until_nul(&name::utf16(&self.data)))
    }

    /// The texts, if it is some.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<String>> {
        let all = (self.kind == Kind::Texts).then(|| name::utf16(&self.data))?;
        let texts = all.split('\0').take_while(|text| !text.is_empty());
        Some(texts.map(str::to_owned).collect())
    }

    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        let four = || self.data.first_chunk::<4>();
        match self.kind {
            Kind::U32 => Some(u32::from_le_bytes(*four()?).into()),
            Kind::U32BigEndian => Some(u32::from_be_bytes(*four()?).into()),
            Kind::U64 => Some(u64::from_le_bytes(*self.data.first_chunk()?)),
            Kind::Text | Kind::Texts | Kind::Bytes(_) => None,
        }
    }
}

fn until_nul(text: &str) -> String {
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// A value whose data was not read yet.
pub(crate) struct Head {
    pub(crate) name: String,
    raw: KeyValue,
    offset: u32,
}

impl Head {
    pub(crate) fn at(cells: &Cells, offset: u32) -> Result<Self, Arc<Fault>> {
        let mut bytes = cells.read("value", offset, USUAL)?;
        let fault = || cells.damaged("value", offset);
        let Ok((raw, _)) = KeyValue::read_from_prefix(&bytes) else {
            return Err(Arc::new(fault().found("no room for a key value")));
        };
        if raw.signature != KEY_VALUE {
            return Err(Arc::new(fault().expected("signature vk")));
        }
        let end = size_of::<KeyValue>().saturating_add(raw.name_len.get().into());
        if end > bytes.len() {
            bytes = cells.read("value", offset, end.min(LONGEST_NAME))?;
        }
        let stored = bytes.get(size_of::<KeyValue>()..end);
        let stored = stored.ok_or_else(|| fault().found("a name beyond its cell"))?;
        let compressed = raw.flags.get() & COMPRESSED_VALUE_NAME != 0;
        Ok(Self {
            name: name::decode(stored, compressed),
            raw,
            offset,
        })
    }

    /// The value with its data.
    pub(crate) fn read(self, cells: &Cells) -> Result<Value, Arc<Fault>> {
        let data = self.data(cells)?;
        Ok(Value {
            name: self.name,
            kind: Kind::of(self.raw.data_type.get()),
            data,
        })
    }

    fn data(&self, cells: &Cells) -> Result<Vec<u8>, Arc<Fault>> {
        let size = self.raw.data_size.get();
        let len = usize::try_from(size & !DATA_IN_FIELD).unwrap_or(usize::MAX);
        if size & DATA_IN_FIELD != 0 {
            let field = self.raw.data.as_bytes().get(..len);
            return Ok(field.ok_or_else(|| self.fault(cells, len))?.to_vec());
        }
        if len == 0 {
            return Ok(Vec::new());
        }
        if len > MOST_DATA {
            return Err(self.fault(cells, len).into());
        }
        let mut data = cells.read("data of a value", self.raw.data.get(), len)?;
        if len > SEGMENT && data.starts_with(&BIG_DATA) {
            data = big_data(cells, &data, len)?;
        }
        if data.len() < len {
            return Err(self
                .fault(cells, len)
                .found(format!("{} of them", data.len()))
                .into());
        }
        Ok(data)
    }

    fn fault(&self, cells: &Cells, len: usize) -> Fault {
        let at = BASE_BLOCK_SIZE.saturating_add(self.offset.into());
        let name = format!("value '{}'", self.name);
        let fault = Fault::damaged(&codes::VALUE_DATA, name).at(at);
        fault
            .expected(format!("{} bytes", clamp(len)))
            .in_file(cells.name())
    }
}

/// The first `len` bytes of data in segments, or as many as there are. "Big data".
fn big_data(cells: &Cells, record: &[u8], len: usize) -> Result<Vec<u8>, Arc<Fault>> {
    let Ok((record, _)) = BigData::read_from_prefix(record) else {
        return Ok(Vec::new());
    };
    let count = usize::from(record.segment_count.get());
    let list = cells.read(
        "list of segments",
        record.segments.get(),
        count.saturating_mul(4),
    )?;
    let mut data = Vec::new();
    for at in list.as_chunks::<4>().0 {
        let left = len.saturating_sub(data.len()).min(SEGMENT);
        if left == 0 {
            break;
        }
        data.extend(cells.read("segment of data", u32::from_le_bytes(*at), left)?);
    }
    Ok(data)
}
