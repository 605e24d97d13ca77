//! Security descriptors as they are stored: constants and structures, no logic. MS-DTYP 2.4.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Header of a self-relative security descriptor. MS-DTYP 2.4.6.
#[derive(Clone, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct DescriptorHeader {
    pub(crate) revision: u8,
    /// Meant for the resource manager where the control bit says so.
    pub(crate) resource_manager: u8,
    pub(crate) control: U16,
    /// Offsets from this header; 0: not there.
    pub(crate) owner: U32,
    pub(crate) group: U32,
    pub(crate) sacl: U32,
    pub(crate) dacl: U32,
}
const _: () = assert!(size_of::<DescriptorHeader>() == 20);

/// The one revision of descriptors and SIDs.
pub(crate) const REVISION: u8 = 1;

/// Header of an ACL. MS-DTYP 2.4.5.
#[derive(Clone, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct AclHeader {
    pub(crate) revision: u8,
    pub(crate) reserved: u8,
    /// Bytes with this header.
    pub(crate) size: U16,
    pub(crate) count: U16,
    pub(crate) reserved_2: U16,
}
const _: () = assert!(size_of::<AclHeader>() == 8);

/// Revisions of an ACL: without and with object ACEs.
pub(crate) const ACL_REVISION: u8 = 2;
pub(crate) const ACL_REVISION_OBJECTS: u8 = 4;

/// Header of an ACE. MS-DTYP 2.4.4.1.
#[derive(Clone, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct AceHeader {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// Bytes with this header.
    pub(crate) size: U16,
}
const _: () = assert!(size_of::<AceHeader>() == 4);

/// ACEs and what follows an ACL begin at multiples of this.
pub(crate) const ALIGNMENT: usize = 4;

/// Flags of an object ACE: which GUIDs it has. MS-DTYP 2.4.4.3.
pub(crate) const HAS_OBJECT_TYPE: u32 = 0x1;
pub(crate) const HAS_INHERITED_TYPE: u32 = 0x2;

/// Header of a SID, before its sub-authorities. MS-DTYP 2.4.2.2.
#[derive(Clone, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SidHeader {
    pub(crate) revision: u8,
    pub(crate) count: u8,
    /// Big-endian, alone in all of this.
    pub(crate) authority: [u8; 6],
}
const _: () = assert!(size_of::<SidHeader>() == 8);

/// Sub-authorities that a SID has at most.
pub(crate) const MAX_SUB_AUTHORITIES: usize = 15;

/// Header of a resource attribute (CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1), before the offsets of its
/// values. MS-DTYP 2.4.10.1.
#[derive(Clone, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ClaimHeader {
    /// Offset from this header, as all in it.
    pub(crate) name: U32,
    pub(crate) kind: U16,
    pub(crate) reserved: U16,
    pub(crate) flags: U32,
    pub(crate) count: U32,
}
const _: () = assert!(size_of::<ClaimHeader>() == 16);
