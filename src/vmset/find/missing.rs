//! What is absent, and why, for people.

use std::collections::{BTreeMap, BTreeSet};

use vmcx::{Attachment, Device, DeviceKind};

use super::claim::{Claim, Why};
use super::codes::{
    CHECKPOINTS_ABSENT, DISK_AMBIGUOUS, DISK_MISSING, DISK_OVERWRITTEN, FIBRE_CHANNEL,
    GUEST_STATE_ABSENT, HOST_DEVICE, IMAGE_ABSENT, MACHINE_ABSENT, MEMORY_ABSENT, PARENT_ABSENT,
    PASS_THROUGH, SHARED_DISK, TOO_NEW,
};
use super::configs::Loaded;
use super::disks::Disks;
use super::machines::Group;
use super::memory::named_after;
use super::offer;
use super::others::Others;
use super::recorded::Recorded;
use crate::vmset::{Absence, AbsenceKind, BackupMode, ModeKind, SavedMemory, Slot};

/// What explains a missing file: what else is here.
pub(crate) struct Explain<'a> {
    pub(crate) disks: &'a Disks,
    /// The volumes of which files are here.
    pub(crate) volumes: &'a BTreeSet<String>,
}

/// The volumes that those files were recorded on which are here.
pub(crate) fn volumes(claims: &[Claim]) -> BTreeSet<String> {
    let tied = claims.iter().filter(|claim| claim.tie.is_some());
    tied.filter_map(|claim| claim.recorded.volume()).collect()
}

impl Explain<'_> {
    /// Why a claim has no file.
    pub(crate) fn why(&self, claim: &Claim) -> String {
        let file = |number: usize| self.disks.get(number).path.display();
        match &claim.why {
            Why::NotHere => self.not_here(claim),
            Why::Others {
                file: number,
                other,
            } => format!(
                "{} has its name and is {other}; no other file of that name is here",
                file(*number)
            ),
            Why::Overwritten {
                file: number,
                other,
            } => format!(
                "{} is {other}: the two have one file name, and one overwrote the other when they \
                 were restored to one folder",
                file(*number)
            ),
            Why::Several(files) => {
                let files: Vec<_> = files
                    .iter()
                    .map(|number| file(*number).to_string())
                    .collect();
                format!("several files may be it: {}", files.join(", "))
            }
            Why::TooNew { file: number, .. } => format!(
                "{} is at its place in the chain, but its guest wrote to it after the checkpoint was \
                 taken",
                file(*number)
            ),
        }
    }

    fn not_here(&self, claim: &Claim) -> String {
        let mut why = match self.lost_volume(&claim.recorded) {
            Some(volume) => format!(
                "{volume} was not in the backup job: nothing that was recorded on it is here"
            ),
            None => {
                "no file of that name is here, and none whose place in a chain speaks for it".into()
            }
        };
        for offer in offer::of(claim, 0, self.disks) {
            let file = offer.file.display();
            why.push_str(&format!(
                "; {file} could stand in for it: {}",
                offer.kind.meaning()
            ));
        }
        why
    }

    /// The volume of `recorded`, if nothing on it is here while other volumes' files are.
    fn lost_volume(&self, recorded: &Recorded) -> Option<String> {
        let volume = recorded.volume()?;
        (!self.volumes.is_empty() && !self.volumes.contains(&volume)).then_some(volume)
    }

    /// The disks of a machine's claims that have no file, each path once.
    pub(crate) fn disks<'a>(&self, own: impl Iterator<Item = &'a Claim>) -> Vec<Absence> {
        let mut missing: BTreeMap<(Slot, &Recorded), &Claim> = BTreeMap::new();
        for claim in own.filter(|claim| claim.tie.is_none()) {
            missing.insert((claim.slot, &claim.recorded), claim);
        }
        missing
            .into_values()
            .map(|claim| self.disk(claim))
            .collect()
    }

    fn disk(&self, claim: &Claim) -> Absence {
        let is_set = claim.recorded.file_name().ends_with(".vhds");
        let code = match claim.why {
            Why::NotHere if is_set => &SHARED_DISK,
            Why::NotHere | Why::Others { .. } => &DISK_MISSING,
            Why::Overwritten { .. } => &DISK_OVERWRITTEN,
            Why::Several(_) => &DISK_AMBIGUOUS,
            Why::TooNew { .. } => &TOO_NEW,
        };
        Absence {
            kind: if is_set {
                AbsenceKind::Shared
            } else {
                AbsenceKind::DiskFile
            },
            slot: Some(claim.slot),
            what: claim.text.to_string(),
            reason: self.why(claim),
            code,
        }
    }

    /// The parents that the chains of `files` lack.
    pub(crate) fn parents(&self, files: impl Iterator<Item = usize>) -> Vec<Absence> {
        let ends: BTreeSet<usize> = files.map(|file| self.disks.base(file)).collect();
        let cut = ends
            .into_iter()
            .filter(|end| self.disks.get(*end).lacks_parent);
        cut.map(|end| {
            let file = self.disks.get(end);
            let parent = file.link.as_ref().and_then(|link| link.file_name());
            Absence {
                kind: AbsenceKind::Parent,
                slot: None,
                what: parent.unwrap_or("a parent of unknown name").to_owned(),
                reason: format!(
                    "{} builds on it, and no file here has its identifier",
                    file.written_name()
                ),
                code: &PARENT_ABSENT,
            }
        })
        .collect()
    }
}

/// Drives and devices of a configuration that are no file of the backup.
pub(crate) fn of_hardware(loaded: &Loaded, others: &Others) -> Vec<Absence> {
    let configuration = loaded.configuration();
    let mut absent = Vec::new();
    for controller in &configuration.controllers {
        for drive in &controller.drives {
            let slot = Slot {
                controller: controller.kind,
                number: controller.number,
                location: drive.location,
            };
            absent.extend(of_attachment(&drive.attachment, slot, others));
        }
    }
    absent.extend(configuration.devices.iter().filter_map(of_device));
    absent
}

fn of_attachment(attachment: &Attachment, slot: Slot, others: &Others) -> Option<Absence> {
    match attachment {
        Attachment::Physical { word, path } => {
            let what = if path.is_empty() { word } else { path };
            Some(Absence {
                kind: AbsenceKind::PassThrough,
                slot: Some(slot),
                what: what.to_string(),
                reason: format!(
                    "\"{word}\" is no file: the drive was passed through from the host"
                ),
                code: &PASS_THROUGH,
            })
        }
        Attachment::Iso(path) | Attachment::Floppy(path) => {
            let recorded = Recorded::from(path);
            let is_here = path.is_empty() || others.has(recorded.file_name());
            (!is_here).then(|| Absence {
                kind: AbsenceKind::Image,
                slot: Some(slot),
                what: path.to_string(),
                reason: "no file of that name is here; the drive is left empty".into(),
                code: &IMAGE_ABSENT,
            })
        }
        Attachment::Empty | Attachment::Disk(_) => None,
    }
}

fn of_device(device: &Device) -> Option<Absence> {
    let (what, code) = match device.kind {
        DeviceKind::Assigned => ("a device of the host (DDA)", &HOST_DEVICE),
        DeviceKind::GpuPartition => ("a part of a GPU of the host", &HOST_DEVICE),
        DeviceKind::FibreChannel => ("a Fibre Channel adapter", &FIBRE_CHANNEL),
        DeviceKind::Tpm => return None,
    };
    Some(Absence {
        kind: AbsenceKind::Device,
        slot: None,
        what: if device.name.is_empty() {
            what.into()
        } else {
            device.name.to_string()
        },
        reason: format!("{what}: no backup of files holds it"),
        code,
    })
}

/// The files of memory that are missing.
pub(crate) fn of_memory(
    loaded: &Loaded,
    memory: Option<&SavedMemory>,
    lacks_runtime_file: bool,
) -> Option<Absence> {
    let (what, reason) = match memory {
        Some(memory) if memory.incomplete => (
            format!("saved memory of {}", loaded.configuration().name),
            memory.evidence.clone(),
        ),
        None if lacks_runtime_file => (
            named_after(loaded, "vmrs"),
            "without it nothing tells whether the machine was saved while it ran".into(),
        ),
        _ => return None,
    };
    Some(Absence {
        kind: AbsenceKind::Memory,
        slot: None,
        what,
        reason,
        code: &MEMORY_ABSENT,
    })
}

/// The configuration of the machine itself.
pub(crate) fn of_machine(group: &Group) -> Option<Absence> {
    let id = group.id.filter(|_| group.now.is_none())?;
    Some(Absence {
        kind: AbsenceKind::Configuration,
        slot: None,
        what: format!("configuration {}", id.to_string().to_uppercase()),
        reason: "only those of checkpoints are here".into(),
        code: &MACHINE_ABSENT,
    })
}

/// Checkpoints that the configuration counts and that are not here.
pub(crate) fn of_checkpoints(mode: &BackupMode) -> Option<Absence> {
    let present = u64::try_from(mode.present).unwrap_or(u64::MAX);
    let lacking = mode
        .named?
        .checked_sub(present)
        .filter(|count| *count > 0)?;
    let reason = match mode.kind {
        ModeKind::LatestState => "a backup of the latest state has none: expected, not damage",
        _ => "their configurations are not among the files at hand",
    };
    Some(Absence {
        kind: AbsenceKind::Checkpoint,
        slot: None,
        what: format!("{lacking} of {} checkpoints", mode.named?),
        reason: reason.into(),
        code: &CHECKPOINTS_ABSENT,
    })
}

/// The .vmgs that the configuration counts on.
pub(crate) fn of_guest_state(loaded: &Loaded, is_here: bool) -> Option<Absence> {
    let path = loaded.configuration().guest_state_file.as_ref()?;
    (!is_here && !path.is_empty()).then(|| Absence {
        kind: AbsenceKind::GuestState,
        slot: None,
        what: path.to_string(),
        reason: "no file of that name is here".into(),
        code: &GUEST_STATE_ABSENT,
    })
}
