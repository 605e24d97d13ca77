//! What a Linux destination can keep besides bytes: access times, attributes, links, holes.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{Extracted, below};
use crate::harness::program::sha256;
use crate::harness::{Outcome, Test, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(access_times),
        test!(streams_as_extended_attributes),
        test!(hard_links_are_one_file),
        test!(links_inside_are_made_and_others_are_listed),
        test!(holes_stay_holes),
    ]
}

/// Looked at before anything reads the files.
fn access_times() -> Outcome {
    let volume = Extracted::new("plain", &[], 0);
    for entry in volume.of_kind("file") {
        let found = fs::metadata(volume.place(entry))?;
        for (field, found) in [
            ("accessed", (found.atime(), found.atime_nsec())),
            ("modified", (found.mtime(), found.mtime_nsec())),
        ] {
            let expected: jiff::Timestamp = text(&entry[field]).parse()?;
            let expected = (
                expected.as_second(),
                i64::from(expected.subsec_nanosecond()),
            );
            assert_eq!(found, expected, "{}: {field}", entry["path"]);
        }
    }
    Ok(())
}

/// A destination may refuse them: then they are files beside, and the run says so.
fn streams_as_extended_attributes() -> Outcome {
    let volume = Extracted::new("streams", &[], 0);
    let (mut inside, mut beside) = (0, 0);
    for entry in volume.of_kind("file").chain(volume.of_kind("dir")) {
        let place = volume.place(entry);
        for (name, stream) in entry["streams"].as_object().expect("streams by name") {
            if name.is_empty() {
                continue;
            }
            let mut value = vec![0; 1 << 16];
            let attribute = format!("user.{name}");
            let bytes = match rustix::fs::getxattr(&place, attribute.as_str(), &mut value[..]) {
                Ok(len) => {
                    inside += 1;
                    value.truncate(len);
                    value
                }
                Err(_) => {
                    beside += 1;
                    let mut path = place.clone().into_os_string();
                    path.push(format!(":{name}"));
                    match fs::read(path) {
                        Ok(bytes) => bytes,
                        // A name of its own, which the notes have.
                        Err(_) => continue,
                    }
                }
            };
            assert_eq!(
                sha256(&bytes),
                text(&stream["sha256"]),
                "{}:{name}",
                entry["path"]
            );
        }
    }
    assert!(inside + beside > 80, "{inside} inside, {beside} beside");
    let said = volume.ran.stderr.contains("FILE:STREAM")
        || volume.ran.stderr.contains("HV-W760")
        || volume.ran.stderr.contains("stream");
    assert!(beside == 0 || said, "{}", volume.ran.stderr);
    Ok(())
}

fn hard_links_are_one_file() -> Outcome {
    let volume = Extracted::new("links", &[], 0);
    let names = volume.of_kind("file").filter(|entry| entry["links"] == 60);
    let nodes: Vec<_> = names
        .map(|entry| {
            let metadata = fs::metadata(volume.place(entry)).expect("each name is there");
            (metadata.ino(), metadata.nlink())
        })
        .collect();
    assert_eq!(nodes.len(), 60);
    assert!(
        nodes.iter().all(|node| *node == (nodes[0].0, 60)),
        "{nodes:?}"
    );
    Ok(())
}

fn links_inside_are_made_and_others_are_listed() -> Outcome {
    let volume = Extracted::new("links", &["-v"], 0);
    let target = |name: &str| fs::read_link(volume.dest.join(name));
    for (link, to) in [
        ("to-file.txt", "target/inner/file.txt"),
        ("to-dir", "target/inner"),
        ("target/up.txt", "inner/file.txt"),
        ("junction", "target"),
        ("absolute.txt", "target/inner/file.txt"),
    ] {
        let place = volume.dest.join(link);
        let made = target(link).map_err(|error| format!("{link}: {error}"))?;
        assert!(made.is_relative(), "{link}: {}", made.display());
        let leads = fs::canonicalize(&place)?;
        let meant = fs::canonicalize(place.parent().expect("below").join(to))?;
        assert_eq!(leads, meant, "{link}");
    }
    for link in ["escape.txt", "nowhere.txt", "share.txt", "mount-point"] {
        assert!(target(link).is_err(), "{link} leads out");
        let line = volume.ran.stderr.lines().find(|line| line.contains(link));
        assert!(
            line.is_some_and(|line| line.contains("HV-W759")),
            "{link}: {}",
            volume.ran.stderr
        );
    }
    // No link of the destination leads out of it.
    let root = fs::canonicalize(&volume.dest)?;
    for path in below(&volume.dest)
        .into_iter()
        .filter(|path| path.is_symlink())
    {
        if let Ok(leads) = fs::canonicalize(&path) {
            assert!(leads.starts_with(&root), "{}", path.display());
        }
    }
    Ok(())
}

fn holes_stay_holes() -> Outcome {
    let volume = Extracted::new("sparse", &[], 0);
    let mut sizes = 0;
    for entry in volume.of_kind("file") {
        let metadata = fs::metadata(volume.place(entry))?;
        sizes += metadata.len();
        let allocated = metadata.blocks() * 512;
        assert!(
            allocated <= 2 << 20,
            "{}: {allocated} bytes on disk",
            entry["path"]
        );
    }
    assert!(sizes > 10 << 30, "{sizes} bytes in all");
    Ok(())
}
