//! Checksums, reading back, and the report in a file.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{extract, files, is_stream};
use crate::harness::program::{Ran, sha256};
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(every_file_has_its_checksum),
        test!(checksums_are_checked_by_sha256sum).needs_tool("sha256sum"),
        test!(checksums_of_streams_and_of_every_name),
        test!(checksums_of_a_run_that_was_interrupted),
        test!(a_list_that_is_there_is_kept),
        test!(what_was_written_is_read_back),
        test!(the_report_is_what_scripts_get),
        test!(options_that_do_not_go_together),
    ]
}

fn volume(name: &str, dest: &Path, more: &[&str]) -> Ran {
    let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
    let source = sources.path(&format!("{name}.img"));
    let mut arguments = vec![OsStr::new("extract"), source.as_os_str()];
    arguments.extend([OsStr::new("-o"), dest.as_os_str()]);
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

/// The sums in a list, by name; comments apart.
fn sums(list: &Path) -> (BTreeMap<String, String>, Vec<String>) {
    let text = fs::read_to_string(list).expect("the list");
    let (comments, lines): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("# "));
    let parse = |line: &&str| {
        let (sum, name) = line.split_once("  ").expect("two columns");
        (name.to_owned(), sum.to_owned())
    };
    let sums = lines.iter().map(parse).collect();
    (sums, comments.iter().map(|&line| line.to_owned()).collect())
}

/// The sums of all files below a folder but the list itself.
fn expected(dest: &Path, list: &str) -> BTreeMap<String, String> {
    let files = files(dest).into_iter().filter(|name| {
        let is_link = dest.join(name).is_symlink();
        name != list && !is_link
    });
    let sum = |name: String| {
        let bytes = fs::read(dest.join(&name)).expect("readable");
        (name, sha256(&bytes))
    };
    files.map(sum).collect()
}

fn every_file_has_its_checksum() -> Outcome {
    let out = temp_dir();
    extract(
        out.path(),
        &["--hash", "--include", "*.t*", "--include", "win.ini"],
    )
    .expect_code(0);
    let (found, comments) = sums(&out.path().join("SHA256SUMS"));
    assert_eq!(found, expected(out.path(), "SHA256SUMS"));
    assert!(found.len() > 5 && comments.is_empty());
    // In order, and like those of the command that takes checksums.
    let text = fs::read_to_string(out.path().join("SHA256SUMS"))?;
    assert!(text.lines().map(|line| &line[66..]).is_sorted());
    let hashed = hvrestore(["hash", "-R", super::DEMO, "--algorithm", "blake3"]).expect_code(0);
    let dest = out.path().join("blake3");
    let list = out.path().join("list");
    let more = [
        "--hash=blake3",
        "--hash-to",
        list.to_str().expect("Unicode"),
    ];
    extract(&dest, &more).expect_code(0);
    let mut lines: Vec<_> = hashed.text().lines().collect();
    lines.sort_unstable_by_key(|line| &line[66..]);
    let list = fs::read_to_string(list)?;
    let files = list.lines().filter(|line| !is_stream(line));
    assert_eq!(files.collect::<Vec<_>>(), lines);
    assert!(!dest.join("B3SUMS").exists());
    Ok(())
}

/// Holes, compressed and fragmented files, and names with backslashes and ends of lines among them.
fn checksums_are_checked_by_sha256sum() -> Outcome {
    for name in ["plain", "names", "lznt1", "fragments", "vdl", "streams"] {
        let out = temp_dir();
        volume(name, out.path(), &["--hash"]);
        let mut check = std::process::Command::new("sha256sum");
        check.args(["--check", "--quiet", "--strict", "SHA256SUMS"]);
        let checked = check.current_dir(out.path()).output()?;
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(
            checked.status.success() && checked.stdout.is_empty(),
            "{name}: {said}"
        );
    }
    Ok(())
}

fn checksums_of_streams_and_of_every_name() -> Outcome {
    let out = temp_dir();
    let (inside, beside) = (out.path().join("inside"), out.path().join("beside"));
    volume("streams", &inside, &["--hash"]).expect_code(0);
    volume("streams", &beside, &["--hash", "--ads", "files"]).expect_code(0);
    let (found, comments) = sums(&beside.join("SHA256SUMS"));
    assert_eq!(found, expected(&beside, "SHA256SUMS"));
    assert!(comments.is_empty());
    let (mut found, comments) = sums(&inside.join("SHA256SUMS"));
    assert_eq!(found, expected(&inside, "SHA256SUMS"));
    // All that is a file there is a comment or a file here.
    for line in &comments {
        let (sum, name) = line[2..].split_once("  ").expect("two columns");
        found.insert(name.to_owned(), sum.to_owned());
    }
    let all = sums(&beside.join("SHA256SUMS")).0;
    if cfg!(target_os = "linux") {
        assert_eq!(found.len(), all.len());
        let mut same: Vec<_> = found.into_values().collect();
        let mut others: Vec<_> = all.into_values().collect();
        same.sort_unstable();
        others.sort_unstable();
        assert_eq!(same, others);
    }
    let links = out.path().join("links");
    volume("links", &links, &["--hash"]);
    let found = sums(&links.join("SHA256SUMS")).0;
    assert_eq!(found, expected(&links, "SHA256SUMS"));
    Ok(())
}

fn checksums_of_a_run_that_was_interrupted() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("out");
    let blocked = dest.join("Users/ana/Documents");
    fs::create_dir_all(dest.join("Users/ana"))?;
    fs::write(&blocked, "in the way")?;
    volume("plain", &dest, &["--hash"]).expect_code(3);
    fs::remove_file(&blocked)?;
    // A sum of the first run is taken over as it is: that file is not read again.
    let list = dest.join("SHA256SUMS");
    let text = fs::read_to_string(&list)?;
    let sum = sums(&list).0["large.txt"].clone();
    fs::write(&list, text.replace(&sum, &"0".repeat(64)))?;
    volume("plain", &dest, &["--hash", "--resume"]).expect_code(0);
    let (mut found, _) = sums(&list);
    assert_eq!(found.insert("large.txt".into(), sum), Some("0".repeat(64)));
    assert_eq!(found, expected(&dest, "SHA256SUMS"));
    Ok(())
}

fn a_list_that_is_there_is_kept() -> Outcome {
    let out = temp_dir();
    let list = out.path().join("SHA256SUMS");
    fs::write(&list, "mine\n")?;
    for more in [&["--hash"][..], &["--hash", "--resume"]] {
        let ran = extract(out.path(), more).expect_code(16);
        assert!(ran.stderr.contains("[HV-E751]"), "{}", ran.stderr);
        assert_eq!(fs::read(&list)?, b"mine\n");
    }
    Ok(())
}

fn what_was_written_is_read_back() -> Outcome {
    for name in ["plain", "streams", "sparse", "links"] {
        let out = temp_dir();
        let ran = volume(name, out.path(), &["--verify", "--json", "--size", "-100M"]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        let sum = ran.json_lines().pop().expect("a summary");
        assert!(sum["verified"].as_u64() > Some(0), "{name}: {sum}");
        assert_eq!(sum["verified"], sum["files"], "{name}");
    }
    let (damaged, _) = super::damaged();
    let out = temp_dir();
    let source = damaged.path("disk.vhdx");
    let mut arguments = vec![OsStr::new("extract"), source.as_os_str(), OsStr::new("-o")];
    arguments.extend([
        out.path().as_os_str(),
        OsStr::new("--verify"),
        OsStr::new("--json"),
    ]);
    let sum = hvrestore(arguments)
        .expect_code(3)
        .json_lines()
        .pop()
        .expect("a summary");
    assert_eq!(
        sum["verified"], sum["files"],
        "what has gaps is not compared: {sum}"
    );
    Ok(())
}

fn the_report_is_what_scripts_get() -> Outcome {
    let out = temp_dir();
    let report = out.path().join("report.jsonl");
    let more = [
        "-j",
        "1",
        "--json",
        "--report",
        report.to_str().expect("Unicode"),
    ];
    let ran = extract(&out.path().join("1"), &more).expect_code(0);
    assert_eq!(fs::read(&report)?, ran.stdout);
    let again = extract(&out.path().join("2"), &more).expect_code(16);
    assert!(again.stderr.contains("[HV-E751]"), "{}", again.stderr);
    // Without --json, too; and of a plan.
    let other = out.path().join("plan.jsonl");
    let more = ["--dry-run", "--report", other.to_str().expect("Unicode")];
    extract(&out.path().join("3"), &more).expect_code(0);
    let text = fs::read_to_string(&other)?;
    let lines: Vec<Value> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert!(lines.iter().any(|line| line["type"] == "planned"));
    assert_eq!(lines.last().expect("a summary")["dry_run"], true);
    Ok(())
}

fn options_that_do_not_go_together() -> Outcome {
    let out = temp_dir();
    for more in [
        &["--dry-run", "--verify"][..],
        &["--dry-run", "--hash"],
        &["--hash-to", "x"],
        &["--hash=md5"],
    ] {
        extract(&out.path().join("out"), more).expect_code(2);
    }
    assert!(files(out.path()).is_empty());
    Ok(())
}
