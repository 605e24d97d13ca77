//! Damage that costs a block, or part of one, and nothing else.

use std::ops::Range;
use std::sync::Arc;

use blockio::{Cache, FaultKind};
use hvrestore_vhdx::File;
use testkit::failing::Failing;
use testkit::vhdx::{Built, Image, MIB, state};

use crate::sound::{built as sound, every_state, parent, pattern};
use crate::{losses, open, open_bytes, verify};

/// Damages a sound disk; just these ranges must be lost, by this code, and all else as before.
#[track_caller]
fn loses(code: &str, ranges: &[Range<u64>], damage: impl FnOnce(&mut Built)) {
    let image = every_state();
    let mut built = sound();
    damage(&mut built);
    let file = open(&built);
    let model = image.model(&parent(image.disk_size));
    expect_losses(&file, &model, code, ranges);
    let found = verify(&file);
    assert!(
        !found.is_empty() && found.iter().all(|fault| fault.code.id == code),
        "{found:?}"
    );
}

#[track_caller]
fn expect_losses(file: &File, model: &[u8], code: &str, ranges: &[Range<u64>]) {
    let lost = losses(file);
    for (_, fault) in &lost {
        assert_eq!(fault.code.id, code, "{fault}");
        assert!(fault.offset.is_some() && !fault.found.is_empty(), "{fault}");
        assert!(fault.file.as_deref() == Some("disk.vhdx"), "{fault}");
    }
    let found: Vec<_> = lost.into_iter().map(|(range, _)| range).collect();
    assert_eq!(found, ranges);
    let parent = parent(model.len() as u64);
    let mut at = 0;
    for range in ranges.iter().cloned().chain([model.len() as u64..u64::MAX]) {
        let mut kept = vec![0; (range.start - at) as usize];
        testkit::read_layer(file, &parent, &mut kept, at).expect("not lost");
        assert!(
            kept == model[at as usize..range.start as usize],
            "before {range:x?}"
        );
        at = range.end;
    }
    for range in ranges {
        let read = testkit::read_layer(file, &parent, &mut [0; 1], range.end - 1);
        let error = read.expect_err("lost");
        assert_eq!(blockio::Fault::of(&error).expect("a fault").code.id, code);
    }
}

fn block(number: u64) -> Range<u64> {
    number * MIB..(number + 1) * MIB
}

#[test]
fn reserved_states() {
    for state in [4, 5] {
        loses("HV-D121", &[block(4)], |file| {
            file.set_bat_entry(4, state, file.layout.places[&4]);
        });
        loses("HV-D121", &[block(0)], |file| {
            file.set_bat_entry(0, state, 0)
        });
    }
}

#[test]
fn blocks_where_none_may_be() {
    for offset in [0, MIB, 2 * MIB, 3 * MIB] {
        loses("HV-D122", &[block(4)], |file| {
            file.set_bat_entry(4, state::PRESENT, offset)
        });
    }
}

#[test]
fn of_a_misplaced_block_the_parent_still_has_its_sectors() {
    let mut image = Image::differencing(3 * MIB, uuid::Uuid::from_u128(7), r".\base.vhdx");
    image.write(MIB + 512, &pattern(1024, 1));
    let model = image.model(&parent(image.disk_size));
    let lost = MIB + 512..MIB + 1536;
    for (offset, code) in [(MIB, "HV-D122"), (1 << 40, "HV-D123")] {
        let mut built = image.build();
        built.set_bat_entry(1, state::PARTIALLY_PRESENT, offset);
        expect_losses(&open(&built), &model, code, std::slice::from_ref(&lost));
    }
}

#[test]
fn a_block_whose_end_reaches_into_a_region() {
    let mut image = Image::dynamic(4 << 20);
    image.block_size = 2 << 20;
    image.write(0, &pattern(4 << 20, 1));
    let mut built = image.build();
    built.move_region(testkit::vhdx::BAT_REGION, built.end(), MIB as u32);
    built.truncate(built.end() + MIB);
    let bat = built.end() - MIB;
    let first = built.layout.places[&0];
    built.put(bat, &(state::PRESENT | first).to_le_bytes());
    built.put(bat + 8, &(state::PRESENT | (bat - MIB)).to_le_bytes());
    let (range, fault) = losses(&open(&built)).pop().expect("lost");
    assert_eq!(
        (range, fault.code.id),
        (2 << 20..4 << 20, "HV-D122"),
        "{fault}"
    );
    assert!(fault.found.contains("BAT region"), "{fault}");
}

#[test]
fn blocks_beyond_the_end() {
    for offset in [1 << 40, 0xFFF_FFFF_FFFF << 20] {
        loses("HV-D123", &[block(4)], |file| {
            file.set_bat_entry(4, state::PRESENT, offset)
        });
    }
    loses("HV-D123", &[block(4)], |file| {
        file.set_bat_entry(4, state::PRESENT, file.end())
    });
}

#[test]
fn a_cut_file_keeps_what_is_left_of_its_last_block() {
    let mut image = Image::dynamic(4 * MIB);
    image.write(0, &pattern(4 << 20, 5));
    let mut built = image.build();
    let last = built.layout.places[&3];
    built.truncate(last + 1000);
    let file = open(&built);
    expect_losses(
        &file,
        &image.model(&[]),
        "HV-D123",
        &[3 * MIB + 1000..4 * MIB],
    );
    built.truncate(last - 3);
    let lost = [3 * MIB - 3..3 * MIB, block(3)];
    expect_losses(&open(&built), &image.model(&[]), "HV-D123", &lost);
    assert_eq!(verify(&open(&built)).len(), 2);
}

#[test]
fn the_last_block_may_end_with_the_disk() {
    let mut image = Image::fixed(MIB + 4096);
    image.write(MIB, &pattern(4096, 9));
    let mut built = image.build();
    built.truncate(built.layout.places[&1] + 4096);
    assert!(losses(&open(&built)).is_empty());
    assert!(verify(&open(&built)).is_empty());
}

#[test]
fn partially_present_without_a_parent() {
    let mut image = Image::dynamic(3 * MIB);
    image.write(0, &pattern(3 << 20, 5));
    let mut built = image.build();
    built.set_bat_entry(1, state::PARTIALLY_PRESENT, built.layout.places[&1]);
    expect_losses(&open(&built), &image.model(&[]), "HV-D124", &[block(1)]);
    assert_eq!(verify(&open(&built))[0].code.id, "HV-D124");
}

#[test]
fn sector_bitmaps_that_cannot_be_had() {
    let partial = [block(5), block(6), block(8)];
    for state in [state::NOT_PRESENT, 1, 2, 3, 4, 5, 7] {
        loses("HV-D125", &partial, |file| {
            file.set_bitmap_entry(0, state, file.layout.bitmaps[&0]);
        });
    }
    for offset in [0, MIB, 2 * MIB, 3 * MIB, 1 << 40, u64::MAX << 20] {
        loses("HV-D125", &partial, |file| {
            file.set_bitmap_entry(0, state::PRESENT, offset)
        });
    }
}

#[test]
fn a_bitmap_cut_by_the_end_of_the_file_loses_what_its_missing_bits_say() {
    let mut image = Image::differencing(8 * MIB, uuid::Uuid::from_u128(7), r".\base.vhdx");
    image.write(MIB, &pattern(1 << 20, 1));
    image.write(6 * MIB, &pattern(1 << 20, 2));
    let mut built = image.build();
    // The bitmap lies last. 256 bytes of it describe a block: keep those of five.
    built.truncate(built.layout.bitmaps[&0] + 5 * 256);
    let model = image.model(&parent(image.disk_size));
    expect_losses(&open(&built), &model, "HV-D125", &[block(6)]);
    assert_eq!(verify(&open(&built)).len(), 1);
}

#[test]
fn a_medium_that_does_not_give_part_of_the_bat() {
    let mut image = Image::dynamic(200 * MIB);
    image.write(63 * MIB, &pattern(3 << 20, 5));
    let built = image.build();
    let second = built.layout.bat.start + 512..built.layout.bat.start + 1024;
    let file = open_bytes(Arc::new(Failing::new(built.bytes, [second])));
    let lost = losses(&file);
    assert_eq!(
        lost.len(),
        64,
        "just the blocks whose entries the bad sector holds"
    );
    assert_eq!(
        (lost[0].0.clone(), lost[63].0.clone()),
        (block(64), block(127))
    );
    assert!(
        lost.iter()
            .all(|(_, fault)| fault.kind == FaultKind::CannotRead)
    );
    assert!(
        lost[0].1.to_string().contains("payload block 64"),
        "{}",
        lost[0].1
    );
    assert_eq!(verify(&file).len(), 64);
    assert!(file.allocated().is_err(), "it cannot be known");
}

#[test]
fn a_medium_that_does_not_give_part_of_a_bitmap() {
    let mut image = every_state();
    image.write(9 * MIB, &pattern(512, 9));
    let built = image.build();
    let bitmap = built.layout.bitmaps[&0];
    // 512 bytes describe two blocks: those of 8 and 9.
    let bytes = Failing::new(built.bytes, [bitmap + 4 * 512..bitmap + 5 * 512]);
    let file = File::open(Arc::new(bytes), "disk.vhdx", &Cache::default()).expect("sound");
    let ranges: Vec<_> = losses(&file).into_iter().map(|(range, _)| range).collect();
    assert_eq!(ranges, [block(8), block(9)]);
}

#[test]
fn blocks_over_each_other_are_found_by_verify() {
    let mut built = sound();
    let (four, five) = (built.layout.places[&4], built.layout.places[&5]);
    built.set_bat_entry(4, state::PRESENT, five);
    assert_eq!(
        verify(&open(&built))
            .iter()
            .map(|f| f.code.id)
            .collect::<Vec<_>>(),
        ["HV-D126"]
    );
    built.set_bat_entry(4, state::PRESENT, four);
    built.set_bitmap_entry(0, state::PRESENT, four);
    assert_eq!(
        verify(&open(&built)).last().expect("found").code.id,
        "HV-D126"
    );
}

#[test]
fn reserved_bits_are_told_by_verify() {
    let image = every_state();
    let mut built = image.build();
    built.set_bat_entry(4, state::PRESENT | 0x8_0008, built.layout.places[&4]);
    let file = open(&built);
    assert!(losses(&file).is_empty());
    let found = verify(&file);
    assert_eq!((found.len(), found[0].code.id), (1, "HV-W135"), "{found:?}");
}

#[test]
fn what_lies_too_far_out_was_not_checked_for_overlaps() {
    let mut image = Image::dynamic(2 * MIB);
    image.write(0, &pattern(1 << 20, 5));
    let mut built = image.build();
    built.truncate(200 << 40);
    built.set_bat_entry(1, state::PRESENT, 199 << 40);
    let found = verify(&open(&built));
    assert_eq!((found.len(), found[0].code.id), (1, "HV-W136"), "{found:?}");
}
