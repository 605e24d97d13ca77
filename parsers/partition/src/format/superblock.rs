//! Superblocks of Linux file systems and volume managers.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned, big_endian};

/// ext2, ext3 and ext4 superblock, at 1024. Linux, "The Super Block".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Ext {
    pub(crate) inodes: U32,
    pub(crate) blocks_low: U32,
    pub(crate) counts: [u8; 16],
    /// The block size is 1024 << this.
    pub(crate) block_shift: U32,
    pub(crate) groups: [u8; 28],
    pub(crate) magic: U16,
    pub(crate) state: [u8; 34],
    pub(crate) compatible: U32,
    pub(crate) incompatible: U32,
    pub(crate) read_only_compatible: U32,
    pub(crate) uuid: [u8; 16],
    pub(crate) label: [u8; 16],
    pub(crate) rest: [u8; 200],
    pub(crate) blocks_high: U32,
}
const _: () = assert!(size_of::<Ext>() == 340);

/// XFS superblock, at 0. XFS algorithms and data structures, "Superblocks".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Xfs {
    pub(crate) magic: [u8; 4],
    pub(crate) block_size: big_endian::U32,
    pub(crate) blocks: big_endian::U64,
    pub(crate) realtime: [u8; 16],
    pub(crate) uuid: [u8; 16],
    pub(crate) geometry: [u8; 60],
    pub(crate) label: [u8; 12],
}
const _: () = assert!(size_of::<Xfs>() == 120);

/// Btrfs superblock, at 64 KiB. Btrfs on-disk format, "Superblock".
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Btrfs {
    pub(crate) checksum: [u8; 32],
    pub(crate) uuid: [u8; 16],
    pub(crate) place: [u8; 16],
    pub(crate) magic: [u8; 8],
    pub(crate) trees: [u8; 40],
    /// Of all its devices.
    pub(crate) total_bytes: U64,
    pub(crate) middle: [u8; 179],
    pub(crate) label: [u8; 256],
}
const _: () = assert!(size_of::<Btrfs>() == 555);

/// Swap header, at 1024. Linux, include/linux/swap.h.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Swap {
    pub(crate) version: U32,
    pub(crate) last_page: U32,
    pub(crate) bad_pages: U32,
    pub(crate) uuid: [u8; 16],
    pub(crate) label: [u8; 16],
}
const _: () = assert!(size_of::<Swap>() == 44);

/// LVM2 label, in one of the first four sectors of 512 bytes. LVM2, label header.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LvmLabel {
    pub(crate) magic: [u8; 8],
    pub(crate) sector: U64,
    pub(crate) crc: U32,
    /// From the label to the physical volume's header.
    pub(crate) offset: U32,
    pub(crate) kind: [u8; 8],
}
const _: () = assert!(size_of::<LvmLabel>() == 32);

/// LVM2 physical volume header; areas follow: of data, a pair of zeros, of metadata.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LvmPhysicalVolume {
    pub(crate) uuid: [u8; 32],
    pub(crate) device_size: U64,
    pub(crate) areas: [LvmArea; 16],
}
const _: () = assert!(size_of::<LvmPhysicalVolume>() == 296);

/// LVM2 disk area.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LvmArea {
    pub(crate) offset: U64,
    pub(crate) size: U64,
}
const _: () = assert!(size_of::<LvmArea>() == 16);

/// LVM2 metadata area header, with the place of its current text.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LvmMetadata {
    pub(crate) crc: U32,
    pub(crate) magic: [u8; 16],
    pub(crate) version: U32,
    pub(crate) start: U64,
    pub(crate) size: U64,
    /// From `start`.
    pub(crate) text_offset: U64,
    pub(crate) text_size: U64,
}
const _: () = assert!(size_of::<LvmMetadata>() == 56);

/// Linux RAID superblock, version 1. Linux, include/uapi/linux/raid/md_p.h.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Raid {
    pub(crate) magic: U32,
    pub(crate) major_version: U32,
    pub(crate) features: [u8; 8],
    pub(crate) set_uuid: [u8; 16],
    pub(crate) set_name: [u8; 32],
    pub(crate) created: U64,
    pub(crate) level: U32,
    pub(crate) layout: U32,
    /// Sectors of 512 bytes that the array uses of this member.
    pub(crate) size: U64,
    pub(crate) chunk_sectors: U32,
    pub(crate) members: U32,
}
const _: () = assert!(size_of::<Raid>() == 96);

/// Linux RAID superblock, version 0.90, in the byte order of the machine that made it.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct RaidOld {
    pub(crate) magic: U32,
    pub(crate) major_version: U32,
    pub(crate) minor_version: U32,
    pub(crate) patch_version: U32,
    pub(crate) length: U32,
    pub(crate) uuid_0: U32,
    pub(crate) created: U32,
    pub(crate) level: U32,
    /// KiB that the array uses of this member.
    pub(crate) size: U32,
    pub(crate) counts: [U32; 4],
    pub(crate) uuid_1: [U32; 3],
}
const _: () = assert!(size_of::<RaidOld>() == 64);

/// LUKS header, versions 1 and 2, as far as they agree. LUKS1 and LUKS2 on-disk format.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Luks {
    pub(crate) magic: [u8; 6],
    pub(crate) version: big_endian::U16,
    pub(crate) sizes: [u8; 16],
    /// Version 2 only.
    pub(crate) label: [u8; 48],
    pub(crate) keys: [u8; 96],
    /// As text.
    pub(crate) uuid: [u8; 40],
}
const _: () = assert!(size_of::<Luks>() == 208);
