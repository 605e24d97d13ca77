//! What the machine has and the backup has not, as the import will meet it.

use vmcx::ControllerKind;

use super::{Facts, Row, Topic, quoted};
use crate::codes::cli::IN_GUEST_ISCSI;
use crate::vmset::{Absence, AbsenceKind, Machine, ModeKind, Slot};

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    let broken = facts.disks.iter().any(|disk| disk.fault.is_some());
    let mut memory = machine
        .states
        .iter()
        .filter_map(|state| state.memory.as_ref());
    let incomplete = memory.any(|memory| memory.incomplete);
    let told_elsewhere = |absence: &&Absence| match absence.kind {
        // With the disks of each state, the chains, the drives, the saved memory.
        AbsenceKind::DiskFile => true,
        AbsenceKind::Parent => broken,
        AbsenceKind::Image => true,
        AbsenceKind::Memory => incomplete,
        _ => false,
    };
    let absent = machine
        .absent
        .iter()
        .filter(|absence| !told_elsewhere(absence));
    rows.extend(absent.map(|absence| row(machine, absence)));
    let targets = facts.guests.iter().flat_map(|guest| &guest.iscsi_targets);
    rows.extend(targets.map(|target| {
        let why = format!(
            "the guest logged on to the iSCSI target {} by itself",
            target.name
        );
        Row::warn(Topic::Absent, &IN_GUEST_ISCSI, why)
    }));
}

fn row(machine: &Machine, absence: &Absence) -> Row {
    let why = match absence.slot {
        Some(slot) => format!("{slot}, {}: {}", absence.what, absence.reason),
        None => format!("{}: {}", absence.what, absence.reason),
    };
    match absence.kind {
        AbsenceKind::Configuration | AbsenceKind::Parent => {
            Row::block(Topic::Absent, absence.code, why)
        }
        AbsenceKind::Checkpoint if machine.mode.kind == ModeKind::LatestState => Row {
            code: Some(absence.code),
            ..Row::pass(Topic::Absent, why)
        },
        AbsenceKind::PassThrough | AbsenceKind::Shared => {
            let row = Row::warn(Topic::Absent, absence.code, why);
            match absence.slot {
                Some(slot) => row.by_hand(remove_drive(&machine.name, slot)),
                None => row,
            }
        }
        _ => Row::warn(Topic::Absent, absence.code, why),
    }
}

/// The line of PowerShell that takes a drive out.
fn remove_drive(machine: &str, slot: Slot) -> String {
    let kind = match slot.controller {
        ControllerKind::Ide => "IDE",
        ControllerKind::Scsi | ControllerKind::Floppy => "SCSI",
    };
    format!(
        "Remove-VMHardDiskDrive -VMName {} -ControllerType {kind} -ControllerNumber {} -ControllerLocation {}",
        quoted(machine),
        slot.number,
        slot.location
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample::{level_with, machine};
    use super::super::{Level, rows};
    use super::*;
    use crate::guest::{Guest, IscsiTarget};
    use crate::vmset::find::codes::DISK_MISSING;

    fn absence(kind: AbsenceKind) -> Absence {
        Absence {
            kind,
            slot: Some(Slot {
                controller: ControllerKind::Scsi,
                number: 0,
                location: 1,
            }),
            what: "physical disk 2".into(),
            reason: "it is a disk of the host".into(),
            code: &DISK_MISSING,
        }
    }

    fn only(kind: AbsenceKind, mode: ModeKind) -> Row {
        let mut machine = machine(|_| ());
        machine.name = "o'brien".into();
        machine.mode.kind = mode;
        machine.absent = vec![absence(kind)];
        let found = rows(&machine, &Facts::default());
        let row = found.into_iter().find(|row| row.topic == Topic::Absent);
        row.expect("an absence has a row")
    }

    #[test]
    fn r19_a_pass_through_disk_comes_with_the_line_that_removes_it() {
        let row = only(AbsenceKind::PassThrough, ModeKind::Unknown);
        assert_eq!(row.level, Level::Warn);
        assert!(row.reason.starts_with("SCSI 0:1, physical disk 2"));
        let line = "Remove-VMHardDiskDrive -VMName 'o''brien' -ControllerType SCSI -ControllerNumber 0 -ControllerLocation 1";
        assert_eq!(row.command.as_deref(), Some(line));
    }

    #[test]
    fn r21_shared_disks_and_devices_of_the_host_are_told_the_same_way() {
        for kind in [
            AbsenceKind::Memory,
            AbsenceKind::Shared,
            AbsenceKind::Device,
            AbsenceKind::InGuest,
        ] {
            assert_eq!(only(kind, ModeKind::Unknown).level, Level::Warn, "{kind:?}");
        }
        assert_eq!(
            only(AbsenceKind::Parent, ModeKind::Unknown).level,
            Level::Block
        );
    }

    #[test]
    fn r20_disks_that_the_guest_has_from_the_network_are_told() {
        let mut guest = Guest::default();
        let name = "iqn.2001-05.com.example:data".to_owned();
        guest.iscsi_targets.push(IscsiTarget { name });
        let facts = Facts {
            guests: vec![guest],
            ..Facts::default()
        };
        assert_eq!(
            level_with(&machine(|_| ()), &facts, &IN_GUEST_ISCSI),
            Some(Level::Warn)
        );
    }

    #[test]
    fn r2_checkpoints_that_a_latest_state_backup_lacks_are_expected() {
        let row = only(AbsenceKind::Checkpoint, ModeKind::LatestState);
        assert_eq!((row.level, row.remedy), (Level::Pass, None));
        assert_eq!(
            only(AbsenceKind::Checkpoint, ModeKind::AllCheckpoints).level,
            Level::Warn
        );
    }
}
