//! What is kept of a file besides its bytes: in the destination, in the sidecar, and put back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Outcome, SIDECAR, Sources, Test, hvrestore, repository, temp_dir, test};
use crate::manifest::text;

#[cfg(target_os = "linux")]
mod ntfs_3g;

pub(crate) fn tests() -> Vec<Test> {
    let tests = vec![
        test!(the_sidecar_says_what_the_writer_wrote),
        test!(a_second_run_adds_to_the_sidecar),
        test!(a_guests_file_of_that_name_is_another_file),
        test!(what_is_put_back_has_its_times_again),
        test!(a_manifest_with_broken_lines),
    ];
    #[cfg(target_os = "linux")]
    let tests = tests
        .into_iter()
        .chain([test!(native_tells_what_was_not_kept)])
        .chain(ntfs_3g::tests())
        .collect();
    tests
}

/// Everything goes on record, also what this destination holds.
const ALL: [&str; 2] = ["--metadata", "sidecar"];

/// Extracts `image` of the committed volumes into `dest`.
fn extract(image: &str, dest: &Path, more: &[&str]) -> crate::harness::program::Ran {
    let sources = Sources::testdata(&[format!("ntfs/{image}.img.zst")]);
    let path = sources.path(&format!("{image}.img"));
    let mut arguments = vec![
        "extract".as_ref(),
        path.as_os_str(),
        "-o".as_ref(),
        dest.as_os_str(),
    ];
    arguments.extend(more.iter().map(std::ffi::OsStr::new));
    hvrestore(arguments)
}

/// The lines of a sidecar of one type.
fn lines(dest: &Path, kind: &str) -> Vec<Value> {
    let text = fs::read_to_string(dest.join(SIDECAR)).expect("a sidecar");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.filter(|line: &Value| line["type"] == kind).collect()
}

fn items(dest: &Path) -> BTreeMap<String, Value> {
    let items = lines(dest, "item");
    items
        .into_iter()
        .map(|item| (text(&item["path"]).to_owned(), item))
        .collect()
}

fn the_sidecar_says_what_the_writer_wrote() -> Outcome {
    for image in ["metadata", "streams", "plain"] {
        let out = temp_dir();
        extract(image, out.path(), &ALL).expect_code(0);
        let found = items(out.path());
        let manifest: Value = {
            let manifest = repository().join(format!("testdata/ntfs/{image}.json"));
            serde_json::from_slice(&fs::read(manifest)?)?
        };
        let entries = manifest["entries"].as_array().expect("entries");
        for entry in entries {
            let path = text(&entry["path"]).to_owned();
            let item = found
                .get(&path)
                .unwrap_or_else(|| panic!("{path} is not there"));
            if item["link_of"].is_string() {
                assert!(entry["links"].as_u64() > Some(1), "{path}");
                continue;
            }
            same(entry, item, &path);
        }
    }
    Ok(())
}

fn same(entry: &Value, item: &Value, path: &str) {
    for time in ["created", "modified", "changed", "accessed"] {
        let raw = &item[format!("{time}_filetime")];
        match entry[time].as_u64() {
            // The bits as they are stored.
            Some(bits) => assert_eq!(raw.as_i64(), Some(bits.cast_signed()), "{path}: {time}"),
            None => assert_eq!(item[time], entry[time], "{path}: {time}"),
        }
    }
    if let Some(expected) = entry["attributes"].as_u64() {
        let found = item["attribute_bits"].as_u64().expect("a number");
        assert_eq!(found & expected, expected, "{path}");
    }
    let named = entry["streams"].as_object().into_iter().flatten();
    let expected: BTreeMap<_, _> = named
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, stream)| (name.clone(), stream["size"].clone()))
        .collect();
    let streams = item["streams"].as_array().into_iter().flatten();
    let found: BTreeMap<_, _> = streams
        .map(|stream| (text(&stream["name"]).to_owned(), stream["size"].clone()))
        .collect();
    assert_eq!(found, expected, "{path}");
    if let Some(short) = entry["short_name"].as_str() {
        assert_eq!(item["short_name"], short, "{path}");
    }
    assert!(item["security"].is_string(), "{path} has no descriptor");
}

fn a_second_run_adds_to_the_sidecar() -> Outcome {
    let out = temp_dir();
    extract("plain", out.path(), &ALL).expect_code(0);
    let first = items(out.path());
    extract("metadata", out.path(), &ALL).expect_code(0);
    let both = items(out.path());
    assert_eq!(lines(out.path(), "header").len(), 2);
    assert!(first.keys().all(|path| both.contains_key(path)));
    assert!(both.contains_key("/all-different.txt") && !first.contains_key("/all-different.txt"));
    Ok(())
}

/// The name is kept free whatever is asked for, so that nothing of the guest is taken for a sidecar.
fn a_guests_file_of_that_name_is_another_file() -> Outcome {
    let out = temp_dir();
    fs::write(out.path().join(SIDECAR), "of the guest")?;
    extract("plain", out.path(), &[]).expect_code(16);
    extract("plain", out.path(), &["--metadata", "none"]).expect_code(0);
    assert_eq!(fs::read(out.path().join(SIDECAR))?, b"of the guest");
    Ok(())
}

/// What is lost depends on the destination; a change time none of Linux's holds.
#[cfg(target_os = "linux")]
fn native_tells_what_was_not_kept() -> Outcome {
    let out = temp_dir();
    let ran = extract("plain", out.path(), &["--metadata", "native"]);
    let ran = ran.expect_code(3);
    assert!(
        ran.stderr.contains("HV-E781") && ran.stderr.contains("change time"),
        "{}",
        ran.stderr
    );
    assert!(!out.path().join(SIDECAR).exists());
    Ok(())
}

fn a_manifest_with_broken_lines() -> Outcome {
    let out = temp_dir();
    extract("plain", out.path(), &ALL).expect_code(0);
    let manifest = out.path().join("broken.jsonl");
    let whole = fs::read_to_string(out.path().join(SIDECAR))?;
    fs::write(&manifest, format!("{whole}{{\"type\":\"item\n"))?;
    let arguments = [
        "apply-metadata".as_ref(),
        manifest.as_os_str(),
        out.path().as_os_str(),
    ];
    let ran = hvrestore(arguments).expect_code(3);
    let line = whole.lines().count() + 1;
    for said in [
        &*format!("line {line}: not a line of a manifest: "),
        "HV-E793: a line of the manifest cannot be used; what to do: ",
        "; 1 problem\n",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    Ok(())
}

/// Every file system holds the times of writing; and a copy that lost them gets them back.
fn what_is_put_back_has_its_times_again() -> Outcome {
    let out = temp_dir();
    extract("plain", out.path(), &ALL).expect_code(0);
    let file = out.path().join("Users/ana/Documents/read me (final).md");
    let before = fs::metadata(&file)?.modified()?;
    fs::File::options()
        .write(true)
        .open(&file)?
        .set_modified(std::time::SystemTime::now())?;
    let manifest = out.path().join(SIDECAR);
    let apply = |more: &[&str]| {
        let mut arguments = vec![
            "apply-metadata".as_ref(),
            manifest.as_os_str(),
            out.path().as_os_str(),
        ];
        arguments.extend(more.iter().map(std::ffi::OsStr::new));
        hvrestore(arguments)
    };
    apply(&["--dry-run"]);
    assert_ne!(fs::metadata(&file)?.modified()?, before);
    let ran = apply(&["--json"]);
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
    assert_eq!(fs::metadata(&file)?.modified()?, before);
    let printed = String::from_utf8(ran.stdout)?;
    let last: Value = serde_json::from_str(printed.lines().last().expect("a summary"))?;
    assert_eq!(
        (&last["type"], &last["problems"]),
        (&"summary".into(), &0.into())
    );
    Ok(())
}
