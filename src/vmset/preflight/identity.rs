//! Ids and names that are there twice, and the account that an id stands for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use uuid::Uuid;

use super::codes::{SAME_ID, SAME_NAME};
use super::{Facts, Row, Topic, states};
use crate::vmset::{Machine, StateDisk};

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    let Some(id) = machine.id else {
        return;
    };
    let same_id = facts.machines.iter().filter(|other| other.id == Some(id));
    let files: Vec<_> = same_id.filter_map(file_of).collect();
    if files.len() > 1 {
        let why = format!(
            "{id} is the id of {} machines: {}",
            files.len(),
            files.join(", ")
        );
        rows.push(Row::block(Topic::Identity, &SAME_ID, why));
    }
    let is_namesake =
        |other: &&Machine| other.id != Some(id) && other.name.eq_ignore_ascii_case(&machine.name);
    let namesakes = facts.machines.iter().filter(is_namesake).count();
    if namesakes > 0 {
        let why = format!(
            "{namesakes} more of this source are called '{}' too",
            machine.name
        );
        rows.push(Row::warn(Topic::Identity, &SAME_NAME, why));
    }
    rows.extend(same_files(machine, facts));
    rows.push(on_the_host(id));
    rows.push(rights(id));
}

fn on_the_host(id: Uuid) -> Row {
    let id = id.to_string().to_uppercase();
    let why = format!("the host must not have a machine of the id {id} yet");
    Row::pass(Topic::Identity, why)
        .do_this("import.ps1 looks there first, and stops where there is one")
        .by_hand(format!("Get-VM -Id {id}"))
}

/// A file that was copied does not have the rights that Hyper-V gave its machine.
fn rights(id: Uuid) -> Row {
    let account = format!(r"NT VIRTUAL MACHINE\{}", id.to_string().to_uppercase());
    let why = format!("{account} must be allowed to open the restored files");
    Row::pass(Topic::Rights, why)
        .do_this("import.ps1 gives it the rights on every file of every chain")
        .by_hand(format!("icacls FILE /grant \"{account}:(F)\""))
}

fn file_of(machine: &Machine) -> Option<String> {
    Some(machine.configuration()?.path.display().to_string())
}

/// Disks of one file name, which cannot lie in one folder.
fn same_files(machine: &Machine, facts: &Facts<'_>) -> Vec<Row> {
    let mut by_name: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let disks = states(machine, facts).flat_map(|state| &state.disks);
    let paths = disks.filter_map(StateDisk::path).map(PathBuf::from);
    let chains = facts.disks.iter().flat_map(|disk| &disk.files);
    for path in paths.chain(chains.map(|file| file.path.clone())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let files = by_name.entry(name.to_lowercase()).or_default();
        if !files.contains(&path) {
            files.push(path);
        }
    }
    let twice = by_name.into_values().filter(|files| files.len() > 1);
    let row = |files: Vec<PathBuf>| {
        let files: Vec<_> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let why = format!("several disk files have one name: {}", files.join(", "));
        Row::warn(Topic::Identity, &SAME_NAME, why)
    };
    twice.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{chain, disk, level_with, machine};
    use super::super::{Level, rows};
    use super::*;
    use crate::vmset::How;

    #[test]
    fn one_id_twice_blocks_and_one_name_twice_warns() {
        let one = machine(|_| ());
        let mut other = one.clone();
        let both = [one.clone(), other.clone()];
        let facts = Facts {
            machines: &both,
            ..Facts::default()
        };
        assert_eq!(level_with(&one, &facts, &SAME_ID), Some(Level::Block));
        other.id = Some(Uuid::from_u128(7));
        other.name = one.name.to_uppercase();
        let both = [one.clone(), other];
        let facts = Facts {
            machines: &both,
            ..Facts::default()
        };
        assert_eq!(level_with(&one, &facts, &SAME_ID), None);
        assert_eq!(level_with(&one, &facts, &SAME_NAME), Some(Level::Warn));
        let alone = [one.clone()];
        let facts = Facts {
            machines: &alone,
            ..Facts::default()
        };
        assert_eq!(level_with(&one, &facts, &SAME_NAME), None);
    }

    #[test]
    fn r33_the_machines_account_is_told_with_the_line_that_lets_it_in() {
        let found = rows(&machine(|_| ()), &Facts::default());
        let row = found.iter().find(|row| row.topic == Topic::Rights).unwrap();
        let account = r"NT VIRTUAL MACHINE\5A8AC9D3-6C5A-4B1E-9B8C-0D4C55E4A0B1";
        assert!(row.reason.starts_with(account), "{}", row.reason);
        let line = format!("icacls FILE /grant \"{account}:(F)\"");
        assert_eq!(row.command.as_ref(), Some(&line));
        assert!(row.topic.is_for_the_host());
    }

    #[test]
    fn disks_of_one_name_in_two_folders_are_told() {
        let mut machine = machine(|_| ());
        machine.states[0].disks = vec![
            disk("c/disk.vhdx", How::RecordedPath),
            disk("d/Disk.vhdx", How::RecordedPath),
        ];
        let found = rows(&machine, &Facts::default());
        let row = found
            .iter()
            .find(|row| row.code == Some(&SAME_NAME))
            .unwrap();
        assert!(row.reason.contains("c/disk.vhdx") && row.reason.contains("d/Disk.vhdx"));
        machine.states[0].disks.pop();
        let facts = Facts {
            disks: vec![chain(&[("c/disk.vhdx", 1)])],
            ..Facts::default()
        };
        assert_eq!(
            level_with(&machine, &facts, &SAME_NAME),
            None,
            "the same file is told twice"
        );
    }
}
