//! Other programs unpack archives to what `extract` writes into a folder.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::extract;
use crate::harness::program::sha256;
use crate::harness::{Outcome, Test, temp_dir};

/// A program that unpacks.
#[derive(Clone, Copy)]
struct Unpacker {
    name: &'static str,
    kind: &'static str,
    /// The shell's words; `$1` is the archive, the working folder where it is unpacked.
    words: &'static str,
    /// To how many nanoseconds it restores times of writing; 0: not at all.
    times: u32,
    /// Whether it restores times before 1970 (bsdtar takes their fraction for positive).
    early: bool,
}

const UNPACKERS: [Unpacker; 6] = [
    Unpacker {
        name: "tar",
        kind: "tar",
        words: "tar --warning=none --xattrs -xf \"$1\"",
        times: 100,
        early: true,
    },
    Unpacker {
        name: "bsdtar",
        kind: "tar",
        words: "bsdtar -xf \"$1\"",
        times: 100,
        early: false,
    },
    Unpacker {
        name: "python3",
        kind: "tar",
        words: "python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall()' \"$1\"",
        times: 0,
        early: false,
    },
    Unpacker {
        name: "7zz",
        kind: "zip",
        words: "7zz x -y -bd \"$1\" >/dev/null",
        times: 100,
        early: false,
    },
    Unpacker {
        name: "unzip",
        kind: "zip",
        words: "unzip -qq \"$1\"",
        times: 1_000_000_000,
        early: false,
    },
    Unpacker {
        name: "python3",
        kind: "zip",
        words: "python3 -m zipfile -e \"$1\" .",
        times: 0,
        early: false,
    },
];

/// Largest file that is compared byte by byte.
const LARGEST: u64 = 64 << 20;

pub(super) fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for unpacker in UNPACKERS {
        for volume in ["plain", "metadata", "streams", "links", "fragments"] {
            let Unpacker { name, kind, .. } = unpacker;
            let test = format!("archives::unpacked::{name}_{kind}::{volume}");
            tests.push(Test::new(test, move || unpacks(unpacker, volume)).needs_tool(name));
        }
    }
    let sparse = UNPACKERS[..2].iter().map(|&unpacker| {
        let test = format!("archives::unpacked::{}_tar::sparse", unpacker.name);
        Test::new(test, move || keeps_holes(unpacker)).needs_tool(unpacker.name)
    });
    tests.extend(sparse);
    tests
}

/// A volume in a folder, and the same volume in an archive, unpacked.
fn both(unpacker: Unpacker, volume: &str, folder: &Path) -> (PathBuf, PathBuf) {
    let [direct, unpacked] = ["direct", "unpacked"].map(|name| folder.join(name));
    let archive = folder.join(format!("x.{}", unpacker.kind));
    let more = ["-q", "--metadata", "none", "--ads", "files"];
    // One thread, so that of several names of a file the same has its streams beside it.
    extract(volume, &direct, &[&more[..], &["-j", "1"]].concat()).expect_code(0);
    extract(volume, &archive, &more).expect_code(0);
    fs::create_dir(&unpacked).expect("made");
    let mut command = Command::new("sh");
    command.args(["-c", unpacker.words, "sh"]).arg(&archive);
    let ran = command.current_dir(&unpacked).env("TZ", "UTC").output();
    let ran = ran.expect("a shell");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    (direct, unpacked)
}

fn unpacks(unpacker: Unpacker, volume: &str) -> Outcome {
    let temp = temp_dir();
    let (direct, unpacked) = both(unpacker, volume, temp.path());
    let [direct, unpacked] = [direct, unpacked].map(|folder| listing(&folder, unpacker));
    let is_python = unpacker.name == "python3";
    for (name, node) in &direct {
        let found = unpacked.get(name);
        let found = found.unwrap_or_else(|| panic!("{name} was not unpacked"));
        // Python's zipfile makes no links.
        if !(is_python && unpacker.kind == "zip" && node.what.starts_with("a link")) {
            assert_eq!(
                (&node.what, node.links),
                (&found.what, found.links),
                "{name}"
            );
        }
        // The guest never set that of zero.txt.
        if node.modified.is_some() && found.modified.is_some() && name != "zero.txt" {
            assert_eq!(node.modified, found.modified, "{name}");
        }
    }
    // A zip has each further name of a file as a file, with streams of its own beside.
    assert!(unpacked.len() == direct.len() || volume == "links" && unpacker.kind == "zip");
    Ok(())
}

fn keeps_holes(unpacker: Unpacker) -> Outcome {
    let temp = temp_dir();
    let (direct, unpacked) = both(unpacker, "sparse", temp.path());
    let mut sizes = 0;
    for path in below(&direct) {
        let place = unpacked.join(path.strip_prefix(&direct)?);
        let (expected, found) = (fs::metadata(&path)?, fs::metadata(&place)?);
        assert_eq!(expected.len(), found.len(), "{}", place.display());
        assert!(found.blocks() * 512 <= 2 << 20, "{}", place.display());
        if expected.len() <= LARGEST {
            assert!(fs::read(&path)? == fs::read(&place)?, "{}", place.display());
        }
        sizes += found.len();
    }
    assert!(sizes > 10 << 30);
    Ok(())
}

/// What a reader of a folder sees of one thing in it.
#[derive(Debug, PartialEq, Eq)]
struct Node {
    what: String,
    /// Seconds and nanoseconds, as far as the unpacker restores them.
    modified: Option<(i64, i64)>,
    /// How many names it has, in a tar.
    links: Option<u64>,
}

fn listing(folder: &Path, unpacker: Unpacker) -> BTreeMap<String, Node> {
    let node = |path: PathBuf| {
        let name = path.strip_prefix(folder).expect("below").to_string_lossy();
        // A zip has no colons in its names.
        let name = name.replace("%3A", ":");
        (name, Node::of(&path, unpacker))
    };
    below(folder).into_iter().map(node).collect()
}

impl Node {
    fn of(path: &Path, unpacker: Unpacker) -> Self {
        let metadata = fs::symlink_metadata(path).expect("there");
        let is_file = metadata.is_file();
        let what = match () {
            () if metadata.is_dir() => "a folder".into(),
            () if metadata.is_symlink() => {
                format!(
                    "a link to {}",
                    fs::read_link(path).expect("a link").display()
                )
            }
            () => sha256(&fs::read(path).expect("a file")),
        };
        let (seconds, nanos) = (metadata.mtime(), metadata.mtime_nsec());
        // Where a zip has no time of Unix it has that of DOS, from 1980 on.
        let kept = match (unpacker.kind, unpacker.early) {
            (_, true) => true,
            ("tar", false) => seconds >= 0,
            _ => (315_532_800..i64::from(i32::MAX)).contains(&seconds),
        };
        let step = i64::from(unpacker.times);
        let modified = (is_file && kept && step > 0).then(|| (seconds, nanos / step * step));
        let links = (is_file && unpacker.kind == "tar").then(|| metadata.nlink());
        Self {
            what,
            modified,
            links,
        }
    }
}

/// All that is below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a kind").is_dir() {
                folders.push(entry.path());
            }
            found.push(entry.path());
        }
    }
    found
}
