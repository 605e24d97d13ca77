//! Constants and on-disk structures, no logic. The chapters are those of the "Windows registry file
//! format specification" by Maxim Suhanov.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

pub(crate) const BASE_BLOCK_SIGNATURE: [u8; 4] = *b"regf";
/// Bytes before the hive bins data; the structure fills the first 512 of them.
pub(crate) const BASE_BLOCK_SIZE: u64 = 4096;
/// Bytes of the base block that its checksum covers.
pub(crate) const CHECKED: usize = 508;
/// The unit in which logs count, whatever the disk's sectors are.
pub(crate) const PAGE: usize = 512;

/// File types of a base block: the hive itself, and its logs.
pub(crate) const PRIMARY: u32 = 0;
pub(crate) const OLD_LOGS: [u32; 2] = [1, 2];
pub(crate) const NEW_LOG: u32 = 6;

/// Base block. "Base block".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct BaseBlock {
    pub(crate) signature: [u8; 4],
    /// Counted up before the hive is written ...
    pub(crate) primary_sequence: U32,
    /// ... and after: they differ while it is.
    pub(crate) secondary_sequence: U32,
    pub(crate) last_written: U64,
    pub(crate) major_version: U32,
    pub(crate) minor_version: U32,
    pub(crate) file_type: U32,
    pub(crate) file_format: U32,
    /// From the start of the hive bins data, as all offsets are.
    pub(crate) root_cell: U32,
    pub(crate) bins_size: U32,
    /// Sector size of the guest's disk, in 512 bytes.
    pub(crate) clustering: U32,
    pub(crate) file_name: [U16; 32],
    pub(crate) reserved: [u8; 396],
    pub(crate) checksum: U32,
}
const _: () = assert!(size_of::<BaseBlock>() == 512);

/// Where the first hive bin's header holds a copy of `last_written`. "Hive bin".
pub(crate) const FIRST_BIN_TIMESTAMP: u64 = BASE_BLOCK_SIZE + 20;

pub(crate) const DIRTY_VECTOR_SIGNATURE: [u8; 4] = *b"DIRT";
pub(crate) const LOG_ENTRY_SIGNATURE: [u8; 4] = *b"HvLE";
/// Seed of the two hashes of a log entry. "Log entries", note 3.
pub(crate) const HASH_SEED: u64 = 14_219_357_686_671_994_754;

/// Log entry of the new format. "Log entries".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LogEntry {
    pub(crate) signature: [u8; 4],
    pub(crate) size: U32,
    pub(crate) flags: U32,
    pub(crate) sequence: U32,
    pub(crate) bins_size: U32,
    pub(crate) page_count: U32,
    /// Marvin32 of everything after this header.
    pub(crate) content_hash: U64,
    /// Marvin32 of the 32 bytes before it.
    pub(crate) header_hash: U64,
}
const _: () = assert!(size_of::<LogEntry>() == 40);

/// Which bytes a dirty page replaces. "Log entries".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct PageReference {
    pub(crate) offset: U32,
    pub(crate) size: U32,
}
const _: () = assert!(size_of::<PageReference>() == 8);

/// An offset that leads nowhere.
pub(crate) const NOWHERE: u32 = u32::MAX;

pub(crate) const KEY_NODE: [u8; 2] = *b"nk";
/// Key node flag: the name is one byte a character.
pub(crate) const COMPRESSED_NAME: u16 = 0x20;

/// Key node; its name follows. "Key node".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct KeyNode {
    pub(crate) signature: [u8; 2],
    pub(crate) flags: U16,
    pub(crate) last_written: U64,
    pub(crate) spare: U32,
    pub(crate) parent: U32,
    pub(crate) subkey_count: U32,
    pub(crate) volatile_subkey_count: U32,
    pub(crate) subkeys: U32,
    pub(crate) volatile_subkeys: U32,
    pub(crate) value_count: U32,
    pub(crate) values: U32,
    pub(crate) security: U32,
    pub(crate) class_name: U32,
    pub(crate) largest: [U32; 4],
    pub(crate) work: U32,
    pub(crate) name_len: U16,
    pub(crate) class_name_len: U16,
}
const _: () = assert!(size_of::<KeyNode>() == 76);

pub(crate) const KEY_VALUE: [u8; 2] = *b"vk";
/// Key value flag: the name is one byte a character.
pub(crate) const COMPRESSED_VALUE_NAME: u16 = 1;
/// Bit of a data size: the data is in the field that otherwise says where it is.
pub(crate) const DATA_IN_FIELD: u32 = 1 << 31;

/// Key value; its name follows. "Key value".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct KeyValue {
    pub(crate) signature: [u8; 2],
    pub(crate) name_len: U16,
    pub(crate) data_size: U32,
    pub(crate) data: U32,
    pub(crate) data_type: U32,
    pub(crate) flags: U16,
    pub(crate) spare: U16,
}
const _: () = assert!(size_of::<KeyValue>() == 20);

pub(crate) const BIG_DATA: [u8; 2] = *b"db";
/// Data longer than this is stored in segments of it, since version 1.4. "Big data".
pub(crate) const SEGMENT: usize = 16_344;

/// Big data. "Big data".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct BigData {
    pub(crate) signature: [u8; 2],
    pub(crate) segment_count: U16,
    pub(crate) segments: U32,
}
const _: () = assert!(size_of::<BigData>() == 8);

pub(crate) const INDEX_LEAF: [u8; 2] = *b"li";
pub(crate) const FAST_LEAF: [u8; 2] = *b"lf";
pub(crate) const HASH_LEAF: [u8; 2] = *b"lh";
pub(crate) const INDEX_ROOT: [u8; 2] = *b"ri";

/// How each kind of subkeys list begins. "Index leaf".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ListHeader {
    pub(crate) signature: [u8; 2],
    pub(crate) count: U16,
}
const _: () = assert!(size_of::<ListHeader>() == 4);

/// Element of a fast or hash leaf. "Fast leaf", "Hash leaf".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Hinted {
    pub(crate) key: U32,
    pub(crate) hint: U32,
}
const _: () = assert!(size_of::<Hinted>() == 8);
