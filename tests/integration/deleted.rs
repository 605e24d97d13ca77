//! Deleted files: listed apart from live ones, taken from an older state where that has them, and
//! never passed off as more than they are.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::harness::program::{run, sha256};
use crate::harness::{Outcome, Sources, Test, hvrestore, repository, temp_dir, test};
use crate::manifest::{Printed, text};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(lists_what_was_deleted_and_nothing_else),
        test!(content_is_what_was_written_or_refused),
        test!(an_older_state_has_the_file_whole),
        test!(extracts_under_names_that_say_so),
        test!(without_bitmap_nothing_passes_for_data),
        test!(agrees_with_the_sleuth_kit)
            .needs_tool("fls")
            .needs_tool("icat"),
    ]
}

fn volume() -> (Sources, std::path::PathBuf) {
    let sources = Sources::testdata(&["ntfs/deleted.img.zst"]);
    let image = sources.path("deleted.img");
    (sources, image)
}

/// The manifest's deleted entries by path.
fn expected() -> BTreeMap<String, Value> {
    let manifest = std::fs::read(repository().join("testdata/ntfs/deleted.json"));
    let manifest: Value = serde_json::from_slice(&manifest.expect("committed")).expect("JSON");
    let entries = manifest["deleted"].as_array().expect("a list");
    let entries = entries
        .iter()
        .map(|entry| (text(&entry["path"]), entry.clone()));
    entries.collect()
}

fn lost_bytes(entry: &Value) -> u64 {
    let ranges = entry["lost"].as_array().into_iter().flatten();
    let len = |range: &Value| range[1].as_u64().expect("end") - range[0].as_u64().expect("start");
    ranges.map(len).sum()
}

fn lists_what_was_deleted_and_nothing_else() -> Outcome {
    let (_sources, image) = volume();
    let printed = Printed::of(&image, &["--deleted"]);
    for (path, expected) in expected() {
        let entry = printed.entries.get(&path);
        let entry = entry.unwrap_or_else(|| panic!("{path} is not listed"));
        assert_eq!(entry["record"], expected["record"], "{path}");
        assert_eq!(entry["deleted"]["content"], "unverified", "{path}");
        assert_eq!(entry["deleted"]["lost"], lost_bytes(&expected), "{path}");
    }
    let live = Printed::of(&image, &[]);
    let files = printed
        .entries
        .iter()
        .filter(|(_, entry)| entry["kind"] == "file");
    for (path, _) in files {
        assert!(!live.entries.contains_key(path), "{path} is live");
        assert!(expected().contains_key(path), "{path} was never deleted");
    }
    let people = hvrestore(["ls", "-R", "--deleted", image.to_str().expect("plain")]);
    let line = "/docs/overwritten.bin [deleted, unverified, 1536 of 5120 bytes lost]\n";
    assert!(people.expect_code(0).text().contains(line));
    let drawn = hvrestore(["tree", "--deleted", image.to_str().expect("plain")]).expect_code(0);
    assert!(
        drawn.text().contains(line.trim_start_matches("/docs/")),
        "{}",
        drawn.text()
    );
    Ok(())
}

fn content_is_what_was_written_or_refused() -> Outcome {
    let (_sources, image) = volume();
    for (path, entry) in expected() {
        for (stream, facts) in entry["streams"].as_object().expect("streams by name") {
            let mut arguments = vec!["cat", image.to_str().expect("plain"), &path, "--deleted"];
            if !stream.is_empty() {
                arguments.extend(["--stream", stream]);
            }
            if lost_bytes(&entry) > 0 {
                let ran = hvrestore(arguments).expect_code(13);
                assert!(ran.stderr.contains("HV-D261"), "{}", ran.stderr);
            } else {
                let ran = hvrestore(arguments).expect_code(0);
                assert_eq!(
                    sha256(&ran.stdout),
                    text(&facts["sha256"]),
                    "{path}:{stream}"
                );
            }
        }
    }
    Ok(())
}

/// The letter that was thrown away between the first two states of the demo.
fn an_older_state_has_the_file_whole() -> Outcome {
    let letter = "/Users/ana/Documents/letter to the landlord.txt";
    let demo = ["testdata/demo", "-c", "#1", "--deleted"];
    let listed = hvrestore([&["ls", "-R", "--json"][..], &demo].concat()).expect_code(0);
    let lines = listed.json_lines();
    let line = lines.iter().find(|line| line["path"] == letter);
    let line = line.expect("the letter is listed");
    assert_eq!(line["deleted"]["content"], "earlier");
    assert_eq!(line["deleted"]["state"], "web01.vhdx");
    let expected = std::fs::read(repository().join("testdata/demo/expected.json"))?;
    let expected: Value = serde_json::from_slice(&expected)?;
    let entries = expected["states"][0]["entries"].as_array().expect("a list");
    let sum = entries.iter().find(|entry| entry["path"] == letter);
    let sum = &sum.expect("it was there")["streams"][""]["sha256"];
    let out = temp_dir();
    let dest = out.path().to_str().expect("plain");
    hvrestore([&["extract", "-o", dest][..], &demo, &[letter]].concat()).expect_code(0);
    let bytes = std::fs::read(out.path().join("deleted").join(&letter[1..]))?;
    assert_eq!(sha256(&bytes), text(sum));
    Ok(())
}

fn extracts_under_names_that_say_so() -> Outcome {
    let (_sources, image) = volume();
    let out = temp_dir();
    let dest = out.path().to_str().expect("plain");
    let arguments = [
        "extract",
        image.to_str().expect("plain"),
        "--deleted",
        "-o",
        dest,
    ];
    let ran = hvrestore(arguments).expect_code(3);
    assert!(
        ran.stderr.contains("HV-W797") && ran.stderr.contains("HV-D261"),
        "{}",
        ran.stderr
    );
    let files = expected()
        .into_iter()
        .filter(|(_, entry)| entry["kind"] == "file");
    for (path, entry) in files {
        let tail = if lost_bytes(&entry) > 0 {
            ".unverified.partial"
        } else {
            ".unverified"
        };
        let place = out.path().join(format!("deleted{path}{tail}"));
        let bytes = std::fs::read(&place).unwrap_or_else(|error| panic!("{place:?}: {error}"));
        if lost_bytes(&entry) == 0 {
            assert_eq!(
                sha256(&bytes),
                text(&entry["streams"][""]["sha256"]),
                "{path}"
            );
        }
    }
    Ok(())
}

/// $Bitmap alone says which clusters are free: without it the volume shows nothing deleted.
fn without_bitmap_nothing_passes_for_data() -> Outcome {
    let (_sources, image) = volume();
    let work = temp_dir();
    let damaged = work.path().join("damaged.img");
    let mut bytes = std::fs::read(&image)?;
    let mft = u64::from_le_bytes(bytes[0x30..0x38].try_into()?) as usize * 512;
    bytes[mft + 6 * 1024..][..4].copy_from_slice(b"BAAD");
    std::fs::write(&damaged, bytes)?;
    let ran = hvrestore(["ls", "-R", damaged.to_str().expect("plain"), "--deleted"]);
    assert!(
        ran.stdout.is_empty() && ran.code == Some(13),
        "{:?}: {}",
        ran.code,
        ran.stderr
    );
    Ok(())
}

/// `fls -d` finds the same records, `icat -r` the same bytes of what is whole.
fn agrees_with_the_sleuth_kit() -> Outcome {
    let (_sources, image) = volume();
    let mut fls = Command::new("fls");
    fls.args(["-r", "-d", "-p", "-F"]).arg(&image);
    let listed = run(fls).expect_code(0);
    let record = |line: &str| {
        let address = line.split_once(":\t")?.0.split(' ').next_back()?;
        address.split('-').next()?.parse::<u64>().ok()
    };
    // Below 24 are records that no volume ever uses.
    let theirs: BTreeSet<u64> = listed
        .text()
        .lines()
        .filter_map(record)
        .filter(|&n| n >= 24)
        .collect();
    let files = expected()
        .into_values()
        .filter(|entry| entry["kind"] == "file");
    let files: Vec<Value> = files.collect();
    let ours: BTreeSet<u64> = files
        .iter()
        .filter_map(|entry| entry["record"].as_u64())
        .collect();
    assert_eq!(ours, theirs);
    // It cannot put the pieces of record 64 together, whose attribute list is cut short.
    for entry in files
        .iter()
        .filter(|entry| lost_bytes(entry) == 0 && entry["record"] != 64)
    {
        let mut icat = Command::new("icat");
        icat.arg("-r").arg(&image).arg(entry["record"].to_string());
        let bytes = run(icat).expect_code(0).stdout;
        assert_eq!(
            sha256(&bytes),
            text(&entry["streams"][""]["sha256"]),
            "{}",
            entry["path"]
        );
    }
    Ok(())
}
