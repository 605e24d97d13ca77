//! A good image, to be damaged.

use testkit::mutate::targets;

/// A good image and the blocks of it that hold structures.
pub(super) struct Base {
    pub(super) image: Vec<u8>,
    pub(super) targets: Vec<usize>,
}

impl Base {
    pub(super) fn new(image: Vec<u8>, is_structure: impl Fn(usize, &[u8]) -> bool) -> Self {
        let targets = targets(&image, is_structure);
        assert!(!targets.is_empty(), "an image without structures");
        Self { image, targets }
    }
}

pub(super) fn holds_something(_: usize, block: &[u8]) -> bool {
    block.iter().any(|byte| *byte != 0)
}

pub(super) const SECTOR: usize = 512;

pub(super) fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    bytes[at..at + what.len()].copy_from_slice(what);
}
