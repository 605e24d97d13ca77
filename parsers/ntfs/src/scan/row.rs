//! What a scan keeps of a file, and of a name.

use tree::{Attributes, Metadata, Storage, Time};

use crate::reference::FileReference;
use crate::reparse;

/// A live file: all of its metadata, packed. Ten million of them must fit into memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The number of its file record; NTFS has no more than 32 bits of them.
    pub(crate) number: u32,
    pub(super) attributes: u32,
    /// 0: no reparse point.
    pub(super) reparse_tag: u32,
    pub(super) sequence: u16,
    pub(super) links: u16,
    /// Created, modified, changed, accessed.
    pub(super) times: [i64; 4],
    pub(super) size: u64,
    pub(super) allocated: u64,
    pub(super) storage: Storage,
    /// Whether its record has an index of names.
    pub(crate) is_directory: bool,
    pub(super) has_streams: bool,
}

const _: () = assert!(size_of::<Row>() <= 72);

/// A name of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowName {
    pub(super) parent: FileReference,
    /// Where in the batch's text the name begins, and its bytes.
    pub(super) text: u32,
    pub(super) len: u16,
    /// Which row of the batch it names.
    pub(super) row: u16,
}

const _: () = assert!(size_of::<RowName>() == 16);

impl Row {
    /// The file's reference.
    pub(super) fn reference(&self) -> FileReference {
        FileReference::new(self.number.into(), self.sequence)
    }

    /// The row as the tree shows it.
    pub(crate) fn metadata(&self, system: bool) -> Metadata {
        let reparse_tag = (self.reparse_tag != 0).then_some(self.reparse_tag);
        let [created, modified, changed, accessed] = self.times.map(Time);
        Metadata {
            kind: reparse::kind(self.is_directory, reparse_tag),
            number: self.number.into(),
            size: self.size,
            allocated: self.allocated,
            attributes: Attributes(self.attributes),
            created,
            modified,
            changed,
            accessed,
            links: self.links.into(),
            reparse_tag,
            storage: self.storage,
            system,
            deleted: None,
        }
    }
}
