//! On healthy volumes the `wxtla` crate, which knows compression, attribute lists and valid data
//! lengths too, reads the same bytes from every file.
//!
//! On Linux alone: its dependencies are many, and one platform is enough for a comparison.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use support::{image, open, sha256, sha256_of};
use tree::{Entry, FileSystem, GuestPath, Kind};
use wxtla::filesystems::NtfsDriver;
use wxtla::{BytesDataSource, NamespaceNodeId, NamespaceNodeKind, NamespaceSource};

/// The hash of each file's data, by path.
type Seen = BTreeMap<String, String>;

fn theirs(image: Vec<u8>) -> Seen {
    let volume = NtfsDriver::open(Arc::new(BytesDataSource::new(image))).unwrap();
    let mut seen = Seen::new();
    let mut directories = vec![(volume.root_node_id(), String::new())];
    while let Some((directory, path)) = directories.pop() {
        for entry in volume.read_dir(&directory).unwrap() {
            let path = format!("{path}/{}", entry.name);
            // The file system's own files and their indexes are shown by us alone.
            if matches!(&*entry.name, "." | "..") || path.starts_with("/$") {
                continue;
            }
            read_data(&volume, &entry.node_id, path.clone(), &mut seen);
            if entry.kind == NamespaceNodeKind::Directory {
                directories.push((entry.node_id, path));
            }
        }
    }
    seen
}

fn read_data(volume: &dyn NamespaceSource, node: &NamespaceNodeId, path: String, seen: &mut Seen) {
    for stream in volume.data_streams(node).unwrap() {
        let source = volume.open_stream(node, &stream.id).unwrap();
        let mut bytes = vec![0; usize::try_from(stream.size).unwrap()];
        source.read_exact_at(0, &mut bytes).unwrap();
        seen.insert(path.clone(), sha256_of(&bytes));
    }
}

fn ours(image: Vec<u8>) -> Seen {
    let volume = open(image);
    let entries = volume
        .entries(volume.root(), &GuestPath::root())
        .unwrap()
        .map(Result::unwrap);
    let is_file = |entry: &Entry| !entry.metadata.system && entry.metadata.kind == Kind::File;
    let sum = |entry: Entry| {
        let bytes = volume.open(entry.node, None).unwrap();
        // What was made undecodable is left to the tests of manifests.
        Some((entry.path.to_string(), sha256(&*bytes).ok()?))
    };
    entries.filter(is_file).filter_map(sum).collect()
}

fn agree(name: &str) {
    let (ours, mut theirs) = (ours(image(name)), theirs(image(name)));
    // Links, which are no data for us.
    theirs.retain(|path, _| ours.contains_key(path));
    assert_eq!(ours, theirs, "{name}");
}

macro_rules! agrees {
    ($($test:ident: $volume:literal;)*) => {$(
        #[test]
        fn $test() {
            agree($volume);
        }
    )*};
}

// Its known faults are kept out: it fails on index records smaller than a cluster, on clusters above
// 64 KiB and on compressed units that end early, cannot name lone surrogates, and hands out whole files, of which `sparse` has one of 10 GiB.
agrees! {
    reads_the_same_plain_files: "plain";
    reads_the_same_beside_streams: "streams";
    reads_the_same_fragments: "fragments";
    reads_the_same_compressed_files: "lznt1";
    reads_the_same_valid_data: "vdl";
    reads_the_same_through_an_attribute_list_of_the_mft: "mft-list";
    reads_the_same_through_a_nonresident_list_of_the_mft: "mft-list-nonresident";
    reads_the_same_on_small_clusters: "cluster-512";
    reads_the_same_on_large_sectors: "sector-4096";
    reads_the_same_large_directory: "many";
}
