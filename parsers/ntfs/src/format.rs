//! NTFS on disk: constants and structures, no logic.
//!
//! The names are those of the field (Windows driver kit, the Linux-NTFS documentation). Everything is
//! little-endian and of any alignment.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// Bytes that an update sequence number guards, whatever the sector size of the medium.
pub(crate) const FIXUP_STRIDE: usize = 512;

/// Signatures of records that carry an update sequence array.
pub(crate) const FILE_SIGNATURE: [u8; 4] = *b"FILE";
pub(crate) const INDEX_SIGNATURE: [u8; 4] = *b"INDX";
pub(crate) const RESTART_SIGNATURE: [u8; 4] = *b"RSTR";

/// File records with fixed numbers.
pub(crate) mod record_number {
    pub(crate) const MFT: u64 = 0;
    pub(crate) const LOG_FILE: u64 = 2;
    pub(crate) const VOLUME: u64 = 3;
    pub(crate) const ROOT: u64 = 5;
    pub(crate) const BITMAP: u64 = 6;
    /// Where the security descriptors are, from version 3 on.
    pub(crate) const SECURE: u64 = 9;
    pub(crate) const UPCASE: u64 = 10;
    pub(crate) const EXTEND: u64 = 11;
    /// Records below this one belong to the file system itself, but for the root.
    pub(crate) const FIRST_USER: u64 = 16;
}

/// Types of attributes.
pub(crate) mod attribute_type {
    pub(crate) const STANDARD_INFORMATION: u32 = 0x10;
    pub(crate) const ATTRIBUTE_LIST: u32 = 0x20;
    pub(crate) const FILE_NAME: u32 = 0x30;
    pub(crate) const OBJECT_ID: u32 = 0x40;
    pub(crate) const SECURITY_DESCRIPTOR: u32 = 0x50;
    pub(crate) const VOLUME_NAME: u32 = 0x60;
    pub(crate) const VOLUME_INFORMATION: u32 = 0x70;
    pub(crate) const DATA: u32 = 0x80;
    pub(crate) const INDEX_ROOT: u32 = 0x90;
    pub(crate) const INDEX_ALLOCATION: u32 = 0xA0;
    pub(crate) const BITMAP: u32 = 0xB0;
    pub(crate) const REPARSE_POINT: u32 = 0xC0;
    pub(crate) const EA: u32 = 0xE0;
    pub(crate) const LOGGED_UTILITY_STREAM: u32 = 0x100;
    /// Ends the attributes of a file record.
    pub(crate) const END: u32 = 0xFFFF_FFFF;
}

/// Flags of a file record.
pub(crate) const RECORD_IN_USE: u16 = 0x1;
pub(crate) const RECORD_IS_DIRECTORY: u16 = 0x2;

/// Flags of an attribute.
pub(crate) const ATTRIBUTE_COMPRESSED: u16 = 0x00FF;
pub(crate) const ATTRIBUTE_ENCRYPTED: u16 = 0x4000;
pub(crate) const ATTRIBUTE_SPARSE: u16 = 0x8000;

/// The name of a directory's index, `$I30`.
pub(crate) const DIRECTORY_INDEX: [u16; 4] = [0x24, 0x49, 0x33, 0x30];

/// The name of the attribute of encrypted files, `$EFS`.
pub(crate) const EFS_NAME: [u16; 4] = [0x24, 0x45, 0x46, 0x53];

/// The stream of `$Secure` with the security descriptors, `$SDS`.
pub(crate) const SECURITY_DESCRIPTORS: [u16; 4] = [0x24, 0x53, 0x44, 0x53];

/// WOF_EXTERNAL_INFO and FILE_PROVIDER_EXTERNAL_INFO: the data of the reparse point of a file that WOF
/// keeps. wofapi.h, ntifs.h.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct WofHeader {
    pub(crate) version: U32,
    pub(crate) provider: U32,
    /// Version of what follows, by the provider.
    pub(crate) file_version: U32,
    pub(crate) algorithm: U32,
}

const _: () = assert!(size_of::<WofHeader>() == 16);

/// The index of `$Secure` by security id, `$SII`.
pub(crate) const SECURITY_ID_INDEX: [u16; 4] = [0x24, 0x53, 0x49, 0x49];

/// The index of `$ObjId` by object id, `$O`.
pub(crate) const OBJECT_ID_INDEX: [u16; 2] = [0x24, 0x4F];

/// The file below `$Extend` with that index, `$ObjId`.
pub(crate) const OBJECT_IDS: [u16; 6] = [0x24, 0x4F, 0x62, 0x6A, 0x49, 0x64];

/// Boot sector, BIOS parameter block and extension included.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct BootSector {
    pub(crate) jump: [u8; 3],
    pub(crate) oem_id: [u8; 8],
    pub(crate) bytes_per_sector: U16,
    /// Above 128: two to the power of 256 minus this.
    pub(crate) sectors_per_cluster: u8,
    pub(crate) reserved: [u8; 26],
    pub(crate) total_sectors: U64,
    pub(crate) mft_lcn: U64,
    pub(crate) mft_mirror_lcn: U64,
    /// Clusters, or, negative, the power of two of the bytes.
    pub(crate) clusters_per_file_record: i8,
    pub(crate) reserved_2: [u8; 3],
    pub(crate) clusters_per_index_record: i8,
    pub(crate) reserved_3: [u8; 3],
    pub(crate) serial: U64,
    pub(crate) checksum: U32,
    pub(crate) code: [u8; 426],
    pub(crate) signature: [u8; 2],
}
const _: () = assert!(size_of::<BootSector>() == 512);

/// Header of a file record (FILE_RECORD_SEGMENT_HEADER).
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FileRecordHeader {
    pub(crate) signature: [u8; 4],
    pub(crate) fixup_offset: U16,
    pub(crate) fixup_count: U16,
    pub(crate) lsn: U64,
    pub(crate) sequence: U16,
    pub(crate) hard_links: U16,
    pub(crate) first_attribute: U16,
    pub(crate) flags: U16,
    /// Bytes in use, the end mark included.
    pub(crate) used: U32,
    pub(crate) allocated: U32,
    /// The base record, in an extension record; otherwise 0.
    pub(crate) base: U64,
    pub(crate) next_instance: U16,
}
const _: () = assert!(size_of::<FileRecordHeader>() == 0x2A);

/// What every attribute begins with (ATTRIBUTE_RECORD_HEADER).
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct AttributeHeader {
    pub(crate) kind: U32,
    pub(crate) length: U32,
    pub(crate) non_resident: u8,
    /// In UTF-16 code units.
    pub(crate) name_length: u8,
    pub(crate) name_offset: U16,
    pub(crate) flags: U16,
    pub(crate) instance: U16,
}
const _: () = assert!(size_of::<AttributeHeader>() == 0x10);

/// What follows in a resident attribute.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ResidentHeader {
    pub(crate) value_length: U32,
    pub(crate) value_offset: U16,
    pub(crate) indexed: u8,
    pub(crate) reserved: u8,
}
const _: () = assert!(size_of::<ResidentHeader>() == 8);

/// What follows in a non-resident attribute. The sizes count only where the lowest VCN is 0.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct NonResidentHeader {
    pub(crate) lowest_vcn: U64,
    pub(crate) highest_vcn: U64,
    pub(crate) runs_offset: U16,
    /// Clusters in a compression unit as a power of two; 0: not compressed.
    pub(crate) compression_unit: u8,
    pub(crate) reserved: [u8; 5],
    pub(crate) allocated: U64,
    pub(crate) size: U64,
    /// The valid data length: from here to `size` the stream is zeros.
    pub(crate) initialized: U64,
}
const _: () = assert!(size_of::<NonResidentHeader>() == 0x30);

/// One entry of an attribute list (ATTRIBUTE_LIST_ENTRY).
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct AttributeListEntry {
    pub(crate) kind: U32,
    pub(crate) length: U16,
    pub(crate) name_length: u8,
    pub(crate) name_offset: u8,
    pub(crate) lowest_vcn: U64,
    pub(crate) reference: U64,
    pub(crate) instance: U16,
}
const _: () = assert!(size_of::<AttributeListEntry>() == 26);

/// Value of a $STANDARD_INFORMATION attribute, as far as all versions have it.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct StandardInformation {
    /// In 100 ns since 1601, as all times here.
    pub(crate) created: I64,
    pub(crate) modified: I64,
    pub(crate) changed: I64,
    pub(crate) accessed: I64,
    pub(crate) attributes: U32,
}
const _: () = assert!(size_of::<StandardInformation>() == 36);

/// What follows in a $STANDARD_INFORMATION from version 3 on.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct StandardInformation3 {
    pub(crate) max_versions: U32,
    pub(crate) version: U32,
    pub(crate) class_id: U32,
    pub(crate) owner_id: U32,
    /// Which descriptor of `$Secure` is the file's; 0: none.
    pub(crate) security_id: U32,
    pub(crate) quota_charged: U64,
    /// Position in the change journal; 0: none.
    pub(crate) usn: U64,
}
const _: () = assert!(size_of::<StandardInformation>() + size_of::<StandardInformation3>() == 72);

/// Header of an entry of `$SDS` (SECURITY_DESCRIPTOR_HEADER).
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SecurityHeader {
    /// Of the descriptor's bytes.
    pub(crate) hash: U32,
    pub(crate) security_id: U32,
    /// Where in `$SDS` this entry is.
    pub(crate) offset: U64,
    /// Bytes of this header and the descriptor.
    pub(crate) length: U32,
}
const _: () = assert!(size_of::<SecurityHeader>() == 20);

/// Header of an entry of an $EA attribute (FILE_FULL_EA_INFORMATION), before name and value.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct EaHeader {
    /// Bytes to the next entry; 0: this is the last.
    pub(crate) next: U32,
    pub(crate) flags: u8,
    /// In bytes, without the NUL behind it.
    pub(crate) name_length: u8,
    pub(crate) value_length: U16,
}
const _: () = assert!(size_of::<EaHeader>() == 8);

/// Value of a $FILE_NAME attribute before the name itself; also the key of an index entry.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FileNameHeader {
    pub(crate) parent: U64,
    /// Times, sizes and attributes as they were when the name was last changed: stale.
    pub(crate) stale: [u8; 56],
    /// In UTF-16 code units.
    pub(crate) name_length: u8,
    pub(crate) namespace: u8,
}
const _: () = assert!(size_of::<FileNameHeader>() == 66);

/// Value of a $VOLUME_INFORMATION attribute.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct VolumeInformation {
    pub(crate) reserved: [u8; 8],
    pub(crate) major: u8,
    pub(crate) minor: u8,
    pub(crate) flags: U16,
}
const _: () = assert!(size_of::<VolumeInformation>() == 12);

/// The volume was not dismounted, or chkdsk should look at it.
pub(crate) const VOLUME_IS_DIRTY: u16 = 0x1;

/// Value of an $INDEX_ROOT attribute before the node.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct IndexRoot {
    pub(crate) attribute_type: U32,
    pub(crate) collation: U32,
    pub(crate) index_record_size: U32,
    pub(crate) clusters_per_index_record: u8,
    pub(crate) reserved: [u8; 3],
}
const _: () = assert!(size_of::<IndexRoot>() == 16);

/// Header of a node, in the root and in index records; offsets count from its own start.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct IndexHeader {
    pub(crate) first_entry: U32,
    pub(crate) used: U32,
    pub(crate) allocated: U32,
    pub(crate) flags: u8,
    pub(crate) reserved: [u8; 3],
}
const _: () = assert!(size_of::<IndexHeader>() == 16);

/// Header of an index entry before its key.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct IndexEntryHeader {
    pub(crate) reference: U64,
    /// Bytes of the entry: this header, key, padding and the subnode's VCN.
    pub(crate) length: U16,
    pub(crate) key_length: U16,
    pub(crate) flags: U16,
    pub(crate) reserved: U16,
}
const _: () = assert!(size_of::<IndexEntryHeader>() == 16);

/// Header of an entry of a view index before its key; data and the subnode's VCN are behind that.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ViewEntryHeader {
    pub(crate) data_offset: U16,
    pub(crate) data_length: U16,
    pub(crate) reserved: U32,
    /// Bytes of the entry with all of these.
    pub(crate) length: U16,
    pub(crate) key_length: U16,
    pub(crate) flags: U16,
    pub(crate) reserved_2: U16,
}
const _: () = assert!(size_of::<ViewEntryHeader>() == 16);

/// Data of an entry of `$ObjId:$O`, whose key is an object id.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ObjectIdEntry {
    pub(crate) reference: U64,
    pub(crate) birth_volume: [u8; 16],
    pub(crate) birth_object: [u8; 16],
    pub(crate) domain: [u8; 16],
}
const _: () = assert!(size_of::<ObjectIdEntry>() == 56);

/// Flags of an index entry. One with a subnode ends with its VCN; the last of a node has no key.
pub(crate) const ENTRY_HAS_SUBNODE: u16 = 0x1;
pub(crate) const ENTRY_IS_LAST: u16 = 0x2;

/// Header of an index record (INDX) before the node.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct IndexRecordHeader {
    pub(crate) signature: [u8; 4],
    pub(crate) fixup_offset: U16,
    pub(crate) fixup_count: U16,
    pub(crate) lsn: U64,
    pub(crate) vcn: U64,
}
const _: () = assert!(size_of::<IndexRecordHeader>() == 24);

/// Header of a restart page of $LogFile.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct RestartPageHeader {
    pub(crate) signature: [u8; 4],
    pub(crate) fixup_offset: U16,
    pub(crate) fixup_count: U16,
    pub(crate) chkdsk_lsn: U64,
    pub(crate) system_page_size: U32,
    pub(crate) log_page_size: U32,
    pub(crate) restart_area: U16,
}
const _: () = assert!(size_of::<RestartPageHeader>() == 26);

/// The restart area that a restart page holds.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct RestartArea {
    pub(crate) current_lsn: U64,
    pub(crate) clients: U16,
    pub(crate) free_clients: U16,
    pub(crate) clients_in_use: U16,
    pub(crate) flags: U16,
}
const _: () = assert!(size_of::<RestartArea>() == 16);

/// No client of the log is in use: it was shut cleanly.
pub(crate) const NO_CLIENT: u16 = 0xFFFF;
/// The volume was dismounted cleanly though a client stands in the log.
pub(crate) const RESTART_VOLUME_IS_CLEAN: u16 = 0x2;

/// Value of a $REPARSE_POINT attribute before its data.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ReparseHeader {
    pub(crate) tag: U32,
    pub(crate) data_length: U16,
    pub(crate) reserved: U16,
}
const _: () = assert!(size_of::<ReparseHeader>() == 8);

/// Data of a symbolic link's or mount point's reparse point, before the names (a symbolic link has
/// four bytes of flags between the two).
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct LinkHeader {
    pub(crate) substitute_offset: U16,
    pub(crate) substitute_length: U16,
    pub(crate) print_offset: U16,
    pub(crate) print_length: U16,
}
const _: () = assert!(size_of::<LinkHeader>() == 8);

/// Value of an $EFS attribute before its key lists, versions 1 to 3. MS-EFSR 2.2.2.1.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct EfsHeader {
    pub(crate) length: U32,
    pub(crate) reserved: U32,
    pub(crate) version: U32,
    pub(crate) reserved_2: U32,
    pub(crate) id: [u8; 16],
    pub(crate) hash: [u8; 16],
    pub(crate) reserved_3: [u8; 16],
    /// Where the list of users is (data decryption field); 0: nowhere.
    pub(crate) ddf: U32,
    /// Where the list of recovery agents is (data recovery field); 0: nowhere.
    pub(crate) drf: U32,
    pub(crate) reserved_4: [u8; 12],
}
const _: () = assert!(size_of::<EfsHeader>() == 0x54);

/// One entry of a key list; offsets count from its start. MS-EFSR 2.2.2.1.2.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct EfsKeyEntry {
    pub(crate) length: U32,
    /// Where the description of the public key is.
    pub(crate) public_key: U32,
    pub(crate) encrypted_key_length: U32,
    pub(crate) encrypted_key: U32,
    pub(crate) flags: U32,
}
const _: () = assert!(size_of::<EfsKeyEntry>() == 20);

/// Whose public key it is; offsets count from its start. MS-EFSR 2.2.2.1.3.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct EfsPublicKey {
    pub(crate) length: U32,
    /// Where the owner's SID is; 0: it is not told.
    pub(crate) owner: U32,
    pub(crate) kind: U32,
    pub(crate) certificate_length: U32,
    pub(crate) certificate: U32,
    pub(crate) reserved: [u8; 8],
}
const _: () = assert!(size_of::<EfsPublicKey>() == 28);

/// By which certificate a key is known; offsets count from its start, 0: absent. MS-EFSR 2.2.2.1.4.
#[derive(Clone, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct EfsCertificate {
    pub(crate) thumbprint: U32,
    pub(crate) thumbprint_length: U32,
    pub(crate) container: U32,
    pub(crate) provider: U32,
    pub(crate) name: U32,
}
const _: () = assert!(size_of::<EfsCertificate>() == 20);
