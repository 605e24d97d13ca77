//! The files that are no disks, by name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use disk::Finder;

use super::configs::file_name;
use super::recorded::{common_head, names_of};

/// The files that are no disks, by name.
#[derive(Default)]
pub(crate) struct Others {
    by_name: HashMap<String, Vec<(PathBuf, Vec<String>)>>,
}

impl Others {
    pub(crate) fn of(files: &[PathBuf], finder: &Finder) -> Self {
        let mut others = Self::default();
        let mut folders: HashMap<&Path, Vec<String>> = HashMap::new();
        for path in files {
            // The true path of each folder once: there may be very many files.
            let folder = path.parent().unwrap_or(path);
            let names = folders.entry(folder);
            let names = names.or_insert_with(|| names_of(&finder.gate().identity(folder)));
            let names = names.clone();
            let found = others.by_name.entry(file_name(path).to_lowercase());
            found.or_default().push((path.clone(), names));
        }
        others
    }

    /// The file of this name (lower case) that is nearest to the file at `near`.
    pub(crate) fn nearest(&self, name: &str, near: &Path) -> Option<PathBuf> {
        let near = names_of(near);
        let files = self.by_name.get(name)?.iter();
        // The first by its path, should several be as near.
        let nearest = files
            .rev()
            .max_by_key(|(_, names)| common_head(&near, names));
        nearest.map(|(path, _)| path.clone())
    }

    /// Whether there is a file of this name (lower case).
    pub(crate) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Every file.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.by_name
            .values()
            .flatten()
            .map(|(path, _)| path.as_path())
    }
}
