//! What the `SYSTEM` hive says: names, processor, time zone, last shutdown.

use tree::Time;

use super::settings::Settings;

/// The names of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Computer {
    /// The NetBIOS name.
    pub name: Option<String>,
    /// The DNS host name.
    pub host_name: Option<String>,
    /// The DNS domain.
    pub domain: Option<String>,
}

impl Computer {
    /// The name it is best known by: in its domain, if it is in one.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let host = self.host_name.as_ref().or(self.name.as_ref())?;
        Some(match &self.domain {
            Some(domain) => format!("{host}.{domain}"),
            None => host.clone(),
        })
    }
}

/// The processor that the system last found. A machine whose saved state is restored needs the like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processor {
    /// Family, model and maker: `Intel64 Family 6 Model 85 Stepping 7, GenuineIntel`.
    pub identifier: Option<String>,
    /// `AMD64`, `ARM64` or `x86`.
    pub architecture: Option<String>,
    /// How many.
    pub count: Option<String>,
}

/// A time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeZone {
    /// As Windows calls it: `W. Europe Standard Time`.
    pub name: Option<String>,
    /// Minutes that UTC is ahead of it, when daylight saving is not in force.
    pub bias: Option<i32>,
}

pub(super) fn computer(settings: &Settings<'_>) -> Computer {
    const TCPIP: &str = r"Services\Tcpip\Parameters";
    let tcpip = |stored: &str, now: &str| {
        let stored = settings.text(TCPIP, stored);
        stored.or_else(|| settings.text(TCPIP, now))
    };
    Computer {
        name: settings.text(r"Control\ComputerName\ComputerName", "ComputerName"),
        host_name: tcpip("NV Hostname", "Hostname"),
        domain: tcpip("NV Domain", "Domain"),
    }
}

/// From the environment of all users: the key for the processor itself is volatile and not on disk.
pub(super) fn processor(settings: &Settings<'_>) -> Processor {
    let variable = |name| settings.text(r"Control\Session Manager\Environment", name);
    Processor {
        identifier: variable("PROCESSOR_IDENTIFIER"),
        architecture: variable("PROCESSOR_ARCHITECTURE"),
        count: variable("NUMBER_OF_PROCESSORS"),
    }
}

pub(super) fn time_zone(settings: &Settings<'_>) -> TimeZone {
    const KEY: &str = r"Control\TimeZoneInformation";
    let name = settings.text(KEY, "TimeZoneKeyName");
    let bias = settings.number(KEY, "Bias");
    TimeZone {
        name: name.or_else(|| settings.text(KEY, "StandardName")),
        bias: bias
            .and_then(|bias| u32::try_from(bias).ok())
            .map(u32::cast_signed),
    }
}

pub(super) fn last_shutdown(settings: &Settings<'_>) -> Option<Time> {
    let value = settings.value(r"Control\Windows", "ShutdownTime")?;
    let ticks = i64::from_le_bytes(*value.data.first_chunk()?);
    Some(Time(ticks)).filter(|time| time.is_writable() && ticks != 0)
}
