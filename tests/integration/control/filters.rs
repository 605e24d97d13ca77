//! Patterns, lists, ages and sizes.

use std::collections::BTreeSet;
use std::fs;

use super::{DEMO, below, extract, files, without_streams};
use crate::harness::program::{Ran, command, run};
use crate::harness::{Outcome, Test, hvrestore, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(excluded_beats_included),
        test!(paths_and_folders_in_patterns),
        test!(ages_and_sizes_and_no_empty_folders),
        test!(what_is_filtered_is_counted_and_told_with_v),
        test!(filters_that_leave_nothing),
        test!(filters_of_find_and_hash),
        test!(a_list_of_paths),
        test!(a_list_as_find_prints_it),
        test!(a_list_with_paths_that_are_not_there),
        test!(lists_and_filters_that_are_wrong),
    ]
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).into()).collect()
}

fn excluded_beats_included() -> Outcome {
    let out = temp_dir();
    let more = [
        "--include",
        "*.TXT",
        "--exclude",
        "how to*",
        "--exclude",
        "thesis",
    ];
    extract(out.path(), &more).expect_code(0);
    let expected = [
        "Users/",
        "Users/ana/",
        "Users/ana/Desktop/",
        "Users/ana/Desktop/todo.txt",
    ];
    assert_eq!(below(out.path()), set(&expected));
    Ok(())
}

/// A slash makes it a path; at the end, folders only; a volume may be named.
fn paths_and_folders_in_patterns() -> Outcome {
    let out = temp_dir();
    for (number, (pattern, expected)) in [
        ("inetpub/*/*.html", &["inetpub/wwwroot/index.html"][..]),
        (r"C:\inetpub\*\*.html", &["inetpub/wwwroot/index.html"]),
        ("**/etc/hosts", &["Windows/System32/drivers/etc/hosts"]),
        ("wwwroot/*.html", &[]),
        ("WIN.ini/", &[]),
        ("drivers/", &["Windows/System32/drivers/etc/hosts"]),
    ]
    .into_iter()
    .enumerate()
    {
        let dest = out.path().join(number.to_string());
        let code = if expected.is_empty() { 14 } else { 0 };
        extract(&dest, &["--include", pattern]).expect_code(code);
        assert_eq!(files(&dest), set(expected), "{pattern}");
    }
    Ok(())
}

fn ages_and_sizes_and_no_empty_folders() -> Outcome {
    let out = temp_dir();
    let one = out.path().join("size");
    extract(&one, &["--size", "+20K"]).expect_code(0);
    let expected = [
        "Users/",
        "Users/ana/",
        "Users/ana/Downloads/",
        "Users/ana/Downloads/tide-tables-1911-1963.csv",
        "Windows/",
        "Windows/System32/",
        "Windows/System32/license.rtf",
    ];
    assert_eq!(without_streams(below(&one)), set(&expected));
    let two = out.path().join("age");
    let more = ["--newer", "2024-05-01", "--older", "2024-05-15"];
    extract(&two, &more).expect_code(0);
    assert_eq!(files(&two), set(&["inetpub/wwwroot/index.html"]));
    // What only leaves things out makes every other folder, empty or not.
    let three = out.path().join("rest");
    extract(&three, &["--exclude", "*.*", "--exclude", "Users"]).expect_code(0);
    assert!(below(&three).contains("ProgramData/") && !below(&three).contains("Users/"));
    Ok(())
}

fn what_is_filtered_is_counted_and_told_with_v() -> Outcome {
    let out = temp_dir();
    let more = ["--exclude", "Users", "--exclude", "win.ini", "--json"];
    let ran = extract(&out.path().join("1"), &more).expect_code(0);
    let lines = ran.json_lines();
    assert_eq!(lines.last().expect("a summary")["filtered"], 2);
    assert!(lines.iter().all(|line| line["path"] != "/Windows/win.ini"));
    let ran = extract(&out.path().join("2"), &more[..4]).expect_code(0);
    assert!(ran.stderr.contains(", 2 filtered out"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("/Users"), "{}", ran.stderr);
    let more = ["-v", "--exclude", "Users"];
    let ran = extract(&out.path().join("3"), &more).expect_code(0);
    assert!(
        ran.stderr.contains("/Users: filtered out"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("/Users/ana"), "{}", ran.stderr);
    Ok(())
}

fn filters_that_leave_nothing() -> Outcome {
    let out = temp_dir();
    let ran = extract(out.path(), &["--include", "no such name"]).expect_code(14);
    assert!(ran.stderr.contains("[HV-E819]"), "{}", ran.stderr);
    assert!(below(out.path()).is_empty());
    Ok(())
}

fn filters_of_find_and_hash() -> Outcome {
    let found = hvrestore([
        "find",
        DEMO,
        "*.txt",
        "--exclude",
        "how*",
        "--exclude",
        "thesis",
    ]);
    assert_eq!(found.expect_code(0).text(), "/Users/ana/Desktop/todo.txt\n");
    let hashed = hvrestore([
        "hash",
        "-R",
        DEMO,
        "--include",
        "*.ini",
        "--include",
        "hosts",
    ]);
    let hashed = hashed.expect_code(0);
    let names: Vec<_> = hashed.text().lines().map(|line| &line[66..]).collect();
    assert_eq!(
        names,
        ["Windows/System32/drivers/etc/hosts", "Windows/win.ini"]
    );
    Ok(())
}

/// Extracts what a list of these bytes names.
fn listed(bytes: &[u8], more: &[&str], code: i32) -> (Ran, BTreeSet<String>) {
    let out = temp_dir();
    let list = out.path().join("list");
    fs::write(&list, bytes).expect("written");
    let dest = out.path().join("out");
    let list = list.to_str().expect("Unicode");
    let more: Vec<_> = ["--files-from", list]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let ran = extract(&dest, &more).expect_code(code);
    let found = if dest.exists() {
        files(&dest)
    } else {
        BTreeSet::new()
    };
    (ran, found)
}

fn a_list_of_paths() -> Outcome {
    let two = set(&["Users/ana/Desktop/todo.txt", "Windows/win.ini"]);
    let text = "C:\\Users\\ana\\Desktop\\TODO.txt\r\n\r\n/Windows/win.ini\r\n";
    assert_eq!(listed(text.as_bytes(), &[], 0).1, two);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(listed(&[&[0xFF, 0xFE][..], &wide].concat(), &[], 0).1, two);
    // A folder is meant with all in it, less what is filtered out; GUEST-PATHs are taken besides.
    let (_, found) = listed(
        b"/inetpub/\n",
        &["/Windows/win.ini", "--exclude", "*.png"],
        0,
    );
    assert_eq!(
        found,
        set(&["inetpub/wwwroot/index.html", "Windows/win.ini"])
    );
    Ok(())
}

/// From a pipe too, with NUL and as JSON.
fn a_list_as_find_prints_it() -> Outcome {
    for how in ["-0", "--json"] {
        let out = temp_dir();
        let found = hvrestore(["find", DEMO, "*.csv", "*.html", how]).expect_code(0);
        let list = out.path().join("list");
        fs::write(&list, &found.stdout)?;
        let dest = out.path().join("out");
        let mut piped = command(["extract", DEMO, "--files-from", "-", "-o"]);
        piped.arg(&dest).args((how == "-0").then_some("-0"));
        let child = piped.stdin(fs::File::open(&list)?).output()?;
        assert_eq!(
            child.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        let expected = [
            "Users/ana/Documents/accounts.csv",
            "Users/ana/Downloads/tide-tables-1911-1963.csv",
            "inetpub/wwwroot/index.html",
        ];
        assert_eq!(without_streams(files(&dest)), set(&expected), "{how}");
    }
    // Nothing to read is nothing to extract.
    let out = temp_dir();
    let mut empty = command(["extract", DEMO, "--files-from", "-", "-o"]);
    empty.arg(out.path().join("out"));
    run(empty).expect_code(14);
    assert!(below(out.path()).is_empty());
    Ok(())
}

fn a_list_with_paths_that_are_not_there() -> Outcome {
    let (ran, found) = listed(b"/no/such\n/Windows/win.ini\n/Windows/win.ini/x\n", &[], 3);
    assert_eq!(found, set(&["Windows/win.ini"]));
    assert_eq!(ran.stderr.matches("[HV-E818]").count(), 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("/no/such"), "{}", ran.stderr);
    let (ran, found) = listed(b"/no/such\n", &["--json"], 14);
    assert!(found.is_empty());
    let lines = ran.json_lines();
    assert_eq!(
        (&lines[0]["path"], &lines[0]["code"]),
        (&"/no/such".into(), &"HV-E818".into())
    );
    // D: is the guest's, and its disk is not in the backup; the guest knows no Z:.
    let (ran, found) = listed(b"D:\\data\\a.txt\nZ:\\b\n/Windows/win.ini\n", &[], 3);
    assert_eq!(found, set(&["Windows/win.ini"]));
    for code in ["[HV-E830]", "[HV-E807]"] {
        assert_eq!(ran.stderr.matches(code).count(), 1, "{}", ran.stderr);
    }
    let (_, found) = listed(b"D:\\data\\a.txt\n", &[], 17);
    assert!(found.is_empty());
    Ok(())
}

fn lists_and_filters_that_are_wrong() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("out");
    for (more, code) in [
        (&["--files-from", "no/such/list"][..], "HV-E817"),
        (
            &[
                "--include",
                "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
            ],
            "HV-E765",
        ),
        (&["--exclude", "/"], "HV-E765"),
        (&["--include", r"Z:\x"], "HV-E807"),
        (&["--newer", "soon"], ""),
        (&["--size", "big"], ""),
        (&["-0"], ""),
    ] {
        let ran = extract(&dest, more);
        let expected = if code == "HV-E807" { [2, 17] } else { [2, 2] };
        assert!(
            expected.map(Some).contains(&ran.code),
            "{more:?}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains(code), "{more:?}: {}", ran.stderr);
        assert!(!dest.exists(), "{more:?}");
    }
    Ok(())
}
