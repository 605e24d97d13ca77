//! The structures of the VHD spec as they lie in the file. Big-endian; no logic here.

use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of a sector; the format knows no other size.
pub const SECTOR: u32 = 512;
/// What the end of the disk is rounded to in places and counts.
pub(crate) const SECTOR_BYTES: u64 = 512;
/// Bytes of a footer since Virtual PC 2004.
pub(crate) const FOOTER_LEN: usize = 512;
/// Bytes of a footer before Virtual PC 2004, whose last byte was not written.
pub(crate) const OLD_FOOTER_LEN: usize = 511;
/// `Footer::cookie`.
pub(crate) const FOOTER_COOKIE: [u8; 8] = *b"conectix";
/// `DynamicHeader::cookie`.
pub(crate) const HEADER_COOKIE: [u8; 8] = *b"cxsparse";
/// The major half of both version fields.
pub(crate) const MAJOR_VERSION: u32 = 1;
/// `Footer::disk_type` of a fixed disk.
pub(crate) const FIXED: u32 = 2;
/// `Footer::disk_type` of a dynamic disk.
pub(crate) const DYNAMIC: u32 = 3;
/// `Footer::disk_type` of a differencing disk.
pub(crate) const DIFFERENCING: u32 = 4;
/// Entry of the block allocation table for a block that the file does not hold.
pub(crate) const ABSENT: u32 = 0xFFFF_FFFF;
/// `Locator::platform` of a relative path in UTF-16LE.
pub(crate) const RELATIVE: [u8; 4] = *b"W2ru";
/// `Locator::platform` of an absolute path in UTF-16LE.
pub(crate) const ABSOLUTE: [u8; 4] = *b"W2ku";
/// `Locator::platform` of an unused entry.
pub(crate) const UNUSED: [u8; 4] = [0; 4];

/// VHD spec, "Hard Disk Footer Format". At the end of the file; a copy at 0 but for fixed disks.
#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Footer {
    pub cookie: [u8; 8],
    pub features: U32,
    pub version: U32,
    /// Where the dynamic disk header is; all ones in a fixed disk.
    pub data_offset: U64,
    pub timestamp: U32,
    pub creator: [u8; 4],
    pub creator_version: U32,
    pub creator_os: [u8; 4],
    pub original_size: U64,
    pub current_size: U64,
    pub cylinders: U16,
    pub heads: u8,
    pub sectors_per_track: u8,
    pub disk_type: U32,
    /// Ones' complement of the sum of all bytes, this field taken as zero.
    pub checksum: U32,
    pub unique_id: [u8; 16],
    pub saved_state: u8,
    pub reserved: [u8; 427],
}

/// VHD spec, "Dynamic Disk Header Format".
#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct DynamicHeader {
    pub cookie: [u8; 8],
    pub data_offset: U64,
    /// Where the block allocation table is.
    pub table_offset: U64,
    pub version: U32,
    pub max_table_entries: U32,
    pub block_size: U32,
    /// As in the footer.
    pub checksum: U32,
    pub parent_unique_id: [u8; 16],
    /// Seconds since 2000-01-01 UTC.
    pub parent_timestamp: U32,
    pub reserved1: U32,
    /// UTF-16BE, ended by NUL.
    pub parent_name: [u8; 512],
    pub locators: [Locator; 8],
    pub reserved2: [u8; 256],
}

/// VHD spec, "Parent Locator Entry".
#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Locator {
    pub platform: [u8; 4],
    /// Sectors by the specification, bytes as Windows writes it; not needed for reading.
    pub data_space: U32,
    pub data_length: U32,
    pub reserved: U32,
    pub data_offset: U64,
}

const _: () = assert!(size_of::<Footer>() == FOOTER_LEN);
const _: () = assert!(size_of::<DynamicHeader>() == 1024);
const _: () = assert!(size_of::<Locator>() == 24);
