//! Files that Windows and QEMU made, read to the byte. Ignored unless asked for.
//!
//! `HVRESTORE_FIXTURES` names their folder; without it `shared/fixtures` beside the workspace is
//! looked for.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use blockio::{Memory, ReadAt};
use hvrestore_vhdx::{File, Kind};

use sha2::{Digest, Sha256};
use testkit::sparse::Sparse;

use crate::{contents, open_bytes, verify};

fn folder() -> PathBuf {
    let beside = || {
        PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/fixtures"
        ))
    };
    std::env::var_os("HVRESTORE_FIXTURES").map_or_else(beside, PathBuf::from)
}

/// The file of this name, unpacked, with no room for its zeros.
pub(crate) fn sparse(name: &str) -> Sparse {
    let mut bytes = Sparse::default();
    bytes.write(0, &unpacked(name));
    bytes
}

fn fixture(name: &str) -> Arc<dyn ReadAt> {
    Arc::new(Memory::from(unpacked(name)))
}

/// The file of this name, unpacked.
fn unpacked(name: &str) -> Vec<u8> {
    let packed = fs::read(folder().join(format!("vhdx/{name}.zst"))).expect("the fixture is there");
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
        .expect("a zstd frame")
        .read_to_end(&mut bytes)
        .expect("it unpacks");
    bytes
}

fn open(name: &str) -> File {
    open_bytes(fixture(name))
}

/// Of the disk of `file`, over the bytes of its parent. Read in pieces: a disk may be large.
pub(crate) fn sha256(file: &File, parent: &[u8]) -> String {
    let (mut hash, mut at) = (Sha256::new(), 0);
    let mut buf = vec![0; 3 << 20];
    while at < file.disk_size() {
        let len = buf.len().min((file.disk_size() - at) as usize);
        testkit::read_layer(file, parent, &mut buf[..len], at).expect("nothing is lost");
        hash.update(&buf[..len]);
        at += len as u64;
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn is_sound(file: &File) {
    assert_eq!(verify(file), []);
    assert_eq!(file.notes(), []);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn fixed_and_dynamic_disks_are_read_to_the_byte() {
    let expected = [
        (
            "ntfs-parent.vhdx",
            Kind::Fixed,
            "c5523065bc6ef82267be56c5f8888e2876ead8ba7edba2a65a3da8b076231b68",
        ),
        (
            "ntfs-fixed.vhdx",
            Kind::Fixed,
            "5237dd895f38052344e2ef35a207fe9df08cd18d17b6ea857a1b93cc475e1f2e",
        ),
        (
            "ntfs-dynamic.vhdx",
            Kind::Dynamic,
            "b92731f8e4bf3532418444d22a9086823a8122569500acd09cd8d2ce20eb98e9",
        ),
        (
            "ext2.vhdx",
            Kind::Dynamic,
            "a6c2f0e39afe6c6ab432ca5465349fcefe8dc944398e97b2d957d3f89dbb5d80",
        ),
    ];
    for (name, kind, hash) in expected {
        let file = open(name);
        assert_eq!(file.kind(), kind, "{name}");
        assert_eq!(file.disk_size(), 4 << 20, "{name}");
        assert_eq!(sha256(&file, &[]), hash, "{name}");
        assert!(
            file.log_replay().is_none() && file.parent_locator().is_none(),
            "{name}"
        );
        is_sound(&file);
    }
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn a_differencing_disk_takes_the_rest_from_its_parent() {
    let (child, parent) = (open("ntfs-differential.vhdx"), open("ntfs-parent.vhdx"));
    let locator = child.parent_locator().expect("it has a parent");
    assert_eq!(locator.linkage, parent.data_write_guid());
    assert!(locator.accepts(parent.data_write_guid()));
    assert_eq!(
        locator.relative_path.as_deref(),
        Some(r".\ntfs-parent.vhdx")
    );
    assert_eq!(
        sha256(&child, &contents(&parent, &[])),
        "1ef1fb5360247aa7d36a38415bc7bf6e1e52f62af5e6bd1283815e82584c7efc"
    );
    is_sound(&child);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn a_log_that_windows_left_is_replayed() {
    let file = open("vhdx-log-replay.vhdx");
    let replay = file.log_replay().expect("the log is pending");
    assert_eq!(
        (replay.entries, replay.pages, replay.zero_ranges),
        (2, 2, 0)
    );
    assert_eq!(
        sha256(&file, &[]),
        "3ba3b309425b7ff5e8e0199edceed95226250f880c53b24e8eae93865f3fad5e"
    );
    is_sound(&file);
}
