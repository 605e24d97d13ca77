//! Whatever can hold the members of a chain.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Fault, ReadAt};

/// Whatever can hold the members of a chain: folders of this machine, a folder in a guest, objects
/// under a prefix.
///
/// A path names one file within the gate. Paths of a gate that is no host's file system use it as
/// a name with folders, nothing more.
pub trait Gate: Send + Sync {
    /// Every file there is, in a stable order, and what could not be looked at.
    fn list(&self) -> Listing;

    /// Opens the file at `path`, for reading.
    ///
    /// # Errors
    /// Where there is no such file, or it cannot be opened.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>>;

    /// The file that `relative`, a path as Windows writes it, means from the folder that `child`
    /// is in. `None` where there is none, and for every path that is not relative.
    fn resolve(&self, child: &Path, relative: &str) -> Option<PathBuf>;

    /// The file that an absolute path out of a parent locator means.
    ///
    /// `None` unless the operator has allowed it: on the machine that the backup was made on, such
    /// a path leads to the disk in use.
    fn resolve_absolute(&self, absolute: &str) -> Option<PathBuf>;

    /// What is the same for two paths of one file only.
    fn identity(&self, path: &Path) -> PathBuf;
}

/// The files of a gate.
#[derive(Debug, Default)]
pub struct Listing {
    /// Every file, in a stable order.
    pub files: Vec<PathBuf>,
    /// What could not be looked at.
    pub notes: Vec<Fault>,
}
