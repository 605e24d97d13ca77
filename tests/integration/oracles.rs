//! The program against other readers, on disks and volumes that they or others have made.
//!
//! Each reader has faults of its own; those that meet our images are named in `testdata/README.md`,
//! and what is compared leaves them out. The `ntfs` and `gpt` crates are compared with in the tests of
//! the parsers.

mod dissect;
#[cfg(target_os = "linux")]
mod ntfs_3g;
mod qemu;
mod seven_zip;
mod sleuth_kit;
mod wimlib;

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::harness::program::{Ran, run};
use crate::harness::{Test, hvrestore};

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let portable = [
        dissect::tests(),
        qemu::tests(),
        seven_zip::tests(),
        sleuth_kit::tests(),
        wimlib::tests(),
    ];
    let tests = portable.into_iter().flatten();
    #[cfg(target_os = "linux")]
    let tests = tests.chain(ntfs_3g::tests());
    tests.collect()
}

/// Runs another program, which must succeed.
fn tool<A: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = A>) -> Ran {
    let mut program = Command::new(name);
    program.args(arguments);
    run(program).expect_code(0)
}

/// Flattens `source` into the file `raw`.
fn flatten(source: &Path, raw: &Path, more: &[&str]) {
    let mut arguments = vec![OsStr::new("flatten"), source.as_os_str()];
    arguments.extend([OsStr::new("-o"), raw.as_os_str()]);
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments).expect_code(0);
}

/// The BLAKE3 of a file, a piece at a time: disks have holes of gigabytes.
fn sum_of(path: &Path) -> blake3::Hash {
    let file = std::fs::File::open(path).expect("it was made");
    let mut hash = blake3::Hasher::new();
    hash.update_reader(file).expect("it can be read");
    hash.finalize()
}
