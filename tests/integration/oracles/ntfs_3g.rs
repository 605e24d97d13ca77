//! A volume of twenty thousand files, as ntfs-3g mounts it: entry for entry.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::tool;
use crate::harness::program::{hvrestore, run, sha256};
use crate::harness::{Outcome, Sources, Test, repository, temp_dir, test};
use crate::manifest::{Printed, text};

pub(super) fn tests() -> Vec<Test> {
    let mounted = test!(twenty_thousand_files).needs_root().needs_fuse();
    let tools = ["python3", "mkntfs", "ntfs-3g", "faketime"];
    let descriptors = test!(security_descriptors).needs_root().needs_fuse();
    let descriptors = ["ntfs-3g", "getfattr"]
        .into_iter()
        .fold(descriptors, Test::needs_tool);
    vec![
        tools.into_iter().fold(mounted, Test::needs_tool),
        descriptors,
    ]
}

/// The descriptor of every file of the guest is the one that ntfs-3g reads, its own record's or that of `$Secure`.
fn security_descriptors() -> Outcome {
    let sources = Sources::testdata(&["ntfs/security.img.zst", "ntfs/streams.img.zst"]);
    for name in ["security.img", "streams.img"] {
        let image = sources.path(name);
        let mounted = Mounted::new(&image);
        let patterns = ["stat", "--json"].map(OsStr::new).into_iter();
        let all = patterns.chain([image.as_os_str(), OsStr::new("/*")]);
        let found = hvrestore(all).expect_code(0).json();
        let found = found.as_array().expect("several files");
        assert!(found.len() > 2, "{name}");
        // For the system's own files without one ntfs-3g makes one up.
        let guests = found
            .iter()
            .filter(|entry| !text(&entry["path"]).starts_with("/$"));
        for entry in guests {
            let path = text(&entry["path"]);
            let raw = BASE64_STANDARD.decode(text(&entry["security"]["raw"]));
            let host = mounted.0.path().join(path.trim_start_matches('/'));
            let options = ["--only-values", "--absolute-names", "-n", "system.ntfs_acl"];
            let theirs = tool(
                "getfattr",
                options
                    .map(OsStr::new)
                    .into_iter()
                    .chain([host.as_os_str()]),
            );
            assert_eq!(raw.expect("base64"), theirs.stdout, "{name}: {path}");
        }
    }
    Ok(())
}

/// A volume mounted read-only, for as long as the value lives.
struct Mounted(TempDir);

impl Mounted {
    fn new(image: &Path) -> Self {
        let point = temp_dir();
        let mut mount = Command::new("ntfs-3g");
        mount.args(["-o", "ro,noatime,streams_interface=windows"]);
        mount.arg(image).arg(point.path());
        run(mount).expect_code(0);
        Self(point)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let gone = Command::new("umount")
            .arg("--lazy")
            .arg(self.0.path())
            .status();
        assert!(gone.is_ok_and(|status| status.success()), "umount");
    }
}

/// One path as either reader has it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    kind: &'static str,
    record: u64,
    links: u64,
    size: u64,
    /// Nanoseconds since 1970.
    modified: i128,
    /// Of the unnamed stream, and of the one that some files have.
    sums: [Option<String>; 2],
}

const STREAM: &str = "Zone.Identifier";

fn twenty_thousand_files() -> Outcome {
    let folder = temp_dir();
    let script = repository().join("testdata/make/large.py");
    let arguments = [script.as_os_str(), folder.path().as_os_str()];
    let more = ["--files", "20000", "--name", "large"].map(OsStr::new);
    tool("python3", arguments.into_iter().chain(more));
    let sources = Sources::made(folder);
    let image = sources.path("large.img");
    let ours = ours(&image);
    let mounted = Mounted::new(&image);
    let mut theirs = BTreeMap::new();
    walk(mounted.0.path(), "", &mut theirs)?;
    assert!(theirs.len() > 20_000, "{} entries", theirs.len());
    assert_eq!(ours.len(), theirs.len());
    let streams = theirs.values().filter(|seen| seen.sums[1].is_some());
    assert!(streams.count() > 200, "every 97th file has one");
    for (path, seen) in &theirs {
        assert_eq!(ours.get(path), Some(seen), "{path}");
    }
    Ok(())
}

fn ours(image: &Path) -> BTreeMap<String, Seen> {
    let printed = Printed::of(image, &[]);
    assert_eq!(printed.codes, [Some(0), Some(0)], "{:?}", printed.errors);
    let number = |value: &Value| value.as_u64().expect("a number");
    let sum = |path: &str, stream: &str| {
        let key = (path.to_owned(), stream.to_owned());
        printed.sums.get(&key).map(|(_, sum)| sum.clone())
    };
    let seen = |path: &String, entry: &Value| {
        let is_file = entry["kind"] == "file";
        let modified: jiff::Timestamp = text(&entry["modified"]).parse().expect("a time");
        Seen {
            kind: if is_file { "file" } else { "dir" },
            record: number(&entry["record"]),
            links: if is_file { number(&entry["links"]) } else { 1 },
            size: if is_file { number(&entry["size"]) } else { 0 },
            modified: modified.as_nanosecond(),
            sums: ["", STREAM].map(|stream| sum(path, stream)),
        }
    };
    printed
        .entries
        .iter()
        .map(|(path, entry)| (path.clone(), seen(path, entry)))
        .collect()
}

fn walk(folder: &Path, path: &str, found: &mut BTreeMap<String, Seen>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .expect("the script writes Unicode");
        let path = format!("{path}/{name}");
        let metadata = entry.metadata()?;
        let is_file = metadata.is_file();
        let seen = Seen {
            kind: if is_file { "file" } else { "dir" },
            record: metadata.ino(),
            links: if is_file { metadata.nlink() } else { 1 },
            size: if is_file { metadata.len() } else { 0 },
            modified: i128::from(metadata.mtime()) * 1_000_000_000
                + i128::from(metadata.mtime_nsec()),
            sums: [
                is_file.then(|| sha256(&fs::read(entry.path()).expect("it can be read"))),
                stream(&entry.path()),
            ],
        };
        if !is_file {
            walk(&entry.path(), &path, found)?;
        }
        found.insert(path, seen);
    }
    Ok(())
}

/// Extended attributes end at 64 KiB, streams as files of their own do not.
fn stream(path: &Path) -> Option<String> {
    let mut stream = path.as_os_str().to_owned();
    stream.push(format!(":{STREAM}"));
    fs::read(stream).ok().map(|bytes| sha256(&bytes))
}
