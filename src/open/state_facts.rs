//! What the guest's own volumes say of one state of a machine.

use tree::Time;

use crate::guest::{LastWritten, last_shutdown, last_written};
use crate::open::{Backup, Source};
use crate::vmset::{Machine, VolumeSigns};

/// What the guest's own volumes say of one state of a machine.
#[derive(Clone, Debug, Default)]
pub struct StateFacts {
    /// When the guest last wrote, and which volume says so by what: the newest of all volumes.
    pub written: Option<(String, LastWritten)>,
    /// The volumes that were not cleanly shut down, and why.
    pub dirty: Vec<(String, String)>,
    /// How many volumes could be read.
    pub volumes: usize,
    /// Disks of the state that are not here or cannot be read, and volumes that cannot.
    pub unreadable: usize,
    /// Bytes in use on all volumes.
    pub used: u64,
    /// When the guest was last shut down, by its registry: the newest of all installations.
    pub last_shutdown: Option<Time>,
}

impl StateFacts {
    /// What the volumes of an opened state say.
    #[must_use]
    pub fn of(backup: &Backup) -> Self {
        let mut facts = Self::default();
        for volume in backup.volumes() {
            let info = volume.fs.info();
            facts.volumes += 1;
            facts.used += info.free.map_or(0, |free| info.size.saturating_sub(free));
            facts
                .dirty
                .extend(info.dirty.map(|why| (volume.name.clone(), why)));
            let shutdown = last_shutdown(&**volume.live());
            facts.last_shutdown = facts.last_shutdown.max(shutdown);
            let found = last_written(&**volume.live());
            let newest = facts.written.as_ref().map(|(_, found)| found.time);
            if let Some(found) = found.filter(|found| Some(found.time) > newest) {
                facts.written = Some((volume.name.clone(), found));
            }
        }
        let failed =
            |disk: &super::Disk| disk.opened.as_ref().map_or(1, |opened| opened.failed.len());
        facts.unreadable = backup.disks.iter().map(failed).sum();
        let named = backup.state().map_or(0, |state| state.disks.len());
        facts.unreadable += named.saturating_sub(backup.disks.len());
        facts
    }
}

impl StateFacts {
    /// What of it says how consistent the state is.
    #[must_use]
    pub fn signs(&self) -> VolumeSigns {
        VolumeSigns {
            read: self.volumes,
            dirty: self.dirty.clone(),
            last_written: self.written.as_ref().map(|(_, written)| written.time),
            last_shutdown: self.last_shutdown,
        }
    }
}

impl Source {
    /// What the guest's volumes say of the state `number` of `machine`.
    #[must_use]
    pub fn facts(&self, machine: &Machine, number: usize) -> StateFacts {
        StateFacts::of(&self.open_state(machine, number))
    }
}
