//! Volume boot sectors of the FAT and NT families.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// NTFS boot sector, as far as it says where the volume ends. (MS) "NTFS partition boot sector".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Ntfs {
    pub(crate) jump: [u8; 3],
    pub(crate) oem_id: [u8; 8],
    pub(crate) bytes_per_sector: U16,
    pub(crate) sectors_per_cluster: u8,
    pub(crate) unused: [u8; 26],
    /// Without the boot sector's copy, which follows them.
    pub(crate) total_sectors: U64,
    pub(crate) mft_lcn: U64,
    pub(crate) mft_mirror_lcn: U64,
    pub(crate) record_size: [u8; 8],
    pub(crate) serial: U64,
}
const _: () = assert!(size_of::<Ntfs>() == 80);

/// FAT boot sector up to where FAT32 differs. Microsoft FAT specification 1.03, "Boot sector and BPB".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Fat {
    pub(crate) jump: [u8; 3],
    pub(crate) oem_id: [u8; 8],
    pub(crate) bytes_per_sector: U16,
    pub(crate) sectors_per_cluster: u8,
    pub(crate) reserved_sectors: U16,
    pub(crate) fat_count: u8,
    pub(crate) root_entries: U16,
    pub(crate) total_sectors_16: U16,
    pub(crate) media: u8,
    pub(crate) fat_sectors_16: U16,
    pub(crate) geometry: [u8; 4],
    pub(crate) hidden_sectors: U32,
    pub(crate) total_sectors_32: U32,
    /// FAT12 and FAT16: from byte 36 on.
    pub(crate) extended: FatExtended,
    pub(crate) rest: [u8; 2],
    /// FAT32: the extended fields, from byte 64 on.
    pub(crate) extended_32: FatExtended,
}
const _: () = assert!(size_of::<Fat>() == 90);

/// The extended fields, which lie at 36 in FAT12 and FAT16 and at 64 in FAT32.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FatExtended {
    pub(crate) drive: [u8; 2],
    /// 0x29 where the three fields after it are there.
    pub(crate) boot_signature: u8,
    pub(crate) serial: U32,
    pub(crate) label: [u8; 11],
    pub(crate) type_text: [u8; 8],
}
const _: () = assert!(size_of::<FatExtended>() == 26);

/// What FAT32 has between byte 36 and byte 64.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Fat32 {
    pub(crate) fat_sectors: U32,
    pub(crate) flags: U16,
    pub(crate) version: U16,
    pub(crate) root_cluster: U32,
}
const _: () = assert!(size_of::<Fat32>() == 12);

/// FAT directory entry, as far as a volume label needs it. FAT specification, "Directory structure".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FatEntry {
    pub(crate) name: [u8; 11],
    pub(crate) attributes: u8,
    pub(crate) rest: [u8; 20],
}
const _: () = assert!(size_of::<FatEntry>() == 32);

/// exFAT boot sector. Microsoft exFAT specification 3.1.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ExFat {
    pub(crate) jump: [u8; 3],
    pub(crate) name: [u8; 8],
    pub(crate) zeros: [u8; 53],
    pub(crate) partition_offset: U64,
    pub(crate) volume_sectors: U64,
    pub(crate) fat_offset: U32,
    pub(crate) fat_sectors: U32,
    pub(crate) heap_offset: U32,
    pub(crate) cluster_count: U32,
    pub(crate) root_cluster: U32,
    pub(crate) serial: U32,
    pub(crate) revision: U16,
    pub(crate) flags: U16,
    pub(crate) sector_shift: u8,
    pub(crate) cluster_shift: u8,
}
const _: () = assert!(size_of::<ExFat>() == 110);

/// exFAT volume label directory entry. exFAT specification 7.3.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ExFatEntry {
    pub(crate) entry_type: u8,
    pub(crate) characters: u8,
    pub(crate) label: [U16; 11],
    pub(crate) reserved: [u8; 8],
}
const _: () = assert!(size_of::<ExFatEntry>() == 32);

/// ReFS boot sector: the file system recognition structure. (MS) FILE_SYSTEM_RECOGNITION_STRUCTURE.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Refs {
    pub(crate) jump: [u8; 3],
    pub(crate) name: [u8; 8],
    pub(crate) zeros: [u8; 5],
    pub(crate) identifier: [u8; 4],
    pub(crate) length: U16,
    pub(crate) checksum: U16,
    pub(crate) total_sectors: U64,
    pub(crate) bytes_per_sector: U32,
    pub(crate) sectors_per_cluster: U32,
    pub(crate) version_major: u8,
    pub(crate) version_minor: u8,
    pub(crate) unknown: [u8; 14],
    pub(crate) serial: U64,
}
const _: () = assert!(size_of::<Refs>() == 64);
