//! Virtual machines: which files are one machine, its checkpoints, and what is not in the backup.
//!
//! | module | owns |
//! |---|---|
//! | [`find`] | which files are one machine, and what each of them is to it |
//! | [`machine`] | machines, their states, what ties a drive to a file |
//! | [`absence`] | what a machine has and the backup has not |
//! | [`choose`] | which machine and which state the operator means |
//! | [`consistency`] | how consistent a state is, and what speaks for it |
//! | [`dates`] | states that were written to after they were frozen |
//! | [`hosts`] | which Windows accepts which version |
//! | [`manifest`] | what was written, as JSON |
//! | [`plan`] | what a restore will write, from where, and what is changed |
//! | [`write`](mod@write) | a plan carried out |
//! | [`script`] | what is left to do on Windows: `import.ps1`, `RESTORED.md` |
//! | [`preflight`] | what stands in the way of an import |
//! | [`codes`] | the codes of a restore |

pub mod absence;
pub mod choose;
pub mod codes;
pub mod consistency;
pub mod dates;
pub mod find;
pub mod hosts;
pub mod machine;
pub mod manifest;
pub mod plan;
pub mod preflight;
pub mod script;
pub mod write;

pub use absence::{Absence, AbsenceKind};
pub use consistency::{Consistency, Verdict, VolumeSigns};
pub use dates::{LateWrite, Later};
pub use find::{Assign, Hints, Map, Offer, OfferKind, Places};
pub use hosts::{Acceptance, Host};
pub use machine::{
    BackupMode, ConfigFile, ConfigFormat, How, Leftover, LeftoverKind, Machine, MachineState,
    ModeKind, SavedMemory, Slot, StateDisk, StateKind, Tie, VmSet,
};
