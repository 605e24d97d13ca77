//! Links that do not hold: refused, explained, and what the operator may say against it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Cache, Fault, Memory, Place, ReadAt};
use testkit::failing::Failing;
use testkit::vhd;
use testkit::vhdx::Image;

use super::{MIB, MemoryGate, base, broken, bytes, chain, child, finder, id, noise, open};
use crate::{Accept, FoundBy, Linkage, VirtualDisk};

fn leaf() -> Image {
    child(&base(), r".\base.vhdx", 2)
}

/// A disk that is not the parent, but has its name.
fn stranger() -> Image {
    let mut image = Image::dynamic(4 * MIB);
    image.data_write_guid = id(99);
    image.write(0, &noise(4 * MIB, 99));
    image
}

fn accept(child: &str, parent: &str) -> Vec<Accept> {
    let (child, parent) = (child.into(), parent.into());
    vec![Accept { child, parent }]
}

#[test]
fn a_missing_parent_is_named_with_its_identifier() {
    let gate = MemoryGate::default().with("vm/leaf.avhdx", &leaf());
    let link = broken(gate, "vm/leaf.avhdx");
    assert_eq!(link.fault.code.id, "HV-E501");
    let text = link.fault.to_string();
    for part in ["base.vhdx", &id(1).to_string(), "leaf.avhdx"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(link.fix.contains("--search"), "{}", link.fix);
    assert!(link.fix.contains("base.vhdx"), "{}", link.fix);
    assert_eq!(link.child, Path::new("vm/leaf.avhdx"));
    assert!(link.candidates.is_empty());
}

#[test]
fn another_identifier_is_refused_and_explained() {
    let gate = MemoryGate::default()
        .with("base.vhdx", &stranger())
        .with("leaf.avhdx", &leaf());
    let link = broken(gate, "leaf.avhdx");
    assert_eq!(link.fault.code.id, "HV-E502");
    let text = link.fault.to_string();
    for part in [id(1).to_string(), id(99).to_string()] {
        assert!(text.contains(&part), "{text}");
    }
    assert!(
        link.fix.contains("--accept-parent 'leaf.avhdx=base.vhdx'"),
        "{}",
        link.fix
    );
    assert_eq!(link.candidates[0].path, Path::new("base.vhdx"));
}

#[test]
fn the_operator_may_vouch_for_one_link() {
    let gate = MemoryGate::default()
        .with("vm/base.vhdx", &stranger())
        .with("vm/leaf.avhdx", &leaf());
    for (child, parent) in [
        ("leaf.avhdx", "base.vhdx"),
        ("LEAF.avhdx", "BASE.vhdx"),
        ("vm/leaf.avhdx", "vm/base.vhdx"),
    ] {
        let finder = finder(gate.clone()).accept(accept(child, parent));
        let chain = finder.chain(Path::new("vm/leaf.avhdx")).expect("opens");
        assert_eq!(
            chain.layers[1].found_by,
            FoundBy::Accepted,
            "{child}={parent}"
        );
        let overridden = Linkage::Overridden {
            expected: vec![id(1)],
            found: Some(id(99)),
        };
        assert_eq!(chain.layers[0].link, Some(overridden));
        let codes: Vec<_> = chain
            .overrides()
            .iter()
            .map(|fault| fault.code.id)
            .collect();
        assert_eq!(codes, ["HV-W513"]);
        let disk = VirtualDisk::open(chain).expect("vouched for");
        assert_eq!(bytes(&disk), leaf().model(&stranger().model(&[])));
    }
    let other = finder(gate).accept(accept("other.avhdx", "base.vhdx"));
    let chain = other.chain(Path::new("vm/leaf.avhdx")).expect("opens");
    assert_eq!(
        chain.broken.expect("not vouched for").fault.code.id,
        "HV-E502"
    );
}

#[test]
fn a_vouched_parent_that_fits_is_no_override() {
    let gate = MemoryGate::default()
        .with("b/elsewhere.vhdx", &base())
        .with("leaf.avhdx", &leaf());
    let finder = finder(gate).accept(accept("leaf.avhdx", "elsewhere.vhdx"));
    let chain = finder.chain(Path::new("leaf.avhdx")).expect("opens");
    assert_eq!(chain.layers[0].link, Some(Linkage::Matches));
    assert!(chain.overrides().is_empty());
}

#[test]
fn a_vouched_name_that_two_files_have_is_no_choice_unless_they_are_the_same() {
    let mut changed = stranger();
    changed.write(3 * MIB, &noise(512, 4));
    let gate = MemoryGate::default()
        .with("a/base.vhdx", &stranger())
        .with("vm/leaf.avhdx", &leaf());
    let chain = |gate: MemoryGate, parent| {
        let finder = finder(gate).accept(accept("leaf.avhdx", parent));
        finder.chain(Path::new("vm/leaf.avhdx")).expect("opens")
    };
    let two = gate.clone().with("b/base.vhdx", &changed);
    let broken = chain(two.clone(), "base.vhdx").broken.expect("which one?");
    assert_eq!(broken.fault.code.id, "HV-E503");
    let paths: Vec<_> = broken.candidates.iter().map(|c| c.path.clone()).collect();
    assert_eq!(
        paths,
        [PathBuf::from("a/base.vhdx"), PathBuf::from("b/base.vhdx")]
    );
    let whole = Path::new("a/base.vhdx").display();
    let choice = format!("--accept-parent 'leaf.avhdx={whole}'");
    assert!(broken.fix.contains(&choice), "{}", broken.fix);
    let chosen = chain(two.clone(), "b/base.vhdx");
    assert_eq!(chosen.layers[1].path, Path::new("b/base.vhdx"));
    let fitting = chain(two.with("c/base.vhdx", &base()), "base.vhdx");
    assert_eq!(fitting.layers[1].path, Path::new("c/base.vhdx"));
    assert_eq!(fitting.layers[0].link, Some(Linkage::Matches));
    let mut rival = base();
    rival.write(3 * MIB, &noise(512, 4));
    let fit = gate.clone().with("c/base.vhdx", &base());
    let rivals = chain(fit.with("d/base.vhdx", &rival), "base.vhdx");
    assert_eq!(rivals.broken.expect("which one?").fault.code.id, "HV-E503");
    let same = chain(gate.with("b/base.vhdx", &stranger()), "base.vhdx");
    assert_eq!(same.layers[1].path, Path::new("a/base.vhdx"));
}

#[test]
fn a_vouched_parent_that_is_not_there_breaks_the_chain() {
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf());
    let finder = finder(gate).accept(accept("leaf.avhdx", "nowhere.vhdx"));
    let chain = finder.chain(Path::new("leaf.avhdx")).expect("opens");
    assert_eq!(
        chain.broken.expect("no such parent").fault.code.id,
        "HV-E508"
    );
}

#[test]
fn copies_are_one_parent_only_if_they_are_the_same() {
    let copies = || {
        MemoryGate::default()
            .with("a/one.vhdx", &base())
            .with("leaf.avhdx", &leaf())
    };
    let disk = open(copies().with("b/two.vhdx", &base()), "leaf.avhdx");
    assert_eq!(disk.layers()[1].path, Path::new("a/one.vhdx"));
    let mut changed = base();
    changed.write(3 * MIB, &noise(512, 4));
    let gate = copies().with("b/two.vhdx", &changed);
    let link = broken(gate.clone(), "leaf.avhdx");
    assert_eq!(link.fault.code.id, "HV-E503");
    let paths: Vec<_> = link.candidates.iter().map(|c| c.path.clone()).collect();
    assert_eq!(
        paths,
        [PathBuf::from("a/one.vhdx"), PathBuf::from("b/two.vhdx")]
    );
    let finder = finder(gate).accept(accept("leaf.avhdx", "b/two.vhdx"));
    let chain = finder.chain(Path::new("leaf.avhdx")).expect("opens");
    assert_eq!(
        chain.layers[0].link,
        Some(Linkage::Matches),
        "the operator has chosen"
    );
    let disk = VirtualDisk::open(chain).expect("the operator has chosen");
    assert_eq!(bytes(&disk), leaf().model(&changed.model(&[])));
}

#[test]
fn a_cycle_is_refused() {
    let one = Image::differencing(4 * MIB, id(12), r".\two.avhdx");
    let one = Image {
        data_write_guid: id(11),
        ..one
    };
    let two = Image {
        data_write_guid: id(12),
        ..one.child(r".\one.avhdx", id(12))
    };
    let gate = MemoryGate::default()
        .with("one.avhdx", &one)
        .with("two.avhdx", &two);
    let link = broken(gate.clone(), "one.avhdx");
    assert_eq!(link.fault.code.id, "HV-E504");
    assert_eq!(link.child, Path::new("two.avhdx"));
    assert_eq!(chain(gate, "one.avhdx").layers.len(), 2);
    let itself = Image::differencing(4 * MIB, id(13), r".\gone.avhdx");
    let itself = Image {
        data_write_guid: id(13),
        ..itself
    };
    let link = broken(
        MemoryGate::default().with("self.avhdx", &itself),
        "self.avhdx",
    );
    assert_eq!(link.fault.code.id, "HV-E504");
}

#[test]
fn sector_sizes_must_agree() {
    let mut parent = base();
    parent.logical_sector_size = 4096;
    let gate = MemoryGate::default()
        .with("base.vhdx", &parent)
        .with("leaf.avhdx", &leaf());
    let link = broken(gate.clone(), "leaf.avhdx");
    assert_eq!(link.fault.code.id, "HV-E506");
    let finder = finder(gate).accept(accept("leaf.avhdx", "base.vhdx"));
    let chain = finder.chain(Path::new("leaf.avhdx")).expect("opens");
    assert_eq!(
        chain.broken.expect("no word helps").fault.code.id,
        "HV-E506"
    );
}

#[test]
fn a_parent_must_be_of_its_childs_format() {
    let mut other = vhd::Image::new(vhd::Kind::Dynamic, 4 * MIB, 1 << 20);
    other.unique_id = id(1);
    let gate = MemoryGate::default()
        .with_bytes("base.vhdx", other.to_bytes())
        .with("leaf.avhdx", &leaf());
    assert_eq!(broken(gate.clone(), "leaf.avhdx").fault.code.id, "HV-E507");
    let finder = finder(gate).accept(accept("leaf.avhdx", "base.vhdx"));
    let chain = finder.chain(Path::new("leaf.avhdx")).expect("opens");
    assert_eq!(
        chain.broken.expect("no word helps").fault.code.id,
        "HV-E507"
    );
}

#[test]
fn a_parent_that_does_not_open_is_given_with_its_reason() {
    let gate = MemoryGate::default()
        .with_bytes("base.vhdx", vec![0; 4096])
        .with("leaf.avhdx", &leaf());
    let link = broken(gate, "leaf.avhdx");
    assert_eq!(link.fault.code.id, "HV-E508");
    assert!(link.fault.to_string().contains("HV-D101"), "{}", link.fault);
    let elsewhere = MemoryGate::default()
        .with_bytes("renamed.vhdx", vec![0; 4096])
        .with("leaf.avhdx", &leaf());
    let link = broken(elsewhere, "leaf.avhdx");
    assert_eq!(link.fault.code.id, "HV-E501");
    assert_eq!(
        link.candidates[0].fault.code.id, "HV-E508",
        "it may be the one"
    );
}

#[test]
fn a_damaged_leaf_is_its_own_fault_not_the_chains() {
    let gate = MemoryGate::default().with_bytes("leaf.avhdx", vec![0; 4096]);
    let error = finder(gate)
        .chain(Path::new("leaf.avhdx"))
        .expect_err("damaged");
    assert_eq!(error.fault().code.id, "HV-D101");
    assert!(!error.is_chain_broken());
    let missing = finder(MemoryGate::default()).chain(Path::new("leaf.avhdx"));
    assert!(!missing.expect_err("missing").is_chain_broken());
}

#[test]
fn a_last_sector_that_cannot_be_read_costs_no_more_than_itself() {
    let bad = |bytes: Vec<u8>| -> Arc<dyn ReadAt> {
        let end = bytes.len() as u64;
        Arc::new(Failing::new(Memory::from(bytes), Some(end - 512..end)))
    };
    let mut image = vhd::Image::new(vhd::Kind::Dynamic, 4 * MIB, 1 << 20);
    image.write(MIB, &noise(5120, 8));
    let raw = noise(MIB, 9);
    let gate = MemoryGate::default()
        .with_read_at("disk.vhd", bad(image.to_bytes()))
        .with_read_at("renamed", bad(image.to_bytes()))
        .with_read_at("disk.img", bad(raw.clone()));
    for name in ["disk.vhd", "renamed"] {
        let disk = open(gate.clone(), name);
        assert_eq!(disk.size(), 4 * MIB, "by the footer's copy");
        assert_eq!(bytes(&disk)[MIB as usize..][..5120], noise(5120, 8));
    }
    let disk = open(gate, "disk.img");
    let mut most = vec![0; raw.len() - 512];
    disk.read_exact_at(&mut most, 0).expect("good sectors");
    assert_eq!(most, raw[..raw.len() - 512]);
    assert!(disk.read_exact_at(&mut [0], disk.size() - 1).is_err());
}

#[test]
fn what_a_broken_chain_holds_can_be_salvaged_and_nothing_else() {
    let mut leaf = leaf();
    leaf.set(3, testkit::vhdx::Block::Zero);
    let gate = MemoryGate::default().with("leaf.avhdx", &leaf);
    let disk = VirtualDisk::salvage(chain(gate, "leaf.avhdx"));
    let mut buf = vec![0; 1024];
    disk.read_exact_at(&mut buf, 2 * MIB + 4096)
        .expect("the leaf holds it");
    assert_eq!(buf, noise(1024, 14 + 2 * MIB + 4096));
    disk.read_exact_at(&mut buf, 3 * MIB)
        .expect("zeros of the leaf's own");
    assert_eq!(buf, [0; 1024]);
    let error = disk
        .read_exact_at(&mut buf, MIB)
        .expect_err("half of it the parent's");
    assert_eq!(Fault::of(&error).expect("a fault").code.id, "HV-E501");
    let run = disk.run_at(MIB + 512, u64::MAX).expect("answered");
    assert!(matches!(run.place, Place::Lost(_)), "{run:?}");
    let next = disk.run_at(2 * MIB, u64::MAX).expect("answered");
    assert!(matches!(next.place, Place::Lost(_)), "{next:?}");
    assert_eq!(next.len, 4096, "up to the next sector that the leaf holds");
}

#[test]
fn a_lost_block_of_a_child_is_not_its_parents() {
    let mut file = leaf().build();
    file.set_bat_entry(2, testkit::vhdx::state::PRESENT, 1 << 40);
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with_read_at("leaf.avhdx", file.read_at());
    let disk = open(gate, "leaf.avhdx");
    let run = disk.run_at(2 * MIB, u64::MAX).expect("answered");
    assert!(matches!(run.place, Place::Lost(_)), "{run:?}");
    assert_eq!(run.len, MIB);
    let mut buf = [0; 512];
    assert!(disk.read_exact_at(&mut buf, 2 * MIB + 512).is_err());
    disk.read_exact_at(&mut buf, 3 * MIB)
        .expect("the next block is there");
}

#[test]
fn vhd_chains_are_found_by_the_same_rules() {
    let mut base = vhd::Image::new(vhd::Kind::Fixed, 2 * MIB, 2 << 20);
    base.unique_id = id(1);
    base.write(0, &noise(2 * MIB, 1));
    let mut leaf = vhd::Image::child_of(&base, "base.vhd", id(2));
    leaf.write(512, &noise(512, 2));
    let mut expected = noise(2 * MIB, 1);
    expected[512..1024].copy_from_slice(&noise(512, 2));
    for path in ["base.vhd", "moved/else.vhd"] {
        let gate = MemoryGate::default()
            .with_bytes(path, base.to_bytes())
            .with_bytes("leaf.avhd", leaf.to_bytes());
        testkit::read_at_contract(&open(gate, "leaf.avhd"), &expected);
    }
    let mut other = base.clone();
    other.unique_id = id(3);
    let gate = MemoryGate::default()
        .with_bytes("base.vhd", other.to_bytes())
        .with_bytes("leaf.avhd", leaf.to_bytes());
    assert_eq!(broken(gate, "leaf.avhd").fault.code.id, "HV-E502");
    leaf.parent.as_mut().expect("a child").unique_id = uuid::Uuid::nil();
    other.unique_id = uuid::Uuid::nil();
    let gate = MemoryGate::default()
        .with_bytes("base.vhd", other.to_bytes())
        .with_bytes("leaf.avhd", leaf.to_bytes());
    assert_eq!(
        broken(gate, "leaf.avhd").fault.code.id,
        "HV-E502",
        "nil is no identifier"
    );
}

#[test]
fn a_raw_image_is_a_disk_of_one_layer() {
    let bytes = noise(3 * MIB + 5, 1);
    let gate = MemoryGate::default().with_bytes("disk.img", bytes.clone());
    let disk = open(gate, "disk.img");
    assert_eq!(disk.layers()[0].image.format(), crate::Format::Raw);
    testkit::read_at_contract(&disk, &bytes);
    let image = crate::Image::open(
        Arc::new(blockio::Memory::from(Vec::new())),
        "empty",
        &Cache::default(),
    );
    assert_eq!(image.expect("an empty disk").id(), None);
}
