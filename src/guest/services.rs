//! The services of an installation, and how they start.

use hive::Key;

use super::settings::Settings;

/// A service of Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name in the registry, such as `VSS`.
    pub name: String,
    /// How it starts.
    pub start: Start,
}

/// How a service starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the system: boot, system and automatic start.
    Automatic,
    /// When it is asked for.
    Manual,
    /// Never.
    Disabled,
}

/// All services; drivers are among them, as the registry does not keep them apart.
pub(super) fn of(settings: &Settings<'_>) -> Vec<Service> {
    let services = settings.key("Services");
    let services = services.iter().flat_map(Key::subkeys);
    let service = |key: Key<'_>| {
        let start = match settings.value_of(&key, "Start")?.number()? {
            0..=2 => Start::Automatic,
            3 => Start::Manual,
            4 => Start::Disabled,
            _ => return None,
        };
        Some(Service {
            name: key.name().to_owned(),
            start,
        })
    };
    services
        .filter_map(|key| settings.known(key))
        .filter_map(service)
        .collect()
}
