//! What to know of the machine that is read: which state that is, which files were tied to it how.

use super::Note;
use crate::codes::cli::{DISK_INFERRED, OLDER_STATE};
use crate::open::Backup;
use crate::vmset::choose::minutes;
use crate::vmset::{AbsenceKind, How, Machine, MachineState, StateDisk, Tie};

/// The notes of the chosen machine and state.
pub(super) fn of(backup: &Backup) -> Vec<Note> {
    let Some(machine) = backup.machine() else {
        return Vec::new();
    };
    let mut notes: Vec<_> = others(backup, machine).into_iter().collect();
    if let Some(state) = backup.state() {
        notes.extend(reading(machine, state, backup.vms.machines.len() > 1));
        notes.extend(state.disks.iter().filter_map(|disk| tied(machine, disk)));
    }
    notes.extend(absent(machine));
    notes
}

/// Which state is read, and what is newer: one line for all disks.
fn reading(machine: &Machine, state: &MachineState, among_others: bool) -> Option<Note> {
    let name = &machine.name;
    let count = machine.states.len();
    let newer = machine.newer(state);
    if newer.is_empty() {
        let worth_a_word = count > 1 || among_others;
        return worth_a_word
            .then(|| Note::Info(format!("{name}: reading {}", newest(machine, state))));
    }
    let taken = state
        .taken()
        .map(|taken| format!(", taken {}", minutes(taken)));
    let newer: Vec<_> = newer.into_iter().map(spoken).collect();
    let text = format!(
        "{name}: reading checkpoint {}{}; newer: {}",
        spoken(state),
        taken.unwrap_or_default(),
        newer.join(", ")
    );
    Some(Note::Warning(&OLDER_STATE, text))
}

/// `now, the running state after checkpoint #2 'x', taken ... (of 4 states)`.
fn newest(machine: &Machine, state: &MachineState) -> String {
    let parent = state.parent.and_then(|number| machine.states.get(number));
    let after = parent.map(|parent| {
        let taken = parent
            .taken()
            .map(|taken| format!(", taken {}", minutes(taken)));
        format!(
            ", after checkpoint {}{}",
            spoken(parent),
            taken.unwrap_or_default()
        )
    });
    let count = match machine.states.len() {
        1 => String::new(),
        count => format!(" (of {count} states)"),
    };
    format!("{}{}{count}", state.label(), after.unwrap_or_default())
}

/// `#1 'Before the update'`, `now`.
fn spoken(state: &MachineState) -> String {
    match state.label() {
        now if state.name == now => now,
        label => format!("#{} {label}", state.number),
    }
}

/// That a file was not tied to its drive by its name.
fn tied(machine: &Machine, disk: &StateDisk) -> Option<Note> {
    let Tie::File { path, how } = &disk.tie else {
        return None;
    };
    let drive = disk
        .slot
        .map(|slot| format!("{slot}: "))
        .unwrap_or_default();
    let file = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let text = match how {
        How::Inferred(evidence) => format!(
            "{}: {drive}{file} is taken for it: {evidence}",
            machine.name
        ),
        _ => return None,
    };
    Some(Note::Warning(&DISK_INFERRED, text))
}

/// Disks that the machine had and the backup has not.
fn absent(machine: &Machine) -> impl Iterator<Item = Note> {
    let is_disk = |kind| {
        use AbsenceKind::{DiskFile, Parent, PassThrough, Shared};
        [PassThrough, Shared, DiskFile, Parent].contains(&kind)
    };
    let disks = machine
        .absent
        .iter()
        .filter(move |absence| is_disk(absence.kind));
    disks.map(|absence| {
        let drive = absence
            .slot
            .map(|slot| format!("{slot}, "))
            .unwrap_or_default();
        let text = format!(
            "not in this backup: {drive}{}: {}",
            absence.what, absence.reason
        );
        Note::Warning(absence.code, text)
    })
}

/// That the source has disks that no configuration names, where a machine was taken as the only one.
fn others(backup: &Backup, machine: &Machine) -> Option<Note> {
    let others = backup.vms.machines.iter();
    let bare = others.filter(|other| !other.is_configured() && machine.is_configured());
    let names: Vec<_> = bare.map(|other| format!("--vm '{}'", other.name)).collect();
    let text = format!(
        "disks of no configuration are here too: {}",
        names.join(", ")
    );
    (!names.is_empty()).then_some(Note::Info(text))
}
