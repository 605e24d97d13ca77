//! What a test may need besides Rust.

use std::fmt;
use std::path::PathBuf;

/// One thing that may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A program in `PATH`.
    Tool(&'static str),
    /// A file under [`fixtures`].
    Fixture(&'static str),
    /// The rights of root.
    Root,
    /// A FUSE device that may be opened.
    Fuse,
    /// Loop devices.
    #[cfg(target_os = "linux")]
    Loop,
    /// The repository as git has it, not an archive of its files.
    Checkout,
}

impl Need {
    /// The word for its kind in a list of permitted ignores.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Tool(_) => "tool",
            Self::Fixture(_) => "fixture",
            Self::Root => "root",
            Self::Fuse => "fuse",
            #[cfg(target_os = "linux")]
            Self::Loop => "loop",
            Self::Checkout => "checkout",
        }
    }

    /// Which one of its kind; empty where there is but one.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Tool(name) | Self::Fixture(name) => name,
            Self::Root | Self::Fuse | Self::Checkout => "",
            #[cfg(target_os = "linux")]
            Self::Loop => "",
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        match self {
            Self::Tool(name) => is_in_path(name),
            Self::Fixture(name) => fixtures().join(name).is_file(),
            Self::Root => is_root(),
            Self::Fuse => is_fuse_there(),
            #[cfg(target_os = "linux")]
            Self::Loop => std::path::Path::new("/dev/loop-control").exists(),
            Self::Checkout => is_in_path("git") && super::repository().join(".git").exists(),
        }
    }

    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::Tool(_) => "install the Debian package that has it (.ci/packages)",
            Self::Fixture(_) => "point HVRESTORE_FIXTURES at a folder that has it",
            Self::Root => "run the tests as root",
            Self::Fuse => "load the fuse module, and run where /dev/fuse may be opened",
            #[cfg(target_os = "linux")]
            Self::Loop => "load the loop module, and run where /dev/loop-control is",
            Self::Checkout => "run in a git checkout, with git in PATH",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            "" => f.write_str(self.kind()),
            name => write!(f, "{} {name}", self.kind()),
        }
    }
}

/// The folder of the real images, which are other people's and not part of the repository.
pub(crate) fn fixtures() -> PathBuf {
    std::env::var_os("HVRESTORE_FIXTURES").map_or_else(
        || super::repository().join("../shared/fixtures"),
        PathBuf::from,
    )
}

fn is_in_path(program: &str) -> bool {
    let file_name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(&file_name).is_file())
}

fn is_fuse_there() -> bool {
    let device = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/fuse");
    device.is_ok()
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
