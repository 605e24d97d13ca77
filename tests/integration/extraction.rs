//! Whole volumes extracted into folders: every byte, time, link, stream and name accounted for.

#[cfg(target_os = "linux")]
mod native;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::program::{Ran, sha256};
use crate::harness::{Outcome, SIDECAR, Sources, Test, hvrestore, repository, temp_dir, test};
use crate::manifest::text;

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let contents = VOLUMES.iter().map(|name| {
        let test = format!("extraction::contents::{name}");
        Test::new(test, move || contents(name))
    });
    let others = vec![
        test!(times_to_100_nanoseconds),
        test!(what_is_there_is_left_alone),
        test!(threads_do_not_change_the_result),
        test!(streams_as_files_beside),
        test!(streams_that_are_not_wanted),
        test!(names_are_made_safe_and_none_is_lost),
        test!(several_places_of_a_volume),
        test!(every_state_of_the_demo),
    ];
    #[cfg(target_os = "linux")]
    let others = others.into_iter().chain(native::tests());
    contents.chain(others).collect()
}

/// Volumes without anything lost or unsupported, whose names every destination can hold.
const VOLUMES: [&str; 9] = [
    "plain",
    "many",
    "sparse",
    "streams",
    "metadata",
    "cluster-64k",
    "lznt1",
    "fragments",
    "vdl",
];

/// A committed volume, its manifest, and what an extraction of it gave.
struct Extracted {
    _sources: Sources,
    entries: Vec<Value>,
    dest: PathBuf,
    ran: Ran,
    _out: TempDir,
}

impl Extracted {
    /// Extracts the volume `name` whole, which ends with `code`.
    fn new(name: &str, more: &[&str], code: i32) -> Self {
        let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
        let manifest = repository().join(format!("testdata/ntfs/{name}.json"));
        let manifest = fs::read(manifest).expect("committed");
        let manifest: Value = serde_json::from_slice(&manifest).expect("valid JSON");
        let out = temp_dir();
        let dest = out.path().join("out");
        let ran = extract(&sources.path(&format!("{name}.img")), &dest, more).expect_code(code);
        let entries = manifest["entries"].as_array().expect("a list").clone();
        Self {
            _sources: sources,
            entries,
            dest,
            ran,
            _out: out,
        }
    }

    /// The entries of one kind, the root left out.
    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        let wanted = move |entry: &&Value| entry["kind"] == kind && entry["path"] != "/";
        self.entries.iter().filter(wanted)
    }

    /// Where the entry should be.
    fn place(&self, entry: &Value) -> PathBuf {
        let path = text(&entry["path"]);
        path.split('/')
            .filter(|name| !name.is_empty())
            .fold(self.dest.clone(), |at, name| at.join(name))
    }
}

fn extract(source: &Path, dest: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec![OsStr::new("extract"), source.as_os_str()];
    arguments.extend([OsStr::new("-o"), dest.as_os_str()]);
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

/// Larger ones are hashed in pieces.
const LARGEST_AT_ONCE: u64 = 256 << 20;

/// Every file has its bytes, every folder is there, and there is nothing else.
fn contents(name: &str) -> Outcome {
    let volume = Extracted::new(name, &["--ads", "none"], 0);
    let mut expected = BTreeSet::new();
    for entry in volume.of_kind("file") {
        let place = volume.place(entry);
        let stream = &entry["streams"][""];
        let size = fs::metadata(&place)
            .map_err(|error| format!("{}: {error}", place.display()))?
            .len();
        assert_eq!(Some(size), stream["size"].as_u64(), "{}", place.display());
        if size <= LARGEST_AT_ONCE {
            let sum = sha256(&fs::read(&place)?);
            assert_eq!(sum, text(&stream["sha256"]), "{}", place.display());
        }
        expected.insert(place);
    }
    for entry in volume.of_kind("dir") {
        let place = volume.place(entry);
        assert!(place.is_dir(), "{}", place.display());
        expected.insert(place);
    }
    assert_eq!(below(&volume.dest), expected);
    Ok(())
}

/// All that is below a folder.
fn below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a kind").is_dir() {
                folders.push(entry.path());
            }
            if entry.file_name() == SIDECAR {
                continue;
            }
            found.insert(entry.path());
        }
    }
    found
}

/// Modification times, of folders too. What the destination cannot hold is noted, not invented.
fn times_to_100_nanoseconds() -> Outcome {
    let volume = Extracted::new("metadata", &[], 0);
    let mut checked = 0;
    for entry in volume.of_kind("file").chain(volume.of_kind("dir")) {
        let Ok(expected) = text(&entry["modified"]).parse::<jiff::Timestamp>() else {
            continue;
        };
        let path = text(&entry["path"]);
        let found = fs::metadata(volume.place(entry))?.modified()?;
        let found = jiff::Timestamp::try_from(found)?;
        // ext4 and its kin count from 1901 to 2446, a host's own limits are no fault of ours.
        if (1902..2440).contains(&expected.to_zoned(jiff::tz::TimeZone::UTC).year()) {
            assert_eq!(found, expected, "{path}");
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked}");
    Ok(())
}

/// A second run with `--skip-existing` writes nothing, a third without it refuses each file.
fn what_is_there_is_left_alone() -> Outcome {
    let volume = Extracted::new("plain", &[], 0);
    let image = volume._sources.path("plain.img");
    let state = || -> BTreeMap<PathBuf, (u64, std::time::SystemTime)> {
        let stamp = |path: PathBuf| {
            let metadata = fs::metadata(&path).expect("it is there");
            (path, (metadata.len(), metadata.modified().expect("a time")))
        };
        below(&volume.dest).into_iter().map(stamp).collect()
    };
    let before = state();
    extract(&image, &volume.dest, &["--skip-existing"]).expect_code(0);
    assert_eq!(state(), before);
    let refused = extract(&image, &volume.dest, &[]);
    assert!(matches!(refused.code, Some(3 | 16)), "{:?}", refused.code);
    let files = volume.of_kind("file").count();
    assert_eq!(
        refused.stderr.matches("[HV-E751]").count(),
        files,
        "{}",
        refused.stderr
    );
    assert_eq!(state(), before);
    Ok(())
}

fn threads_do_not_change_the_result() -> Outcome {
    let one = Extracted::new("many", &["-j", "1"], 0);
    let four = Extracted::new("many", &["-j", "4"], 0);
    let all = |volume: &Extracted| -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let relative = |path: PathBuf| {
            let name = path
                .strip_prefix(&volume.dest)
                .expect("below it")
                .to_owned();
            (name, fs::read(path).ok())
        };
        below(&volume.dest).into_iter().map(relative).collect()
    };
    let (one_all, four_all) = (all(&one), all(&four));
    assert!(one_all.len() > 3000);
    assert!(one_all == four_all);
    assert_eq!(one.ran.stderr, four.ran.stderr);
    Ok(())
}

/// `FILE:STREAM`, with the colon spelled `%3A` where a name cannot hold one.
fn streams_as_files_beside() -> Outcome {
    let volume = Extracted::new("streams", &["--ads", "files"], 0);
    let mut checked = 0;
    let colon = if cfg!(windows) { "%3A" } else { ":" };
    for entry in volume.of_kind("file").chain(volume.of_kind("dir")) {
        for (name, stream) in entry["streams"].as_object().expect("streams by name") {
            let is_plain = name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || " ._-".contains(c));
            if name.is_empty() || !is_plain || name.len() > 60 {
                continue;
            }
            let mut place = volume.place(entry).into_os_string();
            place.push(format!("{colon}{name}"));
            let bytes =
                fs::read(&place).map_err(|error| format!("{}: {error}", place.display()))?;
            assert_eq!(
                sha256(&bytes),
                text(&stream["sha256"]),
                "{}",
                place.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 80, "{checked} streams");
    Ok(())
}

/// Whatever became of a name, the bytes are there once, and a line says where.
/// What was not asked for is not counted as restored.
fn streams_that_are_not_wanted() -> Outcome {
    let volume = Extracted::new("streams", &["--ads", "none", "--json"], 0);
    let lines = volume.ran.json_lines();
    let sum = lines.last().expect("a summary");
    assert_eq!(
        (&sum["type"], &sum["streams"]),
        (&"summary".into(), &0.into())
    );
    let restored = lines
        .iter()
        .filter(|line| line["type"] == "restored" && line["kind"] == "file");
    let mut total = 0;
    for line in restored {
        let size = std::fs::metadata(line["to"].as_str().expect("a place"))?.len();
        assert_eq!(line["size"], size, "{line}");
        total += size;
    }
    assert!(total > 0);
    assert_eq!(sum["bytes"], total);
    Ok(())
}

fn names_are_made_safe_and_none_is_lost() -> Outcome {
    let volume = Extracted::new("names", &["--json"], 0);
    let lines = volume.ran.json_lines();
    let mut places = BTreeSet::new();
    for entry in volume.of_kind("file") {
        let exact = crate::manifest::exact_path(entry);
        let is_it = |line: &&Value| {
            line["type"] == "restored" && crate::manifest::exact_path(line) == exact
        };
        let line = lines.iter().find(is_it);
        let line = line.unwrap_or_else(|| panic!("{} is not accounted for", entry["path"]));
        let place = text(&line["to"]);
        if line["to"].is_null() || place.contains('\u{fffd}') {
            continue; // Its name is not Unicode on this host either.
        }
        let bytes = fs::read(&place).map_err(|error| format!("{place}: {error}"))?;
        assert_eq!(
            sha256(&bytes),
            text(&entry["streams"][""]["sha256"]),
            "{place}"
        );
        assert!(places.insert(place.clone()), "{place} is two files");
    }
    let files = below(&volume.dest)
        .into_iter()
        .filter(|path| path.is_file());
    assert_eq!(files.count(), volume.of_kind("file").count());
    Ok(())
}

/// Overlapping roots give each file once, in the guest's own structure.
fn several_places_of_a_volume() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("out");
    let places = [
        r"C:\Users\ana\Documents",
        r"C:\Users\ana\Documents\thesis\*.txt",
        r"C:\Windows\win.ini",
    ];
    extract("testdata/demo".as_ref(), &dest, &places).expect_code(0);
    let found: BTreeSet<_> = below(&dest)
        .into_iter()
        .filter(|path| path.is_file())
        .collect();
    assert_eq!(found.len(), 9, "{found:?}");
    assert!(found.contains(&dest.join("Windows").join("win.ini")));
    assert!(found.contains(&dest.join("Users/ana/Documents/thesis/outline.txt")));
    Ok(())
}

fn every_state_of_the_demo() -> Outcome {
    let expected = fs::read(repository().join("testdata/demo/expected.json"))?;
    let expected: Value = serde_json::from_slice(&expected)?;
    for (number, state) in expected["states"]
        .as_array()
        .expect("states")
        .iter()
        .enumerate()
    {
        let out = temp_dir();
        let dest = out.path().join("out");
        extract(
            "testdata/demo".as_ref(),
            &dest,
            &["-c", &format!("#{number}")],
        )
        .expect_code(0);
        let files = state["entries"].as_array().expect("entries").iter();
        for entry in files.filter(|entry| entry["kind"] == "file") {
            let path = text(&entry["path"]);
            let bytes = fs::read(dest.join(&path[1..]))?;
            assert_eq!(
                sha256(&bytes),
                text(&entry["streams"][""]["sha256"]),
                "{path}"
            );
        }
    }
    Ok(())
}
