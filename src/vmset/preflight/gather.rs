//! The facts that a source, an opened backup and a destination tell.

use std::path::Path;
use std::sync::Arc;

use blockio::Fault;
use disk::{Chain, LayerEntry};
use partition::{Content, ForeignKind, Partition};

use super::facts::Purpose;
use super::{ChainFile, Destination, DiskFacts, Facts, VolumeFacts};
use crate::guest::Guest;
use crate::hostfs;
use crate::open::{Backup, ChainView, Disk, Error, OpenDisk, Options, Source, Volume, Watch};
use crate::vmset::plan::unmarked;
use crate::vmset::{Machine, StateDisk};

/// A boot partition of an MBR disk is smaller than this, and a system volume is not.
const BOOT: u64 = 1 << 30;

/// What a source tells of one of its machines.
pub struct Gathered<'s> {
    /// The facts; host, processor and destination are for the caller to add.
    pub facts: Facts<'s>,
    /// What watches the files that were read for them.
    pub watches: Vec<Watch>,
    /// Why no disk of the state could be opened: the rows say which are missing.
    pub unopened: Option<Error>,
}

/// What `source` tells of `machine`: of the state that `options` name if that is to be restored `alone`,
/// else of now and all checkpoints.
///
/// # Errors
/// As [`Source::open`], where the state was asked for.
pub fn machine<'s>(
    source: &'s Source,
    machine: &Machine,
    options: &Options,
    alone: bool,
) -> Result<Gathered<'s>, Error> {
    let options = Options {
        every_leaf: true,
        ..options.clone()
    };
    let mut gathered = Gathered {
        facts: Facts {
            machines: &source.vms().machines,
            ..Facts::default()
        },
        watches: Vec::new(),
        unopened: None,
    };
    match source.open(Some(machine), &options) {
        Ok(backup) => {
            let facts = &mut gathered.facts;
            facts.disks = chains(&backup);
            facts.guests = guests(&backup);
            facts.volumes = volumes(&backup);
            facts.state = backup.state().map(|state| state.number).filter(|_| alone);
            gathered.watches.push(backup.watch());
        }
        Err(error) if alone => return Err(error),
        Err(error) => gathered.unopened = Some(error),
    }
    if !alone {
        gathered.add_other_chains(source, machine, &options);
    }
    Ok(gathered)
}

impl Gathered<'_> {
    /// Adds the chains that only checkpoints have: those of branches that now does not build on.
    fn add_other_chains(&mut self, source: &Source, machine: &Machine, options: &Options) {
        for state in &machine.states {
            let is_new = |disk: &StateDisk| disk.path().is_some_and(|path| !self.has(path));
            if !state.disks.iter().any(is_new) {
                continue;
            }
            let options = Options {
                state: format!("#{}", state.number),
                ..options.clone()
            };
            let Ok(backup) = source.open(Some(machine), &options) else {
                continue; // the rows say what is missing
            };
            self.watches.push(backup.watch());
            for chain in chains(&backup) {
                if chain.files.first().is_none_or(|leaf| !self.has(&leaf.path)) {
                    self.facts.disks.push(chain);
                }
            }
        }
    }

    /// Whether a chain has the file at `path`.
    fn has(&self, path: &Path) -> bool {
        let mut files = self.facts.disks.iter().flat_map(|chain| &chain.files);
        files.any(|file| file.path == path)
    }
}

/// The chains of the disks that `backup` reads.
#[must_use]
pub fn chains(backup: &Backup) -> Vec<DiskFacts> {
    backup.disks.iter().map(chain).collect()
}

fn chain(disk: &Disk) -> DiskFacts {
    let chain = disk.chain.as_ref().map(ChainView::chain);
    let layers = chain.map_or(&[][..], |chain| &chain.layers);
    let replayed =
        |layer: &LayerEntry| Some(format!("{}: {}", layer.name, layer.image.log_replay()?));
    let accepted = chain.map(Chain::overrides).unwrap_or_default();
    DiskFacts {
        files: layers.iter().map(file).collect(),
        fault: fault(disk, chain),
        replayed: layers.iter().filter_map(replayed).collect(),
        accepted: accepted.iter().map(Fault::to_string).collect(),
    }
}

fn file(layer: &LayerEntry) -> ChainFile {
    ChainFile {
        path: layer.path.clone(),
        size: layer.file_size,
        allocated: layer.image.allocated().unwrap_or(layer.file_size),
    }
}

/// Why the disk cannot be read: by its broken link, which has a fix, or else as it was opened.
fn fault(disk: &Disk, chain: Option<&Chain>) -> Option<(Arc<Fault>, Option<String>)> {
    let broken = chain.and_then(|chain| chain.broken.as_ref());
    if let Some(broken) = broken {
        return Some((Arc::clone(&broken.fault), Some(broken.fix.clone())));
    }
    let fault = disk.opened.as_ref().err()?;
    Some((Arc::clone(fault), None))
}

/// The Windows installations on the volumes that `backup` reads.
#[must_use]
pub fn guests(backup: &Backup) -> Vec<Guest> {
    let volumes = backup.data_volumes();
    volumes
        .filter_map(|volume| Guest::read(&*volume.fs))
        .collect()
}

/// The volumes that `backup` reads, and what lies where volumes could be.
#[must_use]
pub fn volumes(backup: &Backup) -> Vec<VolumeFacts> {
    let mut found: Vec<_> = backup
        .volumes()
        .map(|volume| of_volume(backup, volume))
        .collect();
    for disk in &backup.disks {
        if let Ok(opened) = &disk.opened {
            found.extend(foreign(disk.number, opened));
        }
    }
    found
}

fn of_volume(backup: &Backup, volume: &Volume) -> VolumeFacts {
    let info = volume.fs.info();
    let partition = &volume.partition;
    let is_boot = partition.is_recovery() || (partition.active && partition.len < BOOT);
    let letter = backup.letter_of(volume);
    VolumeFacts {
        name: letter.map_or_else(|| volume.name.clone(), |letter| format!("{letter}:")),
        kind: info.kind,
        size: info.size,
        free: info.free,
        dirty: info.dirty,
        purpose: if is_boot {
            Purpose::Boot
        } else {
            Purpose::Data
        },
    }
}

/// What is on a disk besides NTFS: other file systems, and the volumes of a dynamic disk.
fn foreign(disk: usize, opened: &OpenDisk) -> Vec<VolumeFacts> {
    let Ok(table) = &opened.table else {
        return Vec::new();
    };
    let partitions = table.partitions.iter();
    let mut found: Vec<_> = partitions
        .filter_map(|one| of_partition(disk, one))
        .collect();
    let volumes = table.ldm.iter().flat_map(|database| &database.volumes);
    found.extend(volumes.map(|volume| VolumeFacts {
        name: volume.drive.clone().unwrap_or_else(|| volume.name.clone()),
        kind: "dynamic disk (LDM)".into(),
        size: volume.size,
        purpose: Purpose::Dynamic,
        ..VolumeFacts::default()
    }));
    found
}

fn of_partition(disk: usize, partition: &Partition) -> Option<VolumeFacts> {
    let Content::Foreign(foreign) = &partition.content else {
        return None;
    };
    let holds_no_files = [
        ForeignKind::Msr,
        ForeignKind::LdmMetadata,
        ForeignKind::LdmData,
        ForeignKind::Swap,
        ForeignKind::ExtJournal,
    ];
    if holds_no_files.contains(&foreign.kind) {
        return None;
    }
    let is_boot = partition.type_name == "EFI system" || partition.len < BOOT;
    Some(VolumeFacts {
        name: format!("disk{disk}/part{}", partition.number),
        kind: foreign.kind.name().into(),
        size: partition.len,
        purpose: if is_boot {
            Purpose::Boot
        } else {
            Purpose::Data
        },
        ..VolumeFacts::default()
    })
}

/// What can be told of a destination, which need not exist yet.
#[must_use]
pub fn destination(folder: &Path) -> Destination {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|above| above.is_dir());
    let limits = there
        .and_then(|there| hostfs::limits(there).ok())
        .unwrap_or_default();
    let text = unmarked(&absolute.to_string_lossy());
    let text = text.trim_end_matches('\\');
    let mut entries = std::fs::read_dir(&absolute).into_iter().flatten();
    Destination {
        folder: folder.to_owned(),
        windows_length: cfg!(windows).then(|| text.encode_utf16().count()),
        file_system: limits.file_system,
        free: there.and_then(|there| hostfs::free_space(there).ok()),
        longest_file: limits.longest_file,
        sparse: limits.sparse,
        shares_blocks: limits.shares_blocks,
        occupied: entries.next().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r32_a_destination_is_looked_at_where_it_would_be() {
        let folder = tempfile::tempdir().unwrap();
        let there = destination(folder.path());
        assert!(!there.occupied && there.free.is_some());
        let below = destination(&folder.path().join("not/there/yet"));
        assert_eq!((below.free.is_some(), below.occupied), (true, false));
        assert_eq!(below.file_system, there.file_system);
        assert_eq!(below.windows_length.is_some(), cfg!(windows));
        std::fs::write(folder.path().join("x"), "x").unwrap();
        assert!(destination(folder.path()).occupied);
    }
}
