//! Trees of all sorts, extracted into folders of all sorts.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use blockio::{Memory, ReadAt};
use testkit::MemoryTree;
use testkit::failing::Failing;
use tree::{FileSystem, Name, Time};

use super::*;
use crate::extract::{self, Job};
use crate::hostfs::StreamHome;
use crate::progress::{Progress, Silent};
use crate::report::{Line, Report, Stopped};
use crate::select::Root;

mod conflicts;
mod losses;
mod metadata;
mod names;
mod streams;

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn extract_with(tree: &MemoryTree, sink: &Folder, progress: &dyn Progress) -> Report {
    let job = Job {
        fs: tree,
        roots: vec![Root::whole(tree)],
        options: Default::default(),
    };
    extract::run(&job, sink, progress, &AtomicBool::new(false))
}

fn extract(tree: &MemoryTree, to: &Path, options: Options) -> Report {
    extract_with(
        tree,
        &Folder::open(to, options).expect("a destination"),
        &Silent,
    )
}

/// Every file below `dir` with its bytes, folders with a slash at the end, links with their text.
fn listing(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)
            .expect("listed")
            .map(|entry| entry.expect("an entry"))
        {
            let path = entry.path();
            let name = path
                .strip_prefix(dir)
                .expect("below")
                .to_string_lossy()
                .replace('\\', "/");
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                found.insert(format!("{name}/"), Vec::new());
                folders.push(path);
            } else if kind.is_symlink() {
                let text = fs::read_link(&path)
                    .expect("a link")
                    .to_string_lossy()
                    .into_owned();
                found.insert(format!("{name}@"), text.into_bytes());
            } else {
                found.insert(name, fs::read(&path).expect("read"));
            }
        }
    }
    found
}

fn names(dir: &Path) -> Vec<String> {
    listing(dir).into_keys().collect()
}

fn codes(lines: &[Line]) -> Vec<&'static str> {
    lines
        .iter()
        .map(|line| line.code.expect("every line of a report has one").id)
        .collect()
}
