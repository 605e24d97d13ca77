//! Constants and on-disk structures, no logic. Sections are those of the project's notes on the format;
//! no public specification of it exists.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Where the two copies of the header are.
pub(crate) const HEADERS: [u64; 2] = [0, 0x1000];
/// Where the first object table is, whatever the alignment.
pub(crate) const FIRST_OBJECT_TABLE: u64 = 0x2000;
/// Smallest and largest alignment, and the one that is written.
pub(crate) const ALIGNMENTS: std::ops::RangeInclusive<u32> = 0x1000..=0x1_0000;
pub(crate) const PAGE: usize = 0x1000;

pub(crate) const HEADER_SIGNATURE: u32 = 0x0128_2014;
/// Format version that is read and written.
pub(crate) const VERSION: u32 = 0x0400;
/// Older ones, which are read as far as they are alike.
pub(crate) const OLD_VERSIONS: [u32; 2] = [0x0300, 0x0301];

/// File header. A.2.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Header {
    pub(crate) signature: U32,
    pub(crate) checksum: U32,
    pub(crate) sequence: U16,
    pub(crate) version: U32,
    pub(crate) data_version: U32,
    pub(crate) flags: U32,
    pub(crate) alignment: U32,
    pub(crate) log_offset: U64,
    pub(crate) log_size: U64,
    pub(crate) log_header_size: U32,
}
const _: () = assert!(size_of::<Header>() == 46);

pub(crate) const OBJECT_TABLE_SIGNATURE: u32 = 0x0111_0001;

/// What an object table begins with. A.3.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ObjectTableHeader {
    pub(crate) signature: U32,
    pub(crate) slots: U32,
}
const _: () = assert!(size_of::<ObjectTableHeader>() == 8);

/// One slot of an object table. A.3.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ObjectSlot {
    pub(crate) kind: u8,
    pub(crate) checksum: U32,
    pub(crate) offset: U64,
    pub(crate) size: U32,
    pub(crate) flags: u8,
}
const _: () = assert!(size_of::<ObjectSlot>() == 18);

/// Kinds of objects. A.3.
pub(crate) mod object {
    pub(crate) const EMPTY: u8 = 0;
    pub(crate) const OBJECT_TABLE: u8 = 1;
    pub(crate) const KEY_TABLE: u8 = 2;
    pub(crate) const FILE_OBJECT: u8 = 3;
    pub(crate) const FREE: u8 = 4;
    /// Flags of whatever is not empty, in every real container.
    pub(crate) const IN_USE: u8 = 1;
}

pub(crate) const KEY_TABLE_SIGNATURE: u16 = 2;

/// What a key table begins with; its checksum covers nothing else. A.4.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct KeyTableHeader {
    pub(crate) signature: U16,
    /// Counted from 1; 0 stands for the root.
    pub(crate) index: U16,
    pub(crate) sequence: U16,
    pub(crate) checksum: U32,
}
const _: () = assert!(size_of::<KeyTableHeader>() == 10);

/// What an entry begins with; its name and data follow, then slack up to its size. A.4.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct EntryHeader {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) size: U32,
    pub(crate) parent_table: U16,
    /// Of the parent's entry in its table.
    pub(crate) parent_offset: U32,
    /// Over this header, the name and the data; slack is left out.
    pub(crate) checksum: U32,
    pub(crate) sequence: U32,
    /// With the NUL that ends it.
    pub(crate) name_len: u8,
}
const _: () = assert!(size_of::<EntryHeader>() == 21);

/// Kinds of entries. A.4.
pub(crate) mod entry {
    pub(crate) const FREE: u8 = 1;
    pub(crate) const INT: u8 = 3;
    pub(crate) const UINT: u8 = 4;
    pub(crate) const DOUBLE: u8 = 5;
    pub(crate) const TEXT: u8 = 6;
    pub(crate) const BYTES: u8 = 7;
    pub(crate) const BOOL: u8 = 8;
    pub(crate) const NODE: u8 = 9;
    /// Flag: the data is a [`FilePointer`](super::FilePointer).
    pub(crate) const OUTSIDE: u8 = 1;
}

/// Data of a node. A.4.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct NodeData {
    pub(crate) change_tracking: U64,
    /// Sequence that the next child will get; 0 where there never was one.
    pub(crate) next_sequence: U32,
}
const _: () = assert!(size_of::<NodeData>() == 12);

/// Where a value is that is stored outside of the key tables. A.4, A.5.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FilePointer {
    pub(crate) size: U32,
    pub(crate) offset: U64,
}
const _: () = assert!(size_of::<FilePointer>() == 12);

/// Values of this size and above are stored outside. A.5.
pub(crate) const OUTSIDE_FROM: usize = 2048;

pub(crate) const LOG_SIGNATURE: u32 = 0x0111_0003;

/// What the replay log begins with; its entries' descriptors follow. A.6.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LogHeader {
    pub(crate) signature: U32,
    pub(crate) checksum: U32,
    /// Descriptors to be applied; those behind them are stale.
    pub(crate) count: U32,
    pub(crate) reserved: u8,
    pub(crate) max_count: U32,
    pub(crate) tracking: u8,
    pub(crate) tracking_offset: U64,
    pub(crate) tracking_size: U32,
    pub(crate) tracking_used: U32,
}
const _: () = assert!(size_of::<LogHeader>() == 34);

/// Descriptor of a log entry. A.6.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LogEntry {
    pub(crate) destination: U64,
    pub(crate) size: U32,
    /// From the start of the log.
    pub(crate) data_offset: U64,
    pub(crate) checksum: U32,
    pub(crate) data_checksum: U32,
}
const _: () = assert!(size_of::<LogEntry>() == 28);
