//! Memory, processors, and what happens when the host starts and stops. vmcx.md B.2.

use crate::keys::Keys;

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

/// What happens to a machine when its host starts and stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Power {
    /// When the host starts, as the configuration numbers it.
    pub host_startup: Option<i64>,
    /// When the host stops, as the configuration numbers it.
    pub host_shutdown: Option<i64>,
}

impl Memory {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        let Some(bank) = keys.at("settings/memory/bank") else {
            return Self::default();
        };
        Self {
            startup: bank.uint("size"),
            minimum: bank.uint("reservation"),
            maximum: bank.uint("limit"),
            dynamic: bank.flag("dynamic_memory_enabled"),
        }
    }
}

impl Processors {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        let Some(processors) = keys.at("settings/processors") else {
            return Self::default();
        };
        Self {
            count: processors.uint("count"),
            compatible: processors.flag("features/limit"),
            nested: processors.flag("nested_virtualization/enabled"),
        }
    }
}

impl Power {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        Self {
            host_startup: keys.int("global_settings/power/host_startup/action"),
            host_shutdown: keys.int("global_settings/power/host_shutdown/action"),
        }
    }
}
