//! An NTFS volume as the destination, through ntfs-3g: what our own reader finds on it afterwards.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{extract, items, lines};
use crate::harness::ntfs_volume::{NtfsVolume, TOOLS};
use crate::harness::program::run;
use crate::harness::{Outcome, SIDECAR, Test, hvrestore, temp_dir, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    let tests = [
        test!(what_is_put_back_is_what_the_source_has),
        test!(what_is_kept_natively_is_what_the_source_has),
        test!(other_tools_see_it_too),
    ];
    let mounted = tests.into_iter().map(|test| test.needs_root().needs_fuse());
    mounted
        .map(|test| TOOLS.into_iter().fold(test, Test::needs_tool))
        .collect()
}

/// Volumes whose names an NTFS volume made by Linux can hold.
const IMAGES: [&str; 4] = ["metadata", "streams", "plain", "links"];

/// READONLY, HIDDEN, SYSTEM, ARCHIVE, TEMPORARY, OFFLINE, NOT_CONTENT_INDEXED: the rest is for the
/// file system to say.
const SETTABLE: u64 = 0x3127;

/// What our own reader finds on it, as a sidecar has it.
fn read(volume: &mut NtfsVolume) -> BTreeMap<String, Value> {
    volume.unmount();
    let out = temp_dir();
    let image = volume.image();
    let image = image.as_os_str();
    let dest = out.path().as_os_str();
    let how = ["--metadata", "sidecar"].map(std::ffi::OsStr::new);
    let ran = hvrestore([&["extract".as_ref(), image, "-o".as_ref(), dest], &how[..]].concat());
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
    facts(out.path())
}

/// What is known of each path, descriptors as text in place of their ids.
fn facts(dest: &Path) -> BTreeMap<String, Value> {
    let table: BTreeMap<_, _> = lines(dest, "security")
        .into_iter()
        .map(|line| (text(&line["id"]).to_owned(), line["sddl"].clone()))
        .collect();
    let mut items = items(dest);
    items.remove(&format!("/{SIDECAR}"));
    items.remove("/");
    for item in items.values_mut() {
        if let Some(id) = item["security"].as_str() {
            item["security"] = table[id].clone();
        }
    }
    items
}

/// All that must come back: the change time cannot be set through ntfs-3g.
fn essence(item: &Value) -> Value {
    let mut streams: Vec<_> = item["streams"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|stream| (stream["name"].to_string(), stream["size"].as_u64()))
        // More than an extended attribute holds, which is how ntfs-3g takes them.
        .filter(|(_, size)| *size <= Some(64 << 10))
        .collect();
    streams.sort();
    serde_json::json!({
        "kind": item["kind"],
        "size": item["size"],
        "attributes": item["attribute_bits"].as_u64().map(|bits| bits & SETTABLE),
        "created": item["created"], "created_filetime": item["created_filetime"],
        "modified": item["modified"], "modified_filetime": item["modified_filetime"],
        "accessed": item["accessed"], "accessed_filetime": item["accessed_filetime"],
        "security": item["security"],
        "short_name": item["short_name"],
        "streams": streams,
        "extended_attributes": item["extended_attributes"],
        "object_id": item["object_id"],
        "reparse": item["reparse"],
    })
}

fn same(image: &str, expected: &BTreeMap<String, Value>, found: &BTreeMap<String, Value>) {
    let mut compared = 0;
    for (path, item) in expected {
        // Which of several names has the facts is the walk's choice; a link that leads elsewhere is
        // not made unless it is asked for.
        if !item["link_of"].is_null() || item["left_out"] == true {
            continue;
        }
        let there = found
            .get(path)
            .unwrap_or_else(|| panic!("{image}: {path} is not there"));
        if !there["link_of"].is_null() {
            continue;
        }
        assert_eq!(essence(there), essence(item), "{image}: {path}");
        compared += 1;
    }
    assert!(compared > 3, "{image}: {compared} compared");
}

fn what_is_put_back_is_what_the_source_has() -> Outcome {
    for image in IMAGES {
        let mut volume = NtfsVolume::new(64 << 20);
        let dest = volume.point();
        extract(image, &dest, &["--metadata", "sidecar"]);
        let expected = facts(&dest);
        let manifest = dest.join(SIDECAR);
        let arguments = [
            "apply-metadata".as_ref(),
            manifest.as_os_str(),
            dest.as_os_str(),
        ];
        let code = if image == "streams" { 3 } else { 0 };
        let ran = hvrestore(arguments).expect_code(code);
        assert_eq!(
            ran.stderr.matches("[HV-E789]").count(),
            usize::from(code == 3),
            "{}",
            ran.stderr
        );
        same(image, &expected, &read(&mut volume));
    }
    Ok(())
}

/// But for short names, which a file gets when it has its place.
fn what_is_kept_natively_is_what_the_source_has() -> Outcome {
    for image in IMAGES {
        let reference = temp_dir();
        extract(image, reference.path(), &["--metadata", "sidecar"]);
        let mut expected = facts(reference.path());
        let mut volume = NtfsVolume::new(64 << 20);
        extract(image, &volume.point(), &[]);
        for item in expected.values_mut() {
            item["short_name"] = Value::Null;
        }
        same(image, &expected, &read(&mut volume));
    }
    Ok(())
}

fn other_tools_see_it_too() -> Outcome {
    let volume = NtfsVolume::new(64 << 20);
    extract("metadata", &volume.point(), &[]);
    let mut ask = Command::new("getfattr");
    ask.args([
        "--only-values",
        "--absolute-names",
        "-n",
        "system.ntfs_attrib_be",
    ]);
    ask.arg(volume.point().join("hidden.txt"));
    let ran = run(ask).expect_code(0);
    assert_eq!(ran.stdout, [0, 0, 0, 2]);
    Ok(())
}
