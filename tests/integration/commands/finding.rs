//! `find` with each of its tests, held against what the writer knows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{demo, entries, state};
use crate::harness::{Outcome, Test, hvrestore, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(by_name),
        test!(by_path),
        test!(by_regular_expression),
        test!(by_size),
        test!(by_time),
        test!(by_kind),
        test!(below_a_folder),
        test!(a_pattern_for_one_volume_is_refused),
        test!(by_all_of_them_together),
        test!(as_objects),
    ]
}

/// `find more...` finds exactly the entries of the newest state that pass.
fn finds(more: &[&str], passes: impl Fn(&Value) -> bool) {
    let state = state(2);
    let expected: BTreeSet<_> = entries(&state)
        .into_iter()
        .filter(|entry| passes(entry))
        .map(|entry| text(&entry["path"]))
        .collect();
    assert!(
        !expected.is_empty(),
        "{more:?}: a test that finds nothing shows nothing"
    );
    assert!(
        expected.len() < entries(&state).len(),
        "{more:?}: nor one that finds all"
    );
    let found = demo("find", more);
    let found = found
        .text()
        .lines()
        .map(|line| line.trim_end_matches('/').to_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), expected, "{more:?}");
}

fn name(entry: &Value) -> String {
    let path = text(&entry["path"]);
    path.rsplit('/').next().unwrap_or_default().to_lowercase()
}

fn size(entry: &Value) -> u64 {
    entry["size"].as_u64().expect("a number")
}

fn by_name() -> Outcome {
    finds(&["*.txt"], |entry| name(entry).ends_with(".txt"));
    finds(&["CHAPTER?.TXT"], |entry| {
        name(entry).starts_with("chapter")
    });
    finds(&["*.csv", "*.ini"], |entry| {
        name(entry).ends_with(".csv") || name(entry).ends_with(".ini")
    });
    finds(&["[t]*.{txt,docx}"], |entry| {
        let name = name(entry);
        name.starts_with('t') && (name.ends_with(".txt") || name.ends_with(".docx"))
    });
    hvrestore(["find", "testdata/demo", "*.nothing"]).expect_code(14);
    Ok(())
}

fn by_path() -> Outcome {
    finds(&["**/Documents/**/*.txt"], |entry| {
        text(&entry["path"]).contains("/Documents/") && name(entry).ends_with(".txt")
    });
    finds(&[r"\Users\ana\*"], |entry| {
        let path = text(&entry["path"]);
        path.strip_prefix("/Users/ana/")
            .is_some_and(|rest| !rest.contains('/'))
    });
    Ok(())
}

/// It would match nothing, and that must not pass for an answer.
fn a_pattern_for_one_volume_is_refused() -> Outcome {
    for pattern in [
        r"C:\Users\**\*.txt",
        "disk0/part2/Users/*",
        "label=Windows/*",
    ] {
        let ran = hvrestore(["find", "testdata/demo", pattern]).expect_code(2);
        assert!(ran.stderr.contains("HV-E815") && ran.stderr.contains("--volume"));
    }
    Ok(())
}

fn by_regular_expression() -> Outcome {
    finds(&["--regex", r"CHAPTER\d\.txt$"], |entry| {
        name(entry).starts_with("chapter")
    });
    Ok(())
}

fn by_size() -> Outcome {
    finds(&["--size", "+1K", "--kind", "file"], |entry| {
        entry["kind"] == "file" && size(entry) >= 1024
    });
    finds(&["--size", "-1k", "--kind", "file"], |entry| {
        entry["kind"] == "file" && size(entry) <= 1024
    });
    finds(&["--size", "75"], |entry| size(entry) == 75);
    Ok(())
}

fn by_time() -> Outcome {
    let modified = |entry: &Value| text(&entry["modified"]);
    finds(&["--newer", "2024-05-10"], |entry| {
        *modified(entry) > *"2024-05-10"
    });
    finds(&["--older", "2024-05-10"], |entry| {
        *modified(entry) < *"2024-05-10"
    });
    finds(&["--newer", "2024-05-20T03:14:14Z"], |entry| {
        *modified(entry) > *"2024-05-20T03:14:14Z"
    });
    Ok(())
}

fn by_kind() -> Outcome {
    for kind in ["file", "dir", "junction"] {
        finds(&["--kind", kind], |entry| entry["kind"] == kind);
    }
    Ok(())
}

fn below_a_folder() -> Outcome {
    finds(&["--in", r"C:\Users\ana\Documents"], |entry| {
        text(&entry["path"]).starts_with("/Users/ana/Documents/")
    });
    Ok(())
}

fn by_all_of_them_together() -> Outcome {
    let more = [
        "*.txt",
        "--in",
        "/Users",
        "--size",
        "+400",
        "--regex",
        "thesis",
        "--newer",
        "2024-05-10",
    ];
    finds(&more, |entry| {
        let path = text(&entry["path"]);
        path.starts_with("/Users/")
            && path.contains("thesis")
            && path.ends_with(".txt")
            && size(entry) >= 400
            && *text(&entry["modified"]) > *"2024-05-10"
    });
    Ok(())
}

fn as_objects() -> Outcome {
    let listed = demo("ls", &["-R", "--json"]).json_lines();
    for line in demo("find", &["*.txt", "--json"]).json_lines() {
        assert!(
            listed.contains(&line),
            "the same object as ls gives: {line}"
        );
    }
    Ok(())
}
