//! A machine in `inspect --json`.

use serde_json::{Value, json};
use tree::Time;
use vmcx::{AdapterKind, Configuration, DeviceKind, Generation};

use super::look::Look;
use super::{checkpoints, facts};
use crate::codes::cli::IN_GUEST_ISCSI;
use crate::open::StateFacts;
use crate::vmset::consistency::is_on_cluster;
use crate::vmset::{
    Absence, AbsenceKind, BackupMode, ConfigFile, ConfigFormat, How, Leftover, LeftoverKind,
    Machine, MachineState, ModeKind, SavedMemory, StateDisk, StateKind, Tie, hosts,
};

/// All that is known of a machine but its disks' content.
pub(super) fn of(look: &Look<'_>, machine: &Machine) -> Value {
    json!({
        "name": machine.name,
        "id": machine.id,
        "configured": machine.is_configured(),
        "state_read": look.backup.state().map(|state| state.number),
        "parts": parts(machine),
        "mode": mode(&machine.mode),
        "configuration": machine.configuration().map(configuration),
        "guest_state_file": machine.guest_state.as_ref().map(|path| path.display().to_string()),
        "states": machine.states.iter().map(|state| state_json(look, machine, state)).collect::<Vec<_>>(),
        "absent": absent(look, machine),
        "offers": machine.offers.iter().map(|offer| json!({
            "state": offer.state, "slot": offer.slot.to_string(),
            "file": offer.file.display().to_string(), "meaning": offer.kind.meaning(),
        })).collect::<Vec<_>>(),
        "leftovers": machine.leftovers.iter().map(leftover).collect::<Vec<_>>(),
    })
}

/// The four parts: present, partly, missing, or not applicable.
fn parts(machine: &Machine) -> Value {
    let states = &machine.states;
    let configured = states
        .iter()
        .filter(|state| state.configuration.is_some())
        .count();
    let now = machine.now().or(states.last());
    let disks = now.map_or(&[][..], |state| &state.disks);
    let here = disks.iter().filter(|disk| disk.path().is_some()).count();
    let memories: Vec<_> = states
        .iter()
        .filter_map(|state| state.memory.as_ref())
        .collect();
    let whole = memories.iter().filter(|memory| !memory.incomplete).count();
    let named = machine.mode.named.map_or(machine.mode.present, |named| {
        usize::try_from(named).unwrap_or(usize::MAX)
    });
    json!({
        "configuration": { "status": status(configured.min(1), 1), "files": configured },
        "disks": { "status": status(here, disks.len()), "present": here, "named": disks.len() },
        "memory": {
            "status": match machine.is_configured() {
                true => status(whole, memories.len()),
                false => "not known",
            },
            "states": memories.len(),
            "size": memories.iter().map(|memory| memory.size).sum::<u64>(),
        },
        "checkpoints": {
            "status": status(machine.mode.present.min(named), named),
            "present": machine.mode.present, "named": machine.mode.named,
        },
    })
}

fn status(here: usize, of: usize) -> &'static str {
    match (here, of) {
        (_, 0) => "not applicable",
        (0, _) => "missing",
        (here, of) if here < of => "partly present",
        _ => "present",
    }
}

fn mode(mode: &BackupMode) -> Value {
    let kind = match mode.kind {
        ModeKind::AllCheckpoints => "all-checkpoints",
        ModeKind::LatestState => "latest-state",
        ModeKind::NoCheckpoints => "no-checkpoints",
        ModeKind::Unknown => "unknown",
    };
    json!({ "kind": kind, "evidence": mode.evidence, "named": mode.named, "present": mode.present })
}

fn configuration(file: &ConfigFile) -> Value {
    let told = &*file.configuration;
    let format = match file.format {
        ConfigFormat::Vmcx => "vmcx",
        ConfigFormat::Xml => "xml",
        ConfigFormat::Exp => "exp",
    };
    json!({
        "file": file.path.display().to_string(),
        "format": format,
        "generation": match told.generation { Generation::One => 1, Generation::Two => 2 },
        "version": told.version.map(|version| version.to_string()),
        "hosts": told.version.map(|version| {
            hosts::accepting(version).map(|host| json!({
                "name": host.name, "host": (!host.word.is_empty()).then_some(host.word), "build": host.build,
            })).collect::<Vec<_>>()
        }),
        "notes": told.notes.to_string(),
        "created": told.created.and_then(time),
        "last_powered_on": told.last_powered_on.and_then(time),
        "last_powered_off": told.last_powered_off.and_then(time),
        "processors": told.processors.count,
        "memory_mib": told.memory.startup,
        "dynamic_memory": told.memory.dynamic,
        "secure_boot": told.firmware.secure_boot,
        "vtpm": vtpm(told),
        "cluster": { "role": told.highly_available, "shared_volume": is_on_cluster(told) },
        "replica": told.replication.as_ref().map(replica),
        "disk_merge_pending": told.disk_merge_pending,
        "adapters": told.adapters.iter().map(adapter).collect::<Vec<_>>(),
        "devices": facts::devices(told),
        "problems": file.notes.iter().map(|fault| json!({
            "code": fault.code.id, "message": fault.to_string(),
        })).collect::<Vec<_>>(),
    })
}

/// Whether there is a virtual TPM: `true` on a positive sign, `null` where nothing proves it.
fn vtpm(told: &Configuration) -> Value {
    let has_device = told
        .devices
        .iter()
        .any(|device| device.kind == DeviceKind::Tpm);
    match (told.firmware.key_protector, has_device) {
        (true, _) => true.into(),
        (false, true) => Value::Null,
        (false, false) => false.into(),
    }
}

fn replica(replication: &vmcx::Replication) -> Value {
    json!({
        "primary": replication.primary_server.as_ref().map(ToString::to_string),
        "replica": replication.recovery_server.as_ref().map(ToString::to_string),
        "resynchronize": replication.resynchronize,
        "pending_delta": replication.pending_delta,
        "pending_logs": replication.pending_logs.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn adapter(adapter: &vmcx::Adapter) -> Value {
    json!({
        "name": adapter.name.to_string(),
        "kind": match adapter.kind { AdapterKind::Synthetic => "synthetic", AdapterKind::Legacy => "legacy" },
        "mac": adapter.mac.as_ref().map(ToString::to_string),
        "static_mac": adapter.mac_is_static,
        "connected": adapter.connected,
        "switch": adapter.switch.as_ref().map(ToString::to_string),
    })
}

fn state_json(look: &Look<'_>, machine: &Machine, state: &MachineState) -> Value {
    let kind = match state.kind {
        StateKind::Now => "now",
        StateKind::Checkpoint(_) => "checkpoint",
        StateKind::Layer => "layer",
    };
    let file = state.configuration.as_ref();
    json!({
        "number": state.number,
        "kind": kind,
        "id": state.id(),
        "name": state.name,
        "created": state.created.and_then(time),
        "parent": state.parent,
        "configuration": file.map(|file| file.path.display().to_string()),
        "disks": state.disks.iter().map(disk).collect::<Vec<_>>(),
        "memory": state.memory.as_ref().map(memory),
        "size": checkpoints::size_of(look, state),
        "guest": look.facts_of(state).map(guest),
        "consistency": look.consistency(machine, state).map(|found| json!({
            "verdict": found.verdict.words(), "evidence": found.evidence,
        })),
        "newer_than_child": look.is_newer_than_child(machine, state),
    })
}

fn guest(facts: &StateFacts) -> Value {
    json!({
        "last_written": facts.written.as_ref().map(|(volume, written)| json!({
            "time": rfc3339(written.time), "volume": volume, "evidence": written.evidence,
            "exact": facts.is_exact(),
        })),
        "used": facts.used,
        "dirty": facts.dirty.iter().map(|(volume, why)| json!({ "volume": volume, "why": why }))
            .collect::<Vec<_>>(),
        "unreadable": facts.unreadable,
    })
}

fn disk(disk: &StateDisk) -> Value {
    let (how, evidence, why) = match &disk.tie {
        Tie::Missing { why } => ("missing", None, Some(why)),
        Tie::File { how, .. } => match how {
            How::RecordedPath => ("recorded-path", None, None),
            How::Name => ("name", None, None),
            How::Inferred(why) => ("inferred", Some(why), None),
            How::Assigned => ("assigned", None, None),
            How::Chain => ("chain", None, None),
        },
    };
    json!({
        "slot": disk.slot.map(|slot| slot.to_string()),
        "recorded": disk.recorded.as_ref().map(ToString::to_string),
        "file": disk.path().map(|path| path.display().to_string()),
        "found_by": how,
        "evidence": evidence,
        "why_missing": why,
    })
}

fn memory(memory: &SavedMemory) -> Value {
    json!({
        "files": memory.files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "size": memory.size,
        "evidence": memory.evidence,
        "incomplete": memory.incomplete,
    })
}

fn absent(look: &Look<'_>, machine: &Machine) -> Vec<Value> {
    let own = machine.absent.iter().map(Absence::json);
    let targets = look.guests.iter().flat_map(|found| {
        let targets = found.guest().iscsi_targets.iter();
        targets.map(|target| {
            json!({
                "kind": AbsenceKind::InGuest.word(), "what": target.name,
                "reason": format!("iSCSI target in the registry of {}", found.volume_name()),
                "code": IN_GUEST_ISCSI.id, "remedy": IN_GUEST_ISCSI.remedy,
            })
        })
    });
    own.chain(targets).collect()
}

fn leftover(leftover: &Leftover) -> Value {
    let kind = match leftover.kind {
        LeftoverKind::AutoRecovery => "auto-recovery",
        LeftoverKind::RecoveryCheckpoint => "recovery-checkpoint",
        LeftoverKind::BackupSnapshot => "backup-snapshot",
        LeftoverKind::ReplicaLog => "replica-log",
        LeftoverKind::ReplicaUndo => "replica-undo",
        LeftoverKind::ChangeTracking => "change-tracking",
    };
    json!({ "file": leftover.path.display().to_string(), "kind": kind })
}

fn time(ticks: u64) -> Option<String> {
    rfc3339(Time(i64::try_from(ticks).ok()?))
}

fn rfc3339(time: Time) -> Option<String> {
    Some(time.rfc3339()?.as_str().to_owned())
}
