//! What a new machine takes over from the old one, and what it cannot.

use vmcx::{ControllerKind, DeviceKind, Firmware, Generation, Text};

use super::facts::{Content, DiskFile, DriveFacts, Facts, MemoryFate, Way};
use crate::vmset::Slot;

/// Boot order of a machine of Generation 1, in the words of `Set-VMBios`; empty where the configuration
/// does not say.
pub(super) fn boot_order(firmware: &Firmware) -> Vec<&'static str> {
    const ALL: [&str; 4] = ["CD", "IDE", "LegacyNetworkAdapter", "Floppy"];
    if firmware.boot_order.is_empty() {
        return Vec::new();
    }
    let mut order: Vec<&str> = Vec::new();
    let named = firmware
        .boot_order
        .iter()
        .filter_map(|word| word_of(&word.to_string()));
    for word in named.chain(ALL) {
        if !order.contains(&word) {
            order.push(word);
        }
    }
    order
}

/// The cmdlet's word for a kind of device in a configuration.
fn word_of(device: &str) -> Option<&'static str> {
    let device = device.to_ascii_lowercase();
    let words = [
        ("optical", "CD"),
        ("cd", "CD"),
        ("harddrive", "IDE"),
        ("ide", "IDE"),
        ("network", "LegacyNetworkAdapter"),
        ("pxe", "LegacyNetworkAdapter"),
        ("floppy", "Floppy"),
    ];
    words
        .iter()
        .find(|(part, _)| device.contains(part))
        .map(|(_, word)| *word)
}

/// The drives of a new machine: those of now, or, where no configuration tells, every disk that is no
/// other's parent, one after the other.
pub(super) fn drives(facts: &Facts) -> Vec<DriveFacts> {
    if let Some(now) = facts.now() {
        return now.drives.clone();
    }
    let is_parent = |path: &str| {
        let named = |file: &DiskFile| file.parent.as_deref() == Some(path);
        facts.files.iter().any(named)
    };
    let leaves = facts.files.iter().filter(|file| !is_parent(&file.path));
    (0..)
        .zip(leaves)
        .map(|(number, file)| DriveFacts {
            slot: slot(facts.generation, number),
            content: Content::Disk {
                recorded: Text::default(),
                file: Some(file.path.clone()),
            },
        })
        .collect()
}

/// Where the disk of this number goes: Generation 1 boots from IDE, and has four places there.
fn slot(generation: Generation, number: u32) -> Slot {
    match (generation, number) {
        (Generation::One, 0..4) => Slot {
            controller: ControllerKind::Ide,
            number: number / 2,
            location: number % 2,
        },
        (Generation::One, _) => scsi(number - 4),
        (Generation::Two, _) => scsi(number),
    }
}

/// The first controller has 64 places, and the next follows.
fn scsi(number: u32) -> Slot {
    Slot {
        controller: ControllerKind::Scsi,
        number: number / 64,
        location: number % 64,
    }
}

/// What a new machine does not take over, a line each; empty where the configuration is imported.
pub(super) fn not_carried(facts: &Facts) -> Vec<String> {
    if let Way::Import { .. } = facts.way {
        return Vec::new();
    }
    let mut lines = vec![
        "the machine's id, the BIOS GUID and serial numbers: software that is bound to them may ask to be activated"
            .to_owned(),
    ];
    if facts.generation == Generation::Two {
        lines.push(
            "UEFI variables, such as boot entries: the first disk is set to boot from".to_owned(),
        );
    }
    if facts
        .now()
        .is_some_and(|now| now.memory != MemoryFate::None)
    {
        lines.push("saved memory: the machine starts from its disks".to_owned());
    }
    lines.extend(facts.devices.iter().map(|device| of_device(device.kind)));
    lines.extend(of_drives(facts));
    let tagged = facts.adapters.iter().filter(|adapter| adapter.has_vlan);
    lines.extend(tagged.map(|adapter| {
        let name = &adapter.name;
        format!("the VLAN of {name}: Set-VMNetworkAdapterVlan, then Connect-VMNetworkAdapter")
    }));
    lines.push("integration services, start and stop actions, resource limits and checkpoint settings: they have Hyper-V's defaults".to_owned());
    lines
}

fn of_device(kind: DeviceKind) -> String {
    match kind {
        DeviceKind::Assigned => "a device of the old host (DDA): Add-VMAssignableDevice",
        DeviceKind::GpuPartition => "a part of a GPU: Add-VMGpuPartitionAdapter",
        DeviceKind::FibreChannel => "a Fibre Channel adapter: Add-VMFibreChannelHba",
        DeviceKind::Tpm => "the virtual TPM's content: have the guest's recovery keys at hand; Enable-VMTPM gives an empty one",
    }
    .to_owned()
}

/// Drives that a new machine cannot have.
fn of_drives(facts: &Facts) -> Vec<String> {
    let drives = facts.now().map_or(&[][..], |now| &now.drives);
    drives
        .iter()
        .filter_map(|drive| match &drive.content {
            Content::Physical { what } => Some(format!(
                "{}: a disk of the old host ({what}): its data come from a backup made inside the guest",
                drive.slot
            )),
            Content::Disk { recorded, file: None } => {
                Some(format!("{}: {recorded}, which is not in the backup", drive.slot))
            }
            Content::Floppy { recorded } => Some(format!("{}: the diskette {recorded}", drive.slot)),
            _ => None,
        })
        .collect()
}
