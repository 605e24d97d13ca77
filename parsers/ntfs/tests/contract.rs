//! A volume keeps the contract of [`tree::FileSystem`].

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use support::{image, open};

fn keeps_the_contract(name: &str) {
    testkit::file_system_contract(&open(image(name)));
}

#[test]
fn plain_files() {
    keeps_the_contract("plain");
}

#[test]
fn links_and_hard_links() {
    keeps_the_contract("links");
}

#[test]
fn streams() {
    keeps_the_contract("streams");
}

#[test]
fn names_of_every_kind() {
    keeps_the_contract("names");
}

#[test]
fn compressed_files() {
    keeps_the_contract("lznt1");
}

#[test]
fn sparse_files_and_valid_data_lengths() {
    keeps_the_contract("sparse");
    keeps_the_contract("vdl");
}

#[test]
fn attributes_split_over_records() {
    keeps_the_contract("fragments");
}

#[test]
fn hidden_content() {
    keeps_the_contract("unsupported");
}

#[test]
fn files_compressed_by_wof() {
    keeps_the_contract("wof");
}

#[test]
fn a_fragmented_mft() {
    keeps_the_contract("mft-list");
}

#[test]
fn large_sectors() {
    keeps_the_contract("sector-4096");
}
