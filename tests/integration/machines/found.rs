//! Which files are one machine: composed backups, looked at through the library.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use blockio::Cache;
use disk::{Finder, Folders};
use hvrestore::vmset::{self, AbsenceKind, Hints, How, LeftoverKind, ModeKind, Places, Tie, VmSet};
use tempfile::TempDir;
use testkit::configuration::Plug;

use super::FORMATS;
use crate::harness::machines::{DiskId, Format, Layout, Machine, Made, State};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r1_r3_r4_a_machine_is_found_in_every_layout),
        test!(r9_branches_and_their_disks_are_states),
        test!(r2_a_latest_state_backup_is_recognised),
        test!(r12_auto_recovery_is_offered_and_not_taken),
        test!(r13_renamed_disks_are_inferred),
        test!(r19_pass_through_is_absent),
        test!(r22_a_replica_keeps_its_logs_as_leftovers),
        test!(r24_cluster_paths_are_mapped),
        test!(two_disks_of_one_name_in_a_flat_folder_are_missing),
        test!(machines_side_by_side_are_told_apart),
        test!(a_machine_is_found_over_two_folders),
        test!(hostile_names_stay_names),
    ]
}

const LAYOUTS: [Layout; 3] = [Layout::Exported, Layout::Flat, Layout::Original];

fn find_in(folders: &[&Path], hints: &Hints) -> VmSet {
    let gate = Folders::around(folders[0]);
    let gate = folders
        .iter()
        .skip(1)
        .fold(gate, |gate, folder| gate.search(folder));
    let finder = Finder::new(Arc::new(gate), &Cache::default());
    let survey = finder.survey();
    let roots: Vec<_> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    let places = Places {
        roots: &roots,
        finder: &finder,
        survey: &survey,
        written: &|_| None,
    };
    VmSet::find(&places, hints)
}

/// The machines of a folder, which is unchanged afterwards.
fn find(folder: TempDir) -> VmSet {
    let sources = Sources::made(folder);
    find_in(&[sources.folder()], &Hints::default())
}

/// Every state of `made` is found with the very files that it was written to.
fn check(machine: &vmset::Machine, made: &Made, states: &[State], disks: &[DiskId]) {
    assert_eq!(machine.id, Some(made.machine().id));
    for state in states {
        let name = match state {
            State::Now => "now",
            State::Checkpoint(_) => made.name(*state),
        };
        let found = machine.states.iter().find(|state| state.name == name);
        let found = found.unwrap_or_else(|| panic!("no state {name}"));
        let config = found.configuration.as_ref().expect("a configuration");
        same(&config.path, made.configuration(*state));
        for disk in &found.disks {
            let path = disk.path().unwrap_or_else(|| panic!("{name}: {disk:?}"));
            let mut files = disks.iter().map(|disk| made.disk_file(*state, *disk));
            assert!(files.any(|file| is_same(file, path)), "{name}: {path:?}");
        }
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).expect("a file") == fs::canonicalize(b).expect("a file")
}

fn same(a: &Path, b: &Path) {
    assert!(is_same(a, b), "{a:?} {b:?}");
}

fn absent(machine: &vmset::Machine, kind: AbsenceKind) -> Vec<&vmset::Absence> {
    machine
        .absent
        .iter()
        .filter(|absence| absence.kind == kind)
        .collect()
}

fn r1_r3_r4_a_machine_is_found_in_every_layout() -> Outcome {
    for (format, layout) in FORMATS
        .iter()
        .flat_map(|format| LAYOUTS.map(|layout| (*format, layout)))
    {
        let mut web = Machine::new("web01", format);
        let system = web.add_disk("web01.vhdx");
        let data = web.add_disk_at(Plug::Scsi(0, 1), r"S:\Data\data.vhdx");
        let clean = web.checkpoint("Clean install");
        web.write_text(system, "patched");
        let patched = web.checkpoint_with_memory("Patched");
        web.save_memory();
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &layout);
        let sources = Sources::made(folder);
        let set = find_in(&[sources.folder()], &Hints::default());
        assert_eq!(set.machines.len(), 1, "{format:?} {layout:?}");
        let machine = &set.machines[0];
        assert_eq!(machine.name, "web01");
        let names: Vec<_> = machine.states.iter().map(|state| &*state.name).collect();
        assert_eq!(names, ["Clean install", "Patched", "now"]);
        let parents: Vec<_> = machine.states.iter().map(|state| state.parent).collect();
        assert_eq!(parents, [None, Some(0), Some(1)]);
        let memory: Vec<_> = machine
            .states
            .iter()
            .map(|state| state.memory.is_some())
            .collect();
        assert_eq!(memory, [false, true, true]);
        assert_eq!(machine.mode.kind, ModeKind::AllCheckpoints);
        check(
            machine,
            &made,
            &[clean, patched, State::Now],
            &[system, data],
        );
        assert!(machine.leftovers.is_empty(), "{:?}", machine.leftovers);
        let disks = [
            AbsenceKind::DiskFile,
            AbsenceKind::Parent,
            AbsenceKind::Memory,
        ];
        assert!(disks.iter().all(|kind| absent(machine, *kind).is_empty()));
    }
    Ok(())
}

fn r9_branches_and_their_disks_are_states() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let system = web.add_disk("web01.vhdx");
    let clean = web.checkpoint("Clean");
    let first = web.checkpoint("One way");
    web.apply(clean);
    let second = web.checkpoint("Other way");
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let set = find_in(&[sources.folder()], &Hints::default());
    let machine = &set.machines[0];
    let states: Vec<_> = machine
        .states
        .iter()
        .map(|s| (&*s.name, s.parent))
        .collect();
    let expected = [
        ("Clean", None),
        ("One way", Some(0)),
        ("Other way", Some(0)),
        ("now", Some(2)),
    ];
    assert_eq!(states, expected);
    check(
        machine,
        &made,
        &[clean, first, second, State::Now],
        &[system],
    );
    Ok(())
}

fn r2_a_latest_state_backup_is_recognised() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk("web01.vhdx");
    web.checkpoint("Clean");
    web.latest_state = true;
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Exported);
    let set = find(folder);
    let machine = &set.machines[0];
    assert_eq!(
        machine.mode.kind,
        ModeKind::LatestState,
        "{:?}",
        machine.mode
    );
    assert_eq!(
        absent(machine, AbsenceKind::Checkpoint)[0].code.id,
        "HV-W847"
    );
    assert!(machine.now().expect("now").disks[0].path().is_some());
    Ok(())
}

fn r12_auto_recovery_is_offered_and_not_taken() -> Outcome {
    let mut web = Machine::new("web01", Format::Xml);
    web.add_disk("web01.vhdx");
    web.checkpoint("Clean");
    web.auto_recovery = true;
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Exported);
    let set = find(folder);
    let machine = &set.machines[0];
    assert!(machine.now().expect("now").disks[0].path().is_none());
    assert_eq!(machine.leftovers[0].kind, LeftoverKind::AutoRecovery);
    assert_eq!(machine.offers[0].kind, vmset::OfferKind::AutoRecovery);
    assert!(
        absent(machine, AbsenceKind::DiskFile)[0]
            .reason
            .contains("AutoRecovery")
    );
    Ok(())
}

fn r13_renamed_disks_are_inferred() -> Outcome {
    for format in FORMATS {
        let mut web = Machine::new("web01", format);
        let system = web.add_disk("web01.vhdx");
        let clean = web.checkpoint("Clean");
        web.checkpoint("Patched");
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &Layout::Flat);
        for (state, name) in [(clean, "0.vhdx"), (State::Now, "2.avhdx")] {
            fs::rename(made.disk_file(state, system), folder.path().join(name)).expect("renamed");
        }
        let set = find(folder);
        let files = set.machines[0]
            .states
            .iter()
            .map(|state| match &state.disks[0].tie {
                Tie::File { path, how } => {
                    let name = path
                        .file_name()
                        .expect("a name")
                        .to_string_lossy()
                        .into_owned();
                    (name, matches!(how, How::Inferred(_)))
                }
                Tie::Missing { why } => panic!("{why}"),
            });
        let files: Vec<_> = files.collect();
        assert_eq!(files[0], ("0.vhdx".to_owned(), true));
        assert!(!files[1].1);
        assert_eq!(files[2], ("2.avhdx".to_owned(), true));
    }
    Ok(())
}

fn r19_pass_through_is_absent() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk("web01.vhdx");
    web.plug(Plug::Scsi(0, 5), "PHYSICALDRIVE", r"\\.\PHYSICALDRIVE3");
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Exported);
    let set = find(folder);
    let found = absent(&set.machines[0], AbsenceKind::PassThrough);
    assert_eq!(found[0].slot.expect("a drive").to_string(), "SCSI 0:5");
    assert!(found[0].code.remedy.contains("inside the guest"));
    assert!(found[0].code.remedy.contains("VHDX"));
    Ok(())
}

fn r22_a_replica_keeps_its_logs_as_leftovers() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk("web01.vhdx");
    web.set(
        "global_settings/replication/settings/primary_server",
        "hv01",
    );
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Flat);
    fs::write(folder.path().join("web01.vhdx.hrl"), b"log").expect("a file");
    let set = find(folder);
    let machine = &set.machines[0];
    assert_eq!(machine.leftovers[0].kind, LeftoverKind::ReplicaLog);
    let configuration = &machine.configuration().expect("one").configuration;
    assert!(configuration.replication.is_some());
    Ok(())
}

fn r24_cluster_paths_are_mapped() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.home = r"C:\ClusterStorage\Volume1\web01".into();
    let system = web.add_disk("disk.vhdx");
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Original);
    let copy = folder.path().join("old/web01/Virtual Hard Disks");
    fs::create_dir_all(&copy).expect("a folder");
    let file = made.disk_file(State::Now, system);
    fs::copy(file, copy.join("disk.vhdx")).expect("a copy");
    let hints = Hints {
        maps: vec![vmset::Map {
            from: r"C:\ClusterStorage\Volume1".into(),
            to: folder.path().join("old"),
        }],
        ..Hints::default()
    };
    let path = |hints: &Hints| {
        let set = find_in(&[folder.path()], hints);
        let now = set.machines[0].now().expect("now").clone();
        now.disks[0].path().expect("a disk").to_owned()
    };
    same(&path(&Hints::default()), file);
    same(&path(&hints), &copy.join("disk.vhdx"));
    Ok(())
}

fn two_disks_of_one_name_in_a_flat_folder_are_missing() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk_at(Plug::Scsi(0, 0), r"D:\System\disk.vhdx");
    web.add_disk_at(Plug::Scsi(0, 1), r"S:\Data\disk.vhdx");
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Flat);
    let set = find(folder);
    let missing = absent(&set.machines[0], AbsenceKind::DiskFile);
    assert_eq!(missing.len(), 2);
    assert!(missing.iter().all(|absence| absence.code.id == "HV-E845"));
    Ok(())
}

fn machines_side_by_side_are_told_apart() -> Outcome {
    for layout in [Layout::Exported, Layout::Original] {
        let folder = temp_dir();
        for (name, format) in [("web01", Format::Vmcx), ("sql01", Format::Xml)] {
            let mut machine = Machine::new(name, format);
            machine.add_disk("disk.vhdx");
            machine.checkpoint("Clean");
            machine.write_to(folder.path(), &layout);
        }
        let set = find(folder);
        let names: Vec<_> = set.machines.iter().map(|machine| &*machine.name).collect();
        assert_eq!(names, ["sql01", "web01"]);
        for machine in &set.machines {
            for disk in machine.states.iter().flat_map(|state| &state.disks) {
                let path = disk.path().expect("a disk").display().to_string();
                assert!(path.contains(&machine.name), "{path}");
            }
        }
    }
    Ok(())
}

fn a_machine_is_found_over_two_folders() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let system = web.add_disk("web01.vhdx");
    web.checkpoint("Clean");
    let (folder, other) = (temp_dir(), temp_dir());
    let made = web.write_to(folder.path(), &Layout::Exported);
    let file = made.disk_file(State::Now, system);
    let moved = other.path().join(file.file_name().expect("a name"));
    fs::copy(file, &moved).expect("copied");
    fs::remove_file(file).expect("removed");
    let lacking = find_in(&[folder.path()], &Hints::default());
    assert!(
        lacking.machines[0].now().expect("now").disks[0]
            .path()
            .is_none()
    );
    let set = find_in(&[folder.path(), other.path()], &Hints::default());
    let now = set.machines[0].now().expect("now");
    same(now.disks[0].path().expect("found"), &moved);
    assert_eq!(now.parent, Some(0));
    Ok(())
}

fn hostile_names_stay_names() -> Outcome {
    let mut web = Machine::new("..\\..\\x\n'$(calc)'", Format::Vmcx);
    web.add_disk("a'b$(c).vhdx");
    web.checkpoint("../../etc/passwd");
    web.folder = "x".into();
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Exported);
    let set = find(folder);
    let machine = &set.machines[0];
    assert_eq!(machine.name, "..\\..\\x\n'$(calc)'");
    assert_eq!(machine.states[0].name, "../../etc/passwd");
    assert!(
        machine
            .states
            .iter()
            .all(|state| state.disks[0].path().is_some())
    );
    Ok(())
}
