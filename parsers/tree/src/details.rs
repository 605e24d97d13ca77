//! What only some readers want of a node.

use std::sync::Arc;

use blockio::Fault;

use crate::{Efs, Name, NodeId};

/// What only some readers want of a node.
///
/// Each part stands for itself: what is damaged is left out and named in [`lost`](Self::lost), the
/// others are there all the same.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// The raw reparse data behind the tag, if it has a reparse point.
    pub reparse: Option<Arc<[u8]>>,
    /// The short (8.3) name, if it has one.
    pub short_name: Option<Name>,
    /// All names as (directory, name), DOS twins left out.
    pub names: Vec<(NodeId, Name)>,
    /// Extended attributes, in the order they are stored in.
    pub extended_attributes: Vec<ExtendedAttribute>,
    /// The object id, if it was given one.
    pub object_id: Option<ObjectId>,
    /// What it carries for those who can decrypt it, if it is encrypted.
    pub efs: Option<Efs>,
    /// Number of its latest record in the volume's change journal, where a journal was kept.
    pub usn: Option<u64>,
    /// Which parts are there and could not be read.
    pub lost: Vec<Arc<Fault>>,
}

/// One extended attribute (EA): a name and a value, as OS/2 had them and the Linux subsystem uses
/// them for modes and owners (`$LXMOD`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedAttribute {
    /// Its name: bytes of the guest's OEM code page, ASCII as a rule.
    pub name: Name,
    /// Its flag byte as it is stored.
    pub flags: u8,
    /// Its value.
    pub value: Arc<[u8]>,
}

/// Flag of an extended attribute without which the file must not be used (FILE_NEED_EA).
const NEEDED: u8 = 0x80;

impl ExtendedAttribute {
    /// Whether programs that do not understand it must not open the file (FILE_NEED_EA).
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.flags & NEEDED != 0
    }
}

/// The object id of a node, by which links are tracked. GUIDs are bytes as they are stored: their
/// first three fields little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectId {
    /// The id itself, unique on its volume.
    pub object: [u8; 16],
    /// Where it was given; none where only the id is stored.
    pub birth: Option<Birth>,
}

/// Where an object id was given. A domain of zeros is ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Id of the volume.
    pub volume: [u8; 16],
    /// The object id there.
    pub object: [u8; 16],
    /// Id of the domain.
    pub domain: [u8; 16],
}
