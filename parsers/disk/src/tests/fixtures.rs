//! Chains that Windows made, through the search for parents. Ignored unless asked for.
//!
//! `HVRESTORE_FIXTURES` names their folder; without it `shared/fixtures` beside the workspace is
//! looked for.

use std::io::Read;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{MemoryGate, bytes, found, open};

/// `gate` with the file of this name at `path`.
fn with(gate: MemoryGate, path: &str, name: &str) -> MemoryGate {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("HVRESTORE_FIXTURES").map_or(beside.into(), PathBuf::from);
    let packed = std::fs::read(folder.join(format!("{name}.zst"))).expect("the fixture is there");
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
        .expect("a zstd frame")
        .read_to_end(&mut bytes)
        .expect("it unpacks");
    gate.with_bytes(path, bytes)
}

/// The flat disk of a child found over its parent, which lies at `parent`.
fn check(format: &str, parent: &str, found_by: &str, expected: &str) {
    let gate = MemoryGate::default();
    let leaf = format!("vm/ntfs-differential.{format}");
    let gate = with(gate, &leaf, &format!("{format}/ntfs-differential.{format}"));
    let gate = with(gate, parent, &format!("{format}/ntfs-parent.{format}"));
    let disk = open(gate, &leaf);
    assert_eq!(found(disk.chain())[1], format!("{parent}: {found_by}"));
    let digest = Sha256::digest(bytes(&disk));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, expected);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn a_vhdx_chain_in_place_and_renamed() {
    let expected = "1ef1fb5360247aa7d36a38415bc7bf6e1e52f62af5e6bd1283815e82584c7efc";
    check("vhdx", "vm/ntfs-parent.vhdx", "same folder", expected);
    check("vhdx", "old/base.bak", "identifier", expected);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn a_vhd_chain_in_place_and_renamed() {
    let expected = "b7922a46a6b08fa4f4fc0c51a25d5587d1d49f15cfade45ca740dd07110ae144";
    check("vhd", "vm/ntfs-parent.vhd", "same folder", expected);
    check("vhd", "old/base.bak", "identifier", expected);
}
