//! Changes of a configuration, for either format.

use crate::{Node, Text, Value};

/// One change of a configuration's keys.
///
/// Paths begin at the root of the file, names separated by `/`, upper and lower case aside:
/// `configuration/properties/name`. Of several keys of one path the first is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Makes the text of a key that holds text another one.
    SetText {
        /// Which key.
        path: String,
        /// Its new text.
        value: Text,
    },
    /// Removes a key and all below it.
    Remove {
        /// Which key.
        path: String,
    },
}

impl Edit {
    /// The text of the key at `path` becomes `value`.
    pub fn set(path: impl Into<String>, value: impl Into<Text>) -> Self {
        Self::SetText {
            path: path.into(),
            value: value.into(),
        }
    }

    /// The key at `path` goes.
    pub fn remove(path: impl Into<String>) -> Self {
        Self::Remove { path: path.into() }
    }

    /// Changes the tree below `root`, where the key is there.
    pub(crate) fn apply(&self, root: &mut Node) {
        let (above, name) = match self.path().rsplit_once('/') {
            Some((above, name)) => (root.at_mut(above), name),
            None => (Some(root), self.path()),
        };
        let Some(parent) = above else {
            return;
        };
        let is_named = |child: &Node| child.name.eq_ignore_ascii_case(name);
        let Some(place) = parent.children.iter().position(is_named) else {
            return;
        };
        match self {
            Self::Remove { .. } => drop(parent.children.remove(place)),
            Self::SetText { value, .. } => {
                if let Some(child) = parent.children.get_mut(place) {
                    child.value = Value::Text(value.clone());
                }
            }
        }
    }

    /// Which key it changes.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::SetText { path, .. } | Self::Remove { path } => path,
        }
    }
}
