//! Virtual machines: which files are one machine, its checkpoints, and what is not in the backup.
//!
//! | module | owns |
//! |---|---|
//! | [`machine`] | machines, their states, what ties a drive to a file |
//! | [`absence`] | what a machine has and the backup has not |
//! | [`hosts`] | which Windows accepts which version |

pub mod absence;
pub mod hosts;
pub mod machine;

pub use absence::{Absence, AbsenceKind};
pub use hosts::{Acceptance, Host};
pub use machine::{
    BackupMode, ConfigFile, ConfigFormat, How, Leftover, LeftoverKind, Machine, MachineState,
    ModeKind, SavedMemory, Slot, StateDisk, StateKind, Tie, VmSet,
};
