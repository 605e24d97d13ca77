//! A hive: its base block made sure of, its logs applied, its root.

use std::sync::Arc;

use blockio::{Fault, ReadAt};

use crate::base_block::BaseBlock;
use crate::cells::Cells;
use crate::format::PRIMARY;
use crate::overlay::Overlay;
use crate::replay::{self, Recovery};
use crate::{Error, Key, codes};

/// A registry hive, read-only. Its logs are applied in memory.
pub struct Hive {
    pub(crate) cells: Cells,
    root: u32,
    last_written: u64,
    recovery: Recovery,
    notes: Vec<Arc<Fault>>,
}

impl Hive {
    /// Opens the hive in `file`, which messages call `name`. `logs` are the files beside it, LOG1 before
    /// LOG2, each with its name; they are looked at only if the hive was being written.
    ///
    /// # Errors
    /// Where the base block and all copies of it are unusable, or the format's version is not read.
    /// Logs that cannot be applied are no error but [`notes`](Self::notes).
    pub fn open(
        file: Arc<dyn ReadAt>,
        logs: &[(String, Arc<dyn ReadAt>)],
        name: &str,
    ) -> Result<Self, Error> {
        let mut notes = Vec::new();
        let base = base_block(&*file, name)?;
        let mut bytes = Overlay::new(file);
        let replayed = replay::replay(&mut bytes, base, logs, name, &mut notes)?;
        let base = replayed.base;
        if !matches!(base.version(), (1, 2..=6)) {
            let (major, minor) = base.version();
            let fault = Fault::unsupported(&codes::VERSION, format!("version {major}.{minor}"));
            return Err(fault.in_file(name).into());
        }
        Ok(Self {
            cells: Cells::new(bytes, replayed.bins_size, name.into()),
            root: base.root_cell(),
            last_written: base.last_written(),
            recovery: replayed.recovery,
            notes,
        })
    }

    /// The root key.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn root(&self) -> Result<Key<'_>, Error> {
        Ok(Key::at(self, self.root)?)
    }

    /// The key at `path`, names from the root down with `\` between them, letter case aside.
    ///
    /// # Errors
    /// Where it may be among what is damaged; never where it is just not there.
    pub fn find(&self, path: &str) -> Result<Option<Key<'_>>, Error> {
        let mut key = self.root()?;
        for name in path.split('\\').filter(|name| !name.is_empty()) {
            match key.subkey(name)? {
                Some(found) => key = found,
                None => return Ok(None),
            }
        }
        Ok(Some(key))
    }

    /// When the hive was last written, in 100 ns since 1601 UTC.
    #[must_use]
    pub fn last_written(&self) -> u64 {
        self.last_written
    }

    /// How it was found, and what was applied.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// What was wrong and could be worked around.
    #[must_use]
    pub fn notes(&self) -> &[Arc<Fault>] {
        &self.notes
    }
}

/// The base block of the hive itself; `None` where there is no such thing in its place.
fn base_block(file: &dyn ReadAt, name: &str) -> Result<Option<BaseBlock>, Arc<Fault>> {
    let mut bytes = [0; 512];
    if file.size() < 512 {
        return Ok(None);
    }
    file.read_exact_at(&mut bytes, 0)
        .map_err(|error| Fault::from_io(&error, name.to_owned()))?;
    Ok(BaseBlock::parse(&bytes).filter(|base| base.file_type() == PRIMARY))
}
