//! What `inspect` says of the installations it finds.

use serde_json::{Value, json};
use tree::Time;

use super::branch::Branch;
use crate::cli::text::{self, escape};
use crate::guest::{Guest, Mounted, Name};
use crate::open::{Backup, LetterSource, Meaning, Volume};

/// An installation and the volume it is on.
pub(super) struct Found<'a> {
    volume: &'a Volume,
    guest: Guest,
}

/// The installations on the backup's volumes.
pub(super) fn find(backup: &Backup) -> Vec<Found<'_>> {
    let found = |volume: &'_ Volume| Guest::read(&*volume.fs);
    backup
        .data_volumes()
        .filter_map(|volume| {
            Some(Found {
                volume,
                guest: found(volume)?,
            })
        })
        .collect()
}

/// That letters are guessed, where they are.
pub(super) fn guess(backup: &Backup) -> Option<Branch> {
    match &backup.letters().source {
        LetterSource::Guest { .. } => None,
        LetterSource::Guess { why } => {
            let text = format!("C: is guessed, other letters are not known: {why}");
            Some(Branch::new(text))
        }
    }
}

pub(super) fn letters_json(backup: &Backup) -> Value {
    match &backup.letters().source {
        LetterSource::Guest { volume } => json!({ "by": "registry", "volume": volume }),
        LetterSource::Guess { why } => json!({ "by": "guess", "why": why }),
    }
}

impl Found<'_> {
    /// What it says of itself.
    pub(super) fn guest(&self) -> &Guest {
        &self.guest
    }

    /// The volume that it is on.
    pub(super) fn volume_name(&self) -> &str {
        &self.volume.name
    }

    /// For people.
    pub(super) fn branch(&self, backup: &Backup) -> Branch {
        let guest = &self.guest;
        let product = guest.os.product.as_deref().unwrap_or("Windows");
        let mut title = format!("guest on {}  {}", self.volume.name, escape(product));
        if let Some(version) = &guest.os.version {
            title += &format!(" {}", escape(version));
        }
        if let Some(build) = guest.os.full_build() {
            title += &format!(", build {}", escape(&build));
        }
        if let Some(name) = guest.computer.full_name() {
            title += &format!(", {}", escape(&name));
        }
        let mut branch = Branch::new(title);
        branch.remarks.extend(self.machine());
        branch.remarks.extend(self.times());
        let role =
            |role: &crate::guest::Role| format!("role: {} ({})", role.name, escape(&role.evidence));
        branch.remarks.extend(guest.roles.iter().map(role));
        let target = |target: &crate::guest::IscsiTarget| {
            format!("iSCSI target, not in this backup: {}", escape(&target.name))
        };
        branch
            .remarks
            .extend(guest.iscsi_targets.iter().map(target));
        branch.remarks.extend(self.letters(backup));
        let state =
            |hive: &crate::guest::HiveFile| format!("registry {}: {}", hive.name, hive.state);
        branch.remarks.extend(guest.hives.iter().map(state));
        let note = |fault: &std::sync::Arc<blockio::Fault>| escape(&fault.to_string()).into_owned();
        branch.remarks.extend(guest.notes.iter().map(note));
        branch
    }

    fn machine(&self) -> Option<String> {
        let processor = &self.guest.processor;
        let parts = [&processor.identifier, &processor.architecture];
        let known: Vec<_> = parts
            .into_iter()
            .flatten()
            .map(|part| escape(part))
            .collect();
        (!known.is_empty()).then(|| format!("processor {}", known.join(", ")))
    }

    fn times(&self) -> Option<String> {
        let guest = &self.guest;
        let at = |word: &str, time: Option<Time>| Some(format!("{word} {}Z", text::seconds(time?)));
        let zone = guest.time_zone.name.as_ref();
        let parts = [
            at("installed", guest.os.installed),
            at("last shut down", guest.last_shutdown),
            zone.map(|zone| format!("time zone {}", escape(zone))),
        ];
        let known: Vec<_> = parts.into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.join(", "))
    }

    /// A line for each letter that this installation knows.
    fn letters(&self, backup: &Backup) -> Vec<String> {
        let ours = matches!(&backup.letters().source,
            LetterSource::Guest { volume } if *volume == self.volume.name);
        let line = |mounted: &Mounted| {
            let Name::Letter(letter) = mounted.name else {
                return None;
            };
            let device = mounted.device.to_string();
            Some(match backup.meaning_of(letter) {
                Meaning::Volumes(volumes) if ours => {
                    let names: Vec<_> = volumes.iter().map(|volume| &*volume.name).collect();
                    format!("{letter}: is {}", names.join(" and "))
                }
                Meaning::Closed(disk, partition) if ours => {
                    format!("{letter}: is disk{}/part{}", disk.number, partition.number)
                }
                Meaning::Elsewhere(_) if ours => {
                    format!("{letter}: is not in this backup: {}", escape(&device))
                }
                _ => format!("{letter}: is {}", escape(&device)),
            })
        };
        let mut lines: Vec<_> = self.guest.mounted.iter().filter_map(line).collect();
        lines.sort();
        lines
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let guest = &self.guest;
        json!({
            "volume": self.volume.name,
            "os": {
                "product": guest.os.product, "edition": guest.os.edition,
                "installation": guest.os.installation, "version": guest.os.version,
                "build": guest.os.full_build(), "service_pack": guest.os.service_pack,
                "installed": time(guest.os.installed),
            },
            "name": guest.computer.name,
            "host_name": guest.computer.host_name,
            "domain": guest.computer.domain,
            "processor": {
                "identifier": guest.processor.identifier,
                "architecture": guest.processor.architecture, "count": guest.processor.count,
            },
            "time_zone": { "name": guest.time_zone.name, "bias_minutes": guest.time_zone.bias },
            "last_shutdown": time(guest.last_shutdown),
            "roles": guest.roles.iter().map(|role| json!({
                "role": role.name, "evidence": role.evidence,
            })).collect::<Vec<_>>(),
            "iscsi_targets": guest.iscsi_targets.iter().map(|target| &target.name).collect::<Vec<_>>(),
            "mounted": guest.mounted.iter().map(mounted_json).collect::<Vec<_>>(),
            "hives": guest.hives.iter().map(|hive| json!({
                "hive": hive.name, "dirty": hive.dirty, "log_entries_applied": hive.entries,
            })).collect::<Vec<_>>(),
            "notes": guest.notes.iter().map(|fault| json!({
                "code": fault.code.id, "message": fault.to_string(),
            })).collect::<Vec<_>>(),
        })
    }
}

fn time(time: Option<Time>) -> Option<String> {
    let text = time?.rfc3339()?;
    Some(text.as_str().to_owned())
}

fn mounted_json(mounted: &Mounted) -> Value {
    let (letter, volume, name) = match &mounted.name {
        Name::Letter(letter) => (Some(letter), None, None),
        Name::Volume(id) => (None, Some(id), None),
        Name::Other(name) => (None, None, Some(name)),
    };
    json!({ "letter": letter, "volume_id": volume, "name": name, "device": mounted.device.to_string() })
}
