//! Real disks and volumes, made by Windows and others: flat hashes and listings that independent
//! readers agreed on.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Outcome, Sources, Test, hvrestore, need, program};
use crate::manifest::{Printed, text};

/// A disk, the files of its chain, and the SHA-256 of all its bytes.
const DISKS: &[(&[&str], &str)] = &[
    (
        &["vhdx/ntfs-parent.vhdx.zst"],
        "c5523065bc6ef82267be56c5f8888e2876ead8ba7edba2a65a3da8b076231b68",
    ),
    (
        &[
            "vhdx/ntfs-differential.vhdx.zst",
            "vhdx/ntfs-parent.vhdx.zst",
        ],
        "1ef1fb5360247aa7d36a38415bc7bf6e1e52f62af5e6bd1283815e82584c7efc",
    ),
    (
        &["vhdx/ntfs-fixed.vhdx.zst"],
        "5237dd895f38052344e2ef35a207fe9df08cd18d17b6ea857a1b93cc475e1f2e",
    ),
    (
        &["vhdx/ntfs-dynamic.vhdx.zst"],
        "b92731f8e4bf3532418444d22a9086823a8122569500acd09cd8d2ce20eb98e9",
    ),
    (
        &["vhdx/ext2.vhdx.zst"],
        "a6c2f0e39afe6c6ab432ca5465349fcefe8dc944398e97b2d957d3f89dbb5d80",
    ),
    (
        &["vhdx/vhdx-log-replay.vhdx.zst"],
        "3ba3b309425b7ff5e8e0199edceed95226250f880c53b24e8eae93865f3fad5e",
    ),
    (
        &["vhd/ntfs-parent.vhd.zst"],
        "c91d1766dd4b3327f33a082cbf958d3566dd84a3d71c2473a5ae6155e53171de",
    ),
    (
        &["vhd/ntfs-differential.vhd.zst", "vhd/ntfs-parent.vhd.zst"],
        "b7922a46a6b08fa4f4fc0c51a25d5587d1d49f15cfade45ca740dd07110ae144",
    ),
    (
        &["vhd/ntfs-fixed.vhd.zst"],
        "cd81fade3878f1b2957f1ece168201876bdf4e90c9b30f60c2f232eba5fea76c",
    ),
    (
        &["vhd/ntfs-dynamic.vhd.zst"],
        "8b10b52e3d1e76075d05a5101a6536b9fa8376a5b8f7c22f502d0987d165c876",
    ),
];

/// A listing and the files it is of.
const LISTINGS: &[(&str, &[&str])] = &[
    ("colinfinck_testfs1.json", &["ntfs/testfs1.img.zst"]),
    ("go-ntfs_charlie.json", &["ntfs/ads-shared-ids.img.zst"]),
    ("msuhanov_ntfs-2m.json", &["ntfs/cluster-2m.img.zst"]),
    ("msuhanov_ntfs-ramslack.json", &["ntfs/lznt1-slack.img.zst"]),
    ("dfvfs_ntfs-fixed.vhd.json", &["vhd/ntfs-fixed.vhd.zst"]),
    ("dfvfs_ntfs-dynamic.vhd.json", &["vhd/ntfs-dynamic.vhd.zst"]),
    ("dfvfs_ntfs-parent.vhd.json", &["vhd/ntfs-parent.vhd.zst"]),
    (
        "dfvfs_ntfs-differential.vhd.json",
        &["vhd/ntfs-differential.vhd.zst", "vhd/ntfs-parent.vhd.zst"],
    ),
    ("dfvfs_ntfs-fixed.vhdx.json", &["vhdx/ntfs-fixed.vhdx.zst"]),
    (
        "dfvfs_ntfs-dynamic.vhdx.json",
        &["vhdx/ntfs-dynamic.vhdx.zst"],
    ),
    (
        "dfvfs_ntfs-parent.vhdx.json",
        &["vhdx/ntfs-parent.vhdx.zst"],
    ),
    (
        "dfvfs_ntfs-differential.vhdx.json",
        &[
            "vhdx/ntfs-differential.vhdx.zst",
            "vhdx/ntfs-parent.vhdx.zst",
        ],
    ),
];

pub(crate) fn tests() -> Vec<Test> {
    let disks = DISKS.iter().map(|&(files, sum)| {
        let name = format!("fixtures::flattens::{}", files[0]);
        needing(Test::new(name, move || flattens(files, sum)), files)
    });
    let listings = LISTINGS.iter().map(|&(listing, files)| {
        let name = format!("fixtures::lists::{}", files[0]);
        needing(Test::new(name, move || lists(listing, files)), files)
    });
    disks.chain(listings).collect()
}

fn needing(test: Test, files: &'static [&'static str]) -> Test {
    files
        .iter()
        .fold(test, |test, file| test.needs_fixture(file))
}

fn flattens(files: &[&str], sum: &str) -> Outcome {
    let sources = Sources::fixtures(files);
    let disk = sources.path(unpacked_name(files[0]));
    let flat = hvrestore([
        "flatten".as_ref(),
        disk.as_os_str(),
        "-o".as_ref(),
        "-".as_ref(),
    ])
    .expect_code(0);
    assert_eq!(program::sha256(&flat.stdout), sum, "{}", flat.stderr);
    Ok(())
}

/// Every path, size, time and hash that independent readers agreed on; nothing that they lack.
fn lists(listing: &str, files: &[&str]) -> Outcome {
    let sources = Sources::fixtures(files);
    let expected = std::fs::read(need::fixtures().join("expected").join(listing))?;
    let expected: Value = serde_json::from_slice(&expected)?;
    let printed = Printed::of(&sources.path(unpacked_name(files[0])), &["-a"]);
    assert_eq!(printed.codes, [Some(0), Some(0)], "{:?}", printed.errors);
    for entry in expected["entries"].as_array().expect("a list of entries") {
        check(entry, &printed);
    }
    Ok(())
}

fn check(entry: &Value, printed: &Printed) {
    let path = text(&entry["path"]);
    if path == "/" || path == "/." {
        return;
    }
    let ours = printed
        .entries
        .get(&path)
        .unwrap_or_else(|| panic!("{path} is not listed"));
    assert_eq!(ours["record"], entry["mft"], "{path}");
    for (name, theirs) in [
        ("modified", "mtime_ns"),
        ("created", "crtime_ns"),
        ("accessed", "atime_ns"),
        ("changed", "ctime_ns"),
    ] {
        let stamp: jiff::Timestamp = text(&ours[name]).parse().expect("a time in RFC 3339");
        // Not every listing has times; where it has, they are nanoseconds since 1970.
        if let Some(theirs) = entry[theirs].as_i64() {
            assert_eq!(stamp.as_nanosecond(), i128::from(theirs), "{path}: {name}");
        }
    }
    for stream in entry["streams"].as_array().expect("a list of streams") {
        let key = (path.clone(), text(&stream["name"]));
        // A directory's or link's empty unnamed stream is no file data.
        let Some((size, sum)) = printed.sums.get(&key) else {
            assert!(
                ours["kind"] != "file" && key.1.is_empty(),
                "{key:?} has no hash"
            );
            continue;
        };
        assert_eq!(Some(*size), stream["size"].as_u64(), "{key:?}");
        if let Some(expected) = stream["sha256"].as_str() {
            assert_eq!(sum, expected, "{key:?}");
        }
    }
}

fn unpacked_name(file: &str) -> &str {
    let name = Path::new(file).file_stem().and_then(|name| name.to_str());
    name.expect("fixtures have plain names")
}
