//! Resource attributes: what the ACEs of that kind carry. MS-DTYP 2.4.10.1.

use crate::ace::split_u32;
use crate::condition::{quoted_text, unquoted};
use crate::format::{ALIGNMENT, ClaimHeader};
use crate::sddl::{Cursor, number, write_hex, write_sid};
use crate::sid::sid;
use crate::{Error, Sid};

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, IntoBytes};

/// An attribute with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Claim {
    name: Vec<u16>,
    kind: Kind,
    flags: u32,
    values: Vec<Value>,
}

/// What the values of an attribute are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Text,
    Sid,
    Boolean,
    Octets,
}

/// Each kind by its number and SDDL's letters.
const KINDS: [(u16, &str, Kind); 6] = [
    (0x01, "TI", Kind::Signed),
    (0x02, "TU", Kind::Unsigned),
    (0x03, "TS", Kind::Text),
    (0x05, "TD", Kind::Sid),
    (0x06, "TB", Kind::Boolean),
    (0x10, "TX", Kind::Octets),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Signed(i64),
    Unsigned(u64),
    Text(Vec<u16>),
    Sid(Sid),
    Octets(Vec<u8>),
}

/// The attribute in `data` as SDDL writes it, if reading that gives the same attribute again.
pub(crate) fn text(data: &[u8]) -> Option<String> {
    let claim = Claim::decode(data)?;
    let text = claim.text()?;
    let back = parse(&mut Cursor::new(&text)).ok();
    let same = back.is_some_and(|back| Claim::decode(&back).as_ref() == Some(&claim));
    same.then_some(text)
}

/// The stored form of the attribute that the text goes on with.
pub(crate) fn parse(text: &mut Cursor<'_>) -> Result<Vec<u8>, Error> {
    Claim::parse(text).map(|claim| claim.encode())
}

/// The SIDs among the values of the attribute in `data`.
pub(crate) fn sids(data: &[u8]) -> Vec<Sid> {
    let values = Claim::decode(data).map(|claim| claim.values);
    let sid = |value| match value {
        Value::Sid(sid) => Some(sid),
        _ => None,
    };
    values.into_iter().flatten().filter_map(sid).collect()
}

/// The attribute in `data` with other SIDs; none where it names none that is exchanged.
pub(crate) fn map_sids(data: &[u8], map: &dyn Fn(&Sid) -> Option<Sid>) -> Option<Vec<u8>> {
    let mut claim = Claim::decode(data)?;
    let mut changed = false;
    for value in &mut claim.values {
        if let Value::Sid(sid) = value
            && let Some(other) = map(sid)
        {
            *sid = other;
            changed = true;
        }
    }
    changed.then(|| claim.encode())
}

impl Claim {
    fn decode(data: &[u8]) -> Option<Self> {
        let (header, rest) = ClaimHeader::ref_from_prefix(data).ok()?;
        let kind = KINDS.iter().find(|kind| kind.0 == header.kind.get())?.2;
        let offsets = rest.as_chunks().0.iter().copied().map(u32::from_le_bytes);
        let count = usize::try_from(header.count.get()).ok()?;
        let values: Vec<_> = offsets
            .take(count)
            .map(|offset| Value::decode(kind, at(data, offset)?))
            .collect::<Option<_>>()?;
        (values.len() == count).then_some(Self {
            name: terminated(at(data, header.name.get())?)?,
            kind,
            flags: header.flags.get(),
            values,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let header_len =
            size_of::<ClaimHeader>().saturating_add(self.values.len().saturating_mul(4));
        let mut parts = Vec::new();
        let mut offset = |part: Vec<u8>| {
            let at = header_len.saturating_add(parts.len());
            parts.extend(part);
            parts.resize(parts.len().next_multiple_of(ALIGNMENT), 0);
            U32::new(u32::try_from(at).unwrap_or(u32::MAX))
        };
        let name = offset(wide(&self.name));
        let offsets: Vec<_> = self
            .values
            .iter()
            .map(|value| offset(value.encode()))
            .collect();
        let number = KINDS.iter().find(|kind| kind.2 == self.kind);
        let header = ClaimHeader {
            name,
            kind: U16::new(number.map_or(0, |kind| kind.0)),
            reserved: U16::ZERO,
            flags: U32::new(self.flags),
            count: U32::new(u32::try_from(self.values.len()).unwrap_or(u32::MAX)),
        };
        [header.as_bytes(), offsets.as_bytes(), &parts].concat()
    }

    fn text(&self) -> Option<String> {
        let letters = KINDS.iter().find(|kind| kind.2 == self.kind)?.1;
        let mut text = format!("({},{letters},{:#x}", quoted_text(&self.name)?, self.flags);
        for value in &self.values {
            text.push(',');
            value.write(&mut text)?;
        }
        text.push(')');
        Some(text)
    }

    fn parse(text: &mut Cursor<'_>) -> Result<Self, Error> {
        text.expect("(", "no resource attribute in parentheses")?;
        text.skip_blanks();
        let name = unquoted(text)?;
        comma(text)?;
        let letters = text.take_while(|char| char.is_ascii_alphabetic());
        let kind = KINDS
            .iter()
            .find(|kind| kind.1.eq_ignore_ascii_case(letters));
        let kind = kind
            .ok_or_else(|| text.wrong("no kind of value that is known"))?
            .2;
        comma(text)?;
        let flags = u32::try_from(whole_number(text)?);
        let flags = flags.map_err(|_| text.wrong("flags of more than 32 bits"))?;
        let mut values = Vec::new();
        while next_comes(text) {
            values.push(Value::parse(kind, text)?);
        }
        text.expect(")", "no end of the resource attribute")?;
        Ok(Self {
            name,
            kind,
            flags,
            values,
        })
    }
}

impl Value {
    fn decode(kind: Kind, bytes: &[u8]) -> Option<Self> {
        let octets = || {
            let (length, rest) = split_u32(bytes)?;
            rest.get(..usize::try_from(length).ok()?)
        };
        Some(match kind {
            Kind::Signed => Self::Signed(i64::from_le_bytes(*bytes.first_chunk()?)),
            Kind::Unsigned | Kind::Boolean => {
                Self::Unsigned(u64::from_le_bytes(*bytes.first_chunk()?))
            }
            Kind::Text => Self::Text(terminated(bytes)?),
            Kind::Sid => Self::Sid(Sid::parse(octets()?).ok()?.0),
            Kind::Octets => Self::Octets(octets()?.to_vec()),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let sized = |bytes: &[u8]| {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            [&length.to_le_bytes(), bytes].concat()
        };
        match self {
            Self::Signed(number) => number.to_le_bytes().to_vec(),
            Self::Unsigned(number) => number.to_le_bytes().to_vec(),
            Self::Text(units) => wide(units),
            Self::Sid(sid) => sized(&sid.to_bytes()),
            Self::Octets(octets) => sized(octets),
        }
    }

    fn write(&self, text: &mut String) -> Option<()> {
        match self {
            Self::Signed(number) => text.push_str(&number.to_string()),
            Self::Unsigned(number) => text.push_str(&number.to_string()),
            Self::Text(units) => text.push_str(&quoted_text(units)?),
            Self::Sid(sid) => write_sid(text, sid),
            Self::Octets(octets) => write_hex(text, octets),
        }
        Some(())
    }

    fn parse(kind: Kind, text: &mut Cursor<'_>) -> Result<Self, Error> {
        match kind {
            Kind::Signed => {
                let minus = text.eat("-");
                let size = i128::from(whole_number(text)?);
                let value = if minus {
                    size.checked_neg()
                } else {
                    Some(size)
                };
                let value = value.and_then(|value| i64::try_from(value).ok());
                let wrong = || text.wrong("a number of more than 64 bits");
                value.map(Self::Signed).ok_or_else(wrong)
            }
            Kind::Unsigned | Kind::Boolean => whole_number(text).map(Self::Unsigned),
            Kind::Text => unquoted(text).map(Self::Text),
            Kind::Sid => sid(text).map(Self::Sid),
            Kind::Octets => {
                text.expect("#", "no bytes in hex")?;
                text.hex().map(Self::Octets)
            }
        }
    }
}

fn whole_number(text: &mut Cursor<'_>) -> Result<u64, Error> {
    let wrong = text.wrong("no number");
    let digits = text.take_while(|char| char.is_ascii_alphanumeric());
    number(digits).ok_or(wrong)
}

/// Whether a comma comes and with it one more value.
fn next_comes(text: &mut Cursor<'_>) -> bool {
    text.skip_blanks();
    let comes = text.eat(",");
    text.skip_blanks();
    comes
}

fn comma(text: &mut Cursor<'_>) -> Result<(), Error> {
    match next_comes(text) {
        true => Ok(()),
        false => Err(text.wrong("no comma")),
    }
}

fn at(data: &[u8], offset: u32) -> Option<&[u8]> {
    data.get(usize::try_from(offset).ok()?..)
}

/// The code units before a NUL.
fn terminated(bytes: &[u8]) -> Option<Vec<u16>> {
    let units = bytes.as_chunks().0.iter().copied().map(u16::from_le_bytes);
    let mut units: Vec<_> = units.collect();
    let end = units.iter().position(|unit| *unit == 0)?;
    units.truncate(end);
    Some(units)
}

/// Code units as they are stored, with a NUL.
fn wide(units: &[u16]) -> Vec<u8> {
    let units = units.iter().chain(&[0]);
    units.flat_map(|unit| unit.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests;
