//! What a writer or independent readers say of a volume, held against what the program prints.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::harness::hvrestore;

/// What `ls -R --json` and `hash -R --streams --json` print of one source, by path.
pub(crate) struct Printed {
    /// Entries by path.
    pub(crate) entries: BTreeMap<String, Value>,
    /// Size and SHA-256 by path and stream.
    pub(crate) sums: BTreeMap<(String, String), (u64, String)>,
    /// Errors of both, by path.
    pub(crate) errors: BTreeMap<String, Vec<Value>>,
    /// The exit codes of both.
    pub(crate) codes: [Option<i32>; 2],
}

impl Printed {
    /// Lists and hashes everything in `source`; `more` goes to both commands.
    pub(crate) fn of(source: &Path, more: &[&str]) -> Self {
        let run = |command: &[&str]| {
            let mut arguments: Vec<_> = command.iter().map(std::ffi::OsStr::new).collect();
            arguments.push(source.as_os_str());
            arguments.extend(more.iter().map(std::ffi::OsStr::new));
            hvrestore(arguments)
        };
        let listing = run(&["ls", "-R", "--json"]);
        let hashes = run(&["hash", "-R", "--streams", "--json"]);
        let mut printed = Self {
            entries: BTreeMap::new(),
            sums: BTreeMap::new(),
            errors: BTreeMap::new(),
            codes: [listing.code, hashes.code],
        };
        for line in listing.json_lines().into_iter().chain(hashes.json_lines()) {
            printed.add(line);
        }
        printed
    }

    fn add(&mut self, line: Value) {
        let path = exact_path(&line);
        match line["type"].as_str() {
            Some("entry") => drop(self.entries.insert(path, line)),
            Some("stream") => {
                let size = line["size"].as_u64().expect("a size is a number");
                let sum = (size, text(&line["sha256"]));
                self.sums.insert((path, text(&line["stream"])), sum);
            }
            Some("error") => self.errors.entry(path).or_default().push(line),
            other => panic!("a line of an unknown type {other:?}: {line}"),
        }
    }

    /// Every error code reported for `path`.
    pub(crate) fn codes_for(&self, path: &str) -> BTreeSet<String> {
        let errors = self.errors.get(path).into_iter().flatten();
        errors.map(|error| text(&error["code"])).collect()
    }
}

/// The path of a line or of a manifest's entry: exact in base64 where it is no Unicode.
pub(crate) fn exact_path(value: &Value) -> String {
    match &value["path_wtf8"] {
        Value::String(exact) => exact.clone(),
        _ => text(&value["path"]),
    }
}

/// A JSON string's content; empty for anything else.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
