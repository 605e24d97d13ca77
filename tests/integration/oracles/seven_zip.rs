//! 7-Zip: whole chains, and every file and stream of the volumes that it can read.

use std::collections::BTreeMap;
use std::path::Path;

use super::tool;
use crate::harness::program::sha256;
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};
use crate::manifest::Printed;

pub(super) fn tests() -> Vec<Test> {
    let volumes = VOLUMES.iter().map(|name| {
        let test = Test::new(format!("oracles::seven_zip::{name}"), || volume(name));
        test.needs_tool("7zz")
    });
    volumes
        .chain([test!(each_state_of_the_demo).needs_tool("7zz")])
        .collect()
}

/// Volumes that 7-Zip reads without a fault, and without links, which it lists in its own way.
const VOLUMES: [&str; 7] = [
    "plain",
    "many",
    "streams",
    "metadata",
    "lznt1",
    "vdl",
    "broken-dirty",
];

fn each_state_of_the_demo() -> Outcome {
    let folder = Path::new("testdata/demo/web01/Virtual Hard Disks");
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let arguments = ["x", "-so", "-tvhdx"].map(std::ffi::OsStr::new);
        let theirs = tool("7zz", arguments.into_iter().chain([path.as_os_str()]));
        let arguments = [
            "flatten".as_ref(),
            path.as_os_str(),
            "-o".as_ref(),
            "-".as_ref(),
        ];
        let ours = hvrestore(arguments).expect_code(0);
        assert_eq!(
            sha256(&ours.stdout),
            sha256(&theirs.stdout),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert_eq!(count, 3);
    Ok(())
}

fn volume(name: &str) -> Outcome {
    let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
    let image = sources.path(&format!("{name}.img"));
    let out = temp_dir();
    let mut to = std::ffi::OsString::from("-o");
    to.push(out.path());
    tool(
        "7zz",
        [
            "x".as_ref(),
            "-tNTFS".as_ref(),
            "-y".as_ref(),
            &*to,
            image.as_os_str(),
        ],
    );
    let mut theirs = BTreeMap::new();
    add(out.path(), out.path(), &mut theirs);
    let ours = Printed::of(&image, &[]).sums;
    let name = |(path, stream): &(String, String)| match &**stream {
        "" => path.clone(),
        stream => format!("{path}:{stream}"),
    };
    let ours: BTreeMap<_, _> = ours
        .iter()
        .map(|(key, (_, sum))| (name(key), sum.clone()))
        .collect();
    assert!(ours.len() > 5);
    assert_eq!(ours, theirs);
    Ok(())
}

/// The files below `folder` with their sums, but for what 7-Zip puts into folders of its own.
fn add(root: &Path, folder: &Path, sums: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .strip_prefix(root)
            .expect("below it")
            .to_str()
            .expect("Unicode");
        if name == "[SYSTEM]" || name == "[DELETED]" {
            continue;
        }
        if path.is_dir() {
            add(root, &path, sums);
        } else {
            let bytes = std::fs::read(&path).expect("it was extracted");
            sums.insert(format!("/{name}"), sha256(&bytes));
        }
    }
}
