//! The cases of differencing disks in which readers are known to differ, byte for byte.

use testkit::read_at_contract;
use testkit::vhdx::{Block, Image, Order};

use super::{MIB, MemoryGate, base, bytes, child, found, id, noise, open};

/// Every read of the chain in `gate` gives the bytes of child over base.
fn exact(gate: MemoryGate, leaf: &str, image: &Image) -> Vec<String> {
    let disk = open(gate, leaf);
    read_at_contract(&disk, &image.model(&base().model(&[])));
    found(disk.chain())
}

#[test]
fn child_and_parent_in_one_folder() {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf);
    let found = exact(gate, "leaf.avhdx", &leaf);
    assert_eq!(found, ["leaf.avhdx: given", "base.vhdx: same folder"]);
}

#[test]
fn a_parent_up_and_down_another_folder() {
    let leaf = child(&base(), r"..\base\x.vhdx", 2);
    let gate = MemoryGate::default()
        .with("vm/base/x.vhdx", &base())
        .with("vm/snap/leaf.avhdx", &leaf);
    let found = exact(gate, "vm/snap/leaf.avhdx", &leaf);
    assert_eq!(
        found,
        ["vm/snap/leaf.avhdx: given", "vm/base/x.vhdx: relative path"]
    );
}

/// A child whose locator has nothing but a path on the machine that made it.
fn with_absolute_path_only(path: &str) -> Image {
    let mut leaf = child(&base(), "", 2);
    leaf.locator.retain(|(key, _)| key == "parent_linkage");
    leaf.locator
        .push(("absolute_win32_path".to_owned(), path.to_owned()));
    leaf
}

#[test]
fn an_absolute_path_alone_is_a_name_and_not_a_place() {
    let leaf = with_absolute_path_only(r"D:\VMs\x.vhdx");
    let elsewhere = MemoryGate::default()
        .with(r"D:\VMs\x.vhdx", &Image::dynamic(4 * MIB))
        .with("moved/x.vhdx", &base())
        .with("leaf.avhdx", &leaf);
    let by_id = exact(elsewhere, "leaf.avhdx", &leaf);
    assert_eq!(by_id[1], "moved/x.vhdx: identifier");
    let beside = MemoryGate::default()
        .with("x.vhdx", &base())
        .with("leaf.avhdx", &leaf);
    assert_eq!(exact(beside, "leaf.avhdx", &leaf)[1], "x.vhdx: same folder");
}

#[test]
fn an_absolute_path_is_followed_when_allowed() {
    let leaf = with_absolute_path_only("/vms/x.vhdx");
    let mut gate = MemoryGate::default()
        .with("/vms/x.vhdx", &base())
        .with("b/leaf.avhdx", &leaf);
    gate.allow_absolute = true;
    assert_eq!(
        exact(gate, "b/leaf.avhdx", &leaf)[1],
        "/vms/x.vhdx: absolute path"
    );
}

#[test]
fn a_renamed_parent_is_found_by_its_identifier() {
    let leaf = child(&base(), r".\base.vhdx", 2);
    for name in ["old/copy of base.vhdx", "base.vhdx.bak", "no-extension"] {
        let gate = MemoryGate::default()
            .with(name, &base())
            .with("leaf.avhdx", &leaf)
            .with_bytes("readme.txt", b"not a disk at all".to_vec());
        let found = exact(gate, "leaf.avhdx", &leaf);
        assert_eq!(found[1], format!("{name}: identifier"));
    }
}

#[test]
fn a_file_of_the_right_name_with_another_identifier_does_not_end_the_search() {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let mut other = Image::dynamic(4 * MIB);
    other.data_write_guid = id(99);
    let gate = MemoryGate::default()
        .with("base.vhdx", &other)
        .with("right/base.vhdx", &base())
        .with("leaf.avhdx", &leaf);
    let found = exact(gate, "leaf.avhdx", &leaf);
    assert_eq!(found[1], "right/base.vhdx: identifier");
}

#[test]
fn the_second_linkage_is_as_good() {
    let mut leaf = child(&base(), r".\base.vhdx", 2);
    for (key, value) in &mut leaf.locator {
        match key.as_str() {
            "parent_linkage" => *value = format!("{{{}}}", id(77)),
            "parent_linkage2" => *value = format!("{{{}}}", id(1)),
            _ => {}
        }
    }
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf);
    let disk = open(gate, "leaf.avhdx");
    assert_eq!(disk.layers()[0].link, Some(crate::Linkage::MatchesSecond));
    assert_eq!(bytes(&disk), leaf.model(&base().model(&[])));
}

#[test]
fn a_pending_log_in_every_layer() {
    let middle = child(&base(), r".\base.vhdx", 2);
    let mut leaf = middle.child(r".\middle.avhdx", id(3));
    leaf.write(MIB, &noise(2 * MIB, 33));
    let mut gate = MemoryGate::default();
    for (name, image) in [
        ("base.vhdx", &base()),
        ("middle.avhdx", &middle),
        ("leaf.avhdx", &leaf),
    ] {
        let mut file = image.build();
        let table = file.layout.bat.start;
        file.make_dirty(&[table], 0);
        gate = gate.with_read_at(name, file.read_at());
    }
    let disk = open(gate, "leaf.avhdx");
    for layer in disk.layers() {
        assert!(layer.image.log_replay().is_some(), "{}", layer.name);
    }
    read_at_contract(&disk, &leaf.model(&middle.model(&base().model(&[]))));
}

#[test]
fn one_read_across_blocks_that_lie_apart() {
    for seed in 0..4 {
        let mut shuffled = base();
        shuffled.order = Order::Shuffled(seed);
        let mut leaf = child(&shuffled, r".\base.vhdx", 2);
        leaf.set(1, Block::Full(noise(MIB, 5)));
        leaf.order = Order::Shuffled(seed + 1);
        let gate = MemoryGate::default()
            .with("base.vhdx", &shuffled)
            .with("leaf.avhdx", &leaf);
        exact(gate, "leaf.avhdx", &leaf);
    }
}

#[test]
fn zero_states_of_a_child_hide_its_parents_bytes() {
    let mut leaf = base().child(r".\base.vhdx", id(2));
    leaf.set(0, Block::Zero);
    leaf.set(1, Block::Undefined);
    leaf.set(2, Block::Unmapped);
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf);
    exact(gate, "leaf.avhdx", &leaf);
}

#[test]
fn a_chunk_in_which_the_child_was_never_written() {
    let chunk = 4096 * MIB;
    let size = 2 * chunk + MIB;
    let mut parent = Image::dynamic(size);
    parent.data_write_guid = id(1);
    for offset in [0, chunk + 7 * MIB] {
        parent.write(offset, &noise(MIB, offset));
    }
    let mut leaf = parent.child(r".\base.vhdx", id(2));
    leaf.write(4096, &noise(512, 3));
    let file = leaf.build();
    assert!(
        !file.layout.bitmaps.contains_key(&1),
        "chunk 1 has no bitmap block"
    );
    let gate = MemoryGate::default()
        .with("base.vhdx", &parent)
        .with_read_at("leaf.avhdx", file.read_at());
    let disk = open(gate, "leaf.avhdx");
    let read = |offset, len| {
        let mut buf = vec![0xEE; len];
        blockio::ReadAt::read_exact_at(&disk, &mut buf, offset).expect("nothing is lost");
        buf
    };
    assert_eq!(read(chunk + 7 * MIB, 1 << 20), noise(MIB, chunk + 7 * MIB));
    assert_eq!(read(4096, 512), noise(512, 3));
    assert_eq!(read(4096 + 512, 512), noise(MIB, 0)[4608..5120]);
    assert_eq!(read(size - MIB, 1 << 20), vec![0; 1 << 20]);
}

#[test]
fn a_smaller_parent_ends_in_zeros_and_a_larger_one_is_cut() {
    let mut middle = Image::differencing(2 * MIB, id(1), r".\base.vhdx");
    middle.data_write_guid = id(2);
    middle.write(512, &noise(512, 2));
    let mut leaf = Image::differencing(5 * MIB, id(2), r".\middle.avhdx");
    leaf.data_write_guid = id(3);
    leaf.write(4 * MIB, &noise(512, 3));
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("middle.avhdx", &middle)
        .with("leaf.avhdx", &leaf);
    let middle_bytes = middle.model(&base().model(&[]));
    assert_eq!(bytes(&open(gate.clone(), "middle.avhdx")), middle_bytes);
    let disk = open(gate, "leaf.avhdx");
    let expected = leaf.model(&middle_bytes);
    assert_eq!(
        expected[3 << 20..][..512],
        [0; 512],
        "the base is larger again, and not seen"
    );
    read_at_contract(&disk, &expected);
}

#[test]
fn block_sizes_may_differ() {
    let mut leaf = base().child(r".\base.vhdx", id(2));
    leaf.block_size = 2 << 20;
    leaf.write(MIB - 512, &noise(2048, 2));
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf);
    exact(gate, "leaf.avhdx", &leaf);
}

#[test]
fn every_file_of_a_chain_opens_as_of_its_own_state() {
    let middle = child(&base(), r".\base.vhdx", 2);
    let leaf = child(&middle, r".\middle.avhdx", 3);
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("middle.avhdx", &middle)
        .with("leaf.avhdx", &leaf);
    let base_bytes = base().model(&[]);
    let middle_bytes = middle.model(&base_bytes);
    assert_eq!(bytes(&open(gate.clone(), "base.vhdx")), base_bytes);
    assert_eq!(bytes(&open(gate.clone(), "middle.avhdx")), middle_bytes);
    assert_eq!(bytes(&open(gate, "leaf.avhdx")), leaf.model(&middle_bytes));
}

#[test]
fn chains_of_4096_byte_sectors() {
    let mut parent = base();
    parent.logical_sector_size = 4096;
    let mut leaf = parent.child(r".\base.vhdx", id(2));
    leaf.write(MIB - 4096, &noise(8192, 2));
    let gate = MemoryGate::default()
        .with("base.vhdx", &parent)
        .with("leaf.avhdx", &leaf);
    let disk = open(gate, "leaf.avhdx");
    assert_eq!(disk.logical_sector_size(), 4096);
    read_at_contract(&disk, &leaf.model(&base().model(&[])));
}
