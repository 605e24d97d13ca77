//! Lengths of paths, names, room at the destination.

use std::collections::BTreeMap;
use std::path::Path;

use tree::Name;

use super::codes::{NO_HOLES, OCCUPIED, PATHS};
use super::{Destination, Facts, Row, Topic, states};
use crate::quantity::size;
use crate::sink::codes::{NO_ROOM, TOO_LARGE};
use crate::sink::{Rules, host_name};
use crate::vmset::{Machine, StateDisk};

/// Longest path that tools without long paths take on Windows, in UTF-16 units: MAX_PATH is 260 with the
/// NUL behind it.
const LONGEST_PATH: usize = 259;
/// Longest name in a folder.
const LONGEST_NAME: usize = 255;
/// What a host's folder for machines should be allowed to take, as `D:\ClusterStorage\Volume12\Machines`.
const FOLDER: usize = 60;

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    rows.push(paths(machine, facts));
    rows.extend(names(machine, facts));
    if let Some(destination) = &facts.destination {
        let at = rows.len();
        room(machine, facts, destination, rows);
        if rows.len() == at {
            let free = destination.free.map(size);
            let why = format!(
                "{} takes the set: {} needed, {} free",
                destination.folder.display(),
                size(needed(machine, facts)),
                free.unwrap_or_else(|| "an unknown number of bytes".into())
            );
            rows.push(Row::pass(Topic::Destination, why));
        }
    }
}

/// Paths of the restored set below the folder that holds it, as Windows writes them.
fn inner_paths(machine: &Machine, facts: &Facts<'_>) -> Vec<String> {
    let folder = host_name(&Name::from(&*machine.name), Rules::Everywhere);
    let mut paths = Vec::new();
    if let Some(id) = machine.id {
        paths.push(format!(r"{folder}\Virtual Machines\{id:X}.vmcx"));
    }
    for name in file_names(machine, facts) {
        paths.push(format!(r"{folder}\Virtual Hard Disks\{name}"));
    }
    paths
}

/// Names of the machine's disk files.
fn file_names(machine: &Machine, facts: &Facts<'_>) -> Vec<String> {
    let disks = states(machine, facts).flat_map(|state| &state.disks);
    let paths = disks.filter_map(StateDisk::path);
    let chains = facts.disks.iter().flat_map(|disk| &disk.files);
    let paths = paths.chain(chains.map(|file| &*file.path));
    let mut names: Vec<_> = paths
        .filter_map(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Length as Windows counts it.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn paths(machine: &Machine, facts: &Facts<'_>) -> Row {
    let paths = inner_paths(machine, facts);
    let Some(longest) = paths.into_iter().max_by_key(|path| units(path)) else {
        return Row::pass(
            Topic::Paths,
            "there is no file whose path could be too long",
        );
    };
    let below = facts
        .destination
        .as_ref()
        .and_then(|one| one.windows_length);
    // A separator stands between the folder and what is in it.
    let room = LONGEST_PATH.saturating_sub(units(&longest) + 1);
    match below {
        Some(folder) if folder > room => {
            let why = format!(
                "{longest} is {} characters long there, and {LONGEST_PATH} are possible",
                folder + 1 + units(&longest)
            );
            Row::warn(Topic::Paths, &PATHS, why)
        }
        None if room < FOLDER => {
            let why = format!("{longest} leaves {room} characters for the folder on the host");
            Row::warn(Topic::Paths, &PATHS, why)
        }
        _ => Row::pass(
            Topic::Paths,
            format!("the folder on the host may have {room} characters"),
        ),
    }
}

/// Names that Windows does not take, or that the restored set spells otherwise.
fn names(machine: &Machine, facts: &Facts<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let folder = host_name(&Name::from(&*machine.name), Rules::Everywhere);
    if folder != machine.name {
        let why = format!(
            "the machine's folder will be called '{folder}', as its name is not possible for one"
        );
        rows.push(Row::pass(Topic::Paths, why));
    }
    for name in file_names(machine, facts) {
        let is_long = units(&name) > LONGEST_NAME;
        if is_long || host_name(&Name::from(&*name), Rules::Windows) != name {
            let why = format!("Windows takes no file of the name '{name}'");
            rows.push(Row::warn(Topic::Paths, &PATHS, why)
                .do_this("give the file a name that is possible there before restoring (its chain is found by identifiers), or use --as-of, which writes new disks"));
        }
    }
    rows
}

fn room(machine: &Machine, facts: &Facts<'_>, destination: &Destination, rows: &mut Vec<Row>) {
    let needed = needed(machine, facts);
    let kind = destination
        .file_system
        .as_deref()
        .unwrap_or("its file system");
    let place = destination.folder.display();
    if let Some(free) = destination.free
        && needed > free
    {
        let why = format!(
            "{place} has {} free, and up to {} are needed",
            size(free),
            size(needed)
        );
        rows.push(match destination.shares_blocks {
            true => Row::warn(
                Topic::Destination,
                &NO_ROOM,
                format!("{why}; less where blocks can be shared with the source"),
            ),
            false => Row::block(Topic::Destination, &NO_ROOM, why),
        });
    }
    if let Some(limit) = destination.longest_file {
        for (name, _) in files(facts).into_iter().filter(|(_, file)| file.0 > limit) {
            let why = format!("{name} is longer than {kind} holds ({})", size(limit));
            rows.push(Row::block(Topic::Destination, &TOO_LARGE, why));
        }
    }
    if destination.sparse == Some(false) {
        let why =
            format!("{kind} of {place} has no sparse files: the disks take their whole length");
        rows.push(Row::warn(Topic::Destination, &NO_HOLES, why));
    }
    if destination.occupied {
        let why = format!("{place} is not empty");
        rows.push(Row::warn(Topic::Destination, &OCCUPIED, why));
    }
}

/// Length and stored bytes of each disk file, once.
fn files(facts: &Facts<'_>) -> BTreeMap<String, (u64, u64)> {
    let files = facts.disks.iter().flat_map(|disk| &disk.files);
    files
        .map(|file| (file.path.display().to_string(), (file.size, file.allocated)))
        .collect()
}

/// Bytes that a restored set takes: its disks, and its saved memory.
fn needed(machine: &Machine, facts: &Facts<'_>) -> u64 {
    let has_holes = facts
        .destination
        .as_ref()
        .is_none_or(|one| one.sparse != Some(false));
    let disks = files(facts).into_values();
    let disks: u64 = disks
        .map(|(size, allocated)| if has_holes { allocated } else { size })
        .sum();
    let memory = states(machine, facts).filter_map(|state| state.memory.as_ref());
    disks.saturating_add(memory.map(|memory| memory.size).sum())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{chain, disk, level_with, machine};
    use super::super::{Level, rows};
    use super::*;
    use crate::vmset::How;

    fn with(destination: Destination, files: &[(&str, u64)]) -> Facts<'static> {
        Facts {
            disks: vec![chain(files)],
            destination: Some(destination),
            ..Facts::default()
        }
    }

    #[test]
    fn r32_a_destination_without_room_blocks_unless_blocks_are_shared() {
        let machine = machine(|_| ());
        let mut full = Destination {
            free: Some(9),
            ..Destination::default()
        };
        let files = [("a.avhdx", 4), ("a.vhdx", 6)];
        assert_eq!(
            level_with(&machine, &with(full.clone(), &files), &NO_ROOM),
            Some(Level::Block)
        );
        full.shares_blocks = true;
        assert_eq!(
            level_with(&machine, &with(full.clone(), &files), &NO_ROOM),
            Some(Level::Warn)
        );
        full.free = Some(10);
        assert_eq!(level_with(&machine, &with(full, &files), &NO_ROOM), None);
    }

    #[test]
    fn r32_fat32_holds_no_file_of_four_gib_and_no_holes() {
        let machine = machine(|_| ());
        let fat = Destination {
            file_system: Some("FAT32".into()),
            free: Some(1 << 40),
            longest_file: Some(u64::from(u32::MAX)),
            sparse: Some(false),
            ..Destination::default()
        };
        let large = with(fat.clone(), &[("a.vhdx", 1 << 32)]);
        assert_eq!(level_with(&machine, &large, &TOO_LARGE), Some(Level::Block));
        assert_eq!(level_with(&machine, &large, &NO_HOLES), Some(Level::Warn));
        let small = with(fat, &[("a.vhdx", (1 << 32) - 1)]);
        assert_eq!(level_with(&machine, &small, &TOO_LARGE), None);
    }

    #[test]
    fn r32_paths_are_counted_as_windows_does() {
        let mut machine = machine(|_| ());
        let level = |machine: &Machine, length| {
            let destination = Destination {
                windows_length: length,
                ..Destination::default()
            };
            let facts = Facts {
                destination: Some(destination),
                ..Facts::default()
            };
            level_with(machine, &facts, &PATHS)
        };
        // web01\Virtual Hard Disks\ and the name: 25 + 114 units.
        let name = format!("{}.vhdx", "\u{20AC}".repeat(109));
        machine.states[0].disks = vec![disk(&name, How::Name)];
        assert_eq!(level(&machine, Some(119)), None, "119 + 1 + 139 are 259");
        assert_eq!(level(&machine, Some(120)), Some(Level::Warn));
        assert_eq!(level(&machine, None), None);
        let name = format!("{}.vhdx", "x".repeat(180));
        machine.states[0].disks = vec![disk(&name, How::Name)];
        assert_eq!(
            level(&machine, None),
            Some(Level::Warn),
            "it leaves less than a folder takes"
        );
    }

    #[test]
    fn r32_names_that_windows_refuses_are_told() {
        let mut machine = machine(|_| ());
        machine.name = "CON".into();
        machine.states[0].disks = vec![disk("aux.vhdx", How::Name), disk("good.vhdx", How::Name)];
        let found = rows(&machine, &Facts::default());
        let told = |text: &str| found.iter().any(|row| row.reason.contains(text));
        assert!(
            told("'aux.vhdx'") && told("'_CON'") && !told("'good.vhdx'"),
            "{found:?}"
        );
    }

    #[test]
    fn a_destination_that_takes_the_set_passes_and_one_in_use_warns() {
        let machine = machine(|_| ());
        let mut good = Destination {
            folder: "out".into(),
            free: Some(100),
            ..Destination::default()
        };
        let found = rows(&machine, &with(good.clone(), &[("a.vhdx", 7)]));
        let row = found
            .iter()
            .find(|row| row.topic == Topic::Destination)
            .unwrap();
        assert_eq!(row.reason, "out takes the set: 7 B needed, 100 B free");
        good.occupied = true;
        assert_eq!(
            level_with(&machine, &with(good, &[]), &OCCUPIED),
            Some(Level::Warn)
        );
    }
}
