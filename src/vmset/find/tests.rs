//! Machines out of folders made here: configurations with few keys, and small disks.

mod collisions;
mod configurations;
mod inferred;
mod made;
mod memory;
mod trees;

use std::path::Path;

use super::{Assign, Hints};
use crate::vmset::{Absence, AbsenceKind, How, Machine, StateKind, VmSet};
use made::{Config, Folder, base, child, find, find_with};

/// States as `number parent name: file (how)`.
fn states(machine: &Machine) -> Vec<String> {
    let disk = |disk: &crate::vmset::StateDisk| {
        let name = disk.path().map(super::configs::file_name);
        name.unwrap_or_else(|| "missing".into())
    };
    let line = |state: &crate::vmset::MachineState| {
        let parent = state.parent.map_or("-".into(), |parent| parent.to_string());
        let disks: Vec<_> = state.disks.iter().map(disk).collect();
        format!(
            "{} {parent} {}: {}",
            state.number,
            state.name,
            disks.join(" ")
        )
    };
    machine.states.iter().map(line).collect()
}

fn absent(machine: &Machine, kind: AbsenceKind) -> Vec<&Absence> {
    machine
        .absent
        .iter()
        .filter(|absence| absence.kind == kind)
        .collect()
}

fn how(machine: &Machine, state: usize) -> How {
    match &machine.states[state].disks[0].tie {
        crate::vmset::Tie::File { how, .. } => how.clone(),
        missing @ crate::vmset::Tie::Missing { .. } => panic!("{missing:?}"),
    }
}

#[test]
fn r3_a_flat_folder_is_one_machine() {
    let web = Config::machine(1, "web").disk(0, r"D:\VMs\web\web.vhdx");
    let folder = Folder::new().config(&web).disk("web.vhdx", &base(1));
    let set = find(&folder);
    assert_eq!(set.machines.len(), 1);
    let machine = &set.machines[0];
    assert_eq!((machine.name.as_str(), machine.id), ("web", Some(web.id)));
    assert_eq!(states(machine), ["0 - now: web.vhdx"]);
    assert_eq!(how(machine, 0), How::Name);
    assert!(set.unreadable.is_empty() && set.notes.is_empty());
}

#[test]
fn r3_folders_of_the_recorded_path_choose_among_files_of_one_name() {
    let web = Config::machine(1, "web").disk(0, r"D:\VMs\web\disk.vhdx");
    let sql = Config::machine(2, "sql").disk(0, r"D:\VMs\sql\disk.vhdx");
    let folder = Folder::new().config(&web).config(&sql);
    let folder = folder
        .disk("sql/disk.vhdx", &base(1))
        .disk("web/disk.vhdx", &base(2));
    let set = find(&folder);
    for machine in &set.machines {
        let path = machine.states[0].disks[0].path().unwrap().to_owned();
        assert!(
            path.ends_with(format!("{}/disk.vhdx", machine.name)),
            "{path:?}"
        );
        assert_eq!(how(machine, 0), How::RecordedPath);
    }
}

#[test]
fn r24_a_map_leads_from_the_hosts_folder_to_one_here() {
    let web = Config::machine(1, "web").disk(0, r"C:\ClusterStorage\Volume1\web\disk.vhdx");
    let folder = Folder::new().config(&web);
    let folder = folder
        .disk("a/web/disk.vhdx", &base(1))
        .disk("b/web/disk.vhdx", &base(2));
    assert_eq!(
        absent(&find(&folder).machines[0], AbsenceKind::DiskFile)[0]
            .code
            .id,
        "HV-E881"
    );
    let mut hints = Hints::default();
    hints.maps.push(super::Map {
        from: r"c:\clusterstorage\volume1".into(),
        to: folder.path().join("b"),
    });
    let set = find_with(&folder, &hints, &|_| None);
    let disk = &set.machines[0].states[0].disks[0];
    assert!(disk.path().unwrap().ends_with("b/web/disk.vhdx"));
    assert_eq!(how(&set.machines[0], 0), How::RecordedPath);
}

#[test]
fn an_assignment_is_the_operators_word_and_a_wrong_one_is_told() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let folder = Folder::new().config(&web);
    let folder = folder.disk("one.vhdx", &base(1)).disk("two.vhdx", &base(2));
    for what in ["now", "SCSI 0:0", "now/scsi 0:0"] {
        let assign = |file: &str| Assign {
            what: what.into(),
            file: file.into(),
        };
        let mut hints = Hints::default();
        hints.assign.push(assign("two.vhdx"));
        let set = find_with(&folder, &hints, &|_| None);
        assert_eq!(states(&set.machines[0]), ["0 - now: two.vhdx"], "{what}");
        assert_eq!(how(&set.machines[0], 0), How::Assigned);
        hints.assign[0].file = "three.vhdx".into();
        let set = find_with(&folder, &hints, &|_| None);
        assert_eq!(set.notes[0].code.id, "HV-E886");
        assert_eq!(states(&set.machines[0]), ["0 - now: missing"]);
    }
}

#[test]
fn r19_r21_what_no_file_holds_is_absent_with_what_to_do() {
    let web = Config::machine(1, "web")
        .disk(0, r"D:\web.vhdx")
        .drive(1, "PhysicalDisk", r"\\.\PHYSICALDRIVE2")
        .drive(2, "ISO", r"D:\iso\setup.iso")
        .disk(3, r"D:\shared.vhds");
    let folder = Folder::new().config(&web).disk("web.vhdx", &base(1));
    let set = find(&folder);
    let machine = &set.machines[0];
    let code = |kind| absent(machine, kind)[0].code.id;
    assert_eq!(code(AbsenceKind::PassThrough), "HV-W840");
    assert_eq!(code(AbsenceKind::Image), "HV-W880");
    assert_eq!(code(AbsenceKind::Shared), "HV-W841");
    let remedy = absent(machine, AbsenceKind::PassThrough)[0].code.remedy;
    assert!(
        remedy.contains("inside the guest") && remedy.contains("convert"),
        "{remedy}"
    );
}

#[test]
fn a_missing_disk_names_the_volume_that_was_not_in_the_job() {
    let web = Config::machine(1, "web")
        .disk(0, r"D:\web.vhdx")
        .disk(1, r"S:\data\data.vhdx");
    let folder = Folder::new().config(&web).disk("web.vhdx", &base(1));
    let set = find(&folder);
    let missing = absent(&set.machines[0], AbsenceKind::DiskFile);
    assert_eq!(missing.len(), 1);
    assert!(
        missing[0]
            .reason
            .starts_with("S: was not in the backup job"),
        "{missing:?}"
    );
    assert_eq!(missing[0].code.id, "HV-E844");
}

#[test]
fn r2_a_latest_state_backup_is_told_from_one_of_all_checkpoints() {
    use crate::vmset::ModeKind;
    let disk = r"D:\web.vhdx";
    let mode = |count, with: bool| {
        let web = Config::machine(1, "web").checkpoints(count).disk(0, disk);
        let mut folder = Folder::new().config(&web).disk("web.vhdx", &base(1));
        if with {
            folder = folder.config(&Config::checkpoint(2, 1, "clean", 1));
        }
        find(&folder).machines.remove(0)
    };
    let latest = mode(3, false);
    assert_eq!(latest.mode.kind, ModeKind::LatestState);
    let lacking = absent(&latest, AbsenceKind::Checkpoint);
    assert_eq!(
        (lacking[0].what.as_str(), lacking[0].code.id),
        ("3 of 3 checkpoints", "HV-W847")
    );
    assert!(lacking[0].reason.contains("not damage"));
    assert_eq!(mode(0, false).mode.kind, ModeKind::NoCheckpoints);
    assert_eq!(mode(1, true).mode.kind, ModeKind::AllCheckpoints);
    let some = mode(2, true);
    assert_eq!(some.mode.kind, ModeKind::AllCheckpoints);
    assert_eq!(
        absent(&some, AbsenceKind::Checkpoint)[0].what,
        "1 of 2 checkpoints"
    );
}

#[test]
fn r4_saved_memory_of_xml_is_there_or_incomplete() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx").saved();
    let folder = Folder::new().config(&web).disk("web.vhdx", &base(1));
    let id = web.id.to_string().to_uppercase();
    let folder = folder.file(&format!("{id}/{id}.bin"), b"memory");
    let memory = |set: &VmSet| set.machines[0].states[0].memory.clone().unwrap();
    let set = find(&folder);
    assert!(memory(&set).incomplete);
    assert_eq!(
        absent(&set.machines[0], AbsenceKind::Memory)[0].code.id,
        "HV-W848"
    );
    let folder = folder.file(&format!("{id}/{id}.vsv"), b"devices");
    let set = find(&folder);
    let memory = memory(&set);
    assert_eq!(
        (memory.files.len(), memory.size, memory.incomplete),
        (2, 13, false)
    );
    assert!(absent(&set.machines[0], AbsenceKind::Memory).is_empty());
}

#[test]
fn disks_without_a_configuration_are_a_nameless_machine_beside_others() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let (first, second) = (base(2), base(3));
    let folder = Folder::new()
        .config(&web)
        .disk("web.vhdx", &base(1))
        .disk("x.vhdx", &first)
        .disk("x_1.avhdx", &child(&first, "x.vhdx", 4))
        .disk("y.vhdx", &second);
    let set = find(&folder);
    assert_eq!(set.machines.len(), 2);
    let nameless = &set.machines[1];
    assert_eq!((nameless.name.as_str(), nameless.id), ("x.vhdx", None));
    assert_eq!(
        states(nameless),
        ["0 - x.vhdx: x.vhdx", "1 0 now: x_1.avhdx y.vhdx"]
    );
    assert_eq!(how(nameless, 0), How::Chain);
}

#[test]
fn bare_disks_with_two_newest_states_have_no_now() {
    let first = base(1);
    let folder = Folder::new()
        .disk("x.vhdx", &first)
        .disk("x_1.avhdx", &child(&first, "x.vhdx", 2))
        .disk("x_2.avhdx", &child(&first, "x.vhdx", 3));
    let set = find(&folder);
    let machine = &set.machines[0];
    assert!(machine.now().is_none());
    let expected = [
        "0 - x.vhdx: x.vhdx",
        "1 0 x_1.avhdx: x_1.avhdx",
        "2 0 x_2.avhdx: x_2.avhdx",
    ];
    assert_eq!(states(machine), expected);
}

#[test]
fn r25_a_recorded_path_is_never_opened() {
    let folder = Folder::new().disk("elsewhere/web.vhdx", &base(1));
    let outside = folder.path().join("elsewhere/web.vhdx");
    let web = Config::machine(1, "web").disk(0, &outside.display().to_string());
    let other = Folder::new().config(&web);
    assert_eq!(states(&find(&other).machines[0]), ["0 - now: missing"]);
}

#[test]
fn r12_what_a_backup_left_is_labelled_and_offered_and_not_taken() {
    use crate::vmset::{LeftoverKind, OfferKind};
    let id = "49C4BAF3-0D50-4B4C-A1D8-4C7C1D2A3F10";
    let web = Config::machine(1, "web").disk(0, &format!(r"D:\web_{id}.avhdx"));
    let first = base(1);
    let folder = Folder::new()
        .config(&web)
        .disk("web.vhdx", &first)
        .disk("web-AutoRecovery.avhdx", &child(&first, "web.vhdx", 2))
        .file("web.vhdx.rct", b"")
        .file("1-BackupSnapshot.xml", b"<configuration/>");
    let set = find(&folder);
    let machine = &set.machines[0];
    assert_eq!(states(machine), ["0 - now: missing"]);
    let kinds: Vec<_> = machine
        .leftovers
        .iter()
        .map(|leftover| leftover.kind)
        .collect();
    let expected = [
        LeftoverKind::BackupSnapshot,
        LeftoverKind::AutoRecovery,
        LeftoverKind::ChangeTracking,
    ];
    assert_eq!(kinds, expected);
    let offers: Vec<_> = machine
        .offers
        .iter()
        .map(|offer| (offer.kind, offer.state))
        .collect();
    assert_eq!(
        offers,
        [(OfferKind::AutoRecovery, 0), (OfferKind::Parent, 0)]
    );
    let reason = &absent(machine, AbsenceKind::DiskFile)[0].reason;
    assert!(
        reason.contains("web-AutoRecovery.avhdx could stand in"),
        "{reason}"
    );
    let mut hints = Hints::default();
    hints.assign.push(Assign {
        what: "now".into(),
        file: Path::new("web-AutoRecovery.avhdx").into(),
    });
    let set = find_with(&folder, &hints, &|_| None);
    let expected = ["0 - web.vhdx: web.vhdx", "1 0 now: web-AutoRecovery.avhdx"];
    assert_eq!(states(&set.machines[0]), expected);
    assert_eq!(set.machines[0].states[0].kind, StateKind::Layer);
}
