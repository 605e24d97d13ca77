//! Sound files of every shape, byte for byte.

use std::sync::Arc;

use blockio::{Cache, Layer, Memory, State};
use testkit::layer_contract;
use testkit::mutate::Chance;
use testkit::vhd::{Image, Kind, Parent};
use uuid::Uuid;

use crate::File;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

fn open(image: &Image) -> File {
    let bytes = Arc::new(Memory::from(image.to_bytes()));
    File::open(bytes, "disk.vhd", &Cache::default()).expect("a sound image")
}

/// Sectors none of which is like another, and none of zeros.
fn noise(sectors: u64, seed: u64) -> Vec<u8> {
    let mut chance = Chance::new(seed);
    (0..sectors * 512)
        .map(|_| chance.below(255) as u8 + 1)
        .collect()
}

fn zeros(len: u64) -> Vec<u8> {
    vec![0; len as usize]
}

/// `image` and its model get the same bytes.
fn write(image: &mut Image, model: &mut [u8], offset: u64, bytes: &[u8]) {
    image.write(offset, bytes);
    model[offset as usize..][..bytes.len()].copy_from_slice(bytes);
}

#[test]
fn a_fixed_disk_is_its_file_before_the_footer() {
    let mut image = Image::new(Kind::Fixed, 300 * KIB, 64 << 10);
    let mut model = zeros(300 * KIB);
    write(&mut image, &mut model, 0, &noise(3, 1));
    write(&mut image, &mut model, 299 * KIB, &noise(2, 2));
    let file = open(&image);
    assert_eq!(file.kind(), crate::Kind::Fixed);
    assert_eq!(file.block_size(), None);
    assert_eq!(file.unique_id(), image.unique_id);
    assert_eq!(file.allocated().expect("in memory"), 300 * KIB);
    assert_eq!(file.creator(), "win");
    assert_eq!(
        format!("{file:?}"),
        format!("Fixed disk.vhd {}", image.unique_id)
    );
    layer_contract(&file, &[], &model);
}

#[test]
fn a_footer_of_511_bytes_is_a_footer() {
    for kind in [Kind::Fixed, Kind::Dynamic] {
        let mut image = Image::new(kind, MIB, 64 << 10);
        image.footer_len = 511;
        let mut model = zeros(MIB);
        write(&mut image, &mut model, MIB - 512, &noise(1, 3));
        let file = open(&image);
        assert_eq!(file.notes(), [], "{kind:?}");
        layer_contract(&file, &[], &model);
    }
}

#[test]
fn blocks_of_a_dynamic_disk_may_lie_in_any_order() {
    for block_size in [64 << 10, 512 << 10, 2 << 20] {
        let size = 5 * u64::from(block_size) + 3 * 512;
        let mut image = Image::new(Kind::Dynamic, size, block_size);
        let mut model = zeros(size);
        // The last block is cut by the disk's end; the second one is never written.
        for block in [4, 0, 5, 2, 3] {
            let start = block * u64::from(block_size);
            let sectors = (size - start).min(block_size.into()) / 512;
            write(&mut image, &mut model, start, &noise(sectors, block));
        }
        let file = open(&image);
        assert_eq!(file.block_size(), Some(block_size));
        let allocated = size - u64::from(block_size);
        assert_eq!(file.allocated().expect("in memory"), allocated);
        layer_contract(&file, &[], &model);
    }
}

#[test]
fn a_block_larger_than_a_look_at_its_bitmap() {
    let mut image = Image::new(Kind::Differencing, 8 * MIB, 8 << 20);
    image.parent = Some(Parent::default());
    let parent = noise(8 * MIB / 512, 9);
    let mut model = parent.clone();
    for offset in [0, 2 * MIB - 512, 2 * MIB, 5 * MIB, 8 * MIB - 512] {
        write(&mut image, &mut model, offset, &noise(1, offset));
    }
    layer_contract(&open(&image), &parent, &model);
}

#[test]
fn a_child_holds_the_sectors_whose_bits_are_set() {
    let base = Image::new(Kind::Fixed, 3 * MIB, 2 << 20);
    let mut image = Image::child_of(&base, "base.vhd", Uuid::from_u128(7));
    let parent = noise(3 * MIB / 512, 4);
    let mut model = parent.clone();
    for (nth, offset) in [
        0,
        512,
        7 * 512,
        8 * 512,
        100 * 512,
        2 * MIB - 512,
        3 * MIB - 512,
    ]
    .into_iter()
    .enumerate()
    {
        write(&mut image, &mut model, offset, &noise(1, 50 + nth as u64));
    }
    // Zeros that were written are the child's, whatever the parent holds.
    write(&mut image, &mut model, 200 * 512, &zeros(512 * 9));
    let file = open(&image);
    let locator = file.parent().expect("a differencing disk");
    assert_eq!(locator.unique_id, base.unique_id);
    assert_eq!(locator.name.as_deref(), Some("base.vhd"));
    assert_eq!(locator.relative.as_deref(), Some(r".\base.vhd"));
    assert_eq!(locator.absolute.as_deref(), Some(r"D:\VMs\base.vhd"));
    assert_eq!(locator.others, Vec::<[u8; 4]>::new());
    layer_contract(&file, &parent, &model);
}

#[test]
fn a_smaller_parent_leaves_its_child_zeros() {
    let mut image = Image::new(Kind::Differencing, 2 * MIB, 512 << 10);
    image.parent = Some(Parent::default());
    let parent = noise(3, 5);
    let mut model = parent.clone();
    model.resize(2 * MIB as usize, 0);
    write(&mut image, &mut model, MIB, &noise(4, 6));
    layer_contract(&open(&image), &parent, &model);
}

#[test]
fn what_a_dynamic_disk_never_wrote_is_zeros_whatever_the_file_holds() {
    let mut image = Image::new(Kind::Dynamic, MIB, 512 << 10);
    let mut model = zeros(MIB);
    write(&mut image, &mut model, 0, &noise(16, 8));
    image.clear_bit(3 * 512);
    model[3 * 512..4 * 512].fill(0);
    let file = open(&image);
    layer_contract(&file, &[], &model);
    let mut found = Vec::new();
    file.verify(&mut |fault| found.push(fault))
        .expect("in memory");
    let codes: Vec<_> = found.iter().map(|fault| fault.code.id).collect();
    assert_eq!(codes, ["HV-W311"]);
}

#[test]
fn virtual_pc_sizes_by_the_geometry_and_others_by_the_current_size() {
    let size = |creator, geometry| {
        let mut image = Image::new(Kind::Dynamic, 40 * MIB, 2 << 20);
        (image.creator, image.geometry) = (creator, geometry);
        open(&image).disk_size()
    };
    let geometry = (100, 16, 17);
    assert_eq!(size(*b"vpc ", geometry), 100 * 16 * 17 * 512);
    assert_eq!(size(*b"win ", geometry), 40 * MIB);
    assert_eq!(size(*b"tap\0", geometry), 40 * MIB);
    assert_eq!(
        size(*b"vpc ", (65535, 16, 255)),
        40 * MIB,
        "at its limit it says nothing"
    );
    assert_eq!(size(*b"vpc ", (0, 16, 255)), 40 * MIB, "unset");
}

#[test]
fn absent_blocks_are_one_extent_however_many() {
    let mut image = Image::new(Kind::Dynamic, 900 * MIB, 2 << 20);
    image.write(600 * MIB, &noise(1, 1));
    let file = open(&image);
    let extent = file.extent_at(3 * MIB, u64::MAX).expect("within the disk");
    assert_eq!(extent.len, 597 * MIB);
    assert!(matches!(extent.state, State::Zero));
    let rest = file
        .extent_at(602 * MIB, u64::MAX)
        .expect("within the disk");
    assert_eq!(rest.len, 298 * MIB);
}

#[test]
fn a_question_outside_the_disk_has_no_answer() {
    let file = open(&Image::new(Kind::Dynamic, MIB, 512 << 10));
    for (offset, max) in [(MIB, 1), (u64::MAX, 1), (0, 0)] {
        assert!(file.extent_at(offset, max).is_err(), "{offset} + {max}");
    }
}
