//! The database of dynamic disks (LDM): which volumes there are, and where their parts lie.
//!
//! Each dynamic disk holds a copy of the database of its whole group: at the end of an MBR disk, in
//! a partition of its own on a GPT disk.
//!
//! ```text
//! private header -> table of contents -> region "config" -> database header
//!     -> fragments -> records -> volumes, their plexes, the extents of these on disks
//! ```

mod database;
mod fields;
mod fragments;
mod header;
mod record;
mod volume;

use blockio::{Fault, ReadAt};
use uuid::Uuid;

pub use self::volume::{Disk, Extent, Kind, Layout, Plex, Volume};
use crate::probe::Probe;

/// Where a disk keeps its copy of the database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// GPT: in this partition, in bytes.
    Partition {
        /// Where it begins.
        start: u64,
        /// How long it is.
        len: u64,
    },
    /// MBR: in the last MiB.
    EndOfDisk,
}

/// What a dynamic disk says of itself and of its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The group's name.
    pub group: Option<String>,
    /// The group's GUID.
    pub group_guid: Option<Uuid>,
    /// The GUID of the disk that this copy was read from, as in [`Disk::guid`].
    pub disk_guid: Option<Uuid>,
    /// Where the data of that disk begins, in bytes; its extents count from here.
    pub public_start: u64,
    /// All disks of the group.
    pub disks: Vec<Disk>,
    /// All volumes of the group, whatever disks they lie on.
    pub volumes: Vec<Volume>,
}

impl Database {
    /// The disk that this copy was read from.
    #[must_use]
    pub fn this_disk(&self) -> Option<&Disk> {
        let guid = self.disk_guid?;
        self.disks.iter().find(|disk| disk.guid == Some(guid))
    }
}

/// Reads the database, and notes what in it is damaged or unfinished.
pub(crate) fn read(
    disk: &dyn ReadAt,
    place: Place,
    sector_size: u32,
) -> Result<(Database, Vec<Fault>), Fault> {
    let disk = Probe::new(disk);
    let header = header::find(disk, place, sector_size)?;
    let mut notes = Vec::new();
    let database = database::read(disk, &header, &mut notes)?;
    Ok((database, notes))
}

#[cfg(test)]
mod tests;
