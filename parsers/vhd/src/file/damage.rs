//! Damaged files: what refuses to open, and what costs only its own bytes. Provokes every code.

use std::sync::Arc;

use blockio::{Cache, Fault, FaultKind, Layer, Memory, ReadAt, State};
use testkit::failing::Failing;
use testkit::vhd::{Image, Kind, TABLE};
use testkit::{checksums, read_layer};
use uuid::Uuid;

use crate::File;

const KIB: usize = 1 << 10;
const MIB: u64 = 1 << 20;
const BLOCK: usize = 512 << 10;

/// Four blocks, all written, in this order in the file: 0, 1, 2, 3.
fn dynamic() -> Image {
    let mut image = Image::new(Kind::Dynamic, 2 * MIB, BLOCK as u32);
    image.write(0, &vec![0xAB; 2 << 20]);
    image
}

fn try_open(bytes: Vec<u8>) -> Result<File, crate::Error> {
    File::open(Arc::new(Memory::from(bytes)), "disk.vhd", &Cache::default())
}

fn refused(bytes: Vec<u8>) -> Arc<Fault> {
    let error = try_open(bytes).expect_err("a damaged image");
    assert_eq!(error.fault().file.as_deref(), Some("disk.vhd"));
    assert_eq!(error.to_string(), error.fault().to_string());
    Arc::clone(error.fault())
}

/// The image of `dynamic`, changed, its checksums right again.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = dynamic().to_bytes();
    change(&mut bytes);
    checksums::vhd(&mut bytes);
    bytes
}

/// The image of `dynamic`, a field of its footer and of the copy changed.
fn with_footer(at: usize, field: &[u8]) -> Vec<u8> {
    changed(|bytes| {
        let end = bytes.len() - 512;
        for footer in [0, end] {
            bytes[footer + at..][..field.len()].copy_from_slice(field);
        }
    })
}

fn with_header(at: usize, field: &[u8]) -> Vec<u8> {
    changed(|bytes| bytes[512 + at..][..field.len()].copy_from_slice(field))
}

fn with_entry(block: usize, entry: u32) -> Vec<u8> {
    changed(|bytes| bytes[TABLE + 4 * block..][..4].copy_from_slice(&entry.to_be_bytes()))
}

fn fault_at(file: &File, offset: u64) -> Option<Arc<Fault>> {
    let extent = file.extent_at(offset, u64::MAX).expect("within the disk");
    match extent.state {
        State::Lost(fault) => Some(fault),
        _ => None,
    }
}

fn verified(file: &File) -> Vec<&'static str> {
    let mut codes = Vec::new();
    file.verify(&mut |fault| {
        assert_eq!(fault.file.as_deref(), Some("disk.vhd"));
        codes.push(fault.code.id);
    })
    .expect("in memory");
    codes
}

#[test]
fn a_sound_file_has_nothing_to_report() {
    let file = try_open(dynamic().to_bytes()).expect("sound");
    assert_eq!(file.notes(), []);
    assert_eq!(verified(&file), Vec::<&str>::new());
}

#[test]
fn no_footer_anywhere() {
    for len in [0, 1, 511, 512, 4096] {
        assert_eq!(refused(vec![7; len]).code.id, "HV-D301", "{len} bytes");
    }
}

#[test]
fn a_footer_of_a_wrong_checksum_gives_way_to_its_copy() {
    let mut bytes = dynamic().to_bytes();
    let end = bytes.len() - 512;
    bytes[end + 100] ^= 1;
    let file = try_open(bytes.clone()).expect("the copy is sound");
    assert_eq!(file.notes()[0].code.id, "HV-D302");
    assert_eq!(file.notes()[0].offset, Some(end as u64));
    assert!(fault_at(&file, 0).is_none());
    bytes[100] ^= 1;
    let fault = refused(bytes);
    assert_eq!((fault.code.id, fault.offset), ("HV-D302", Some(end as u64)));
}

#[test]
fn a_fixed_disk_has_no_copy_of_its_footer() {
    let mut bytes = Image::new(Kind::Fixed, MIB, BLOCK as u32).to_bytes();
    let end = bytes.len() - 512;
    bytes[end + 100] ^= 1;
    assert_eq!(refused(bytes).code.id, "HV-D302");
}

#[test]
fn a_cut_file_keeps_what_lies_before_the_cut() {
    let image = dynamic();
    let place = image.block_place(2);
    let mut bytes = image.to_bytes();
    bytes.truncate(place + 512 + 10 * 512);
    let file = try_open(bytes).expect("the copy is sound");
    assert_eq!(file.notes()[0].code.id, "HV-D302");
    let mut buf = vec![0; 2 * BLOCK + 10 * 512];
    read_layer(&file, &[], &mut buf, 0).expect("before the cut");
    assert!(buf.iter().all(|byte| *byte == 0xAB));
    let cut = fault_at(&file, buf.len() as u64).expect("behind the cut");
    assert_eq!(cut.code.id, "HV-D308");
    let beyond = fault_at(&file, 3 * BLOCK as u64).expect("wholly behind it");
    assert_eq!(beyond.code.id, "HV-D307");
    assert_eq!(verified(&file), ["HV-D308", "HV-D307"]);
}

#[test]
fn a_fixed_disk_longer_than_its_file() {
    let mut image = Image::new(Kind::Fixed, MIB, BLOCK as u32);
    image.write(0, &[1; 512]);
    let mut bytes = image.to_bytes();
    bytes.drain(600 * KIB..900 * KIB);
    let file = try_open(bytes).expect("the footer is sound");
    let extent = file.extent_at(0, u64::MAX).expect("within the disk");
    assert_eq!(extent.len, MIB - 300 * KIB as u64);
    assert_eq!(fault_at(&file, extent.len).expect("cut").code.id, "HV-D308");
    assert_eq!(verified(&file), ["HV-D308"]);
}

#[test]
fn sizes_that_cannot_be() {
    for size in [0, 511, MIB + 1, u64::MAX] {
        let fault = refused(with_footer(48, &size.to_be_bytes()));
        assert_eq!(fault.code.id, "HV-D303", "{size}");
    }
}

#[test]
fn versions_and_types_that_are_not_known() {
    for (at, field) in [(12, 0x2_0000_u32), (60, 0), (60, 5), (60, u32::MAX)] {
        let fault = refused(with_footer(at, &field.to_be_bytes()));
        assert_eq!(
            (fault.code.id, fault.kind),
            ("HV-E304", FaultKind::Unsupported)
        );
    }
}

#[test]
fn a_dynamic_disk_header_that_cannot_be() {
    let u32s = |at, value: u32| with_header(at, &value.to_be_bytes());
    let mut bad_sum = dynamic().to_bytes();
    bad_sum[512 + 700] ^= 1;
    for (what, bytes) in [
        ("cookie", with_header(0, b"cxSparse")),
        ("version", u32s(24, 0x2_0000)),
        ("block size 0", u32s(32, 0)),
        ("block size 256", u32s(32, 256)),
        ("block size 3 MiB", u32s(32, 3 << 20)),
        ("checksum", bad_sum),
        (
            "beyond the file",
            with_footer(16, &(1_u64 << 40).to_be_bytes()),
        ),
        (
            "at the end of numbers",
            with_footer(16, &u64::MAX.to_be_bytes()),
        ),
    ] {
        assert_eq!(refused(bytes).code.id, "HV-D305", "{what}");
    }
}

#[test]
fn a_table_that_does_not_fit() {
    let cases = [
        ("too few entries", with_header(28, &3_u32.to_be_bytes())),
        (
            "a disk of too many blocks",
            with_footer(48, &(1_u64 << 62).to_be_bytes()),
        ),
        (
            "beyond the file",
            with_header(16, &(1_u64 << 40).to_be_bytes()),
        ),
        (
            "at the end of numbers",
            with_header(16, &u64::MAX.to_be_bytes()),
        ),
    ];
    for (what, bytes) in cases {
        assert_eq!(refused(bytes).code.id, "HV-D306", "{what}");
    }
}

#[test]
fn a_block_at_a_place_that_cannot_be_costs_only_itself() {
    let over_table = (TABLE / 512) as u32;
    for entry in [0, 1, over_table, 1 << 20, u32::MAX - 1] {
        let file = try_open(with_entry(1, entry)).expect("only one block is bad");
        let extent = file.extent_at(BLOCK as u64, u64::MAX).expect("asked");
        assert_eq!(extent.len, BLOCK as u64, "{entry:#x}");
        let fault = fault_at(&file, BLOCK as u64 + 700).expect("lost");
        assert_eq!((fault.code.id, &*fault.what), ("HV-D307", "block 1"));
        for offset in [0, 2 * BLOCK as u64, 2 * MIB - 1] {
            assert!(fault_at(&file, offset).is_none(), "{entry:#x}: {offset:#x}");
        }
        assert_eq!(verified(&file), ["HV-D307"]);
    }
}

#[test]
fn blocks_that_share_bytes_are_found_by_verify() {
    let place = (dynamic().block_place(0) / 512) as u32;
    let file = try_open(with_entry(3, place)).expect("opening does not look");
    assert_eq!(verified(&file), ["HV-D309"]);
}

#[test]
fn a_locator_beyond_the_file_is_noted() {
    let base = Image::new(Kind::Fixed, MIB, BLOCK as u32);
    let mut bytes = Image::child_of(&base, "base.vhd", Uuid::from_u128(9)).to_bytes();
    bytes[512 + 576 + 16..][..8].copy_from_slice(&(1_u64 << 40).to_be_bytes());
    bytes[512 + 576 + 24 + 8..][..4].copy_from_slice(&u32::MAX.to_be_bytes());
    checksums::vhd(&mut bytes);
    let file = try_open(bytes).expect("the unique id is enough");
    let codes: Vec<_> = file.notes().iter().map(|note| note.code.id).collect();
    assert_eq!(codes, ["HV-D310", "HV-D310"]);
    let parent = file.parent().expect("a differencing disk");
    assert_eq!((&parent.relative, &parent.absolute), (&None, &None));
    assert_eq!(parent.name.as_deref(), Some("base.vhd"));
}

#[test]
fn footers_that_differ_are_found_by_verify() {
    let bytes = changed(|bytes| bytes[24] ^= 1);
    assert_eq!(verified(&try_open(bytes).expect("sound")), ["HV-W312"]);
    let mut bytes = dynamic().to_bytes();
    bytes[70] ^= 1;
    assert_eq!(
        verified(&try_open(bytes).expect("the end is sound")),
        ["HV-W312"]
    );
}

#[test]
fn a_table_or_bitmap_that_the_medium_does_not_give() {
    let image = dynamic();
    let bitmap = image.block_place(3) as u64;
    let entry = TABLE as u64 + 4;
    let bytes = Failing::new(
        Memory::from(image.to_bytes()),
        [entry..entry + 4, bitmap..bitmap + 512],
    );
    let bytes: Arc<dyn ReadAt> = Arc::new(bytes);
    let file = File::open(bytes, "disk.vhd", &Cache::default()).expect("the rest is there");
    for block in [1, 3] {
        let fault = fault_at(&file, block * BLOCK as u64).expect("lost");
        assert_eq!(
            (fault.code.id, fault.kind),
            ("HV-E313", FaultKind::CannotRead)
        );
    }
    for block in [0, 2] {
        assert!(
            fault_at(&file, block * BLOCK as u64).is_none(),
            "block {block}"
        );
    }
}

#[test]
fn a_bad_sector_of_a_long_bitmap_loses_what_it_describes() {
    let mut image = Image::new(Kind::Dynamic, 16 * MIB, 16 << 20);
    image.write(0, &vec![0xAB; 16 << 20]);
    let bad = image.block_place(0) as u64 + 1024;
    let bytes = Failing::new(Memory::from(image.to_bytes()), Some(bad..bad + 512));
    let file = File::open(Arc::new(bytes), "disk.vhd", &Cache::default()).expect("opens");
    let (mut offset, mut lost) = (0, Vec::new());
    while offset < 16 * MIB {
        let extent = file.extent_at(offset, u64::MAX).expect("answered");
        if let State::Lost(fault) = &extent.state {
            assert_eq!(fault.code.id, "HV-E313");
            lost.push(offset..offset + extent.len);
        }
        offset += extent.len;
    }
    assert_eq!(lost, Vec::from_iter(Some(4 * MIB..6 * MIB)));
    let before = file.extent_at(3 * MIB, MIB).expect("answered");
    assert!(matches!(before.state, State::File(_)), "{before:?}");
}

#[test]
fn verify_names_a_copy_of_the_footer_that_cannot_be_read() {
    let bytes = Failing::new(Memory::from(dynamic().to_bytes()), Some(0..512));
    let file = File::open(Arc::new(bytes), "disk.vhd", &Cache::default()).expect("opens");
    assert_eq!(verified(&file), ["HV-W312"]);
}

#[test]
fn every_code_is_provoked_here() {
    let source = concat!(
        include_str!("damage.rs"),
        include_str!("tests.rs"),
        include_str!("../edit/tests.rs"),
        include_str!("../write/tests.rs")
    );
    for code in crate::codes::ALL {
        assert!(source.contains(&format!("\"{}\"", code.id)), "{code}");
    }
}
