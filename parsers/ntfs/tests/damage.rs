//! Damage costs what it hits, is told by its code, and never reads as data or as absence.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests fail loudly, and count in what is at hand"
)]

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use std::sync::Arc;

use blockio::{Cache, Memory, Place, ReadAt};
use hvrestore_ntfs::Volume;
use support::{image, open};
use tree::{Cursor, Entry, Error, FileSystem, GuestPath, Kind, Name, NodeId};

/// Where file record `number` is in an image whose $MFT is in one piece.
fn record_at(image: &[u8], number: u64) -> usize {
    let cluster =
        u64::from(u16::from_le_bytes([image[0x0B], image[0x0C]])) * u64::from(image[0x0D]);
    let lcn = u64::from_le_bytes(image[0x30..0x38].try_into().unwrap());
    (lcn * cluster + number * 1024) as usize
}

/// Where `bytes` are in file record `number`.
fn find_in_record(image: &[u8], number: u64, bytes: &[u8]) -> usize {
    let start = record_at(image, number);
    let record = &image[start..start + 1024];
    start
        + record
            .windows(bytes.len())
            .position(|window| window == bytes)
            .unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn number_of(image: &[u8], path: &str) -> u64 {
    tree::resolve(&open(image.to_vec()), &path.into())
        .unwrap()
        .0
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Fault(fault) => fault.code.id,
        other => panic!("{other}"),
    }
}

/// What a bulk listing gives: entries, and the codes of its losses with their paths.
fn listing(volume: &Volume) -> (Vec<Entry>, Vec<(String, &'static str)>) {
    let mut losses = Vec::new();
    let entries = volume.entries(volume.root(), &GuestPath::root()).unwrap();
    let entries = entries.filter_map(|entry| {
        entry
            .map_err(|loss| losses.push((loss.path.to_string(), code(&loss.error))))
            .ok()
    });
    let entries = entries.collect();
    (entries, losses)
}

fn notes(volume: &Volume) -> Vec<&'static str> {
    volume
        .info()
        .notes
        .iter()
        .map(|note| note.code.id)
        .collect()
}

#[test]
fn copies_stand_in_and_are_told() {
    assert_eq!(notes(&open(image("broken-boot-sector"))), ["HV-W230"]);
    assert_eq!(notes(&open(image("broken-mft-record-0"))), ["HV-W231"]);
    assert!(notes(&open(image("plain"))).is_empty());
}

#[test]
fn without_either_copy_of_its_first_record_there_is_no_mft() {
    let mut image = image("broken-mft-record-0");
    let cluster =
        usize::from(u16::from_le_bytes([image[0x0B], image[0x0C]])) * usize::from(image[0x0D]);
    let mirror = u64::from_le_bytes(image[0x38..0x40].try_into().unwrap()) as usize * cluster;
    image[mirror..mirror + 4].copy_from_slice(b"BAAD");
    let opened = Volume::open(
        Arc::new(Memory::from(image)),
        "web01.vhdx",
        &Cache::default(),
    );
    let fault = opened.err().unwrap().to_string();
    assert!(
        fault.starts_with("damaged: $MFT: ") && fault.ends_with("(web01.vhdx) [HV-D201]"),
        "{fault}"
    );
}

#[test]
fn a_damaged_case_table_is_replaced_and_told() {
    let mut image = image("plain");
    let at = record_at(&image, 10);
    image[at..at + 4].copy_from_slice(b"BAAD");
    let volume = open(image);
    assert_eq!(notes(&volume), ["HV-W232"]);
    let users = volume.lookup(volume.root(), &Name::from("USERS")).unwrap();
    assert_eq!(volume.metadata(users).unwrap().kind, Kind::Directory);
}

#[test]
fn a_record_in_another_life_is_no_file_of_this_name() {
    let mut image = image("broken-dirty");
    let number = number_of(&image, "folder/victim.bin");
    let at = record_at(&image, number);
    image[at + 0x10] += 1;
    let volume = open(image);
    let folder = volume.lookup(volume.root(), &Name::from("folder")).unwrap();
    let found = volume.lookup(folder, &Name::from("victim.bin"));
    assert_eq!(code(&found.unwrap_err()), "HV-D205");
    let listed = volume.read_dir(folder, Cursor::START).unwrap();
    let errors: Vec<_> = listed.filter_map(Result::err).collect();
    assert_eq!(errors.iter().map(code).collect::<Vec<_>>(), ["HV-D205"]);
    assert_eq!(listing(&volume).1, [("/folder".to_owned(), "HV-D205")]);
}

#[test]
fn a_volume_that_was_cut_off_loses_what_was_behind_the_cut() {
    let whole = image("broken-dirty");
    let volume = open(whole.clone());
    let node = tree::resolve(&volume, &"folder/victim.bin".into()).unwrap();
    let data = volume.open(node, None).unwrap();
    let mut bytes = vec![0; data.size() as usize];
    data.read_exact_at(&mut bytes, 0).unwrap();
    let start = whole
        .windows(64)
        .position(|window| window == &bytes[..64])
        .unwrap();
    // The cut goes through the third cluster of the file.
    let cut = open(whole[..start + 10_000].to_vec());
    let data = cut.open(node, None).unwrap();
    let good = data.run_at(0, u64::MAX).unwrap();
    assert_eq!(good.len, 10_000);
    let lost = data.run_at(10_000, u64::MAX).unwrap();
    let Place::Lost(fault) = lost.place else {
        panic!("{lost:?}")
    };
    assert_eq!(
        (fault.code.id, lost.len),
        ("HV-D209", bytes.len() as u64 - 10_000)
    );
    assert!(fault.to_string().contains("(test)"), "{fault}");
}

#[test]
fn only_the_damaged_compression_unit_is_lost() {
    let volume = open(image("lznt1-512"));
    let node = tree::resolve(&volume, &"compressed/undecodable.txt".into()).unwrap();
    let data = volume.open(node, None).unwrap();
    let mut lost = 0;
    let mut at = 0;
    while at < data.size() {
        let run = data.run_at(at, u64::MAX).unwrap();
        if let Place::Lost(fault) = run.place {
            assert_eq!(fault.code.id, "HV-D210");
            lost += run.len;
        } else {
            data.read_exact_at(&mut vec![0; run.len as usize], at)
                .unwrap();
        }
        at += run.len;
    }
    // A unit is 16 clusters of 512 bytes.
    assert_eq!(lost, data.size().min(8192));
}

#[test]
fn a_damaged_reparse_point_is_told_where_the_link_is_read() {
    let mut image = image("links");
    let number = number_of(&image, "absolute.txt");
    let tag = find_in_record(&image, number, &0xA000_000C_u32.to_le_bytes());
    // The substitute name's length stands behind the header and its offset.
    image[tag + 10..tag + 12].copy_from_slice(&[0xFE, 0xFF]);
    let volume = open(image);
    assert_eq!(
        code(&volume.read_link(NodeId(number)).unwrap_err()),
        "HV-D212"
    );
    assert_eq!(volume.metadata(NodeId(number)).unwrap().kind, Kind::Symlink);
}

#[test]
fn a_name_with_a_slash_costs_itself_only() {
    let mut image = image("broken-dirty");
    let number = number_of(&image, "folder/victim.bin");
    let folder = number_of(&image, "folder");
    for record in [number, folder] {
        let at = find_in_record(&image, record, &utf16("victim.bin"));
        image[at + 2 * 3] = b'/';
    }
    let (entries, losses) = listing(&open(image.clone()));
    assert!(
        losses.contains(&("/folder".to_owned(), "HV-D211")),
        "{losses:?}"
    );
    assert!(
        entries
            .iter()
            .any(|entry| entry.path == "folder/beside.bin".into())
    );
    assert!(!entries.iter().any(|entry| entry.node == NodeId(number)));
    assert_eq!(
        entries.len(),
        listing(&open(support::image("broken-dirty"))).0.len() - 1
    );
}

#[test]
fn what_is_in_a_directory_with_a_damaged_record_is_found() {
    let healthy = image("broken-dirty");
    let number = number_of(&healthy, "folder");
    let mut image = healthy.clone();
    let at = record_at(&image, number);
    image[at..at + 4].copy_from_slice(b"BAAD");
    let volume = open(image);
    let (entries, losses) = listing(&volume);
    assert_eq!(losses, [("/folder".to_owned(), "HV-D202")]);
    let (mut all, _) = listing(&open(healthy));
    // Of the directory itself nothing is known but the loss.
    all.retain(|entry| entry.path != "folder".into());
    let paths = |entries: &[Entry]| -> Vec<_> { entries.iter().map(|e| e.path.clone()).collect() };
    assert_eq!(paths(&entries), paths(&all));
    let below = entries
        .iter()
        .filter(|entry| entry.path.parent() == Some("folder".into()));
    assert!(below.clone().count() >= 3 && below.clone().all(|entry| entry.unindexed));
    for entry in below {
        let name = entry.path.name().unwrap();
        assert_eq!(volume.lookup(NodeId(number), &name).unwrap(), entry.node);
    }
    let listed = volume.read_dir(NodeId(number), Cursor::START).unwrap();
    assert_eq!(listed.filter(Result::is_ok).count(), 3);
}

#[test]
fn a_damaged_index_is_told_and_listed_from_any_cursor() {
    let volume = open(image("broken-index-block"));
    let many = volume.lookup(volume.root(), &Name::from("many")).unwrap();
    let all: Vec<_> = volume.read_dir(many, Cursor::START).unwrap().collect();
    let errors: Vec<_> = all
        .iter()
        .filter_map(|entry| entry.as_ref().err())
        .map(code)
        .collect();
    assert_eq!(errors, ["HV-D213"]);
    let good: Vec<_> = all.into_iter().filter_map(Result::ok).collect();
    assert_eq!(good.len(), 120);
    assert!(good.iter().filter(|entry| entry.unindexed).count() > 10);
    for (at, entry) in good.iter().enumerate() {
        assert_eq!(volume.lookup(many, &entry.name).unwrap(), entry.node);
        let rest = volume
            .read_dir(many, entry.next)
            .unwrap()
            .filter_map(Result::ok);
        assert_eq!(
            rest.collect::<Vec<_>>(),
            good[at + 1..],
            "behind {:?}",
            entry.name
        );
    }
    let absent = volume.lookup(many, &Name::from("entry number 013 that is not there"));
    assert!(
        matches!(absent, Err(Error::Fault(_))),
        "damage is not absence: {absent:?}"
    );
}
