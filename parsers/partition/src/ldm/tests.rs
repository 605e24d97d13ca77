//! Groups of dynamic disks as the testkit writes them; `ldmtool` reads the same bytes as these
//! tests expect.

use std::sync::Arc;

use blockio::{Memory, ReadAt};
use testkit::ldm::{self, Group, HEADER, PUBLIC_START, seal};
use uuid::Uuid;

use super::{Kind, Layout};
use crate::{Content, ForeignKind, Table, codes, read};

const DATA: usize = 64 << 10;

fn table(disk: Vec<u8>) -> Table {
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(disk));
    read(&disk, 512).expect("the disk can be read")
}

fn ids(table: &Table) -> Vec<&'static str> {
    table.notes.iter().map(|note| note.code.id).collect()
}

fn extent(disk: usize, start: u64, len: u64, column: u64) -> ldm::Extent {
    ldm::Extent {
        disk,
        start,
        offset: 0,
        len,
        column,
    }
}

fn volume(name: &str, drive: Option<&str>, size: u64, plexes: Vec<ldm::Plex>) -> ldm::Volume {
    let guid = Uuid::from_u128(size.into());
    ldm::Volume {
        name: name.into(),
        drive: drive.map(Into::into),
        size,
        guid,
        plexes,
    }
}

/// A volume of each kind on three disks.
fn group() -> Group {
    let plex = |layout, stripe, extents| ldm::Plex {
        layout,
        stripe,
        extents,
    };
    let second = ldm::Extent {
        offset: 1200,
        ..extent(1, 1, 800, 0)
    };
    let long = "a mirror with a name so long that its record takes more than one fragment";
    Group {
        name: "HOST-Dg0".into(),
        guid: Uuid::from_u128(0xabcd),
        disks: (1..=3)
            .map(|n| (format!("Disk{n}"), Uuid::from_u128(n)))
            .collect(),
        volumes: vec![
            volume(
                "Simple",
                Some("D:"),
                1000,
                vec![plex(2, None, vec![extent(0, 1, 1000, 0)])],
            ),
            volume(
                "Spanned",
                None,
                2000,
                vec![plex(2, None, vec![second, extent(0, 1001, 1200, 0)])],
            ),
            volume(
                "Striped",
                Some("E:"),
                2048,
                vec![plex(
                    1,
                    Some(128),
                    vec![extent(1, 3000, 1024, 1), extent(0, 3000, 1024, 0)],
                )],
            ),
            volume(
                long,
                Some("F:"),
                512,
                vec![
                    plex(2, None, vec![extent(0, 5000, 512, 0)]),
                    plex(2, None, vec![extent(2, 5000, 512, 0)]),
                ],
            ),
            volume(
                "Raid",
                Some("G:"),
                4096,
                vec![plex(
                    3,
                    Some(64),
                    (0..3).map(|n| extent(n, 6000, 2048, n as u64)).collect(),
                )],
            ),
        ],
    }
}

fn mbr_disk() -> Vec<u8> {
    group().mbr_disk(0, &[0; DATA])
}

/// Where the database of [`mbr_disk`] begins, in bytes.
const DATABASE: usize = PUBLIC_START * 512 + DATA;
/// Where its records' header is.
const VMDB: usize = DATABASE + HEADER * 512;

#[test]
fn volumes_of_every_kind_are_listed_from_every_disk_of_the_group() {
    for disk in 0..3 {
        let disks = [
            group().mbr_disk(disk, &[0; DATA]),
            group().gpt_disk(disk, &[0; DATA]),
        ];
        for image in disks {
            let table = table(image);
            assert_eq!(table.notes, []);
            let ldm = table.ldm.as_ref().expect("a dynamic disk");
            assert_eq!(ldm.group.as_deref(), Some("HOST-Dg0"));
            assert_eq!(ldm.group_guid, Some(Uuid::from_u128(0xabcd)));
            assert_eq!(ldm.this_disk(), Some(&ldm.disks[disk]));
            let texts: Vec<_> = ldm.volumes.iter().map(ToString::to_string).collect();
            assert_eq!(
                texts,
                [
                    "Simple (D:), simple, 500.0 KiB",
                    "Spanned, spanned, 1000.0 KiB on 2 disks",
                    "Striped (E:), striped, 1.0 MiB on 2 disks",
                    "a mirror with a name so long that its record takes more than one fragment (F:), \
                 mirrored, 256.0 KiB on 2 disks",
                    "Raid (G:), RAID-5, 2.0 MiB on 3 disks",
                ]
            );
        }
    }
}

#[test]
fn extents_are_in_the_order_that_their_bytes_have() {
    let table = table(mbr_disk());
    let ldm = table.ldm.expect("a dynamic disk");
    let extents = |volume: usize| {
        let extents = ldm.volumes[volume].plexes[0].extents.iter();
        let places = extents.map(|extent| (extent.disk, extent.start / 512, extent.offset / 512));
        places.collect::<Vec<_>>()
    };
    assert_eq!(extents(1), [(Some(0), 1001, 0), (Some(1), 1, 1200)]);
    assert_eq!(extents(2), [(Some(0), 3000, 0), (Some(1), 3000, 0)]);
    assert_eq!(ldm.volumes[2].plexes[0].stripe, Some(64 << 10));
    assert_eq!(ldm.volumes[2].plexes[0].layout, Layout::Striped);
    assert_eq!(ldm.volumes[3].plexes.len(), 2);
    assert_eq!(ldm.volumes[4].kind, Kind::Raid5);
    assert_eq!(ldm.volumes[4].partition_type, 7);
    assert_eq!(ldm.public_start, 63 * 512);
}

#[test]
fn partitions_are_named_dynamic_and_never_read_as_plain_volumes() {
    let ntfs = testkit::partition::ntfs_boot_sectors(DATA);
    let mbr = table(group().mbr_disk(0, &ntfs));
    let gpt = table(group().gpt_disk(0, &ntfs));
    let kinds = |table: &Table| {
        let parts = table.partitions.iter().map(|part| match &part.content {
            Content::Foreign(foreign) => foreign.kind,
            other => panic!("{other}"),
        });
        parts.collect::<Vec<_>>()
    };
    assert_eq!(kinds(&mbr), [ForeignKind::LdmData]);
    assert_eq!(
        kinds(&gpt),
        [ForeignKind::LdmMetadata, ForeignKind::LdmData]
    );
    assert!(
        mbr.partitions[0]
            .content
            .to_string()
            .starts_with("dynamic disk (LDM) data")
    );
}

#[test]
fn any_private_header_and_any_table_of_contents_will_do() {
    let headers = [6 * 512, DATABASE + 1856 * 512, DATABASE + 2047 * 512];
    let contents = [1, 2, 2045, 2046].map(|sector| DATABASE + sector * 512);
    for header in headers {
        for content in contents {
            let mut disk = mbr_disk();
            for at in headers.into_iter().filter(|&at| at != header) {
                disk[at] = b'X';
            }
            for at in contents.into_iter().filter(|&at| at != content) {
                disk[at + 100] ^= 1;
                disk[at] = 0;
            }
            let table = table(disk);
            assert_eq!(table.notes, [], "{header:#x} {content:#x}");
            assert_eq!(table.ldm.expect("it is found").volumes.len(), 5);
        }
    }
}

#[test]
fn a_copy_with_a_wrong_sum_counts_less_than_an_older_one() {
    let mut disk = mbr_disk();
    let first = 6 * 512;
    // Newer, of another group, and wrong.
    disk[first + 0x18] = 0xff;
    disk[first + 0x30] = b'f';
    let guid = table(disk.clone()).ldm.expect("it is found").disk_guid;
    assert_eq!(guid, Some(Uuid::from_u128(1)));
    seal(&mut disk[first..first + 512]);
    let guid = table(disk).ldm.expect("it is found").disk_guid;
    assert_eq!(guid, Some(Uuid::from_u128(1 | 0xf << 124)));
}

#[test]
fn a_dynamic_disk_without_its_database_is_still_called_one() {
    for at in [VMDB, VMDB + 8] {
        let mut disk = mbr_disk();
        disk[at] ^= 0xff;
        let table = table(disk);
        assert_eq!(ids(&table), [codes::LDM_DATABASE.id]);
        assert_eq!(table.ldm, None);
        assert!(table.notes[0].to_string().contains("dynamic disk (LDM)"));
        assert!(table.partitions[0].content.is_known());
    }
    let mut disk = mbr_disk();
    disk.truncate(DATABASE);
    disk[6 * 512] = 0;
    assert_eq!(ids(&table(disk)), ["HV-D409", "HV-D416"]);
}

#[test]
fn a_damaged_record_is_noted_and_the_others_are_read() {
    // The records in turn: group, three disks, then each volume before its parts.
    let record = |index: usize| VMDB + 512 + index * 128;
    let mut disk = mbr_disk();
    disk[record(4)] = 0;
    let without_volume = table(disk);
    assert_eq!(without_volume.ldm.expect("it is found").volumes.len(), 4);
    let mut disk = mbr_disk();
    disk[record(6) + 16 + 3] = 0x7f;
    let without_partition = table(disk);
    assert_eq!(ids(&without_partition), ["HV-D417", "HV-D417"]);
    assert!(
        without_partition.notes[1]
            .to_string()
            .contains("expected 1 partitions, found 0")
    );
    assert_eq!(without_partition.ldm.expect("it is found").volumes.len(), 5);
}

#[test]
fn a_record_that_lost_a_fragment_is_noted() {
    let mut disk = mbr_disk();
    let long = disk
        .windows(4)
        .position(|bytes| bytes == b"F:\0\0")
        .expect("the drive is last");
    let fragment = VMDB + 512 + (long - VMDB - 512) / 128 * 128;
    disk[fragment..fragment + 4].fill(0);
    let table = table(disk);
    assert_eq!(ids(&table), ["HV-D417"]);
    assert_eq!(table.notes[0].expected, "2 fragments");
    assert_eq!(table.ldm.expect("it is found").volumes.len(), 4);
}

#[test]
fn an_id_taken_twice_belongs_to_the_first() {
    let mut disk = mbr_disk();
    let records = VMDB + 512;
    // The second volume's record takes the id of the first.
    let (first, second) = (records + 4 * 128, records + 7 * 128);
    disk[second + 25] = disk[first + 25];
    let table = table(disk);
    assert!(ids(&table).contains(&"HV-D417"));
    assert_eq!(table.ldm.expect("it is found").volumes.len(), 4);
}

#[test]
fn a_database_under_change_gives_what_is_committed() {
    let mut disk = mbr_disk();
    disk[VMDB + 0x11] = 2;
    disk[VMDB + 512 + 4 * 128 + 17] = 2;
    let table = table(disk);
    assert_eq!(ids(&table), ["HV-W418", "HV-W418"]);
    assert_eq!(table.ldm.expect("it is found").volumes.len(), 4);
}
