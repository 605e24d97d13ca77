//! Small VHD and VHDX files of every kind that has structures.

use testkit::vhd;
use testkit::vhdx::{Block, Image, Order};

use super::base::{Base, holds_something};

/// Bytes that fill written sectors; a block of nothing else is payload.
const PAYLOAD: u8 = 0x11;
const MIB: u64 = 1 << 20;

/// A dynamic disk and a differencing one.
pub(super) fn vhd() -> Vec<Base> {
    let mut dynamic = vhd::Image::new(vhd::Kind::Dynamic, 40 << 10, 4096);
    let mut child = vhd::Image::child_of(&dynamic, "parent.vhd", uuid::Uuid::from_u128(9));
    child.block_size = 8192;
    for at in [0, 12 << 10, 36 << 10] {
        dynamic.write(at, &[PAYLOAD; 4096]);
        child.write(at, &[PAYLOAD; 512]);
    }
    let bases = [dynamic, child].map(|image| Base::new(image.to_bytes(), is_no_payload));
    bases.into()
}

/// A dynamic disk, a differencing one, and each with its BAT and metadata in a pending log, of
/// which one wraps.
pub(super) fn vhdx() -> Vec<Base> {
    let mut dynamic = Image::dynamic(20 * MIB);
    dynamic.order = Order::Shuffled(3);
    dynamic.write(0, &[PAYLOAD; 4096]);
    dynamic.write(7 * MIB, &[PAYLOAD; 4096]);
    dynamic.set(9, Block::Zero);
    dynamic.set(10, Block::Unmapped);
    let mut child = dynamic.child(".\\parent.vhdx", uuid::Uuid::from_u128(9));
    child.write(MIB - 512, &[PAYLOAD; 4096]);
    child.set(12, Block::Zero);
    let log_len = u64::from(dynamic.log_len);
    let states = [(dynamic, log_len - 8192), (child, 0)];
    let bases = states.iter().flat_map(|(image, log_start)| {
        let clean = image.build();
        let mut dirty = clean.clone();
        let pages = [clean.layout.bat.start, clean.layout.metadata.start];
        dirty.make_dirty(&pages, *log_start);
        [clean, dirty]
    });
    bases
        .map(|built| Base::new(built.to_vec(), is_no_payload))
        .collect()
}

fn is_no_payload(number: usize, block: &[u8]) -> bool {
    holds_something(number, block) && block.iter().any(|byte| *byte != PAYLOAD)
}
