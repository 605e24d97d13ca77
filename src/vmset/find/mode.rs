//! In which mode a machine was backed up, and what says so.

use super::configs::Loaded;
use crate::quantity::count;
use crate::vmset::{BackupMode, Leftover, LeftoverKind, ModeKind};

/// The mode of the machine whose running state is `now`, of which `present` checkpoints are here.
pub(crate) fn of(now: Option<&Loaded>, present: usize, leftovers: &[Leftover]) -> BackupMode {
    let named = now.and_then(|now| now.configuration().checkpoints.count);
    let kind = match (named, present) {
        (_, 1..) => ModeKind::AllCheckpoints,
        (Some(1..), 0) => ModeKind::LatestState,
        (Some(0), 0) => ModeKind::NoCheckpoints,
        (None, 0) => ModeKind::Unknown,
    };
    BackupMode {
        kind,
        evidence: evidence(now, named, present, leftovers),
        named,
        present,
    }
}

fn evidence(
    now: Option<&Loaded>,
    named: Option<u64>,
    present: usize,
    leftovers: &[Leftover],
) -> Vec<String> {
    let mut evidence = Vec::new();
    match named {
        Some(named) => evidence.push(format!(
            "the configuration names {}, {present} of them here",
            count(named, "checkpoint")
        )),
        None if now.is_some() => {
            evidence.push("the configuration does not say how many checkpoints there were".into());
        }
        None => evidence.push("the configuration of the running state is not here".into()),
    }
    if now.is_some_and(|now| now.configuration().hot_backup) {
        evidence.push("the configuration has the mark of Hyper-V's VSS writer".into());
    }
    let has = |kind| leftovers.iter().any(|leftover| leftover.kind == kind);
    if has(LeftoverKind::AutoRecovery) || has(LeftoverKind::BackupSnapshot) {
        evidence.push("files of a VSS backup of 2012 R2 are beside it".into());
    }
    if has(LeftoverKind::ChangeTracking) {
        evidence.push("files of change tracking (RCT) are beside its disks".into());
    }
    evidence
}
