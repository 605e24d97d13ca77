//! Controllers and what is plugged into them. vmcx.md B.4.

use blockio::Fault;
use uuid::Uuid;

use super::manifest::{Entry, FLOPPY, IDE, Manifest, SCSI};
use crate::Text;
use crate::codes;
use crate::keys::{Keys, device_id, numbered};

/// A controller and what is plugged into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Which kind.
    pub kind: ControllerKind,
    /// Its number among those of its kind.
    pub number: u32,
    /// Id of its device.
    pub instance: Uuid,
    /// Path of its keys below `configuration`, such as `_83f8638b-..._/controller0`.
    pub key: String,
    /// What is plugged in, by location.
    pub drives: Vec<Drive>,
}

/// Which kind of controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControllerKind {
    /// IDE, of Generation 1.
    Ide,
    /// SCSI.
    Scsi,
    /// Diskette drive.
    Floppy,
}

/// One drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// Its location on the controller.
    pub location: u32,
    /// Which kind of drive, with something in it or not.
    pub kind: DriveKind,
    /// What is in it.
    pub attachment: Attachment,
    /// Path of its keys below `configuration`, such as `_83f8638b-..._/controller0/drive0`.
    pub key: String,
    /// Whether several machines may use it at once (SCSI persistent reservations, or a .vhds).
    pub shared: bool,
}

/// Which kind of drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriveKind {
    /// A disk.
    Disk,
    /// A CD or DVD drive.
    Optical,
    /// A diskette drive.
    Floppy,
    /// Of the host, or nobody knows.
    Other,
}

/// What is in a drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Nothing.
    Empty,
    /// A virtual disk; its path on the host.
    Disk(Text),
    /// A CD image; its path on the host.
    Iso(Text),
    /// A diskette image; its path on the host.
    Floppy(Text),
    /// No file: a disk or CD drive of the host (pass-through), or something nobody knows.
    Physical {
        /// The word of the configuration.
        word: Text,
        /// What it says about which.
        path: Text,
    },
}

/// The controllers of the machine. Those that have keys and are not its are noted, if anything is in them.
pub(super) fn controllers(keys: &Keys<'_>, manifest: &Manifest) -> Vec<Controller> {
    let mut controllers: Vec<Controller> = Vec::new();
    for entry in &manifest.devices {
        let Some(kind) = ControllerKind::of(entry.device) else {
            continue;
        };
        let found = controllers.iter().filter(|other| other.kind == kind);
        let number = u32::try_from(found.count()).unwrap_or(u32::MAX);
        controllers.extend(of_device(kind, number, entry, keys));
    }
    note_strangers(keys, manifest);
    controllers
}

impl ControllerKind {
    fn of(device: Uuid) -> Option<Self> {
        match device {
            IDE => Some(Self::Ide),
            SCSI => Some(Self::Scsi),
            FLOPPY => Some(Self::Floppy),
            _ => None,
        }
    }
}

/// One device may be several controllers (IDE). A SCSI controller that never had a drive has no
/// `controller0`, and is one all the same.
fn of_device(kind: ControllerKind, number: u32, entry: &Entry, keys: &Keys<'_>) -> Vec<Controller> {
    let device = entry.keys(keys);
    let controller = |number: u32, key: String, drives: Vec<Drive>| Controller {
        kind,
        number,
        instance: entry.instance,
        key,
        drives,
    };
    let mut found = Vec::new();
    for child in device.iter().flat_map(Keys::children) {
        if let Some(within) = numbered(child.name(), "controller") {
            let number = number.saturating_add(within);
            found.push(controller(number, child.path.clone(), drives(&child)));
        }
    }
    if found.is_empty() {
        let key = format!("_{}_/controller0", entry.instance);
        found.push(controller(number, key, Vec::new()));
    }
    found.sort_by_key(|controller| controller.number);
    found
}

fn drives(controller: &Keys<'_>) -> Vec<Drive> {
    let drive = |keys: Keys<'_>| Drive::of(numbered(keys.name(), "drive")?, &keys);
    let mut drives: Vec<_> = controller.children().filter_map(drive).collect();
    drives.sort_by_key(|drive| drive.location);
    drives
}

impl Drive {
    /// The drive, unless the location is free (`NONE`).
    fn of(location: u32, keys: &Keys<'_>) -> Option<Self> {
        let word = keys.text("type").unwrap_or_default();
        let path = keys.text("pathname").unwrap_or_default();
        let kind = DriveKind::of(&word, &path)?;
        let shared =
            keys.flag("persistent_reservations_supported") || has_extension(&path, &["vhds"]);
        Some(Self {
            location,
            kind,
            attachment: Attachment::of(kind, word, path),
            key: keys.path.clone(),
            shared,
        })
    }
}

impl DriveKind {
    /// By the word, and where that is missing or unknown by the path: a disk must not be overlooked for a
    /// word that a later version spells another way.
    fn of(word: &Text, path: &Text) -> Option<Self> {
        match word.to_string().to_ascii_uppercase().as_str() {
            "VHD" => Some(Self::Disk),
            "ISO" => Some(Self::Optical),
            "VFD" => Some(Self::Floppy),
            "NONE" | "" if path.is_empty() => None,
            _ if has_extension(path, &["vhd", "vhdx", "avhd", "avhdx", "vhds"]) => Some(Self::Disk),
            _ if has_extension(path, &["iso"]) => Some(Self::Optical),
            _ if has_extension(path, &["vfd"]) => Some(Self::Floppy),
            _ => Some(Self::Other),
        }
    }
}

impl Attachment {
    fn of(kind: DriveKind, word: Text, path: Text) -> Self {
        match kind {
            DriveKind::Other => Self::Physical { word, path },
            _ if path.is_empty() => Self::Empty,
            DriveKind::Disk => Self::Disk(path),
            DriveKind::Optical => Self::Iso(path),
            DriveKind::Floppy => Self::Floppy(path),
        }
    }
}

fn has_extension(path: &Text, extensions: &[&str]) -> bool {
    let path = path.to_string().to_ascii_lowercase();
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| extensions.contains(&extension))
}

fn note_strangers(keys: &Keys<'_>, manifest: &Manifest) {
    for device in keys.children() {
        let Some(instance) = device_id(device.name()) else {
            continue;
        };
        let is_controller = |child: &Keys<'_>| numbered(child.name(), "controller").is_some();
        let mut drives = device
            .children()
            .filter(is_controller)
            .flat_map(|c| drives(&c));
        if !manifest.has(instance) && drives.any(|drive| drive.attachment != Attachment::Empty) {
            let fault = Fault::damaged(&codes::NOT_IN_MANIFEST, format!("key {}", device.path));
            keys.note(fault);
        }
    }
}
