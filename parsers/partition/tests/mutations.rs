//! Tables damaged by chance: whatever is in them, the answer comes, is bounded, and keeps to the
//! disk.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests fail loudly, and count in what is at hand"
)]

use std::sync::Arc;

use blockio::{Memory, ReadAt};
use hvrestore_partition::read;
use testkit::ldm::{Extent, Group, Plex, Volume, seal};
use testkit::mutate::{Chance, damage, targets};
use testkit::partition::{Gpt, GptPart, Mbr, MbrPart, ntfs_boot_sectors};
use uuid::Uuid;

/// Damaged disks of each kind.
const ROUNDS: usize = 5000;

/// Asks everything of a disk.
fn exercise(disk: Vec<u8>, sector_size: u32) {
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(disk));
    let Ok(table) = read(&disk, sector_size) else {
        return;
    };
    assert!(table.partitions.len() <= 16_384);
    for part in &table.partitions {
        assert!(part.start + part.len <= disk.size(), "{part:?}");
        assert!(part.len <= part.stated_len || part.number == 0);
        assert_eq!(part.slice(&disk).size(), part.len);
        assert!(!part.content.to_string().is_empty());
    }
    for note in &table.notes {
        assert!(note.to_string().contains(note.code.id));
    }
    let ldm = table.ldm.iter().flat_map(|ldm| &ldm.volumes);
    for volume in ldm {
        assert!(volume.to_string().contains(volume.kind.name()));
    }
}

fn rounds(seed: u64, disk: &[u8], places: &[usize], mend: impl Fn(&mut [u8])) {
    let mut chance = Chance::new(seed);
    for _ in 0..ROUNDS {
        let mut damaged = disk.to_vec();
        damage(&mut damaged, places, &mut chance);
        // Half of them with checksums that are right again, to get behind these.
        if chance.below(2) == 0 && damaged.len() == disk.len() {
            mend(&mut damaged);
        }
        exercise(damaged, chance.one_of(&[512, 4096, 0, u32::MAX]));
    }
}

fn ntfs() -> Vec<u8> {
    ntfs_boot_sectors(16 << 10)
}

#[test]
fn gpt() {
    for (seed, sector_size, entry_size) in [(1, 512, 128), (2, 512, 512), (3, 4096, 128)] {
        let parts = (0..3).map(|_| GptPart::data("data", ntfs())).collect();
        let gpt = Gpt {
            sector_size,
            entry_size,
            entry_count: 16,
            ..Gpt::new(parts)
        };
        let disk = gpt.build();
        let is_structure = |_: usize, block: &[u8]| block.iter().any(|&byte| byte != 0);
        rounds(seed, &disk, &targets(&disk, is_structure), |disk| {
            gpt.seal(disk)
        });
    }
}

#[test]
fn mbr() {
    let part = || MbrPart {
        type_id: 7,
        active: false,
        bytes: ntfs(),
    };
    let mbr = Mbr::new(vec![part(), part()], vec![part(), part(), part()]);
    let disk = mbr.build();
    // Boot records, their signature put right in half of the rounds.
    let places = targets(&disk, |_, block| block[510..] == [0x55, 0xaa]);
    assert_eq!(places.len(), 1 + 3 + 2 * 5);
    rounds(4, &disk, &places, |disk| {
        for &place in &places {
            disk[place + 510..place + 512].copy_from_slice(&[0x55, 0xaa]);
        }
    });
}

#[test]
fn ldm() {
    let extent = |disk| Extent {
        disk,
        start: 1,
        offset: 0,
        len: 64,
        column: disk as u64,
    };
    let volume = |name: &str, layout, stripe| Volume {
        name: name.into(),
        drive: Some("D:".into()),
        size: 128,
        guid: Uuid::from_u128(9),
        plexes: vec![
            Plex {
                layout,
                stripe,
                extents: vec![extent(0), extent(1)]
            };
            2
        ],
    };
    let group = Group {
        name: "Dg0".into(),
        guid: Uuid::from_u128(1),
        disks: vec![
            ("Disk1".into(), Uuid::from_u128(2)),
            ("Disk2".into(), Uuid::from_u128(3)),
        ],
        volumes: vec![
            volume("Volume1", 2, None),
            volume("a name that is long", 1, Some(64)),
        ],
    };
    let disk = group.mbr_disk(0, &[0; 4096]);
    let is_structure = |_: usize, block: &[u8]| block.iter().any(|&byte| byte != 0);
    let places = targets(&disk, is_structure);
    let sealed: Vec<_> = places
        .iter()
        .copied()
        .filter(|&at| disk[at..].starts_with(b"PRIVHEAD") || disk[at..].starts_with(b"TOCBLOCK"))
        .collect();
    assert_eq!(sealed.len(), 7);
    rounds(5, &disk, &places, |disk| {
        for &at in &sealed {
            seal(&mut disk[at..at + 512]);
        }
    });
}
