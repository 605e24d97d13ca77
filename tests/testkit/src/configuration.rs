//! The keys of a machine's or checkpoint's configuration, as a real one has them.
//!
//! [`Configuration::keys`] makes the tree; a test then sets whatever it is about
//! ([`Key::set`]) and writes it as XML ([`configuration_xml`](crate::configuration_xml)) or as a
//! container ([`vmcx`](crate::vmcx)).

use uuid::{Uuid, uuid};

use crate::vmcx::Key;

/// What a configuration is to say.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Name of the machine or checkpoint.
    pub name: String,
    /// Id of the configuration.
    pub id: Uuid,
    /// Id of the machine; of a machine's configuration the same.
    pub machine: Uuid,
    /// 1 or 2.
    pub generation: i64,
    /// Version as `major << 8 | minor`: 0x500 for 5.0, 0x900 for 9.0.
    pub version: i64,
    /// When it was made, in 100 ns since 1601.
    pub created: u64,
    /// How many checkpoints the machine has.
    pub checkpoints: i64,
    /// What is plugged in.
    pub drives: Vec<Drive>,
    /// Name of the switch that its network adapter was connected to.
    pub switch: Option<String>,
}

/// Something plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// Where.
    pub plug: Plug,
    /// The configuration's word for what it is: `VHD`, `ISO`, or something for a disk of the host.
    pub kind: String,
    /// Path on the host.
    pub path: String,
}

/// Where a drive is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plug {
    /// IDE controller and location, of Generation 1.
    Ide(u32, u32),
    /// SCSI controller and location.
    Scsi(u32, u32),
}

const IDE: Uuid = uuid!("83f8638b-8dca-4152-9eda-2ca8b33039b4");
const FLOPPY: Uuid = uuid!("8f0d2762-0b00-4e04-af4f-19010527cb93");
const SCSI: Uuid = uuid!("d422512d-2bf2-4752-809d-7b82b5fcb1b4");
const ADAPTER: Uuid = uuid!("2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778");
const BIOS: Uuid = uuid!("ac6b8dc1-3257-4a70-b1b2-a9c9215659ad");
const VMBUS: Uuid = uuid!("d41a1872-3740-41ce-a1ee-4522ab82f991");
const GUEST_STATE: Uuid = uuid!("917bd8cb-3bb6-4124-9383-b7d21ac07f79");
const HEARTBEAT: Uuid = uuid!("84eaae65-2f2e-45f5-9bb5-0e857dc8eb47");
/// Id of the first SCSI controller; those of the others follow.
const FIRST_SCSI: Uuid = uuid!("5ab50e36-f1bc-4a53-9e81-80d1fcc18200");
const FIRST_ADAPTER: Uuid = uuid!("b8fac769-3ab5-4cdc-b497-8c82aa930c4c");
/// From this version on the manifest lists every device, and firmware variables are in a .vmgs.
const MODERN: i64 = 0x600;

impl Configuration {
    /// A configuration of version 9.0 with one adapter and no drive.
    #[must_use]
    pub fn new(name: &str, id: Uuid, generation: i64) -> Self {
        Self {
            name: name.to_owned(),
            id,
            machine: id,
            generation,
            version: 0x900,
            created: 133_700_000_000_000_000,
            checkpoints: 0,
            drives: Vec::new(),
            switch: None,
        }
    }

    /// Path of the keys of what is plugged in at `plug`.
    #[must_use]
    pub fn drive_key(plug: Plug) -> String {
        let (instance, controller, location) = match plug {
            Plug::Ide(controller, location) => (IDE, controller, location),
            Plug::Scsi(controller, location) => (scsi(controller), 0, location),
        };
        format!("_{instance}_/controller{controller}/drive{location}")
    }

    /// The key of its network adapter.
    #[must_use]
    pub fn adapter_key() -> String {
        format!("_{FIRST_ADAPTER}_")
    }

    /// The tree: the key `configuration` and all below it.
    #[must_use]
    pub fn keys(&self) -> Key {
        let mut root = Key::node("configuration");
        self.properties(&mut root);
        settings(&mut root);
        self.global_settings(&mut root);
        self.manifest(&mut root);
        self.devices(&mut root);
        root
    }

    fn properties(&self, root: &mut Key) {
        let is_checkpoint = self.id != self.machine;
        let kind = if is_checkpoint {
            "Snapshots"
        } else {
            "Virtual Machines"
        };
        root.set(
            "properties/creation_time",
            self.created.to_le_bytes().to_vec(),
        );
        root.set("properties/global_id", upper(self.id));
        root.set("properties/highly_available", false);
        root.set("properties/last_powered_off_time", 0);
        root.set("properties/last_powered_on_time", 0);
        root.set("properties/last_state_change_time", 0);
        root.set("properties/name", self.name.as_str());
        root.set("properties/notes", "");
        root.set("properties/subtype", self.generation - 1);
        root.set("properties/type_id", kind);
        root.set("properties/version", self.version);
        root.set("settings/global/logical_id", upper(self.machine));
    }

    fn global_settings(&self, root: &mut Key) {
        root.set(
            "global_settings/devices/generation_id",
            "0781c6a1656e2e3dbc5e580a4d8e9632",
        );
        root.set("global_settings/disk_merge_pending", false);
        root.set(
            "global_settings/owner/sid",
            "S-1-5-21-192049584-1592831608-3625694886-500",
        );
        root.set("global_settings/power/host_shutdown/action", 1);
        root.set("global_settings/power/host_startup/action", 1);
        root.set("global_settings/snapshots/list/size", self.checkpoints);
        if self.is_modern() {
            root.set("global_settings/snapshots/enable_automatic", false);
            root.set("global_settings/snapshots/user_type", 3);
        }
        root.set("global_settings/unexpected_termination/action", 1);
        root.set("global_settings/vhd_path_acled", true);
    }

    /// The devices in the manifest: type, id, name.
    fn listed(&self) -> Vec<(Uuid, Uuid, &'static str)> {
        let built_in = |device, name| (device, device, name);
        let mut devices = vec![built_in(HEARTBEAT, "Microsoft Heartbeat Component")];
        if self.is_modern() {
            devices.push(built_in(VMBUS, "Microsoft VmBus"));
            devices.push(built_in(BIOS, "Microsoft Virtual BIOS"));
            devices.push(built_in(GUEST_STATE, "Microsoft Guest Runtime State"));
            if self.generation == 1 {
                devices.push(built_in(FLOPPY, "Microsoft Emulated Floppy Controller"));
                devices.push(built_in(IDE, "Microsoft Emulated IDE Controller"));
            }
        }
        devices.push((ADAPTER, FIRST_ADAPTER, "Synthetic Ethernet Port"));
        let name = "Synthetic SCSI Controller";
        devices.extend((0..self.scsi_controllers()).map(|number| (SCSI, scsi(number), name)));
        devices
    }

    fn manifest(&self, root: &mut Key) {
        let listed = self.listed();
        for (number, (device, instance, name)) in (1..).zip(&listed) {
            let entry = root.make(&format!("manifest/vdev{number:03}"));
            entry.set("device", device.to_string());
            entry.set("flags", 1);
            entry.set("instance", upper(*instance));
            entry.set("name", *name);
        }
        root.set(
            "manifest/size",
            i64::try_from(listed.len()).expect("few devices"),
        );
        root.set("manifest/version", if self.is_modern() { 512 } else { 260 });
    }

    fn devices(&self, root: &mut Key) {
        root.set(
            &format!("_{BIOS}_/secure_boot_enabled"),
            self.generation == 2,
        );
        for (number, device) in ["Optical", "HardDrive", "Network", "Floppy"]
            .iter()
            .enumerate()
        {
            root.set(&format!("_{BIOS}_/boot/device{number}"), *device);
        }
        if self.is_modern() {
            let path = format!(r"D:\Hyper-V\Virtual Machines\{}.vmgs", upper(self.id));
            root.set(&format!("_{GUEST_STATE}_/StateFilePath"), path);
        }
        if self.generation == 1 {
            for (controller, location) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                drive(root, Plug::Ide(controller, location), "NONE", "");
            }
            root.set(&format!("_{FLOPPY}_/controller0/drive0/pathname"), "");
            root.set(&format!("_{FLOPPY}_/controller0/drive0/type"), "VFD");
        }
        for number in 0..self.scsi_controllers() {
            root.set(&format!("_{}_/VDEVVersion", scsi(number)), 512);
        }
        for found in &self.drives {
            drive(root, found.plug, &found.kind, &found.path);
        }
        self.adapter(root);
    }

    fn adapter(&self, root: &mut Key) {
        let adapter = root.make(&Self::adapter_key());
        adapter.set("Connection/AltPortName", "Dynamic Ethernet Switch Port");
        adapter.set(
            "Connection/AltSwitchName",
            self.switch.as_deref().unwrap_or_default(),
        );
        adapter.set("FriendlyName", "Network Adapter");
        adapter.set("IsConnected", self.switch.is_some());
        adapter.set("MacAddress", "00-15-5D-01-02-03");
        adapter.set("MacAddressIsStatic", false);
        let switch = "3F2504E0-4F89-41D3-9A0C-0305E82C3301";
        adapter.set(
            "SwitchName",
            if self.switch.is_some() { switch } else { "" },
        );
        adapter.set("VDEVVersion", 768);
    }

    fn is_modern(&self) -> bool {
        self.version >= MODERN
    }

    /// One at least, as Hyper-V makes it.
    fn scsi_controllers(&self) -> u32 {
        let used = self.drives.iter().map(|drive| match drive.plug {
            Plug::Scsi(controller, _) => controller + 1,
            Plug::Ide(..) => 0,
        });
        used.max().unwrap_or(0).max(1)
    }
}

fn settings(root: &mut Key) {
    root.set("settings/memory/bank/dynamic_memory_enabled", true);
    root.set("settings/memory/bank/limit", 4096);
    root.set("settings/memory/bank/reservation", 512);
    root.set("settings/memory/bank/size", 1024);
    root.set("settings/processors/count", 2);
    root.set("settings/processors/features/limit", false);
    root.set("settings/processors/weight", 100);
}

fn drive(root: &mut Key, plug: Plug, kind: &str, path: &str) {
    let key = root.make(&Configuration::drive_key(plug));
    if kind == "VHD" {
        key.set("iops_limit", 0);
        key.set("iops_reservation", 0);
        key.set("persistent_reservations_supported", false);
        key.set("weight", 100);
    }
    key.set("pathname", path);
    key.set("type", kind);
}

fn scsi(number: u32) -> Uuid {
    Uuid::from_u128(FIRST_SCSI.as_u128() + u128::from(number))
}

/// As ids of machines and files are written.
#[must_use]
pub fn upper(id: Uuid) -> String {
    id.to_string().to_uppercase()
}
