//! Small disks with a partition table, each partition begun by another file system's marks.

use testkit::ldm::{Extent, Group, Plex, Volume};
use testkit::partition::{Gpt, GptPart, Mbr, MbrPart, ntfs_boot_sectors};
use uuid::Uuid;

use super::base::{Base, holds_something, put};

const LEN: usize = 64 << 10;

/// Both sector sizes, and entries of two sizes.
pub(super) fn gpt() -> Vec<Base> {
    let parts = volumes()
        .into_iter()
        .map(|bytes| GptPart::data("Data", bytes));
    let small = Gpt::new(parts.collect());
    let large = Gpt {
        sector_size: 4096,
        entry_size: 256,
        ..small.clone()
    };
    let disks = [small, large].map(|gpt| Base::new(gpt.build(), holds_something));
    disks.into()
}

/// Primary and logical partitions.
pub(super) fn mbr() -> Vec<Base> {
    let parts = || {
        let parts = volumes().into_iter().map(|bytes| MbrPart {
            type_id: 0x07,
            active: false,
            bytes,
        });
        parts.collect()
    };
    let mut primaries: Vec<_> = parts();
    primaries.truncate(2);
    vec![Base::new(
        Mbr::new(primaries, parts()).build(),
        holds_something,
    )]
}

/// A disk of a group of two, under each kind of table.
pub(super) fn ldm() -> Vec<Base> {
    let extent = |disk, start| Extent {
        disk,
        start,
        offset: 0,
        len: 64,
        column: 0,
    };
    let volume = |number: u128, layout, stripe, extents| Volume {
        name: format!("Volume{number}"),
        drive: Some("D:".into()),
        size: 128,
        guid: Uuid::from_u128(0xa0 + number),
        plexes: vec![Plex {
            layout,
            stripe,
            extents,
        }],
    };
    let group = Group {
        name: "Web01Dg0".into(),
        guid: Uuid::from_u128(0xa0),
        disks: [1, 2]
            .map(|n| (format!("Disk{n}"), Uuid::from_u128(0xb0 + n)))
            .into(),
        volumes: vec![
            volume(1, 2, None, vec![extent(0, 0)]),
            volume(
                2,
                1,
                Some(16),
                vec![
                    extent(0, 64),
                    Extent {
                        column: 1,
                        ..extent(1, 0)
                    },
                ],
            ),
        ],
    };
    let data = ntfs_boot_sectors(LEN);
    let disks = [group.mbr_disk(0, &data), group.gpt_disk(0, &data)];
    disks.map(|disk| Base::new(disk, holds_something)).into()
}

/// The marks of NTFS, FAT, ext and XFS, with some of what each says of itself.
fn volumes() -> Vec<Vec<u8>> {
    let [mut fat, mut ext, mut xfs] = [(); 3].map(|()| vec![0; LEN]);
    put(&mut fat, 0, b"\xeb\x3c\x90MSDOS5.0\0\x02\x01\x01\0\x02");
    put(&mut fat, 17, &[0x10, 0, 0x80, 0, 0xf8, 1, 0]);
    put(&mut fat, 38, b"\x29\x01\x02\x03\x04SYSTEM     FAT12   ");
    put(&mut fat, 510, &[0x55, 0xaa]);
    put(&mut ext, 1024 + 4, &32u32.to_le_bytes());
    put(&mut ext, 1024 + 56, &[0x53, 0xef]);
    put(&mut ext, 1024 + 120, b"root");
    put(&mut xfs, 0, b"XFSB\0\0\x10\0\0\0\0\0\0\0\0\x10");
    vec![ntfs_boot_sectors(LEN), fat, ext, xfs]
}
