//! Sound files: each kind, each state, each size; and second copies where the first is bad.

use std::sync::LazyLock;

use blockio::{Layer, State};
use hvrestore_vhdx::Kind;
use testkit::vhdx::{Block, Built, Image, MIB, Order, state};
use uuid::Uuid;

use crate::{contents, notes, open, verify};

/// Bytes that differ from sector to sector, so that a misplaced one shows.
pub(crate) fn pattern(len: usize, seed: u8) -> Vec<u8> {
    (0..len)
        .map(|at| (at / 512) as u8 ^ (at / 131_072) as u8 ^ seed)
        .collect()
}

/// A parent as large as the disk, without zeros.
pub(crate) fn parent(size: u64) -> Vec<u8> {
    vec![0xAA; size as usize]
}

/// A differencing disk with a block of every state, then two that touch within a sector bitmap.
pub(crate) fn every_state() -> Image {
    let mut image = Image::differencing(10 * MIB, Uuid::from_u128(7), r".\base.vhdx");
    image.order = Order::Shuffled(3);
    image.set(1, Block::Undefined);
    image.set(2, Block::Zero);
    image.set(3, Block::Unmapped);
    image.set(4, Block::Full(pattern(1 << 20, 0x11)));
    image.write(5 * MIB + 512, &pattern(1024, 0x55));
    image.write(6 * MIB - 512, &pattern(1024, 0x66));
    image.write(8 * MIB, &pattern(1 << 20, 0x33));
    image
}

/// The same, laid out: made once, copied for each test that damages it.
pub(crate) fn built() -> Built {
    static BUILT: LazyLock<Built> = LazyLock::new(|| every_state().build());
    BUILT.clone()
}

#[test]
fn every_state_reads_as_the_specification_says() {
    let image = every_state();
    let file = open(&image.build());
    let parent = parent(image.disk_size);
    assert_eq!(file.kind(), Kind::Differencing);
    testkit::layer_contract(&file, &parent, &image.model(&parent));
    assert_eq!(verify(&file), []);
    assert_eq!(file.allocated().expect("readable"), 4 * MIB);
}

#[test]
fn every_block_and_sector_size_reads_to_the_byte() {
    for block_size in [1 << 20, 2 << 20, 16 << 20] {
        for sector_size in [512, 4096] {
            let size = u64::from(block_size) + 3 * MIB + 4096;
            let mut image = Image::differencing(size, Uuid::from_u128(7), r".\base.vhdx");
            (image.block_size, image.logical_sector_size) = (block_size, sector_size);
            image.write(MIB - 8192, &pattern(16_384, 0x21));
            image.write(u64::from(block_size) - 4096, &pattern(8192, 0x42));
            image.write(size - 4096, &pattern(4096, 0x63));
            let parent = pattern(size as usize, 0x99);
            let file = open(&image.build());
            assert_eq!(
                (file.block_size(), file.logical_sector_size()),
                (block_size, sector_size)
            );
            assert!(
                contents(&file, &parent) == image.model(&parent),
                "{block_size} {sector_size}"
            );
        }
    }
}

#[test]
fn a_fixed_disk_holds_every_block() {
    let mut image = Image::fixed(5 * MIB + 512);
    image.write(MIB - 100, &pattern(3000, 1));
    let file = open(&image.build());
    assert_eq!(file.kind(), Kind::Fixed);
    testkit::layer_contract(&file, &[], &image.model(&[]));
    assert_eq!(file.allocated().expect("readable"), 6 * MIB);
    assert!(file.parent_locator().is_none());
}

#[test]
fn what_is_stored_in_one_piece_is_one_extent() {
    let mut image = Image::dynamic(20 * MIB);
    image.write(2 * MIB, &pattern(10 << 20, 1));
    let file = open(&image.build());
    let lens = |offset, max| file.extent_at(offset, max).expect("answered");
    assert_eq!(lens(0, u64::MAX).len, 2 * MIB);
    assert_eq!(lens(3 * MIB + 5, u64::MAX).len, 9 * MIB - 5);
    assert_eq!(lens(3 * MIB + 5, 4096).len, 4096);
    let rest = lens(12 * MIB, u64::MAX);
    assert!(
        rest.len == 8 * MIB && matches!(rest.state, State::Zero),
        "{rest:?}"
    );
}

#[test]
fn sectors_of_one_bit_are_one_extent_across_blocks() {
    let mut image = Image::differencing(8 * MIB, Uuid::from_u128(7), r".\base.vhdx");
    image.write(MIB + 512, &pattern((3 << 20) - 1024, 1));
    let file = open(&image.build());
    let first = file.extent_at(MIB + 512, u64::MAX).expect("answered");
    assert_eq!(first.len, 3 * MIB - 1024);
    let rest = file.extent_at(4 * MIB - 512, u64::MAX).expect("answered");
    assert!(
        rest.len == 4 * MIB + 512 && matches!(rest.state, State::Parent),
        "{rest:?}"
    );
}

#[test]
fn chunks_have_bitmaps_of_their_own() {
    // Blocks of 256 MiB and sectors of 512 bytes: a chunk is 16 blocks, 4 GiB.
    let mut image = Image::differencing(9 << 30, Uuid::from_u128(7), r".\base.vhdx");
    image.block_size = 256 << 20;
    image.write(0x200, &pattern(512, 1));
    image.write((8 << 30) - 512, &pattern(1024, 2));
    let file = open(&image.build());
    let state = |offset| file.extent_at(offset, 512).expect("answered").state;
    for offset in [0x200, (8 << 30) - 512, 8 << 30] {
        assert!(matches!(state(offset), State::File(_)), "{offset:#x}");
    }
    for offset in [0, 0x400, 4 << 30, (8 << 30) - 1024, (8 << 30) + 512] {
        assert!(matches!(state(offset), State::Parent), "{offset:#x}");
    }
    assert_eq!(verify(&file), []);
}

#[test]
fn offsets_of_blocks_that_are_not_stored_mean_nothing() {
    let image = every_state();
    let mut built = image.build();
    for (block, state) in [
        (0, state::NOT_PRESENT),
        (1, state::UNDEFINED),
        (3, state::UNMAPPED),
    ] {
        built.set_bat_entry(block, state, built.layout.places[&4]);
    }
    built.set_bat_entry(2, state::ZERO, u64::MAX << 20);
    let parent = parent(image.disk_size);
    let file = open(&built);
    assert!(contents(&file, &parent) == image.model(&parent));
    assert_eq!(verify(&file), []);
}

#[test]
fn the_header_says_who_the_file_is() {
    let mut image = Image::dynamic(MIB);
    image.creator = "Microsoft Windows 10.0";
    let mut built = image.build();
    // The active header is the one with the higher sequence number, wherever it is.
    built.edit_header(0, |header| header[8] = 200);
    built.edit_header(0, |header| header[32..48].fill(0x77));
    let file = open(&built);
    assert_eq!(file.creator(), "Microsoft Windows 10.0");
    assert_eq!(file.data_write_guid(), Uuid::from_bytes([0x77; 16]));
    assert_eq!(file.file_write_guid(), image.file_write_guid);
    assert_eq!(file.disk_id(), image.disk_id);
    assert_eq!(file.physical_sector_size(), 4096);
    assert!(hvrestore_vhdx::is_vhdx(&built.to_vec()[..8]));
    assert!(!hvrestore_vhdx::is_vhdx(b"conectix"));
}

#[test]
fn a_parent_locator_keeps_every_key() {
    let mut image = every_state();
    let second = Uuid::from_u128(9);
    image.locator = [
        ("parent_linkage", format!("{{{}}}", Uuid::from_u128(7))),
        ("absolute_win32_path", r"D:\vm\base.vhdx".into()),
        ("relative_path", "..\\b\u{e4}se.vhdx".into()),
        ("volume_path", r"\\?\Volume{1}\base.vhdx".into()),
        ("parent_linkage2", format!("{{{second}}}").to_uppercase()),
        ("vendor_key", "kept".into()),
    ]
    .map(|(key, value): (&str, String)| (key.to_owned(), value))
    .to_vec();
    let file = open(&image.build());
    let locator = file.parent_locator().expect("a differencing disk");
    assert_eq!(locator.entries, image.locator);
    assert_eq!(locator.linkage, Uuid::from_u128(7));
    assert_eq!(locator.linkage2, Some(second));
    assert_eq!(locator.relative_path.as_deref(), Some("..\\b\u{e4}se.vhdx"));
    assert_eq!(
        locator.volume_path.as_deref(),
        Some(r"\\?\Volume{1}\base.vhdx")
    );
    assert_eq!(
        locator.absolute_win32_path.as_deref(),
        Some(r"D:\vm\base.vhdx")
    );
    assert!(locator.accepts(second) && !locator.accepts(Uuid::nil()));
}

#[test]
fn one_bad_header_is_replaced_by_the_other_and_noted() {
    for (which, offset) in [(0, 0x1_0000), (1, 0x2_0000)] {
        for spoiled in [offset, offset + 4, offset + 40, offset + 4000] {
            let image = every_state();
            let mut built = image.build();
            built.spoil(spoiled);
            let file = open(&built);
            assert_eq!(notes(&file), ["HV-W131"], "header {which}, {spoiled:#x}");
            assert_eq!(file.notes()[0].offset, Some(offset));
            assert!(contents(&file, &[]) == image.model(&[]));
        }
    }
}

#[test]
fn one_bad_region_table_is_replaced_by_the_other_and_noted() {
    for spoiled in [0x3_0000, 0x3_0004, 0x3_0010, 0x3_FFFF] {
        let image = every_state();
        let mut built = image.build();
        built.spoil(spoiled);
        let file = open(&built);
        assert_eq!(notes(&file), ["HV-W132"], "{spoiled:#x}");
        assert!(contents(&file, &[]) == image.model(&[]));
    }
    let mut second_bad = every_state().build();
    second_bad.spoil(0x4_0000);
    assert!(notes(&open(&second_bad)).is_empty(), "it was not needed");
}

#[test]
fn unknown_things_that_are_optional_are_left_alone() {
    let image = every_state();
    let mut built = image.build();
    let end = built.end();
    built.add_region(Uuid::from_u128(0xF00), end..end + MIB, false);
    built.truncate(end + MIB);
    built.add_item(Uuid::from_u128(0xBA5), 0, b"a note");
    // A user's item may have the id of one of ours.
    built.add_item(testkit::vhdx::VIRTUAL_DISK_SIZE, 1, &[0xFF; 8]);
    let file = open(&built);
    assert!(notes(&file).is_empty());
    assert!(contents(&file, &[]) == image.model(&[]));
}

#[test]
fn a_misplaced_log_with_nothing_in_it_is_noted_only() {
    for (offset, length) in [
        (0x10_0001_u64, MIB as u32),
        (1 << 40, MIB as u32),
        (MIB, 4096),
    ] {
        let image = every_state();
        let mut built = image.build();
        built.edit_headers(|header| {
            header[68..72].copy_from_slice(&length.to_le_bytes());
            header[72..80].copy_from_slice(&offset.to_le_bytes());
        });
        let file = open(&built);
        assert_eq!(notes(&file), ["HV-W133"], "{length:#x} at {offset:#x}");
        assert!(contents(&file, &[]) == image.model(&[]));
    }
}

#[test]
fn a_log_version_means_nothing_where_no_log_is_pending() {
    let image = every_state();
    let mut built = image.build();
    built.edit_headers(|header| header[64] = 7);
    assert!(contents(&open(&built), &[]) == image.model(&[]));
}
