//! Wrong input, broken input, full disks: the right exit code, and a message that helps.
//!
//! | module | holds |
//! |---|---|
//! | [`arguments`] | sources, volumes, paths and patterns that are not there |
//! | [`disks`] | disks that cannot be opened |
//! | [`files`] | files of the guest that are lost in part, or that we cannot read yet |
//! | [`volumes`] | volumes that are damaged as a whole |
//! | [`destinations`] | what is there already, what is a source, what is full |
//! | [`runs`] | runs that are interrupted, and sources that change meanwhile |

mod arguments;
mod destinations;
mod disks;
mod files;
mod runs;
mod volumes;

use std::ffi::OsStr;
use std::path::Path;

use crate::harness::program::Ran;
use crate::harness::{SIDECAR, Test, hvrestore, repository};

const DEMO: &str = "testdata/demo";

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let modules = [
        arguments::tests(),
        disks::tests(),
        files::tests(),
        destinations::tests(),
        runs::tests(),
        volumes::tests(),
    ];
    modules.into_iter().flatten().collect()
}

/// `hvrestore COMMAND SOURCE more...`
fn run(command: &str, source: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec![OsStr::new(command), source.as_os_str()];
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

/// The run ended with `exit`, and said on stderr: an error with this code, each of `parts`, and
/// what to do next.
fn stops(ran: Ran, exit: i32, code: &str, parts: &[&str]) -> Ran {
    let ran = ran.expect_code(exit);
    let error = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("hvrestore: error: "));
    assert!(error.is_some(), "no line says error: {}", ran.stderr);
    for part in [code, "what to do: "].iter().chain(parts) {
        assert!(
            ran.stderr.contains(part),
            "{part:?} is not in: {}",
            ran.stderr
        );
    }
    ran
}

/// The demo's folder of disks.
fn demo_disks() -> std::path::PathBuf {
    repository().join(DEMO).join("web01/Virtual Hard Disks")
}

/// Names in `folder`, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.to_string_lossy().into_owned()
    };
    let mut names: Vec<_> = entries.map(name).filter(|name| name != SIDECAR).collect();
    names.sort();
    names
}

fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}
