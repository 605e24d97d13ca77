//! What a Windows installation says of itself: its registry hives, read from its volume.
//!
//! [`Guest::read`] is for whoever wants to know all of it, [`mounted_devices`] for the letters alone.
//! What cannot be read is not known, and why is in [`Guest::notes`].

mod every_file;
mod files;
mod iscsi;
mod last_written;
mod mounted;
mod roles;
mod services;
mod settings;
mod software;
mod system;

use std::sync::Arc;

use blockio::Fault;
use tree::{FileSystem, Time};

pub use every_file::EveryFile;
pub use files::{HiveFile, has_installation};
pub use iscsi::IscsiTarget;
pub use last_written::{LastWritten, last_written};
pub use mounted::{Device, Mounted, Name, mounted_devices};
pub use roles::Role;
pub use services::{Service, Start};
pub use software::Os;
pub use system::{Computer, Processor, TimeZone};

use files::Config;
use settings::Settings;

/// What a Windows installation says of itself.
#[derive(Clone, Debug, Default)]
pub struct Guest {
    /// Product, edition, version and when it was installed.
    pub os: Os,
    /// Its names.
    pub computer: Computer,
    /// The processor it last ran on.
    pub processor: Processor,
    /// Its time zone.
    pub time_zone: TimeZone,
    /// When it was last shut down; not when it was saved.
    pub last_shutdown: Option<Time>,
    /// What it does that matters to a restore.
    pub roles: Vec<Role>,
    /// Disks that it reaches over the network by itself, so that they are in no backup of the machine.
    pub iscsi_targets: Vec<IscsiTarget>,
    /// Its services and how they start.
    pub services: Vec<Service>,
    /// Which devices its mount manager knows, and by which names.
    pub mounted: Vec<Mounted>,
    /// The hives that all this was read from.
    pub hives: Vec<HiveFile>,
    /// What could not be read, or only with the help of a log.
    pub notes: Vec<Arc<Fault>>,
}

impl Guest {
    /// Reads the installation on `fs`; `None` where there is none.
    #[must_use]
    pub fn read(fs: &dyn FileSystem) -> Option<Self> {
        let config = Config::find(fs)?;
        let mut guest = Self::default();
        if let Some(hive) = guest.open(&config, "SYSTEM") {
            let settings = Settings::of_system(&hive);
            guest.computer = system::computer(&settings);
            guest.processor = system::processor(&settings);
            guest.time_zone = system::time_zone(&settings);
            guest.last_shutdown = system::last_shutdown(&settings);
            guest.roles = roles::of(&settings);
            guest.iscsi_targets = iscsi::of(&settings);
            guest.services = services::of(&settings);
            guest.mounted = mounted::of(&settings);
            guest.notes.extend(settings.into_notes());
        }
        if let Some(hive) = guest.open(&config, "SOFTWARE") {
            let settings = Settings::of_software(&hive);
            guest.os = software::os(&settings);
            guest.notes.extend(settings.into_notes());
        }
        roles::add_by_files(&mut guest.roles, &config);
        Some(guest)
    }

    /// Opens a hive and keeps what is to be said of it.
    fn open(&mut self, config: &Config<'_>, name: &str) -> Option<hive::Hive> {
        match config.open(name) {
            Ok(hive) => {
                self.hives.push(HiveFile::of(name, &hive));
                self.notes.extend(hive.notes().iter().cloned());
                Some(hive)
            }
            Err(fault) => {
                self.notes.push(fault);
                None
            }
        }
    }
}

/// When the installation on `fs` was last shut down; `None` where there is none, or it does not say.
#[must_use]
pub fn last_shutdown(fs: &dyn FileSystem) -> Option<Time> {
    let hive = Config::find(fs)?.open("SYSTEM").ok()?;
    system::last_shutdown(&Settings::of_system(&hive))
}

#[cfg(test)]
mod tests;
