//! Disks that are missing, renamed, broken, unmerged, or whose logs were pending.

use std::collections::BTreeSet;

use super::codes::{LINK_BY_WORD, MERGE_PENDING};
use super::{DiskFacts, Facts, Row, Topic, name_of, states};
use crate::codes::cli::DISK_INFERRED;
use crate::quantity::count;
use crate::vmset::find::codes::DISK_MISSING;
use crate::vmset::{Absence, AbsenceKind, How, Machine, MachineState, StateDisk, StateKind, Tie};

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    let begin = rows.len();
    for state in states(machine, facts) {
        let disks = state.disks.iter();
        rows.extend(disks.filter_map(|disk| of_disk(machine, facts, state, disk)));
        let merging = state.configuration.as_ref();
        if merging.is_some_and(|file| file.configuration.disk_merge_pending) {
            let why = format!("a merge of disks was under way in {}", name_of(state));
            rows.push(Row::warn(Topic::Disks, &MERGE_PENDING, why));
        }
    }
    rows.extend(facts.disks.iter().filter_map(fault));
    let found = rows.len() > begin;
    rows.extend(logs(&facts.disks));
    rows.extend(facts.disks.iter().flat_map(accepted));
    if !found && !facts.disks.is_empty() {
        rows.push(whole(&facts.disks));
    }
}

fn whole(disks: &[DiskFacts]) -> Row {
    let files = disks.iter().flat_map(|disk| &disk.files);
    // Chains that branch have files in common.
    let files: BTreeSet<_> = files.map(|file| &file.path).collect();
    let why = format!(
        "{}, {}: every file is here and every link holds",
        count(disks.len() as u64, "chain"),
        count(files.len() as u64, "file")
    );
    Row::pass(Topic::Disks, why)
}

/// A disk that is missing, or was found by something else than its path and name.
fn of_disk(
    machine: &Machine,
    facts: &Facts<'_>,
    state: &MachineState,
    disk: &StateDisk,
) -> Option<Row> {
    let name = describe(disk);
    let place = name_of(state);
    match &disk.tie {
        Tie::Missing { why } => {
            let absence = absence_of(machine, disk);
            if absence.is_some_and(|absence| absence.kind == AbsenceKind::Shared) {
                return None; // told as what it is
            }
            let code = absence.map_or(&DISK_MISSING, |absence| absence.code);
            let why = format!("{name} of {place} is missing: {why}");
            let is_needed = state.kind == StateKind::Now || facts.state.is_some();
            Some(match is_needed {
                true => Row::block(Topic::Disks, code, why),
                false => Row::warn(Topic::Disks, code, why).do_this(format!(
                    "{}; else restore leaves that checkpoint out, and says so",
                    code.remedy
                )),
            })
        }
        Tie::File { path, how } => {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let found = match how {
                How::Inferred(why) => format!("inferred: {why}"),
                How::Assigned => "assigned by you".into(),
                How::RecordedPath | How::Name | How::Chain => return None,
            };
            let why = format!("{name} of {place} is {file}, {found}");
            Some(Row::warn(Topic::Disks, &DISK_INFERRED, why))
        }
    }
}

/// The slot and the recorded path of a disk, as far as they are known.
fn describe(disk: &StateDisk) -> String {
    let slot = disk.slot.map(|slot| slot.to_string());
    let recorded = disk.recorded.as_ref().map(ToString::to_string);
    match (slot, recorded) {
        (Some(slot), Some(path)) => format!("{slot}, {path},"),
        (one, other) => one.or(other).unwrap_or_else(|| "a disk".into()),
    }
}

/// The absence that a missing disk is.
fn absence_of<'m>(machine: &'m Machine, disk: &StateDisk) -> Option<&'m Absence> {
    let recorded = disk.recorded.as_ref()?.to_string();
    machine.absent.iter().find(|absence| {
        let is_disk = [AbsenceKind::DiskFile, AbsenceKind::Shared].contains(&absence.kind);
        is_disk && absence.slot == disk.slot && absence.what == recorded
    })
}

/// Why a chain cannot be read.
fn fault(disk: &DiskFacts) -> Option<Row> {
    let (fault, fix) = disk.fault.as_ref()?;
    let why = fault.to_string();
    let why = why.trim_end_matches(&format!(" [{}]", fault.code));
    let row = Row::block(Topic::Disks, fault.code, why);
    Some(match fix {
        Some(fix) => row.do_this(fix),
        None => row,
    })
}

/// A row for each log that was pending, whichever chains its file is in.
fn logs(disks: &[DiskFacts]) -> impl Iterator<Item = Row> {
    let logs: BTreeSet<_> = disks.iter().flat_map(|disk| &disk.replayed).collect();
    logs.into_iter().map(|log| {
        let why = format!("{log}; a restored copy has it replayed, the source stays as it is");
        Row::pass(Topic::Disks, why)
    })
}

fn accepted(disk: &DiskFacts) -> impl Iterator<Item = Row> {
    let links = disk.accepted.iter();
    links.map(|link| Row::warn(Topic::Disks, &LINK_BY_WORD, link))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use blockio::Fault;

    use super::super::sample::{chain, checkpoint, disk, level_of, level_with, machine, missing};
    use super::super::{Level, rows};
    use super::*;

    #[test]
    fn a_missing_disk_blocks_now_and_costs_a_checkpoint_only_itself() {
        let mut machine = machine(|_| ());
        checkpoint(&mut machine, "old", |_| ());
        machine.states[0].disks = vec![missing(r"D:\VHD\web01.vhdx")];
        assert_eq!(level_of(&machine, &DISK_MISSING), Some(Level::Warn));
        let facts = Facts {
            state: Some(0),
            ..Facts::default()
        };
        assert_eq!(
            level_with(&machine, &facts, &DISK_MISSING),
            Some(Level::Block)
        );
        let now = machine.states.len() - 1;
        machine.states[now].disks = vec![missing(r"D:\VHD\web01_1.avhdx")];
        assert_eq!(level_of(&machine, &DISK_MISSING), Some(Level::Block));
    }

    #[test]
    fn a_disk_of_another_name_is_told_with_what_speaks_for_it() {
        let mut machine = machine(|_| ());
        machine.states[0].disks = vec![disk(
            "copy of web01.vhdx",
            How::Inferred("its child names its identifier".into()),
        )];
        let found = rows(&machine, &Facts::default());
        let row = found
            .iter()
            .find(|row| row.code == Some(&DISK_INFERRED))
            .unwrap();
        assert!(row.reason.contains("copy of web01.vhdx") && row.reason.contains("its identifier"));
        machine.states[0].disks = vec![disk("web01.vhdx", How::Name)];
        assert_eq!(level_of(&machine, &DISK_INFERRED), None);
        machine.states[0].disks = vec![disk("web01.vhdx", How::Assigned)];
        assert_eq!(level_of(&machine, &DISK_INFERRED), Some(Level::Warn));
    }

    #[test]
    fn a_broken_chain_blocks_with_its_own_code_and_fix() {
        let machine = machine(|_| ());
        let fault = Fault::damaged(&blockio::codes::CANNOT_OPEN, "parent");
        let facts = Facts {
            disks: vec![DiskFacts {
                fault: Some((Arc::new(fault), Some("name its folder".into()))),
                ..chain(&[("web01_1.avhdx", 10)])
            }],
            ..Facts::default()
        };
        let found = rows(&machine, &facts);
        let row = found.iter().find(|row| row.topic == Topic::Disks).unwrap();
        assert_eq!(row.level, Level::Block);
        assert_eq!(row.remedy.as_deref(), Some("name its folder"));
    }

    #[test]
    fn pending_logs_pass_and_accepted_links_warn() {
        let machine = machine(|_| ());
        let facts = Facts {
            disks: vec![DiskFacts {
                replayed: vec!["web01.vhdx: 2 log entries".into()],
                accepted: vec!["a.avhdx builds on b.vhdx".into()],
                ..chain(&[("web01.vhdx", 10)])
            }],
            ..Facts::default()
        };
        let found = rows(&machine, &facts);
        let logs = found
            .iter()
            .find(|row| row.reason.contains("2 log entries"));
        assert_eq!(logs.map(|row| row.level), Some(Level::Pass));
        assert_eq!(
            level_with(&machine, &facts, &LINK_BY_WORD),
            Some(Level::Warn)
        );
        let whole = found
            .iter()
            .any(|row| row.reason.starts_with("1 chain, 1 file"));
        assert!(whole, "{found:?}");
    }

    #[test]
    fn a_merge_that_was_under_way_is_told() {
        let machine = machine(|configuration| configuration.disk_merge_pending = true);
        assert_eq!(level_of(&machine, &MERGE_PENDING), Some(Level::Warn));
    }
}
