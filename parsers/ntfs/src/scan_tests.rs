use std::io::Read;

use blockio::{Cache, Memory};
use tree::{FileSystem, GuestPath};

use super::*;
use crate::Volume;

/// The committed volume `name`.
fn volume(name: &str) -> Volume {
    let path = format!(
        "{}/../../testdata/ntfs/{name}.img.zst",
        env!("CARGO_MANIFEST_DIR")
    );
    let packed = std::fs::File::open(&path).expect("a committed volume");
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed).expect("zstd");
    let mut image = Vec::new();
    decoder.read_to_end(&mut image).expect("zstd");
    Volume::open(Arc::new(Memory::from(image)), name, &Cache::default()).expect("a volume")
}

/// Directories that a scan does not list by itself.
fn irregular(volume: &Volume) -> Vec<u64> {
    let scan = volume.0.scan();
    let rows = (0..volume.0.mft.len()).filter_map(|number| scan.row(number));
    let directories = rows
        .filter(|row| row.is_directory)
        .map(|row| u64::from(row.number));
    directories
        .filter(|number| scan.listed(*number).is_none())
        .collect()
}

#[test]
fn healthy_volumes_are_listed_without_their_indexes() {
    for name in [
        "plain",
        "links",
        "streams",
        "names",
        "fragments",
        "many",
        "mft-list",
    ] {
        assert_eq!(irregular(&volume(name)), [0; 0], "{name}");
    }
}

#[test]
fn directories_with_broken_indexes_are_known() {
    for name in ["broken-index-block", "broken-index-cycle"] {
        let volume = volume(name);
        let many =
            tree::resolve(&volume, &GuestPath::from("many")).expect("its own record is whole");
        assert_eq!(irregular(&volume), [many.0], "{name}");
    }
}

#[test]
fn rows_say_what_the_records_say() {
    let volume = volume("streams");
    let scan = volume.0.scan();
    for entry in tree::walk(&volume, volume.root(), &GuestPath::root()).expect("a walk") {
        let entry = entry.expect("a healthy volume");
        let row = scan.row(entry.node.0).expect("a live file");
        assert_eq!(
            row.metadata(entry.metadata.system),
            entry.metadata,
            "{}",
            entry.path
        );
        assert_eq!(scan.streams(row), entry.streams, "{}", entry.path);
    }
}

#[test]
fn a_scan_is_shared_while_somebody_holds_it() {
    let volume = volume("plain");
    let first = volume.0.scan();
    assert!(Arc::ptr_eq(&first, &volume.0.scan()));
}
