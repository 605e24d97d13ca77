//! The names of partition types.

use uuid::{Uuid, uuid};

/// EFI system partition (FAT).
pub(crate) const EFI_SYSTEM: Uuid = uuid!("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
/// Microsoft reserved partition.
pub(crate) const MSR: Uuid = uuid!("e3c9e316-0b5c-4db8-817d-f92df00215ae");
/// Windows basic data: NTFS, FAT, exFAT, ReFS.
pub(crate) const BASIC_DATA: Uuid = uuid!("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
/// Windows recovery environment (NTFS).
pub(crate) const RECOVERY: Uuid = uuid!("de94bba4-06d1-4d40-a16a-bfd50179d6ac");
/// Database of a dynamic disk.
pub(crate) const LDM_METADATA: Uuid = uuid!("5808c8aa-7e8f-42e0-85d2-e1e90434cfb3");
/// Data of a dynamic disk.
pub(crate) const LDM_DATA: Uuid = uuid!("af9b60a0-1431-4f62-bc68-3311714a69ad");
/// Member of a storage pool.
pub(crate) const STORAGE_SPACES: Uuid = uuid!("e75caf8f-f680-4cee-afa3-b001e56efc2d");
/// Data of a storage pool's member.
pub(crate) const STORAGE_SPACES_DATA: Uuid = uuid!("e7addcb4-dc34-4539-9a76-ebbd07be6f7e");
/// MBR types of a storage pool's member, and of its data.
pub(crate) const MBR_STORAGE_SPACES: u8 = 0xe7;
pub(crate) const MBR_STORAGE_SPACES_DATA: u8 = 0xd7;
/// MBR type of the Windows recovery environment.
pub(crate) const MBR_RECOVERY: u8 = 0x27;
/// MBR type of a dynamic disk.
pub(crate) const MBR_LDM: u8 = 0x42;
/// MBR type that announces a GPT.
pub(crate) const MBR_PROTECTIVE: u8 = 0xee;

const GPT: &[(Uuid, &str)] = &[
    (EFI_SYSTEM, "EFI system"),
    (MSR, "Microsoft reserved"),
    (BASIC_DATA, "basic data"),
    (RECOVERY, "Windows recovery"),
    (LDM_METADATA, "dynamic disk (LDM) metadata"),
    (LDM_DATA, "dynamic disk (LDM) data"),
    (STORAGE_SPACES, "Storage Spaces"),
    (STORAGE_SPACES_DATA, "Storage Spaces data"),
    (
        uuid!("caddebf1-4400-4de8-b103-12117dcf3ccf"),
        "Windows shadow copies",
    ),
    (
        uuid!("558d43c5-a1ac-43c0-aac8-d1472b2923d1"),
        "Storage Spaces replica",
    ),
    (uuid!("37affc90-ef7d-4e96-91c3-2d7ae055b174"), "IBM GPFS"),
    (
        uuid!("db97dba9-0840-4bae-97f0-ffb9a327c7e1"),
        "cluster metadata",
    ),
    (
        uuid!("024dee41-33e7-11d3-9d69-0008c781f39f"),
        "MBR partition scheme",
    ),
    (uuid!("21686148-6449-6e6f-744e-656564454649"), "BIOS boot"),
    (uuid!("0fc63daf-8483-4772-8e79-3d69d8477de4"), "Linux data"),
    (
        uuid!("4f68bce3-e8cd-4db1-96e7-fbcaf984b709"),
        "Linux root (x86-64)",
    ),
    (
        uuid!("44479540-f297-41b2-9af7-d131d5f0458a"),
        "Linux root (x86)",
    ),
    (
        uuid!("b921b045-1df0-41c3-af44-4c6f280d3fae"),
        "Linux root (ARM64)",
    ),
    (uuid!("933ac7e1-2eb4-4f13-b844-0e14e2aef915"), "Linux home"),
    (
        uuid!("3b8f8425-20e0-4f3b-907f-1a25a76f98e8"),
        "Linux server data",
    ),
    (
        uuid!("4d21b016-b534-45c2-a9fb-5c16e091fd2d"),
        "Linux variable data",
    ),
    (
        uuid!("7ec6f557-3bc5-4aca-b293-16ef5df639d1"),
        "Linux temporary data",
    ),
    (
        uuid!("bc13c2ff-59e6-4262-a352-b275fd6f7172"),
        "Linux extended boot",
    ),
    (uuid!("0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"), "Linux swap"),
    (uuid!("e6d6d379-f507-44c2-a23c-238f2a3df928"), "Linux LVM"),
    (uuid!("a19d880f-05fc-4d3b-a006-743f0f84911e"), "Linux RAID"),
    (uuid!("ca7d7ccb-63ed-4c53-861c-1742536059cc"), "Linux LUKS"),
    (
        uuid!("8da63339-0007-60c0-c436-083ac8230908"),
        "Linux reserved",
    ),
    (
        uuid!("83bd6b9d-7f41-11dc-be0b-001560b84f0f"),
        "FreeBSD boot",
    ),
    (
        uuid!("516e7cb4-6ecf-11d6-8ff8-00022d09712b"),
        "FreeBSD data",
    ),
    (
        uuid!("516e7cb5-6ecf-11d6-8ff8-00022d09712b"),
        "FreeBSD swap",
    ),
    (uuid!("516e7cb6-6ecf-11d6-8ff8-00022d09712b"), "FreeBSD UFS"),
    (uuid!("516e7cba-6ecf-11d6-8ff8-00022d09712b"), "FreeBSD ZFS"),
    (
        uuid!("6a898cc3-1dd2-11b2-99a6-080020736631"),
        "Solaris usr or Apple ZFS",
    ),
    (uuid!("48465300-0000-11aa-aa11-00306543ecac"), "Apple HFS+"),
    (uuid!("7c3457ef-0000-11aa-aa11-00306543ecac"), "Apple APFS"),
    (uuid!("aa31e02a-400f-11db-9590-000c2911d1b8"), "VMware VMFS"),
];

const MBR: &[(u8, &str)] = &[
    (0x01, "FAT12"),
    (0x04, "FAT16 (small)"),
    (0x05, "extended"),
    (0x06, "FAT16"),
    (0x07, "NTFS, exFAT or ReFS"),
    (0x0b, "FAT32"),
    (0x0c, "FAT32 (LBA)"),
    (0x0e, "FAT16 (LBA)"),
    (0x0f, "extended (LBA)"),
    (0x11, "hidden FAT12"),
    (0x12, "vendor diagnostics"),
    (0x14, "hidden FAT16 (small)"),
    (0x16, "hidden FAT16"),
    (0x17, "hidden NTFS"),
    (0x1b, "hidden FAT32"),
    (0x1c, "hidden FAT32 (LBA)"),
    (0x1e, "hidden FAT16 (LBA)"),
    (MBR_RECOVERY, "Windows recovery"),
    (MBR_LDM, "dynamic disk (LDM)"),
    (0x82, "Linux swap"),
    (0x83, "Linux data"),
    (0x84, "hibernation"),
    (0x85, "Linux extended"),
    (0x86, "NTFS volume set"),
    (0x87, "NTFS volume set"),
    (0x88, "Linux plaintext"),
    (0x8e, "Linux LVM"),
    (0xa5, "FreeBSD"),
    (0xa6, "OpenBSD"),
    (0xa9, "NetBSD"),
    (0xaf, "Apple HFS+"),
    (0xbf, "Solaris"),
    (MBR_STORAGE_SPACES_DATA, "Storage Spaces data"),
    (0xde, "Dell utility"),
    (MBR_STORAGE_SPACES, "Storage Spaces"),
    (MBR_PROTECTIVE, "GPT protective"),
    (0xef, "EFI system"),
    (0xfb, "VMware VMFS"),
    (0xfd, "Linux RAID"),
];

/// The name of a GPT partition type.
pub(crate) fn gpt(id: Uuid) -> &'static str {
    find(GPT, id)
}

/// The name of an MBR partition type.
pub(crate) fn mbr(id: u8) -> &'static str {
    find(MBR, id)
}

fn find<T: PartialEq>(table: &[(T, &'static str)], id: T) -> &'static str {
    let hit = table.iter().find(|(known, _)| *known == id);
    hit.map_or("unknown type", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_listed_once() {
        for (i, (id, _)) in GPT.iter().enumerate() {
            assert!(!GPT[..i].iter().any(|(other, _)| other == id), "{id}");
        }
        for (i, (id, _)) in MBR.iter().enumerate() {
            assert!(!MBR[..i].iter().any(|(other, _)| other == id), "{id:#x}");
        }
    }

    #[test]
    fn unknown_types_are_called_so() {
        assert_eq!(gpt(Uuid::nil()), "unknown type");
        assert_eq!(mbr(0x99), "unknown type");
        assert_eq!(mbr(0x42), "dynamic disk (LDM)");
    }
}
