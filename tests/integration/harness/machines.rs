//! Whole machines as a backup holds them: configuration, disks and their checkpoints, saved memory.
//!
//! A [`Machine`] is lived through as on a host: disks are added and written, checkpoints taken and
//! applied. At the end it is put into a folder the way a backup product would ([`Layout`]), and
//! [`Made`] says where everything lies and what every disk must read as in every state.
//!
//! ```ignore
//! let mut web = Machine::new("web01", Format::Xml);      // generation 2, version 5.0
//! let system = web.add_disk("web01.vhdx");               // GPT, one NTFS volume; SCSI 0:0
//! web.write_text(system, "as installed");                // into the file STATE_FILE of that volume
//! let clean = web.checkpoint("Clean install");           // web01.vhdx is frozen, web01_<GUID>.avhdx is new
//! web.write_text(system, "patched");
//! web.save_memory();                                     // .bin and .vsv, or .vmrs
//! let folder = temp_dir();
//! let made = web.write_to(folder.path(), &Layout::Exported);
//! let sources = Sources::made(folder);                   // fails the test if anything is written there
//! assert_eq!(made.text(clean, system), "as installed");
//! ```
//!
//! | wanted | how |
//! |---|---|
//! | Generation 1, another version | `machine.generation = 1`, `machine.version = 0x800`; for [`Format::Xml`] 0x500 |
//! | branches | [`Machine::apply`] an older checkpoint, go on, take another |
//! | several disks, folders, plugs | [`Machine::add_disk_at`]; `machine.home` is the host's folder of the machine |
//! | cluster | `machine.home = r"C:\ClusterStorage\Volume1\web01"` and [`Machine::set`] `properties/highly_available` |
//! | pass-through, ISO | [`Machine::plug`] |
//! | replica, any other key | [`Machine::set`] (now), [`Machine::set_in`] (any state) |
//! | hostile names | the names given to [`Machine::new`] and [`Machine::checkpoint`]; `machine.folder` is its folder in a backup |
//! | a backup of the latest state alone | `machine.latest_state = true`: the checkpoints are counted, none is there |
//! | AutoRecovery of 2012 R2 | `machine.auto_recovery = true`: now's files are called `...-AutoRecovery.avhdx`, the configuration says otherwise |
//! | when the guest wrote, also too late | [`Machine::write_text_at`], [`Machine::clock`] |
//! | missing, renamed members | [`Made::disk_file`], [`Made::configuration`], [`Made::memory`] and `std::fs`, before `Sources::made` |
//! | two disks of one name in a flat folder | [`Layout::Flat`]: the later one lies over the earlier one |
//! | several machines in a backup | one folder, [`Machine::write_to`] for each |

mod disk;
mod layout;
mod made;
mod write;

use testkit::configuration::{Drive, Plug};
use testkit::vmcx::Value;
use uuid::Uuid;

pub(crate) use layout::Layout;
pub(crate) use made::Made;

use disk::Disk;

/// The file of every volume that [`Machine::write_text`] writes.
pub(crate) const STATE_FILE: &str = "/one-cluster.bin";

/// Format of the configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// XML of 2012 R2, version 5.0; memory in .bin and .vsv.
    Xml,
    /// The container of 2016 and later, version 9.0; memory in .vmrs.
    Vmcx,
}

/// A disk of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DiskId(usize);

/// A state of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The running one.
    Now,
    /// A checkpoint.
    Checkpoint(usize),
}

/// A machine, with all its past.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// Its id, which follows from its first name.
    pub(crate) id: Uuid,
    /// 1 or 2.
    pub(crate) generation: i64,
    /// Version of its configuration, `major << 8 | minor`.
    pub(crate) version: i64,
    /// Its folder on the host, below which its files are unless said.
    pub(crate) home: String,
    /// Its folder in a backup ([`Layout::Exported`]).
    pub(crate) folder: String,
    /// Name of the switch that it was connected to.
    pub(crate) switch: Option<String>,
    /// Whether the backup holds the latest state alone.
    pub(crate) latest_state: bool,
    /// Whether now's disks have the names that a backup of 2012 R2 gives them.
    pub(crate) auto_recovery: bool,
    format: Format,
    disks: Vec<Disk>,
    plugged: Vec<Drive>,
    checkpoints: Vec<Moment>,
    now: Moment,
    made_ids: u128,
}

/// What a configuration says of one state.
#[derive(Clone, Debug)]
struct Moment {
    id: Uuid,
    name: String,
    created: u64,
    /// The leaf of each disk that it has.
    leaves: Vec<Option<usize>>,
    /// Bytes of saved memory.
    memory: Option<Vec<u8>>,
    keys: Vec<(String, Value)>,
}

/// 2024-09-05, in 100 ns since 1601; each checkpoint is a day later than the one before.
const FIRST_DAY: u64 = 133_700_000_000_000_000;
const DAY: u64 = 864_000_000_000;

impl Machine {
    /// A machine of Generation 2 without disks.
    pub(crate) fn new(name: &str, format: Format) -> Self {
        let seed = name.bytes().fold(0x7e57_u64, |seed, byte| {
            seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
        });
        let id = Uuid::from_u128(u128::from(seed) << 64 | 0x8000_0000_0000_0000);
        let safe: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        Self {
            id,
            generation: 2,
            version: if format == Format::Xml { 0x500 } else { 0x900 },
            home: format!(r"D:\Hyper-V\{safe}"),
            folder: safe,
            switch: None,
            latest_state: false,
            auto_recovery: false,
            format,
            disks: Vec::new(),
            plugged: Vec::new(),
            checkpoints: Vec::new(),
            now: Moment::new(id, name, FIRST_DAY),
            made_ids: 0,
        }
    }

    /// Adds a disk with a GPT and one NTFS volume at the next free place; its file is called `name`, in
    /// the machine's `Virtual Hard Disks`.
    pub(crate) fn add_disk(&mut self, name: &str) -> DiskId {
        let count = u32::try_from(self.disks.len()).expect("few disks");
        let plug = match self.generation {
            1 => Plug::Ide(count / 2, count % 2),
            _ => Plug::Scsi(0, count),
        };
        let path = format!(r"{}\Virtual Hard Disks\{name}", self.home);
        self.add_disk_at(plug, &path)
    }

    /// Adds such a disk with this path on the host.
    pub(crate) fn add_disk_at(&mut self, plug: Plug, path: &str) -> DiskId {
        let id = self.new_id();
        self.disks.push(Disk::new(plug, path, id));
        self.now.leaves.push(Some(0));
        DiskId(self.disks.len() - 1)
    }

    /// Takes a disk out of the running state; checkpoints keep it.
    pub(crate) fn remove_disk(&mut self, disk: DiskId) {
        self.now.leaves[disk.0] = None;
    }

    /// Plugs in what is no virtual disk, in every state: `ISO`, or any other word for a disk of the host.
    pub(crate) fn plug(&mut self, plug: Plug, kind: &str, path: &str) {
        self.plugged.push(Drive {
            plug,
            kind: kind.to_owned(),
            path: path.to_owned(),
        });
    }

    /// Makes [`STATE_FILE`] of the disk's volume begin with `text`, in the running state.
    pub(crate) fn write_text(&mut self, disk: DiskId, text: &str) {
        let leaf = self.leaf(disk);
        self.disks[disk.0].write_text(leaf, text);
    }

    /// The same at this time, in 100 ns since 1601, in any state: what is frozen can be written too, as only
    /// a mistake does. The volume's own times are of 2021.
    pub(crate) fn write_text_at(&mut self, state: State, disk: DiskId, text: &str, time: u64) {
        let leaf = self.moment(state).leaves[disk.0].expect("a disk that this state has");
        self.disks[disk.0].write_text(leaf, text);
        self.disks[disk.0].write_time(leaf, time);
    }

    /// When the running state began: with the last checkpoint, or with the machine.
    pub(crate) fn clock(&self) -> u64 {
        self.now.created
    }

    /// Writes whole sectors to a disk, in the running state.
    pub(crate) fn write(&mut self, disk: DiskId, offset: u64, bytes: &[u8]) {
        let leaf = self.leaf(disk);
        self.disks[disk.0].layers[leaf].image.write(offset, bytes);
    }

    /// Saves memory of the running state.
    pub(crate) fn save_memory(&mut self) {
        self.now.memory = Some(memory(&self.now.name));
    }

    /// Takes a checkpoint of the disks alone.
    pub(crate) fn checkpoint(&mut self, name: &str) -> State {
        let id = self.new_id();
        self.now.created += DAY;
        self.checkpoints.push(Moment {
            keys: Vec::new(),
            memory: None,
            ..self.now.clone().called(id, name)
        });
        for disk in 0..self.disks.len() {
            self.grow(disk);
        }
        State::Checkpoint(self.checkpoints.len() - 1)
    }

    /// Takes a checkpoint with memory.
    pub(crate) fn checkpoint_with_memory(&mut self, name: &str) -> State {
        let state = self.checkpoint(name);
        self.moment_mut(state).memory = Some(memory(name));
        state
    }

    /// Applies a checkpoint: the running state begins anew from it, and what it was is lost.
    ///
    /// # Panics
    /// For [`State::Now`].
    pub(crate) fn apply(&mut self, checkpoint: State) {
        let State::Checkpoint(_) = checkpoint else {
            panic!("only a checkpoint can be applied");
        };
        for (disk, leaf) in self.now.leaves.iter().enumerate() {
            self.disks[disk].layers[leaf.unwrap_or(0)].is_gone = leaf.is_some();
        }
        self.now.memory = None;
        self.now.leaves = self.moment(checkpoint).leaves.clone();
        self.now.leaves.resize(self.disks.len(), None);
        for disk in 0..self.disks.len() {
            self.grow(disk);
        }
    }

    /// Sets a key of the running state's configuration; the path begins below `configuration`.
    pub(crate) fn set(&mut self, path: &str, value: impl Into<Value>) {
        self.set_in(State::Now, path, value);
    }

    /// Sets a key of a state's configuration.
    pub(crate) fn set_in(&mut self, state: State, path: &str, value: impl Into<Value>) {
        let keys = &mut self.moment_mut(state).keys;
        keys.push((path.to_owned(), value.into()));
    }

    /// Gives the disk of the running state a new, empty leaf.
    fn grow(&mut self, disk: usize) {
        let (id, data) = (self.new_id(), self.new_id());
        if let Some(leaf) = &mut self.now.leaves[disk] {
            *leaf = self.disks[disk].grow(*leaf, id, data);
        }
    }

    fn leaf(&self, disk: DiskId) -> usize {
        self.now.leaves[disk.0].expect("the disk was taken out")
    }

    fn new_id(&mut self) -> Uuid {
        self.made_ids += 1;
        Uuid::from_u128(self.id.as_u128() + self.made_ids)
    }

    fn moment(&self, state: State) -> &Moment {
        match state {
            State::Now => &self.now,
            State::Checkpoint(number) => &self.checkpoints[number],
        }
    }

    fn moment_mut(&mut self, state: State) -> &mut Moment {
        match state {
            State::Now => &mut self.now,
            State::Checkpoint(number) => &mut self.checkpoints[number],
        }
    }
}

impl Moment {
    fn new(id: Uuid, name: &str, created: u64) -> Self {
        Self {
            id,
            name: name.to_owned(),
            created,
            leaves: Vec::new(),
            memory: None,
            keys: Vec::new(),
        }
    }

    fn called(self, id: Uuid, name: &str) -> Self {
        let name = name.to_owned();
        Self { id, name, ..self }
    }
}

/// A page that names its state, and some more.
fn memory(state: &str) -> Vec<u8> {
    let mut bytes = format!("memory of {state}").into_bytes();
    bytes.resize(64 << 10, 0x5a);
    bytes
}
