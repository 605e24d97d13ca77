//! Saved memory, by an XML configuration. vmcx.md B.7.

use crate::Text;
use crate::keys::Keys;

/// Saved memory, by an XML configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedState {
    /// Its word, such as `Normal`.
    pub kind: Text,
    /// Whether it was being saved just then: what is there is not whole.
    pub in_progress: bool,
    /// Path of the .bin.
    pub memory_file: Option<Text>,
    /// Path of the .vsv.
    pub device_file: Option<Text>,
}

impl SavedState {
    /// The element being there means that memory is saved.
    pub(super) fn of(keys: &Keys<'_>) -> Option<Self> {
        let saved = keys.at("savedstate")?;
        Some(Self {
            kind: saved.text("type").unwrap_or_default(),
            in_progress: saved.flag("in_progress"),
            memory_file: saved.filled("memlocation"),
            device_file: saved.filled("vsvlocation"),
        })
    }
}
