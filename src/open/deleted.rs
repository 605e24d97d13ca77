//! Each volume's deleted files in the place of its live ones.

use std::sync::Arc;

use blockio::{Cache, Fault};
use disk::{Finder, VirtualDisk};
use partition::Partition;

use super::disks::volumes_of;
use super::{Backup, ChainView, Disk, OpenDisk, State, Volume};
use crate::codes::cli::NO_TRACE;
use crate::deleted::{Deleted, Earlier};

impl Backup {
    /// Shows what was deleted instead of what is there. A volume that cannot tell counts as one that
    /// could not be opened.
    pub(super) fn show_deleted(&mut self, finder: &Finder, cache: &Cache) {
        for disk in &mut self.disks {
            let below = states_below(disk, finder, cache);
            if let Ok(opened) = &mut disk.opened {
                show(opened, &below);
            }
        }
    }
}

fn show(opened: &mut OpenDisk, below: &[(State, Vec<Volume>)]) {
    for mut volume in std::mem::take(&mut opened.volumes) {
        match deleted_of(&volume, below) {
            Ok(deleted) => {
                let deleted = Arc::new(deleted);
                volume.fs = Arc::<Deleted>::clone(&deleted);
                volume.deleted = Some(deleted);
                opened.volumes.push(volume);
            }
            Err(fault) => opened.failed.push((volume.partition.number, fault)),
        }
    }
}

fn deleted_of(volume: &Volume, below: &[(State, Vec<Volume>)]) -> Result<Deleted, Arc<Fault>> {
    let found = volume.fs.deleted().map_err(|error| match error {
        tree::Error::Fault(fault) => fault,
        error => Fault::from_io(&std::io::Error::other(error.to_string()), "deleted files"),
    })?;
    let earlier = below.iter().filter_map(|(state, volumes)| {
        let mut volumes = volumes.iter();
        let same = volumes.find(|other| is_same(&other.partition, &volume.partition))?;
        Some(Earlier {
            state: state.file_name(),
            fs: Arc::clone(&same.fs),
        })
    });
    let no_trace = || Arc::new(Fault::unsupported(&NO_TRACE, "deleted files"));
    let (live, found) = (Arc::clone(&volume.fs), found.ok_or_else(no_trace)?);
    Ok(Deleted::new(live, found, earlier.collect()))
}

/// Whether two states have the same volume at one place of the disk.
fn is_same(a: &Partition, b: &Partition) -> bool {
    (a.start, a.number) == (b.start, b.number)
}

/// The states that `disk`'s builds on with their volumes, the newest first.
fn states_below(disk: &Disk, finder: &Finder, cache: &Cache) -> Vec<(State, Vec<Volume>)> {
    let Some(ChainView::Read(opened)) = &disk.chain else {
        return Vec::new();
    };
    let below = opened.chain().layers.iter().skip(1);
    let states = below.filter_map(|layer| disk.family.state_at(&layer.path).cloned());
    let open = |state: State| {
        let chain = finder.chain(&state.path).ok()?;
        let whole = chain.broken.is_none();
        let disk = Arc::new(VirtualDisk::salvage(chain));
        whole.then(|| {
            let volumes = volumes_of(0, &state, &disk, cache).volumes;
            (state, volumes)
        })
    };
    states.filter_map(open).collect()
}
