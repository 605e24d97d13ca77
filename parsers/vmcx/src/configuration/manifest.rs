//! The list of devices, which decides what belongs to a machine. vmcx.md B.3.

use blockio::Fault;
use uuid::{Uuid, uuid};

use crate::Text;
use crate::codes;
use crate::keys::{Keys, numbered};

/// The IDE controllers; their one device has this id too.
pub(super) const IDE: Uuid = uuid!("83f8638b-8dca-4152-9eda-2ca8b33039b4");
/// The diskette controller; its device has this id too.
pub(super) const FLOPPY: Uuid = uuid!("8f0d2762-0b00-4e04-af4f-19010527cb93");
/// A SCSI controller.
pub(super) const SCSI: Uuid = uuid!("d422512d-2bf2-4752-809d-7b82b5fcb1b4");
/// A network adapter for guests that know of Hyper-V.
pub(super) const SYNTHETIC_ADAPTER: Uuid = uuid!("2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778");
/// The bus that every machine has: a manifest without it lists what was added, and no more.
const VMBUS: Uuid = uuid!("d41a1872-3740-41ce-a1ee-4522ab82f991");

/// The devices that belong to the machine, in the order of the manifest.
pub(super) struct Manifest {
    pub(super) devices: Vec<Entry>,
}

/// A device.
pub(super) struct Entry {
    /// Its type.
    pub(super) device: Uuid,
    /// Its id, after which its key is named.
    pub(super) instance: Uuid,
    pub(super) name: Text,
}

impl Manifest {
    /// The manifest, and the devices of Generation 1 that up to 5.0 go without saying.
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        let mut devices = match keys.at("manifest") {
            Some(manifest) => listed(&manifest),
            None => Vec::new(),
        };
        if devices.is_empty() {
            keys.note(Fault::damaged(&codes::NO_MANIFEST, "key manifest"));
            devices = guessed(keys);
        } else if !devices.iter().any(|entry| entry.device == VMBUS) {
            let silent = [IDE, FLOPPY].into_iter().map(Entry::built_in);
            devices.splice(0..0, silent.filter(|entry| entry.keys(keys).is_some()));
        }
        Self { devices }
    }

    /// Whether the device with the key `_<instance>_` belongs to the machine.
    pub(super) fn has(&self, instance: Uuid) -> bool {
        self.devices.iter().any(|entry| entry.instance == instance)
    }
}

impl Entry {
    fn built_in(device: Uuid) -> Self {
        Self {
            device,
            instance: device,
            name: Text::default(),
        }
    }

    /// Its keys.
    pub(super) fn keys<'a>(&self, keys: &Keys<'a>) -> Option<Keys<'a>> {
        keys.at(&format!("_{}_", self.instance))
    }
}

fn listed(manifest: &Keys<'_>) -> Vec<Entry> {
    let entries = manifest.children();
    let entries = entries.filter(|entry| numbered(entry.name(), "vdev").is_some());
    let entry = |keys: Keys<'_>| {
        let device = keys.uuid("device")?;
        Some(Entry {
            device,
            instance: keys.uuid("instance").unwrap_or(device),
            name: keys.text("name").unwrap_or_default(),
        })
    };
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|entry| numbered(entry.name(), "vdev"));
    entries.into_iter().filter_map(entry).collect()
}

/// Without a manifest: every device that has keys, its type by what they are.
fn guessed(keys: &Keys<'_>) -> Vec<Entry> {
    let entry = |device: Keys<'_>| {
        let instance = crate::keys::device_id(device.name())?;
        let scsi = device.at("controller0").map(|_| SCSI);
        let adapter = || device.at("MacAddress").map(|_| SYNTHETIC_ADAPTER);
        let device = match instance {
            IDE | FLOPPY => instance,
            _ => scsi.or_else(adapter).unwrap_or(instance),
        };
        Some(Entry {
            device,
            instance,
            name: Text::default(),
        })
    };
    keys.children().filter_map(entry).collect()
}
