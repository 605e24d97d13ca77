//! The second waist: a volume as a tree.

use std::sync::Arc;

use blockio::{Fault, ReadAt};

use crate::{
    Cursor, Details, DirIter, EntryIter, Error, GuestPath, Link, Metadata, Name, NodeId, StreamInfo,
};

/// A volume, read-only. Implementors are handles over an `Arc`.
pub trait FileSystem: Send + Sync {
    /// What the volume says of itself.
    fn info(&self) -> VolumeInfo;

    /// The root directory.
    fn root(&self) -> NodeId;

    /// What is known of `node`, from its own record.
    ///
    /// # Errors
    /// A fault where the record is damaged; [`Error::NotFound`] where there is none.
    fn metadata(&self, node: NodeId) -> Result<Metadata, Error>;

    /// The node that `name` names in `dir`, by this volume's case rule; an exact match wins.
    ///
    /// # Errors
    /// [`Error::NotFound`] only where it is truly not there; [`Error::NotADirectory`]; a fault.
    fn lookup(&self, dir: NodeId, name: &Name) -> Result<NodeId, Error>;

    /// `name` by this volume's case rule: two names are one where their folded forms are equal.
    fn fold(&self, name: &Name) -> Name;

    /// The entries of `dir` from `from` on, without `.` and `..`.
    ///
    /// # Errors
    /// Where the directory cannot be opened at all; a bad entry is an error of the iterator.
    fn read_dir(&self, dir: NodeId, from: Cursor) -> Result<DirIter<'_>, Error>;

    /// Everything below the directory `under`, whose own path is `path`; `under` itself is not listed.
    ///
    /// A file system that has nothing faster answers with [`walk`](fn@crate::walk).
    ///
    /// # Errors
    /// Where the listing cannot begin; a lost item is an error of the iterator.
    fn entries(&self, under: NodeId, path: &GuestPath) -> Result<EntryIter<'_>, Error>;

    /// One stream of `node`; `None` is the unnamed one.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it has no such stream; a fault of kind
    /// [`Unsupported`](blockio::FaultKind::Unsupported) where the content is hidden (WOF, EFS, ...).
    fn open(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error>;

    /// One stream of `node` as it is stored, whatever hides its content: of an encrypted one the
    /// ciphertext, to the end of its last block. What was never stored is a hole.
    ///
    /// A file system that changes nothing on the way answers as [`open`](Self::open) does.
    ///
    /// # Errors
    /// As [`open`](Self::open), but for hidden content.
    fn open_stored(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error> {
        self.open(node, stream)
    }

    /// All streams of `node`, the unnamed one first.
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata).
    fn streams(&self, node: NodeId) -> Result<Vec<StreamInfo>, Error>;

    /// Where the link `node` points.
    ///
    /// # Errors
    /// [`Error::NotALink`]; a fault where the reparse data is damaged.
    fn read_link(&self, node: NodeId) -> Result<Link, Error>;

    /// The security descriptor of `node` in self-relative form (MS-DTYP 2.4.6), as it is stored:
    /// who owns it and who may do what. None where the volume keeps none for it.
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata); a fault where the descriptor itself is damaged.
    fn security(&self, node: NodeId) -> Result<Option<Arc<[u8]>>, Error>;

    /// What was deleted, as a tree of its own in which live directories show only what was deleted
    /// below them; none where the file system has no trace of it.
    ///
    /// # Errors
    /// Where the volume cannot tell what of it may still be there.
    fn deleted(&self) -> Result<Option<Arc<dyn FileSystem>>, Error> {
        Ok(None)
    }

    /// What only some readers want of `node`. What of it is damaged is in [`Details::lost`].
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata).
    fn details(&self, node: NodeId) -> Result<Details, Error>;
}

/// What a volume says of itself.
#[derive(Clone, Debug, Default)]
pub struct VolumeInfo {
    /// The file system and its version: `NTFS 3.1`.
    pub kind: String,
    /// The volume's name, if it has one.
    pub label: Option<String>,
    /// Serial number.
    pub serial: u64,
    /// Bytes of the volume as the file system counts them.
    pub size: u64,
    /// Bytes not in use; `None` where the bitmap cannot be read.
    pub free: Option<u64>,
    /// Bytes of a cluster.
    pub cluster_size: u32,
    /// Bytes of a sector.
    pub sector_size: u32,
    /// Whether the guest had not finished writing (ordinary for a running machine's backup), and why
    /// we think so.
    pub dirty: Option<String>,
    /// What was wrong and could be worked around: a mirror used in place of a damaged record.
    pub notes: Vec<Arc<Fault>>,
}
