//! Files that Windows made, read to the byte. Ignored unless asked for.
//!
//! `HVRESTORE_FIXTURES` names their folder; without it `shared/fixtures` beside the workspace is
//! looked for.

#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use blockio::{Cache, Memory, ReadAt};
use hvrestore_vhd::edit::{NewParent, relink};
use hvrestore_vhd::{File, Kind};
use sha2::{Digest, Sha256};
use testkit::editable::Editable;
use testkit::read_layer;
use testkit::sparse::Sparse;

/// The file of this name, unpacked and opened.
fn open(name: &str) -> File {
    let bytes = Arc::new(Memory::from(unpacked(name)));
    File::open(bytes, name, &Cache::default()).unwrap()
}

fn unpacked(name: &str) -> Vec<u8> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("HVRESTORE_FIXTURES").map_or(beside.into(), PathBuf::from);
    let packed = std::fs::read(folder.join(format!("vhd/{name}.zst"))).unwrap();
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// Every byte of the disk, given every byte of its parent.
fn flat(file: &File, parent: &[u8]) -> Vec<u8> {
    let mut disk = vec![0; usize::try_from(file.disk_size()).unwrap()];
    read_layer(file, parent, &mut disk, 0).unwrap();
    disk
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn verified(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    file.verify(&mut |fault| found.push(fault.to_string()))
        .unwrap();
    found
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn fixed_and_dynamic_disks() {
    for (name, kind, expected) in [
        (
            "ntfs-fixed.vhd",
            Kind::Fixed,
            "cd81fade3878f1b2957f1ece168201876bdf4e90c9b30f60c2f232eba5fea76c",
        ),
        (
            "ntfs-dynamic.vhd",
            Kind::Dynamic,
            "8b10b52e3d1e76075d05a5101a6536b9fa8376a5b8f7c22f502d0987d165c876",
        ),
        (
            "ntfs-parent.vhd",
            Kind::Fixed,
            "c91d1766dd4b3327f33a082cbf958d3566dd84a3d71c2473a5ae6155e53171de",
        ),
    ] {
        let file = open(name);
        assert_eq!(file.kind(), kind, "{name}");
        assert_eq!(sha256(&flat(&file, &[])), expected, "{name}");
        assert_eq!(file.creator(), "win");
        assert_eq!(verified(&file), Vec::<String>::new(), "{name}");
    }
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn a_differencing_disk_over_its_parent() {
    let (child, parent) = (open("ntfs-differential.vhd"), open("ntfs-parent.vhd"));
    assert_eq!(child.kind(), Kind::Differencing);
    let locator = child.parent().unwrap();
    assert_eq!(locator.unique_id, parent.unique_id());
    assert_eq!(locator.relative.as_deref(), Some(r".\ntfs-parent.vhd"));
    let path = r"C:\Projects\dfvfs\test_data\ntfs-parent.vhd";
    assert_eq!(locator.absolute.as_deref(), Some(path));
    assert_eq!(locator.name.as_deref(), Some(path));
    assert_eq!(
        sha256(&flat(&child, &flat(&parent, &[]))),
        "b7922a46a6b08fa4f4fc0c51a25d5587d1d49f15cfade45ca740dd07110ae144"
    );
    assert_eq!(verified(&child), Vec::<String>::new());
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn the_differencing_disk_of_windows_reads_the_same_when_it_is_relinked() {
    let mut bytes = Sparse::default();
    bytes.write(0, &unpacked("ntfs-differential.vhd"));
    let (copy, size) = (Arc::new(Editable::new(bytes.clone())), bytes.size());
    let wanted = NewParent {
        relative: r"..\base\ntfs-parent.vhd".into(),
        absolute: None,
        unique_id: None,
    };
    let changes = relink(&*copy, "child.vhd", &wanted).unwrap();
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert_eq!(copy.size(), size, "there is room between its structures");
    let child = File::open(copy, "child.vhd", &Cache::default()).unwrap();
    let locator = child.parent().unwrap();
    assert_eq!(locator.relative, Some(wanted.relative));
    assert_eq!(locator.absolute, None);
    assert_eq!(locator.name.as_deref(), Some("ntfs-parent.vhd"));
    assert_eq!(
        sha256(&flat(&child, &flat(&open("ntfs-parent.vhd"), &[]))),
        "b7922a46a6b08fa4f4fc0c51a25d5587d1d49f15cfade45ca740dd07110ae144"
    );
    assert_eq!(verified(&child), Vec::<String>::new());
}
