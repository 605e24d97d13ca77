//! The committed NTFS volumes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::base::{Base, SECTOR};

/// Of each kind of structure one volume that is full of it, none so large that it takes long.
const NAMES: [&str; 7] = [
    "plain",
    "streams",
    "lznt1-512",
    "names",
    "metadata",
    "hidden",
    "mft-list",
];

/// Volumes whose boot sector, file records and index records are damaged.
pub(super) fn ntfs() -> Vec<Base> {
    NAMES.iter().map(|name| volume(name)).collect()
}

fn volume(name: &str) -> Base {
    let image = unpacked(name);
    // A record of 1 KiB or an index block of 4 KiB begins this many blocks further up at most.
    let begins = |number: usize, signature: &[u8; 4], blocks: usize| {
        let first = number.saturating_sub(blocks - 1);
        (first..=number).any(|block| image[block * SECTOR..].starts_with(signature))
    };
    let is_structure =
        |number, _: &[u8]| number == 0 || begins(number, b"FILE", 2) || begins(number, b"INDX", 8);
    Base::new(image.clone(), is_structure)
}

fn unpacked(name: &str) -> Vec<u8> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = here.ancestors().map(|folder| folder.join("testdata/ntfs"));
    let folder = folders
        .find(|folder| folder.is_dir())
        .expect("the repository has test data");
    let packed = File::open(folder.join(format!("{name}.img.zst"))).expect("it is committed");
    let mut frame = ruzstd::decoding::StreamingDecoder::new(packed).expect("it is packed");
    let mut image = Vec::new();
    frame.read_to_end(&mut image).expect("it is whole");
    image
}
