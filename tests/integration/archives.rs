//! Whole volumes in archives: all that the writers of the volumes put there, and all that other
//! programs unpack.

pub(crate) mod read;
#[cfg(target_os = "linux")]
mod unpacked;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::program::{Ran, command, sha256};
use crate::harness::{Outcome, SIDECAR, Sources, Test, hvrestore, repository, temp_dir, test};
use crate::manifest::{exact_path, text};
use read::Read;

pub(crate) fn tests() -> Vec<Test> {
    let volumes = VOLUMES.iter().flat_map(|volume| {
        ["tar", "zip"].map(|kind| {
            let name = format!("archives::{kind}::{volume}");
            Test::new(name, move || holds_what_was_written(volume, kind))
        })
    });
    let others = [
        test!(one_file_goes_to_stdout_as_it_is),
        test!(a_pipe_gets_the_same_archive_as_a_file),
        test!(a_reader_that_goes_away_is_no_error),
        test!(nothing_is_overwritten_unasked_and_no_source_ever),
        test!(what_makes_no_sense_is_refused),
        test!(lost_bytes_are_partial_in_archives_too),
    ];
    let tests = volumes.chain(others);
    #[cfg(target_os = "linux")]
    let tests = tests.chain(unpacked::tests());
    tests.collect()
}

/// Committed volumes whose files are small enough to be held in memory.
const VOLUMES: [&str; 10] = [
    "plain",
    "many",
    "streams",
    "metadata",
    "links",
    "names",
    "cluster-64k",
    "lznt1",
    "fragments",
    "sector-4096",
];

/// Extracts the committed volume whole into `output`.
fn extract(volume: &str, output: &Path, more: &[&str]) -> Ran {
    let sources = Sources::testdata(&[format!("ntfs/{volume}.img.zst")]);
    let image = sources.path(&format!("{volume}.img"));
    let mut arguments = vec![OsStr::new("extract"), image.as_os_str()];
    arguments.extend([OsStr::new("-o"), output.as_os_str()]);
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

fn entries(volume: &str) -> Vec<Value> {
    let manifest = repository().join(format!("testdata/ntfs/{volume}.json"));
    let manifest = std::fs::read(manifest).expect("committed");
    let manifest: Value = serde_json::from_slice(&manifest).expect("valid JSON");
    manifest["entries"].as_array().expect("a list").clone()
}

/// Content, four times, streams and security of every file are in the archive.
fn holds_what_was_written(volume: &str, kind: &str) -> Outcome {
    let temp = temp_dir();
    let path = temp.path().join(format!("x.{kind}"));
    extract(volume, &path, &["-q"]).expect_code(0);
    let archive = Read::new(&path);
    let record = items(&archive.members[SIDECAR]);
    let folder = temp.path().join("folder");
    extract(volume, &folder, &["-q", "--metadata", "sidecar"]).expect_code(0);
    let in_folder = items(&std::fs::read(folder.join(SIDECAR))?);
    let mut files = 0;
    for entry in entries(volume).iter().filter(|e| e["kind"] == "file") {
        let path = exact_path(entry);
        // Further names of a file have nothing of their own on record.
        let Some(item) = record.get(&path).filter(|item| item["link_of"].is_null()) else {
            assert!(entry["links"].as_u64() > Some(1), "{path} is not on record");
            continue;
        };
        let to = text(&item["to"]);
        let bytes = archive.members.get(&to);
        let bytes = bytes.unwrap_or_else(|| panic!("{to} is not in the archive"));
        assert_eq!(sha256(bytes), text(&entry["streams"][""]["sha256"]), "{to}");
        let times = ["created", "modified", "changed", "accessed"];
        for time in times.into_iter().filter(|time| entry[time].is_string()) {
            assert_eq!(item[time], entry[time], "{time} of {path}");
        }
        if in_folder[&path]["link_of"].is_null() {
            assert_eq!(item["sddl"], in_folder[&path]["sddl"], "{path}");
        }
        streams(&archive, entry, item);
        files += 1;
    }
    assert!(files > 0);
    Ok(())
}

/// Every named stream is an attribute of the member or a member of its own.
fn streams(archive: &Read, entry: &Value, item: &Value) {
    let none = Vec::new();
    let places = item["streams"].as_array().unwrap_or(&none);
    let named = entry["streams"].as_object().expect("streams by name");
    for (name, stream) in named.iter().filter(|(name, _)| !name.is_empty()) {
        let place = places.iter().find(|place| place["name"] == **name);
        let to = place.map(|place| text(&place["to"])).unwrap_or_default();
        let bytes = match to.is_empty() {
            true => archive.attributes.get(&(text(&item["to"]), name.clone())),
            false => archive.members.get(&to),
        };
        let bytes = bytes.unwrap_or_else(|| panic!("no {name} of {}", item["path"]));
        assert_eq!(sha256(bytes), text(&stream["sha256"]), "{name}");
    }
}

/// The items of a sidecar by the guest's path, each with the text of its descriptor as `sddl`.
fn items(sidecar: &[u8]) -> BTreeMap<String, Value> {
    let mut descriptors = BTreeMap::new();
    let mut items = BTreeMap::new();
    for line in sidecar
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let mut line: Value = serde_json::from_slice(line).expect("JSON");
        match &*text(&line["type"]) {
            "security" => {
                descriptors.insert(text(&line["id"]), line["sddl"].clone());
            }
            "item" => {
                let id = text(&line["security"]);
                line["sddl"] = descriptors.get(&id).cloned().unwrap_or_default();
                items.insert(exact_path(&line), line);
            }
            _ => {}
        }
    }
    items
}

fn one_file_goes_to_stdout_as_it_is() -> Outcome {
    let demo = "testdata/demo";
    let ini = r"C:\Windows\win.ini";
    let cat = hvrestore(["cat", demo, ini]).expect_code(0);
    let extracted = hvrestore(["extract", demo, ini, "-o", "-"]).expect_code(0);
    assert!(!cat.stdout.is_empty() && cat.stdout == extracted.stdout);
    let folder = hvrestore(["extract", demo, r"C:\Windows", "-o", "-"]).expect_code(2);
    assert!(folder.stdout.is_empty() && folder.stderr.contains("--format"));
    Ok(())
}

fn a_pipe_gets_the_same_archive_as_a_file() -> Outcome {
    for kind in ["tar", "zip"] {
        let temp = temp_dir();
        let path = temp.path().join(format!("x.{kind}"));
        extract("many", &path, &["--metadata", "none"]).expect_code(0);
        let more = ["--metadata", "none", "--format", kind];
        let piped = extract("many", "-".as_ref(), &more).expect_code(0);
        assert!(piped.stdout == std::fs::read(&path)?, "{kind}");
    }
    Ok(())
}

fn a_reader_that_goes_away_is_no_error() -> Outcome {
    let sources = Sources::testdata(&["ntfs/many.img.zst"]);
    let image = sources.path("many.img");
    let arguments = ["extract", "--format", "tar", "-o", "-"].map(OsStr::new);
    let mut command = command(arguments.iter().chain(&[image.as_os_str()]));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    drop(child.stdout.take());
    let ended = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(!said.contains("error"), "{said}");
    Ok(())
}

fn nothing_is_overwritten_unasked_and_no_source_ever() -> Outcome {
    let temp = temp_dir();
    let path = temp.path().join("x.tar");
    std::fs::write(&path, "old")?;
    extract("plain", &path, &[]).expect_code(16);
    assert_eq!(std::fs::read(&path)?, b"old");
    extract("plain", &path, &["--overwrite"]).expect_code(0);
    assert!(std::fs::metadata(&path)?.len() > 512);
    let names = std::fs::read_dir(temp.path())?.count();
    assert_eq!(names, 1, "no temporary file is left");
    let sources = Sources::testdata(&["ntfs/plain.img.zst"]);
    let image = sources.path("plain.img");
    let arguments = ["extract", "--format", "zip", "--overwrite", "-o"].map(OsStr::new);
    let image = [image.as_os_str(), image.as_os_str()];
    hvrestore(arguments.iter().chain(&image)).expect_code(16);
    Ok(())
}

fn what_makes_no_sense_is_refused() -> Outcome {
    let temp = temp_dir();
    for (name, more) in [
        ("x.tar", &["--on-conflict", "rename"][..]),
        ("x.zip", &["--skip-existing"]),
        ("x.tar", &["--level", "9"]),
        ("x.tar", &["--resume"]),
        ("x.tar.zst", &[]),
        ("x.tgz", &[]),
    ] {
        let ran = extract("plain", &temp.path().join(name), more).expect_code(2);
        assert!(ran.stderr.contains("[HV-E815]"), "{name}: {}", ran.stderr);
    }
    let more = ["--format", "tar", "--json"];
    extract("plain", "-".as_ref(), &more).expect_code(2);
    assert_eq!(std::fs::read_dir(temp.path())?.count(), 0);
    Ok(())
}

/// A disk cut off in the middle of a file: what is missing is known before a pipe gets the member.
fn lost_bytes_are_partial_in_archives_too() -> Outcome {
    let whole = Sources::testdata(&["ntfs/fragments.img.zst"]);
    let temp = temp_dir();
    let cut = temp.path().join("cut.img");
    std::fs::copy(whole.path("fragments.img"), &cut)?;
    let file = std::fs::File::options().write(true).open(&cut)?;
    file.set_len(std::fs::metadata(&cut)?.len() / 2)?;
    for kind in ["tar", "zip"] {
        let path = temp.path().join(format!("x.{kind}"));
        let arguments = [
            "extract".as_ref(),
            cut.as_os_str(),
            "-o".as_ref(),
            path.as_os_str(),
        ];
        hvrestore(arguments).expect_code(3);
        let archive = Read::new(&path);
        let lists = archive
            .members
            .iter()
            .filter(|(name, _)| name.ends_with(".partial.json"));
        let mut partial = 0;
        for (name, list) in lists {
            let part = name.strip_suffix(".json").expect("just seen");
            let own = part.strip_suffix(".partial").expect("its tail");
            assert!(!archive.members.contains_key(own), "{own} seems whole");
            let list: Value = serde_json::from_slice(list)?;
            assert!(list["lost_bytes"].as_u64() > Some(0), "{list}");
            if kind == "zip" {
                assert_eq!(list["size"], archive.members[part].len(), "{part}");
            }
            partial += 1;
        }
        assert!(partial > 0, "{kind}");
    }
    Ok(())
}
