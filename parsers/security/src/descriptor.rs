//! The descriptor as a whole.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, IntoBytes};

use crate::format::{ALIGNMENT, DescriptorHeader, REVISION};
use crate::{Ace, Acl, Error, Sid};

/// Bits of [`Descriptor::control`]. MS-DTYP 2.4.6.
pub mod control {
    /// There is a DACL, though it may be the one that allows everything.
    pub const DACL_PRESENT: u16 = 0x0004;
    /// There is a SACL.
    pub const SACL_PRESENT: u16 = 0x0010;
    /// The DACL is to be inherited by what is below.
    pub const DACL_AUTO_INHERIT_REQ: u16 = 0x0100;
    /// The SACL is to be inherited by what is below.
    pub const SACL_AUTO_INHERIT_REQ: u16 = 0x0200;
    /// The DACL came about by inheritance.
    pub const DACL_AUTO_INHERITED: u16 = 0x0400;
    /// The SACL came about by inheritance.
    pub const SACL_AUTO_INHERITED: u16 = 0x0800;
    /// The DACL takes nothing from above.
    pub const DACL_PROTECTED: u16 = 0x1000;
    /// The SACL takes nothing from above.
    pub const SACL_PROTECTED: u16 = 0x2000;
    /// The descriptor is one run of bytes; all that are stored are.
    pub const SELF_RELATIVE: u16 = 0x8000;
}

/// Who owns a thing and who may do what with it. MS-DTYP 2.4.6.
///
/// A list whose control bit is set and that is none here is a null list: a null DACL lets everybody do
/// everything. One without the bit is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// Bits of [`control`].
    pub control: u16,
    /// The owner.
    pub owner: Option<Sid>,
    /// The group; Windows itself makes no use of it.
    pub group: Option<Sid>,
    /// What is logged, integrity level, resource attributes.
    pub sacl: Option<Acl>,
    /// Who may do what.
    pub dacl: Option<Acl>,
}

impl Descriptor {
    /// The descriptor in `bytes`, in self-relative form.
    ///
    /// # Errors
    /// [`Error::Damaged`] where something in it is not whole.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let (header, _) = DescriptorHeader::ref_from_prefix(bytes)
            .map_err(|_| Error::damaged("the descriptor is cut off"))?;
        let control = header.control.get();
        if header.revision != REVISION || control & control::SELF_RELATIVE == 0 {
            return Err(Error::damaged("the descriptor has an impossible header"));
        }
        let list = |present: u16, offset: U32, name: &str| {
            let offset = Some(offset).filter(|_| control & present != 0);
            let list = offset
                .and_then(|offset| part(bytes, offset))
                .map(Acl::parse);
            list.transpose()
                .map_err(|why| Error::damaged(format!("the {name} {why}")))
        };
        let sid = |offset: U32| {
            let sid = part(bytes, offset).map(Sid::parse).transpose()?;
            Ok(sid.map(|(sid, _)| sid))
        };
        Ok(Self {
            control,
            owner: sid(header.owner)?,
            group: sid(header.group)?,
            sacl: list(control::SACL_PRESENT, header.sacl, "SACL")?,
            dacl: list(control::DACL_PRESENT, header.dacl, "DACL")?,
        })
    }

    /// The descriptor in self-relative form: SACL, DACL, owner and group in this order, as Windows
    /// lays them out.
    ///
    /// # Errors
    /// [`Error::TooLarge`] where a list has more than 64 KiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; size_of::<DescriptorHeader>()];
        let sacl = push(
            &mut bytes,
            self.sacl.as_ref().map(Acl::to_bytes).transpose()?,
        );
        let dacl = push(
            &mut bytes,
            self.dacl.as_ref().map(Acl::to_bytes).transpose()?,
        );
        let owner = push(&mut bytes, self.owner.as_ref().map(Sid::to_bytes));
        let group = push(&mut bytes, self.group.as_ref().map(Sid::to_bytes));
        let header = DescriptorHeader {
            revision: REVISION,
            resource_manager: 0,
            control: U16::new(self.control | control::SELF_RELATIVE),
            owner,
            group,
            sacl,
            dacl,
        };
        bytes.splice(
            ..size_of::<DescriptorHeader>(),
            header.as_bytes().iter().copied(),
        );
        Ok(bytes)
    }

    /// Every SID it names, each once, in their own order.
    #[must_use]
    pub fn sids(&self) -> Vec<Sid> {
        let holders = self.owner.iter().chain(&self.group).cloned();
        let mut sids: Vec<_> = holders.chain(self.aces().flat_map(Ace::sids)).collect();
        sids.sort();
        sids.dedup();
        sids
    }

    /// The descriptor with other SIDs: `map` says which takes the place of one, or none where it stays.
    /// Those in conditions and resource attributes are exchanged too.
    #[must_use]
    pub fn map_sids(&self, map: impl Fn(&Sid) -> Option<Sid>) -> Self {
        let sid = |sid: &Option<Sid>| sid.as_ref().map(|sid| map(sid).unwrap_or(sid.clone()));
        let list = |list: &Option<Acl>| {
            list.as_ref().map(|list| Acl {
                aces: list.aces.iter().map(|ace| ace.map_sids(&map)).collect(),
            })
        };
        Self {
            control: self.control,
            owner: sid(&self.owner),
            group: sid(&self.group),
            sacl: list(&self.sacl),
            dacl: list(&self.dacl),
        }
    }

    fn aces(&self) -> impl Iterator<Item = &Ace> {
        self.sacl
            .iter()
            .chain(&self.dacl)
            .flat_map(|list| &list.aces)
    }
}

/// What is at `offset` of the descriptor; none where nothing is.
fn part(bytes: &[u8], offset: U32) -> Option<&[u8]> {
    let offset = usize::try_from(offset.get()).unwrap_or(usize::MAX);
    // What leaves the descriptor is there, and cut off.
    (offset != 0).then(|| bytes.get(offset..).unwrap_or_default())
}

/// Appends a part; where it is.
fn push(bytes: &mut Vec<u8>, part: Option<Vec<u8>>) -> U32 {
    let Some(part) = part else {
        return U32::ZERO;
    };
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    let at = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    bytes.extend(part);
    U32::new(at)
}

#[cfg(test)]
#[path = "descriptor_tests.rs"]
mod tests;
