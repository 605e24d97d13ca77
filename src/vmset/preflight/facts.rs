//! What is known besides the machine itself.

use std::path::PathBuf;
use std::sync::Arc;

use blockio::Fault;

use crate::guest::Guest;
use crate::vmset::Machine;
use crate::vmset::hosts::Host;

/// What is known besides the machine itself. What is not known is left out, and told as not known.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// All machines of the source, among which an id or a name may be there twice.
    pub machines: &'a [Machine],
    /// Number of the one state that is to be restored; `None` for all of them.
    pub state: Option<usize>,
    /// The host of the import.
    pub host: Option<&'static Host>,
    /// Who made its processor.
    pub cpu: Option<Maker>,
    /// The chains of the machine's disks.
    pub disks: Vec<DiskFacts>,
    /// The Windows installations on its volumes, in the state that is read.
    pub guests: Vec<Guest>,
    /// Its volumes, in that state.
    pub volumes: Vec<VolumeFacts>,
    /// Whether to tell why the guest could not be quiesced.
    pub ask_guest: bool,
    /// Where the restored set would go.
    pub destination: Option<Destination>,
}

/// Who made a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Intel.
    Intel,
    /// AMD.
    Amd,
}

impl Maker {
    /// The word by which processors name their maker.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Intel => "GenuineIntel",
            Self::Amd => "AuthenticAMD",
        }
    }

    /// Of a processor that Windows describes so: `Intel64 Family 6 Model 85 Stepping 7, GenuineIntel`.
    #[must_use]
    pub fn of(identifier: &str) -> Option<Self> {
        [Self::Intel, Self::Amd]
            .into_iter()
            .find(|maker| identifier.contains(maker.word()))
    }
}

/// A chain of disk files.
#[derive(Clone, Debug, Default)]
pub struct DiskFacts {
    /// Its files, leaf first, as far as they were found.
    pub files: Vec<ChainFile>,
    /// Why it cannot be read, and what mends it.
    pub fault: Option<(Arc<Fault>, Option<String>)>,
    /// The logs that were pending, and what became of them in memory, a file each.
    pub replayed: Vec<String>,
    /// Links that hold by the operator's word alone.
    pub accepted: Vec<String>,
}

/// One file of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Bytes of it that are stored.
    pub allocated: u64,
}

/// A volume of the guest, or what lies where one could be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeFacts {
    /// As the guest or a listing calls it: `C:`, `disk0/part2`.
    pub name: String,
    /// Its file system: `NTFS 3.1`, `FAT32`, `dynamic disk (LDM)`.
    pub kind: String,
    /// Bytes of it.
    pub size: u64,
    /// Bytes that are free, where that can be told.
    pub free: Option<u64>,
    /// Why it counts as not cleanly shut down.
    pub dirty: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a volume is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// The guest's data or system.
    #[default]
    Data,
    /// Boot or recovery, which no backup quiesces.
    Boot,
    /// A volume of a dynamic disk (LDM).
    Dynamic,
}

/// Where a restored set would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The folder, as the operator named it.
    pub folder: PathBuf,
    /// Units of its absolute path, where it is a path of Windows.
    pub windows_length: Option<usize>,
    /// Its file system, where it can be told.
    pub file_system: Option<String>,
    /// Bytes that are free, where that can be told.
    pub free: Option<u64>,
    /// Length of the longest file that it can hold, where there is a limit.
    pub longest_file: Option<u64>,
    /// Whether files may have holes; `None` where that cannot be told.
    pub sparse: Option<bool>,
    /// Whether blocks may be shared with the source, so that a copy takes little room.
    pub shares_blocks: bool,
    /// Whether something is in it.
    pub occupied: bool,
}
