//! The four parts of a machine - configuration, disks, memory, checkpoint tree - and what else a
//! configuration tells, for people.

use std::path::Path;

use vmcx::{Adapter, Configuration, DeviceKind, Generation};

use super::branch::Branch;
use super::look::Look;
use super::{checkpoints, facts};
use crate::cli::text::{self, escape};
use crate::vmset::{ConfigFile, How, Leftover, LeftoverKind, Machine, ModeKind, StateDisk, Tie};

/// The branches of the parts, and of what is not in the backup.
pub(super) fn branches(look: &Look<'_>, machine: &Machine) -> Vec<Branch> {
    let parts = [
        configuration(look, machine),
        disks(machine),
        memory(machine),
        tree(look, machine),
        mode(machine),
    ];
    let more = offers(machine).into_iter().chain(absent(look, machine));
    let more = more.chain(leftovers(machine));
    parts.into_iter().chain(more).collect()
}

/// Files that could stand in for missing disks, each with the option that takes it.
fn offers(machine: &Machine) -> Option<Branch> {
    let lines = machine.offers.iter().map(|offer| {
        let file = offer.file.file_name().unwrap_or_default().to_string_lossy();
        let state = machine.states.get(offer.state);
        let name = state.map_or("now", |state| &state.name);
        let (file, name, slot) = (escape(&file), escape(name), offer.slot);
        let meaning = offer.kind.meaning();
        format!("{name}, {slot}: {file}, {meaning}; take it with --assign '{name}/{slot}={file}'")
    });
    let lines: Vec<_> = lines.collect();
    let title = "could stand in for missing disks, if you say so";
    (!lines.is_empty()).then(|| Branch::new(title).with(lines))
}

fn configuration(look: &Look<'_>, machine: &Machine) -> Branch {
    let Some(file) = machine.configuration() else {
        return Branch::new("configuration: missing (no .vmcx or .xml of it is here)");
    };
    let count = machine
        .states
        .iter()
        .filter(|state| state.configuration.is_some())
        .count();
    let more = match count - 1 {
        0 => String::new(),
        more => format!(", and {} of checkpoints", text::count(more as u64, "file")),
    };
    let size = std::fs::metadata(&file.path).map_or(0, |found| found.len());
    let path = short(look, &file.path);
    let title = format!("configuration: present, {path}, {}{more}", text::size(size));
    Branch::new(title).with(told(file))
}

/// What a configuration tells of the machine.
fn told(file: &ConfigFile) -> Vec<String> {
    let configuration = &*file.configuration;
    let mut told = vec![hardware(configuration)];
    told.extend(facts::hosts(configuration));
    told.extend(configuration.adapters.iter().map(adapter));
    told.extend(firmware(configuration));
    told.extend(facts::replica(configuration));
    told.extend(facts::cluster(configuration));
    told.extend(facts::devices(configuration));
    told.extend(
        file.notes
            .iter()
            .map(|fault| escape(&fault.to_string()).into_owned()),
    );
    told
}

fn hardware(configuration: &Configuration) -> String {
    let generation = match configuration.generation {
        Generation::One => 1,
        Generation::Two => 2,
    };
    let mut parts = vec![format!("generation {generation}")];
    let version = configuration.version;
    parts.push(version.map_or("version unknown".into(), |version| {
        format!("version {version}")
    }));
    let processors = configuration.processors.count;
    parts.extend(processors.map(|count| text::count(count, "processor")));
    let mebibytes = |count: u64| text::size(count.saturating_mul(1 << 20));
    let memory = &configuration.memory;
    if let Some(startup) = memory.startup {
        let kind = if memory.dynamic { " (dynamic)" } else { "" };
        parts.push(format!("{} of memory{kind}", mebibytes(startup)));
    }
    parts.join(", ")
}

fn adapter(adapter: &Adapter) -> String {
    let switch = adapter.switch.as_ref().filter(|switch| !switch.is_empty());
    let switch = switch.map_or("not connected".into(), |switch| {
        format!("switch '{}'", escape(&switch.to_string()))
    });
    let mac = adapter
        .mac
        .as_ref()
        .map(|mac| format!(", {}", escape(&mac.to_string())));
    let fixed = if adapter.mac_is_static {
        " (static)"
    } else {
        ""
    };
    let name = adapter.name.to_string();
    let name = if name.is_empty() {
        "network adapter"
    } else {
        &name
    };
    format!(
        "{}: {switch}{}{fixed}",
        escape(name),
        mac.unwrap_or_default()
    )
}

fn firmware(configuration: &Configuration) -> Vec<String> {
    let firmware = &configuration.firmware;
    let mut told = Vec::new();
    if firmware.secure_boot {
        told.push("secure boot is on (it travels with the configuration)".into());
    }
    let has_tpm = configuration
        .devices
        .iter()
        .any(|device| device.kind == DeviceKind::Tpm);
    if firmware.key_protector {
        told.push(
            "virtual TPM: its state is sealed to the certificates of the source host's guardian; on another \
             host the machine imports and does not start without them"
                .into(),
        );
    } else if has_tpm {
        told.push(
            "virtual TPM: the configuration has the device; whether it is in use is not provable"
                .into(),
        );
    }
    told
}

fn disks(machine: &Machine) -> Branch {
    let Some(state) = machine.now().or(machine.states.last()) else {
        return Branch::new("disks: missing");
    };
    let present = state
        .disks
        .iter()
        .filter(|disk| disk.path().is_some())
        .count();
    let count = state.disks.len();
    let title = match (present, count) {
        (_, 0) => "disks: not applicable (the configuration has none)".into(),
        (0, _) => format!("disks: MISSING, none of {count} is here"),
        _ if present == count => format!("disks: present, {count}"),
        _ => format!("disks: {present} of {count} present, the others MISSING"),
    };
    Branch::new(title).with(state.disks.iter().map(disk))
}

fn disk(disk: &StateDisk) -> String {
    let slot = disk
        .slot
        .map(|slot| format!("{slot}  "))
        .unwrap_or_default();
    let recorded = disk
        .recorded
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    match &disk.tie {
        Tie::Missing { why } => {
            format!("{slot}MISSING: {}: {}", escape(&recorded), escape(why))
        }
        Tie::File { path, how } => {
            let name = path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy();
            format!("{slot}{}{}", escape(&name), found(how))
        }
    }
}

fn found(how: &How) -> String {
    match how {
        How::RecordedPath => ", at its recorded path".into(),
        How::Name => ", by its name".into(),
        How::Inferred(why) => format!(", INFERRED: {}", escape(why)),
        How::Assigned => ", by your word (--assign)".into(),
        How::Chain => String::new(),
    }
}

fn memory(machine: &Machine) -> Branch {
    if !machine.is_configured() {
        return Branch::new("memory: not known (a configuration would tell)");
    }
    let saved: Vec<_> = machine
        .states
        .iter()
        .filter(|state| state.memory.is_some())
        .collect();
    if saved.is_empty() {
        return Branch::new("memory: not applicable (no state has saved memory)");
    }
    let memories = || saved.iter().filter_map(|state| state.memory.as_ref());
    let (bytes, missing) = (
        memories().map(|memory| memory.size).sum(),
        memories().filter(|memory| memory.incomplete).count(),
    );
    let states = text::count(saved.len() as u64, "state");
    let title = match missing {
        0 => format!(
            "memory: present, saved with {states}, {}",
            text::size(bytes)
        ),
        _ if missing == saved.len() => format!("memory: MISSING, saved with {states}"),
        _ => format!("memory: saved with {states}, MISSING of {missing}"),
    };
    let lines = saved.iter().filter_map(|state| {
        let memory = state.memory.as_ref()?;
        Some(format!(
            "#{} {}: {}",
            state.number,
            escape(&state.label()),
            escape(&memory.evidence)
        ))
    });
    Branch::new(title).with(lines)
}

fn tree(look: &Look<'_>, machine: &Machine) -> Branch {
    let (present, named) = (machine.mode.present, machine.mode.named);
    let title = match named {
        _ if machine.states.len() < 2 && named.unwrap_or(0) == 0 => {
            "checkpoint tree: not applicable (no checkpoints)".into()
        }
        Some(named) if named > present as u64 => {
            format!("checkpoint tree: {present} of {named} checkpoints present")
        }
        _ if present == 0 => format!(
            "checkpoint tree: by the disks alone, {}",
            text::count(machine.states.len() as u64, "state")
        ),
        _ => format!(
            "checkpoint tree: present, {}",
            text::count(present as u64, "checkpoint")
        ),
    };
    let mut branch = Branch::new(title);
    branch.below = checkpoints::tree(look, machine);
    branch
}

fn mode(machine: &Machine) -> Branch {
    let mode = &machine.mode;
    let word = match mode.kind {
        ModeKind::AllCheckpoints => "all checkpoints (VSS)",
        ModeKind::LatestState => "latest state alone (WMI, change tracking)",
        ModeKind::NoCheckpoints => "no checkpoints, so that all modes look the same",
        ModeKind::Unknown => "not known",
    };
    let branch = Branch::new(format!("backup mode: {word}"));
    branch.with(mode.evidence.iter().map(|why| escape(why).into_owned()))
}

fn absent(look: &Look<'_>, machine: &Machine) -> Option<Branch> {
    let own = machine.absent.iter().map(|absence| {
        let slot = absence
            .slot
            .map(|slot| format!("{slot}, "))
            .unwrap_or_default();
        let (what, reason) = (escape(&absence.what), escape(&absence.reason));
        Branch::new(format!("{slot}{what}: {reason} [{}]", absence.code.id))
            .with([format!("remedy: {}", absence.code.remedy)])
    });
    let below: Vec<_> = own
        .chain(look.guests.iter().flat_map(facts::in_guest))
        .collect();
    let mut branch = Branch::new("NOT IN THIS BACKUP");
    branch.below = below;
    (!branch.below.is_empty()).then_some(branch)
}

fn leftovers(machine: &Machine) -> Option<Branch> {
    let line = |leftover: &Leftover| {
        let name = leftover
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        format!("{}: {}", escape(&name), leftover_words(leftover.kind))
    };
    let lines: Vec<_> = machine.leftovers.iter().map(line).collect();
    let title = "left by a backup or a replica, not used unless you ask for it by name";
    (!lines.is_empty()).then(|| Branch::new(title).with(lines))
}

pub(super) fn leftover_words(kind: LeftoverKind) -> &'static str {
    match kind {
        LeftoverKind::AutoRecovery => "application-consistent state of a backup of 2012 R2",
        LeftoverKind::RecoveryCheckpoint => "the checkpoint that a backup made for itself",
        LeftoverKind::BackupSnapshot => "configuration of a backup's own checkpoint",
        LeftoverKind::ReplicaLog => "changes that a replica received and had not applied",
        LeftoverKind::ReplicaUndo => "undo log of a replica's recovery point",
        LeftoverKind::ChangeTracking => {
            "change tracking; not needed, and wrong beside a changed disk"
        }
    }
}

/// A path, from the source on where it is in it.
pub(super) fn short(look: &Look<'_>, path: &Path) -> String {
    let root = look.backup.source();
    let path = path.strip_prefix(root).unwrap_or(path);
    escape(&path.display().to_string()).into_owned()
}
