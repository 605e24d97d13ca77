//! What the guest's own volumes say of one state of a machine.

use tree::Time;

use crate::guest::{EveryFile, LastWritten, last_shutdown, last_written};
use crate::open::{Backup, Source};
use crate::vmset::{Machine, VolumeSigns};

/// What the guest's own volumes say of one state of a machine.
#[derive(Clone, Debug, Default)]
pub struct StateFacts {
    /// When the guest last wrote, and which volume says so by what: the newest of all volumes. Unless
    /// [`is_exact`](Self::is_exact), it may have written later too.
    pub written: Option<(String, LastWritten)>,
    /// How many volumes were gone through file by file, without loss.
    pub gone_through: usize,
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
            facts.written_to(&volume.name, last_written(&**volume.live()));
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
    /// Takes into account what all files of a volume say.
    pub fn every_file(&mut self, volume: &str, seen: &EveryFile) {
        self.gone_through += usize::from(seen.is_whole());
        self.written_to(volume, seen.last_written());
    }

    /// Whether the guest did not write after [`written`](Self::written): all its files were looked at.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.unreadable == 0 && self.gone_through == self.volumes
    }

    fn written_to(&mut self, volume: &str, found: Option<LastWritten>) {
        let newest = self.written.as_ref().map(|(_, found)| found.time);
        if let Some(found) = found.filter(|found| Some(found.time) > newest) {
            self.written = Some((volume.to_owned(), found));
        }
    }

    /// What of it says how consistent the state is.
    #[must_use]
    pub fn signs(&self) -> VolumeSigns {
        VolumeSigns {
            read: self.volumes,
            dirty: self.dirty.clone(),
            last_written: self.written.as_ref().map(|(_, written)| written.time),
            all_seen: self.is_exact(),
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

    /// The same, and when the guest last wrote by all files of its volumes, unless `stop` says so.
    #[must_use]
    pub fn facts_of_every_file(
        &self,
        machine: &Machine,
        number: usize,
        stop: &dyn Fn() -> bool,
    ) -> StateFacts {
        let backup = self.open_state(machine, number);
        let mut facts = StateFacts::of(&backup);
        for volume in backup.volumes() {
            if let Some(seen) = EveryFile::of(&*volume.fs, stop) {
                facts.every_file(&volume.name, &seen);
            }
        }
        facts
    }
}
