//! On healthy volumes, and on what it supports, the `ntfs` crate sees the same files.
//!
//! Its known faults are kept out: compressed files, data split over records, valid data lengths.

#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};

use ntfs_oracle::structured_values::NtfsFileNamespace;
use ntfs_oracle::{Ntfs, NtfsFile};
use support::{image, open, sha256, sha256_of};
use tree::{FileSystem, GuestPath, Kind, Name};

/// Record number, and the hash of the unnamed stream, if it has one.
type Seen = BTreeMap<GuestPath, (u64, Option<String>)>;

fn oracle(image: Vec<u8>) -> Seen {
    let mut disk = Cursor::new(image);
    let mut ntfs = Ntfs::new(&mut disk).unwrap();
    ntfs.read_upcase_table(&mut disk).unwrap();
    let mut seen = Seen::new();
    let mut directories = vec![(ntfs.root_directory(&mut disk).unwrap(), GuestPath::root())];
    while let Some((directory, path)) = directories.pop() {
        for (name, number) in names(&directory, &mut disk) {
            let file = ntfs.file(&mut disk, number).unwrap();
            let path = path.join(&name);
            seen.insert(path.clone(), (number, content(&file, &mut disk)));
            if file.is_directory() {
                directories.push((file, path));
            }
        }
    }
    seen
}

fn names<T: Read + Seek>(directory: &NtfsFile<'_>, disk: &mut T) -> Vec<(Name, u64)> {
    let index = directory.directory_index(disk).unwrap();
    let mut entries = index.entries();
    let mut names = Vec::new();
    while let Some(entry) = entries.next(disk) {
        let entry = entry.unwrap();
        let key = entry.key().unwrap().unwrap();
        let bytes = key.name().0.as_chunks().0.iter();
        let name = Name::from_utf16(bytes.map(|unit| u16::from_le_bytes(*unit)));
        if key.namespace() != NtfsFileNamespace::Dos && name.as_bytes() != b"." {
            names.push((name, entry.file_reference().file_record_number()));
        }
    }
    names
}

fn content<T: Read + Seek>(file: &NtfsFile<'_>, disk: &mut T) -> Option<String> {
    let item = file.data(disk, "")?.unwrap();
    let mut value = item
        .to_attribute()
        .unwrap()
        .value(disk)
        .unwrap()
        .attach(disk);
    let mut bytes = Vec::new();
    value.read_to_end(&mut bytes).unwrap();
    Some(sha256_of(&bytes))
}

fn ours(image: Vec<u8>) -> Seen {
    let volume = open(image);
    let entries = volume.entries(volume.root(), &GuestPath::root()).unwrap();
    let entries = entries.map(|entry| {
        let entry = entry.unwrap();
        let has_data = volume
            .streams(entry.node)
            .unwrap()
            .iter()
            .any(|s| s.name.is_empty());
        let content = || sha256(&*volume.open(entry.node, None).unwrap()).unwrap();
        let content = (has_data && entry.metadata.kind != Kind::Directory).then(content);
        (entry.path, (entry.node.0, content))
    });
    entries.collect()
}

fn agree(name: &str) {
    let (mut ours, mut theirs) = (ours(image(name)), oracle(image(name)));
    // The crate takes $Boot, which begins at LCN 0, for a hole.
    for seen in [&mut ours, &mut theirs] {
        seen.remove(&GuestPath::from("$Boot"));
    }
    assert_eq!(ours, theirs, "{name}");
}

#[test]
fn sees_the_same_plain_files() {
    agree("plain");
}

#[test]
fn sees_the_same_links() {
    agree("links");
}

#[test]
fn sees_the_same_names() {
    agree("names");
}

#[test]
fn sees_the_same_large_directory() {
    agree("many");
}
