//! What the operator may choose about a restore.

use std::collections::BTreeSet;

use crate::vmset::Host;

/// What the operator has chosen.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Which states the result has.
    pub keep: Keep,
    /// Whose saved memory is left out.
    pub without_memory: WithoutMemory,
    /// The machine's name in the result, where it gets another one.
    pub rename: Option<String>,
    /// Name of the machine's folder in the result, where it is not the machine's.
    pub folder: Option<String>,
    /// Whether Windows is to give the machine a new id when it is imported.
    pub new_id: bool,
    /// Where the machine's folder is going to be on Windows, such as `D:\VMs\web01`; then the paths in
    /// the configurations are rewritten.
    pub windows_path: Option<String>,
    /// The host that it is bound for, where that is known.
    pub host: Option<&'static Host>,
}

/// Which states the result has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All of them: every file of every chain.
    #[default]
    Checkpoints,
    /// The one of this number, each of its disks merged into one new file.
    AsOf(usize),
}

/// Whose saved memory is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WithoutMemory {
    /// Nobody's, but where it does not belong to the disks.
    #[default]
    None,
    /// That of the states with these numbers.
    Of(BTreeSet<usize>),
    /// Everybody's.
    All,
}

impl WithoutMemory {
    /// Whether the memory of the state with this number is left out.
    #[must_use]
    pub fn has(&self, state: usize) -> bool {
        match self {
            Self::None => false,
            Self::Of(states) => states.contains(&state),
            Self::All => true,
        }
    }
}
