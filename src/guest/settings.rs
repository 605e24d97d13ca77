//! Values of a hive by their path; what cannot be read is noted and counts as not known.

use std::cell::RefCell;
use std::sync::Arc;

use blockio::Fault;
use hive::{Error, Hive, Key, Value};

/// Values below one key of a hive.
pub(super) struct Settings<'h> {
    hive: &'h Hive,
    /// Where paths begin: the control set in use.
    root: String,
    notes: RefCell<Vec<Arc<Fault>>>,
}

impl<'h> Settings<'h> {
    /// The `SYSTEM` hive, from the control set that was in use.
    pub(super) fn of_system(hive: &'h Hive) -> Self {
        let mut settings = Self::at(hive, "");
        let number = |name| settings.number("Select", name).filter(|&n| n != 0);
        let current = number("Current").or_else(|| number("Default"));
        settings.root = format!("ControlSet{:03}\\", current.unwrap_or(1));
        settings
    }

    /// The `SOFTWARE` hive.
    pub(super) fn of_software(hive: &'h Hive) -> Self {
        Self::at(hive, "")
    }

    fn at(hive: &'h Hive, root: &str) -> Self {
        Self {
            hive,
            root: root.into(),
            notes: RefCell::default(),
        }
    }

    /// What could not be read.
    pub(super) fn into_notes(self) -> Vec<Arc<Fault>> {
        self.notes.into_inner()
    }

    /// The key at `path` of the whole hive.
    pub(super) fn top(&self, path: &str) -> Option<Key<'h>> {
        self.known(self.hive.find(path)).flatten()
    }

    /// The key at `path`.
    pub(super) fn key(&self, path: &str) -> Option<Key<'h>> {
        self.top(&format!("{}{path}", self.root))
    }

    /// The value `name` of the key at `path`.
    pub(super) fn value(&self, path: &str, name: &str) -> Option<Value> {
        self.value_of(&self.key(path)?, name)
    }

    /// The value `name` of `key`.
    pub(super) fn value_of(&self, key: &Key<'_>, name: &str) -> Option<Value> {
        self.known(key.value(name)).flatten()
    }

    /// A text that is not empty.
    pub(super) fn text(&self, path: &str, name: &str) -> Option<String> {
        let text = self.value(path, name)?.text()?;
        (!text.is_empty()).then_some(text)
    }

    /// A number.
    pub(super) fn number(&self, path: &str, name: &str) -> Option<u64> {
        self.value(path, name)?.number()
    }

    /// What was found, unless it could not be read.
    pub(super) fn known<T>(&self, found: Result<T, Error>) -> Option<T> {
        let note = |error: &Error| {
            let mut notes = self.notes.borrow_mut();
            if !notes.contains(error.fault()) {
                notes.push(Arc::clone(error.fault()));
            }
        };
        found.inspect_err(note).ok()
    }
}
