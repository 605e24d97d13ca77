//! Each family by the few bytes that name it. The values are those that the real tools' volumes
//! had, as `blkid` reads them.

use blockio::Memory;

use super::*;

/// Zeros with bytes put at offsets.
fn volume(len: usize, parts: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for (at, part) in parts {
        bytes[*at..*at + part.len()].copy_from_slice(part);
    }
    bytes
}

fn content(bytes: Vec<u8>) -> Content {
    identify(&Memory::from(bytes)).expect("memory can be read")
}

fn foreign(bytes: Vec<u8>) -> Foreign {
    match content(bytes) {
        Content::Foreign(foreign) => foreign,
        other => panic!("{other}"),
    }
}

/// The text that people see, and the identity.
fn named(bytes: Vec<u8>) -> (String, Option<String>) {
    let foreign = foreign(bytes);
    (foreign.to_string(), foreign.id)
}

const UUID: [u8; 16] = [
    0x98, 0xfb, 0x15, 0x85, 0x3d, 0x13, 0x42, 0x4e, 0xb0, 0x07, 0x9a, 0x42, 0xa9, 0x38, 0xf4, 0xcf,
];
const UUID_TEXT: &str = "98fb1585-3d13-424e-b007-9a42a938f4cf";

fn ext(compatible: u8, incompatible: u8, read_only: u8) -> Vec<u8> {
    volume(
        4096,
        &[
            (1024, &[0x00, 0x10]),
            (1028, &16_384_u32.to_le_bytes()),
            (1080, &[0x53, 0xef]),
            (1116, &[compatible]),
            (1120, &[incompatible]),
            (1124, &[read_only]),
            (1128, &UUID),
            (1144, b"data4"),
        ],
    )
}

#[test]
fn ext_generations_differ_by_their_features() {
    let name = |bytes| named(bytes).0;
    assert_eq!(
        named(ext(0x3c, 0xc2, 0x6b)),
        ("ext4 'data4', 16.0 MiB".into(), Some(UUID_TEXT.into()))
    );
    assert_eq!(name(ext(0x3c, 0x02, 0x03)), "ext3 'data4', 16.0 MiB");
    assert_eq!(name(ext(0x38, 0x02, 0x03)), "ext2 'data4', 16.0 MiB");
    assert_eq!(name(ext(0, 0x08, 0)), "ext journal 'data4', 16.0 MiB");
    // Beyond 32 bits of blocks.
    let mut large = ext(0x3c, 0xc2, 0x6b);
    large[1024 + 336] = 1;
    large[1048] = 2;
    assert_eq!(foreign(large).size, Some(((1 << 32) + 16_384) * 4096));
}

#[test]
fn xfs() {
    let bytes = volume(
        4096,
        &[
            (0, b"XFSB"),
            (4, &4096_u32.to_be_bytes()),
            (8, &81_920_u64.to_be_bytes()),
            (32, &UUID),
            (108, b"xlab"),
        ],
    );
    assert_eq!(
        named(bytes),
        ("XFS 'xlab', 320.0 MiB".into(), Some(UUID_TEXT.into()))
    );
}

#[test]
fn btrfs() {
    let bytes = volume(
        68 << 10,
        &[
            (65_536 + 32, &UUID),
            (65_536 + 64, b"_BHRfS_M"),
            (65_536 + 112, &(128_u64 << 20).to_le_bytes()),
            (65_536 + 299, b"bt lab"),
        ],
    );
    assert_eq!(
        named(bytes),
        ("Btrfs 'bt lab', 128.0 MiB".into(), Some(UUID_TEXT.into()))
    );
}

#[test]
fn swap_of_every_page_size_and_with_a_hibernated_system() {
    for page_size in [4 << 10, 8 << 10, 16 << 10, 64 << 10] {
        for magic in [b"SWAPSPACE2", b"S1SUSPEND\0", b"ULSUSPEND\0"] {
            let bytes = volume(
                64 << 10,
                &[
                    (1024, &1_u32.to_le_bytes()),
                    (1028, &255_u32.to_le_bytes()),
                    (1036, &UUID),
                    (1052, b"sw"),
                    (page_size - 10, magic),
                ],
            );
            let swap = foreign(bytes);
            assert_eq!(
                (swap.kind, swap.size),
                (ForeignKind::Swap, Some(256 * page_size as u64))
            );
            assert_eq!(swap.label.as_deref(), Some("sw"));
        }
    }
}

#[test]
fn luks() {
    let uuid = b"c2b026af-ee2f-4525-a587-a94505972c8f";
    let parts: [(usize, &[u8]); 3] = [(0, b"LUKS\xba\xbe\0\x02"), (24, b"lk"), (168, uuid)];
    let mut bytes = volume(4096, &parts);
    let id = String::from_utf8(uuid.to_vec()).ok();
    assert_eq!(
        named(bytes.clone()),
        ("LUKS volume 'lk', 4.0 KiB".into(), id)
    );
    // In version 1 the same bytes are part of a cipher's name.
    bytes[7] = 1;
    assert_eq!(foreign(bytes).label, None);
}

fn lvm(area: u64) -> Vec<u8> {
    let area_bytes = area.to_le_bytes();
    volume(
        16 << 10,
        &[
            (512, b"LABELONE"),
            (512 + 20, &32_u32.to_le_bytes()),
            (512 + 24, b"LVM2 001"),
            (544, b"8zXI7WD4Qk3ksSoZcCnGfFQD6yeY0FXg"),
            (544 + 32, &(32_u64 << 20).to_le_bytes()),
            // One area of data, the zeros, one of metadata.
            (544 + 40, &(1_u64 << 20).to_le_bytes()),
            (544 + 72, &area_bytes),
            (4096 + 4, b" LVM2 x[5A%r0N*>"),
            (4096 + 40, &512_u64.to_le_bytes()),
            (4096 + 48, &900_u64.to_le_bytes()),
            (4096 + 512, b"vg-data0 {\nid = "),
        ],
    )
}

#[test]
fn lvm_by_its_volume_group() {
    let id = "8zXI7W-D4Qk-3ksS-oZcC-nGfF-QD6y-eY0FXg";
    let (text, found) = named(lvm(4096));
    assert_eq!(text, "LVM2 physical volume 'vg-data0', 32.0 MiB");
    assert_eq!(found.as_deref(), Some(id));
    for nowhere in [0, 8192, u64::MAX] {
        assert_eq!(foreign(lvm(nowhere)).label, None, "{nowhere:#x}");
    }
}

fn raid_1(at: usize) -> Vec<u8> {
    volume(
        256 << 10,
        &[
            (at, &0xa92b_4efc_u32.to_le_bytes()),
            (at + 4, &[1]),
            (at + 16, &UUID),
            (at + 32, b"host:arr"),
            (at + 80, &2048_u64.to_le_bytes()),
        ],
    )
}

#[test]
fn raid_superblocks_at_either_end() {
    for at in [0, 4096, (256 << 10) - 8192] {
        let id = "98fb1585:3d13424e:b0079a42:a938f4cf".to_owned();
        let text = "Linux RAID member 'host:arr', 1.0 MiB".to_owned();
        assert_eq!(named(raid_1(at)), (text, Some(id)), "{at:#x}");
    }
    let at = 192 << 10;
    let old = volume(
        256 << 10,
        &[
            (at, &0xa92b_4efc_u32.to_le_bytes()),
            (at + 8, &[90]),
            (at + 20, &0x1234_5678_u32.to_le_bytes()),
            (at + 32, &1024_u32.to_le_bytes()),
        ],
    );
    let id = "12345678:00000000:00000000:00000000".to_owned();
    assert_eq!(named(old), ("Linux RAID member, 1.0 MiB".into(), Some(id)));
}

#[test]
fn refs() {
    let bytes = volume(
        4096,
        &[
            (3, b"ReFS\0\0\0\0"),
            (16, b"FSRS"),
            (24, &0x20_0000_u64.to_le_bytes()),
            (32, &512_u32.to_le_bytes()),
            (56, &0x1234_5678_9abc_def0_u64.to_le_bytes()),
        ],
    );
    assert_eq!(
        named(bytes),
        ("ReFS, 1.0 GiB".into(), Some("123456789ABCDEF0".into()))
    );
}

#[test]
fn bitlocker_fixed_and_to_go() {
    let fixed = volume(8192, &[(0, b"\xeb\x58\x90-FVE-FS-")]);
    assert_eq!(named(fixed).0, "BitLocker volume, 8.0 KiB");
    let id = uuid::uuid!("4967d63b-2e29-4ad8-8399-f6a339e3d001").to_bytes_le();
    let mut to_go = fat32();
    to_go[3..11].copy_from_slice(b"MSWIN4.1");
    to_go[0x1a8..0x1b8].copy_from_slice(&id);
    assert_eq!(foreign(to_go).kind, ForeignKind::BitLockerToGo);
}

fn exfat() -> Vec<u8> {
    let mut bytes = volume(
        64 << 10,
        &[
            (3, b"EXFAT   "),
            (72, &32_768_u64.to_le_bytes()),
            (88, &16_u32.to_le_bytes()),
            (96, &4_u32.to_le_bytes()),
            (100, &0xeb4f_3ebf_u32.to_le_bytes()),
            (108, &[9, 3]),
        ],
    );
    // The root directory in the third cluster: a bitmap, then the label.
    let root = (16 + 2 * 8) * 512;
    bytes[root] = 0x81;
    bytes[root + 32] = 0x83;
    bytes[root + 33] = 3;
    bytes[root + 34..root + 40].copy_from_slice(&[b'e', 0, 0xe4, 0, b'x', 0]);
    bytes[root + 40] = b'?';
    bytes
}

#[test]
fn exfat_with_the_label_of_its_root_directory() {
    assert_eq!(
        named(exfat()),
        (
            "exFAT 'e\u{e4}x', 16.0 MiB".into(),
            Some("EB4F-3EBF".into())
        )
    );
    for (at, value) in [(96, 0), (108, 13), (108, 8), (109, 17)] {
        let mut bytes = exfat();
        bytes[at] = value;
        assert!(!content(bytes).is_known(), "{value} at {at}");
    }
}

/// A FAT boot sector, and a root directory with a label where `root` says.
fn fat(cluster_sectors: u8, fat_sectors: u16, sectors: u32, root_entries: u16) -> Vec<u8> {
    let root = (1 + 2 * usize::from(fat_sectors)) * 512;
    volume(
        root + 1024,
        &[
            (0, b"\xeb\x3c\x90mkfs.fat"),
            (11, &512_u16.to_le_bytes()),
            (13, &[cluster_sectors, 1, 0, 2]),
            (17, &root_entries.to_le_bytes()),
            (21, &[0xf8]),
            (22, &fat_sectors.to_le_bytes()),
            (32, &sectors.to_le_bytes()),
            (38, &[0x29, 0xde, 0x5f, 0xfe, 0xeb]),
            (43, b"NO NAME    FAT12   "),
            // A long name's part, a deleted label, the label.
            (root, b"\x41l\0o\0n\0g\0n\0a\x0f"),
            (root + 32, b"\xe5LD LABEL  \x08"),
            (root + 64, b"FATTWELVE  \x08"),
        ],
    )
}

#[test]
fn fat_kinds_differ_by_their_number_of_clusters() {
    let kind = |bytes| foreign(bytes).kind;
    // One reserved sector, two FATs, 16 sectors of root directory.
    let overhead = 1 + 2 * 16 + 16;
    assert_eq!(kind(fat(1, 16, overhead + 4084, 256)), ForeignKind::Fat12);
    assert_eq!(kind(fat(1, 16, overhead + 4085, 256)), ForeignKind::Fat16);
    assert_eq!(kind(fat(1, 16, overhead + 65_524, 256)), ForeignKind::Fat16);
    assert_eq!(kind(fat(1, 16, overhead + 65_525, 256)), ForeignKind::Fat32);
}

#[test]
fn fat_labels_are_those_of_the_root_directory() {
    let bytes = fat(4, 3, 4096, 512);
    assert_eq!(
        named(bytes.clone()),
        (
            "FAT12 'FATTWELVE', 2.0 MiB".into(),
            Some("EBFE-5FDE".into())
        )
    );
    let mut without = bytes;
    let root = 7 * 512;
    without[root..root + 512].fill(0);
    assert_eq!(foreign(without.clone()).label, None);
    without[43..54].copy_from_slice(b"IN BOOT    ");
    assert_eq!(foreign(without).label.as_deref(), Some("IN BOOT"));
}

fn fat32() -> Vec<u8> {
    let data = (32 + 2 * 1008) * 512;
    volume(
        data + 1024,
        &[
            (0, b"\xeb\x58\x90mkfs.fat"),
            (11, &512_u16.to_le_bytes()),
            (13, &[1, 32, 0, 2]),
            (21, &[0xf8]),
            (32, &131_072_u32.to_le_bytes()),
            (36, &1008_u32.to_le_bytes()),
            (44, &3_u32.to_le_bytes()),
            (66, &[0x29, 0x2b, 0x8c, 0xfe, 0xeb]),
            (data + 512, b"EFI        \x08"),
        ],
    )
}

#[test]
fn fat32_with_the_label_of_its_root_cluster() {
    assert_eq!(
        named(fat32()),
        ("FAT32 'EFI', 64.0 MiB".into(), Some("EBFE-8C2B".into()))
    );
}

#[test]
fn a_fat_boot_sector_that_contradicts_itself_is_none() {
    for (at, value) in [
        (0, 0),
        (11, 1),
        (13, 3),
        (13, 0),
        (14, 0),
        (16, 3),
        (16, 0),
        (21, 1),
        (22, 0),
        (33, 0),
    ] {
        let mut bytes = fat(4, 3, 4096, 512);
        bytes[at] = value;
        assert!(!content(bytes).is_known(), "{value} at {at}");
    }
}

#[test]
fn what_lies_where_live_ntfs_has_boot_code_is_newer() {
    let mut bytes = lvm(4096);
    bytes[..512].copy_from_slice(&testkit::partition::ntfs_boot_sectors(16 << 10)[..512]);
    assert_eq!(foreign(bytes).kind, ForeignKind::Lvm2);
    let mut bytes = raid_1(4096);
    bytes[..512].copy_from_slice(&testkit::partition::ntfs_boot_sectors(16 << 10)[..512]);
    assert_eq!(foreign(bytes).kind, ForeignKind::LinuxRaid);
    // At the end it may be the older.
    let mut bytes = raid_1((256 << 10) - 8192);
    bytes[..512].copy_from_slice(&testkit::partition::ntfs_boot_sectors(16 << 10)[..512]);
    assert_eq!(content(bytes), Content::Ntfs);
}

#[test]
fn a_file_system_left_behind_by_fat_boot_code_is_the_file_system() {
    let mut bytes = ext(0x3c, 0xc2, 0x6b);
    bytes[..512].copy_from_slice(&fat(4, 3, 4096, 512)[..512]);
    assert_eq!(foreign(bytes).kind, ForeignKind::Ext4);
}

#[test]
fn an_ntfs_boot_sector_must_make_sense() {
    let whole = testkit::partition::ntfs_boot_sectors(16 << 10);
    assert_eq!(content(whole.clone()), Content::Ntfs);
    for (at, value) in [(3, b'X'), (12, 3), (13, 0)] {
        let mut bytes = whole.clone();
        bytes[at] = value;
        bytes[(16 << 10) - 512..].fill(0);
        assert!(!content(bytes).is_known(), "{value} at {at}");
    }
}

#[test]
fn damaged_signatures_give_an_answer() {
    use testkit::mutate::{Chance, damage, targets};

    let volumes = [
        ext(0x3c, 0xc2, 0x6b),
        lvm(4096),
        raid_1(4096),
        exfat(),
        fat(4, 3, 4096, 512),
        fat32(),
        testkit::partition::ntfs_boot_sectors(16 << 10),
    ];
    let mut chance = Chance::new(6);
    for whole in volumes {
        let places = targets(&whole, |_, block| block.iter().any(|&byte| byte != 0));
        for _ in 0..800 {
            let mut damaged = whole.clone();
            damage(&mut damaged, &places, &mut chance);
            assert!(!content(damaged).to_string().is_empty());
        }
    }
}
