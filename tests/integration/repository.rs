//! What may be in the repository.

use super::harness::need::fixtures;
use super::harness::{Outcome, Test, repository, test};
use super::layering::rust_files;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Above this a clone is no longer something that one does in passing.
const ALL_TRACKED_FILES: u64 = 40 << 20;
/// Above this a file holds more than one subject.
const LINES_OF_A_FILE: usize = 600;

/// What the program must do is numbered from R1 to here.
const REQUIREMENTS: u32 = 37;

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(tracked_files_are_light).needs_checkout(),
        test!(no_file_names_its_machine).needs_checkout(),
        test!(testdata_is_listed_with_its_sums),
        test!(both_licences_are_there),
        test!(source_files_have_one_subject),
        test!(each_requirement_has_a_test),
    ]
}

fn tracked_files_are_light() -> Outcome {
    let size = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let weight: u64 = tracked_files()?.iter().map(size).sum();
    assert!(weight > 0, "git lists files");
    assert!(
        weight <= ALL_TRACKED_FILES,
        "tracked files weigh {} MiB",
        weight >> 20
    );
    Ok(())
}

/// A path of the machine that a file was written on helps nobody who reads it elsewhere.
fn no_file_names_its_machine() -> Outcome {
    let shared = fixtures()
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.parent()?.to_path_buf()));
    let folders = [Some(repository()), shared].into_iter().flatten();
    // A checkout in `/src` has a name that means something in every text.
    let folders = folders.filter(|folder| folder.components().count() > 2);
    let folders: Vec<_> = folders.map(|folder| folder.display().to_string()).collect();
    for path in tracked_files()? {
        // Images are not text, and a file that is deleted but not yet committed is not there.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for folder in &folders {
            assert!(!text.contains(folder), "{} names {folder}", path.display());
        }
    }
    Ok(())
}

/// Each file of test data stands in a table of `testdata/README.md`, by its name or what comes
/// before the first dot of it, on one line with its SHA-256.
fn testdata_is_listed_with_its_sums() -> Outcome {
    let root = repository().join("testdata");
    let readme = fs::read_to_string(root.join("README.md"))?;
    let mut wrong = Vec::new();
    let mut present = BTreeSet::new();
    for path in images(&root)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split('.').next().unwrap_or_default();
        let sum = hex(&Sha256::digest(fs::read(&path)?));
        let lists = |line: &str| line.contains(&sum) && line.contains(stem);
        if !readme.lines().any(lists) {
            wrong.push(format!("{} | {sum} is not listed", path.display()));
        }
        present.insert(sum);
    }
    let words = readme.split(|c: char| !c.is_ascii_hexdigit());
    let stale = words.filter(|word| word.len() == 64 && !present.contains(*word));
    wrong.extend(stale.map(|sum| format!("{sum} is listed and of no file")));
    assert!(wrong.is_empty(), "testdata/README.md: {wrong:#?}");
    Ok(())
}

fn both_licences_are_there() -> Outcome {
    let mit = fs::read_to_string(repository().join("LICENSE-MIT"))?;
    assert!(mit.contains("Permission is hereby granted, free of charge"));
    let apache = fs::read_to_string(repository().join("LICENSE-APACHE"))?;
    assert!(apache.contains("Version 2.0, January 2004"));
    Ok(())
}

fn source_files_have_one_subject() -> Outcome {
    let folders = ["src", "parsers", "mount", "tests"].map(|name| repository().join(name));
    let files: Vec<_> = folders
        .iter()
        .flat_map(|folder| rust_files(folder))
        .collect();
    assert!(files.len() > 10, "the sources are found");
    for path in files {
        let text = fs::read_to_string(&path)?;
        let lines = text
            .split("\n#[cfg(test)]\nmod ")
            .next()
            .unwrap_or_default()
            .lines()
            .count();
        assert!(
            lines <= LINES_OF_A_FILE,
            "{}: {lines} lines",
            path.display()
        );
    }
    Ok(())
}

/// Requirements R1 to R37 stand in the names of the tests that hold the program to them, `r19_...` or
/// `r1_r3_r4_...`: each in at least one that runs the program itself.
fn each_requirement_has_a_test() -> Outcome {
    let mut found = BTreeSet::new();
    for path in rust_files(&repository().join("tests/integration")) {
        let text = fs::read_to_string(path)?;
        let listed = text.split("test!(").skip(1);
        found.extend(listed.flat_map(requirements));
    }
    let missing: Vec<_> = (1..=REQUIREMENTS).filter(|r| !found.contains(r)).collect();
    assert!(missing.is_empty(), "no test is named after R{missing:?}");
    let unknown: Vec<_> = found.iter().filter(|r| **r > REQUIREMENTS).collect();
    assert!(unknown.is_empty(), "there is no R{unknown:?}");
    Ok(())
}

/// The requirements that a test's name begins with.
fn requirements(name: &str) -> Vec<u32> {
    let number = |word: &str| word.strip_prefix('r')?.parse().ok();
    name.split('_').map_while(number).collect()
}

/// The files of `testdata/` but for its text and the scripts that make the others.
fn images(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() && path != root.join("make") {
                folders.push(path);
            } else if path.is_file() && path.file_name().is_some_and(|name| name != "README.md") {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn tracked_files() -> std::io::Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(repository())
        .output()?;
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let names = String::from_utf8_lossy(&listed.stdout);
    let names = names.split('\0').filter(|name| !name.is_empty());
    Ok(names.map(|name| repository().join(name)).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
