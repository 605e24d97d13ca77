//! What a machine has and the backup has not.

use blockio::Code;
use serde_json::{Value, json};

use super::Slot;

/// Something that a machine has and the backup has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Which kind.
    pub kind: AbsenceKind,
    /// The drive, where it is one.
    pub slot: Option<Slot>,
    /// What it is, for people: a path of the host, a device's name.
    pub what: String,
    /// Why it is not there, and what that means, for people.
    pub reason: String,
    /// The stable code, which also says what to do.
    pub code: &'static Code,
}

/// Which kind of thing is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AbsenceKind {
    /// A disk of the host itself (pass-through).
    PassThrough,
    /// A disk shared between machines.
    Shared,
    /// A disk file that the configuration names.
    DiskFile,
    /// A file in the middle or at the end of a chain.
    Parent,
    /// A checkpoint's configuration.
    Checkpoint,
    /// The machine's own configuration.
    Configuration,
    /// Saved memory that the configuration counts on.
    Memory,
    /// The file of the virtual firmware and TPM (.vmgs).
    GuestState,
    /// A device of the host (DDA), a part of a GPU, a Fibre Channel adapter.
    Device,
    /// The image in a CD or diskette drive.
    Image,
    /// A disk that the guest itself reached over the network (iSCSI).
    InGuest,
}

impl Absence {
    /// As every document tells it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "kind": self.kind.word(),
            "slot": self.slot.map(|slot| slot.to_string()),
            "what": self.what,
            "reason": self.reason,
            "code": self.code.id,
            "remedy": self.code.remedy,
        })
    }
}

impl AbsenceKind {
    /// Its word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PassThrough => "pass-through",
            Self::Shared => "shared",
            Self::DiskFile => "disk-file",
            Self::Parent => "parent",
            Self::Checkpoint => "checkpoint",
            Self::Configuration => "configuration",
            Self::Memory => "memory",
            Self::GuestState => "guest-state",
            Self::Device => "device",
            Self::Image => "image",
            Self::InGuest => "in-guest",
        }
    }
}
