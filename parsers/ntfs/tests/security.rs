//! Security descriptors and details of a volume, against what its writer put there; and with damage.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly, and count in what is at hand"
)]

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hvrestore_ntfs::Volume;
use serde_json::Value;
use support::{image, manifest, open, sha256_of, testdata};
use tree::{Error, FileSystem, NodeId};

/// Bytes from a descriptor's entry in $SDS to its mirror copy.
const MIRROR: usize = 256 << 10;
/// Bytes of an entry's header.
const HEADER: usize = 20;

fn at(volume: &Volume, path: &str) -> NodeId {
    tree::resolve(volume, &path.into()).unwrap()
}

fn entries() -> Vec<Value> {
    let manifest = manifest(&testdata().join("security.json"));
    manifest["entries"].as_array().unwrap().clone()
}

/// The descriptor that the writer gave the file at `path`.
fn written(path: &str) -> Vec<u8> {
    let entry = entries().into_iter().find(|entry| entry["path"] == path);
    BASE64_STANDARD
        .decode(entry.unwrap()["security"].as_str().unwrap())
        .unwrap()
}

/// Where in `image` the entries of $SDS with this descriptor begin: the first and its mirror copy.
fn copies(image: &[u8], descriptor: &[u8]) -> Vec<usize> {
    let found = image.windows(descriptor.len()).enumerate();
    let found = found.filter(|(_, window)| *window == descriptor);
    found.map(|(at, _)| at - HEADER).collect()
}

#[test]
fn every_file_has_the_descriptor_it_was_given() {
    let volume = open(image("security"));
    let mut large = 0;
    for entry in entries() {
        let path = entry["path"].as_str().unwrap();
        let Some(found) = volume.security(at(&volume, path)).unwrap() else {
            panic!("{path} has no descriptor");
        };
        if let Some(hash) = entry["security_sha256"].as_str() {
            assert_eq!(sha256_of(&found), hash, "{path}");
            large += found.len();
        } else if entry["security"].is_string() {
            assert_eq!(*found, *written(path), "{path}");
        }
    }
    assert!(large > MIRROR, "more than one block of $SDS: {large:#x}");
    assert!(volume.info().notes.is_empty());
}

#[test]
fn details_are_those_that_were_written() {
    let volume = open(image("security"));
    let details = volume.details(at(&volume, "/details.txt")).unwrap();
    let entry = entries()
        .into_iter()
        .find(|entry| entry["path"] == "/details.txt")
        .unwrap();
    assert!(details.lost.is_empty(), "{:?}", details.lost);
    assert_eq!(details.usn, entry["usn"].as_u64());
    let found = details.extended_attributes.iter().map(|attribute| {
        let value = BASE64_STANDARD.encode(&attribute.value);
        (attribute.name.to_string(), attribute.is_needed(), value)
    });
    let found: Vec<_> = found.collect();
    let wanted = entry["extended_attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attribute| {
            let text = |key: &str| attribute[key].as_str().unwrap().to_owned();
            (
                text("name"),
                attribute["needed"].as_bool().unwrap(),
                text("value"),
            )
        });
    assert_eq!(found, wanted.collect::<Vec<_>>());
    let id = details.object_id.unwrap();
    let birth = id.birth.unwrap();
    let wanted = &entry["object_id"];
    for (found, key) in [
        (id.object, "id"),
        (birth.volume, "birth_volume"),
        (birth.object, "birth_object"),
        (birth.domain, "domain"),
    ] {
        assert_eq!(guid(found), wanted[key].as_str().unwrap(), "{key}");
    }
}

/// A stored GUID as text.
fn guid(bytes: [u8; 16]) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text: String = order
        .iter()
        .map(|&at: &usize| format!("{:02x}", bytes[at]))
        .collect();
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

#[test]
fn a_damaged_descriptor_is_read_from_the_mirror_and_that_is_said() {
    let descriptor = written("/conditional.txt");
    let mut bytes = image("security");
    let [first, _] = copies(&bytes, &descriptor)[..] else {
        panic!("two copies");
    };
    bytes[first + HEADER + 40] ^= 1;
    let volume = open(bytes);
    let found = volume.security(at(&volume, "/conditional.txt")).unwrap();
    assert_eq!(*found.unwrap(), *descriptor);
    let notes = volume.info().notes;
    assert_eq!(
        notes.iter().map(|note| note.code.id).collect::<Vec<_>>(),
        ["HV-W243"]
    );
}

#[test]
fn a_descriptor_damaged_twice_costs_its_own_files_only() {
    let descriptor = written("/usual.txt");
    let mut bytes = image("security");
    for at in copies(&bytes, &descriptor) {
        bytes[at + HEADER + 40] ^= 1;
    }
    let volume = open(bytes);
    for path in ["/usual.txt", "/usual 7.txt"] {
        match volume.security(at(&volume, path)) {
            Err(Error::Fault(fault)) => assert_eq!(fault.code.id, "HV-D240", "{fault}"),
            other => panic!("{other:?}"),
        }
        assert!(volume.open(at(&volume, path), None).is_ok());
    }
    let found = volume.security(at(&volume, "/objects.txt")).unwrap();
    assert_eq!(*found.unwrap(), *written("/objects.txt"));
}

#[test]
fn without_its_index_every_descriptor_is_found() {
    let mut bytes = image("security");
    // Index records of $Secure and $ObjId: those that are not of file names have no `$I30` before them.
    let blocks = bytes.windows(4).enumerate().step_by(512);
    let blocks: Vec<_> = blocks
        .filter(|(_, head)| *head == b"INDX")
        .map(|(at, _)| at)
        .collect();
    for at in blocks {
        bytes[at..at + 4].copy_from_slice(b"BAAD");
    }
    let volume = open(bytes);
    for path in ["/usual.txt", "/nobody.txt", "/audited.txt"] {
        let found = volume.security(at(&volume, path)).unwrap();
        assert_eq!(*found.unwrap(), *written(path), "{path}");
    }
    let details = volume.details(at(&volume, "/details.txt")).unwrap();
    assert_eq!(details.usn, Some(0x1_2345_6780));
}

#[test]
fn damaged_extended_attributes_and_object_ids_are_named_and_the_rest_is_there() {
    let sound = image("security");
    let found = |needle: &[u8]| {
        sound
            .windows(needle.len())
            .position(|window| window == needle)
            .unwrap()
    };
    // The name's length of the first attribute, behind which the list can no longer be read.
    let attribute = found(b"$LXUID\0") - 3;
    let mut bytes = sound.clone();
    bytes[attribute] = 0xFF;
    let volume = open(bytes);
    let details = volume.details(at(&volume, "/details.txt")).unwrap();
    assert_eq!(details.lost[0].code.id, "HV-D241");
    assert!(details.extended_attributes.is_empty() && details.object_id.is_some()); // The length of the object id: it has 16 bytes.
    let id = details.object_id.unwrap().object;
    let is_attribute = |at: &usize| sound[at - 24..].starts_with(&[0x40, 0, 0, 0]);
    let places = sound.windows(16).enumerate().skip(24);
    let mut places = places.filter(|(_, window)| *window == id).map(|(at, _)| at);
    let value = places.find(is_attribute).unwrap();
    let mut bytes = sound.clone();
    bytes[value - 8] = 15;
    let volume = open(bytes);
    let details = volume.details(at(&volume, "/details.txt")).unwrap();
    assert_eq!(details.lost[0].code.id, "HV-D242");
    assert!(details.object_id.is_none() && !details.extended_attributes.is_empty());
}
