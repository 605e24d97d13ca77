//! Either header with either entry array, and what is left when both copies are damaged.

use std::sync::Arc;

use blockio::{Memory, ReadAt};
use testkit::partition::{Copy, Gpt, GptPart, ntfs_boot_sectors, seal_header};

use crate::{Content, Error, Scheme, Table, codes, read};

fn table(disk: Vec<u8>) -> Result<Table, Error> {
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(disk));
    read(&disk, 512)
}

fn two_parts() -> Gpt {
    Gpt::new(vec![
        GptPart::data("first", ntfs_boot_sectors(64 << 10)),
        GptPart::data("second one", ntfs_boot_sectors(32 << 10)),
    ])
}

fn ids(table: &Table) -> Vec<&'static str> {
    table.notes.iter().map(|note| note.code.id).collect()
}

/// The two partitions, wherever the table was read from.
fn assert_both_parts(table: &Table, gpt: &Gpt) {
    assert_eq!(table.scheme, Scheme::Gpt);
    let parts: Vec<_> = table
        .partitions
        .iter()
        .map(|part| Some((part.start as usize, part.len as usize)))
        .collect();
    assert_eq!(parts, gpt.places());
    assert!(
        table
            .partitions
            .iter()
            .all(|part| part.content == Content::Ntfs)
    );
}

#[test]
fn a_whole_table_is_read_without_notes() {
    let gpt = two_parts();
    let table = table(gpt.build()).expect("a valid table");
    assert_both_parts(&table, &gpt);
    assert_eq!(table.notes, []);
    assert_eq!(table.disk_guid, Some(gpt.disk_guid));
    let names: Vec<_> = table
        .partitions
        .iter()
        .map(|part| part.name.as_deref())
        .collect();
    assert_eq!(names, [Some("first"), Some("second one")]);
    assert_eq!(table.partitions[0].type_name, "basic data");
    assert_eq!(table.partitions[1].number, 2);
}

#[test]
fn every_entry_and_sector_size_is_read() {
    for sector_size in [512, 4096] {
        for entry_size in [128, 256, 512, 1024, 4096, 65_536] {
            for entry_count in [2, 3, 128] {
                let gpt = Gpt {
                    sector_size,
                    entry_size,
                    entry_count,
                    ..two_parts()
                };
                let table = table(gpt.build()).expect("a valid table");
                assert_both_parts(&table, &gpt);
                let expected: &[&str] = if sector_size == 512 {
                    &[]
                } else {
                    &["HV-W415"]
                };
                assert_eq!(
                    ids(&table),
                    expected,
                    "{sector_size} {entry_size} {entry_count}"
                );
                assert_eq!(table.sector_size as usize, sector_size);
            }
        }
    }
}

#[test]
fn unused_entries_keep_their_numbers() {
    let mut gpt = two_parts();
    gpt.parts.insert(1, None);
    let table = table(gpt.build()).expect("a valid table");
    let numbers: Vec<_> = table.partitions.iter().map(|part| part.number).collect();
    assert_eq!(numbers, [1, 3]);
}

#[test]
fn one_whole_header_and_one_whole_array_are_enough() {
    let gpt = two_parts();
    let copies = [None, Some(Copy::Primary), Some(Copy::Backup)];
    for header in copies {
        for array in copies {
            let mut disk = gpt.build();
            header.inspect(|&copy| gpt.break_header(&mut disk, copy));
            array.inspect(|&copy| gpt.break_array(&mut disk, copy));
            let table = table(disk).expect("one copy of each is left");
            assert_both_parts(&table, &gpt);
            assert_eq!(table.partitions[0].name.as_deref(), Some("first"));
            let notes = ids(&table);
            assert_eq!(
                notes.contains(&codes::GPT_HEADER.id),
                header.is_some(),
                "{header:?} {array:?}"
            );
            assert_eq!(
                notes.contains(&codes::GPT_ENTRIES.id),
                array.is_some(),
                "{header:?} {array:?}"
            );
        }
    }
}

#[test]
fn without_a_valid_array_what_looks_right_is_salvaged_and_said_so() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    gpt.break_array(&mut disk, Copy::Primary);
    gpt.break_array(&mut disk, Copy::Backup);
    let table = table(disk).expect("entries are salvaged");
    assert_both_parts(&table, &gpt);
    assert_eq!(ids(&table), ["HV-D402", "HV-D402", "HV-D403"]);
}

#[test]
fn without_a_valid_header_the_usual_places_are_looked_at() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    gpt.break_header(&mut disk, Copy::Primary);
    let backup = gpt.header_at(disk.len(), Copy::Backup);
    disk[backup..backup + 512].fill(0);
    let table = table(disk).expect("entries are salvaged");
    assert_both_parts(&table, &gpt);
    assert_eq!(ids(&table), ["HV-D403"]);
}

#[test]
fn salvaged_entries_neither_overlap_nor_leave_the_disk() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    for copy in [Copy::Primary, Copy::Backup] {
        let array = gpt.array_at(disk.len(), copy);
        // The second partition begins inside the first.
        let start = gpt.places()[0].expect("it is there").0 / 512 + 1;
        disk[array + 128 + 32..array + 128 + 40].copy_from_slice(&(start as u64).to_le_bytes());
    }
    let table = table(disk).expect("one entry is salvaged");
    let numbers: Vec<_> = table.partitions.iter().map(|part| part.number).collect();
    assert_eq!(numbers, [1]);
}

#[test]
fn a_gpt_of_which_nothing_is_left_is_an_error_and_not_an_empty_disk() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    let len = disk.len();
    for copy in [Copy::Primary, Copy::Backup] {
        let (header, array) = (gpt.header_at(len, copy), gpt.array_at(len, copy));
        disk[header..header + 512].fill(0);
        disk[array..array + 16_384].fill(0);
    }
    let error = table(disk).expect_err("nothing is left");
    assert_eq!(error.fault().code, &codes::GPT_LOST);
    assert!(error.to_string().contains("no signature"), "{error}");
}

#[test]
fn valid_copies_that_differ_are_said_to() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    gpt.break_array(&mut disk, Copy::Backup);
    gpt.seal(&mut disk);
    let table = table(disk).expect("a valid table");
    assert_both_parts(&table, &gpt);
    assert_eq!(ids(&table), ["HV-W419"]);
}

#[test]
fn an_enlarged_disk_has_its_backup_where_it_was() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    disk.resize(disk.len() + (1 << 20), 0);
    let whole = table(disk.clone()).expect("a valid table");
    assert_both_parts(&whole, &gpt);
    assert_eq!(ids(&whole), ["HV-W407"]);
    // The primary's array alone, and its header's checksum, may be broken too: the header still
    // tells where the backup is.
    gpt.break_array(&mut disk, Copy::Primary);
    disk[512 + 60] ^= 0xff;
    let table = table(disk).expect("the backup is found");
    assert_both_parts(&table, &gpt);
    assert_eq!(ids(&table), ["HV-D401", "HV-W407", "HV-D402"]);
}

#[test]
fn a_cut_disk_serves_what_is_left_of_it() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    let (start, len) = gpt.places()[1].expect("it is there");
    disk.truncate(start + len / 2);
    let table = table(disk).expect("the primary is whole");
    assert_eq!(ids(&table), ["HV-W407", "HV-D402", "HV-D409"]);
    let cut = &table.partitions[1];
    assert_eq!((cut.len as usize, cut.stated_len as usize), (len / 2, len));
    assert_eq!(cut.content, Content::Ntfs);
}

#[test]
fn hostile_counts_and_sizes_are_refused_before_anything_is_allocated() {
    let gpt = two_parts();
    for (at, value) in [
        (80, u32::MAX),
        (80, 1 << 20),
        (84, u32::MAX),
        (84, 192),
        (84, 64),
        (84, 1 << 31),
    ] {
        let mut disk = gpt.build();
        disk[512 + at..512 + at + 4].copy_from_slice(&value.to_le_bytes());
        seal_header(&mut disk[512..1024]);
        let table = table(disk).expect("the backup is whole");
        assert_both_parts(&table, &gpt);
        assert_eq!(ids(&table), ["HV-D401"], "{value:#x} at {at}");
    }
}

#[test]
fn header_sizes_up_to_a_sector_are_summed_and_others_refused() {
    let gpt = two_parts();
    for (size, is_valid) in [
        (92_u32, true),
        (512, true),
        (513, false),
        (91, false),
        (u32::MAX, false),
    ] {
        let mut disk = gpt.build();
        disk[512 + 12..512 + 16].copy_from_slice(&size.to_le_bytes());
        seal_header(&mut disk[512..1024]);
        let table = table(disk).expect("one header is whole");
        assert_both_parts(&table, &gpt);
        assert_eq!(table.notes.is_empty(), is_valid, "{size}");
    }
}

#[test]
fn an_entry_that_ends_before_it_begins_is_left_out() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    for copy in [Copy::Primary, Copy::Backup] {
        let array = gpt.array_at(disk.len(), copy);
        disk[array + 40..array + 48].fill(0);
    }
    gpt.seal(&mut disk);
    let table = table(disk).expect("a valid table");
    assert_eq!(ids(&table), ["HV-D410"]);
    assert_eq!(table.partitions[0].number, 2);
}

#[test]
fn an_array_too_long_to_be_one_is_refused() {
    let gpt = two_parts();
    let mut disk = gpt.build();
    disk[512 + 80..512 + 84].copy_from_slice(&16_384_u32.to_le_bytes());
    disk[512 + 84..512 + 88].copy_from_slice(&2048_u32.to_le_bytes());
    seal_header(&mut disk[512..1024]);
    let table = table(disk).expect("the backup is whole");
    assert_both_parts(&table, &gpt);
    assert_eq!(ids(&table), ["HV-D401"]);
    assert_eq!(table.notes[0].found, "0x2000000");
}
