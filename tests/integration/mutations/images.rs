//! The good images that are damaged.

mod table;
mod vhd;

use std::fs;

use testkit::mutate::targets;

use crate::harness::Sources;

pub(super) use table::{gpt, mbr};
pub(super) use vhd::vhd;

/// A good image and the blocks of it that hold structures.
pub(super) struct Base {
    pub(super) image: Vec<u8>,
    pub(super) targets: Vec<usize>,
}

impl Base {
    fn new(image: Vec<u8>, is_structure: impl Fn(usize, &[u8]) -> bool) -> Self {
        let targets = targets(&image, is_structure);
        Self { image, targets }
    }

    pub(super) fn can_be_damaged(&self) -> bool {
        !self.targets.is_empty()
    }
}

fn holds_something(_: usize, block: &[u8]) -> bool {
    block.iter().any(|byte| *byte != 0)
}

const SECTOR: usize = 512;

/// The two ends of the demo's chain: a dynamic disk and a differencing one.
pub(super) fn vhdx() -> Vec<Base> {
    let names = [
        "web01.vhdx",
        "web01_21FDE629-7D99-5078-BCF7-CDD1AA8C65B3.avhdx",
    ];
    let folder = "demo/web01/Virtual Hard Disks";
    let sources = Sources::testdata(&names.map(|name| format!("{folder}/{name}")));
    // Headers and tables, log, BAT and metadata lie in the first 4 MiB, payload behind them.
    let structures = |number, block: &[u8]| number < 4 << 11 && holds_something(number, block);
    let base = |name| Base::new(fs::read(sources.path(name)).expect("the demo"), structures);
    names.map(base).into()
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    bytes[at..at + what.len()].copy_from_slice(what);
}
