//! What a node has besides bytes, streams, times and attributes, in the form that destinations take.

use std::sync::Arc;

use blockio::Code;
use tree::{ExtendedAttribute, Name, ObjectId};

use crate::hostfs::{Part, Parts};
use crate::report::{error_code, error_text};
use crate::sink::Item;

/// What a node has besides bytes, streams, times and attributes.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The security descriptor, self-relative.
    pub security: Option<Arc<[u8]>>,
    /// Extended attributes.
    pub extended_attributes: Vec<ExtendedAttribute>,
    /// The object id.
    pub object_id: Option<ObjectId>,
    /// The short (8.3) name.
    pub short_name: Option<Name>,
    /// Tag and data of a reparse point.
    pub reparse: Option<(u32, Arc<[u8]>)>,
}

/// What of an item's facts is there and cannot be read.
pub(crate) type Unreadable = Vec<(&'static Code, String)>;

impl Facts {
    /// The facts of `item`, read from the volume now; what cannot be read is left out.
    pub(crate) fn read(item: &Item<'_>) -> Self {
        Self::read_all(item).0
    }

    /// The facts of `item`, and what of them cannot be read.
    pub(crate) fn read_all(item: &Item<'_>) -> (Self, Unreadable) {
        let mut lost = Unreadable::new();
        let mut tell = |error: &tree::Error| lost.push((error_code(error), error_text(error)));
        let security = item.security().unwrap_or_else(|error| {
            tell(&error);
            None
        });
        let details = item.details().unwrap_or_else(|error| {
            tell(&error);
            Default::default()
        });
        let faults = details
            .lost
            .iter()
            .map(|fault| (fault.code, fault.to_string()));
        lost.extend(faults);
        let facts = Self {
            security,
            extended_attributes: details.extended_attributes,
            object_id: details.object_id,
            short_name: details.short_name,
            reparse: item.metadata.reparse_tag.zip(details.reparse),
        };
        (facts, lost)
    }

    /// Which parts there are. Times and attributes every node has.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let mut parts = Parts::of(&[Part::Created, Part::Changed, Part::Attributes]);
        for (there, part) in [
            (self.security.is_some(), Part::Security),
            (
                !self.extended_attributes.is_empty(),
                Part::ExtendedAttributes,
            ),
            (self.object_id.is_some(), Part::ObjectId),
            (self.short_name.is_some(), Part::ShortName),
            (self.reparse.is_some(), Part::Reparse),
        ] {
            if there {
                parts = parts.with(part);
            }
        }
        parts
    }

    /// One part in the form that [`Part`] names; none where there is none, or none of that form.
    #[must_use]
    pub fn value(&self, part: Part) -> Option<Vec<u8>> {
        match part {
            Part::Security => self.security.as_deref().map(<[u8]>::to_vec),
            Part::ExtendedAttributes => list(&self.extended_attributes),
            Part::ObjectId => self.object_id.map(|id| id_bytes(&id)),
            Part::ShortName => self
                .short_name
                .as_ref()
                .map(|name| name.as_bytes().to_vec()),
            Part::Reparse => self
                .reparse
                .as_ref()
                .and_then(|(tag, data)| point(*tag, data)),
            Part::Created | Part::Changed | Part::Attributes | Part::Times => None,
        }
    }
}

/// FILE_FULL_EA_INFORMATION as NTFS stores it: each entry a multiple of 4 long, and saying so.
fn list(attributes: &[ExtendedAttribute]) -> Option<Vec<u8>> {
    /// Bytes before the name.
    const HEADER: usize = 8;
    let mut out = Vec::new();
    for attribute in attributes {
        let (name, value) = (attribute.name.as_bytes(), &attribute.value);
        let len = (HEADER + name.len() + 1 + value.len()).next_multiple_of(4);
        let end = out.len() + len;
        out.extend(u32::try_from(len).ok()?.to_le_bytes());
        out.extend([attribute.flags, u8::try_from(name.len()).ok()?]);
        out.extend(u16::try_from(value.len()).ok()?.to_le_bytes());
        out.extend_from_slice(name);
        out.push(0);
        out.extend_from_slice(value);
        out.resize(end, 0);
    }
    (!out.is_empty()).then_some(out)
}

pub(crate) fn id_bytes(id: &ObjectId) -> Vec<u8> {
    let mut bytes = id.object.to_vec();
    if let Some(birth) = id.birth {
        bytes.extend(birth.volume);
        bytes.extend(birth.object);
        bytes.extend(birth.domain);
    }
    bytes
}

/// REPARSE_DATA_BUFFER: tag, length, two bytes of nothing, data. MS-FSCC 2.1.2.
fn point(tag: u32, data: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(data.len()).ok()?;
    let mut out = tag.to_le_bytes().to_vec();
    out.extend(len.to_le_bytes());
    out.extend([0, 0]);
    out.extend_from_slice(data);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tree::Birth;

    fn attribute(name: &str, value: &[u8]) -> ExtendedAttribute {
        ExtendedAttribute {
            name: name.into(),
            flags: 0x80,
            value: value.into(),
        }
    }

    #[test]
    fn extended_attributes_are_a_list_of_whole_words() {
        let facts = Facts {
            extended_attributes: vec![attribute("AB", b"xyz"), attribute("C", b"")],
            ..Facts::default()
        };
        let expected = [
            &[16, 0, 0, 0, 0x80, 2, 3, 0][..],
            b"AB\0xyz\0\0",
            &[12, 0, 0, 0, 0x80, 1, 0, 0],
            b"C\0\0\0",
        ];
        assert_eq!(
            facts.value(Part::ExtendedAttributes),
            Some(expected.concat())
        );
    }

    #[test]
    fn what_is_not_there_has_no_value() {
        let facts = Facts::default();
        assert!(Parts::ALL.iter().all(|part| facts.value(part).is_none()));
        assert_eq!(
            facts.parts().words(),
            "creation time, change time, attributes"
        );
    }

    #[test]
    fn ids_and_reparse_points_have_their_stored_form() {
        let birth = Birth {
            volume: [2; 16],
            object: [3; 16],
            domain: [4; 16],
        };
        let facts = Facts {
            object_id: Some(ObjectId {
                object: [1; 16],
                birth: Some(birth),
            }),
            reparse: Some((0xA000_000C, [7, 8][..].into())),
            ..Facts::default()
        };
        let id = [[1; 16], [2; 16], [3; 16], [4; 16]].concat();
        assert_eq!(facts.value(Part::ObjectId), Some(id));
        let point = [0x0C, 0, 0, 0xA0, 2, 0, 0, 0, 7, 8].to_vec();
        assert_eq!(facts.value(Part::Reparse), Some(point));
    }
}
