//! One partition of a disk.

use std::fmt;
use std::sync::Arc;

use blockio::{ReadAt, Slice};
use uuid::Uuid;

use crate::identify::Content;
use crate::types;

/// What a partition table says a partition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeId {
    /// A GPT type GUID.
    Gpt(Uuid),
    /// An MBR type byte.
    Mbr(u8),
    /// No table: the whole disk is one volume.
    Whole,
}

impl TypeId {
    /// The name people know the type by; `"unknown type"` where there is none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpt(id) => types::gpt(id),
            Self::Mbr(id) => types::mbr(id),
            Self::Whole => "whole disk",
        }
    }
}

impl fmt::Display for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gpt(id) => id.fmt(f),
            Self::Mbr(id) => write!(f, "{id:#04x}"),
            Self::Whole => f.write_str("whole disk"),
        }
    }
}

/// One partition of a disk, or the whole disk where it has no table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// As Windows and Linux count: GPT entry + 1; MBR primary 1 to 4, logical from 5; whole disk 0.
    pub number: u32,
    /// Where it begins on the disk, in bytes.
    pub start: u64,
    /// How many of its bytes the disk has.
    pub len: u64,
    /// How long the table says it is, in bytes; more than `len` where the disk was cut.
    pub stated_len: u64,
    /// What the table says it is for.
    pub type_id: TypeId,
    /// The name of that type, as [`TypeId::name`].
    pub type_name: &'static str,
    /// GPT: the partition's own GUID.
    pub id: Option<Uuid>,
    /// GPT: its name, unless empty.
    pub name: Option<String>,
    /// MBR: marked active; GPT: marked as what legacy firmware boots.
    pub active: bool,
    /// What lies in it, by its bytes (and by its type where the bytes cannot say).
    pub content: Content,
}

impl Partition {
    /// The partition's bytes as a slice of `disk`, the disk the table was read from.
    #[must_use]
    pub fn slice(&self, disk: &Arc<dyn ReadAt>) -> Slice {
        Slice::new(Arc::clone(disk), self.start, self.len)
    }

    /// Whether its type says that it holds the recovery environment (it is NTFS all the same).
    #[must_use]
    pub fn is_recovery(&self) -> bool {
        match self.type_id {
            TypeId::Gpt(id) => id == types::RECOVERY,
            TypeId::Mbr(id) => id == types::MBR_RECOVERY,
            TypeId::Whole => false,
        }
    }

    /// Where it ends on the disk, in bytes.
    pub(crate) fn end(&self) -> u64 {
        self.start.saturating_add(self.len)
    }
}
