//! The Sleuth Kit: partition tables by `mmls`, listings by `fls`, contents by `icat`.

use std::collections::BTreeSet;
use std::path::Path;

use testkit::partition::{Mbr, MbrPart, ntfs_boot_sectors};

use super::{flatten, tool};
use crate::harness::program::sha256;
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};
use crate::manifest::Printed;

pub(super) fn tests() -> Vec<Test> {
    let volumes = VOLUMES.iter().map(|name| {
        let test = Test::new(format!("oracles::sleuth_kit::{name}"), || volume(name));
        test.needs_tool("fls").needs_tool("icat")
    });
    let tables = [
        test!(partitions_of_gpt).needs_tool("mmls"),
        test!(partitions_of_mbr).needs_tool("mmls"),
    ];
    volumes.chain(tables).collect()
}

const VOLUMES: [&str; 6] = [
    "plain",
    "streams",
    "fragments",
    "cluster-512",
    "lznt1",
    "vdl",
];

/// One file or stream as `fls` lists it: its address, and its path.
fn listed(image: &Path) -> Vec<(String, String)> {
    let arguments = ["-r", "-p", "-F", "-u"].map(std::ffi::OsStr::new);
    let ran = tool("fls", arguments.into_iter().chain([image.as_os_str()]));
    let line = |line: &str| {
        let (what, path) = line.split_once(":\t").expect("an address and a path");
        let address = what.split(' ').next_back().expect("an address");
        (address.to_owned(), path.to_owned())
    };
    let lines = ran.text().lines().map(line);
    // Its own files, and indexes of folders, which it takes for streams.
    lines
        .filter(|(_, path)| !path.starts_with('$') && !path.contains(":$"))
        .collect()
}

fn volume(name: &str) -> Outcome {
    let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
    let image = sources.path(&format!("{name}.img"));
    let printed = Printed::of(&image, &[]);
    let theirs = listed(&image);
    let key = |path: &str| match path.split_once(':') {
        Some((path, stream)) => (format!("/{path}"), stream.to_owned()),
        None => (format!("/{path}"), String::new()),
    };
    let files = printed
        .entries
        .iter()
        .filter(|(_, entry)| entry["kind"] == "file");
    let ours: BTreeSet<_> = files.map(|(path, _)| path.clone()).collect();
    let their_files: BTreeSet<_> = theirs
        .iter()
        .map(|(_, path)| key(path))
        .filter(|(_, stream)| stream.is_empty())
        .map(|(path, _)| path)
        .collect();
    assert_eq!(ours, their_files);
    let mut checked = 0;
    for (address, path) in theirs
        .iter()
        .filter(|(_, path)| !path.ends_with('/'))
        .take(100)
    {
        let key = key(path);
        let (size, sum) = &printed.sums[&key];
        let bytes = tool("icat", [image.as_os_str(), address.as_ref()]).stdout;
        assert_eq!(bytes.len() as u64, *size, "{path}");
        assert_eq!(sha256(&bytes), *sum, "{path}");
        checked += 1;
    }
    assert!(checked > 3, "{checked}");
    Ok(())
}

/// First sector and number of sectors of each partition, as `mmls` has them.
fn partitions(raw: &Path) -> BTreeSet<(u64, u64)> {
    let ran = tool("mmls", ["-i".as_ref(), "raw".as_ref(), raw.as_os_str()]);
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let lines = ran.text().lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        // Numbered rows of the table whose slot is an entry: "002:  000  0000002048 ...", "002:  000:000  ..."
        let is_entry = fields.len() > 4
            && fields[0].ends_with(':')
            && fields[1].starts_with(|c: char| c.is_ascii_digit());
        is_entry.then(|| (number(fields[2]), number(fields[4])))
    });
    lines.collect()
}

fn ours(source: &Path, more: &[&str]) -> BTreeSet<(u64, u64)> {
    let mut arguments = vec!["inspect".as_ref(), "--json".as_ref(), source.as_os_str()];
    arguments.extend(more.iter().map(std::ffi::OsStr::new));
    let document = hvrestore(arguments).expect_code(0).json();
    let parts = document["disks"][0]["partitions"]
        .as_array()
        .expect("a list")
        .clone();
    let sectors = |value: &serde_json::Value| value.as_u64().expect("a number") / 512;
    parts
        .iter()
        .map(|part| (sectors(&part["start"]), sectors(&part["size"])))
        .collect()
}

fn partitions_of_gpt() -> Outcome {
    let out = temp_dir();
    let raw = out.path().join("flat.raw");
    flatten("testdata/demo".as_ref(), &raw, &[]);
    let theirs = partitions(&raw);
    assert_eq!(theirs.len(), 2);
    assert_eq!(ours("testdata/demo".as_ref(), &[]), theirs);
    Ok(())
}

fn partitions_of_mbr() -> Outcome {
    let part = |kind: u8, sectors: usize| MbrPart {
        type_id: kind,
        active: false,
        bytes: ntfs_boot_sectors(sectors * 512),
    };
    let disk = Mbr::new(
        vec![part(7, 200), part(7, 300)],
        vec![part(7, 100), part(7, 50)],
    )
    .build();
    let folder = temp_dir();
    std::fs::write(folder.path().join("disk.raw"), disk)?;
    let sources = Sources::made(folder);
    let raw = sources.path("disk.raw");
    let arguments = ["inspect".as_ref(), "--json".as_ref(), raw.as_os_str()];
    let document = hvrestore(arguments).json();
    let parts = document["disks"][0]["partitions"]
        .as_array()
        .expect("a list")
        .clone();
    let sectors = |value: &serde_json::Value| value.as_u64().expect("a number") / 512;
    let ours: BTreeSet<_> = parts
        .iter()
        .map(|part| (sectors(&part["start"]), sectors(&part["size"])))
        .collect();
    let theirs = partitions(&raw);
    assert_eq!(theirs.len(), 4);
    assert_eq!(ours, theirs);
    Ok(())
}
