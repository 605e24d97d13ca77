//! One file name, two disks.

use super::made::{Config, Folder, base, child, find, find_with};
use super::{absent, states};
use crate::vmset::{AbsenceKind, Assign, Hints};

#[test]
fn of_two_disks_with_one_name_one_overwrote_the_other() {
    let web = Config::machine(1, "web")
        .disk(0, r"D:\a\disk.vhdx")
        .disk(1, r"E:\b\disk.vhdx");
    let folder = Folder::new().config(&web).disk("disk.vhdx", &base(1));
    let machine = find(&folder).machines.remove(0);
    assert_eq!(states(&machine), ["0 - now: missing missing"]);
    let missing = absent(&machine, AbsenceKind::DiskFile);
    assert_eq!(missing.len(), 2);
    for absence in missing {
        assert_eq!(absence.code.id, "HV-E845");
        assert!(
            absence.reason.contains("one overwrote the other"),
            "{}",
            absence.reason
        );
    }
}

#[test]
fn folders_decide_whose_the_file_is() {
    let web = Config::machine(1, "web")
        .disk(0, r"D:\a\disk.vhdx")
        .disk(1, r"E:\b\disk.vhdx");
    let folder = Folder::new().config(&web).disk("b/disk.vhdx", &base(1));
    let machine = find(&folder).machines.remove(0);
    assert_eq!(states(&machine), ["0 - now: missing disk.vhdx"]);
}

#[test]
fn the_machine_next_to_the_file_has_it() {
    let folder = Folder::new()
        .config_at(
            "a/a.xml",
            &Config::machine(1, "a").disk(0, r"D:\x\disk.vhdx"),
        )
        .config_at(
            "b/b.xml",
            &Config::machine(2, "b").disk(0, r"E:\y\disk.vhdx"),
        )
        .disk("b/disk.vhdx", &base(1));
    let set = find(&folder);
    assert_eq!(states(&set.machines[0]), ["0 - now: missing"]);
    assert_eq!(states(&set.machines[1]), ["0 - now: disk.vhdx"]);
    let missing = absent(&set.machines[0], AbsenceKind::DiskFile);
    assert_eq!(missing[0].code.id, "HV-E844");
    assert!(
        missing[0].reason.contains("has its name"),
        "{}",
        missing[0].reason
    );
}

#[test]
fn the_operators_word_decides_whose_the_file_is() {
    let web = Config::machine(1, "web")
        .disk(0, r"D:\a\disk.vhdx")
        .disk(1, r"E:\b\disk.vhdx");
    let folder = Folder::new().config(&web).disk("disk.vhdx", &base(1));
    let mut hints = Hints::default();
    hints.assign.push(Assign {
        what: "SCSI 0:1".into(),
        file: "disk.vhdx".into(),
    });
    let set = find_with(&folder, &hints, &|_| None);
    assert_eq!(states(&set.machines[0]), ["0 - now: missing disk.vhdx"]);
}

#[test]
fn the_chain_decides_whose_the_file_is() {
    let first = base(1);
    let now = Config::machine(1, "web")
        .disk(0, r"D:\a\d_1.avhdx")
        .disk(1, r"E:\b\e_1.avhdx");
    let before = Config::checkpoint(2, 1, "before", 1);
    let before = before.disk(0, r"D:\a\disk.vhdx").disk(1, r"E:\b\disk.vhdx");
    let folder = Folder::new()
        .config(&now)
        .config(&before)
        .disk("disk.vhdx", &first)
        .disk("d_1.avhdx", &child(&base(9), "disk.vhdx", 2))
        .disk("e_1.avhdx", &child(&first, "disk.vhdx", 3));
    let machine = find(&folder).machines.remove(0);
    let expected = [
        "0 - before: missing disk.vhdx",
        "1 0 now: d_1.avhdx e_1.avhdx",
    ];
    assert_eq!(states(&machine), expected);
}

#[test]
fn the_path_that_a_child_records_decides_whose_the_file_is() {
    let web = Config::machine(1, "web").disk(0, r"D:\a\disk.vhdx");
    let sql = Config::machine(2, "sql").disk(0, r"D:\b\disk.vhdx");
    let first = base(1);
    let mut recorded = child(&first, "disk.vhdx", 2);
    recorded
        .locator
        .push(("absolute_win32_path".into(), r"D:\b\disk.vhdx".into()));
    let folder = Folder::new()
        .config(&web)
        .config(&sql)
        .disk("disk.vhdx", &first)
        .disk("left.avhdx", &recorded);
    let set = find(&folder);
    assert_eq!(states(&set.machines[0]), ["0 - now: disk.vhdx"], "sql");
    assert_eq!(states(&set.machines[1]), ["0 - now: missing"], "web");
}

#[test]
fn two_running_machines_are_never_tied_to_one_disk() {
    let path = r"D:\VMs\disk.vhdx";
    let folder = Folder::new()
        .config(&Config::machine(1, "a").disk(0, path))
        .config(&Config::machine(2, "b").disk(0, path))
        .disk("disk.vhdx", &base(1));
    for machine in find(&folder)
        .machines
        .iter()
        .filter(|machine| machine.id.is_some())
    {
        assert_eq!(states(machine), ["0 - now: missing"]);
    }
}

#[test]
fn a_disk_that_was_moved_between_checkpoints_is_one() {
    let first = base(1);
    let folder = Folder::new()
        .config(&Config::machine(1, "web").disk(0, r"E:\new\web_1.avhdx"))
        .config(&Config::checkpoint(2, 1, "a", 1).disk(0, r"D:\old\web.vhdx"))
        .config(&Config::checkpoint(3, 1, "b", 2).disk(0, r"E:\new\web.vhdx"))
        .disk("web.vhdx", &first)
        .disk("web_1.avhdx", &child(&first, "web.vhdx", 2));
    let machine = find(&folder).machines.remove(0);
    assert_eq!(states(&machine)[2], "2 1 now: web_1.avhdx");
    assert!(absent(&machine, AbsenceKind::DiskFile).is_empty());
}
