//! Tests of the crate as a whole, on images of the testkit.

mod fixtures;
mod folders;
mod links;
mod long;
mod memory_gate;
mod model;
mod rows;
mod sets;
mod stack;
mod survey;

use std::path::Path;
use std::sync::Arc;

use blockio::{Cache, ReadAt};
use testkit::mutate::Chance;
use testkit::vhdx::Image;
use uuid::Uuid;

use crate::{BrokenLink, Chain, Error, Finder, LayerEntry, VirtualDisk};
use memory_gate::MemoryGate;

const MIB: u64 = 1 << 20;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0xd15c_0000_0000_4000_8000_0000_0000_0000 + number)
}

/// Sectors of noise in which no byte is zero.
fn noise(len: u64, seed: u64) -> Vec<u8> {
    let mut chance = Chance::new(seed);
    (0..len).map(|_| chance.below(255) as u8 + 1).collect()
}

/// A dynamic disk of 4 MiB, every byte written.
fn base() -> Image {
    let mut image = Image::dynamic(4 * MIB);
    image.data_write_guid = id(1);
    image.write(0, &noise(4 * MIB, 1));
    image
}

/// A child of `parent` in which some sectors here and there are written.
fn child(parent: &Image, relative: &str, number: u128) -> Image {
    let mut image = parent.child(relative, id(number));
    for offset in [0, 3 * 512, MIB - 512, 2 * MIB + 4096] {
        image.write(offset, &noise(1024, number as u64 * 7 + offset));
    }
    image
}

fn finder(gate: MemoryGate) -> Finder {
    Finder::new(Arc::new(gate), &Cache::default())
}

fn chain(gate: MemoryGate, leaf: &str) -> Chain {
    let chain = finder(gate).chain(Path::new(leaf));
    chain.expect("the leaf opens")
}

fn open(gate: MemoryGate, leaf: &str) -> VirtualDisk {
    VirtualDisk::open(chain(gate, leaf)).expect("every link holds")
}

/// The link that does not hold; also that the disk does not open.
fn broken(gate: MemoryGate, leaf: &str) -> BrokenLink {
    let link = chain(gate.clone(), leaf).broken.expect("a broken link");
    let error = VirtualDisk::open(chain(gate, leaf))
        .err()
        .expect("it does not open");
    assert!(error.is_chain_broken(), "{error}");
    assert!(matches!(error, Error::Broken(_)));
    assert_eq!(error.to_string(), link.fault.to_string());
    assert!(!link.fix.is_empty());
    link
}

/// Each layer's file and how it was found.
fn found(chain: &Chain) -> Vec<String> {
    let words = |layer: &LayerEntry| {
        let path = layer.path.display().to_string().replace('\\', "/");
        format!("{path}: {}", layer.found_by.words())
    };
    chain.layers.iter().map(words).collect()
}

fn bytes(disk: &dyn ReadAt) -> Vec<u8> {
    let mut bytes = vec![0; disk.size() as usize];
    disk.read_exact_at(&mut bytes, 0).expect("nothing is lost");
    bytes
}

#[test]
fn every_code_is_provoked() {
    let source = [
        include_str!("tests/folders.rs"),
        include_str!("tests/links.rs"),
        include_str!("tests/long.rs"),
        include_str!("tests/sets.rs"),
        // HV-E515 is about a parent that the operator gives, which only the program can be given.
        include_str!("../../../tests/integration/chains/relinked.rs"),
    ]
    .concat();
    for code in crate::codes::ALL {
        assert!(source.contains(&format!("\"{}\"", code.id)), "{code}");
    }
}
