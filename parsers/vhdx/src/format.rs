//! Bytes of a VHDX file as [MS-VHDX] lays them out: constants and structures, no logic.
//!
//! Everything is little-endian and may stand at any alignment. Sections are those of [MS-VHDX].

use uuid::{Uuid, uuid};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const TIB: u64 = 1 << 40;

/// The header section, which nothing else may reach into. 2.2
pub(crate) const HEADER_SECTION: u64 = MIB;
/// Everything in the file begins at, and is a multiple of, this. 2.1
pub(crate) const ALIGNMENT: u64 = MIB;

pub(crate) const FILE_SIGNATURE: [u8; 8] = *b"vhdxfile";
pub(crate) const HEADER_SIGNATURE: [u8; 4] = *b"head";
pub(crate) const REGION_TABLE_SIGNATURE: [u8; 4] = *b"regi";
pub(crate) const METADATA_SIGNATURE: [u8; 8] = *b"metadata";
pub(crate) const LOG_ENTRY_SIGNATURE: [u8; 4] = *b"loge";
pub(crate) const DATA_DESCRIPTOR_SIGNATURE: [u8; 4] = *b"desc";
pub(crate) const ZERO_DESCRIPTOR_SIGNATURE: [u8; 4] = *b"zero";
pub(crate) const DATA_SECTOR_SIGNATURE: [u8; 4] = *b"data";

/// Where the two headers are. 2.2.2
pub(crate) const HEADER_OFFSETS: [u64; 2] = [64 * KIB, 128 * KIB];
/// Bytes of a header that its checksum covers. 2.2.2
pub(crate) const HEADER_LEN: usize = 4 << 10;
/// The only version there is. 2.2.2
pub(crate) const VERSION: u16 = 1;
/// The only version of the log there is. 2.2.2
pub(crate) const LOG_VERSION: u16 = 0;

/// Where the two copies of the region table are. 2.2.3
pub(crate) const REGION_TABLE_OFFSETS: [u64; 2] = [192 * KIB, 256 * KIB];
/// Bytes of a region table that its checksum covers. 2.2.3.1
pub(crate) const REGION_TABLE_LEN: usize = 64 << 10;
/// Most entries of a region table (2.2.3.1) and of a metadata table (2.6.1.1).
pub(crate) const MAX_TABLE_ENTRIES: usize = 2047;

/// Region of the block allocation table. 2.2.3.2
pub(crate) const BAT_REGION: Uuid = uuid!("2dc27766-f623-4200-9d64-115e9bfd4a08");
/// Region of the metadata. 2.2.3.2
pub(crate) const METADATA_REGION: Uuid = uuid!("8b7ca206-4790-4b9a-b8fe-575f050f886e");

/// Bytes of the metadata table; its items begin behind it. 2.6.1
pub(crate) const METADATA_TABLE_LEN: usize = 64 << 10;
/// Longest metadata item. 2.6.1.2
pub(crate) const MAX_ITEM_LEN: u64 = MIB;
/// Metadata table entry: the item belongs to the user of the disk. 2.6.1.2
pub(crate) const ITEM_IS_USER: u32 = 1 << 0;
/// Metadata table entry: the item belongs to the disk, not to the file that holds it. 2.6.1.2
pub(crate) const ITEM_IS_VIRTUAL_DISK: u32 = 1 << 1;
/// Metadata table entry: who does not know the item must not open the file. 2.6.1.2
pub(crate) const ITEM_IS_REQUIRED: u32 = 1 << 2;

pub(crate) const FILE_PARAMETERS: Uuid = uuid!("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
pub(crate) const VIRTUAL_DISK_SIZE: Uuid = uuid!("2fa54224-cd1b-4876-b211-5dbed83bf4b8");
pub(crate) const VIRTUAL_DISK_ID: Uuid = uuid!("beca12ab-b2e6-4523-93ef-c309e000c746");
pub(crate) const LOGICAL_SECTOR_SIZE: Uuid = uuid!("8141bf1d-a96f-4709-ba47-f233a8faab5f");
pub(crate) const PHYSICAL_SECTOR_SIZE: Uuid = uuid!("cda348c7-445d-4471-9cc9-e9885251c556");
pub(crate) const PARENT_LOCATOR: Uuid = uuid!("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");
/// The only type of parent locator that is specified. 2.6.2.6.3
pub(crate) const VHDX_LOCATOR: Uuid = uuid!("b04aefb7-d19e-4a81-b789-25b8e9445913");

/// File parameters: blocks stay allocated, the disk is a fixed one. 2.6.2.1
pub(crate) const LEAVE_BLOCKS_ALLOCATED: u32 = 1 << 0;
/// File parameters: the disk is a differencing one. 2.6.2.1
pub(crate) const HAS_PARENT: u32 = 1 << 1;
/// Smallest and largest block size. 2.6.2.1
pub(crate) const BLOCK_SIZES: std::ops::RangeInclusive<u64> = MIB..=256 * MIB;
/// Sector sizes, logical and physical. 2.6.2.4, 2.6.2.5
pub(crate) const SECTOR_SIZES: [u32; 2] = [512, 4096];
/// Largest virtual disk. 2.6.2.2
pub(crate) const MAX_DISK_SIZE: u64 = 64 * TIB;

/// Sectors that one sector bitmap block describes. 2.4
pub(crate) const SECTORS_PER_CHUNK: u64 = 1 << 23;
/// Bytes of a sector bitmap block. 2.4
pub(crate) const BITMAP_BLOCK_LEN: u64 = MIB;
/// Bytes of a BAT entry. 2.5.1
pub(crate) const BAT_ENTRY_LEN: u64 = 8;

/// Unit of the log: entries, descriptors' targets and data are multiples of it. 2.3.1
pub(crate) const LOG_SECTOR: u64 = 4 * KIB;
/// Bytes that stand before the data of a data sector. 2.3.1.4
pub(crate) const DATA_SECTOR_LEAD: usize = 8;

/// A GUID as it is stored: its first three fields little-endian.
#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Guid([u8; 16]);

impl From<Guid> for Uuid {
    fn from(guid: Guid) -> Self {
        Self::from_bytes_le(guid.0)
    }
}

impl From<Uuid> for Guid {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.to_bytes_le())
    }
}

/// File type identifier. 2.2.1
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct FileIdentifier {
    pub signature: [u8; 8],
    /// UTF-16, may end with a NUL.
    pub creator: [U16; 256],
}

/// Header; the rest of its 4 KiB is reserved. 2.2.2
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Header {
    pub signature: [u8; 4],
    pub checksum: U32,
    pub sequence_number: U64,
    pub file_write_guid: Guid,
    pub data_write_guid: Guid,
    pub log_guid: Guid,
    pub log_version: U16,
    pub version: U16,
    pub log_length: U32,
    pub log_offset: U64,
}

/// Region table header. 2.2.3.1
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct RegionTableHeader {
    pub signature: [u8; 4],
    pub checksum: U32,
    pub entry_count: U32,
    pub reserved: U32,
}

/// Region table entry. 2.2.3.2
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct RegionTableEntry {
    pub guid: Guid,
    pub file_offset: U64,
    pub length: U32,
    pub required: U32,
}

/// Metadata table header. 2.6.1.1
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct MetadataTableHeader {
    pub signature: [u8; 8],
    pub reserved: U16,
    pub entry_count: U16,
    pub reserved2: [u8; 20],
}

/// Metadata table entry; `offset` counts from the begin of the region. 2.6.1.2
#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct MetadataTableEntry {
    pub item_id: Guid,
    pub offset: U32,
    pub length: U32,
    pub flags: U32,
    pub reserved: U32,
}

/// Metadata item: file parameters. 2.6.2.1
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct FileParameters {
    pub block_size: U32,
    pub flags: U32,
}

/// Metadata item: parent locator, followed by its entries. 2.6.2.6.1
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct ParentLocatorHeader {
    pub locator_type: Guid,
    pub reserved: U16,
    pub key_value_count: U16,
}

/// Parent locator entry; offsets count from the begin of the item, lengths are bytes. 2.6.2.6.2
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct ParentLocatorEntry {
    pub key_offset: U32,
    pub value_offset: U32,
    pub key_length: U16,
    pub value_length: U16,
}

/// Log entry header, followed by the descriptors. 2.3.1.1
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct LogEntryHeader {
    pub signature: [u8; 4],
    pub checksum: U32,
    pub entry_length: U32,
    pub tail: U32,
    pub sequence_number: U64,
    pub descriptor_count: U32,
    pub reserved: U32,
    pub log_guid: Guid,
    pub flushed_file_offset: U64,
    pub last_file_offset: U64,
}

/// Zero descriptor (2.3.1.2) and data descriptor (2.3.1.3), which differ in two fields.
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct LogDescriptor {
    pub signature: [u8; 4],
    /// Data: the last four bytes of the page. Zero: reserved.
    pub trailing_bytes: [u8; 4],
    /// Data: the first eight bytes of the page. Zero: the length of the range.
    pub leading_bytes: [u8; 8],
    pub file_offset: U64,
    pub sequence_number: U64,
}

/// What frames the 4,084 bytes of a data sector: this before them, `sequence_low` behind. 2.3.1.4
#[derive(FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct DataSector {
    pub signature: [u8; 4],
    pub sequence_high: U32,
    pub data: [u8; 4084],
    pub sequence_low: U32,
}

const _: () = {
    assert!(size_of::<FileIdentifier>() == 520);
    assert!(size_of::<Header>() == 80);
    assert!(size_of::<RegionTableHeader>() == 16);
    assert!(size_of::<RegionTableEntry>() == 32);
    assert!(size_of::<MetadataTableHeader>() == 32);
    assert!(size_of::<MetadataTableEntry>() == 32);
    assert!(size_of::<FileParameters>() == 8);
    assert!(size_of::<ParentLocatorHeader>() == 20);
    assert!(size_of::<ParentLocatorEntry>() == 12);
    assert!(size_of::<LogEntryHeader>() == 64);
    assert!(size_of::<LogDescriptor>() == 32);
    assert!(size_of::<DataSector>() == 4096);
};
