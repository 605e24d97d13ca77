//! GUID partition table. UEFI 2.10, chapter 5.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

pub(crate) const SIGNATURE: [u8; 8] = *b"EFI PART";
/// The revision's major number that this layout belongs to; minor ones add fields at the end.
pub(crate) const REVISION_MAJOR: u32 = 1;
/// The entry sizes allowed are this, doubled any number of times.
pub(crate) const SMALLEST_ENTRY: u32 = 128;
/// How many entries an array has unless somebody chose otherwise.
pub(crate) const USUAL_ENTRY_COUNT: u32 = 128;
/// Entry attribute: legacy firmware boots from here.
pub(crate) const LEGACY_BOOT: u64 = 1 << 2;

/// GPT header. UEFI 5.3.2, table 5.5.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Header {
    pub(crate) signature: [u8; 8],
    pub(crate) revision: U32,
    pub(crate) header_size: U32,
    /// CRC-32 of `header_size` bytes with this field zero.
    pub(crate) header_crc: U32,
    pub(crate) reserved: U32,
    pub(crate) my_lba: U64,
    pub(crate) alternate_lba: U64,
    pub(crate) first_usable_lba: U64,
    pub(crate) last_usable_lba: U64,
    pub(crate) disk_guid: [u8; 16],
    pub(crate) entries_lba: U64,
    pub(crate) entry_count: U32,
    pub(crate) entry_size: U32,
    pub(crate) entries_crc: U32,
}
const _: () = assert!(size_of::<Header>() == 92);

/// Partition entry; larger ones are reserved bytes at the end. UEFI 5.3.3, table 5.6.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) type_guid: [u8; 16],
    pub(crate) unique_guid: [u8; 16],
    pub(crate) first_lba: U64,
    /// Inclusive.
    pub(crate) last_lba: U64,
    pub(crate) attributes: U64,
    pub(crate) name: [U16; 36],
}
const _: () = assert!(size_of::<Entry>() == 128);
