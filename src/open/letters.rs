//! Drive letters, as far as they can be told without the guest's registry.

use tree::{Kind, Name};

use super::{Backup, Volume};

impl Backup {
    /// `C:` is the data volume that holds `\Windows`, else the largest.
    pub(super) fn assign_letters(&mut self) {
        let windows = self.data_volumes().find(|volume| holds_windows(volume));
        let largest = || {
            self.data_volumes()
                .max_by_key(|volume| volume.partition.len)
        };
        let Some(name) = windows.or_else(largest).map(|volume| volume.name.clone()) else {
            return;
        };
        for disk in &mut self.disks {
            let Ok(opened) = &mut disk.opened else {
                continue;
            };
            for volume in opened
                .volumes
                .iter_mut()
                .filter(|volume| volume.name == name)
            {
                volume.letter = Some('C');
            }
        }
    }
}

/// Whether `\Windows` is a directory of the volume.
pub(crate) fn holds_windows(volume: &Volume) -> bool {
    let fs = &volume.fs;
    let windows = fs.lookup(fs.root(), &Name::from("Windows"));
    windows
        .and_then(|node| fs.metadata(node))
        .is_ok_and(|found| found.kind == Kind::Directory)
}
