//! Which table counts, and disks with none.

use std::iter::once;
use std::sync::Arc;

use blockio::{Memory, ReadAt};
use testkit::failing::Failing;
use testkit::partition::{
    Copy, Gpt, GptPart, Mbr, MbrEntry, MbrPart, ntfs_boot_sectors, put_entry,
};

use super::{Scheme, Table, read};
use crate::{Content, FirstBytes, ForeignKind, TypeId, codes};

fn table(disk: Vec<u8>) -> Table {
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(disk));
    read(&disk, 512).expect("the disk can be read")
}

fn ids(table: &Table) -> Vec<&'static str> {
    table.notes.iter().map(|note| note.code.id).collect()
}

fn numbers(table: &Table) -> Vec<u32> {
    table.partitions.iter().map(|part| part.number).collect()
}

fn part(type_id: u8, bytes: Vec<u8>) -> MbrPart {
    MbrPart {
        type_id,
        active: false,
        bytes,
    }
}

fn ntfs() -> Vec<u8> {
    ntfs_boot_sectors(32 << 10)
}

fn mixed_mbr() -> Mbr {
    Mbr::new(
        vec![
            MbrPart {
                active: true,
                ..part(7, ntfs())
            },
            part(0x27, ntfs()),
        ],
        vec![part(7, ntfs()), part(0x83, vec![1; 4096]), part(7, ntfs())],
    )
}

#[test]
fn primaries_and_logicals_are_numbered_as_windows_does() {
    let table = table(mixed_mbr().build());
    assert_eq!(
        (table.scheme, table.mbr_signature),
        (Scheme::Mbr, Some(0xdead_beef))
    );
    assert_eq!(numbers(&table), [1, 2, 5, 6, 7]);
    assert_eq!(table.notes, []);
    let kinds: Vec<_> = table
        .partitions
        .iter()
        .map(|part| part.content.is_known())
        .collect();
    assert_eq!(kinds, [true, true, true, false, true]);
    assert!(table.partitions[0].active && !table.partitions[1].active);
    assert!(table.partitions[1].is_recovery());
    assert_eq!(table.partitions[1].content, Content::Ntfs);
    assert_eq!(table.partitions[1].type_name, "Windows recovery");
}

#[test]
fn a_partition_is_given_as_a_slice_of_its_disk() {
    let image = mixed_mbr().build();
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(image.clone()));
    let table = read(&disk, 512).expect("a valid table");
    for part in &table.partitions {
        let slice = part.slice(&disk);
        let expected = &image[part.start as usize..][..part.len as usize];
        testkit::read_at_contract(&slice, expected);
    }
}

#[test]
fn an_mbr_of_a_4096_disk_is_known_by_what_its_partitions_hold() {
    let table = table(
        Mbr {
            sector_size: 4096,
            ..mixed_mbr()
        }
        .build(),
    );
    assert_eq!(table.sector_size, 4096);
    assert_eq!(numbers(&table), [1, 2, 5, 6, 7]);
    assert_eq!(ids(&table), ["HV-W415"]);
}

#[test]
fn a_loop_of_logical_partitions_ends() {
    let mut disk = mixed_mbr().build();
    let container = disk.len() - (32 << 10) * 2 - 4096 * 4;
    // The third record points back to the first.
    let third = disk.len() - (32 << 10) - 4096;
    put_entry(
        &mut disk[third..],
        1,
        MbrEntry {
            active: false,
            type_id: 5,
            first: 0,
            sectors: 8,
        },
    );
    assert_eq!(disk[container + 510..container + 512], [0x55, 0xaa]);
    let table = table(disk);
    assert_eq!(numbers(&table), [1, 2, 5, 6, 7]);
    assert_eq!(ids(&table), ["HV-D411"]);
    assert!(table.notes[0].found.contains("loop"));
}

#[test]
fn a_chain_of_logical_partitions_without_any_is_followed_only_so_far() {
    const RECORDS: usize = 1000;
    let sector = |type_id, first| {
        let mut sector = [0; 512];
        let entry = MbrEntry {
            active: false,
            type_id,
            first,
            sectors: 8,
        };
        put_entry(&mut sector, usize::from(first > 1), entry);
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        sector
    };
    let mut disk = sector(5, 1).to_vec();
    for number in 1..RECORDS {
        disk.extend(sector(5, number as u32));
    }
    // The last one holds a partition.
    disk.extend(sector(7, 1));
    disk.extend([0; 8 * 512]);
    let table = table(disk);
    assert_eq!(ids(&table), ["HV-D411"]);
    assert!(table.notes[0].found.contains("256"), "{}", table.notes[0]);
    assert!(table.partitions.is_empty());
}

#[test]
fn a_chain_of_logical_partitions_that_breaks_keeps_those_before_it() {
    let mut disk = mixed_mbr().build();
    let third = disk.len() - (32 << 10) - 4096;
    disk[third + 510] = 0;
    let table = table(disk);
    assert_eq!(numbers(&table), [1, 2, 5, 6]);
    assert_eq!(ids(&table), ["HV-D411"]);
}

#[test]
fn partitions_beyond_the_disk_are_named_and_the_others_served() {
    let mut disk = mixed_mbr().build();
    put_entry(
        &mut disk,
        3,
        MbrEntry {
            active: false,
            type_id: 7,
            first: 1 << 30,
            sectors: 9,
        },
    );
    let table = table(disk);
    assert_eq!(numbers(&table), [1, 2, 5, 6, 7]);
    assert_eq!(ids(&table), ["HV-D408"]);
    assert!(table.notes[0].what.starts_with("partition 4"));
}

#[test]
fn a_partition_that_the_disk_cuts_is_served_as_far_as_it_goes() {
    let mut disk = mixed_mbr().build();
    disk.truncate(disk.len() - 4096);
    let table = table(disk);
    let last = table.partitions.last().expect("there are five");
    assert_eq!((last.len, last.stated_len), (28 << 10, 32 << 10));
    assert_eq!(last.content, Content::Ntfs);
    assert_eq!(ids(&table), ["HV-D409"]);
}

#[test]
fn every_partition_that_begins_inside_another_is_noted() {
    let mut disk = mixed_mbr().build();
    let inside = |first, sectors| MbrEntry {
        active: false,
        type_id: 7,
        first,
        sectors,
    };
    put_entry(&mut disk, 3, inside(9, 4));
    put_entry(&mut disk, 1, inside(20, 4));
    let table = table(disk);
    assert_eq!(ids(&table), ["HV-W412", "HV-W412"]);
    assert!(
        table
            .notes
            .iter()
            .all(|note| note.found == "the inside of partition 1")
    );
}

#[test]
fn a_raw_image_says_nothing_of_its_sectors() {
    for sector_size in [512, 4096] {
        let gpt = Gpt {
            sector_size,
            ..one_part()
        };
        let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(gpt.build()));
        let table = read(&disk, 0).expect("a valid table");
        assert_eq!(table.sector_size as usize, sector_size);
        assert_eq!(table.notes, []);
    }
}

#[test]
fn a_volume_without_a_table_is_partition_0() {
    let table = table(ntfs());
    assert_eq!((table.scheme, numbers(&table)), (Scheme::None, vec![0]));
    let whole = &table.partitions[0];
    assert_eq!(
        (whole.start, whole.len, whole.type_id),
        (0, 32 << 10, TypeId::Whole)
    );
    assert_eq!(whole.content, Content::Ntfs);
    assert_eq!(table.notes, []);
}

#[test]
fn boot_code_where_a_table_would_be_is_none() {
    let mut disk = ntfs();
    disk[446..510].copy_from_slice(&[b'x'; 64]);
    let table = table(disk);
    assert_eq!(table.scheme, Scheme::None);
    assert_eq!(table.partitions[0].content, Content::Ntfs);
}

#[test]
fn nothing_known_is_said_to_be_so_and_never_empty() {
    let zeros = table(vec![0; 100 << 10]);
    assert_eq!(
        zeros.partitions[0].content,
        Content::Unknown(FirstBytes::Zeros(68 << 10))
    );
    assert_eq!(
        zeros.partitions[0].content.to_string(),
        "unknown (the first 68.0 KiB are zeros)"
    );
    let other = table(vec![7; 100 << 10]);
    assert_eq!(
        other.partitions[0].content,
        Content::Unknown(FirstBytes::NoSignature)
    );
    let tiny = table(vec![7; 100]);
    assert_eq!(
        tiny.partitions[0].content,
        Content::Unknown(FirstBytes::NoSignature)
    );
    assert_eq!(table(Vec::new()).partitions[0].len, 0);
}

#[test]
fn an_mbr_without_partitions_is_one() {
    let table = table(Mbr::new(Vec::new(), Vec::new()).build());
    assert_eq!((table.scheme, numbers(&table)), (Scheme::Mbr, Vec::new()));
    assert_eq!(table.mbr_signature, Some(0xdead_beef));
}

fn one_part() -> Gpt {
    Gpt::new(vec![GptPart::data("data", ntfs())])
}

#[test]
fn a_gpt_without_a_protective_mbr_counts() {
    let mut disk = one_part().build();
    disk[..512].fill(0);
    let table = table(disk);
    assert_eq!((table.scheme, numbers(&table)), (Scheme::Gpt, vec![1]));
    assert_eq!(ids(&table), ["HV-W405"]);
}

#[test]
fn a_backup_gpt_alone_counts_unless_a_volume_took_its_place() {
    let gpt = one_part();
    let mut disk = gpt.build();
    disk[..4096].fill(0);
    let backup = table(disk.clone());
    assert_eq!(numbers(&backup), [1]);
    assert_eq!(ids(&backup), ["HV-W405", "HV-D401", "HV-D402"]);
    let volume = ntfs_boot_sectors(disk.len());
    disk[..4096].copy_from_slice(&volume[..4096]);
    let formatted = table(disk);
    assert_eq!(
        (formatted.scheme, numbers(&formatted)),
        (Scheme::None, vec![0])
    );
    assert_eq!(formatted.partitions[0].content, Content::Ntfs);
}

#[test]
fn a_hybrid_mbr_is_noted_and_the_gpt_used() {
    let mut disk = one_part().build();
    put_entry(
        &mut disk,
        1,
        MbrEntry {
            active: true,
            type_id: 7,
            first: 40,
            sectors: 64,
        },
    );
    let hybrid = table(disk.clone());
    assert_eq!((hybrid.scheme, numbers(&hybrid)), (Scheme::Gpt, vec![1]));
    assert_eq!(ids(&hybrid), ["HV-W406"]);
    // With the GPT gone, the MBR's partitions are all there is.
    let len = disk.len();
    for copy in [Copy::Primary, Copy::Backup] {
        let (header, array) = (
            one_part().header_at(len, copy),
            one_part().array_at(len, copy),
        );
        disk[header..header + 512].fill(0);
        disk[array..array + 16_384].fill(0);
    }
    let left = table(disk);
    assert_eq!((left.scheme, numbers(&left)), (Scheme::Mbr, vec![2]));
    assert_eq!(ids(&left), ["HV-D404"]);
    assert_eq!(left.partitions[0].content, Content::Ntfs);
}

#[test]
fn an_mbr_that_announces_no_gpt_counts_alone() {
    let mut disk = one_part().build();
    put_entry(
        &mut disk,
        0,
        MbrEntry {
            active: false,
            type_id: 7,
            first: 40,
            sectors: 64,
        },
    );
    let table = table(disk);
    assert_eq!((table.scheme, numbers(&table)), (Scheme::Mbr, vec![1]));
    assert_eq!(ids(&table), ["HV-W413"]);
}

#[test]
fn an_unreadable_start_of_the_disk_leaves_the_backup() {
    let image = one_part().build();
    let disk: Arc<dyn ReadAt> = Arc::new(Failing::new(Memory::from(image), once(0..4096)));
    let table = read(&disk, 512).expect("the backup can be read");
    assert_eq!(numbers(&table), [1]);
    assert_eq!(ids(&table), ["HV-E601", "HV-W405", "HV-D401", "HV-D402"]);
}

#[test]
fn a_disk_whose_start_cannot_be_read_is_not_said_to_have_a_gpt() {
    let source = Memory::from(vec![0; 100 << 10]);
    let disk: Arc<dyn ReadAt> = Arc::new(Failing::new(source, once(0..68 << 10)));
    let table = read(&disk, 512).expect("nothing says that there is a table");
    let whole = &table.partitions[0].content;
    assert_eq!(*whole, Content::Unknown(FirstBytes::Unreadable));
    assert_eq!(ids(&table), ["HV-E601", "HV-D420"]);
}

#[test]
fn an_unreadable_partition_is_unknown_and_the_next_is_served() {
    let bad = 4096..4096 + (32 << 10);
    let disk: Arc<dyn ReadAt> =
        Arc::new(Failing::new(Memory::from(mixed_mbr().build()), once(bad)));
    let table = read(&disk, 512).expect("the table can be read");
    let first = &table.partitions[0].content;
    assert_eq!(*first, Content::Unknown(FirstBytes::Unreadable));
    assert_eq!(table.partitions[1].content, Content::Ntfs);
    assert_eq!(ids(&table), [codes::UNREADABLE_START.id]);
    let note = table.notes[0].to_string();
    assert!(
        note.contains("bad sector at 0x1000") && note.contains("partition 1"),
        "{note}"
    );
}

#[test]
fn ntfs_is_known_by_the_copy_of_its_boot_sector() {
    let mut disk = mixed_mbr().build();
    disk[4096..4096 + 512].fill(0xee);
    let damaged = table(disk.clone());
    assert_eq!(damaged.partitions[0].content, Content::Ntfs);
    assert_eq!(ids(&damaged), ["HV-D414"]);
    let disk: Arc<dyn ReadAt> = Arc::new(Failing::new(Memory::from(disk), once(4096..4608)));
    let unreadable = read(&disk, 512).expect("the table can be read");
    assert_eq!(unreadable.partitions[0].content, Content::Ntfs);
    assert_eq!(ids(&unreadable), ["HV-D414"]);
}

#[test]
fn types_say_what_bytes_cannot() {
    let types = [
        (crate::types::MSR, ForeignKind::Msr),
        (crate::types::STORAGE_SPACES, ForeignKind::StorageSpaces),
        (
            crate::types::STORAGE_SPACES_DATA,
            ForeignKind::StorageSpaces,
        ),
        (crate::types::LDM_DATA, ForeignKind::LdmData),
    ];
    for (type_guid, kind) in types {
        // NTFS by its bytes, and yet no plain volume.
        let part = GptPart {
            type_guid,
            ..GptPart::data("x", ntfs())
        };
        let table = table(Gpt::new(vec![part]).build());
        let Content::Foreign(foreign) = &table.partitions[0].content else {
            panic!("{kind:?}")
        };
        assert_eq!((foreign.kind, foreign.size), (kind, Some(32 << 10)));
    }
}

#[test]
fn recovery_partitions_are_ntfs_and_called_recovery() {
    let part = GptPart {
        type_guid: crate::types::RECOVERY,
        ..GptPart::data("WinRE", ntfs())
    };
    let table = table(Gpt::new(vec![part]).build());
    assert_eq!(table.partitions[0].content, Content::Ntfs);
    assert!(table.partitions[0].is_recovery());
    assert_eq!(table.partitions[0].type_name, "Windows recovery");
}
