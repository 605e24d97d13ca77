//! `inspect --json`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::Fault;
use partition::{Content, FirstBytes, Partition, Table};
use serde_json::{Value, json};

use super::counts::Counts;
use super::look::Look;
use super::{guests, machine_json};
use crate::cli::chain::{layers_json, orphans};
use crate::open::{Backup, Disk, OpenDisk, Volume};
use crate::vmset::VmSet;

/// The whole document. What is above `machines` is of all of them together, `vm` says of which.
pub(super) fn of(source: &Path, looks: &[Look<'_>]) -> Value {
    let mut damaged: Vec<_> = looks.iter().flat_map(|look| damaged(look.backup)).collect();
    damaged.sort_by_key(ToString::to_string);
    damaged.dedup();
    let mut orphans: Vec<_> = looks.iter().flat_map(|look| orphans(look.backup)).collect();
    orphans.sort();
    orphans.dedup();
    let machines = looks
        .iter()
        .filter_map(|look| Some(machine_json::of(look, look.machine?)));
    json!({
        "type": "inspect",
        "source": source.display().to_string(),
        "machines": machines.collect::<Vec<_>>(),
        "disks": looks.iter().flat_map(disks).collect::<Vec<_>>(),
        "guests": looks.iter().flat_map(guests_json).collect::<Vec<_>>(),
        "letters": match looks {
            [one] => guests::letters_json(one.backup),
            _ => Value::Null,
        },
        "orphans": orphans,
        "damaged": damaged,
        "unreadable": looks.first().map(|look| unreadable(&look.backup.vms)).unwrap_or_default(),
    })
}

/// The configurations that cannot be read.
fn unreadable(set: &VmSet) -> Vec<Value> {
    let one = |(path, fault): &(PathBuf, Arc<Fault>)| {
        json!({ "file": path.display().to_string(), "code": fault.code.id,
            "message": fault.to_string() })
    };
    set.unreadable.iter().map(one).collect()
}

fn disks(look: &Look<'_>) -> Vec<Value> {
    let shown = Shown {
        backup: look.backup,
        counts: &look.counts,
    };
    let disks = look.backup.disks.iter();
    let disks = disks.map(|disk| named(look, disk_json(disk, shown)));
    disks.collect()
}

fn guests_json(look: &Look<'_>) -> Vec<Value> {
    let guests = look.guests.iter();
    guests.map(|found| named(look, found.json())).collect()
}

/// With the name of the machine.
fn named(look: &Look<'_>, mut value: Value) -> Value {
    value["vm"] = json!(look.machine.map(|machine| &machine.name));
    value
}

fn damaged(backup: &Backup) -> Vec<Value> {
    let files = backup.survey.files.iter();
    let damaged = files.filter_map(|file| {
        let fault = file.outcome.as_ref().err()?;
        Some(
            json!({ "file": file.path.display().to_string(), "code": fault.code.id,
                "message": fault.to_string() }),
        )
    });
    damaged.collect()
}

/// What the parts of the document are looked up in.
#[derive(Clone, Copy)]
struct Shown<'a> {
    backup: &'a Backup,
    counts: &'a [Counts],
}

fn disk_json(disk: &Disk, shown: Shown<'_>) -> Value {
    let chain = disk.chain.as_ref().map(|view| view.chain());
    let opened = disk.opened.as_ref().ok();
    let error = disk.opened.as_ref().err();
    json!({
        "disk": disk.number,
        "slot": disk.slot.map(|slot| slot.to_string()),
        "state": { "number": disk.state.number, "file": disk.state.file_name(), "newest": disk.state.is_leaf },
        "states": disk.family.states.iter().map(|state| json!({
            "number": state.number, "file": state.file_name(), "newest": state.is_leaf,
        })).collect::<Vec<_>>(),
        "layers": chain.map(layers_json).unwrap_or_default(),
        "size": opened.map(|opened| blockio::ReadAt::size(&*opened.bytes)),
        "used": opened.map(used),
        "table": opened.and_then(|opened| opened.table.as_ref().ok()).map(table_json),
        "partitions": opened.map(|opened| partitions(opened, shown)).unwrap_or_default(),
        "error": error.map(|fault| json!({ "code": fault.code.id, "message": fault.to_string() })),
    })
}

/// Bytes in use on the disk's volumes.
fn used(opened: &OpenDisk) -> u64 {
    let infos = opened.volumes.iter().map(|volume| volume.fs.info());
    infos
        .filter_map(|info| Some(info.size.saturating_sub(info.free?)))
        .sum()
}

fn table_json(table: &Table) -> Value {
    json!({
        "scheme": table.scheme.name(),
        "sector_size": table.sector_size,
        "disk_guid": table.disk_guid,
        "mbr_signature": table.mbr_signature.map(|signature| format!("{signature:08x}")),
        "notes": table.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dynamic_disk": table.ldm.as_ref().map(dynamic_disk_json),
    })
}

/// The volumes of a dynamic disk (LDM), which are named and not read.
fn dynamic_disk_json(database: &partition::ldm::Database) -> Value {
    json!({
        "group": database.group,
        "disk_guid": database.disk_guid,
        "volumes": database.volumes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn partitions(opened: &OpenDisk, shown: Shown<'_>) -> Vec<Value> {
    let Ok(table) = &opened.table else {
        return Vec::new();
    };
    table
        .partitions
        .iter()
        .map(|partition| partition_json(opened, partition, shown))
        .collect()
}

fn partition_json(opened: &OpenDisk, partition: &Partition, shown: Shown<'_>) -> Value {
    let volume = opened
        .volumes
        .iter()
        .find(|volume| volume.partition.number == partition.number);
    let failed = opened
        .failed
        .iter()
        .find(|(number, _)| *number == partition.number);
    json!({
        "partition": partition.number,
        "start": partition.start,
        "size": partition.len,
        "stated_size": partition.stated_len,
        "type": partition.type_name,
        "type_id": partition.type_id.to_string(),
        "id": partition.id,
        "name": partition.name,
        "active": partition.active,
        "content": content_json(&partition.content),
        "volume": volume.map(|volume| volume_json(volume, shown)),
        "error": failed.map(|(_, fault)| json!({ "code": fault.code.id, "message": fault.to_string() })),
    })
}

fn content_json(content: &Content) -> Value {
    match content {
        Content::Ntfs => json!({ "kind": "NTFS" }),
        Content::Foreign(foreign) => json!({
            "kind": foreign.kind.name(), "label": foreign.label, "size": foreign.size, "id": foreign.id,
        }),
        Content::Unknown(first) => json!({ "kind": null, "begins_with": match first {
            FirstBytes::Zeros(count) => format!("{count} zero bytes"),
            FirstBytes::NoSignature => "no known signature".into(),
            FirstBytes::Unreadable => "bytes that cannot be read".into(),
        }}),
    }
}

fn volume_json(volume: &Volume, shown: Shown<'_>) -> Value {
    let info = volume.fs.info();
    json!({
        "volume": volume.name,
        "letter": shown.backup.letter_of(volume),
        "kind": info.kind,
        "label": info.label,
        "serial": format!("{:016X}", info.serial),
        "size": info.size,
        "free": info.free,
        "used": info.free.map(|free| info.size.saturating_sub(free)),
        "cluster_size": info.cluster_size,
        "sector_size": info.sector_size,
        "dirty": info.dirty,
        "notes": info.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "counts": shown.counts.iter().find(|counts| counts.volume == volume.name).map(Counts::json),
    })
}
