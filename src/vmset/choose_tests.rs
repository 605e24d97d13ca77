use std::path::PathBuf;

use super::*;
use crate::vmset::{BackupMode, How, ModeKind, StateDisk, Tie};

const ID: &str = "6b0f49c4-baf3-4d2a-9c1e-0123456789ab";

fn disk(file: &str) -> StateDisk {
    StateDisk {
        slot: None,
        recorded: None,
        tie: Tie::File {
            path: PathBuf::from("backup").join(file),
            how: How::Name,
        },
    }
}

fn state(number: usize, kind: StateKind, name: &str, parent: Option<usize>) -> MachineState {
    MachineState {
        number,
        kind,
        name: name.into(),
        created: Some(number as u64 * 600_000_000),
        parent,
        configuration: None,
        disks: vec![disk(&format!("web01_{number}.avhdx"))],
        memory: None,
    }
}

fn checkpoint(number: usize, id: &str, name: &str, parent: Option<usize>) -> MachineState {
    let id = id.parse().expect("a GUID");
    state(number, StateKind::Checkpoint(id), name, parent)
}

fn machine(name: &str, id: Option<&str>) -> Machine {
    let mut states = vec![
        checkpoint(0, ID, "Before the update", None),
        checkpoint(
            1,
            "6b0f0000-0000-0000-0000-000000000001",
            "After the update",
            Some(0),
        ),
        checkpoint(
            2,
            "aaaa0000-0000-0000-0000-000000000002",
            "Another way",
            Some(0),
        ),
        state(3, StateKind::Now, "now", Some(1)),
    ];
    states[0].disks = vec![disk("web01.vhdx"), disk("data.vhdx")];
    Machine {
        id: id.map(|id| id.parse().expect("a GUID")),
        name: name.into(),
        states,
        mode: BackupMode {
            kind: ModeKind::Unknown,
            evidence: Vec::new(),
            named: None,
            present: 0,
        },
        absent: Vec::new(),
        leftovers: Vec::new(),
        offers: Vec::new(),
        guest_state: None,
    }
}

fn numbers(asked: &str) -> Vec<usize> {
    let machine = machine("web01", None);
    machine
        .asked(asked)
        .iter()
        .map(|state| state.number)
        .collect()
}

#[test]
fn r9_states_by_word_number_name_guid_and_file() {
    for (asked, number) in [
        ("now", 3),
        ("Latest", 3),
        ("base", 0),
        ("#2", 2),
        ("before the update", 0),
        ("another", 2),
        (ID, 0),
        ("{6B0F49C4-BAF3-4D2A-9C1E-0123456789AB}", 0),
        ("6b0f49", 0),
        ("AAAA", 2),
        ("data.vhdx", 0),
        ("WEB01", 0),
        ("web01_1.avhdx", 1),
        ("web01_2", 2),
        ("01_3", 3),
    ] {
        assert_eq!(numbers(asked), [number], "{asked}");
    }
}

#[test]
fn r9_several_states_are_all_named_and_none_is_picked() {
    assert_eq!(numbers("update"), [0, 1]);
    assert_eq!(numbers("6b0f"), [0, 1]);
    assert_eq!(numbers("no such"), [0; 0]);
    assert_eq!(numbers("#4"), [0; 0]);
    assert_eq!(numbers("6b"), [0; 0], "too short for a GUID");
}

#[test]
fn r9_a_time_means_the_newest_checkpoint_before_it() {
    let machine = machine("web01", None);
    let at = |minutes: i64| {
        machine
            .at(Time(minutes * 600_000_000))
            .map(|state| state.number)
    };
    assert_eq!(at(-1), None);
    assert_eq!(at(0), Some(0));
    assert_eq!(at(1), Some(1));
    assert_eq!(at(99), Some(2), "on whatever branch, and never now");
}

#[test]
fn r8_newer_is_what_builds_on_a_state_and_now() {
    let machine = machine("web01", None);
    let newer = |number: usize| {
        let newer = machine.newer(&machine.states[number]);
        newer.iter().map(|state| state.number).collect::<Vec<_>>()
    };
    assert_eq!(newer(0), [1, 2, 3]);
    assert_eq!(newer(1), [3]);
    assert_eq!(newer(2), [3], "now is newer, on another branch too");
    assert_eq!(newer(3), [0; 0]);
}

#[test]
fn parents_in_a_circle_end() {
    let mut machine = machine("web01", None);
    machine.states[0].parent = Some(1);
    assert_eq!(machine.newer(&machine.states[2]).len(), 1);
}

#[test]
fn r5_machines_by_name_guid_and_pattern() {
    let other = "11111111-2222-3333-4444-555555555555";
    let set = VmSet {
        machines: vec![
            machine("web01", Some(ID)),
            machine("web02", Some(other)),
            machine("sql*", None),
            machine("SQL9", None),
        ],
        ..VmSet::default()
    };
    let found = |asked: &str| {
        let found = set.named(asked);
        found
            .iter()
            .map(|machine| machine.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("WEB01"), ["web01"]);
    assert_eq!(found(&other.to_uppercase()), ["web02"]);
    assert_eq!(found("web0?"), ["web01", "web02"]);
    assert_eq!(found("*1"), ["web01"]);
    assert_eq!(found("sql*"), ["sql*"], "a name before a pattern");
    assert_eq!(found("web"), [""; 0]);
    assert_eq!(
        set.lines()[0],
        format!("web01  {}  4 states", ID.to_uppercase())
    );
}

#[test]
fn patterns_stand_for_what_they_say() {
    for (pattern, name, fits) in [
        ("*", "", true),
        ("", "", true),
        ("?", "", false),
        ("a*b*c", "aXbXbc", true),
        ("a*b*c", "aXbXb", false),
        ("*?é", "0é", true),
    ] {
        assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
    }
}
