//! Every file under some folders, within limits.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use blockio::Fault;

use super::Root;
use crate::codes::{FOLDER_UNREADABLE, SEARCH_CUT};
use crate::gate::Listing;

/// How deep folders may lie below the one that was given.
pub(super) const MAX_DEPTH: usize = 32;
/// How many files and folders are looked at.
const MAX_ENTRIES: usize = 200_000;

/// Every file under `roots`, sorted by path.
pub(super) fn list(roots: &[Root]) -> Listing {
    let mut walk = Walk::default();
    for root in roots {
        walk.under(root);
    }
    walk.listing.files.sort();
    walk.listing.files.dedup();
    walk.listing
}

#[derive(Default)]
struct Walk {
    listing: Listing,
    /// Folders that were listed, by their true paths: links may lead to one twice, or in a circle.
    visited: HashSet<PathBuf>,
    entries: usize,
    cut: bool,
}

impl Walk {
    fn under(&mut self, root: &Root) {
        let mut folders = vec![(root.path.clone(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            let identity = fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone());
            if !self.visited.insert(identity) {
                continue;
            }
            for inner in self.files_of(&folder) {
                if depth < root.depth {
                    folders.push((inner, depth.saturating_add(1)));
                } else if depth >= MAX_DEPTH {
                    self.cut_at(&inner);
                }
            }
        }
    }

    /// Takes the files of `folder`; answers its folders.
    fn files_of(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut inner = Vec::new();
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(folder, &error);
                return inner;
            }
        };
        for entry in entries {
            if self.entries >= MAX_ENTRIES {
                self.cut_at(folder);
                break;
            }
            self.entries = self.entries.saturating_add(1);
            match entry {
                Ok(entry) => self.take(entry.path(), &mut inner),
                // What follows may be this error again and again.
                Err(error) => {
                    self.unreadable(folder, &error);
                    break;
                }
            }
        }
        inner
    }

    fn unreadable(&mut self, folder: &Path, error: &io::Error) {
        let note = Fault::cannot_read(&FOLDER_UNREADABLE, "folder").found(error.to_string());
        let note = note.in_file(&folder.display().to_string());
        self.listing.notes.push(note);
    }

    fn take(&mut self, path: PathBuf, inner: &mut Vec<PathBuf>) {
        // Follows links; one that leads nowhere is no file.
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => inner.push(path),
            Ok(metadata) if metadata.is_file() => self.listing.files.push(path),
            _ => {}
        }
    }

    fn cut_at(&mut self, folder: &Path) {
        if !std::mem::replace(&mut self.cut, true) {
            let note = Fault::cannot_read(&SEARCH_CUT, "search for disk files").found(format!(
                "more than {MAX_ENTRIES} files or {MAX_DEPTH} levels of folders"
            ));
            let note = note.in_file(&folder.display().to_string());
            self.listing.notes.push(note);
        }
    }
}
