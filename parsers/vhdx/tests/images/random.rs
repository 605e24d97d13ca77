//! Random disks over random parents, read at random: every byte as the model says.

use testkit::mutate::Chance;
use testkit::vhdx::{Block, Image, Kind, MIB, Order};
use uuid::Uuid;

use crate::{notes, open, verify};

const DISKS: u64 = 12;
const READS: usize = 10_000;

fn bytes(chance: &mut Chance, len: usize) -> Vec<u8> {
    let (mut bytes, step) = (vec![0; len], chance.bits() | 1);
    for (at, word) in bytes.chunks_mut(8).enumerate() {
        let value = (at as u64).wrapping_mul(step).rotate_left(29).to_le_bytes();
        word.copy_from_slice(&value[..word.len()]);
    }
    bytes
}

/// A disk of any kind, size, order and state.
fn disk(chance: &mut Chance) -> Image {
    let sector_size = chance.one_of(&[512, 4096]);
    let size = chance.below(12 << 20) as u64 / 4096 * 4096 + 4096;
    let mut image = match chance.below(4) {
        0 => Image::fixed(size),
        1 => Image::dynamic(size),
        _ => Image::differencing(size, Uuid::from_u128(7), r".\base.vhdx"),
    };
    image.block_size = chance.one_of(&[1 << 20, 2 << 20, 4 << 20]);
    image.logical_sector_size = sector_size;
    let shuffled = Order::Shuffled(chance.bits());
    image.order = chance.one_of(&[Order::Ascending, shuffled]);
    for block in 0..image.block_count() {
        match chance.below(8) {
            0 => image.set(block, Block::Undefined),
            1 => image.set(block, Block::Zero),
            2 => image.set(block, Block::Unmapped),
            3 | 4 => image.set(block, Block::Full(bytes(chance, image.block_size as usize))),
            5 => {}
            _ if image.kind == Kind::Differencing => {
                let share = chance.one_of(&[1, 10, 50, 90, 99]);
                image.set(block, scattered(chance, &image, share));
            }
            _ => {}
        }
    }
    image
}

/// A partially present block of which about `share` percent of the sectors are here, in runs.
fn scattered(chance: &mut Chance, image: &Image, share: usize) -> Block {
    let sector_size = image.logical_sector_size as usize;
    let sectors = u64::from(image.block_size / image.logical_sector_size);
    let (mut block, mut at) = (std::collections::BTreeMap::new(), 0);
    while at < sectors {
        let run = chance.one_of(&[1, 3, 63, 64, 65, 500]).min(sectors - at);
        if chance.below(100) < share {
            let run = at..at + run;
            block.extend(run.map(|sector| (sector, bytes(chance, sector_size))));
        }
        at += run;
    }
    Block::Partial(block)
}

#[test]
fn random_disks_read_as_their_models() {
    for seed in 0..DISKS {
        let mut chance = Chance::new(seed);
        let image = disk(&mut chance);
        let parent_size = chance.below(14 << 20);
        let parent = bytes(&mut chance, parent_size);
        let model = image.model(&parent);
        let mut built = image.build();
        if chance.below(2) == 0 {
            let bat = built.layout.bat.start;
            let start = chance.below(MIB as usize / 4096) as u64 * 4096;
            built.make_dirty(&[bat, bat + 0x7000], start);
        }
        let file = open(&built);
        assert!(
            notes(&file).is_empty() && verify(&file).is_empty(),
            "seed {seed}"
        );
        testkit::layer_contract(&file, &parent, &model);
        for _ in 0..READS {
            let offset = chance.below(model.len());
            let len = chance.below(16_000.min(model.len() - offset) + 1);
            let mut found = vec![0xA5; len];
            testkit::read_layer(&file, &parent, &mut found, offset as u64).expect("sound");
            assert!(
                found == model[offset..offset + len],
                "seed {seed}: {len} at {offset:#x}"
            );
        }
    }
}
