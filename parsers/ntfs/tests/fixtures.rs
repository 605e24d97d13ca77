//! Volumes that Windows and others made read as at least two independent readers agreed.
//!
//! They are not part of the project: ignored unless asked for.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly, and count in what is at hand"
)]

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use blockio::{Cache, Memory, Slice};
use hvrestore_ntfs::Volume;
use serde_json::Value;
use support::{fixtures, manifest, sha256, unpack};
use tree::{Entry, FileSystem, GuestPath, Name, Time};

/// Opens `image`; where the manifest's volume is one of a disk's, at `offset` of it.
fn open_at(image: &str, offset: u64) -> Volume {
    let disk: Arc<Memory> =
        Arc::new(unpack(&fixtures().join("ntfs").join(format!("{image}.zst"))).into());
    let slice = Slice::new(disk, offset, u64::MAX);
    Volume::open(Arc::new(slice), image, &Cache::default()).unwrap()
}

/// Nanoseconds since 1970.
fn unix(time: Time) -> i128 {
    let (seconds, nanos) = time.unix();
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

/// What differs between an entry and what the readers agreed on.
fn compare(volume: &Volume, expected: &Value, entry: &Entry) -> Vec<String> {
    let metadata = &entry.metadata;
    let mut differ = Vec::new();
    let mut check = |what: &str, found: String, wanted: String| {
        if found != wanted {
            differ.push(format!("{}: {what} {found}, expected {wanted}", entry.path));
        }
    };
    check(
        "record",
        metadata.number.to_string(),
        expected["mft"].to_string(),
    );
    let attributes = expected["attrs"].as_str().unwrap();
    check(
        "attributes",
        format!("{:#x}", metadata.attributes.0),
        attributes.into(),
    );
    for (key, time) in [
        ("mtime_ns", metadata.modified),
        ("crtime_ns", metadata.created),
        ("atime_ns", metadata.accessed),
        ("ctime_ns", metadata.changed),
    ] {
        // Before 1677 the number is none that JSON readers keep whole.
        if expected[key].is_i64() {
            check(key, unix(time).to_string(), expected[key].to_string());
        }
    }
    let streams = volume.streams(entry.node).unwrap();
    let found: Vec<_> = streams
        .iter()
        .map(|s| (s.name.to_string(), s.size))
        .collect();
    let mut wanted = Vec::new();
    for stream in expected["streams"].as_array().unwrap() {
        let name = stream["name"].as_str().unwrap();
        wanted.push((name.to_owned(), stream["size"].as_u64().unwrap()));
        let opened = volume.open(entry.node, Some(&Name::from(name)));
        if let (Some(hash), Ok(data)) = (stream["sha256"].as_str(), &opened) {
            check(
                &format!("stream {name}"),
                sha256(&**data).unwrap(),
                hash.into(),
            );
        }
    }
    wanted.sort();
    let mut sorted = found;
    sorted.sort();
    check("streams", format!("{sorted:?}"), format!("{wanted:?}"));
    differ
}

fn agrees(image: &str, expected: &str) {
    let expected = manifest(&fixtures().join("expected").join(expected));
    let volume = open_at(image, expected["offset"].as_u64().unwrap());
    let entries = volume.entries(volume.root(), &GuestPath::root()).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    let mut found: BTreeMap<_, _> = entries.map(|entry| (entry.path.clone(), entry)).collect();
    let mut differ = Vec::new();
    for expected in expected["entries"].as_array().unwrap() {
        let path = GuestPath::from(expected["path"].as_str().unwrap());
        match found.remove(&path) {
            Some(entry) => differ.extend(compare(&volume, expected, &entry)),
            // The listings of others show short names as entries of their own.
            None if is_short_name(&volume, &path) || path.is_root() => {}
            None => differ.push(format!("{path}: not listed")),
        }
    }
    differ.extend(found.keys().map(|path| format!("{path}: not expected")));
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        differ[..differ.len().min(20)].join("\n")
    );
}

fn is_short_name(volume: &Volume, path: &GuestPath) -> bool {
    let Ok(node) = tree::resolve(volume, path) else {
        return false;
    };
    volume.details(node).unwrap().short_name == path.name()
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn made_by_windows_with_small_clusters() {
    agrees("testfs1.img", "colinfinck_testfs1.json");
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn streams_that_share_attribute_ids() {
    agrees("ads-shared-ids.img", "go-ntfs_charlie.json");
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn compressed_with_slack() {
    agrees("lznt1-slack.img", "msuhanov_ntfs-ramslack.json");
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn clusters_of_two_mebibytes() {
    agrees("cluster-2m.img", "msuhanov_ntfs-2m.json");
}

/// Every file of these volumes has a descriptor in `$Secure`, and the hashes there are right.
#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn every_descriptor_is_whole() {
    for (image, expected) in [
        ("testfs1.img", "colinfinck_testfs1.json"),
        ("ads-shared-ids.img", "go-ntfs_charlie.json"),
        ("lznt1-slack.img", "msuhanov_ntfs-ramslack.json"),
        ("cluster-2m.img", "msuhanov_ntfs-2m.json"),
    ] {
        let expected = manifest(&fixtures().join("expected").join(expected));
        let volume = open_at(image, expected["offset"].as_u64().unwrap());
        let entries = volume.entries(volume.root(), &GuestPath::root()).unwrap();
        let mut some = 0;
        for entry in entries.map(|entry| entry.unwrap()) {
            let security = volume.security(entry.node);
            let security =
                security.unwrap_or_else(|error| panic!("{image}: {}: {error}", entry.path));
            if let Some(descriptor) = security {
                assert_eq!(
                    (descriptor[0], descriptor[3] & 0x80),
                    (1, 0x80),
                    "{}",
                    entry.path
                );
                some += 1;
            } else {
                assert!(entry.metadata.system, "{image}: {}", entry.path);
            }
            assert!(
                volume.details(entry.node).unwrap().lost.is_empty(),
                "{}",
                entry.path
            );
        }
        assert!(some > 10, "{image}: {some}");
        assert!(
            volume.info().notes.is_empty(),
            "{image}: {:?}",
            volume.info().notes
        );
    }
}
