//! Each command on the demo: what people read, what scripts read, and the manners of all of them.

mod browsing;
mod finding;
mod help;

use serde_json::Value;

use crate::harness::program::Ran;
use crate::harness::{Outcome, Test, hvrestore, repository, test};

const DEMO: &str = "testdata/demo";
const DESKTOP: &str = r"C:\Users\ana\Desktop";
const TODO: &str = r"C:\Users\ana\Desktop\todo.txt";

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let own = vec![
        test!(inspect_draws_disks_partitions_and_volumes),
        test!(inspect_gives_one_document),
        test!(chain_names_layers_links_and_states),
        test!(quiet_is_quiet),
        test!(older_states_are_told),
        test!(data_on_stdout_and_all_else_on_stderr),
    ];
    own.into_iter()
        .chain(browsing::tests())
        .chain(finding::tests())
        .chain(help::tests())
        .collect()
}

/// `hvrestore COMMAND testdata/demo more...`, which ends with 0.
fn demo(command: &str, more: &[&str]) -> Ran {
    hvrestore([&[command, DEMO], more].concat()).expect_code(0)
}

/// One state of the demo, as its writer has it: `#0` is the base.
fn state(number: usize) -> Value {
    let expected = std::fs::read(repository().join(DEMO).join("expected.json"));
    let expected: Value =
        serde_json::from_slice(&expected.expect("committed")).expect("valid JSON");
    expected["states"][number].clone()
}

/// The entries of a state, but for the root.
fn entries(state: &Value) -> Vec<&Value> {
    let entries = state["entries"].as_array().expect("a list");
    entries
        .iter()
        .filter(|entry| entry["path"] != "/")
        .collect()
}

fn inspect_draws_disks_partitions_and_volumes() -> Outcome {
    let ran = demo("inspect", &[]);
    for part in [
        "disk0",
        "web01.vhdx",
        "VHDX differencing",
        "VHDX dynamic",
        "GPT",
        "disk0/part1",
        "Microsoft reserved",
        "disk0/part2",
        "C: NTFS 3.1 'Windows'",
        "clusters of 4.0 KiB",
    ] {
        assert!(ran.text().contains(part), "{part}: {}", ran.text());
    }
    assert!(
        ran.text().contains("└─ disk0/part2"),
        "the last: {}",
        ran.text()
    );
    assert_eq!(demo("info", &[]).text(), ran.text(), "its other name");
    Ok(())
}

fn inspect_gives_one_document() -> Outcome {
    let document = demo("inspect", &["--json"]).json();
    assert_eq!(document["type"], "inspect");
    let disk = &document["disks"][0];
    assert_eq!(disk["size"], state(2)["size"]);
    assert_eq!(disk["state"]["number"], 2);
    assert_eq!(disk["state"]["newest"], true);
    assert_eq!(disk["states"].as_array().map(Vec::len), Some(3));
    assert_eq!(disk["layers"].as_array().map(Vec::len), Some(3));
    assert_eq!(disk["table"]["scheme"], "GPT");
    let part = &disk["partitions"][1];
    assert_eq!(part["partition"], state(2)["partition"]);
    assert_eq!(part["start"], state(2)["partition_offset"]);
    assert_eq!(part["content"]["kind"], "NTFS");
    let volume = &part["volume"];
    assert_eq!(volume["volume"], "disk0/part2");
    assert_eq!(
        (&volume["letter"], &volume["label"]),
        (&"C".into(), &"Windows".into())
    );
    assert_eq!(volume["cluster_size"], 4096);
    let (size, free) = (volume["size"].as_u64(), volume["free"].as_u64());
    assert_eq!(
        size.zip(free).map(|(size, free)| size - free),
        volume["used"].as_u64()
    );
    assert_eq!(document["orphans"], serde_json::json!([]));
    assert_eq!(document["damaged"], serde_json::json!([]));
    Ok(())
}

fn chain_names_layers_links_and_states() -> Outcome {
    let ran = demo("chain", &[]);
    assert_eq!(
        ran.text().matches("link holds").count(),
        2,
        "{}",
        ran.text()
    );
    assert!(ran.text().contains("* #2"), "{}", ran.text());
    let document = demo("chain", &["--json"]).json();
    assert_eq!(document["type"], "chain");
    let layers = document["disks"][0]["layers"].as_array().expect("layers");
    let links: Vec<_> = layers.iter().map(|layer| layer["link"].as_str()).collect();
    assert_eq!(links, [Some("matches"), Some("matches"), None]);
    // Each layer's parent is the next.
    for pair in layers.windows(2) {
        assert_eq!(pair[0]["parent_ids"][0], pair[1]["id"]);
    }
    Ok(())
}

fn quiet_is_quiet() -> Outcome {
    for command in ["inspect", "chain", "ls", "tree", "hash", "find"] {
        let (loud, quiet) = (demo(command, &[]), demo(command, &["-q"]));
        assert_eq!(loud.stdout, quiet.stdout, "{command}");
        assert_eq!(quiet.stderr, "", "{command}");
        assert!(
            !loud.stderr.is_empty(),
            "{command} says which state it reads"
        );
    }
    let older = demo("ls", &["-q", "-c", "base"]);
    assert_eq!(older.stderr, "");
    let wrong = hvrestore(["ls", "-q", DEMO, "/no such"]).expect_code(14);
    assert!(wrong.stderr.contains("HV-E804"), "errors are still told");
    Ok(())
}

fn older_states_are_told() -> Outcome {
    for asked in ["base", "#0", "#1", "web01.vhdx"] {
        let said = demo("ls", &["-c", asked]).stderr;
        assert!(
            said.contains("HV-W810") && said.contains("newer: ") && said.contains("now"),
            "{asked}: {said}"
        );
    }
    for asked in ["now", "latest", "NOW", "#2"] {
        let said = demo("ls", &["-c", asked]).stderr;
        assert!(!said.contains("HV-W810"), "{asked}: {said}");
    }
    Ok(())
}

fn data_on_stdout_and_all_else_on_stderr() -> Outcome {
    let plain = demo("ls", &["-R", "-v"]);
    assert!(!plain.text().contains("hvrestore: "));
    assert!(
        plain
            .stderr
            .lines()
            .all(|line| line.starts_with("hvrestore: ") || line.starts_with("  "))
    );
    for (command, more) in [("ls", &["-R"][..]), ("hash", &["-R"]), ("find", &["*"])] {
        let lines = demo(command, &[more, &["--json", "-v"]].concat()).json_lines();
        assert!(!lines.is_empty());
        assert!(
            lines.iter().all(|line| line["type"].is_string()),
            "{command}"
        );
    }
    Ok(())
}
