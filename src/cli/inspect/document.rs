//! `inspect --json`.

use std::path::Path;

use partition::{Content, FirstBytes, Partition, Table};
use serde_json::{Value, json};

use super::counts::Counts;
use super::guests::{self, Found};
use crate::cli::chain::{layers_json, orphans};
use crate::open::{Backup, Disk, OpenDisk, Volume};

/// The whole document.
pub(super) fn of(source: &Path, backup: &Backup, counts: &[Counts], guests: &[Found<'_>]) -> Value {
    let shown = Shown { backup, counts };
    json!({
        "type": "inspect",
        "source": source.display().to_string(),
        "disks": backup.disks.iter().map(|disk| disk_json(disk, shown)).collect::<Vec<_>>(),
        "guests": guests.iter().map(Found::json).collect::<Vec<_>>(),
        "letters": guests::letters_json(backup),
        "orphans": orphans(backup),
        "damaged": backup.survey.files.iter().filter_map(|file| {
            let fault = file.outcome.as_ref().err()?;
            Some(json!({ "file": file.path.display().to_string(), "code": fault.code.id,
                "message": fault.to_string() }))
        }).collect::<Vec<_>>(),
    })
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
        "state": { "number": disk.state.number, "file": disk.state.file_name(), "newest": disk.state.is_leaf },
        "states": disk.family.states.iter().map(|state| json!({
            "number": state.number, "file": state.file_name(), "newest": state.is_leaf,
        })).collect::<Vec<_>>(),
        "layers": chain.map(layers_json).unwrap_or_default(),
        "size": opened.map(|opened| blockio::ReadAt::size(&*opened.bytes)),
        "table": opened.and_then(|opened| opened.table.as_ref().ok()).map(table_json),
        "partitions": opened.map(|opened| partitions(opened, shown)).unwrap_or_default(),
        "error": error.map(|fault| json!({ "code": fault.code.id, "message": fault.to_string() })),
    })
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
