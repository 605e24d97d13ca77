//! A state while its machine is put together, before it has its number.

use std::collections::BTreeMap;

use super::disks::Disks;
use crate::vmset::{ConfigFile, How, SavedMemory};
use crate::vmset::{Slot, StateDisk, StateKind, Tie};

/// A state without its number.
pub(crate) struct Draft {
    /// Which kind.
    pub(crate) kind: StateKind,
    /// Its configuration.
    pub(crate) config: Option<ConfigFile>,
    /// When it was taken.
    pub(crate) created: Option<u64>,
    /// Its drives.
    pub(crate) disks: Vec<StateDisk>,
    /// The file of each drive, by its number, as far as there is one.
    pub(crate) files: Vec<Option<usize>>,
    /// Saved memory.
    pub(crate) memory: Option<SavedMemory>,
    /// The draft that it builds on.
    pub(crate) parent: Option<usize>,
}

impl Draft {
    /// A layer that no configuration tells of.
    pub(crate) fn layer(files: &BTreeMap<Option<Slot>, usize>, disks: &Disks) -> Self {
        let disk = |(slot, file): (&Option<Slot>, &usize)| StateDisk {
            slot: *slot,
            recorded: None,
            tie: Tie::File {
                path: disks.get(*file).path.clone(),
                how: How::Chain,
            },
        };
        Self {
            kind: StateKind::Layer,
            config: None,
            created: None,
            disks: files.iter().map(disk).collect(),
            files: files.values().copied().map(Some).collect(),
            memory: None,
            parent: None,
        }
    }

    /// Its files, each by its drive. Where several drives have none, one of them stands for all.
    pub(crate) fn by_slot(&self) -> BTreeMap<Option<Slot>, usize> {
        let pairs = self.disks.iter().zip(&self.files);
        pairs
            .filter_map(|(disk, file)| Some((disk.slot, (*file)?)))
            .collect()
    }

    /// Whether it has this file.
    pub(crate) fn has(&self, file: usize) -> bool {
        self.files.contains(&Some(file))
    }

    /// Its name: the checkpoint's, `now`, or its first disk's file name.
    pub(crate) fn name(&self, disks: &Disks) -> String {
        let configured = self
            .config
            .as_ref()
            .map(|c| c.configuration.name.to_string());
        match (self.kind, configured) {
            (StateKind::Now, _) => "now".into(),
            (StateKind::Checkpoint(id), Some(name)) if name.is_empty() => {
                id.to_string().to_uppercase()
            }
            (StateKind::Checkpoint(_), Some(name)) => name,
            _ => {
                let first = self.files.iter().flatten().next();
                first.map_or_else(String::new, |file| disks.get(*file).written_name())
            }
        }
    }
}
