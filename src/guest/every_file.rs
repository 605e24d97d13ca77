//! When a guest last wrote to a volume, by every file of it.
//!
//! [`last_written`](super::last_written()) looks at few files, and so knows only that the guest wrote at
//! that time or later. Where all files are gone through anyway, to count them, the newest of their changes
//! is the last one: the time of a change is set by the guest's system, with every write.

use tree::{Entry, FileSystem, GuestPath, Loss, Time};

use super::LastWritten;

/// The newest change among the files of a volume, as they come.
#[derive(Clone, Debug, Default)]
pub struct EveryFile {
    newest: Option<(Time, GuestPath)>,
    lost: bool,
}

impl EveryFile {
    /// Goes through all files of `fs`. `None` where they cannot be listed or `stop` says so.
    #[must_use]
    pub fn of(fs: &dyn FileSystem, stop: &dyn Fn() -> bool) -> Option<Self> {
        let mut seen = Self::default();
        for item in fs.entries(fs.root(), &GuestPath::root()).ok()? {
            seen.see(&item);
            if stop() {
                return None;
            }
        }
        Some(seen)
    }

    /// Takes one more of the listing into account.
    pub fn see(&mut self, item: &Result<Entry, Loss>) {
        let Ok(entry) = item else {
            self.lost = true;
            return;
        };
        let changed = entry.metadata.changed;
        if self.newest.as_ref().is_none_or(|(time, _)| changed > *time) {
            self.newest = Some((changed, entry.path.clone()));
        }
    }

    /// Whether no file was lost, so that nothing was changed later.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.lost
    }

    /// The newest change, and which file has it.
    #[must_use]
    pub fn last_written(&self) -> Option<LastWritten> {
        let (time, path) = self.newest.as_ref()?;
        Some(LastWritten {
            time: *time,
            evidence: path.to_string().replace('/', "\\"),
        })
    }
}

#[cfg(test)]
mod tests {
    use testkit::MemoryTree;

    use super::*;

    fn tree() -> MemoryTree {
        let mut tree = MemoryTree::new();
        for (path, time) in [("a/old.txt", 200), ("b/new.txt", i64::MAX - 1), ("c", 300)] {
            let file = tree.file(path, b"x");
            tree.metadata_mut(file).changed = Time(time);
        }
        tree
    }

    #[test]
    fn the_newest_change_of_any_file_counts() {
        let seen = EveryFile::of(&tree(), &|| false).unwrap();
        let found = seen.last_written().unwrap();
        assert_eq!(found.time, Time(i64::MAX - 1));
        assert_eq!(found.evidence, r"\b\new.txt");
        assert!(seen.is_whole());
    }

    #[test]
    fn who_stops_knows_nothing() {
        assert!(EveryFile::of(&tree(), &|| true).is_none());
    }

    #[test]
    fn a_lost_file_may_have_been_the_newest() {
        let mut seen = EveryFile::of(&tree(), &|| false).unwrap();
        let error = tree::Error::NotFound;
        seen.see(&Err(Loss {
            path: GuestPath::root(),
            error,
        }));
        assert!(!seen.is_whole());
    }
}
