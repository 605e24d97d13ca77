//! Attributes of a file record.

use zerocopy::FromBytes;
use zerocopy::little_endian::U16;

use crate::codes;
use crate::flaw::Flaw;
use crate::format::{AttributeHeader, NonResidentHeader, ResidentHeader, attribute_type};
use crate::storage::DataFacts;

/// Bytes of the field behind [`NonResidentHeader`] that compressed and sparse attributes have.
const TOTAL_ALLOCATED: usize = 8;

/// One attribute, or one fragment of one, within its record.
#[derive(Clone, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) kind: u32,
    pub(crate) flags: u16,
    /// Its name as UTF-16 code units; empty for unnamed ones.
    pub(crate) name: &'a [U16],
    pub(crate) form: Form<'a>,
}

/// Where an attribute's value is.
#[derive(Clone, Debug)]
pub(crate) enum Form<'a> {
    /// In the record itself.
    Resident(&'a [u8]),
    /// In clusters of the volume.
    NonResident(NonResident<'a>),
}

/// A fragment of a non-resident attribute.
#[derive(Clone, Debug)]
pub(crate) struct NonResident<'a> {
    pub(crate) header: &'a NonResidentHeader,
    /// Bytes the whole attribute takes up, which compressed and sparse ones state.
    pub(crate) total_allocated: Option<u64>,
    /// The encoded data runs.
    pub(crate) runs: &'a [u8],
    /// Where in the record they begin.
    pub(crate) runs_at: usize,
}

impl<'a> Attribute<'a> {
    /// Whether its name is `name`, unit by unit.
    pub(crate) fn is_named(&self, name: &[u16]) -> bool {
        self.name
            .iter()
            .map(|unit| unit.get())
            .eq(name.iter().copied())
    }

    /// The first VCN of the fragment; 0 where it is resident.
    pub(crate) fn lowest_vcn(&self) -> u64 {
        match &self.form {
            Form::Resident(_) => 0,
            Form::NonResident(part) => part.header.lowest_vcn.get(),
        }
    }

    /// What it says of the stream it is, or begins.
    pub(crate) fn facts(&self) -> DataFacts {
        let (size, allocated) = match &self.form {
            // A resident value takes up its place in the record.
            Form::Resident(value) => {
                let size = blockio::clamp(value.len());
                (size, size.next_multiple_of(8))
            }
            Form::NonResident(part) => {
                let allocated = part.header.allocated.get();
                (
                    part.header.size.get(),
                    part.total_allocated.unwrap_or(allocated),
                )
            }
        };
        DataFacts {
            flags: self.flags,
            size,
            allocated,
        }
    }

    /// The value, if it is resident.
    pub(crate) fn resident(&self) -> Option<&'a [u8]> {
        match self.form {
            Form::Resident(value) => Some(value),
            Form::NonResident(_) => None,
        }
    }
}

/// The attributes of one record, in its order; ends after the first flaw.
#[derive(Clone, Debug)]
pub(crate) struct Attributes<'a> {
    /// The record's bytes in use.
    bytes: &'a [u8],
    /// Where the next attribute begins; `None` when there is no more to say.
    at: Option<usize>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn new(bytes: &'a [u8], first: usize) -> Self {
        Self {
            bytes,
            at: Some(first),
        }
    }

    /// The attribute at `at` and where the next one is; `None` at the end mark.
    fn attribute_at(&self, at: usize) -> Option<Result<(Attribute<'a>, usize), &'static str>> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let kind = rest.first_chunk().map(|kind| u32::from_le_bytes(*kind));
        if kind == Some(attribute_type::END) {
            return None;
        }
        Some(parse(rest, at).and_then(|attribute| {
            let length = usize::try_from(attribute.1).map_err(|_| "is too long")?;
            Ok((attribute.0, at.checked_add(length).ok_or("is too long")?))
        }))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Flaw>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at.take()?;
        match self.attribute_at(at)? {
            Ok((attribute, next)) => {
                self.at = Some(next);
                Some(Ok(attribute))
            }
            Err(why) => Some(Err(Flaw::new(
                &codes::ATTRIBUTE,
                format!("attribute at {at:#x} {why}"),
            ))),
        }
    }
}

/// The attribute that `rest` begins with, `at` bytes into its record, and its length.
fn parse(rest: &[u8], at: usize) -> Result<(Attribute<'_>, u32), &'static str> {
    let (header, _) = AttributeHeader::ref_from_prefix(rest).map_err(|_| "leaves its record")?;
    let length = header.length.get();
    let bytes = usize::try_from(length)
        .ok()
        .and_then(|length| rest.get(..length));
    let bytes = bytes.ok_or("leaves its record")?;
    if length.trailing_zeros() < 3 || bytes.len() <= size_of::<AttributeHeader>() {
        return Err("has an impossible length");
    }
    let name = units(
        bytes,
        header.name_offset.get().into(),
        header.name_length.into(),
    )?;
    let form = match header.non_resident {
        0 => Form::Resident(resident_value(bytes)?),
        1 => Form::NonResident(non_resident(bytes, header.flags.get(), at)?),
        _ => return Err("is neither resident nor non-resident"),
    };
    let (kind, flags) = (header.kind.get(), header.flags.get());
    Ok((
        Attribute {
            kind,
            flags,
            name,
            form,
        },
        length,
    ))
}

fn units(bytes: &[u8], offset: usize, count: usize) -> Result<&[U16], &'static str> {
    if count == 0 {
        return Ok(&[]);
    }
    let end = offset.saturating_add(count.saturating_mul(2));
    let name = bytes.get(offset..end).ok_or("has a name that leaves it")?;
    <[U16]>::ref_from_bytes(name).map_err(|_| "has a name that leaves it")
}

fn resident_value(bytes: &[u8]) -> Result<&[u8], &'static str> {
    let after = bytes
        .get(size_of::<AttributeHeader>()..)
        .unwrap_or_default();
    let (header, _) = ResidentHeader::ref_from_prefix(after).map_err(|_| "is too short")?;
    let start = usize::from(header.value_offset.get());
    let length = usize::try_from(header.value_length.get()).map_err(|_| "is too long")?;
    start
        .checked_add(length)
        .and_then(|end| bytes.get(start..end))
        .ok_or("has a value that leaves it")
}

fn non_resident(bytes: &[u8], flags: u16, at: usize) -> Result<NonResident<'_>, &'static str> {
    let after = bytes
        .get(size_of::<AttributeHeader>()..)
        .unwrap_or_default();
    let (header, behind) = NonResidentHeader::ref_from_prefix(after).map_err(|_| "is too short")?;
    let runs_offset = usize::from(header.runs_offset.get());
    let runs = bytes
        .get(runs_offset..)
        .ok_or("has data runs that leave it")?;
    if runs_offset < size_of::<AttributeHeader>().saturating_add(size_of::<NonResidentHeader>()) {
        return Err("has data runs within its header");
    }
    let has_total = flags != 0 && header.lowest_vcn.get() == 0;
    let total = behind
        .first_chunk::<TOTAL_ALLOCATED>()
        .filter(|_| has_total);
    Ok(NonResident {
        header,
        total_allocated: total
            .filter(|_| runs_offset >= 0x48)
            .map(|bytes| u64::from_le_bytes(*bytes)),
        runs,
        runs_at: at.saturating_add(runs_offset),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A resident attribute of type 0x80 named `ab` with the value `hello`, and the end mark.
    fn attributes() -> Vec<u8> {
        let mut bytes = vec![0; 40];
        bytes[0] = 0x80;
        bytes[4] = 40;
        bytes[9..11].copy_from_slice(&[2, 24]);
        bytes[16..22].copy_from_slice(&[5, 0, 0, 0, 32, 0]);
        bytes[24..28].copy_from_slice(b"a\0b\0");
        bytes[32..37].copy_from_slice(b"hello");
        bytes.extend([0xFF; 4]);
        bytes
    }

    #[test]
    fn gives_name_and_value_and_ends_at_the_mark() {
        let bytes = attributes();
        let found: Vec<_> = Attributes::new(&bytes, 0).map(Result::unwrap).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].is_named(&[0x61, 0x62]) && !found[0].is_named(&[0x61]));
        assert_eq!(
            (found[0].kind, found[0].resident()),
            (0x80, Some(&b"hello"[..]))
        );
    }

    #[test]
    fn whatever_leaves_the_record_is_a_flaw_and_the_end() {
        for (at, value) in [
            (4, 0),
            (4, 8),
            (4, 41),
            (4, 48),
            (8, 2),
            (9, 20),
            (16, 9),
            (20, 39),
        ] {
            let mut bytes = attributes();
            bytes[at] = value;
            let mut attributes = Attributes::new(&bytes, 0);
            let flaw = attributes.next().expect("one item").expect_err("a flaw");
            assert_eq!(flaw.code.id, "HV-D203", "{at}: {value}");
            assert!(
                flaw.found.starts_with("attribute at 0x0 "),
                "{}",
                flaw.found
            );
            assert!(attributes.next().is_none(), "{at}: {value}");
        }
    }

    #[test]
    fn a_missing_end_mark_is_a_flaw() {
        let bytes = attributes();
        assert_eq!(
            Attributes::new(&bytes[..40], 0)
                .filter(Result::is_err)
                .count(),
            1
        );
        assert_eq!(
            Attributes::new(&bytes, usize::MAX)
                .filter(Result::is_err)
                .count(),
            1
        );
    }
}
