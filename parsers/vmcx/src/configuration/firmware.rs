//! BIOS or UEFI, and what points to a virtual TPM. vmcx.md B.7.

use uuid::Uuid;

use crate::Text;
use crate::keys::{Keys, numbered};

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

const FIRMWARE: &str = "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_";
const TPM: &str = "_736e6aa9-a3f8-49c0-9550-a963214d259a_";
const GUEST_STATE: &str = "_917bd8cb-3bb6-4124-9383-b7d21ac07f79_";

impl Firmware {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        let security = Self {
            tpm_node: keys.at(TPM).is_some(),
            key_protector: has_key_protector(keys),
            ..Self::default()
        };
        let Some(firmware) = keys.at(FIRMWARE) else {
            return security;
        };
        Self {
            secure_boot: firmware.flag("secure_boot_enabled"),
            secure_boot_template: firmware.uuid("secure_boot_template_id"),
            boot_order: boot_order(&firmware),
            bios_guid: firmware.uuid("bios_guid"),
            ..security
        }
    }
}

/// Where the .vmgs was.
pub(super) fn guest_state_file(keys: &Keys<'_>) -> Option<Text> {
    keys.at(GUEST_STATE)?.filled("StateFilePath")
}

fn boot_order(firmware: &Keys<'_>) -> Vec<Text> {
    let Some(boot) = firmware.at("boot") else {
        return Vec::new();
    };
    let mut devices: Vec<_> = boot
        .children()
        .filter_map(|device| Some((numbered(device.name(), "device")?, device)))
        .collect();
    devices.sort_by_key(|(place, _)| *place);
    let text = |(_, device): (u32, Keys<'_>)| boot.filled(device.name());
    devices.into_iter().filter_map(text).collect()
}

/// No sample with a protector is public: any key of `security` that is named so, and not empty.
fn has_key_protector(keys: &Keys<'_>) -> bool {
    let Some(security) = keys.at("security") else {
        return false;
    };
    let mut open = vec![security.node];
    while let Some(node) = open.pop() {
        let name = node.name.to_ascii_lowercase().replace('_', "");
        let is_set = match &node.value {
            crate::Value::Bytes(bytes) => !bytes.is_empty(),
            crate::Value::Large(_) => true,
            crate::Value::Text(text) => !text.is_empty(),
            _ => false,
        };
        if is_set && name.contains("keyprotector") {
            return true;
        }
        open.extend(&node.children);
    }
    false
}
