//! `--dry-run`: what would be, and nothing is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{below, damaged, extract};
use crate::harness::program::Ran;
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    let planned = ["plain", "links", "names", "streams", "metadata"].map(|name| {
        let test = format!("control::plans::a_plan_is_what_happens::{name}");
        Test::new(test, move || a_plan_is_what_happens(name))
    });
    let others = vec![
        test!(nothing_is_created),
        test!(what_is_there_is_taken_into_account),
        test!(what_is_lost_is_said_beforehand),
        test!(a_plan_is_not_resumed),
    ];
    planned.into_iter().chain(others).collect()
}

fn run(source: &Path, dest: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec![OsStr::new("extract"), source.as_os_str()];
    arguments.extend([OsStr::new("-o"), dest.as_os_str(), OsStr::new("--json")]);
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

/// Where each path goes, or why it does not.
fn places(ran: &Ran) -> BTreeMap<String, Vec<(String, String)>> {
    let mut places: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for line in ran.json_lines() {
        let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
        let kind = text("type");
        // Where streams went, and which metadata was kept, is not planned.
        if kind == "summary" || kind == "note" && text("code") != "HV-W758" {
            continue;
        }
        let kind = if kind == "planned" {
            "restored".into()
        } else {
            kind
        };
        places
            .entry(text("path"))
            .or_default()
            .push((kind, text("to")));
    }
    places
}

fn a_plan_is_what_happens(name: &str) -> Outcome {
    let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
    let source = sources.path(&format!("{name}.img"));
    let out = temp_dir();
    let dest = out.path().join("out");
    let planned = run(&source, &dest, &["--dry-run", "-j", "1"]);
    assert!(!dest.exists());
    let done = run(&source, &dest, &["-j", "1"]);
    assert_eq!(planned.code, done.code);
    assert_eq!(places(&planned), places(&done));
    let sum = |ran: &Ran| ran.json_lines().pop().expect("a summary");
    let (planned, done): (Value, Value) = (sum(&planned), sum(&done));
    for field in [
        "files",
        "directories",
        "links",
        "hard_links",
        "bytes",
        "skipped",
        "lost",
    ] {
        assert_eq!(planned[field], done[field], "{field}");
    }
    assert_eq!(
        (&planned["dry_run"], &done["dry_run"]),
        (&true.into(), &Value::Null)
    );
    assert!(planned["needed"].as_u64() > Some(0), "{planned}");
    assert!(
        !cfg!(target_os = "linux") || planned["free"].as_u64() > Some(0),
        "{planned}"
    );
    Ok(())
}

fn nothing_is_created() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("a/b");
    let ran = extract(&dest, &["--dry-run", "--include", "*.html"]).expect_code(0);
    assert!(below(out.path()).is_empty());
    assert!(
        ran.text().ends_with("/inetpub/wwwroot/index.html\n"),
        "{}",
        ran.text()
    );
    assert!(
        ran.stderr.contains("would restore 1 file in"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("; needs 4096 bytes"), "{}", ran.stderr);
    Ok(())
}

fn what_is_there_is_taken_into_account() -> Outcome {
    let out = temp_dir();
    let dest = out.path();
    fs::create_dir_all(dest.join("inetpub/wwwroot"))?;
    fs::write(dest.join("inetpub/wwwroot/index.html"), "mine")?;
    fs::write(dest.join("Windows"), "in the way")?;
    let before = below(dest);
    let ran = extract(dest, &["--dry-run", "--exclude", "Users"]).expect_code(3);
    for code in ["HV-E751", "HV-E755"] {
        assert!(ran.stderr.contains(code), "{code}: {}", ran.stderr);
    }
    let more = [
        "--dry-run",
        "--json",
        "--on-conflict",
        "rename",
        "--include",
        "*.html",
    ];
    let ran = extract(dest, &more).expect_code(0);
    let place = dest.join("inetpub").join("wwwroot").join("index (2).html");
    let lines = ran.json_lines();
    let is_it = |line: &&Value| line["to"].as_str() == place.to_str();
    assert!(lines.iter().any(|line| is_it(&line)), "{lines:?}");
    assert_eq!(below(dest), before);
    assert_eq!(fs::read(dest.join("inetpub/wwwroot/index.html"))?, b"mine");
    Ok(())
}

fn what_is_lost_is_said_beforehand() -> Outcome {
    let (damaged, whole) = damaged();
    let out = temp_dir();
    let plan = |sources: &Sources| run(&sources.path("disk.vhdx"), out.path(), &["--dry-run"]);
    let ran = plan(&damaged).expect_code(3);
    let lines = ran.json_lines();
    let lost: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "error")
        .collect();
    assert!(!lost.is_empty());
    for line in lost {
        assert_eq!(line["code"], "HV-D123");
        let to = line["to"].as_str().expect("where the rest would go");
        assert!(to.ends_with(".partial"), "{line}");
        assert!(line["lost"][0]["length"].as_u64() > Some(0), "{line}");
    }
    let summary = lines.last().expect("a summary");
    assert!(summary["partial"].as_u64() > Some(0), "{summary}");
    let none = ["--dry-run", "--no-partial"];
    let ran = run(&damaged.path("disk.vhdx"), out.path(), &none).expect_code(3);
    assert_eq!(ran.json_lines().last().expect("a summary")["partial"], 0);
    plan(&whole).expect_code(0);
    assert!(below(out.path()).is_empty());
    Ok(())
}

fn a_plan_is_not_resumed() -> Outcome {
    let out = temp_dir();
    extract(out.path(), &["--dry-run", "--resume"]).expect_code(2);
    Ok(())
}
