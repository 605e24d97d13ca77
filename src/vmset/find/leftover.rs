//! What a backup or a replica left: labelled, and used only on the operator's word.

use std::collections::BTreeSet;
use std::path::Path;

use super::configs::file_name;
use super::disks::Disks;
use super::others::Others;
use crate::vmset::{Leftover, LeftoverKind};

/// The disk files that are leftovers by their names.
pub(crate) fn disks(disks: &Disks) -> BTreeSet<usize> {
    let is_one = |file: &usize| kind(disks.get(*file).name()).is_some();
    disks.numbers().filter(is_one).collect()
}

/// What a file of this name (lower case) is.
fn kind(name: &str) -> Option<LeftoverKind> {
    let (stem, ending) = name.rsplit_once('.')?;
    match ending {
        "avhdx" | "avhd" if stem.ends_with("-autorecovery") => Some(LeftoverKind::AutoRecovery),
        "xml" if stem.ends_with("-backupsnapshot") => Some(LeftoverKind::BackupSnapshot),
        "hrl" => Some(LeftoverKind::ReplicaLog),
        "hru" => Some(LeftoverKind::ReplicaUndo),
        "rct" | "mrt" => Some(LeftoverKind::ChangeTracking),
        _ => None,
    }
}

/// Every leftover, by its name (lower case): looked for once, since there may be very many files and
/// machines.
pub(crate) fn all(disk_files: &Disks, others: &Others) -> Vec<(String, Leftover)> {
    let numbers = disk_files.numbers();
    let disks = numbers.map(|file| &*disk_files.get(file).path);
    let found = disks.chain(others.paths()).filter_map(|path| {
        let name = file_name(path).to_lowercase();
        let kind = kind(&name)?;
        Some((name, leftover(path, kind)))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
    found
}

/// What of `all` is left beside a machine: files named after one of `names` (its disks and configurations,
/// lower case, without endings); all of them where it is the `only` machine.
pub(crate) fn of(
    names: &BTreeSet<String>,
    only: bool,
    all: &[(String, Leftover)],
) -> Vec<Leftover> {
    let is_its = |name: &str| only || names.iter().any(|stem| is_named_after(name, stem));
    let found = all.iter().filter(|(name, _)| is_its(name));
    found.map(|(_, leftover)| leftover.clone()).collect()
}

pub(crate) fn leftover(path: &Path, kind: LeftoverKind) -> Leftover {
    Leftover {
        path: path.to_owned(),
        kind,
    }
}

/// Whether `name` is that of `stem` with something behind it: `web.vhdx.rct`, `web-AutoRecovery.avhdx`.
fn is_named_after(name: &str, stem: &str) -> bool {
    let rest = name.strip_prefix(stem);
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)) && !stem.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r12_what_backups_leave_is_known_by_name() {
        for (name, expected) in [
            ("web-autorecovery.avhdx", Some(LeftoverKind::AutoRecovery)),
            ("web-autorecovery.avhd", Some(LeftoverKind::AutoRecovery)),
            ("1-backupsnapshot.xml", Some(LeftoverKind::BackupSnapshot)),
            ("web.hrl", Some(LeftoverKind::ReplicaLog)),
            ("web.hru", Some(LeftoverKind::ReplicaUndo)),
            ("web.vhdx.rct", Some(LeftoverKind::ChangeTracking)),
            ("web.vhdx.mrt", Some(LeftoverKind::ChangeTracking)),
            ("autorecovery.avhdx", None),
            ("web.avhdx", None),
            ("web", None),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn a_leftover_belongs_to_the_disk_that_it_is_named_after() {
        assert!(is_named_after("web.vhdx.rct", "web"));
        assert!(is_named_after("web-autorecovery.avhdx", "web"));
        assert!(!is_named_after("web2.vhdx.rct", "web"));
        assert!(!is_named_after("web.vhdx.rct", ""));
    }
}
