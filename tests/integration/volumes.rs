//! The committed NTFS volumes, one for each thing a reader must get right, against what their writer
//! put into them.

use serde_json::Value;

use crate::harness::{Outcome, Sources, Test, hvrestore, repository};
use crate::manifest::{Printed, exact_path, text};

pub(crate) fn tests() -> Vec<Test> {
    let folder = repository().join("testdata/ntfs");
    let files = std::fs::read_dir(folder).expect("the committed volumes are there");
    let names = files.filter_map(|file| {
        let name = file.ok()?.file_name().into_string().ok()?;
        Some(name.strip_suffix(".img.zst")?.to_owned())
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    let test = |name: String| Test::new(format!("volumes::{name}"), move || reads(&name));
    names.into_iter().map(test).collect()
}

fn reads(name: &str) -> Outcome {
    let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
    let manifest = std::fs::read(repository().join(format!("testdata/ntfs/{name}.json")))?;
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let image = sources.path(&format!("{name}.img"));
    let printed = Printed::of(&image, &[]);
    let entries = manifest["entries"].as_array().expect("a list of entries");
    for entry in entries.iter().filter(|entry| entry["path"] != "/") {
        Check {
            entry,
            path: exact_path(entry),
            printed: &printed,
        }
        .all();
    }
    let known: std::collections::BTreeSet<_> = entries.iter().map(exact_path).collect();
    let unknown: Vec<_> = printed
        .entries
        .keys()
        .filter(|path| !known.contains(*path))
        .collect();
    assert!(unknown.is_empty(), "listed and never written: {unknown:?}");
    lookups(&image, entries);
    Ok(())
}

/// One entry of a manifest.
struct Check<'a> {
    entry: &'a Value,
    path: String,
    printed: &'a Printed,
}

impl Check<'_> {
    fn all(&self) {
        match (
            self.entry["lost"].as_str(),
            self.entry["unsupported"].as_str(),
        ) {
            (Some("listing"), _) => self.is_reported_below(),
            (Some(_), _) => self.is_reported('D'),
            (_, Some(_)) => {
                self.is_reported('E');
                self.metadata();
            }
            _ => {
                self.metadata();
                self.streams();
            }
        }
    }

    /// It is lost, and an error says so by a code of this letter; no hash passes for its content.
    fn is_reported(&self, letter: char) {
        let codes = self.printed.codes_for(&self.path);
        let fits = codes
            .iter()
            .any(|code| code.as_bytes().get(3) == Some(&(letter as u8)));
        assert!(fits, "{}: no error HV-{letter} but {codes:?}", self.path);
        let key = (self.path.clone(), String::new());
        assert!(
            !self.printed.sums.contains_key(&key),
            "{}: has a hash all the same",
            self.path
        );
    }

    /// Its own index is lost: an error says so, for it or for what it would have listed.
    fn is_reported_below(&self) {
        let below = format!("{}/", self.path);
        let mut reported = self.printed.errors.keys();
        let found = reported.any(|path| *path == self.path || path.starts_with(&below));
        assert!(found, "{}: no error for it or below it", self.path);
    }

    fn metadata(&self) {
        let ours = self.printed.entries.get(&self.path);
        let ours = ours.unwrap_or_else(|| panic!("{} is not listed", self.path));
        for field in ["kind", "record", "size", "links"] {
            assert_eq!(ours[field], self.entry[field], "{}: {field}", self.path);
        }
        for field in ["created", "modified", "changed", "accessed"] {
            match &self.entry[field] {
                Value::Null => {}
                Value::Number(_) => {
                    assert_eq!(ours[field], Value::Null, "{}: {field}", self.path);
                    let raw = ours[format!("{field}_filetime")]
                        .as_i64()
                        .expect("the raw number");
                    let theirs = &self.entry[field];
                    let bits = theirs.as_u64().unwrap_or_default();
                    assert_eq!(raw as u64, bits, "{}: {field}", self.path);
                }
                time => assert_eq!(&ours[field], time, "{}: {field}", self.path),
            }
        }
        if let Some(reparse) = self.entry.get("reparse") {
            assert_eq!(ours["reparse"]["tag"], reparse["tag"], "{}", self.path);
            if reparse.get("target").is_some() {
                assert_eq!(
                    ours["reparse"]["target"], reparse["target"],
                    "{}",
                    self.path
                );
            }
        }
    }

    fn streams(&self) {
        let streams = self.entry["streams"].as_object().expect("streams by name");
        for (name, stream) in streams {
            if name.is_empty() && self.entry["kind"] != "file" {
                continue;
            }
            let sum = self.printed.sums.get(&(self.path.clone(), name.clone()));
            let (size, sum) = sum.unwrap_or_else(|| panic!("{}:{name} has no hash", self.path));
            assert_eq!(Some(*size), stream["size"].as_u64(), "{}:{name}", self.path);
            if let Some(expected) = stream["sha256"].as_str() {
                assert_eq!(sum, expected, "{}:{name}", self.path);
            }
        }
    }
}

/// Other spellings lead to the same record.
fn lookups(image: &std::path::Path, entries: &[Value]) {
    for entry in entries {
        let spellings = entry["lookups"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        for spelling in spellings.iter().map(text) {
            let found = hvrestore([
                "stat".as_ref(),
                "--json".as_ref(),
                image.as_os_str(),
                spelling.as_ref(),
            ]);
            let found = found.expect_code(0).json();
            assert_eq!(found["record"], entry["record"], "{spelling}");
        }
    }
}
