//! What the operator should know before reading.

mod machine;

use std::path::Path;
use std::sync::Arc;

use blockio::{Code, Fault};
use jiff::Timestamp;
use partition::Table;
use partition::codes::{NTFS_BOOT_SECTOR, UNREADABLE_START};

use super::{Backup, Disk, Options, State};
use crate::codes::cli::{LINK_ACCEPTED, OLDER_STATE, VOLUME_SKIPPED};

/// Something the operator should know before reading.
#[derive(Clone, Debug)]
pub enum Note {
    /// Good to know.
    Info(String),
    /// Only for who asks for more.
    Detail(String),
    /// Makes the result less than one might think.
    Warning(&'static Code, String),
    /// As a warning; what is delivered is partly on the operator's own word or incomplete.
    Grave(&'static Code, String),
    /// Was wrong and could be worked around.
    Fault(Arc<Fault>),
}

/// The notes of an opened backup, disk by disk.
pub(super) fn collect(backup: &Backup, without_state: &[usize], options: &Options) -> Vec<Note> {
    let mut notes: Vec<Note> = backup.survey.notes.iter().map(fault).collect();
    notes.extend(backup.vms.problems().map(fault));
    for file in &backup.survey.files {
        let is_read = |disk: &Disk| disk.state.path == file.path;
        if let Err(damage) = &file.outcome
            && !backup.disks.iter().any(is_read)
            && !is_of_another(backup, &file.path)
        {
            notes.push(Note::Fault(Arc::clone(damage)));
        }
    }
    for number in without_state {
        let text = format!(
            "disk{number} is left out: none of its files is {}",
            options.state
        );
        notes.push(Note::Info(text));
    }
    notes.extend(machine::of(backup));
    for disk in &backup.disks {
        notes.extend(state(disk).filter(|_| backup.state().is_none()));
        notes.extend(layers(disk));
        notes.extend(volumes(disk));
    }
    notes
}

/// Whether the file is a disk of a machine that was not chosen.
fn is_of_another(backup: &Backup, path: &Path) -> bool {
    let chosen = backup.machine();
    let others = backup.vms.configured();
    let mut others = others.filter(|other| chosen.is_some_and(|own| !std::ptr::eq(own, *other)));
    others.any(|other| {
        let mut disks = other.states.iter().flat_map(|state| &state.disks);
        disks.any(|disk| disk.path() == Some(path))
    })
}

fn fault(fault: &Fault) -> Note {
    Note::Fault(Arc::new(fault.clone()))
}

/// Which state is read, and whether newer ones exist.
fn state(disk: &Disk) -> Option<Note> {
    let (family, state) = (&disk.family, &disk.state);
    let (number, name) = (state.number, state.file_name());
    let text = format!(
        "disk{}: reading state #{number} {name}, written {}",
        disk.number,
        written(state)
    );
    let leaves: Vec<_> = family.leaves().map(State::file_name).collect();
    match leaves.len() {
        _ if !state.is_leaf => {
            let text = format!("{text}; newer: {}", leaves.join(", "));
            Some(Note::Warning(&OLDER_STATE, text))
        }
        _ if family.states.len() == 1 => None,
        1 => Some(Note::Info(format!(
            "{text} (now, of {} states)",
            family.states.len()
        ))),
        count => Some(Note::Info(format!("{text} (one of {count} newest states)"))),
    }
}

/// When the file of the state was last written, as the host says.
fn written(state: &State) -> String {
    let modified = std::fs::metadata(&state.path).and_then(|found| found.modified());
    let stamp = modified
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok());
    stamp.map_or_else(
        || "at an unknown time".into(),
        |stamp| stamp.strftime("%Y-%m-%d %H:%MZ").to_string(),
    )
}

/// How each layer was found, what was replayed, and what was made good.
fn layers(disk: &Disk) -> Vec<Note> {
    let Some(chain) = disk.chain.as_ref().map(|view| view.chain()) else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    for layer in &chain.layers {
        let path = layer.path.display();
        if layer.found_by != disk::FoundBy::Given {
            let how = layer.found_by.words();
            notes.push(Note::Detail(format!("{path}: found by {how}")));
        }
        notes.extend(layer.image.notes().iter().map(fault));
        if let Some(replay) = layer.image.log_replay() {
            notes.push(Note::Info(format!("{}: {replay}", layer.name)));
        }
    }
    let accepted = |fault: Fault| Note::Grave(&LINK_ACCEPTED, fault.to_string());
    notes.extend(chain.overrides().into_iter().map(accepted));
    notes
}

/// What is wrong with the partition table; a partition that cannot even be recognised may be a volume
/// that is missing from what is delivered.
fn table(disk: usize, table: &Result<Table, Arc<Fault>>) -> Vec<Note> {
    let table = match table {
        Ok(table) => table,
        Err(fault) => return vec![Note::Fault(Arc::clone(fault))],
    };
    let note = |fault: &Fault| {
        let fault = fault.clone().in_file(&format!("disk{disk}"));
        if fault.code == &UNREADABLE_START {
            let text = fault.to_string();
            let text = text.trim_end_matches(&format!(" [{}]", fault.code));
            return Note::Grave(fault.code, text.into());
        }
        Note::Fault(Arc::new(fault))
    };
    // A volume that is opened by the copy of its boot sector, or not at all, says so itself.
    let notes = table
        .notes
        .iter()
        .filter(|fault| fault.code != &NTFS_BOOT_SECTOR);
    notes.map(note).collect()
}

/// What could not be opened although other things were, and what a volume says of itself.
fn volumes(disk: &Disk) -> Vec<Note> {
    let opened = match &disk.opened {
        Ok(opened) => opened,
        Err(fault) => {
            let why = fault.to_string();
            let why = why.trim_end_matches(&format!(" [{}]", fault.code));
            let text = format!("disk{} cannot be read: {why}", disk.number);
            return vec![Note::Grave(fault.code, text)];
        }
    };
    let mut notes = table(disk.number, &opened.table);
    for (number, fault) in &opened.failed {
        let text = format!("disk{}/part{number} left out: {fault}", disk.number);
        notes.push(Note::Grave(&VOLUME_SKIPPED, text));
    }
    for volume in &opened.volumes {
        let info = volume.fs.info();
        notes.extend(info.notes.iter().cloned().map(Note::Fault));
        if let Some(why) = info.dirty {
            notes.push(Note::Detail(format!(
                "{}: not cleanly shut down: {why}",
                volume.name
            )));
        }
    }
    notes
}
