//! Random chains against a model of bytes.

use testkit::mutate::Chance;
use testkit::vhd;
use testkit::vhdx::{Block, Image, Order};

use super::{MIB, MemoryGate, id, noise, open};
use crate::VirtualDisk;
use blockio::ReadAt;

/// Reads of each chain.
const READS: usize = 10_000;
/// Chains of each format.
const CHAINS: u64 = 8;

#[test]
fn random_vhdx_chains_read_as_their_model() {
    for seed in 0..CHAINS {
        let mut chance = Chance::new(seed);
        let sector = chance.one_of(&[512, 4096]);
        let mut gate = MemoryGate::default();
        let mut model = Vec::new();
        let layers = 2 + chance.below(7);
        for number in 0..layers {
            let image = random_layer(number, sector, &mut chance);
            model = image.model(&model);
            gate = gate.with(&format!("{number}.vhdx"), &image);
        }
        let disk = open(gate, &format!("{}.vhdx", layers - 1));
        assert_eq!(disk.layers().len(), layers);
        compare(&disk, &model, &mut chance, seed);
    }
}

fn random_layer(number: usize, sector: u32, chance: &mut Chance) -> Image {
    let size = 1 + chance.below(6) as u64;
    // Now and then a disk that ends within a block.
    let size = size * MIB - chance.one_of(&[0, 0, 4096]);
    let mut image = match number {
        0 => Image::dynamic(size),
        _ => Image::differencing(
            size,
            id(number as u128 - 1),
            &format!(r".\{}.vhdx", number - 1),
        ),
    };
    image.data_write_guid = id(number as u128);
    image.logical_sector_size = sector;
    image.block_size = chance.one_of(&[1 << 20, 2 << 20, 4 << 20]);
    image.order = Order::Shuffled(chance.bits());
    for block in 0..image.block_count() {
        let full = noise(image.block_size.into(), chance.bits());
        match chance.below(8) {
            0 => image.set(block, Block::Zero),
            1 => image.set(block, Block::Unmapped),
            2 => image.set(block, Block::Full(full)),
            _ => {}
        }
    }
    let sectors = size / u64::from(sector);
    for _ in 0..chance.below(40) {
        let first = chance.below(sectors as usize) as u64;
        let count = (1 + chance.below(64) as u64).min(sectors - first);
        let bytes = noise(count * u64::from(sector), chance.bits());
        image.write(first * u64::from(sector), &bytes);
    }
    image
}

#[test]
fn random_vhd_chains_read_as_their_model() {
    for seed in 100..100 + CHAINS {
        let mut chance = Chance::new(seed);
        let mut gate = MemoryGate::default();
        let mut model: Vec<u8> = Vec::new();
        let layers = 2 + chance.below(5);
        let mut parent: Option<vhd::Image> = None;
        for number in 0..layers {
            let image = random_vhd(number, parent.as_ref(), &mut model, &mut chance);
            gate = gate.with_bytes(&format!("{number}.vhd"), image.to_bytes());
            parent = Some(image);
        }
        let disk = open(gate, &format!("{}.vhd", layers - 1));
        compare(&disk, &model, &mut chance, seed);
    }
}

fn random_vhd(
    number: usize,
    parent: Option<&vhd::Image>,
    model: &mut Vec<u8>,
    chance: &mut Chance,
) -> vhd::Image {
    let size = (2000 + chance.below(8000) as u64) * 512;
    let mut image = match parent {
        Some(parent) => {
            vhd::Image::child_of(parent, &format!("{}.vhd", number - 1), id(number as u128))
        }
        None => vhd::Image::new(
            chance.one_of(&[vhd::Kind::Fixed, vhd::Kind::Dynamic]),
            size,
            0,
        ),
    };
    image.unique_id = id(number as u128);
    image.disk_size = size;
    image.block_size = chance.one_of(&[64 << 10, 512 << 10, 2 << 20]);
    model.resize(size as usize, 0);
    for _ in 0..chance.below(60) {
        let first = chance.below(size as usize / 512) as u64;
        let count = (1 + chance.below(300) as u64).min(size / 512 - first);
        let bytes = noise(count * 512, chance.bits());
        image.write(first * 512, &bytes);
        model[first as usize * 512..][..bytes.len()].copy_from_slice(&bytes);
    }
    image
}

fn compare(disk: &VirtualDisk, model: &[u8], chance: &mut Chance, seed: u64) {
    assert_eq!(disk.size(), model.len() as u64, "seed {seed}");
    for _ in 0..READS {
        let offset = chance.below(model.len());
        let longest = chance.one_of(&[16, 4096, 200_000]);
        let len = (1 + chance.below(longest)).min(model.len() - offset);
        let mut buf = vec![0xA5; len];
        disk.read_exact_at(&mut buf, offset as u64)
            .expect("nothing is lost");
        assert!(
            buf == model[offset..][..len],
            "seed {seed}: {len} bytes at {offset:#x}"
        );
    }
    testkit::read_at_contract(disk, model);
}
