//! Entries of an ACL.

use uuid::Uuid;
use zerocopy::little_endian::U16;
use zerocopy::{FromBytes, IntoBytes};

use crate::format::{ALIGNMENT, AceHeader, HAS_INHERITED_TYPE, HAS_OBJECT_TYPE};
use crate::{Error, Sid, claim, condition};

/// One entry of an ACL. MS-DTYP 2.4.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ace {
    /// What it does.
    pub kind: Kind,
    /// Who inherits it, and what is audited (OBJECT_INHERIT_ACE and so on).
    pub flags: u8,
    /// What it says.
    pub body: Body,
}

/// What an ACE says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Somebody's rights.
    Rights {
        /// Which rights.
        mask: u32,
        /// Which kind of object or property they are for; object ACEs only.
        object_type: Option<Uuid>,
        /// Which kind of object inherits them; object ACEs only.
        inherited_type: Option<Uuid>,
        /// Whose.
        sid: Sid,
        /// What stands behind: a condition, a resource attribute, or nothing.
        data: Vec<u8>,
    },
    /// The bytes behind the header of an ACE of a kind that is not known here.
    Other(Vec<u8>),
}

/// What an ACE does, as it is stored. MS-DTYP 2.4.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind(pub u8);

/// Each kind that is known here by its number: SDDL's letters, and whether it has object types.
const KINDS: [(u8, &str, bool); 20] = [
    (0x00, "A", false),
    (0x01, "D", false),
    (0x02, "AU", false),
    (0x03, "AL", false),
    (0x05, "OA", true),
    (0x06, "OD", true),
    (0x07, "OU", true),
    (0x08, "OL", true),
    (0x09, "XA", false),
    (0x0A, "XD", false),
    (0x0B, "ZA", true),
    // Not defined in SDDL, by analogy: a conditional object ACE that denies, and one that audits.
    (0x0C, "ZD", true),
    (0x0D, "XU", false),
    (0x0F, "ZU", true),
    (0x11, "ML", false),
    (0x12, "RA", false),
    (0x13, "SP", false),
    (0x14, "TL", false),
    (0x15, "FL", false),
    (0x0E, "XL", false),
];

impl Kind {
    /// Grants rights.
    pub const ALLOW: Self = Self(0x00);
    /// Denies rights.
    pub const DENY: Self = Self(0x01);
    /// Has the use of rights logged.
    pub const AUDIT: Self = Self(0x02);
    /// States the integrity level.
    pub const MANDATORY_LABEL: Self = Self(0x11);
    /// Gives the object an attribute that conditions can ask for.
    pub const RESOURCE_ATTRIBUTE: Self = Self(0x12);
    /// Filters access by a condition.
    pub const ACCESS_FILTER: Self = Self(0x15);

    /// SDDL's letters for it.
    #[must_use]
    pub fn letters(self) -> Option<&'static str> {
        self.known().map(|(_, letters, _)| *letters)
    }

    /// The kind with these letters.
    pub(crate) fn of_letters(letters: &str) -> Option<Self> {
        let found = KINDS
            .iter()
            .find(|kind| kind.1.eq_ignore_ascii_case(letters));
        found.map(|kind| Self(kind.0))
    }

    /// Whether its ACEs may carry a condition.
    #[must_use]
    pub fn is_conditional(self) -> bool {
        matches!(self.0, 0x09..=0x10) || self == Self::ACCESS_FILTER
    }

    /// Whether its ACEs can be for one kind of object or property only.
    #[must_use]
    pub fn is_of_objects(self) -> bool {
        self.known().is_some_and(|(_, _, objects)| *objects)
    }

    fn known(self) -> Option<&'static (u8, &'static str, bool)> {
        KINDS.iter().find(|kind| kind.0 == self.0)
    }
}

impl Ace {
    /// The ACE that `bytes` begin with, and what is behind it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), &'static str> {
        let (header, _) = AceHeader::ref_from_prefix(bytes).map_err(|_| "has no room for it")?;
        let (own, rest) = bytes
            .split_at_checked(header.size.get().into())
            .ok_or("does not hold it whole")?;
        let body = own
            .get(size_of::<AceHeader>()..)
            .ok_or("has one that is shorter than its header")?;
        let kind = Kind(header.kind);
        let ace = Self {
            kind,
            flags: header.flags,
            body: Body::parse(kind, body).ok_or("has one that is cut off")?,
        };
        Ok((ace, rest))
    }

    /// The ACE as it is stored.
    ///
    /// # Errors
    /// Where it is larger than its length field can say.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let body = self.body.to_bytes(self.kind);
        let size = size_of::<AceHeader>().saturating_add(body.len());
        let header = AceHeader {
            kind: self.kind.0,
            flags: self.flags,
            size: U16::new(u16::try_from(size).map_err(|_| Error::TooLarge(size))?),
        };
        Ok([header.as_bytes(), &body].concat())
    }

    /// Every SID it names, those in its condition included.
    pub(crate) fn sids(&self) -> Vec<Sid> {
        let Body::Rights { sid, data, .. } = &self.body else {
            return Vec::new();
        };
        let mut sids = vec![sid.clone()];
        if self.kind.is_conditional() {
            sids.extend(condition::sids(data));
        } else if self.kind == Kind::RESOURCE_ATTRIBUTE {
            sids.extend(claim::sids(data));
        }
        sids
    }

    /// The ACE with other SIDs.
    pub(crate) fn map_sids(&self, map: &dyn Fn(&Sid) -> Option<Sid>) -> Self {
        let mut mapped = self.clone();
        if let Body::Rights { sid, data, .. } = &mut mapped.body {
            if let Some(other) = map(sid) {
                *sid = other;
            }
            let other = match self.kind {
                Kind::RESOURCE_ATTRIBUTE => claim::map_sids(data, map),
                kind if kind.is_conditional() => condition::map_sids(data, map),
                _ => None,
            };
            *data = other.unwrap_or_else(|| std::mem::take(data));
        }
        mapped
    }
}

impl Body {
    fn parse(kind: Kind, bytes: &[u8]) -> Option<Self> {
        if kind.letters().is_none() {
            return Some(Self::Other(bytes.to_vec()));
        }
        let (mask, mut rest) = split_u32(bytes)?;
        let (mut object_type, mut inherited_type) = (None, None);
        if kind.is_of_objects() {
            let (flags, behind) = split_u32(rest)?;
            rest = behind;
            for (flag, place) in [
                (HAS_OBJECT_TYPE, &mut object_type),
                (HAS_INHERITED_TYPE, &mut inherited_type),
            ] {
                if flags & flag != 0 {
                    let (guid, behind) = rest.split_first_chunk()?;
                    *place = Some(Uuid::from_bytes_le(*guid));
                    rest = behind;
                }
            }
        }
        let (sid, data) = Sid::parse(rest).ok()?;
        Some(Self::Rights {
            mask,
            object_type,
            inherited_type,
            sid,
            data: data.to_vec(),
        })
    }

    fn to_bytes(&self, kind: Kind) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Other(other) => bytes.extend_from_slice(other),
            Self::Rights {
                mask,
                object_type,
                inherited_type,
                sid,
                data,
            } => {
                bytes.extend(mask.to_le_bytes());
                if kind.is_of_objects() {
                    push_types(&mut bytes, *object_type, *inherited_type);
                }
                bytes.extend(sid.to_bytes());
                bytes.extend_from_slice(data);
            }
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes
    }
}

fn push_types(bytes: &mut Vec<u8>, object_type: Option<Uuid>, inherited_type: Option<Uuid>) {
    let flag = |guid: Option<Uuid>, flag| guid.map_or(0, |_| flag);
    let flags = flag(object_type, HAS_OBJECT_TYPE) | flag(inherited_type, HAS_INHERITED_TYPE);
    bytes.extend(flags.to_le_bytes());
    for guid in object_type.into_iter().chain(inherited_type) {
        bytes.extend(guid.to_bytes_le());
    }
}

/// The number that `bytes` begin with, and what is behind it.
pub(crate) fn split_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}
