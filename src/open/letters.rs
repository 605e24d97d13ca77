//! Drive letters: what they meant inside the guest, by its own registry; else a guess that says so.

use std::sync::Arc;

use blockio::Fault;
use partition::{Partition, Scheme, Table};
use tree::{Kind, Name};

use super::{Backup, Disk, OpenDisk, Volume};
use crate::guest::{self, Device, Mounted};

/// The drive letters of a backup.
pub struct Letters {
    /// Where they come from.
    pub source: LetterSource,
    /// What could not be read, or only with the help of a log.
    pub notes: Vec<Arc<Fault>>,
    assigned: Vec<Assigned>,
}

/// Where the letters come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterSource {
    /// From the registry of the installation on this volume.
    Guest {
        /// As listings name it: `disk0/part2`.
        volume: String,
    },
    /// Guessed: only `C:`, the volume that holds `\Windows`, else the largest.
    Guess {
        /// Why the guest itself could not be asked.
        why: String,
    },
}

/// One letter, the device behind it if the guest said so, and where that is in the backup.
struct Assigned {
    letter: char,
    device: Option<Device>,
    /// More than one where disks are copies of each other.
    spots: Vec<Spot>,
}

/// A partition of a disk.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spot {
    /// Index of the disk; its number need not be unique.
    disk: usize,
    /// Number of the partition.
    partition: u32,
}

/// What a letter means.
pub enum Meaning<'a> {
    /// These volumes; more than one where disks are copies of each other.
    Volumes(Vec<&'a Volume>),
    /// A partition that is here and is no volume that can be read.
    Closed(&'a Disk, &'a Partition),
    /// A device that no disk of the backup holds.
    Elsewhere(&'a Device),
    /// Nothing that the guest knows, or that could be guessed.
    Unknown,
}

/// An installation, and where the devices that it knows are.
struct Candidate<'a> {
    volume: &'a Volume,
    assigned: Vec<Assigned>,
    notes: Vec<Arc<Fault>>,
}

impl Candidate<'_> {
    /// Whether nothing at all could be learnt from it.
    fn is_unreadable(&self) -> bool {
        self.assigned.is_empty() && !self.notes.is_empty()
    }

    /// How many of its letters are in the backup.
    fn found(&self) -> usize {
        let found = |assigned: &&Assigned| !assigned.spots.is_empty();
        self.assigned.iter().filter(found).count()
    }
}

impl Backup {
    /// The drive letters, read from the guest when first asked for.
    pub fn letters(&self) -> &Letters {
        self.letters.get_or_init(|| self.find_letters())
    }

    /// The letter by which the guest knew `volume`.
    #[must_use]
    pub fn letter_of(&self, volume: &Volume) -> Option<char> {
        let here = |assigned: &&Assigned| {
            let mut volumes = assigned
                .spots
                .iter()
                .filter_map(|spot| self.volume_at(*spot));
            volumes.any(|found| std::ptr::eq(found, volume))
        };
        let assigned = self.letters().assigned.iter().find(here);
        assigned.map(|assigned| assigned.letter)
    }

    /// The folder that the root of `volume` becomes where several volumes go into one place: `C`,
    /// `disk0-part2`.
    #[must_use]
    pub fn folder_of(&self, volume: &Volume) -> String {
        let letter = self.letter_of(volume);
        letter.map_or_else(|| volume.name.replace('/', "-"), String::from)
    }

    /// What `letter`, upper case, means.
    #[must_use]
    pub fn meaning_of(&self, letter: char) -> Meaning<'_> {
        let assigned = &self.letters().assigned;
        let Some(assigned) = assigned.iter().find(|found| found.letter == letter) else {
            return Meaning::Unknown;
        };
        let volumes = assigned
            .spots
            .iter()
            .filter_map(|spot| self.volume_at(*spot));
        let volumes: Vec<_> = volumes.collect();
        if !volumes.is_empty() {
            return Meaning::Volumes(volumes);
        }
        let closed = assigned
            .spots
            .first()
            .and_then(|spot| self.partition_at(*spot));
        match (closed, &assigned.device) {
            (Some((disk, partition)), _) => Meaning::Closed(disk, partition),
            (None, Some(device)) => Meaning::Elsewhere(device),
            (None, None) => Meaning::Unknown,
        }
    }

    fn find_letters(&self) -> Letters {
        let mut candidates: Vec<_> = self
            .data_volumes()
            .filter_map(|volume| self.ask(volume))
            .collect();
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.found()));
        let why = match &candidates[..] {
            [] => "no Windows installation was found",
            [first, second, ..] if first.found() == second.found() => {
                "there is more than one Windows installation"
            }
            [first, ..] if first.is_unreadable() => "its registry cannot be read",
            [first, ..] if first.found() == 0 => "its registry names none of these volumes",
            _ => {
                let chosen = candidates.swap_remove(0);
                return Letters {
                    source: LetterSource::Guest {
                        volume: chosen.volume.name.clone(),
                    },
                    notes: chosen.notes,
                    assigned: chosen.assigned,
                };
            }
        };
        Letters {
            source: LetterSource::Guess { why: why.into() },
            notes: candidates
                .into_iter()
                .flat_map(|candidate| candidate.notes)
                .collect(),
            assigned: self.guess().into_iter().collect(),
        }
    }

    /// Asks the installation on `volume`, if there is one.
    fn ask<'a>(&self, volume: &'a Volume) -> Option<Candidate<'a>> {
        let (mounted, notes) = guest::mounted_devices(&**volume.live())?;
        let assigned = mounted
            .into_iter()
            .filter_map(|mounted| self.place(mounted));
        Some(Candidate {
            volume,
            assigned: assigned.collect(),
            notes,
        })
    }

    fn place(&self, mounted: Mounted) -> Option<Assigned> {
        let guest::Name::Letter(letter) = mounted.name else {
            return None;
        };
        let on_disk = |(index, disk): (usize, &Disk)| {
            let table = disk.opened.as_ref().ok()?.table.as_ref().ok()?;
            let partition = table
                .partitions
                .iter()
                .find(|part| is_device(table, part, &mounted.device))?;
            Some(Spot {
                disk: index,
                partition: partition.number,
            })
        };
        Some(Assigned {
            letter,
            spots: self.disks.iter().enumerate().filter_map(on_disk).collect(),
            device: Some(mounted.device),
        })
    }

    /// `C:` is the data volume that holds `\Windows`, else the largest.
    fn guess(&self) -> Option<Assigned> {
        let windows = self.data_volumes().find(|volume| holds_windows(volume));
        let largest = || {
            self.data_volumes()
                .max_by_key(|volume| volume.partition.len)
        };
        let volume = windows.or_else(largest)?;
        let disk = self.disks.iter().position(|disk| {
            let volumes = disk.opened.iter().flat_map(|opened| &opened.volumes);
            volumes.into_iter().any(|found| std::ptr::eq(found, volume))
        })?;
        Some(Assigned {
            letter: 'C',
            device: None,
            spots: vec![Spot {
                disk,
                partition: volume.partition.number,
            }],
        })
    }

    fn opened(&self, spot: Spot) -> Option<(&Disk, &OpenDisk)> {
        let disk = self.disks.get(spot.disk)?;
        Some((disk, disk.opened.as_ref().ok()?))
    }

    fn volume_at(&self, spot: Spot) -> Option<&Volume> {
        let mut volumes = self.opened(spot)?.1.volumes.iter();
        volumes.find(|volume| volume.partition.number == spot.partition)
    }

    fn partition_at(&self, spot: Spot) -> Option<(&Disk, &Partition)> {
        let (disk, opened) = self.opened(spot)?;
        let mut partitions = opened.table.as_ref().ok()?.partitions.iter();
        Some((disk, partitions.find(|part| part.number == spot.partition)?))
    }
}

/// Whether the mount manager's `device` is this partition.
fn is_device(table: &Table, partition: &Partition, device: &Device) -> bool {
    match device {
        Device::Mbr { signature, offset } => {
            let on_disk = table.scheme == Scheme::Mbr && table.mbr_signature == Some(*signature);
            on_disk && partition.start == *offset
        }
        Device::Guid(id) => partition.id == Some(*id),
        Device::Path(_) | Device::Unknown(_) => false,
    }
}

/// Whether `\Windows` is a directory of the volume.
pub(crate) fn holds_windows(volume: &Volume) -> bool {
    let fs = volume.live();
    let windows = fs.lookup(fs.root(), &Name::from("Windows"));
    windows
        .and_then(|node| fs.metadata(node))
        .is_ok_and(|found| found.kind == Kind::Directory)
}
