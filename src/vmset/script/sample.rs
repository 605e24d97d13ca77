//! Machines for the tests.

use uuid::Uuid;
use vmcx::{
    Adapter, AdapterKind, ControllerKind, Device, DeviceKind, Firmware, Generation, Memory,
    Processors, Replication, Text, Version,
};

use super::facts::{
    Content, DiskFile, DriveFacts, Facts, Fate, MemoryFate, StateFacts, StateKind, Way,
};
use crate::vmset::{Absence, AbsenceKind, BackupMode, ModeKind, Slot};

/// What a pass-through disk is reported as, in these tests.
pub(super) static ABSENT: blockio::Code = blockio::Code {
    id: "HV-W000",
    meaning: "a disk is not in the backup",
    remedy: "restore its data from a backup made inside the guest",
};

/// A machine of Generation 2 with two checkpoints, all of it restored, its configuration as it was.
pub(super) fn web01() -> Facts {
    Facts {
        id: Some(id(1)),
        name: "web01".into(),
        generation: Generation::Two,
        version: Some(Version { major: 9, minor: 0 }),
        hosts: vec!["Windows Server 2019".into(), "Windows Server 2022".into()],
        mode: BackupMode {
            kind: ModeKind::AllCheckpoints,
            evidence: vec!["the tree is there".into()],
            named: Some(2),
            present: 2,
        },
        way: Way::Import {
            configuration: format!("Virtual Machines\\{}.vmcx", name_of(id(1))),
        },
        states: vec![
            state(id(1), StateKind::Now, "web01", "web01_2.avhdx"),
            state(id(2), StateKind::Checkpoint, "clean install", "web01.vhdx"),
            state(
                id(3),
                StateKind::Checkpoint,
                "before update",
                "web01_1.avhdx",
            ),
        ],
        merged: None,
        files: vec![
            file("web01.vhdx", None),
            file("web01_1.avhdx", Some("web01.vhdx")),
            file("web01_2.avhdx", Some("web01_1.avhdx")),
        ],
        adapters: vec![adapter("LAN")],
        memory: Memory {
            startup: Some(2048),
            minimum: Some(512),
            maximum: Some(4096),
            dynamic: true,
        },
        processors: Processors {
            count: Some(2),
            ..Processors::default()
        },
        firmware: Firmware {
            secure_boot: true,
            secure_boot_template: Some(id(0x1734)),
            ..Firmware::default()
        },
        scsi_controllers: 1,
        devices: Vec::new(),
        replication: None,
        clustered: false,
        domain_controller: false,
        absent: Vec::new(),
        is_whole: true,
        rows: Vec::new(),
        fits: None,
        new_id: false,
    }
}

/// Everything that can be the matter with a machine.
pub(super) fn troubled() -> Facts {
    let mut facts = web01();
    facts.states[0].drives.push(drive(
        1,
        Content::Physical {
            what: r"\\.\PHYSICALDRIVE2".into(),
        },
    ));
    facts.states[0].drives.push(drive(
        2,
        Content::Disk {
            recorded: r"S:\data.vhdx".into(),
            file: None,
        },
    ));
    facts.states[0].drives.push(drive(
        3,
        Content::Iso {
            recorded: r"D:\iso\win.iso".into(),
            file: None,
        },
    ));
    facts.states[1].memory = MemoryFate::Kept;
    facts.states[2].memory = MemoryFate::Drop {
        why: "a link was overridden".into(),
    };
    let mut lost = state(id(4), StateKind::Checkpoint, "lost", "gone.avhdx");
    lost.fate = Fate::Absent;
    facts.states.push(lost);
    facts.absent = vec![Absence {
        kind: AbsenceKind::PassThrough,
        slot: Some(slot(1)),
        what: r"\\.\PHYSICALDRIVE2".into(),
        reason: "it is a disk of the host itself".into(),
        code: &ABSENT,
    }];
    facts.replication = Some(Replication::default());
    facts.clustered = true;
    facts.domain_controller = true;
    facts.devices = vec![Device {
        kind: DeviceKind::Tpm,
        instance: id(9),
        name: "TPM".into(),
    }];
    facts
}

/// A machine of Generation 1 and version 5.0 that gets a new configuration.
pub(super) fn anew() -> Facts {
    let mut facts = web01();
    facts.generation = Generation::One;
    facts.version = Some(Version { major: 5, minor: 0 });
    facts.way = Way::Anew {
        why: "Windows Server 2022 does not take version 5.0".into(),
    };
    facts.merged = Some("now".into());
    for checkpoint in &mut facts.states[1..] {
        checkpoint.fate = Fate::MergedAway;
        checkpoint.drives.clear();
    }
    facts.files = vec![file("web01.vhdx", None)];
    facts.states[0].drives = vec![drive(
        0,
        Content::Disk {
            recorded: r"D:\VMs\web01_2.avhdx".into(),
            file: Some(r"Virtual Hard Disks\web01.vhdx".into()),
        },
    )];
    facts.firmware.boot_order = vec!["HardDrive".into(), "Optical".into()];
    facts
}

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(0xA1B2_C3D4_0000_4000_8000_0000_0000_0000 + number)
}

pub(super) fn name_of(id: Uuid) -> String {
    id.to_string().to_uppercase()
}

pub(super) fn slot(location: u32) -> Slot {
    Slot {
        controller: ControllerKind::Scsi,
        number: 0,
        location,
    }
}

pub(super) fn drive(location: u32, content: Content) -> DriveFacts {
    DriveFacts {
        slot: slot(location),
        content,
    }
}

fn state(id: Uuid, kind: StateKind, name: &str, leaf: &str) -> StateFacts {
    let checkpoint = kind == StateKind::Checkpoint;
    StateFacts {
        id,
        kind,
        name: name.into(),
        created: checkpoint
            .then(|| 133_800_000_000_000_000 + u64::from(id.as_bytes()[15]) * 10_000_000),
        fate: Fate::Kept,
        drives: vec![drive(
            0,
            Content::Disk {
                recorded: Text::from(format!(r"D:\VMs\{leaf}").as_str()),
                file: Some(format!(r"Virtual Hard Disks\{leaf}")),
            },
        )],
        memory: MemoryFate::None,
    }
}

fn file(name: &str, parent: Option<&str>) -> DiskFile {
    let place = |name: &str| format!(r"Virtual Hard Disks\{name}");
    DiskFile {
        path: place(name),
        parent: parent.map(place),
    }
}

fn adapter(switch: &str) -> Adapter {
    Adapter {
        instance: id(7),
        kind: AdapterKind::Synthetic,
        name: "Network Adapter".into(),
        mac: Some("00-15-5D-01-02-03".into()),
        mac_is_static: true,
        connected: true,
        switch: Some(switch.into()),
        switch_id: None,
        has_vlan: false,
    }
}
