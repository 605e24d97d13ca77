//! Trees of all sorts in archives, read back by other people's readers.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use blockio::{Memory, ReadAt};
use testkit::MemoryTree;
use testkit::failing::Failing;
use testkit::sparse::Sparse;
use tree::{Name, Time};

use super::*;
use crate::extract::{self, Job};
use crate::progress::Silent;
use crate::report::{Report, Stopped};
use crate::select::Root;
use crate::sink::Sources;

const ZIP: ArchiveKind = ArchiveKind::Zip { level: 6 };
const KINDS: [ArchiveKind; 3] = [ArchiveKind::Tar, ZIP, ArchiveKind::Zip { level: 0 }];
const MIB: usize = 1 << 20;

fn options() -> ArchiveOptions {
    ArchiveOptions {
        streams: StreamMode::Native,
        partial: true,
    }
}

fn run(tree: &MemoryTree, sink: &Archive<'_>) -> Report {
    let job = Job {
        fs: tree,
        roots: vec![Root::whole(tree)],
        options: Default::default(),
    };
    let report = extract::run(&job, sink, &Silent, &AtomicBool::new(false));
    if report.stopped.is_none() {
        sink.finish().expect("a vector takes everything");
    }
    report
}

/// The archive as a pipe gets it.
fn piped(tree: &MemoryTree, kind: ArchiveKind, options: &ArchiveOptions) -> (Report, Vec<u8>) {
    let mut bytes = Vec::new();
    let report = run(
        tree,
        &Archive::new(kind, Path::new("-"), Pipe(&mut bytes), options),
    );
    (report, bytes)
}

/// The archive as a file has it.
fn filed(tree: &MemoryTree, kind: ArchiveKind) -> (Report, Vec<u8>) {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let path = temp.path().join("x");
    let place = ArchivePlace::find(&path, false, &Sources::default()).expect("free");
    let file = place.create().expect("created");
    let report = run(tree, &Archive::new(kind, &path, file, &options()));
    (report, std::fs::read(&path).expect("finished"))
}

/// Every member with its bytes, folders with a slash at the end, links with an @ and their text.
fn listing(kind: ArchiveKind, bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    match kind {
        ArchiveKind::Tar => tar_listing(bytes),
        ArchiveKind::Zip { .. } => zip_listing(bytes),
    }
}

fn tar_listing(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut archive = tar::Archive::new(bytes);
    for entry in archive.entries().expect("a tar") {
        let mut entry = entry.expect("a member");
        let name = String::from_utf8(entry.path_bytes().into_owned()).expect("UTF-8");
        let target = entry.link_name_bytes().map(|text| text.into_owned());
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("read");
        let (name, content) = match target {
            Some(target) => (format!("{name}@"), target),
            None => (name, content),
        };
        assert!(
            found.insert(name.clone(), content).is_none(),
            "twice {name}"
        );
    }
    found
}

fn zip_listing(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).expect("a member");
        let mark = if entry.is_symlink() { "@" } else { "" };
        let name = format!("{}{mark}", entry.name().expect("UTF-8"));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("read");
        assert!(
            found.insert(name.clone(), content).is_none(),
            "twice {name}"
        );
    }
    found
}

fn names(found: &BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    found.keys().map(String::as_str).collect()
}

fn failing(bytes: &[u8], bad: Range<u64>) -> Arc<dyn ReadAt> {
    Arc::new(Failing::new(Memory::from(bytes.to_vec()), Some(bad)))
}

/// Bytes that do not repeat.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn a_tree_comes_out_as_it_is() {
    let mut tree = MemoryTree::new();
    let large = noise(3 * MIB + 17);
    let node = tree.file("d/e/a.txt", "text");
    tree.hard_link("z.txt", node);
    tree.file("d/large", &large);
    tree.file("empty", "");
    tree.symlink("d/link", r"e\a.txt");
    tree.symlink("out", r"..\..\x");
    for kind in KINDS {
        for (report, bytes) in [piped(&tree, kind, &options()), filed(&tree, kind)] {
            assert!(report.is_whole(), "{:?}", report.losses);
            let found = listing(kind, &bytes);
            let linked = matches!(kind, ArchiveKind::Tar);
            let last = if linked { "z.txt@" } else { "z.txt" };
            let expected = [
                "d/",
                "d/e/",
                "d/e/a.txt",
                "d/large",
                "d/link@",
                "empty",
                last,
            ];
            assert_eq!(names(&found), expected, "{kind:?}");
            assert_eq!(found["d/e/a.txt"], b"text");
            assert!(found["d/large"] == large);
            assert_eq!(found["d/link@"], b"e/a.txt");
            assert_eq!(
                found[last],
                if linked { &b"d/e/a.txt"[..] } else { b"text" }
            );
            assert_eq!((report.links, report.skipped), (1, 1));
        }
    }
}

#[test]
fn lost_bytes_never_stand_under_the_name_of_the_file() {
    let large = noise(3 * MIB);
    let bad = 2 * MIB as u64 + 100..2 * MIB as u64 + 900;
    for kind in KINDS {
        let mut tree = MemoryTree::new();
        tree.file_of("large", failing(&large, bad.clone()));
        tree.file_of("small", failing(&large[..5000], 600..601));
        let whole = tree.file("whole", "text");
        tree.stream_of(whole, "s".into(), failing(&large[..5000], 600..601));
        for (report, bytes) in [piped(&tree, kind, &options()), filed(&tree, kind)] {
            let found = listing(kind, &bytes);
            let colon = if kind == ArchiveKind::Tar { ":" } else { "%3A" };
            let stream = format!("whole{colon}s.partial");
            let list = format!("{stream}.json");
            let parts = ["large", "small"].map(|name| format!("{name}.partial"));
            let lists = ["large", "small"].map(|name| format!("{name}.partial.json"));
            assert_eq!(
                names(&found),
                [
                    &*parts[0], &*lists[0], &*parts[1], &*lists[1], "whole", &*stream, &*list
                ],
                "{kind:?}"
            );
            let mut expected = large.clone();
            expected[2 * MIB..2 * MIB + 1024].fill(0);
            assert!(found[&parts[0]] == expected, "{kind:?}");
            let mut expected = large[..5000].to_vec();
            expected[512..1024].fill(0);
            assert!(found[&parts[1]] == expected && found[&stream] == expected);
            let list: serde_json::Value = serde_json::from_slice(&found[&lists[0]]).expect("JSON");
            assert_eq!(list["lost"][0]["offset"], 2 * MIB);
            assert_eq!(list["lost"][0]["length"], 1024);
            assert_eq!((report.partial, report.files, report.lost), (2, 1, 3));
        }
    }
}

#[test]
fn partial_files_can_be_left_out() {
    for kind in KINDS {
        let mut tree = MemoryTree::new();
        tree.file_of(
            "large",
            failing(&noise(2 * MIB), MIB as u64..MIB as u64 + 1),
        );
        tree.file("whole", "text");
        let options = ArchiveOptions {
            partial: false,
            ..options()
        };
        let (report, bytes) = piped(&tree, kind, &options);
        assert_eq!(names(&listing(kind, &bytes)), ["whole"]);
        assert_eq!((report.lost, report.partial), (1, 0));
    }
}

/// Fails to read in the second pass what it gave in the first.
struct Wearing(Memory, AtomicBool);

impl ReadAt for Wearing {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        if offset == 2 * MIB as u64 && self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return Err(std::io::Error::other("worn out"));
        }
        self.0.read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> std::io::Result<blockio::Run<'_>> {
        let len = max.min(self.size() - offset);
        let place = blockio::Place::Computed { by: self, offset };
        Ok(blockio::Run { len, place })
    }
}

#[test]
fn a_pipe_of_tar_ends_where_a_medium_fails_unforeseen() {
    let mut tree = MemoryTree::new();
    tree.file("a", "text");
    let worn = || Wearing(Memory::from(noise(3 * MIB)), AtomicBool::new(false));
    tree.file_of("large", Arc::new(worn()));
    let (report, bytes) = piped(&tree, ArchiveKind::Tar, &options());
    let Some(Stopped::Destination(refusal)) = &report.stopped else {
        panic!("{report:?}");
    };
    assert_eq!(refusal.code.id, "HV-E764");
    let mut archive = tar::Archive::new(&bytes[..]);
    let read = archive
        .entries()
        .expect("begun")
        .map(|entry| std::io::copy(&mut entry?, &mut std::io::sink()).map(|_| ()));
    assert!(read.collect::<Result<Vec<_>, _>>().is_err(), "seems whole");
}

#[test]
fn small_streams_of_tar_are_attributes_and_others_files_beside() {
    let mut tree = MemoryTree::new();
    let node = tree.file("a", "text");
    tree.stream(node, "Zone.Identifier", "zone");
    tree.stream(node, "k=v", "equals");
    tree.stream(node, "large", noise(4000));
    let dir = tree.dir("d");
    tree.stream(dir, "of dir", "dir");
    let root = tree.at("");
    tree.stream(root, "of root", "root");
    let (report, bytes) = piped(&tree, ArchiveKind::Tar, &options());
    let found = tar_listing(&bytes);
    assert_eq!(names(&found), [":of root", "a", "a:k=v", "a:large", "d/"]);
    assert_eq!(report.notes.len(), 3, "{:?}", report.notes);
    let mut archive = tar::Archive::new(&bytes[..]);
    let mut attributes = BTreeMap::new();
    for entry in archive.entries().expect("a tar") {
        let mut entry = entry.expect("a member");
        let records = entry.pax_extensions().expect("records").expect("there are");
        for record in records.map(|record| record.expect("a record")) {
            let key = record.key().expect("UTF-8").to_owned();
            attributes.insert(key, record.value_bytes().to_owned());
        }
    }
    assert_eq!(attributes["SCHILY.xattr.user.Zone.Identifier"], b"zone");
    assert_eq!(attributes["SCHILY.xattr.user.of dir"], b"dir");
    for kind in [ArchiveKind::Tar, ZIP] {
        let files = ArchiveOptions {
            streams: StreamMode::Files,
            ..options()
        };
        let (report, bytes) = piped(&tree, kind, &files);
        assert_eq!(listing(kind, &bytes).len(), 7);
        assert!(report.notes.is_empty());
    }
}

#[test]
fn names_are_made_safe_and_none_is_merged() {
    let mut tree = MemoryTree::case_sensitive();
    let lone = GuestPath::root().join(&Name::from_utf16([0x61, 0xD800]));
    tree.file(lone, "lone");
    tree.file("con", "device");
    tree.file("Twin", "upper");
    tree.file("twin", "lower");
    tree.file("x?", "mark");
    let long = "\u{20AC}".repeat(200);
    tree.file(&*long, "long");
    let (report, bytes) = piped(&tree, ArchiveKind::Tar, &options());
    let found = tar_listing(&bytes);
    assert!(found.keys().all(|name| name.len() <= 255));
    assert_eq!((found.len(), report.files), (6, 6));
    for name in ["Twin", "a%uD800", "con", "twin", "x?"] {
        assert!(found.contains_key(name), "{name}");
    }
    let (_, bytes) = piped(&tree, ZIP, &options());
    let found = zip_listing(&bytes);
    assert_eq!(found.len(), 6);
    for name in ["Twin", "_con", "twin (2)", "x%3F"] {
        assert!(found.contains_key(name), "{name}: {:?}", names(&found));
    }
}

#[test]
fn times_are_kept_to_100_ns() {
    let mut tree = MemoryTree::new();
    let node = tree.file("a", "text");
    let metadata = tree.metadata_mut(node);
    metadata.created = Time(132_468_898_895_045_251);
    metadata.modified = Time(132_468_898_895_045_252);
    metadata.changed = Time(132_468_898_895_045_253);
    metadata.accessed = Time(132_468_898_895_045_254);
    let (_, bytes) = piped(&tree, ArchiveKind::Tar, &options());
    let text = String::from_utf8_lossy(&bytes);
    for record in [
        "28 mtime=1602416289.5045252\n",
        "ctime=1602416289.5045253\n",
        "atime=1602416289.5045254\n",
        "LIBARCHIVE.creationtime=1602416289.5045251\n",
    ] {
        assert!(text.contains(record), "{record}");
    }
    let (_, bytes) = piped(&tree, ZIP, &options());
    let times = [252, 254, 251].map(|last| (132_468_898_895_045_000_i64 + last).to_le_bytes());
    let times = times.concat();
    let places = bytes.windows(24).filter(|window| *window == times);
    assert_eq!(places.count(), 2, "before the content and in the directory");
}

#[test]
fn a_large_sparse_file_takes_no_room_in_a_tar() {
    let mut tree = MemoryTree::new();
    let mut sparse = Sparse::new(1 << 30);
    sparse.write(500 << 20, b"data");
    tree.file_of("d/sparse", Arc::new(sparse));
    let (report, bytes) = piped(&tree, ArchiveKind::Tar, &options());
    assert!(
        report.is_whole() && bytes.len() < 64 << 10,
        "{}",
        bytes.len()
    );
    let mut archive = tar::Archive::new(&bytes[..]);
    let mut entries = archive.entries().expect("a tar");
    let mut entry = entries.nth(1).expect("two members").expect("a member");
    assert_eq!(&*entry.path_bytes(), b"d/GNUSparseFile.0/sparse");
    let mut stored = Vec::new();
    entry.read_to_end(&mut stored).expect("read");
    let map = format!("2\n{}\n4096\n{}\n0\n", 500_u64 << 20, 1_u64 << 30);
    assert_eq!(&stored[..map.len()], map.as_bytes());
    assert_eq!(
        (&stored[512..516], stored.len()),
        (&b"data"[..], 512 + 4096)
    );
}
