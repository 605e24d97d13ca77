//! VHD Sets.

use std::path::Path;

use super::{MIB, MemoryGate, base, bytes, child, finder, found, open};
use testkit::vhdx::Image;

const FIRST: &str = "Data_6DB4A4A2-8E1F-4F6E-9B3B-2A3E2D6B1C01.avhdx";
const SECOND: &str = "data_6DB4A4A2-8E1F-4F6E-9B3B-2A3E2D6B1C02.avhdx";

/// The .vhds file itself: a container without the disk.
fn set() -> Image {
    Image::dynamic(4 * MIB)
}

#[test]
fn a_set_opens_as_its_backing_file() {
    let gate = MemoryGate::default()
        .with("vm/data.vhds", &set())
        .with(&format!("vm/{FIRST}"), &base())
        .with(
            "vm/other_6DB4A4A2-8E1F-4F6E-9B3B-2A3E2D6B1C01.avhdx",
            &set(),
        )
        .with(&format!("elsewhere/{SECOND}"), &set());
    let disk = open(gate, "vm/data.vhds");
    assert_eq!(
        disk.chain().vhd_set.as_deref(),
        Some(Path::new("vm/data.vhds"))
    );
    assert_eq!(found(disk.chain()), [format!("vm/{FIRST}: given")]);
    assert_eq!(bytes(&disk), base().model(&[]));
}

#[test]
fn a_set_with_checkpoints_opens_as_the_latest() {
    let latest = child(&base(), &format!(r".\{FIRST}"), 2);
    let gate = MemoryGate::default()
        .with("data.vhds", &set())
        .with(FIRST, &base())
        .with(SECOND, &latest);
    let disk = open(gate, "data.vhds");
    assert_eq!(disk.layers()[0].path, Path::new(SECOND));
    assert_eq!(bytes(&disk), latest.model(&base().model(&[])));
}

#[test]
fn a_set_without_its_backing_file_is_no_disk() {
    let gate = MemoryGate::default().with("data.vhds", &set());
    let error = finder(gate)
        .chain(Path::new("data.vhds"))
        .expect_err("no disk");
    assert_eq!(error.fault().code.id, "HV-E509");
    assert!(error.is_chain_broken());
    let direct = crate::Image::open(
        set().build().read_at(),
        "x.vhds",
        &blockio::Cache::default(),
    );
    assert_eq!(direct.expect_err("metadata only").code.id, "HV-E509");
}

#[test]
fn a_set_with_two_latest_files_needs_a_choice() {
    let gate = MemoryGate::default()
        .with("data.vhds", &set())
        .with(FIRST, &base())
        .with(SECOND, &set());
    let error = finder(gate)
        .chain(Path::new("data.vhds"))
        .expect_err("a choice");
    assert_eq!(error.fault().code.id, "HV-E510");
    for name in [FIRST, SECOND] {
        assert!(error.to_string().contains(name), "{error}");
    }
}
