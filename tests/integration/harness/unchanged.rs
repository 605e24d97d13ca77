//! The never-writes rule, for every test that has a source.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

/// Fails the test, when dropped, if a file under `roots` was changed, added or removed since
/// the value was made.
pub(crate) struct Unchanged {
    roots: Vec<PathBuf>,
    before: State,
}

type State = BTreeMap<PathBuf, (u64, SystemTime, blake3::Hash)>;

impl Unchanged {
    /// Takes down what these files and folders hold now.
    pub(crate) fn new(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        let roots: Vec<_> = roots.into_iter().collect();
        let before = state(&roots);
        Self { roots, before }
    }

    /// The files that are not what they were, each with what happened to it.
    pub(crate) fn changes(&self) -> Vec<String> {
        let after = state(&self.roots);
        let gone = self.before.keys().filter(|path| !after.contains_key(*path));
        let other = after
            .iter()
            .filter(|(path, now)| self.before.get(*path) != Some(now));
        gone.map(|path| format!("{} is gone", path.display()))
            .chain(other.map(|(path, _)| format!("{} is new or changed", path.display())))
            .collect()
    }
}

impl Drop for Unchanged {
    fn drop(&mut self) {
        // A test that already fails says why itself; a second panic would end the whole run.
        if !thread::panicking() {
            let changes = self.changes();
            assert!(changes.is_empty(), "sources were written: {changes:?}");
        }
    }
}

fn state(roots: &[PathBuf]) -> State {
    let mut state = State::new();
    for root in roots {
        add(root, &mut state).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    }
    state
}

fn add(path: &Path, state: &mut State) -> std::io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            add(&entry?.path(), state)?;
        }
    } else if metadata.is_file() {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(path)?)?;
        let entry = (metadata.len(), metadata.modified()?, hasher.finalize());
        state.insert(path.to_path_buf(), entry);
    }
    Ok(())
}
