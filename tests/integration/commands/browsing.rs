//! `ls`, `tree`, `stat`, `cat`, `hash`.

use std::collections::BTreeSet;

use super::{DESKTOP, TODO, demo, entries, state};
use crate::harness::program::{command, run, sha256};
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(ls_of_a_folder),
        test!(ls_of_everything),
        test!(ls_of_files_globs_and_several_places),
        test!(ls_in_long_form),
        test!(ls_ends_names_with_nul),
        test!(ls_of_the_systems_own_files),
        test!(r17_places_are_written_in_many_ways),
        test!(tree_draws_and_counts),
        test!(stat_tells_all_of_one_file),
        test!(stat_tells_who_owns_a_file_and_who_may_do_what),
        test!(stat_of_a_file_with_streams_and_links),
        test!(cat_gives_the_bytes),
        test!(hash_is_what_sha256sum_reads).needs_tool("sha256sum"),
        test!(hash_by_blake3),
        test!(names_cannot_steer_a_terminal),
    ]
}

fn ls_of_a_folder() -> Outcome {
    let listed = demo("ls", &[DESKTOP, "-c", "base"]);
    let names: BTreeSet<_> = listed.text().lines().collect();
    let below = |path: &str| path.strip_prefix("/Users/ana/Desktop/").map(str::to_owned);
    let base = state(0);
    let expected = entries(&base)
        .into_iter()
        .filter_map(|entry| below(&text(&entry["path"])));
    let expected: BTreeSet<String> = expected.collect();
    assert!(!expected.is_empty());
    assert_eq!(names, expected.iter().map(String::as_str).collect());
    assert_eq!(demo("list", &[DESKTOP, "-c", "base"]).stdout, listed.stdout);
    Ok(())
}

fn ls_of_everything() -> Outcome {
    for number in 0..3 {
        let lines = demo("ls", &["-R", "--json", "-c", &format!("#{number}")]).json_lines();
        let state = state(number);
        assert_eq!(lines.len(), entries(&state).len());
        for entry in entries(&state) {
            let line = lines.iter().find(|line| line["path"] == entry["path"]);
            let line = line.unwrap_or_else(|| panic!("{} is not listed", entry["path"]));
            assert_eq!(line["type"], "entry");
            assert_eq!(line["volume"], "disk0/part2");
            for field in [
                "kind", "record", "size", "links", "created", "modified", "changed", "accessed",
            ] {
                assert_eq!(line[field], entry[field], "{}: {field}", entry["path"]);
            }
            assert!(line["attributes"].is_array() && line["streams"].is_array());
            assert!(line["allocated"].is_u64());
        }
    }
    Ok(())
}

fn ls_of_files_globs_and_several_places() -> Outcome {
    let one = demo("ls", &[TODO]);
    assert_eq!(one.text().lines().count(), 1);
    assert!(one.text().contains("todo.txt"));
    let many = demo("ls", &[r"C:\Users\ana\Documents\thesis\chapter?.{txt,doc}"]);
    assert_eq!(many.text().lines().count(), 3, "{}", many.text());
    let deep = demo("ls", &["/**/[gh]*s", "--json"]);
    let deep = deep.json_lines();
    let paths: BTreeSet<_> = deep.iter().map(|line| text(&line["path"])).collect();
    assert!(
        paths.contains("/Windows/System32/drivers/etc/hosts"),
        "{paths:?}"
    );
    let both = demo("ls", &[TODO, r"C:\Windows\win.ini"]);
    assert_eq!(both.text().lines().count(), 2, "{}", both.text());
    let folders = demo("ls", &[r"C:\Users", r"C:\Windows"]);
    for heading in ["disk0/part2/Users:\n", "\n\ndisk0/part2/Windows:\n"] {
        assert!(folders.text().contains(heading), "{}", folders.text());
    }
    // The volume's own rule: case does not count.
    assert_eq!(
        demo("ls", &[r"c:\uSERS\ANA\desktop"]).stdout,
        demo("ls", &[DESKTOP]).stdout
    );
    Ok(())
}

fn ls_in_long_form() -> Outcome {
    let ran = demo("ls", &["-l", r"C:\"]);
    for line in ran.text().lines() {
        assert!(line.contains("2024-02-01 09:00:00"), "{line}");
    }
    assert!(
        ran.text()
            .contains(r"Documents and Settings -> \??\C:\Users"),
        "{}",
        ran.text()
    );
    Ok(())
}

fn ls_ends_names_with_nul() -> Outcome {
    for (name, more) in [("ls", &["-R", "-0"][..]), ("find", &["*", "-0"])] {
        let ran = demo(name, more);
        let paths: BTreeSet<_> = ran
            .text()
            .split_terminator('\0')
            .map(String::from)
            .collect();
        let state = state(2);
        let expected = entries(&state)
            .into_iter()
            .map(|entry| text(&entry["path"]));
        assert_eq!(paths, expected.collect(), "{name}");
    }
    Ok(())
}

fn ls_of_the_systems_own_files() -> Outcome {
    let names = demo("ls", &["-a", r"C:\"]);
    for name in ["$MFT", "$Boot", "$Bitmap", "$Extend/"] {
        assert!(
            names.text().lines().any(|line| line == name),
            "{name}: {}",
            names.text()
        );
    }
    assert!(!demo("ls", &[r"C:\"]).text().contains('$'));
    Ok(())
}

fn r17_places_are_written_in_many_ways() -> Outcome {
    let expected = demo("ls", &[DESKTOP]).stdout;
    for place in [
        "C:/Users/ana/Desktop",
        r"c:\Users\ana\Desktop\",
        r"\\?\C:\Users\ana\Desktop",
        "disk0/part2/Users/ana/Desktop",
        "/disk0/part2/Users/ana/Desktop",
        "label=Windows/Users/ana/Desktop",
        "/Users/ana/Desktop",
        "Users/ana/Desktop",
    ] {
        assert_eq!(demo("ls", &[place]).stdout, expected, "{place}");
    }
    for volume in ["C:", "disk0/part2", "windows", "1"] {
        let ran = demo("ls", &["--volume", volume, "/Users/ana/Desktop"]);
        assert_eq!(ran.stdout, expected, "{volume}");
    }
    Ok(())
}

fn tree_draws_and_counts() -> Outcome {
    let ran = demo("tree", &[r"C:\Users\ana"]);
    let lines: Vec<_> = ran.text().lines().collect();
    assert_eq!(lines[0], "disk0/part2/Users/ana");
    assert!(lines.contains(&"│   └── todo.txt"), "{}", ran.text());
    assert_eq!(lines.last(), Some(&"5 folders, 11 files"));
    let shallow = demo("tree", &[r"C:\Users\ana", "--depth", "1"]);
    assert!(!shallow.text().contains("todo.txt"), "{}", shallow.text());
    assert!(shallow.text().contains("Desktop/"));
    Ok(())
}

fn stat_tells_all_of_one_file() -> Outcome {
    let ran = demo("stat", &[TODO, "-c", "base"]);
    let base = state(0);
    let entries = entries(&base);
    let todo = entries
        .iter()
        .find(|entry| entry["path"] == "/Users/ana/Desktop/todo.txt");
    let todo = todo.expect("the writer made it");
    for field in ["created", "modified", "changed", "accessed"] {
        assert!(
            ran.text().contains(todo[field].as_str().expect("a time")),
            "{}",
            ran.text()
        );
    }
    let document = demo("stat", &["--json", TODO, "-c", "base"]).json();
    assert_eq!(document["type"], "stat");
    for field in [
        "path", "kind", "record", "size", "links", "created", "modified",
    ] {
        assert_eq!(document[field], todo[field], "{field}");
    }
    Ok(())
}

fn stat_tells_who_owns_a_file_and_who_may_do_what() -> Outcome {
    let sddl = "O:BAG:BAD:(A;OICI;FA;;;WD)";
    let ran = demo("stat", &["/Users", "--sddl"]);
    let owner = "  owner       BUILTIN\\Administrators (S-1-5-32-544)\n";
    assert!(ran.text().contains(owner), "{}", ran.text());
    assert!(
        ran.text().contains(&format!("  sddl        {sddl}\n")),
        "{}",
        ran.text()
    );
    assert!(
        !demo("stat", &["/Users"]).text().contains("D:("),
        "not asked for"
    );
    let security = demo("stat", &["--json", "/Users"]).json()["security"].take();
    assert_eq!(security["sddl"], sddl);
    assert_eq!(security["owner"]["sid"], "S-1-5-32-544");
    assert_eq!(security["group"]["name"], r"BUILTIN\Administrators");
    assert!(
        security["raw"]
            .as_str()
            .is_some_and(|raw| raw.starts_with("AQAEgBQAAAAk"))
    );
    Ok(())
}

fn stat_of_a_file_with_streams_and_links() -> Outcome {
    let sources = Sources::testdata(&["ntfs/links.img.zst"]);
    let image = sources.path("links.img");
    let stat = |path: &str| {
        let arguments = [
            "stat".as_ref(),
            "--json".as_ref(),
            image.as_os_str(),
            path.as_ref(),
        ];
        hvrestore(arguments).expect_code(0).json()
    };
    let hard = stat("/hard/original name of the file.txt");
    assert_eq!(hard["links"], 60);
    assert_eq!(hard["streams"][0]["name"], "shared");
    let link = stat("/to-file.txt");
    assert_eq!(link["kind"], "symlink");
    assert_eq!(link["reparse"]["target"], r"target\inner\file.txt");
    assert_eq!(stat("/junction")["kind"], "junction");
    Ok(())
}

fn cat_gives_the_bytes() -> Outcome {
    for number in 0..3 {
        let state = state(number);
        for entry in entries(&state)
            .iter()
            .filter(|entry| entry["kind"] == "file")
        {
            let path = text(&entry["path"]);
            let ran = demo("cat", &[&path, "-c", &format!("#{number}")]);
            let stream = &entry["streams"][""];
            assert_eq!(sha256(&ran.stdout), text(&stream["sha256"]), "{path}");
        }
    }
    let one = demo("cat", &[TODO]).stdout;
    let ini = demo("cat", &[r"C:\Windows\win.ini"]).stdout;
    let both = demo("cat", &[TODO, r"C:\Windows\win.ini"]).stdout;
    assert_eq!(both, [one, ini].concat());
    let sources = Sources::testdata(&["ntfs/links.img.zst"]);
    let image = sources.path("links.img");
    let arguments = [
        "cat",
        image.to_str().expect("plain"),
        "/hard/two/link number 02 of the same file.txt",
    ];
    let stream = hvrestore([&arguments[..], &["--stream", "shared"]].concat()).expect_code(0);
    assert_ne!(stream.stdout, hvrestore(arguments).expect_code(0).stdout);
    Ok(())
}

fn hash_is_what_sha256sum_reads() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("files");
    let sums = demo("hash", &["-R"]);
    assert_eq!(sums.text().lines().count(), 18);
    demo("extract", &["-o", dest.to_str().expect("plain")]);
    std::fs::write(out.path().join("sums"), &sums.stdout)?;
    let mut check = std::process::Command::new("sha256sum");
    check
        .args(["--check", "--strict", "../sums"])
        .current_dir(&dest);
    let checked = run(check).expect_code(0);
    assert_eq!(checked.text().matches(": OK\n").count(), 18);
    Ok(())
}

fn hash_by_blake3() -> Outcome {
    let line = demo("hash", &["--algorithm", "blake3", "--json", TODO]).json();
    let bytes = demo("cat", &[TODO]).stdout;
    assert_eq!(line["blake3"], blake3::hash(&bytes).to_hex().to_string());
    assert_eq!(line["size"], bytes.len());
    let lines = |jobs| demo("hash", &["-R", "-j", jobs]).stdout;
    assert_eq!(lines("1"), lines("4"), "threads do not change the order");
    Ok(())
}

/// Names of a guest are hostile text.
fn names_cannot_steer_a_terminal() -> Outcome {
    let sources = Sources::testdata(&["ntfs/names.img.zst"]);
    let image = sources.path("names.img");
    for arguments in [&["ls", "-R"][..], &["ls", "-lR"], &["tree"], &["find"]] {
        let mut program = command(arguments);
        program.arg(&image);
        let ran = run(program).expect_code(0);
        let is_harmful =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}');
        let harmful = ran.text().chars().find(|c| is_harmful(*c));
        assert_eq!(harmful, None, "{arguments:?}");
        assert!(ran.text().contains(r"\u{1b}[31mred"), "{arguments:?}");
    }
    Ok(())
}
