//! What every integration test stands on.
//!
//! A [`Test`] says what it needs: a program to compare with, a real image, root. Where
//! that is absent the test is ignored, with the reason shown beside its name. With
//! `HVRESTORE_REQUIRE_ORACLES=1`, as in CI, it fails instead, unless the file that
//! `HVRESTORE_PERMITTED_IGNORES` names permits it (see [`permitted`]).
//!
//! Sources come from [`Sources`], which puts them into a folder of the test's own and looks,
//! when the test is over, whether they are still what they were: no command may write one.

pub(crate) mod machines;
pub(crate) mod need;
pub(crate) mod ntfs_volume;
pub(crate) mod permitted;
pub(crate) mod program;
pub(crate) mod sources;
pub(crate) mod unchanged;

mod checks;
mod packed;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::TempDir;

use need::Need;
use permitted::Permitted;

/// The file in which extract records what a destination cannot hold: of the tool, not of the guest.
pub(crate) const SIDECAR: &str = ".hvrestore-metadata.jsonl";

pub(crate) use checks::tests;
pub(crate) use program::hvrestore;
pub(crate) use sources::Sources;

/// What a test's function returns: nothing, or any error by `?`. A panic fails it too.
pub(crate) type Outcome = Result<(), Failed>;

/// One test and what it needs.
pub(crate) struct Test {
    name: String,
    needs: Vec<Need>,
    run: Box<dyn FnOnce() -> Outcome + Send>,
}

/// `test!(what_holds)`: that function as a test, named after its module and itself.
macro_rules! test {
    ($function:ident) => {
        $crate::harness::Test::new(
            concat!(module_path!(), "::", stringify!($function)),
            $function,
        )
    };
}
pub(crate) use test;

impl Test {
    /// A test made of a closure, for one that runs over many images under as many names.
    pub(crate) fn new(
        name: impl Into<String>,
        run: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Self {
        let name = name.into();
        Self {
            name: name.trim_start_matches("integration::").to_owned(),
            needs: Vec::new(),
            run: Box::new(run),
        }
    }

    /// Needs a program in `PATH`, such as `qemu-img`.
    pub(crate) fn needs_tool(self, name: &'static str) -> Self {
        self.needs(Need::Tool(name))
    }

    /// Needs a real image, such as `vhdx/ntfs-parent.vhdx.zst`, from `HVRESTORE_FIXTURES`.
    pub(crate) fn needs_fixture(self, name: &'static str) -> Self {
        self.needs(Need::Fixture(name))
    }

    /// Needs to run as root, for mounts and for owners of files.
    pub(crate) fn needs_root(self) -> Self {
        self.needs(Need::Root)
    }

    /// Needs `/dev/fuse`.
    pub(crate) fn needs_fuse(self) -> Self {
        self.needs(Need::Fuse)
    }

    /// Needs loop devices, for file systems in files.
    #[cfg(target_os = "linux")]
    pub(crate) fn needs_loop(self) -> Self {
        self.needs(Need::Loop)
    }

    /// Needs git and a checkout.
    pub(crate) fn needs_checkout(self) -> Self {
        self.needs(Need::Checkout)
    }

    fn needs(mut self, need: Need) -> Self {
        self.needs.push(need);
        self
    }

    fn into_trial(self, policy: &Policy) -> Trial {
        let Some(absent) = self.needs.iter().find(|need| !need.is_there()) else {
            return Trial::test(self.name, self.run);
        };
        let kind = format!("needs {absent}");
        let reason = format!("needs {absent}: {}", absent.remedy());
        let ignored = policy.permits(&self.name, absent);
        Trial::test(self.name, || Err(reason.into()))
            .with_kind(kind)
            .with_ignored_flag(ignored)
    }
}

/// Whether a test that lacks something is ignored or fails.
struct Policy {
    required: bool,
    permitted: Permitted,
}

impl Policy {
    fn from_environment() -> Self {
        let required = std::env::var_os("HVRESTORE_REQUIRE_ORACLES").is_some_and(|v| v == "1");
        let permitted = std::env::var_os("HVRESTORE_PERMITTED_IGNORES")
            .map(|path| Permitted::read(Path::new(&path)))
            .unwrap_or_default();
        Self {
            required,
            permitted,
        }
    }

    fn permits(&self, test: &str, absent: &Need) -> bool {
        !self.required || self.permitted.covers(test, absent)
    }
}

/// Runs what the command line asks for, as `cargo test` does with any test binary.
pub(crate) fn run(tests: impl Iterator<Item = Test>) -> ExitCode {
    let policy = Policy::from_environment();
    let trials = tests.map(|test| test.into_trial(&policy)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    absolute(env!("CARGO_MANIFEST_DIR"))
}

/// A new folder that goes away with the value. It lies in cargo's folder for tests, because
/// that is on a disk, and not in `/tmp`, which may be memory.
pub(crate) fn temp_dir() -> TempDir {
    tempfile::tempdir_in(scratch()).expect("a folder for temporary files can be made")
}

fn scratch() -> PathBuf {
    absolute(env!("CARGO_TARGET_TMPDIR"))
}

/// With the drive in front, under Windows: a program that starts on another drive must find it.
fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).expect("cargo's paths are not empty")
}
