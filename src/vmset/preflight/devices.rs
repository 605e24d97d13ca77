//! Switches, images in drives, the virtual TPM.

use std::collections::BTreeMap;

use vmcx::{Adapter, Attachment, Configuration, Controller, ControllerKind, DeviceKind};

use super::codes::{MEDIA, SWITCH, TPM};
use super::{Facts, Row, Topic, quoted, states};
use crate::vmset::{Machine, Slot};

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    let files = states(machine, facts).filter_map(|state| state.configuration.as_ref());
    let configurations: Vec<_> = files.map(|file| &*file.configuration).collect();
    if configurations.is_empty() {
        return;
    }
    switches(&configurations, rows);
    media(machine, &configurations, rows);
    rows.extend(tpm(&configurations, facts));
}

/// A row for each switch, whichever configurations name it.
fn switches(configurations: &[&Configuration], rows: &mut Vec<Row>) {
    let mut switches: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let adapters = configurations.iter().flat_map(|one| &one.adapters);
    for adapter in adapters.filter(|adapter| adapter.connected) {
        let users = switches.entry(switch_of(adapter)).or_default();
        let name = adapter.name.to_string();
        if !users.contains(&name) {
            users.push(name);
        }
    }
    if switches.is_empty() {
        let why = "no network adapter is connected to a switch";
        rows.push(Row::pass(Topic::Network, why));
    }
    for (switch, users) in switches {
        let why = format!("the switch {switch} is needed by {}", users.join(", "));
        rows.push(Row::warn(Topic::Network, &SWITCH, why));
    }
}

fn switch_of(adapter: &Adapter) -> String {
    match (&adapter.switch, &adapter.switch_id) {
        (Some(name), _) => format!("'{name}'"),
        (None, Some(id)) => format!("with the id {id} (its name is not recorded)"),
        (None, None) => "of a name that is not recorded".into(),
    }
}

/// A row for each drive that holds an image, and what empties it.
fn media(machine: &Machine, configurations: &[&Configuration], rows: &mut Vec<Row>) {
    let mut told: Vec<Row> = Vec::new();
    for controller in configurations.iter().flat_map(|one| &one.controllers) {
        for drive in &controller.drives {
            let row = medium(machine, controller, drive.location, &drive.attachment);
            told.extend(row.filter(|row| !told.contains(row)));
        }
    }
    rows.append(&mut told);
}

fn medium(
    machine: &Machine,
    controller: &Controller,
    location: u32,
    attachment: &Attachment,
) -> Option<Row> {
    let slot = Slot {
        controller: controller.kind,
        number: controller.number,
        location,
    };
    let name = quoted(&machine.name);
    let (path, line) = match attachment {
        Attachment::Iso(path) => (
            path,
            format!(
                "Set-VMDvdDrive -VMName {name} -ControllerNumber {} -ControllerLocation {location} -Path $null",
                controller.number
            ),
        ),
        Attachment::Floppy(path) => (
            path,
            format!("Set-VMFloppyDiskDrive -VMName {name} -Path $null"),
        ),
        Attachment::Empty | Attachment::Disk(_) | Attachment::Physical { .. } => return None,
    };
    let what = match controller.kind {
        ControllerKind::Floppy => "the diskette drive".into(),
        ControllerKind::Ide | ControllerKind::Scsi => format!("the drive {slot}"),
    };
    let why = format!("{what} holds {path}");
    Some(Row::warn(Topic::Media, &MEDIA, why).by_hand(line))
}

/// What speaks for a virtual TPM that is in use. That there is a device for it says nothing.
fn tpm(configurations: &[&Configuration], facts: &Facts<'_>) -> Option<Row> {
    let has = |what: fn(&Configuration) -> bool| configurations.iter().any(|one| what(one));
    if has(|one| one.firmware.key_protector) {
        let why =
            "the configuration has a key protector, so the virtual TPM or shielding was set up";
        return Some(Row::warn(Topic::Tpm, &TPM, why));
    }
    let is_there = |one: &Configuration| {
        one.devices
            .iter()
            .any(|device| device.kind == DeviceKind::Tpm)
    };
    if !has(is_there) {
        return None;
    }
    let is_locked = |volume: &super::VolumeFacts| volume.kind.contains("BitLocker");
    if facts.volumes.iter().any(is_locked) {
        let why =
            "the guest has a volume encrypted with BitLocker, whose key may be in the virtual TPM";
        return Some(Row::warn(Topic::Tpm, &TPM, why));
    }
    let why = "there is a device for a virtual TPM, which says nothing of whether it was on; if it was, its old host's keys are needed";
    Some(Row::pass(Topic::Tpm, why))
}

#[cfg(test)]
mod tests {
    use vmcx::{Device, Drive, DriveKind, Text};

    use super::super::sample::{adapter, checkpoint, level_of, level_with, machine};
    use super::super::{Level, VolumeFacts, rows};
    use super::*;
    use uuid::Uuid;

    #[test]
    fn r31_each_switch_has_one_row_with_its_adapters() {
        let mut machine = machine(|configuration| {
            configuration.adapters =
                vec![adapter("LAN 1", Some("Lab")), adapter("LAN 2", Some("Lab"))];
        });
        checkpoint(&mut machine, "old", |configuration| {
            configuration.adapters = vec![adapter("LAN 1", Some("Lab")), adapter("DMZ", None)];
        });
        let found = rows(&machine, &Facts::default());
        let found: Vec<_> = found
            .iter()
            .filter(|row| row.code == Some(&SWITCH))
            .collect();
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].reason,
            "the switch 'Lab' is needed by LAN 1, LAN 2"
        );
        assert!(found[1].reason.contains("11111111-") && found[1].reason.ends_with("DMZ"));
        assert!(found[0].remedy.as_ref().unwrap().contains("-SwitchMap"));
    }

    #[test]
    fn r31_adapters_that_nothing_connects_need_no_switch() {
        let machine = machine(|configuration| {
            let mut idle = adapter("LAN", Some("Lab"));
            idle.connected = false;
            configuration.adapters = vec![idle];
        });
        assert_eq!(level_of(&machine, &SWITCH), None);
    }

    fn drive(kind: ControllerKind, attachment: Attachment) -> Controller {
        Controller {
            kind,
            number: 1,
            instance: Uuid::nil(),
            key: String::new(),
            drives: vec![Drive {
                location: 0,
                kind: DriveKind::Other,
                attachment,
                key: String::new(),
                shared: false,
            }],
        }
    }

    #[test]
    fn images_in_drives_come_with_the_line_that_empties_them() {
        let mut machine = machine(|configuration| {
            configuration.controllers = vec![
                drive(
                    ControllerKind::Ide,
                    Attachment::Iso(Text::from(r"D:\iso\win.iso")),
                ),
                drive(
                    ControllerKind::Floppy,
                    Attachment::Floppy(Text::from(r"D:\a.vfd")),
                ),
                drive(ControllerKind::Scsi, Attachment::Empty),
            ];
        });
        machine.name = "web 01".into();
        let found = rows(&machine, &Facts::default());
        let found: Vec<_> = found
            .iter()
            .filter(|row| row.code == Some(&MEDIA))
            .collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].reason, r"the drive IDE 1:0 holds D:\iso\win.iso");
        let line =
            "Set-VMDvdDrive -VMName 'web 01' -ControllerNumber 1 -ControllerLocation 0 -Path $null";
        assert_eq!(found[0].command.as_deref(), Some(line));
        assert!(
            found[1]
                .command
                .as_ref()
                .unwrap()
                .contains("Set-VMFloppyDiskDrive")
        );
    }

    #[test]
    fn a_virtual_tpm_is_told_as_far_as_the_files_prove_it() {
        let tpm = |configuration: &mut Configuration| {
            configuration.devices = vec![Device {
                kind: DeviceKind::Tpm,
                instance: Uuid::nil(),
                name: Text::from("TPM"),
            }];
        };
        let with_device = machine(tpm);
        assert_eq!(
            level_of(&with_device, &TPM),
            None,
            "it is in every machine of Generation 2"
        );
        let locked = Facts {
            volumes: vec![VolumeFacts {
                kind: "BitLocker".into(),
                ..VolumeFacts::default()
            }],
            ..Facts::default()
        };
        assert_eq!(level_with(&with_device, &locked, &TPM), Some(Level::Warn));
        let with_key = machine(|configuration| configuration.firmware.key_protector = true);
        assert_eq!(level_of(&with_key, &TPM), Some(Level::Warn));
    }
}
