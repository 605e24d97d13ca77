//! What a .vmrs says of saved memory. vmcx.md B.7.

use std::cell::RefCell;

use crate::configuration::Version;
use crate::keys::{Keys, numbered};
use crate::{Node, Text, Value};

/// What the runtime file (.vmrs) of a machine or checkpoint says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeState {
    /// The version that its configuration must have too.
    pub version: Option<Version>,
    /// Saved memory; `None` where the machine was off, or the checkpoint is one of disks alone.
    pub saved: Option<SavedMemory>,
}

/// Saved memory in a .vmrs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedMemory {
    /// Its word: `Normal`, `Snapshot`, `Fast`, ...
    pub kind: Text,
    /// Version of the machine when it was saved (`VmVersion`).
    pub version: Option<Version>,
    /// How many blocks of memory there are.
    pub blocks: u64,
    /// Their bytes as stored.
    pub bytes: u64,
    /// Whether the processors' state is there too (`savedVM/partition_state`).
    pub has_processor_state: bool,
}

impl RuntimeState {
    /// Reads the tree of a .vmrs.
    #[must_use]
    pub fn of(root: &Node) -> Self {
        let oddities = RefCell::new(Vec::new());
        let keys = Keys::new(root, &oddities);
        let version = keys.int("configuration/properties/version");
        Self {
            version: version.and_then(Version::from_number),
            saved: keys
                .at("savedstate")
                .and_then(|saved| SavedMemory::of(&saved)),
        }
    }
}

impl SavedMemory {
    /// An empty `savedstate` holds nothing.
    fn of(saved: &Keys<'_>) -> Option<Self> {
        let sizes: Vec<u64> = saved.node.children.iter().filter_map(block_size).collect();
        let has_processor_state = saved.at("savedVM/partition_state").is_some();
        if saved.node.children.is_empty() {
            return None;
        }
        Some(Self {
            kind: saved.text("type").unwrap_or_default(),
            version: saved.int("VmVersion").and_then(Version::from_number),
            blocks: u64::try_from(sizes.len()).unwrap_or(u64::MAX),
            bytes: sizes
                .iter()
                .fold(0, |sum: u64, size| sum.saturating_add(*size)),
            has_processor_state,
        })
    }
}

/// Size of a `RamMemoryBlock<N>` or `RamBlock<N>`.
fn block_size(node: &Node) -> Option<u64> {
    numbered(&node.name, "RamMemoryBlock").or_else(|| numbered(&node.name, "RamBlock"))?;
    match &node.value {
        Value::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
        Value::Large(size) => Some(*size),
        _ => Some(0),
    }
}
