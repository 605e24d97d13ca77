//! Changes of a configuration, for either format.

use crate::Text;

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

    /// Which key it changes.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::SetText { path, .. } | Self::Remove { path } => path,
        }
    }
}
