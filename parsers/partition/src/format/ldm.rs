//! Database of dynamic disks (LDM). Linux-NTFS project, "LDM documentation", Technical; all numbers
//! are big-endian.

use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

pub(crate) const PRIVATE_HEADER: [u8; 8] = *b"PRIVHEAD";
pub(crate) const TABLE_OF_CONTENTS: [u8; 8] = *b"TOCBLOCK";
pub(crate) const DATABASE: [u8; 4] = *b"VMDB";
pub(crate) const RECORD: [u8; 4] = *b"VBLK";
/// Name of the region that the database is in.
pub(crate) const CONFIG: &[u8] = b"config";
/// Bytes that a structure with a checksum spans, whatever the sector size.
pub(crate) const CHECKED: usize = 512;
/// Where in it the checksum is.
pub(crate) const CHECKSUM: std::ops::Range<usize> = 8..12;
/// The unit of every number in a record, whatever the sector size.
pub(crate) const RECORD_SECTOR: u64 = 512;
/// Update status of a database in which nothing is pending.
pub(crate) const COMMITTED: u16 = 1;
/// Update status of a record that does not count yet.
pub(crate) const NOT_YET_ACTIVE: u16 = 2;

/// Private header: this disk, and where its copy of the database is. Technical, PRIVHEAD.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct PrivateHeader {
    pub(crate) magic: [u8; 8],
    /// Sum of all bytes of the sector but these.
    pub(crate) checksum: U32,
    pub(crate) major_version: U16,
    pub(crate) minor_version: U16,
    pub(crate) updated: U64,
    pub(crate) sequence: U64,
    pub(crate) headers: [U64; 2],
    pub(crate) disk_guid: [u8; 64],
    pub(crate) host_guid: [u8; 64],
    pub(crate) group_guid: [u8; 64],
    pub(crate) group_name: [u8; 31],
    pub(crate) sector_size: U32,
    pub(crate) flags: U32,
    pub(crate) slices: [U16; 2],
    /// First sector of the data, on the disk.
    pub(crate) public_start: U64,
    pub(crate) public_sectors: U64,
    /// First sector of the database, on the disk.
    pub(crate) private_start: U64,
    pub(crate) private_sectors: U64,
    /// From the start of the database.
    pub(crate) contents: [U64; 2],
}
const _: () = assert!(size_of::<PrivateHeader>() == 0x14b);

/// Table of contents: the regions of the database. Technical, TOCBLOCK.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Contents {
    pub(crate) magic: [u8; 8],
    /// Sum of all bytes of the sector but these.
    pub(crate) checksum: U32,
    pub(crate) sequence: U64,
    pub(crate) zeros: [u8; 16],
    pub(crate) regions: [Region; 2],
}
const _: () = assert!(size_of::<Contents>() == 0x68);

/// One region of the database. Technical, TOCBLOCK.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Region {
    pub(crate) name: [u8; 8],
    pub(crate) flags: U16,
    /// In sectors from the start of the database.
    pub(crate) start: U64,
    pub(crate) sectors: U64,
    pub(crate) copy: [u8; 8],
}
const _: () = assert!(size_of::<Region>() == 34);

/// Header of the records. Technical, VMDB.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Database {
    pub(crate) magic: [u8; 4],
    /// Records are numbered by where they are, this header counted as records too.
    pub(crate) last_sequence: U32,
    pub(crate) record_size: U32,
    /// From the start of this header to the first record.
    pub(crate) first_record: U32,
    pub(crate) status: U16,
    pub(crate) major_version: U16,
    pub(crate) minor_version: U16,
    pub(crate) group_name: [u8; 31],
    pub(crate) group_guid: [u8; 64],
}
const _: () = assert!(size_of::<Database>() == 0x75);

/// One fragment of a record. Technical, VBLK.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FragmentHeader {
    pub(crate) magic: [u8; 4],
    pub(crate) sequence: U32,
    /// The same in all fragments of a record; zero in an unused one.
    pub(crate) group: U32,
    pub(crate) index: U16,
    pub(crate) count: U16,
}
const _: () = assert!(size_of::<FragmentHeader>() == 16);

/// What the joined fragments begin with. Technical, VBLK.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct RecordHeader {
    pub(crate) status: U16,
    pub(crate) flags: u8,
    /// Low four bits: what it is; high four: the revision of its layout.
    pub(crate) kind: u8,
    /// Bytes after this header.
    pub(crate) len: U32,
}
const _: () = assert!(size_of::<RecordHeader>() == 8);
