//! Links and streams.

use crate::Name;

/// Where a link points. Links are data: nothing here follows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What kind of link.
    pub kind: LinkKind,
    /// The target as the file system uses it (the substitute name), WTF-8.
    pub target: Name,
    /// The target as people are shown it (the print name); may be empty.
    pub print: Name,
    /// Whether the target is relative to the link's own directory.
    pub relative: bool,
}

/// What kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// A symbolic link.
    Symlink,
    /// A junction to a directory on a local volume.
    Junction,
    /// A mounted volume (`\\??\\Volume{...}`).
    MountPoint,
}

/// One stream of a file or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// Its name; empty is the unnamed stream, a file's data.
    pub name: Name,
    /// Size in bytes.
    pub size: u64,
    /// Bytes it takes up on the volume.
    pub allocated: u64,
}
