//! Master boot record and extended boot record. UEFI 2.10, 5.2.1.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

pub(crate) const SIGNATURE: u16 = 0xaa55;
/// Types of a container for logical partitions: CHS, LBA, Linux.
pub(crate) const EXTENDED: [u8; 3] = [0x05, 0x0f, 0x85];
/// Boot indicator of the active partition.
pub(crate) const ACTIVE: u8 = 0x80;

/// Boot record: the disk's first sector, or the first sector of a logical partition's container.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct BootRecord {
    pub(crate) code: [u8; 440],
    /// Disk signature; not used in an extended boot record.
    pub(crate) disk_signature: U32,
    pub(crate) reserved: U16,
    pub(crate) entries: [Entry; 4],
    pub(crate) signature: U16,
}
const _: () = assert!(size_of::<BootRecord>() == 512);

/// Partition entry. UEFI 5.2.1, table 5.3.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Entry {
    /// 0x80 or 0.
    pub(crate) boot_indicator: u8,
    pub(crate) first_chs: [u8; 3],
    pub(crate) type_id: u8,
    pub(crate) last_chs: [u8; 3],
    pub(crate) first_lba: U32,
    pub(crate) sectors: U32,
}
const _: () = assert!(size_of::<Entry>() == 16);
