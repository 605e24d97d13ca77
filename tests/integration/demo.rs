//! The demo backup in each of its states: README's story, right to the byte.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{Outcome, Test, hvrestore, program, repository, temp_dir, test};
use crate::manifest::{Printed, text};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(every_state_flattens_to_its_hash),
        test!(every_state_lists_its_files),
        test!(extracts_the_documents_as_they_were),
        test!(a_part_of_a_file_name_chooses_a_state),
        test!(checkpoints_have_their_names),
        test!(inspect_tells_when_each_guest_last_wrote),
    ]
}

/// Each state with the way to ask for it.
fn states() -> Vec<(String, Value)> {
    let expected =
        std::fs::read(repository().join("testdata/demo/expected.json")).expect("committed");
    let expected: Value = serde_json::from_slice(&expected).expect("valid JSON");
    let states = expected["states"]
        .as_array()
        .expect("a list of states")
        .clone();
    states
        .into_iter()
        .enumerate()
        .map(|(number, state)| (format!("#{number}"), state))
        .collect()
}

/// What the states are called, from the base on.
const NAMES: [&str; 3] = [
    "before the thesis revision",
    "before the web server update",
    "now",
];

fn every_state_flattens_to_its_hash() -> Outcome {
    for (number, state) in states() {
        let flat = hvrestore(["flatten", "testdata/demo", "-c", &number, "-o", "-"]).expect_code(0);
        assert_eq!(
            program::sha256(&flat.stdout),
            text(&state["sha256"]),
            "{number}"
        );
    }
    Ok(())
}

fn every_state_lists_its_files() -> Outcome {
    for (number, state) in states() {
        let printed = Printed::of("testdata/demo".as_ref(), &["-c", &number]);
        assert_eq!(
            printed.codes,
            [Some(0), Some(0)],
            "{number}: {:?}",
            printed.errors
        );
        let mut expected = BTreeMap::new();
        for entry in state["entries"].as_array().expect("a list of entries") {
            for (stream, value) in entry["streams"].as_object().expect("streams by name") {
                let size = value["size"].as_u64().expect("a size");
                let key = (text(&entry["path"]), stream.clone());
                expected.insert(key, (size, text(&value["sha256"])));
            }
        }
        assert_eq!(printed.sums, expected, "{number}");
    }
    Ok(())
}

fn extracts_the_documents_as_they_were() -> Outcome {
    let out = temp_dir();
    let pattern = r"C:\Users\ana\**\*.txt";
    let dest = out.path().join("out");
    let dest = dest.to_str().expect("a plain path");
    hvrestore([
        "extract",
        "testdata/demo",
        pattern,
        "-c",
        "base",
        "-o",
        dest,
    ])
    .expect_code(0);
    let (_, state) = &states()[0];
    let mut count = 0;
    for entry in state["entries"].as_array().expect("a list of entries") {
        let path = text(&entry["path"]);
        if path.starts_with("/Users/ana/") && path.ends_with(".txt") {
            let bytes = std::fs::read(format!("{dest}{path}"))?;
            assert_eq!(
                program::sha256(&bytes),
                text(&entry["streams"][""]["sha256"]),
                "{path}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 4, "the demo has four such documents in its base");
    Ok(())
}

fn a_part_of_a_file_name_chooses_a_state() -> Outcome {
    let chain = hvrestore(["chain", "--json", "testdata/demo", "-c", "21FDE629"])
        .expect_code(0)
        .json();
    assert_eq!(chain["disks"][0]["state"], 1);
    assert_eq!(
        chain["disks"][0]["layers"].as_array().map(Vec::len),
        Some(2)
    );
    let wrong = hvrestore(["ls", "testdata/demo", "-c", "no such state"]).expect_code(2);
    assert!(
        wrong.stderr.contains("web01.vhdx") && wrong.stderr.contains("HV-E806"),
        "{}",
        wrong.stderr
    );
    Ok(())
}

fn checkpoints_have_their_names() -> Outcome {
    for (name, (number, state)) in NAMES.iter().zip(states()) {
        let flat = hvrestore(["flatten", "testdata/demo", "-c", name, "-o", "-"]).expect_code(0);
        assert_eq!(
            program::sha256(&flat.stdout),
            text(&state["sha256"]),
            "{number}"
        );
    }
    let several = hvrestore(["ls", "testdata/demo", "-c", "before"]).expect_code(2);
    for name in &NAMES[..2] {
        assert!(several.stderr.contains(name), "{}", several.stderr);
    }
    Ok(())
}

/// The times of all files, not of a few: the demo's registry is months older than its documents.
fn inspect_tells_when_each_guest_last_wrote() -> Outcome {
    let inspect = |more: &[&str]| {
        let arguments = ["inspect", "--json", "testdata/demo"];
        let ran = hvrestore(arguments.iter().chain(more)).expect_code(0);
        ran.json()["machines"][0]["states"].clone()
    };
    let (told, few) = (inspect(&[]), inspect(&["--no-counts"]));
    for (number, (_, state)) in states().into_iter().enumerate() {
        let entries = state["entries"].as_array().expect("a list of entries");
        let newest = entries.iter().map(|entry| text(&entry["changed"])).max();
        let guest = &told[number]["guest"]["last_written"];
        assert_eq!(Some(text(&guest["time"])), newest, "{number}");
        assert_eq!(guest["exact"], true, "{number}");
        // The registry records a shutdown before the documents were written.
        let verdict = &told[number]["consistency"]["verdict"];
        assert_eq!(verdict, "not provable", "{number}");
        let guest = &few[number]["guest"]["last_written"];
        assert_eq!(guest["exact"], false, "{number}");
        assert!(Some(text(&guest["time"])) <= newest, "{number}");
        assert_eq!(few[number]["consistency"]["verdict"], "not provable");
    }
    Ok(())
}
