//! `manifest.json`: each file of a set, where it came from, what was changed and why.

use std::path::Path;

use serde_json::{Value, json};

use super::Absence;
use super::plan::{Change, Keep, Plan, PlannedFile, Role};
use super::write::{Written, WrittenFile};
use crate::sink::Partial;

/// Its name in the machine's folder.
pub const NAME: &str = "manifest.json";

/// The document about `plan`; with what was `written`, if it was carried out.
#[must_use]
pub fn document(plan: &Plan, written: Option<&Written>) -> Value {
    let files = plan.files.iter().enumerate().map(|(number, file)| {
        let written = written.and_then(|written| written.files.get(number));
        file_json(file, written)
    });
    json!({
        "type": "restored-machine",
        "tool": concat!("hvrestore ", env!("CARGO_PKG_VERSION")),
        "name": plan.name,
        "id": plan.id.map(|id| id.hyphenated().to_string().to_uppercase()),
        "folder": plan.folder,
        "checkpoints": match plan.keep {
            Keep::Checkpoints => json!("kept"),
            Keep::AsOf(number) => json!({ "merged_as_of": number }),
        },
        "windows_path": plan.windows_path,
        "size": plan.size(),
        "files": files.collect::<Vec<_>>(),
        "disks": plan.disks.iter().map(|disk| json!({
            "state": disk.state,
            "drive": disk.slot.map(|slot| slot.to_string()),
            "recorded": disk.recorded,
            "file": disk.place.as_ref().map(ToString::to_string),
            "chain": disk.chain.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "broken": disk.broken.as_ref().map(|fault| json!({
                "code": fault.code.id, "message": fault.to_string(),
            })),
            "overridden": disk.overridden,
        })).collect::<Vec<_>>(),
        "saved_state": plan.memory.iter().map(|memory| json!({
            "state": memory.state,
            "size": memory.size,
            "kept": memory.dropped.is_none(),
            "dropped_because": memory.dropped,
            "removed_by_script": memory.by_script,
        })).collect::<Vec<_>>(),
        "left_out": plan.left_out.iter().map(|left| json!({
            "file": shown(&left.from), "why": left.why,
        })).collect::<Vec<_>>(),
        "absent": plan.absent.iter().map(Absence::json).collect::<Vec<_>>(),
        "damaged": written.map(|written| written.damaged.iter().map(|(place, fault)| json!({
            "file": place.to_string(), "code": fault.code.id, "message": fault.to_string(),
        })).collect::<Vec<_>>()).unwrap_or_default(),
        "complete": plan.is_complete() && written.is_none_or(Written::is_whole),
        "wizard_ready": plan.hindrances.is_empty() && written.is_none_or(Written::is_whole),
        "wizard_stops": plan.hindrances,
    })
}

fn file_json(file: &PlannedFile, written: Option<&WrittenFile>) -> Value {
    let place = written.map_or(&file.place, |written| &written.place);
    json!({
        "file": place.to_string(),
        "role": role(file.role),
        "source": shown(&file.from),
        "size": written.map_or(file.size, |written| written.size),
        "action": file.work.words(),
        "sha256": written.and_then(|written| written.sha256.clone()),
        "changes": file.changes.iter().map(change_json).collect::<Vec<_>>(),
        "remarks": written.map(|written| written.remarks.clone()).unwrap_or_default(),
        "lost": written.and_then(|written| written.partial.as_ref()).map(lost_json),
    })
}

fn lost_json(partial: &Partial) -> Value {
    let ranges = partial.lost.iter().map(|lost| {
        json!({
            "offset": lost.range.start,
            "length": lost.range.end - lost.range.start,
            "code": lost.fault.code.id,
            "message": lost.fault.to_string(),
        })
    });
    json!({ "bytes": partial.lost_bytes(), "ranges": ranges.collect::<Vec<_>>() })
}

fn change_json(change: &Change) -> Value {
    json!({
        "what": change.what,
        "before": change.before,
        "after": change.after,
        "why": change.why,
    })
}

/// The word for a kind of file in JSON.
fn role(role: Role) -> &'static str {
    match role {
        Role::Configuration => "configuration",
        Role::Checkpoint => "checkpoint",
        Role::Memory => "memory",
        Role::GuestState => "guest-state",
        Role::Disk => "disk",
        Role::DiskSet => "disk-set",
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
