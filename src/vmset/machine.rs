//! Machines, their states, and what ties a drive to a file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::Fault;
use uuid::Uuid;
use vmcx::{Configuration, ControllerKind, Node, Text};

use super::{Absence, Offer};

/// The machines of a backup.
#[derive(Clone, Debug, Default)]
pub struct VmSet {
    /// The machines: those with a configuration by name and id, then the nameless one of the disks that
    /// no configuration names, if there are any.
    pub machines: Vec<Machine>,
    /// Configurations that cannot be read, and why.
    pub unreadable: Vec<(PathBuf, Arc<Fault>)>,
    /// What the operator should know: copies of a configuration that differ, links that were not
    /// followed, an `--assign` that means nothing.
    pub notes: Vec<Fault>,
}

impl VmSet {
    /// What is wrong with the set as a whole: [`Self::notes`], and why configurations cannot be read.
    pub fn problems(&self) -> impl Iterator<Item = &Fault> {
        let unreadable = self.unreadable.iter().map(|(_, fault)| &**fault);
        self.notes.iter().chain(unreadable)
    }
}

/// One virtual machine.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Its id; `None` of a machine without configuration.
    pub id: Option<Uuid>,
    /// Its name; of a machine without configuration that of its first disk.
    pub name: String,
    /// Its states, each after its parent, `#0` first and now last (where there is a now).
    pub states: Vec<MachineState>,
    /// In which mode it was backed up, and what says so.
    pub mode: BackupMode,
    /// What is not in this backup.
    pub absent: Vec<Absence>,
    /// Files that a backup or a replica left, which are never used unless asked for.
    pub leftovers: Vec<Leftover>,
    /// Files that could stand in for missing disks, if the operator says so with `--assign`.
    pub offers: Vec<Offer>,
    /// Its .vmgs (firmware variables, virtual TPM), if there is one.
    pub guest_state: Option<PathBuf>,
}

/// One state of a machine: a checkpoint, or now.
#[derive(Clone, Debug)]
pub struct MachineState {
    /// Its number, as in `#2`.
    pub number: usize,
    /// Which kind.
    pub kind: StateKind,
    /// Its name: the checkpoint's, `now`, or of a state without configuration its first disk's file name.
    pub name: String,
    /// When the checkpoint was taken, in 100 ns since 1601.
    pub created: Option<u64>,
    /// Number of the state that it builds on.
    pub parent: Option<usize>,
    /// Its configuration; `None` where only disks tell of it.
    pub configuration: Option<ConfigFile>,
    /// Its virtual disks, in the order of controllers and locations.
    pub disks: Vec<StateDisk>,
    /// Saved memory, if it has any.
    pub memory: Option<SavedMemory>,
}

/// Which kind of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    /// The running state.
    Now,
    /// A checkpoint with a configuration of this id.
    Checkpoint(Uuid),
    /// A layer of the disks without a configuration.
    Layer,
}

/// A configuration and the file that it is in.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: ConfigFormat,
    /// All its keys.
    pub root: Arc<Node>,
    /// What they mean.
    pub configuration: Arc<Configuration>,
    /// What was wrong and could be worked around.
    pub notes: Vec<Fault>,
}

/// Format of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigFormat {
    /// The container of 2016 and later.
    Vmcx,
    /// The XML of 2012 R2 and before.
    Xml,
    /// The XML of an export of 2008 (.exp): listed, not imported.
    Exp,
}

/// A place where a drive is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Kind of the controller.
    pub controller: ControllerKind,
    /// Its number among those of its kind.
    pub number: u32,
    /// Location on it.
    pub location: u32,
}

/// A virtual disk of a state.
#[derive(Clone, Debug)]
pub struct StateDisk {
    /// Where it is plugged in; `None` where no configuration says so.
    pub slot: Option<Slot>,
    /// The path that the configuration records.
    pub recorded: Option<Text>,
    /// Which file it is.
    pub tie: Tie,
}

/// Which file a disk is.
#[derive(Clone, Debug)]
pub enum Tie {
    /// This one.
    File {
        /// The leaf of its chain in this state.
        path: PathBuf,
        /// How it was found.
        how: How,
    },
    /// None that is here.
    Missing {
        /// What was looked for, and where; for people.
        why: String,
    },
}

/// How the file of a disk was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// At the recorded path, within the source or by `--map`.
    RecordedPath,
    /// By its file name, which nothing else here has.
    Name,
    /// By its place in the chain: the name differs. What speaks for it, for people.
    Inferred(String),
    /// By the operator's word (`--assign`).
    Assigned,
    /// There is no configuration; the disks speak for themselves.
    Chain,
}

/// Saved memory of a state.
#[derive(Clone, Debug)]
pub struct SavedMemory {
    /// The files that hold it: .vmrs, or .bin and .vsv. Empty where they are missing.
    pub files: Vec<PathBuf>,
    /// Their bytes in all.
    pub size: u64,
    /// What says that there is saved memory, for people.
    pub evidence: String,
    /// Whether files that must be there are missing.
    pub incomplete: bool,
}

/// In which mode a machine was backed up.
#[derive(Clone, Debug, Default)]
pub struct BackupMode {
    /// Which.
    pub kind: ModeKind,
    /// What says so, a clause each, for people.
    pub evidence: Vec<String>,
    /// How many checkpoints the configuration names, where it says.
    pub named: Option<u64>,
    /// How many are here.
    pub present: usize,
}

/// Modes of a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModeKind {
    /// All checkpoints, by VSS.
    AllCheckpoints,
    /// The latest state alone, by WMI and change tracking.
    LatestState,
    /// The machine had no checkpoints, so that both modes look the same.
    NoCheckpoints,
    /// Nothing says.
    #[default]
    Unknown,
}

/// A file that a backup or a replica left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The file.
    pub path: PathBuf,
    /// What it is.
    pub kind: LeftoverKind,
}

/// What a backup or a replica leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// `-AutoRecovery.avhdx`: the application-consistent state of a backup of 2012 R2.
    AutoRecovery,
    /// The checkpoint that a backup made for itself.
    RecoveryCheckpoint,
    /// `-BackupSnapshot.xml`.
    BackupSnapshot,
    /// Changes that a replica received (.hrl).
    ReplicaLog,
    /// Undo log of a replica's recovery point (.hru).
    ReplicaUndo,
    /// Change tracking (.rct, .mrt).
    ChangeTracking,
}

impl Machine {
    /// Its running state, if there is one: without a configuration several leaves may be newest.
    #[must_use]
    pub fn now(&self) -> Option<&MachineState> {
        self.states
            .iter()
            .find(|state| state.kind == StateKind::Now)
    }

    /// The configuration of now, or else of the newest checkpoint.
    #[must_use]
    pub fn configuration(&self) -> Option<&ConfigFile> {
        let newest = || {
            self.states
                .iter()
                .rev()
                .find_map(|s| s.configuration.as_ref())
        };
        self.now()
            .and_then(|now| now.configuration.as_ref())
            .or_else(newest)
    }
}

impl StateDisk {
    /// The leaf of its chain, if it is here.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.tie {
            Tie::File { path, .. } => Some(path),
            Tie::Missing { .. } => None,
        }
    }
}

/// As Hyper-V writes it: `SCSI 0:1`.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.controller {
            ControllerKind::Ide => "IDE",
            ControllerKind::Scsi => "SCSI",
            ControllerKind::Floppy => "floppy",
        };
        write!(f, "{kind} {}:{}", self.number, self.location)
    }
}
