//! What the script must know of a machine: plain data, filled by who planned the restore.

use uuid::Uuid;
use vmcx::{Adapter, Device, Firmware, Generation, Memory, Processors, Replication, Text, Version};

use crate::vmset::preflight::Row;
use crate::vmset::{Absence, BackupMode, Slot};

/// Everything that the script and `RESTORED.md` say about one restored machine.
///
/// Paths of the set are relative to the machine's folder and separated by `\`, whatever the platform
/// that the set is written on: `Virtual Hard Disks\web01.vhdx`. [`set_path`] makes them.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The machine's id, as its restored configuration has it; `None` of disks without one.
    pub id: Option<Uuid>,
    /// Its name, as its restored configuration has it.
    pub name: Text,
    /// Which hardware the guest sees.
    pub generation: Generation,
    /// Version of its configuration.
    pub version: Option<Version>,
    /// Hosts that take this version, for people: `Windows Server 2019`.
    pub hosts: Vec<String>,
    /// In which mode it was backed up.
    pub mode: BackupMode,
    /// How a host gets it.
    pub way: Way,
    /// Its configurations: now first, then the checkpoints, parents first. Of a merged state there is
    /// one, under [`StateKind::Now`], and the checkpoints of the source are [`Fate::MergedAway`].
    pub states: Vec<StateFacts>,
    /// The state that was merged into the disks (`--as-of`), by name; `None` if checkpoints were kept.
    pub merged: Option<String>,
    /// Every virtual disk file of the set: each member of each chain, in any order.
    pub files: Vec<DiskFile>,
    /// Network adapters of now.
    pub adapters: Vec<Adapter>,
    /// Memory of now.
    pub memory: Memory,
    /// Processors of now.
    pub processors: Processors,
    /// Firmware of now.
    pub firmware: Firmware,
    /// How many SCSI controllers now has.
    pub scsi_controllers: u32,
    /// Devices that tie it to its old host, and a virtual TPM.
    pub devices: Vec<Device>,
    /// Hyper-V Replica, if it took part.
    pub replication: Option<Replication>,
    /// Whether it was a role of a failover cluster, or lay on a cluster's volumes.
    pub clustered: bool,
    /// Whether its guest is a domain controller.
    pub domain_controller: bool,
    /// What is not in the backup.
    pub absent: Vec<Absence>,
    /// Whether every byte that the backup has is there.
    pub is_whole: bool,
    /// What pre-flight found.
    pub rows: Vec<Row>,
    /// The Windows path of the machine's folder for which every path in its configurations is right;
    /// `None` if they still name the places that the machine came from.
    pub fits: Option<Text>,
    /// Whether the import must give it a new id (`--new-id`), the configuration having the old one.
    pub new_id: bool,
}

/// How a host gets a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its configuration is imported.
    Import {
        /// The configuration in the set: `Virtual Machines\<ID>.vmcx`.
        configuration: String,
    },
    /// A new machine is made around its disks.
    Anew {
        /// Why, for people: a clause.
        why: String,
    },
}

/// One configuration of the machine: now, or a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFacts {
    /// Its configuration's own id; nil where there is none.
    pub id: Uuid,
    /// Which kind.
    pub kind: StateKind,
    /// A checkpoint's name; of now the machine's.
    pub name: Text,
    /// When a checkpoint was taken, in 100 ns since 1601 (UTC).
    pub created: Option<u64>,
    /// What becomes of it.
    pub fate: Fate,
    /// Its drives, in the order of controllers and locations; empty ones left out.
    pub drives: Vec<DriveFacts>,
    /// Its saved memory.
    pub memory: MemoryFate,
}

/// Which kind of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    /// The machine as it is now.
    Now,
    /// A checkpoint.
    Checkpoint,
}

/// What becomes of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the set.
    Kept,
    /// The machine names it, and the backup has not got it (or not its disks).
    Absent,
    /// Its disks were merged into others.
    MergedAway,
}

/// What becomes of saved memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryFate {
    /// There is none.
    None,
    /// It is in the set, with exactly the disks that it was saved with.
    Kept,
    /// The host must drop it before it starts the machine.
    Drop {
        /// Why, for people: a clause.
        why: String,
    },
}

/// A drive of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriveFacts {
    /// Where it is plugged in.
    pub slot: Slot,
    /// What is in it.
    pub content: Content,
}

/// What is in a drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A virtual disk.
    Disk {
        /// The path in the configuration, as restored.
        recorded: Text,
        /// Its leaf in the set; `None` if the backup has not got it.
        file: Option<String>,
    },
    /// A CD image.
    Iso {
        /// The path in the configuration, as restored; may be empty.
        recorded: Text,
        /// Its file in the set; `None` if the backup has not got it.
        file: Option<String>,
    },
    /// A diskette image.
    Floppy {
        /// The path in the configuration, as restored.
        recorded: Text,
    },
    /// A disk of the host (pass-through): no file.
    Physical {
        /// What the configuration says about it.
        what: Text,
    },
}

/// A virtual disk file of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskFile {
    /// The file.
    pub path: String,
    /// Its parent, which is in the set too; `None` of a base disk.
    pub parent: Option<String>,
}

/// The relative path of these names, as [`Facts`] takes it.
#[must_use]
pub fn set_path<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    names.join("\\")
}

impl Facts {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Option<&StateFacts> {
        self.states
            .iter()
            .find(|state| state.kind == StateKind::Now)
    }

    /// The newest checkpoint that the machine will have; a new machine has none.
    #[must_use]
    pub fn newest_checkpoint(&self) -> Option<&StateFacts> {
        if let Way::Anew { .. } = self.way {
            return None;
        }
        let kept =
            |state: &&StateFacts| state.kind == StateKind::Checkpoint && state.fate == Fate::Kept;
        self.states
            .iter()
            .filter(kept)
            .max_by_key(|state| state.created)
    }

    /// Whether now cannot be started as it was, because a disk of it is not in the backup.
    #[must_use]
    pub fn now_lacks_disks(&self) -> bool {
        self.now().is_some_and(StateFacts::lacks_disks)
    }

    /// Why the import wizard of Hyper-V Manager would go wrong, a clause each; empty if it cannot.
    #[must_use]
    pub fn wizard_stops(&self) -> Vec<String> {
        super::wizard::stops(self)
    }
}

impl StateFacts {
    /// Whether a disk of it is not in the backup.
    #[must_use]
    pub fn lacks_disks(&self) -> bool {
        self.drives
            .iter()
            .any(|drive| matches!(drive.content, Content::Disk { file: None, .. }))
    }
}
