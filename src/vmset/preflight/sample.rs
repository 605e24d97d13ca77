//! Machines made by hand, for tests.

use std::path::PathBuf;
use std::sync::Arc;

use blockio::Code;
use uuid::Uuid;
use vmcx::{Adapter, AdapterKind, Configuration, Node, Text, Value};

use super::{ChainFile, DiskFacts, Facts, Level, rows};
use crate::vmset::{
    BackupMode, ConfigFile, ConfigFormat, How, Machine, MachineState, ModeKind, SavedMemory,
    StateDisk, StateKind, Tie,
};

const ID: u128 = 0x5A8A_C9D3_6C5A_4B1E_9B8C_0D4C_55E4_A0B1;

fn configuration(change: impl FnOnce(&mut Configuration)) -> ConfigFile {
    let root = Node {
        name: "configuration".into(),
        value: Value::Node,
        children: Vec::new(),
        flags: 0,
        sequence: 0,
    };
    let mut configuration = Configuration::of(&root);
    configuration.version = Some(vmcx::Version { major: 9, minor: 0 });
    configuration.name = Text::from("web01");
    change(&mut configuration);
    ConfigFile {
        path: PathBuf::from(format!("Virtual Machines/{:X}.vmcx", Uuid::from_u128(ID))),
        format: ConfigFormat::Vmcx,
        root: Arc::new(root),
        configuration: Arc::new(configuration),
        notes: Vec::new(),
    }
}

fn state(number: usize, kind: StateKind, name: &str, file: ConfigFile) -> MachineState {
    MachineState {
        number,
        kind,
        name: name.into(),
        created: None,
        parent: number.checked_sub(1),
        configuration: Some(file),
        disks: Vec::new(),
        memory: None,
    }
}

/// `web01`, version 9.0, which has a running state and nothing else but what `change` gives it.
pub(super) fn machine(change: impl FnOnce(&mut Configuration)) -> Machine {
    Machine {
        id: Some(Uuid::from_u128(ID)),
        name: "web01".into(),
        states: vec![state(0, StateKind::Now, "now", configuration(change))],
        mode: BackupMode {
            kind: ModeKind::NoCheckpoints,
            evidence: Vec::new(),
            named: Some(0),
            present: 0,
        },
        absent: Vec::new(),
        leftovers: Vec::new(),
        offers: Vec::new(),
        guest_state: None,
    }
}

/// Gives `machine` a checkpoint below its running state, as its state #0.
pub(super) fn checkpoint(
    machine: &mut Machine,
    name: &str,
    change: impl FnOnce(&mut Configuration),
) {
    let kind = StateKind::Checkpoint(Uuid::from_u128(1));
    let below = state(0, kind, name, configuration(change));
    machine.states.insert(0, below);
    for (number, state) in machine.states.iter_mut().enumerate() {
        state.number = number;
        state.parent = number.checked_sub(1);
    }
}

/// The file of the running state's configuration.
pub(super) fn configured(machine: &mut Machine) -> &mut ConfigFile {
    let now = machine.states.last_mut().expect("it has a state");
    now.configuration.as_mut().expect("it has a configuration")
}

/// A disk that is here as `file`.
pub(super) fn disk(file: &str, how: How) -> StateDisk {
    StateDisk {
        slot: None,
        recorded: Some(Text::from(r"D:\VHD\web01.vhdx")),
        tie: Tie::File {
            path: file.into(),
            how,
        },
    }
}

/// A disk that is not here.
pub(super) fn missing(recorded: &str) -> StateDisk {
    StateDisk {
        slot: None,
        recorded: Some(Text::from(recorded)),
        tie: Tie::Missing {
            why: "no file of that name".into(),
        },
    }
}

/// Saved memory; whether files of it are missing.
pub(super) fn saved(incomplete: bool) -> SavedMemory {
    SavedMemory {
        files: Vec::new(),
        size: 1 << 30,
        evidence: "RamMemoryBlock0".into(),
        incomplete,
    }
}

/// A network adapter on a switch of this name, or of an id alone.
pub(super) fn adapter(name: &str, switch: Option<&str>) -> Adapter {
    Adapter {
        instance: Uuid::nil(),
        kind: AdapterKind::Synthetic,
        name: Text::from(name),
        mac: None,
        mac_is_static: false,
        connected: true,
        switch: switch.map(Text::from),
        switch_id: Some(Text::from("11111111-2222-3333-4444-555555555555")),
        has_vlan: false,
    }
}

/// A chain of these files, leaf first, each of so many stored bytes.
pub(super) fn chain(files: &[(&str, u64)]) -> DiskFacts {
    let file = |(path, size): &(&str, u64)| ChainFile {
        path: path.into(),
        size: *size,
        allocated: *size,
    };
    DiskFacts {
        files: files.iter().map(file).collect(),
        ..DiskFacts::default()
    }
}

/// The worst level of the rows with this code.
pub(super) fn level_of(machine: &Machine, code: &'static Code) -> Option<Level> {
    level_with(machine, &Facts::default(), code)
}

/// As [`level_of`], with these facts.
pub(super) fn level_with(
    machine: &Machine,
    facts: &Facts<'_>,
    code: &'static Code,
) -> Option<Level> {
    let rows = rows(machine, facts);
    let found = rows.iter().filter(|row| row.code == Some(code));
    found.map(|row| row.level).max()
}
