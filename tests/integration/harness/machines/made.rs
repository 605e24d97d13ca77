//! A machine in a backup: where its files are, and what its disks read as.

use std::path::{Path, PathBuf};

use super::{DiskId, Machine, State};

/// A machine in a backup.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(super) machine: Machine,
    /// Of each disk, each layer's file; `None` of one that is not in the backup.
    pub(super) layers: Vec<Vec<Option<PathBuf>>>,
    pub(super) now: Files,
    pub(super) checkpoints: Vec<Files>,
}

/// The files of one state besides its disks.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) configuration: PathBuf,
    pub(super) memory: Vec<PathBuf>,
}

impl Made {
    /// The machine that it is of.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The name of a state: a checkpoint's, or the machine's.
    pub(crate) fn name(&self, state: State) -> &str {
        &self.machine.moment(state).name
    }

    /// File of a state's configuration.
    pub(crate) fn configuration(&self, state: State) -> &Path {
        &self.files(state).configuration
    }

    /// Files of a state's memory: .bin and .vsv, or .vmrs (which is there without saved memory too).
    pub(crate) fn memory(&self, state: State) -> &[PathBuf] {
        &self.files(state).memory
    }

    /// The file that is a disk's leaf in a state.
    pub(crate) fn disk_file(&self, state: State, disk: DiskId) -> &Path {
        let file = &self.layers[disk.0][self.leaf(state, disk)];
        file.as_deref().expect("a file that the backup holds")
    }

    /// The path that a state's configuration records of a disk.
    pub(crate) fn recorded(&self, state: State, disk: DiskId) -> String {
        let leaf = self.leaf(state, disk);
        self.machine.recorded(disk.0, leaf)
    }

    /// Every byte of a disk in a state.
    pub(crate) fn contents(&self, state: State, disk: DiskId) -> Vec<u8> {
        self.machine.disks[disk.0].contents(self.leaf(state, disk))
    }

    /// The first line of [`STATE_FILE`](super::STATE_FILE) of a disk in a state.
    pub(crate) fn text(&self, state: State, disk: DiskId) -> String {
        self.machine.disks[disk.0].text(self.leaf(state, disk))
    }

    fn leaf(&self, state: State, disk: DiskId) -> usize {
        let leaves = &self.machine.moment(state).leaves;
        let leaf = leaves.get(disk.0).copied().flatten();
        leaf.expect("a disk that this state has")
    }

    fn files(&self, state: State) -> &Files {
        match state {
            State::Now => &self.now,
            State::Checkpoint(number) => &self.checkpoints[number],
        }
    }
}
