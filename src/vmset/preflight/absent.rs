//! What the machine has and the backup has not, as the import will meet it.

use vmcx::ControllerKind;

use super::{Facts, Row, Topic, quoted};
use crate::vmset::{Absence, AbsenceKind, Machine, ModeKind, Slot};

pub(super) fn rows(machine: &Machine, _: &Facts<'_>, rows: &mut Vec<Row>) {
    rows.extend(machine.absent.iter().map(|absence| row(machine, absence)));
}

fn row(machine: &Machine, absence: &Absence) -> Row {
    let why = match absence.slot {
        Some(slot) => format!("{slot}, {}: {}", absence.what, absence.reason),
        None => format!("{}: {}", absence.what, absence.reason),
    };
    match absence.kind {
        AbsenceKind::Configuration
        | AbsenceKind::DiskFile
        | AbsenceKind::Parent
        | AbsenceKind::Memory => Row::block(Topic::Absent, absence.code, why),
        AbsenceKind::Checkpoint if machine.mode.kind == ModeKind::LatestState => Row {
            code: Some(absence.code),
            ..Row::pass(Topic::Absent, why)
        },
        AbsenceKind::PassThrough | AbsenceKind::Shared => {
            let row = Row::warn(Topic::Absent, absence.code, why);
            match absence.slot {
                Some(slot) => row.do_this(format!(
                    "{}; the import needs this drive removed, which import.ps1 does: {}",
                    absence.code.remedy,
                    remove_drive(&machine.name, slot)
                )),
                None => row,
            }
        }
        AbsenceKind::Checkpoint
        | AbsenceKind::GuestState
        | AbsenceKind::Device
        | AbsenceKind::Image
        | AbsenceKind::InGuest => Row::warn(Topic::Absent, absence.code, why),
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
    use super::super::codes::DISK_MISSING;
    use super::super::sample::machine;
    use super::super::{Level, rows};
    use super::*;

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
        assert!(row.remedy.unwrap().ends_with(line));
    }

    #[test]
    fn r21_shared_disks_and_devices_of_the_host_are_told_the_same_way() {
        for kind in [
            AbsenceKind::Shared,
            AbsenceKind::Device,
            AbsenceKind::InGuest,
        ] {
            assert_eq!(only(kind, ModeKind::Unknown).level, Level::Warn, "{kind:?}");
        }
        assert_eq!(
            only(AbsenceKind::DiskFile, ModeKind::Unknown).level,
            Level::Block
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
