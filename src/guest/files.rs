//! Where an installation keeps its hives.

use std::sync::Arc;

use blockio::{Fault, ReadAt};
use hive::Hive;
use tree::{Error, FileSystem, GuestPath, NodeId, resolve};

/// Folders that Windows calls itself by.
const WINDOWS: [&str; 2] = ["Windows", "WINNT"];
/// What the logs of a hive are called after its name, in the order in which Windows fills them.
const LOGS: [&str; 3] = [".LOG1", ".LOG2", ".LOG"];

/// How a hive was found, and what of its logs was applied in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiveFile {
    /// `SYSTEM` or `SOFTWARE`.
    pub name: String,
    /// Whether it was being written when the machine was saved.
    pub dirty: bool,
    /// Log entries that were applied.
    pub entries: u64,
    /// All of it in words.
    pub state: String,
}

impl HiveFile {
    pub(super) fn of(name: &str, hive: &Hive) -> Self {
        let recovery = hive.recovery();
        Self {
            name: name.into(),
            dirty: recovery.dirty,
            entries: recovery.entries,
            state: recovery.to_string(),
        }
    }
}

/// The folder `\Windows\System32\config` of a volume.
pub(super) struct Config<'a> {
    pub(super) fs: &'a dyn FileSystem,
    pub(super) windows: &'static str,
    folder: NodeId,
}

/// Whether `fs` holds the settings of a Windows installation.
#[must_use]
pub fn has_installation(fs: &dyn FileSystem) -> bool {
    Config::find(fs).is_some()
}

impl<'a> Config<'a> {
    /// The folder, where a `SYSTEM` is in it.
    pub(super) fn find(fs: &'a dyn FileSystem) -> Option<Self> {
        WINDOWS.into_iter().find_map(|windows| {
            let path = format!("{windows}/System32/config");
            let folder = resolve(fs, &GuestPath::from(&*path)).ok()?;
            fs.lookup(folder, &"SYSTEM".into()).ok()?;
            Some(Self {
                fs,
                windows,
                folder,
            })
        })
    }

    /// The hive `name`, its logs applied.
    pub(super) fn open(&self, name: &str) -> Result<Hive, Arc<Fault>> {
        let path = format!(r"\{}\System32\config\{name}", self.windows);
        let file = self.file(name).map_err(|error| fault(&error, &path))?;
        let log = |ending: &&str| {
            let name = format!("{name}{ending}");
            Some((name.clone(), self.file(&name).ok()?))
        };
        let logs: Vec<_> = LOGS.iter().filter_map(log).collect();
        Hive::open(file, &logs, &path).map_err(|error| Arc::clone(error.fault()))
    }

    fn file(&self, name: &str) -> Result<Arc<dyn ReadAt>, Error> {
        let node = self.fs.lookup(self.folder, &name.into())?;
        self.fs.open(node, None)
    }

    /// Whether the file at `path`, which begins below the folder of Windows, is there.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = format!("{}/{path}", self.windows);
        resolve(self.fs, &GuestPath::from(&*path)).is_ok()
    }
}

fn fault(error: &Error, path: &str) -> Arc<Fault> {
    match error {
        Error::Fault(fault) => Arc::clone(fault),
        other => Arc::new(
            Fault::cannot_read(&blockio::codes::CANNOT_OPEN, path.to_owned())
                .found(other.to_string()),
        ),
    }
}
