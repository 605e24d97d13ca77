//! What an operator says of an extraction besides what and where to.

mod filters;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::harness::program::Ran;
use crate::harness::{SIDECAR, Test, hvrestore};

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    filters::tests()
}

const DEMO: &str = "testdata/demo";

/// Extracts from the demo into `dest`.
fn extract(dest: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec![OsStr::new("extract"), OsStr::new(DEMO)];
    arguments.extend([OsStr::new("-o"), dest.as_os_str()]);
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

/// All that is below a folder, as `a/b`, folders with a slash at the end.
fn below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, path)) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("Unicode");
            if name == SIDECAR {
                continue;
            }
            if entry.file_type().expect("a kind").is_dir() {
                found.insert(format!("{path}{name}/"));
                folders.push((entry.path(), format!("{path}{name}/")));
            } else {
                found.insert(format!("{path}{name}"));
            }
        }
    }
    found
}

/// The files among [`below`].
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = below(folder);
    found.retain(|path| !path.ends_with('/'));
    found
}
