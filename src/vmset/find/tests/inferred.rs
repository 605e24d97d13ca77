//! Renamed disks.

use super::made::{Config, DAY, FIRST_DAY, Folder, base, child, find, find_with};
use super::{absent, how, states};
use crate::vmset::{AbsenceKind, Hints, How};

fn evidence(how: How) -> String {
    match how {
        How::Inferred(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

/// A machine with one checkpoint.
fn configs() -> Folder {
    Folder::new()
        .config(&Config::machine(1, "web").disk(0, r"D:\web_1.avhdx"))
        .config(&Config::checkpoint(2, 1, "before", 1).disk(0, r"D:\web.vhdx"))
}

#[test]
fn a_renamed_parent_is_known_by_its_child() {
    let first = base(1);
    let folder = configs()
        .disk("renamed.vhdx", &first)
        .disk("web_1.avhdx", &child(&first, "web.vhdx", 2));
    let machine = find(&folder).machines.remove(0);
    assert_eq!(
        states(&machine),
        ["0 - before: renamed.vhdx", "1 0 now: web_1.avhdx"]
    );
    assert!(evidence(how(&machine, 0)).contains("web_1.avhdx"));
    assert_eq!(how(&machine, 1), How::Name);
}

#[test]
fn a_renamed_leaf_is_known_by_its_place() {
    let first = base(1);
    let folder = configs()
        .disk("web.vhdx", &first)
        .disk("renamed.avhdx", &child(&first, "web.vhdx", 2));
    let machine = find(&folder).machines.remove(0);
    assert_eq!(
        states(&machine),
        ["0 - before: web.vhdx", "1 0 now: renamed.avhdx"]
    );
    assert!(evidence(how(&machine, 1)).contains("in one chain with web.vhdx"));
}

#[test]
fn a_whole_renamed_chain_is_known_by_its_length() {
    let first = base(1);
    let folder = configs()
        .disk("x0.vhdx", &first)
        .disk("x1.avhdx", &child(&first, "x0.vhdx", 2))
        .disk("lone.vhdx", &base(7));
    let set = find(&folder);
    assert_eq!(
        states(&set.machines[0]),
        ["0 - before: x0.vhdx", "1 0 now: x1.avhdx"]
    );
    assert!(evidence(how(&set.machines[0], 0)).contains("2 files"));
    assert_eq!(set.machines[1].name, "lone.vhdx");
}

#[test]
fn one_disk_and_one_drive_are_each_others_and_a_third_makes_it_a_guess() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let folder = Folder::new().config(&web).disk("x.vhdx", &base(1));
    assert_eq!(states(&find(&folder).machines[0]), ["0 - now: x.vhdx"]);
    let folder = folder.disk("y.vhdx", &base(2));
    assert_eq!(states(&find(&folder).machines[0]), ["0 - now: missing"]);
    let two = Config::machine(1, "web")
        .disk(0, r"D:\web.vhdx")
        .disk(1, r"S:\data.vhdx");
    let folder = Folder::new()
        .config(&two)
        .disk("web.vhdx", &base(1))
        .disk("tools.vhdx", &base(2));
    assert_eq!(
        states(&find(&folder).machines[0]),
        ["0 - now: web.vhdx missing"]
    );
}

#[test]
fn an_older_file_is_never_inferred_to_be_the_newest() {
    let first = base(1);
    let second = child(&first, "gold.vhdx", 2);
    let folder = configs()
        .disk("gold.vhdx", &first)
        .disk("web.vhdx", &second);
    let machine = find(&folder).machines.remove(0);
    let now = machine.now().unwrap();
    assert!(now.disks[0].path().is_none(), "{:?}", states(&machine));
    assert_eq!(absent(&machine, AbsenceKind::DiskFile).len(), 1);
}

#[test]
fn two_files_that_fit_are_not_chosen_between() {
    let first = base(1);
    let folder = configs()
        .disk("web.vhdx", &first)
        .disk("x.avhdx", &child(&first, "web.vhdx", 2))
        .disk("y.avhdx", &child(&first, "web.vhdx", 3));
    let machine = find(&folder).machines.remove(0);
    assert!(machine.now().unwrap().disks[0].path().is_none());
}

#[test]
fn dates_that_contradict_refuse_an_inference() {
    let first = base(1);
    let folder = configs()
        .disk("renamed.vhdx", &first)
        .disk("web_1.avhdx", &child(&first, "web.vhdx", 2));
    let at = |time: u64| find_with(&folder, &Hints::default(), &move |_| Some(time));
    let taken = FIRST_DAY + DAY;
    assert_eq!(
        states(&at(taken).machines[0])[0],
        "0 - before: renamed.vhdx"
    );
    let late = at(taken + DAY).machines.remove(0);
    let state = late
        .states
        .iter()
        .find(|state| state.name == "before")
        .unwrap();
    assert!(state.disks[0].path().is_none());
    let missing = absent(&late, AbsenceKind::DiskFile);
    assert_eq!(missing[0].code.id, "HV-E885");
    assert!(missing[0].reason.contains("renamed.vhdx"));
}
