//! The data of `import.ps1`: tables of literals, one row a line.

use std::collections::HashSet;
use std::fmt::Write;

use uuid::Uuid;
use vmcx::{AdapterKind, ControllerKind, Generation};

use super::facts::{
    Content, DiskFile, DriveFacts, Facts, Fate, MemoryFate, StateFacts, StateKind, Way,
};
use super::literal::{id, maybe, number, string, text, yes};
use super::{carry, sid, words};
use crate::vmset::preflight::{Row, Topic};

/// All tables of one machine.
pub(super) fn of(facts: &Facts) -> String {
    let mut script = HEAD.to_owned();
    script.push_str(&machine(facts));
    let files = parents_first(&facts.files).into_iter().map(|file| {
        row(&[
            ("Path", string(&file.path)),
            ("Parent", maybe(file.parent.as_deref())),
        ])
    });
    table(&mut script, "States", facts.states.iter().map(state));
    table(&mut script, "Drives", drives(facts).into_iter());
    table(&mut script, "Files", files);
    table(&mut script, "Adapters", facts.adapters.iter().map(adapter));
    table(&mut script, "Rows", facts.rows.iter().map(finding));
    table(&mut script, "Absent", facts.absent.iter().map(absence));
    let not_carried = carry::not_carried(facts);
    table(
        &mut script,
        "NotCarried",
        not_carried.iter().map(|what| string(what)),
    );
    script
}

const HEAD: &str = "\n# --- What was restored \
    ----------------------------------------------------------------------------\n\
    # Written by hvrestore. Everything below these tables is the same for every machine.\n\n";

/// `$Name = @(`, a row a line, `)`.
fn table(script: &mut String, name: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.map(|row| format!("    {row}")).collect();
    let _ = if rows.is_empty() {
        writeln!(script, "${name} = @()\n")
    } else {
        writeln!(script, "${name} = @(\n{}\n)\n", rows.join("\n"))
    };
}

/// `@{ Key = value; ... }`.
fn row(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("@{{ {} }}", pairs.join("; "))
}

/// `$Machine = @{`, a key a line, `}`.
fn machine(facts: &Facts) -> String {
    let mut pairs = identity(facts);
    pairs.extend(hardware(facts));
    pairs.extend(afterwards(facts));
    let mut script = "$Machine = @{\n".to_owned();
    for (key, value) in pairs {
        let _ = writeln!(script, "    {key} = {value}");
    }
    script.push_str("}\n\n");
    script
}

/// Who it is.
fn identity(facts: &Facts) -> Vec<(&'static str, String)> {
    let configuration = match &facts.way {
        Way::Import { configuration } => Some(configuration.as_str()),
        Way::Anew { .. } => None,
    };
    let version = facts.version.map(words::version);
    vec![
        ("Id", facts.id.map_or_else(|| "$null".to_owned(), id)),
        ("Sid", maybe(facts.id.map(sid::sid).as_deref())),
        ("Name", text(&facts.name)),
        ("NewId", yes(facts.new_id).to_owned()),
        ("Version", maybe(version.as_deref())),
        ("VersionRemedy", string(&words::version_remedy(facts))),
        ("Configuration", maybe(configuration)),
    ]
}

/// What it is made of.
fn hardware(facts: &Facts) -> Vec<(&'static str, String)> {
    let generation = match facts.generation {
        Generation::One => 1,
        Generation::Two => 2,
    };
    let template = facts.firmware.secure_boot_template;
    vec![
        ("Generation", generation.to_string()),
        ("Processors", number(facts.processors.count)),
        (
            "CompatibleProcessors",
            yes(facts.processors.compatible).to_owned(),
        ),
        (
            "NestedVirtualization",
            yes(facts.processors.nested).to_owned(),
        ),
        ("MemoryMB", number(facts.memory.startup)),
        ("DynamicMemory", yes(facts.memory.dynamic).to_owned()),
        ("MinimumMB", number(facts.memory.minimum)),
        ("MaximumMB", number(facts.memory.maximum)),
        ("SecureBoot", yes(facts.firmware.secure_boot).to_owned()),
        (
            "SecureBootTemplate",
            template.map_or_else(|| "$null".to_owned(), id),
        ),
        ("BootOrder", boot_order(facts)),
        ("ScsiControllers", facts.scsi_controllers.to_string()),
    ]
}

/// What to think of when it is there.
fn afterwards(facts: &Facts) -> Vec<(&'static str, String)> {
    let newest = facts.newest_checkpoint();
    let taken = newest.map(|state| words::time(state.created));
    vec![
        ("Replication", yes(facts.replication.is_some()).to_owned()),
        ("Clustered", yes(facts.clustered).to_owned()),
        ("DomainController", yes(facts.domain_controller).to_owned()),
        ("NowLacksDisks", yes(facts.now_lacks_disks()).to_owned()),
        (
            "NewestCheckpoint",
            newest.map_or("$null".to_owned(), |state| text(&state.name)),
        ),
        (
            "NewestCreated",
            number(newest.and_then(|state| state.created)),
        ),
        ("NewestTaken", maybe(taken.as_deref())),
    ]
}

fn boot_order(facts: &Facts) -> String {
    let order: Vec<String> = carry::boot_order(&facts.firmware)
        .iter()
        .map(|word| string(word))
        .collect();
    format!("@({})", order.join(", "))
}

fn state(state: &StateFacts) -> String {
    let kind = match state.kind {
        StateKind::Now => "Now",
        StateKind::Checkpoint => "Checkpoint",
    };
    let fate = match state.fate {
        Fate::Kept => "Kept",
        Fate::Absent => "Absent",
        Fate::MergedAway => "MergedAway",
    };
    let (memory, reason) = match &state.memory {
        MemoryFate::None => ("None", None),
        MemoryFate::Kept => ("Kept", None),
        MemoryFate::Drop { why } => ("Drop", Some(why.as_str())),
    };
    row(&[
        ("Id", id(state.id)),
        ("Kind", string(kind)),
        ("Name", text(&state.name)),
        ("Created", number(state.created)),
        ("Fate", string(fate)),
        ("Memory", string(memory)),
        ("MemoryReason", maybe(reason)),
    ])
}

/// Those of every configuration; of a new machine, those that it gets.
fn drives(facts: &Facts) -> Vec<String> {
    let of_state = |state: &StateFacts| {
        let rows = state
            .drives
            .iter()
            .map(|drive| self::drive(state.id, drive));
        rows.collect::<Vec<_>>()
    };
    match facts.way {
        Way::Import { .. } => facts.states.iter().flat_map(of_state).collect(),
        Way::Anew { .. } => {
            let id = facts.now().map_or(Uuid::nil(), |now| now.id);
            let drives = carry::drives(facts);
            drives.iter().map(|drive| self::drive(id, drive)).collect()
        }
    }
}

/// A child's parent is put right before the child is. Whatever names parents in a circle stays last,
/// in its order: the script finds it out.
fn parents_first(files: &[DiskFile]) -> Vec<&DiskFile> {
    let mut waiting: Vec<&DiskFile> = files.iter().collect();
    let mut sorted: Vec<&DiskFile> = Vec::new();
    loop {
        let paths: HashSet<&str> = waiting.iter().map(|file| file.path.as_str()).collect();
        let waits = |file: &&DiskFile| {
            let parent = file.parent.as_deref();
            parent.is_some_and(|parent| paths.contains(parent))
        };
        let (later, ready): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(waits);
        sorted.extend(&ready);
        if ready.is_empty() || later.is_empty() {
            sorted.extend(later);
            return sorted;
        }
        waiting = later;
    }
}

fn drive(state: Uuid, drive: &DriveFacts) -> String {
    let (kind, recorded, file) = match &drive.content {
        Content::Disk { recorded, file } => ("Disk", recorded, file.as_deref()),
        Content::Iso { recorded, file } => ("Iso", recorded, file.as_deref()),
        Content::Floppy { recorded } => ("Floppy", recorded, None),
        Content::Physical { what } => ("Physical", what, None),
    };
    let controller = match drive.slot.controller {
        ControllerKind::Ide => "IDE",
        ControllerKind::Scsi => "SCSI",
        ControllerKind::Floppy => "Floppy",
    };
    row(&[
        ("State", id(state)),
        ("Kind", string(kind)),
        ("Controller", string(controller)),
        ("Number", drive.slot.number.to_string()),
        ("Location", drive.slot.location.to_string()),
        ("Recorded", text(recorded)),
        ("File", maybe(file)),
    ])
}

fn adapter(adapter: &vmcx::Adapter) -> String {
    let or_null = |value: Option<&vmcx::Text>| value.map_or("$null".to_owned(), text);
    row(&[
        ("Id", id(adapter.instance)),
        ("Name", text(&adapter.name)),
        (
            "Legacy",
            yes(adapter.kind == AdapterKind::Legacy).to_owned(),
        ),
        ("Mac", or_null(adapter.mac.as_ref())),
        ("StaticMac", yes(adapter.mac_is_static).to_owned()),
        ("Switch", or_null(adapter.switch.as_ref())),
        ("HasVlan", yes(adapter.has_vlan).to_owned()),
    ])
}

fn finding(found: &Row) -> String {
    row(&[
        ("Level", string(found.level.word())),
        ("Check", string(found.topic.word())),
        ("Found", string(&found.reason)),
        ("Remedy", maybe(found.remedy.as_deref())),
        ("Again", yes(is_looked_at_again(found.topic)).to_owned()),
    ])
}

/// Whether the script finds out by itself, on the host that it runs on.
fn is_looked_at_again(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::Version | Topic::Resources | Topic::Network | Topic::Identity
    )
}

fn absence(absence: &crate::vmset::Absence) -> String {
    row(&[
        ("What", string(&words::absence(absence))),
        ("Reason", string(&absence.reason)),
    ])
}
