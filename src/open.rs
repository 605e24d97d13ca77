//! From a path to disks and volumes: the only place that knows every parser.
//!
//! [`Backup::open`] takes a folder, a configuration or one disk, finds the chains and the machines in it,
//! chooses one machine and the state asked for, reads the partition tables of that state's disks and
//! opens every NTFS volume. What is wrong on the way and leaves something to read becomes a [`Note`]; an
//! [`Error`] means that nothing can be read.
//!
//! [`Source`] is the first half of it, for who deals with several machines or with whole ones:
//! [`Source::look`] finds them, [`Source::machines`] are those that the operator means, and
//! [`Source::open`] opens one.

mod deleted;
mod disks;
mod error;
mod letters;
mod machine;
mod notes;
mod source;
mod state;
mod state_facts;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use blockio::{Fault, ReadAt};
use disk::{Chain, Folders, Survey, VirtualDisk};
use partition::{Partition, Table};
use tree::{FileSystem, Time};

use crate::deleted::Deleted;
use crate::vmset::{Machine, MachineState, Slot, VmSet};

pub use error::Error;
pub(crate) use letters::holds_windows;
pub use letters::{LetterSource, Letters, Meaning};
pub use notes::Note;
pub use source::Source;
pub use state::{Family, State};
pub use state_facts::StateFacts;
pub use watch::Watch;

/// How a source is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machines, by [`VmSet::named`]; none where the source holds only one anyway.
    pub vm: Vec<String>,
    /// The state, by [`Machine::asked`]; of disks alone `now`, `base`, `#N`, or a chain file's name or part
    /// of it.
    pub state: String,
    /// Instead of `state`: the newest checkpoint that was taken at this time or before.
    pub at: Option<Time>,
    /// Where folders of the host are here: (path of the host, folder).
    pub map: Vec<(String, PathBuf)>,
    /// Which file a checkpoint's disk is, by the operator's word: (checkpoint, file name).
    pub assign: Vec<(String, String)>,
    /// Further folders to look in for parents.
    pub search: Vec<PathBuf>,
    /// Only this disk: its number, or the name of a file of its chain.
    pub disk: Option<String>,
    /// Links opened although the identifiers differ, as (child, parent) file names.
    pub accept_parent: Vec<(String, String)>,
    /// Whether absolute paths in parent locators are followed.
    pub allow_absolute_parents: bool,
    /// Where several states are newest: each of them as a disk of its own, instead of an error.
    pub every_leaf: bool,
    /// What was deleted, instead of what is there.
    pub deleted: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            vm: Vec::new(),
            state: "now".into(),
            at: None,
            map: Vec::new(),
            assign: Vec::new(),
            search: Vec::new(),
            disk: None,
            accept_parent: Vec::new(),
            allow_absolute_parents: false,
            every_leaf: false,
            deleted: false,
        }
    }
}

/// An opened backup: disks in one state, and their volumes.
pub struct Backup {
    /// The disks: a machine's in the order of its drives, others in the order of their bases' paths.
    pub disks: Vec<Disk>,
    /// Every disk file found, also those that no chosen state reads.
    pub survey: Arc<Survey>,
    /// The machines found, also those that were not chosen.
    pub vms: Arc<VmSet>,
    /// Which of them was chosen, and which of its states: places in `vms` and in the machine.
    chosen: Option<(usize, Option<usize>)>,
    /// The source as the operator named it.
    source: PathBuf,
    folders: Arc<Folders>,
    notes: Vec<Note>,
    letters: OnceLock<Letters>,
}

/// One virtual disk in one state.
pub struct Disk {
    /// Its number, as in `disk0`.
    pub number: usize,
    /// The drive that it is in, where a configuration says so.
    pub slot: Option<Slot>,
    /// All states there are of it.
    pub family: Family,
    /// Which of them is read.
    pub state: State,
    /// What is read of it, or why nothing is.
    pub opened: Result<OpenDisk, Arc<Fault>>,
    /// The chain as far as it was found, also where it is broken.
    pub chain: Option<ChainView>,
}

/// The bytes of a disk and what they hold.
pub struct OpenDisk {
    /// The disk's bytes.
    pub bytes: Arc<VirtualDisk>,
    /// Its partitions.
    pub table: Result<Table, Arc<Fault>>,
    /// The volumes that could be opened.
    pub volumes: Vec<Volume>,
    /// The NTFS volumes that could not, by partition number.
    pub failed: Vec<(u32, Arc<Fault>)>,
}

/// A chain for looking at: owned by the disk that reads it, or kept because it is broken.
pub enum ChainView {
    /// Read by this disk.
    Read(Arc<VirtualDisk>),
    /// Broken, or at fault otherwise.
    Broken(Box<Chain>),
}

impl ChainView {
    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        match self {
            Self::Read(disk) => disk.chain(),
            Self::Broken(chain) => chain,
        }
    }
}

/// A volume that can be read.
pub struct Volume {
    /// As listings name it: `disk0/part2`.
    pub name: String,
    /// Number of its disk.
    pub disk: usize,
    /// Its partition.
    pub partition: Partition,
    /// Its tree.
    pub fs: Arc<dyn FileSystem>,
    /// The same, where it shows what was deleted.
    pub deleted: Option<Arc<Deleted>>,
}

impl Backup {
    /// Opens `source`: a folder, a configuration or one disk file.
    ///
    /// # Errors
    /// Where the source is not there, holds no disk, a choice is needed, or the machine or state does not
    /// exist. A disk that cannot be read is no error here: see [`Disk::opened`].
    pub fn open(source: &Path, options: &Options) -> Result<Self, Error> {
        let source = Source::look(source, options)?;
        source.open(source.machine(options)?, options)
    }

    /// The source as the operator named it.
    #[must_use]
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// The machine that was chosen; none of a source that is one disk file.
    #[must_use]
    pub fn machine(&self) -> Option<&Machine> {
        self.vms.machines.get(self.chosen?.0)
    }

    /// The state of the machine that is read; none where its disks are read each by its own chain.
    #[must_use]
    pub fn state(&self) -> Option<&MachineState> {
        self.machine()?.states.get(self.chosen?.1?)
    }

    /// The volumes that can be read, disk by disk.
    pub fn volumes(&self) -> impl Iterator<Item = &Volume> {
        self.disks
            .iter()
            .filter_map(|disk| disk.opened.as_ref().ok())
            .flat_map(|disk| &disk.volumes)
    }

    /// The volumes that hold a guest's data: all but recovery partitions.
    pub fn data_volumes(&self) -> impl Iterator<Item = &Volume> {
        self.volumes()
            .filter(|volume| !volume.partition.is_recovery())
    }

    /// The files whose parent was not found, or is not the right one.
    pub fn orphans(&self) -> impl Iterator<Item = &Path> {
        let views = self.disks.iter().filter_map(|disk| disk.chain.as_ref());
        let broken = views
            .map(ChainView::chain)
            .filter(|chain| chain.broken.is_some());
        broken.map(|chain| &*chain.base().path)
    }

    /// What the operator should know before reading.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Something that tells later whether a source file has changed.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::new(self.folders.opened())
    }

    /// The files of the backup, in use or not, which no output may be.
    #[must_use]
    pub fn source_files(&self) -> Vec<PathBuf> {
        let in_use = self.folders.opened();
        let in_use = in_use.iter().map(|file| file.path().to_owned());
        let others = self.survey.files.iter().map(|file| file.path.clone());
        let sets = self.survey.vhd_sets.iter().cloned();
        let mut files: Vec<_> = in_use.chain(others).chain(sets).collect();
        files.sort();
        files.dedup();
        files
    }
}

impl Volume {
    /// The volume as the guest saw it, whatever of it is shown.
    pub(crate) fn live(&self) -> &Arc<dyn FileSystem> {
        self.deleted
            .as_ref()
            .map_or(&self.fs, |deleted| deleted.live())
    }
}

impl Disk {
    /// The disk's bytes.
    ///
    /// # Errors
    /// Why nothing of it can be read.
    pub fn bytes(&self) -> Result<Arc<dyn ReadAt>, Arc<Fault>> {
        match &self.opened {
            Ok(opened) => Ok(opened.bytes.clone()),
            Err(fault) => Err(Arc::clone(fault)),
        }
    }
}
