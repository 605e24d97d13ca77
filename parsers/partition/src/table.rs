//! What a disk's partition table says.

mod choose;
mod place;

use std::sync::Arc;

use blockio::{Fault, ReadAt};
use uuid::Uuid;

use self::choose::Chooser;
use crate::partition::{Partition, TypeId};
use crate::{Error, codes, ldm, types};

/// What kind of table a disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// GUID partition table.
    Gpt,
    /// Master boot record.
    Mbr,
    /// None: the disk is one volume, or its contents are not known.
    None,
}

impl Scheme {
    /// The name people use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpt => "GPT",
            Self::Mbr => "MBR",
            Self::None => "no partition table",
        }
    }
}

/// What a disk's partition table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Which kind of table was used.
    pub scheme: Scheme,
    /// The sector size that the table counts in, in bytes.
    pub sector_size: u32,
    /// GPT: the disk's GUID, where a header could be read.
    pub disk_guid: Option<Uuid>,
    /// The signature in the MBR, unless zero.
    pub mbr_signature: Option<u32>,
    /// By number. Without a table: the whole disk as number 0.
    pub partitions: Vec<Partition>,
    /// What is damaged or odd: a copy that was passed over, a partition that is not whole.
    pub notes: Vec<Fault>,
    /// The database of a dynamic disk (LDM).
    pub ldm: Option<ldm::Database>,
}

/// Reads the partition table of `disk`.
///
/// `logical_sector_size` is what the disk's format says, 0 where it says nothing (a raw image); where
/// the table itself counts in 512 or 4096 instead, that size is used. A disk without a table is one partition of
/// number 0, its content [`Content::Unknown`](crate::Content::Unknown) where nothing is recognised.
///
/// # Errors
/// Where the disk has a GPT of which no copy can be used, and nothing else tells its partitions.
/// All lesser damage is in [`Table::notes`].
pub fn read(disk: &Arc<dyn ReadAt>, logical_sector_size: u32) -> Result<Table, Error> {
    let chooser = Chooser::new(disk, logical_sector_size);
    let mut table = chooser.choose()?;
    table.note_sector_size(logical_sector_size);
    table.note_overlaps();
    table.read_ldm(disk);
    Ok(table)
}

impl Table {
    fn note_sector_size(&mut self, stated: u32) {
        let differs = stated != 0 && self.sector_size != stated;
        if self.scheme != Scheme::None && differs {
            self.notes.push(
                Fault::damaged(&codes::SECTOR_SIZE, "partition table")
                    .expected(format!("sectors of {stated} bytes"))
                    .found(self.sector_size.to_string()),
            );
        }
    }

    fn note_overlaps(&mut self) {
        let mut by_start: Vec<_> = self.partitions.iter().collect();
        by_start.sort_by_key(|part| part.start);
        // Of those that begin before, the one that goes furthest.
        let mut furthest: Option<&Partition> = None;
        for part in by_start {
            if let Some(before) = furthest.filter(|before| before.end() > part.start) {
                let fault = Fault::damaged(&codes::OVERLAP, format!("partition {}", part.number))
                    .at(part.start)
                    .expected(format!("a start at or after {:#x}", before.end()))
                    .found(format!("the inside of partition {}", before.number));
                self.notes.push(fault);
            }
            if furthest.is_none_or(|before| before.end() < part.end()) {
                furthest = Some(part);
            }
        }
    }

    fn read_ldm(&mut self, disk: &Arc<dyn ReadAt>) {
        let metadata = |part: &&Partition| part.type_id == TypeId::Gpt(types::LDM_METADATA);
        let place = match self.partitions.iter().find(metadata) {
            Some(part) => ldm::Place::Partition {
                start: part.start,
                len: part.len,
            },
            None if self.is_dynamic() => ldm::Place::EndOfDisk,
            None => return,
        };
        match ldm::read(&**disk, place, self.sector_size) {
            Ok((database, notes)) => {
                self.notes.extend(notes);
                self.ldm = Some(database);
            }
            Err(fault) => self.notes.push(fault),
        }
    }

    /// Whether a partition belongs to a dynamic disk.
    fn is_dynamic(&self) -> bool {
        let types = [TypeId::Mbr(types::MBR_LDM), TypeId::Gpt(types::LDM_DATA)];
        self.partitions
            .iter()
            .any(|part| types.contains(&part.type_id))
    }
}

#[cfg(test)]
mod tests;
