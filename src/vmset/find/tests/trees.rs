//! The tree of checkpoints.

use super::made::{Config, Folder, base, child, find};
use super::{how, states};
use crate::vmset::{How, LeftoverKind, StateKind};

#[test]
fn r8_r9_each_state_has_its_file_and_its_parent() {
    let first = base(1);
    let second = child(&first, "web.vhdx", 2);
    let branch = child(&first, "web.vhdx", 4);
    let folder = Folder::new()
        .config(
            &Config::machine(1, "web")
                .checkpoints(3)
                .disk(0, r"D:\web_3.avhdx"),
        )
        .config(&Config::checkpoint(2, 1, "installed", 1).disk(0, r"D:\web.vhdx"))
        .config(&Config::checkpoint(3, 1, "patched", 2).disk(0, r"D:\web_1.avhdx"))
        .config(&Config::checkpoint(4, 1, "other way", 3).disk(0, r"D:\web_2.avhdx"))
        .disk("web.vhdx", &first)
        .disk("web_1.avhdx", &second)
        .disk("web_2.avhdx", &branch)
        .disk("web_3.avhdx", &child(&second, "web_1.avhdx", 5));
    let set = find(&folder);
    let expected = [
        "0 - installed: web.vhdx",
        "1 0 patched: web_1.avhdx",
        "2 0 other way: web_2.avhdx",
        "3 1 now: web_3.avhdx",
    ];
    assert_eq!(states(&set.machines[0]), expected);
    assert_eq!(set.machines.len(), 1);
    assert!(set.machines[0].leftovers.is_empty());
}

#[test]
fn files_that_no_configuration_names_are_layers_below_and_between() {
    let first = base(1);
    let second = child(&first, "web.vhdx", 2);
    let third = child(&second, "web_1.avhdx", 3);
    let folder = Folder::new()
        .config(&Config::machine(1, "web").disk(0, r"D:\web_3.avhdx"))
        .config(&Config::checkpoint(2, 1, "patched", 1).disk(0, r"D:\web_1.avhdx"))
        .disk("web.vhdx", &first)
        .disk("web_1.avhdx", &second)
        .disk("web_2.avhdx", &third)
        .disk("web_3.avhdx", &child(&third, "web_2.avhdx", 4));
    let set = find(&folder);
    let expected = [
        "0 - web.vhdx: web.vhdx",
        "1 0 patched: web_1.avhdx",
        "2 1 web_2.avhdx: web_2.avhdx",
        "3 2 now: web_3.avhdx",
    ];
    assert_eq!(states(&set.machines[0]), expected);
    assert_eq!(how(&set.machines[0], 0), How::Chain);
    assert_eq!(
        set.machines[0].states[0].disks[0].slot,
        set.machines[0].states[3].disks[0].slot
    );
}

#[test]
fn a_machine_without_its_own_configuration_is_made_of_its_checkpoints() {
    let first = base(1);
    let folder = Folder::new()
        .config(&Config::checkpoint(2, 1, "installed", 1).disk(0, r"D:\web.vhdx"))
        .disk("web.vhdx", &first)
        .disk("web_1.avhdx", &child(&first, "web.vhdx", 2));
    let set = find(&folder);
    let machine = &set.machines[0];
    assert_eq!(machine.id, Some(super::made::config_id(1)));
    assert_eq!(
        states(machine),
        ["0 - installed: web.vhdx", "1 0 now: web_1.avhdx"]
    );
    assert!(machine.now().unwrap().configuration.is_none());
    let absent = super::absent(machine, crate::vmset::AbsenceKind::Configuration);
    assert_eq!(absent[0].code.id, "HV-E888");
    assert_eq!(set.machines.len(), 1);
}

#[test]
fn r12_what_lies_on_top_of_now_is_left_over_from_a_backup() {
    let first = base(1);
    let folder = Folder::new()
        .config(&Config::machine(1, "web").disk(0, r"D:\web.vhdx"))
        .disk("web.vhdx", &first)
        .disk("web_1.avhdx", &child(&first, "web.vhdx", 2));
    let machine = find(&folder).machines.remove(0);
    assert_eq!(states(&machine), ["0 - now: web.vhdx"]);
    assert_eq!(machine.leftovers[0].kind, LeftoverKind::RecoveryCheckpoint);
    assert!(machine.leftovers[0].path.ends_with("web_1.avhdx"));
}

#[test]
fn two_machines_may_share_a_base() {
    let first = base(1);
    let folder = Folder::new()
        .config(&Config::machine(1, "a").disk(0, r"D:\a.avhdx"))
        .config(&Config::machine(2, "b").disk(0, r"D:\b.avhdx"))
        .disk("gold.vhdx", &first)
        .disk("a.avhdx", &child(&first, "gold.vhdx", 2))
        .disk("b.avhdx", &child(&first, "gold.vhdx", 3));
    let set = find(&folder);
    assert_eq!(set.machines.len(), 2);
    for machine in &set.machines {
        let now = format!("1 0 now: {}.avhdx", machine.name);
        assert_eq!(states(machine), ["0 - gold.vhdx: gold.vhdx", &now]);
        assert!(machine.leftovers.is_empty());
    }
}

#[test]
fn r17_disks_of_one_moment_are_one_state() {
    let (first, other) = (base(1), base(2));
    let folder = Folder::new()
        .config(
            &Config::machine(1, "web")
                .disk(0, r"D:\c_1.avhdx")
                .disk(1, r"E:\d_1.avhdx"),
        )
        .disk("c.vhdx", &first)
        .disk("d.vhdx", &other)
        .disk("c_1.avhdx", &child(&first, "c.vhdx", 3))
        .disk("d_1.avhdx", &child(&other, "d.vhdx", 4));
    let set = find(&folder);
    let expected = ["0 - c.vhdx: c.vhdx d.vhdx", "1 0 now: c_1.avhdx d_1.avhdx"];
    assert_eq!(states(&set.machines[0]), expected);
    assert_eq!(set.machines[0].states[0].kind, StateKind::Layer);
}

#[test]
fn without_disks_hints_and_times_make_the_tree() {
    let folder = Folder::new()
        .config(&Config::machine(1, "web"))
        .config(&Config::checkpoint(2, 1, "first", 1))
        .config(&Config::checkpoint(3, 1, "second", 2))
        .config(&Config::checkpoint(4, 1, "third", 3).hint(2));
    let set = find(&folder);
    let expected = ["0 - first: ", "1 0 second: ", "2 0 third: ", "3 2 now: "];
    assert_eq!(states(&set.machines[0]), expected);
}

#[test]
fn a_broken_chain_is_linked_by_the_name_that_the_child_records() {
    let first = base(1);
    let second = child(&first, "web.vhdx", 2);
    let folder = Folder::new()
        .config(&Config::machine(1, "web").disk(0, r"D:\web_2.avhdx"))
        .config(&Config::checkpoint(2, 1, "a", 1).disk(0, r"D:\web_1.avhdx"))
        .config(&Config::checkpoint(3, 1, "b", 2).disk(0, r"D:\other.avhdx"))
        .disk("web_2.avhdx", &child(&second, "web_1.avhdx", 3));
    let set = find(&folder);
    let machine = &set.machines[0];
    assert_eq!(machine.now().unwrap().parent, Some(0));
    assert_eq!(machine.states[0].name, "a");
    let parents = super::absent(machine, crate::vmset::AbsenceKind::Parent);
    assert_eq!(
        (parents[0].what.as_str(), parents[0].code.id),
        ("web_1.avhdx", "HV-E846")
    );
}
