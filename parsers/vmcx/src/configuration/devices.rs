//! Devices that tie a machine to its host. vmcx.md B.3.

use uuid::{Uuid, uuid};

use super::manifest::{Entry, Manifest};
use crate::Text;

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

/// Types of devices. That of Fibre Channel is not public: it is known by its name.
const KINDS: &[(Uuid, DeviceKind)] = &[
    (
        uuid!("2fcc454e-a36a-4c77-bb5e-a2d75a51f02c"),
        DeviceKind::Assigned,
    ),
    (
        uuid!("99dcd00c-fbd6-42d3-9dfd-1b5ad7058f61"),
        DeviceKind::GpuPartition,
    ),
    (
        uuid!("736e6aa9-a3f8-49c0-9550-a963214d259a"),
        DeviceKind::Tpm,
    ),
];

pub(super) fn devices(manifest: &Manifest) -> Vec<Device> {
    let device = |entry: &Entry| {
        Some(Device {
            kind: kind(entry)?,
            instance: entry.instance,
            name: entry.name.clone(),
        })
    };
    manifest.devices.iter().filter_map(device).collect()
}

fn kind(entry: &Entry) -> Option<DeviceKind> {
    let name = entry.name.to_string().to_ascii_lowercase().replace(' ', "");
    let is_fibre = ["fibrechannel", "fiberchannel"]
        .iter()
        .any(|word| name.contains(word));
    let known = KINDS.iter().find(|(device, _)| *device == entry.device);
    known
        .map(|(_, kind)| *kind)
        .or(is_fibre.then_some(DeviceKind::FibreChannel))
}
