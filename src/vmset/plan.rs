//! What a restore will write: every file, where it comes from, what is done to it and why.
//!
//! [`Plan::of`] decides everything and writes nothing; what it decides is shown by `--dry-run`, carried
//! out by [`write`](super::write) and kept in the manifest.
//!
//! | module | owns |
//! |---|---|
//! | `choices` | what the operator may choose |
//! | `set_path` | where a file lies below its machine's folder |
//! | `disks`, `naming` | the files of all chains, their names and folders, the links that must be rewritten |
//! | `configurations`, `companions` | the configurations and what lies beside them |
//! | `memory` | whose saved memory may stay |
//! | `facts` | what the script for Windows must know, and why the import wizard alone will not do |

mod choices;
mod companions;
mod configurations;
mod disks;
mod facts;
mod memory;
mod naming;
mod set_path;

use std::path::PathBuf;
use std::sync::Arc;

use blockio::Fault;
use disk::Finder;
use uuid::Uuid;

use super::{Absence, AbsenceKind, Machine, MachineState, Slot};

pub use choices::{Choices, Keep, WithoutMemory};
pub use set_path::{STAGE_HEAD, STAGE_TAIL, SetPath, folder_name, safe_name, unmarked};

/// Folder of the machine's configuration.
pub const MACHINES: &str = "Virtual Machines";
/// Folder of the checkpoints' configurations.
pub const SNAPSHOTS: &str = "Snapshots";
/// Folder of the disks.
pub const DISKS: &str = "Virtual Hard Disks";

/// What a restore of one machine will write.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The machine's name in the result.
    pub name: String,
    /// Name of its folder.
    pub folder: String,
    /// Its id; none of a machine without configuration.
    pub id: Option<Uuid>,
    /// Which states the result has.
    pub keep: Keep,
    /// The number of the state that becomes the machine itself, if there is one.
    pub now: Option<usize>,
    /// The machine's folder on Windows, where paths are rewritten.
    pub windows_path: Option<String>,
    /// Every file that comes from the source.
    pub files: Vec<PlannedFile>,
    /// Folders that must be there although nothing is in them.
    pub folders: Vec<SetPath>,
    /// Every virtual disk of every state.
    pub disks: Vec<PlannedDisk>,
    /// Saved memory of the states that have any, and what becomes of it.
    pub memory: Vec<PlannedMemory>,
    /// Files of the source that are not in the result, and why.
    pub left_out: Vec<LeftOut>,
    /// What the machine has and the backup has not.
    pub absent: Vec<Absence>,
    /// Why Windows' import wizard alone will not do; empty where it will.
    pub hindrances: Vec<String>,
}

/// One file of the result.
#[derive(Clone, Debug)]
pub struct PlannedFile {
    /// Where it goes.
    pub place: SetPath,
    /// Where it comes from.
    pub from: PathBuf,
    /// Bytes of the source's file; of a merged disk those of the virtual disk.
    pub size: u64,
    /// What it is.
    pub role: Role,
    /// What is done to it.
    pub work: Work,
    /// What is other than in the source.
    pub changes: Vec<Change>,
}

/// What a file of the result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The machine's configuration.
    Configuration,
    /// A checkpoint's configuration.
    Checkpoint,
    /// What a machine or checkpoint ran with: .vmrs, .bin, .vsv.
    Memory,
    /// Firmware variables and virtual TPM.
    GuestState,
    /// A virtual disk.
    Disk,
    /// A VHD Set, which names a disk.
    DiskSet,
}

/// What is done to a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Copied as it is.
    Copy,
    /// Copied; then the place of its parent is rewritten.
    Relink(Relink),
    /// All layers of its chain go into one new file.
    Merge,
    /// Copied; then keys of the configuration are changed.
    Edit(Vec<vmcx::Edit>),
}

/// The place of a parent, as it is written into its child's copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relink {
    /// From the child's folder.
    pub relative: String,
    /// The whole path on Windows, where that is known.
    pub absolute: Option<String>,
    /// The file in the result that is the parent.
    pub parent: SetPath,
    /// The parent's identifier, where the child names another one and the operator has accepted this.
    pub accepted: Option<Uuid>,
}

/// What is other than in the source, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which kind.
    pub kind: ChangeKind,
    /// What, in a few words: the key of a configuration.
    pub what: String,
    /// As it was.
    pub before: String,
    /// As it is in the result.
    pub after: String,
    /// Why.
    pub why: &'static str,
}

/// Which kind of thing is other than in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The file's name.
    Name,
    /// Where a disk's parent is.
    Parent,
    /// Several files became one.
    Layers,
    /// A key of a configuration.
    Key,
}

/// A virtual disk of a state, and the file of the result that it is.
#[derive(Clone, Debug)]
pub struct PlannedDisk {
    /// The state's number.
    pub state: usize,
    /// Where it is plugged in; none where no configuration says so.
    pub slot: Option<Slot>,
    /// The path that the configuration records.
    pub recorded: Option<String>,
    /// The leaf of its chain in the result; none where it is missing.
    pub place: Option<SetPath>,
    /// The leaf of its chain in the source.
    pub leaf: Option<PathBuf>,
    /// The files of the chain in the result, leaf first.
    pub chain: Vec<SetPath>,
    /// Why its chain is not whole, if it is not.
    pub broken: Option<Arc<Fault>>,
    /// Whether a link of it holds on the operator's word alone.
    pub overridden: bool,
}

/// Saved memory of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMemory {
    /// The state's number.
    pub state: usize,
    /// Bytes of its files.
    pub size: u64,
    /// Why it is dropped; none where it stays.
    pub dropped: Option<String>,
    /// Whether it is still in the result's .vmrs, so that `import.ps1` must remove it.
    pub by_script: bool,
}

/// A file of the source that is not in the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The file.
    pub from: PathBuf,
    /// Why.
    pub why: String,
}

impl Plan {
    /// The plan for `machine`, whose chains `finder` finds.
    ///
    /// # Errors
    /// Where the state to be merged has a disk that is missing or whose chain is broken.
    pub fn of(machine: &Machine, finder: &Finder, choices: &Choices) -> Result<Self, Arc<Fault>> {
        let states = kept(machine, choices.keep);
        let name = choices
            .rename
            .clone()
            .unwrap_or_else(|| machine.name.clone());
        let mut plan = Self {
            folder: choices.folder.clone().unwrap_or_else(|| folder_name(&name)),
            name,
            id: machine.id,
            keep: choices.keep,
            now: machine_state(machine, choices.keep),
            windows_path: choices.windows_path.clone(),
            files: Vec::new(),
            folders: vec![SetPath::of(&[SNAPSHOTS])],
            disks: Vec::new(),
            memory: Vec::new(),
            left_out: leftovers(machine),
            absent: absent(machine, choices.keep),
            hindrances: Vec::new(),
        };
        disks::add(&mut plan, &states, finder)?;
        memory::decide(&mut plan, &states, choices);
        configurations::add(&mut plan, machine, &states, choices);
        plan.files.sort_by(|a, b| {
            let key = |file: &PlannedFile| (file.role, file.place.clone());
            key(a).cmp(&key(b))
        });
        plan.hindrances = plan.why_no_wizard(&plan.facts(machine, choices));
        Ok(plan)
    }

    /// The sum of the sizes of its files, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Whether nothing that the machine has is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let broken = |disk: &PlannedDisk| disk.broken.is_some() || disk.place.is_none();
        self.absent.is_empty() && !self.disks.iter().any(broken)
    }
}

impl Work {
    /// The words for people.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Copy => "copied as is",
            Self::Relink(_) => "copied and relinked",
            Self::Merge => "merged into a new disk",
            Self::Edit(_) => "copied and edited",
        }
    }
}

impl ChangeKind {
    /// The words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Name => "its name",
            Self::Parent => "the place of the parent",
            Self::Layers => "all layers into one",
            Self::Key => "keys of the configuration",
        }
    }
}

/// The states of the result.
fn kept(machine: &Machine, keep: Keep) -> Vec<&MachineState> {
    let is_kept = |state: &&MachineState| match keep {
        Keep::Checkpoints => true,
        Keep::AsOf(number) => state.number == number,
    };
    machine.states.iter().filter(is_kept).collect()
}

/// The number of the state whose configuration becomes the machine's.
fn machine_state(machine: &Machine, keep: Keep) -> Option<usize> {
    match keep {
        Keep::Checkpoints => machine.now().map(|state| state.number),
        Keep::AsOf(number) => Some(number),
    }
}

/// What is absent of the states of the result. A state is merged from all its disks or not at all, so
/// that disks and checkpoints that are missing are others'.
fn absent(machine: &Machine, keep: Keep) -> Vec<Absence> {
    let is_of_others = |absence: &&Absence| {
        matches!(
            absence.kind,
            AbsenceKind::DiskFile | AbsenceKind::Parent | AbsenceKind::Checkpoint
        )
    };
    let absent = machine.absent.iter();
    match keep {
        Keep::Checkpoints => absent.cloned().collect(),
        Keep::AsOf(_) => absent
            .filter(|absence| !is_of_others(absence))
            .cloned()
            .collect(),
    }
}

fn leftovers(machine: &Machine) -> Vec<LeftOut> {
    let why = |kind: super::LeftoverKind| match kind {
        super::LeftoverKind::ChangeTracking => {
            "change tracking, which import does not need and which must not lie beside a changed disk"
        }
        super::LeftoverKind::ReplicaLog | super::LeftoverKind::ReplicaUndo => {
            "a log of replication, which is never applied off its host"
        }
        _ => "made by a backup for itself; choose it with --assign if it is what you want",
    };
    let left_out = |leftover: &super::Leftover| LeftOut {
        from: leftover.path.clone(),
        why: why(leftover.kind).into(),
    };
    machine.leftovers.iter().map(left_out).collect()
}
