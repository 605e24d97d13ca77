//! Network adapters. vmcx.md B.5.

use blockio::Fault;
use uuid::{Uuid, uuid};

use super::manifest::{Entry, Manifest, SYNTHETIC_ADAPTER};
use crate::Text;
use crate::codes;
use crate::keys::{Keys, parse_uuid};

/// A network adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Its id.
    pub instance: Uuid,
    /// Which kind.
    pub kind: AdapterKind,
    /// Its name.
    pub name: Text,
    /// Its address, such as `00-15-5D-01-02-03`; `None` where it had none yet.
    pub mac: Option<Text>,
    /// Whether the address was given to it for good.
    pub mac_is_static: bool,
    /// Whether it was connected to a switch.
    pub connected: bool,
    /// Name of the switch, by which one is looked for on another host.
    pub switch: Option<Text>,
    /// Id of the switch on the host it came from.
    pub switch_id: Option<Text>,
    /// Whether its port had VLAN settings. Which, only Hyper-V can tell: their bytes are not public.
    pub has_vlan: bool,
}

/// Which kind of network adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdapterKind {
    /// For guests that know of Hyper-V.
    Synthetic,
    /// A DEC 21140, for those that do not.
    Legacy,
}

/// The settings of VLANs, among those of a switch port (`Msvm_EthernetSwitchPortVlanSettingData`).
const VLAN: Uuid = uuid!("952c5004-4465-451c-8cb8-fa9ab382b773");
const NO_ADDRESS: &str = "00-00-00-00-00-00";

/// The adapters of the machine: those of the known type, and whatever else has an address.
pub(super) fn adapters(keys: &Keys<'_>, manifest: &Manifest) -> Vec<Adapter> {
    let adapter = |entry: &Entry| {
        let device = entry.keys(keys)?;
        let kind = match entry.device {
            SYNTHETIC_ADAPTER => AdapterKind::Synthetic,
            _ if device.at("MacAddress").is_some() => AdapterKind::Legacy,
            _ => return None,
        };
        Some(Adapter::of(kind, entry.instance, &device))
    };
    manifest.devices.iter().filter_map(adapter).collect()
}

impl Adapter {
    fn of(kind: AdapterKind, instance: Uuid, keys: &Keys<'_>) -> Self {
        let mac = keys.filled("MacAddress");
        let has_vlan = has_vlan(keys);
        if has_vlan {
            let what = format!("network adapter, key {}", keys.path);
            keys.note(Fault::unsupported(&codes::VLAN, what));
        }
        Self {
            instance,
            kind,
            name: keys.text("FriendlyName").unwrap_or_default(),
            mac: mac.filter(|mac| mac.to_string() != NO_ADDRESS),
            mac_is_static: keys.flag("MacAddressIsStatic"),
            connected: keys.flag("IsConnected"),
            switch: keys.filled("Connection/AltSwitchName"),
            switch_id: switch_id(keys),
            has_vlan,
        }
    }
}

fn switch_id(keys: &Keys<'_>) -> Option<Text> {
    let by_host = || keys.filled("Connection/HostResources/HostResource");
    keys.filled("SwitchName").or_else(by_host)
}

fn has_vlan(keys: &Keys<'_>) -> bool {
    let Some(features) = keys.at("Connection/Features") else {
        return false;
    };
    features.node.children.iter().any(|id| match &id.value {
        crate::Value::Text(id) => parse_uuid(id) == Some(VLAN),
        _ => false,
    })
}
