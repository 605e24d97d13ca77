//! What the tree of keys says of a machine or of a checkpoint, typed.

use uuid::Uuid;

use crate::Text;

/// A configuration: of a machine as it is now, or of one of its checkpoints.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Configuration {
    /// Of what.
    pub kind: Kind,
    /// Its own id, which is its file's name too (`properties/global_id`).
    pub id: Option<Uuid>,
    /// Id of the machine that it belongs to (`settings/global/logical_id`).
    pub machine_id: Option<Uuid>,
    /// Name of the machine or checkpoint.
    pub name: Text,
    /// What somebody wrote about it.
    pub notes: Text,
    /// Which hardware the guest sees.
    pub generation: Generation,
    /// Version of the configuration, which decides on which hosts it runs.
    pub version: Option<Version>,
    /// When it was made, in 100 ns since 1601 (UTC).
    pub created: Option<u64>,
    /// When the machine was last turned on and off, in 100 ns since 1601; `None` for never.
    pub last_powered_on: Option<u64>,
    /// See `last_powered_on`.
    pub last_powered_off: Option<u64>,
    /// Whether it is a role of a failover cluster.
    pub highly_available: bool,
    /// SID of who made it.
    pub owner: Option<Text>,
    /// Its memory.
    pub memory: Memory,
    /// Its processors.
    pub processors: Processors,
    /// BIOS or UEFI.
    pub firmware: Firmware,
    /// IDE, SCSI and floppy controllers, with everything plugged into them, in the order of the manifest.
    pub controllers: Vec<Controller>,
    /// Network adapters.
    pub adapters: Vec<Adapter>,
    /// Devices that tie it to its host, or that no file of a backup holds.
    pub devices: Vec<Device>,
    /// What it says about checkpoints.
    pub checkpoints: Checkpoints,
    /// Saved memory as the XML of 5.0 and before says it; later versions say it in their .vmrs.
    pub saved_state: Option<SavedState>,
    /// Hyper-V Replica, if the machine took part.
    pub replication: Option<Replication>,
    /// Where its .vmgs was (`StateFilePath`).
    pub guest_state_file: Option<Text>,
    /// Whether disks were being merged when it was saved.
    pub disk_merge_pending: bool,
    /// Files that a backup renamed in its snapshot (`renamed_files`).
    pub renamed_files: Vec<Text>,
    /// What happens when its host starts and stops.
    pub power: Power,
    /// Root of its configuration, of its checkpoints and of its smart paging files, where they are not beside it.
    pub data_root: Option<Text>,
    /// See `data_root`.
    pub checkpoint_root: Option<Text>,
    /// See `data_root`.
    pub paging_root: Option<Text>,
    /// Ids in places where a parent checkpoint may be named: hints, no more.
    pub hints: Vec<Uuid>,
}

/// Of what a configuration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A machine as it is now.
    Machine,
    /// A checkpoint.
    Checkpoint,
    /// A machine or checkpoint that was being imported.
    Planned,
    /// It does not say, or says something else.
    Unknown,
}

/// Which hardware a guest sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// BIOS and IDE.
    One,
    /// UEFI and SCSI.
    Two,
}

/// Version of a configuration, such as 9.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Before the dot.
    pub major: u8,
    /// Behind it.
    pub minor: u8,
}

/// Memory, in MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// At the start.
    pub startup: Option<u64>,
    /// At least, where it is dynamic.
    pub minimum: Option<u64>,
    /// At most, where it is dynamic.
    pub maximum: Option<u64>,
    /// Whether it grows and shrinks.
    pub dynamic: bool,
}

/// Processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Processors {
    /// How many.
    pub count: Option<u64>,
    /// Whether they hide what differs between hosts ("migrate to a computer with a different processor").
    pub compatible: bool,
    /// Whether the guest may run a hypervisor.
    pub nested: bool,
}

/// BIOS or UEFI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Firmware {
    /// Whether secure boot is on.
    pub secure_boot: bool,
    /// Which template decides what may boot.
    pub secure_boot_template: Option<Uuid>,
    /// Boot order of Generation 1, by kinds of device: `Optical`, `HardDrive`, ...
    pub boot_order: Vec<Text>,
    /// Id of the machine as the guest sees it.
    pub bios_guid: Option<Uuid>,
    /// Whether there is an (also unused) node of a virtual TPM: no sign that it is in use.
    pub tpm_node: bool,
    /// Whether the configuration has keys of security settings that shield it or protect a TPM's state.
    pub key_protector: bool,
}

/// A controller and what is plugged into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Which kind.
    pub kind: ControllerKind,
    /// Its number among those of its kind.
    pub number: u32,
    /// Id of its device.
    pub instance: Uuid,
    /// Path of its keys below the root, such as `_83f8638b-..._/controller0`.
    pub key: String,
    /// What is plugged in, by location.
    pub drives: Vec<Drive>,
}

/// Which kind of controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControllerKind {
    /// IDE, of Generation 1.
    Ide,
    /// SCSI.
    Scsi,
    /// Diskette drive.
    Floppy,
}

/// One drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// Its location on the controller.
    pub location: u32,
    /// What is in it.
    pub attachment: Attachment,
    /// Path of its keys below the root, such as `_83f8638b-..._/controller0/drive0`.
    pub key: String,
    /// Whether several machines may use it at once (SCSI persistent reservations).
    pub shared: bool,
}

/// What is in a drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Nothing.
    Empty,
    /// A virtual disk; its path on the host.
    Disk(Text),
    /// A CD image; its path on the host.
    Iso(Text),
    /// A diskette image; its path on the host.
    Floppy(Text),
    /// No file: a disk or CD drive of the host (pass-through), or something nobody knows.
    Physical {
        /// The word of the configuration.
        word: Text,
        /// What it says about which.
        path: Text,
    },
}

/// A network adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Its id.
    pub instance: Uuid,
    /// Which kind.
    pub kind: AdapterKind,
    /// Its name.
    pub name: Text,
    /// Its address, such as `00-15-5D-01-02-03`.
    pub mac: Option<Text>,
    /// Whether the address was given to it for good.
    pub mac_is_static: bool,
    /// Whether it was connected to a switch.
    pub connected: bool,
    /// Name of the switch, by which one is looked for on another host.
    pub switch: Option<Text>,
    /// Id of the switch on the host it came from.
    pub switch_id: Option<Text>,
    /// VLAN id, where it could be made out.
    pub vlan: Option<u16>,
}

/// Which kind of network adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdapterKind {
    /// For guests that know of Hyper-V.
    Synthetic,
    /// A DEC 21140, for those that do not.
    Legacy,
}

/// A device that ties a machine to its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Which kind.
    pub kind: DeviceKind,
    /// Its id.
    pub instance: Uuid,
    /// Its name in the manifest.
    pub name: Text,
}

/// Which kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// A device of the host (Discrete Device Assignment).
    Assigned,
    /// A part of a GPU.
    GpuPartition,
    /// A Fibre Channel adapter.
    FibreChannel,
    /// A virtual TPM that is in the manifest.
    Tpm,
}

/// What a configuration says about checkpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoints {
    /// How many the machine had (`list/size`).
    pub count: Option<u64>,
    /// What the next one would be: 2 none, 3 production, 4 production only, 5 standard.
    pub user_type: Option<i64>,
    /// Whether they are made by themselves.
    pub automatic: bool,
}

/// Saved memory, by an XML configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedState {
    /// Its word, such as `Normal`.
    pub kind: Text,
    /// Path of the .bin.
    pub memory_file: Option<Text>,
    /// Path of the .vsv.
    pub device_file: Option<Text>,
}

/// Hyper-V Replica.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replication {
    /// Where the machine ran.
    pub primary_server: Option<Text>,
    /// Where its replica is.
    pub recovery_server: Option<Text>,
    /// Whether it had to be compared anew.
    pub resynchronize: bool,
    /// Whether received changes were waiting to be applied.
    pub pending_delta: bool,
    /// The logs that wait.
    pub pending_logs: Vec<Text>,
}

/// What happens to a machine when its host starts and stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Power {
    /// When the host starts: 2 nothing, 3 if it ran, 4 always.
    pub host_startup: Option<i64>,
    /// When the host stops.
    pub host_shutdown: Option<i64>,
}
