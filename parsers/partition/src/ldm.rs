//! The database of dynamic disks (LDM): which volumes there are, and where their parts lie.

use blockio::{Fault, ReadAt};

use crate::codes;

/// Where a disk keeps its copy of the database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Partition { start: u64, len: u64 },
    EndOfDisk,
}

/// D
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {}

pub(crate) fn read(
    _disk: &dyn ReadAt,
    _place: Place,
    _sector_size: u32,
) -> Result<(Database, Vec<Fault>), Fault> {
    Err(Fault::damaged(&codes::LDM_DATABASE, "LDM database"))
}
