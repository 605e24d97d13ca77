//! How a backup lays a machine's files out.

use std::path::{Path, PathBuf};

/// How a backup lays a machine's files out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As Hyper-V exports it: a folder of the machine's, in it `Virtual Machines`, `Snapshots` and
    /// `Virtual Hard Disks`.
    Exported,
    /// Everything side by side.
    Flat,
    /// Each file at its path on the host, the drive's letter a folder: `D/Hyper-V/web01/...`.
    Original,
}

/// Which folder of a machine a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// The machine's own configuration and memory.
    Machine,
    /// Those of checkpoints.
    Checkpoints,
    /// A disk with this folder on the host.
    Disk(&'a str),
}

impl Layout {
    /// The folder for `part`, within the backup at `root`, of the machine with `folder` in a backup and
    /// `home` on the host.
    pub(super) fn folder(self, root: &Path, folder: &str, home: &str, part: Part<'_>) -> PathBuf {
        let name = match part {
            Part::Machine => "Virtual Machines",
            Part::Checkpoints => "Snapshots",
            Part::Disk(_) => "Virtual Hard Disks",
        };
        match (self, part) {
            (Self::Flat, _) => root.to_path_buf(),
            (Self::Exported, _) => root.join(folder).join(name),
            (Self::Original, Part::Disk(host)) => on_host(root, host),
            (Self::Original, _) => on_host(root, home).join(name),
        }
    }
}

fn on_host(root: &Path, path: &str) -> PathBuf {
    let names = path.split('\\').map(|name| name.trim_end_matches(':'));
    names
        .filter(|name| !name.is_empty())
        .fold(root.to_path_buf(), |path, name| path.join(name))
}
