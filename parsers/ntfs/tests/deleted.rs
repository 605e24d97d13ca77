//! Deleted files read as far as nobody else can own their clusters, and are never mixed with live ones.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly, and count in what is at hand"
)]

#[expect(dead_code, reason = "shared with the tests of other volumes")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use blockio::{Place, ReadAt};
use serde_json::Value;
use support::{committed, image, open, sha256};
use tree::{Deleted, Entry, FileSystem, GuestPath, Kind, Name, resolve};

fn deleted() -> Arc<dyn FileSystem> {
    open(image("deleted")).deleted().unwrap().unwrap()
}

fn listing(fs: &dyn FileSystem) -> BTreeMap<String, Entry> {
    let entries = fs.entries(fs.root(), &GuestPath::root()).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.path.to_string(), entry))
        .collect()
}

/// The manifest's deleted entries by path.
fn expected() -> BTreeMap<String, Value> {
    let manifest = committed()["deleted"].clone();
    let entries = manifest["deleted"].as_array().unwrap().clone();
    let path = |entry: &Value| entry["path"].as_str().unwrap().to_owned();
    entries
        .into_iter()
        .map(|entry| (path(&entry), entry))
        .collect()
}

fn lost_ranges(bytes: &dyn ReadAt) -> Vec<Range<u64>> {
    let (mut lost, mut at): (Vec<Range<u64>>, u64) = (Vec::new(), 0);
    while at < bytes.size() {
        let run = bytes.run_at(at, bytes.size() - at).unwrap();
        if let Place::Lost(fault) = run.place {
            assert_eq!(fault.code.id, "HV-D261", "{fault}");
            lost.push(at..at + run.len);
        }
        at += run.len;
    }
    lost
}

#[test]
fn lists_what_was_deleted_and_nothing_else() {
    let (fs, expected) = (deleted(), expected());
    let found = listing(&*fs);
    let live: BTreeSet<_> = ["/docs", "/[no folder]"].into();
    for (path, entry) in &found {
        match expected.get(path) {
            Some(expected) => {
                assert_eq!(entry.metadata.kind.word(), expected["kind"], "{path}");
                assert_eq!(entry.metadata.number, expected["record"], "{path}");
                assert_eq!(entry.metadata.deleted, Some(Deleted::Unverified), "{path}");
                assert_eq!(resolve(&*fs, &entry.path).unwrap(), entry.node, "{path}");
            }
            None => {
                assert!(live.contains(&**path), "{path} was never deleted");
                assert_eq!(entry.metadata.kind, Kind::Directory, "{path}");
                assert_eq!(entry.metadata.deleted, None, "{path}");
            }
        }
    }
    let missing: Vec<_> = expected
        .keys()
        .filter(|path| !found.contains_key(*path))
        .collect();
    assert!(missing.is_empty(), "not found: {missing:?}");
}

#[test]
fn content_is_what_was_written_or_lost() {
    let fs = deleted();
    for (path, expected) in expected() {
        let node = resolve(&*fs, &GuestPath::from(&*path)).unwrap();
        for (stream, facts) in expected["streams"].as_object().unwrap() {
            let name = (!stream.is_empty()).then(|| Name::from(&**stream));
            let bytes = fs.open(node, name.as_ref()).unwrap();
            assert_eq!(bytes.size(), facts["size"], "{path}:{stream}");
            let lost = expected.get("lost").and_then(Value::as_array);
            let pair = |range: &Value| range[0].as_u64().unwrap()..range[1].as_u64().unwrap();
            let lost: Vec<_> = lost.into_iter().flatten().map(pair).collect();
            assert_eq!(lost_ranges(&*bytes), lost, "{path}:{stream}");
            if lost.is_empty() {
                assert_eq!(sha256(&*bytes).unwrap(), facts["sha256"], "{path}:{stream}");
            }
        }
    }
}

#[test]
fn live_files_are_not_in_it() {
    let fs = deleted();
    for path in [
        "/docs/kept.txt",
        "/docs/name kept.txt",
        "/docs/name lost.txt",
    ] {
        assert!(resolve(&*fs, &GuestPath::from(path)).is_err(), "{path}");
    }
    // A live file by its number, past all paths.
    let live = open(image("deleted"));
    let node = resolve(&live, &GuestPath::from("/docs/kept.txt")).unwrap();
    assert!(fs.metadata(node).is_err() && fs.open(node, None).is_err());
}

/// Where the record `number` is in `image`, as it says itself, and its reference.
fn record(image: &[u8], number: u64) -> (usize, u64) {
    let is_it = |at: &usize| {
        let record = &image[*at..];
        let own = u32::from_le_bytes(record[0x2C..0x30].try_into().unwrap());
        record.starts_with(b"FILE") && u64::from(own) == number
    };
    let at = (0..image.len() - 1024).step_by(512).find(is_it).unwrap();
    let sequence = u16::from_le_bytes([image[at + 0x10], image[at + 0x11]]);
    (at, u64::from(sequence) << 48 | number)
}

/// Writes `parent` into all names of the record `number`.
fn put_below(image: &mut [u8], number: u64, parent: u64) {
    let (start, _) = record(image, number);
    let mut at = start + usize::from(image[start + 0x14]);
    let word = |image: &[u8], at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap());
    while word(image, at) != u32::MAX {
        if word(image, at) == 0x30 {
            let value = at + usize::from(image[at + 0x14]);
            image[value..value + 8].copy_from_slice(&parent.to_le_bytes());
        }
        at += usize::try_from(word(image, at + 4)).unwrap();
    }
}

/// All that was found in the undamaged volume is found, wherever; each path once and resolved.
fn still_lists_all(bytes: Vec<u8>) -> BTreeMap<String, Entry> {
    let nodes = |found: &BTreeMap<String, Entry>| {
        let deleted = found.values().filter(|e| e.metadata.deleted.is_some());
        deleted.map(|entry| entry.node).collect::<BTreeSet<_>>()
    };
    let fs = open(bytes).deleted().unwrap().unwrap();
    let entries = fs.entries(fs.root(), &GuestPath::root()).unwrap();
    let found: BTreeMap<_, _> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path.to_string(), entry))
        .collect();
    assert_eq!(nodes(&found), nodes(&listing(&*deleted())));
    for entry in found.values() {
        assert_eq!(resolve(&*fs, &entry.path).unwrap(), entry.node);
    }
    found
}

#[test]
fn directories_in_circles_keep_what_was_in_them() {
    let sound = image("deleted");
    let all = listing(&*deleted());
    let folders = all
        .iter()
        .filter(|(_, e)| e.metadata.kind == Kind::Directory);
    for (path, folder) in folders.filter(|(path, _)| *path != "/[no folder]") {
        // Live or deleted, in itself: the way up is gone.
        let mut bytes = sound.clone();
        let (_, own) = record(&sound, folder.node.0);
        put_below(&mut bytes, folder.node.0, own);
        let found = still_lists_all(bytes);
        let was_below = all
            .keys()
            .filter(|below| below.starts_with(&format!("{path}/")));
        for below in was_below {
            assert!(!found.contains_key(below), "{below} is still there");
        }
    }
}
