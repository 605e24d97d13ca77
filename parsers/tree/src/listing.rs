//! What listings yield.

use crate::{Error, GuestPath, Loss, Metadata, Name, StreamInfo};

/// A node of a tree: the low 48 bits are the volume's own, the high 16 belong to whoever joins
/// several trees into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

/// A place in a directory to go on from. Stays valid as long as the volume is open; `START` is the
/// first entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub u64);

impl Cursor {
    /// Before the first entry.
    pub const START: Self = Self(0);
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name, unique in its directory.
    pub name: Name,
    /// What it names.
    pub node: NodeId,
    /// Where to go on after this entry.
    pub next: Cursor,
    /// Whether no index names it and it was found by its own record.
    pub unindexed: bool,
}

/// The entries of one directory in the volume's own order. One bad entry is one error; the rest
/// goes on.
pub type DirIter<'a> = Box<dyn Iterator<Item = Result<DirEntry, Error>> + Send + 'a>;

/// One name anywhere below a directory, with all that a listing shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path from the volume's root.
    pub path: GuestPath,
    /// What it names.
    pub node: NodeId,
    /// What is known of it.
    pub metadata: Metadata,
    /// Its named streams.
    pub streams: Vec<StreamInfo>,
    /// Whether no index names it and it was found by its own record.
    pub unindexed: bool,
}

/// Everything below a directory: parents before children, a directory's entries together and in the
/// volume's own order, depth first.
pub type EntryIter<'a> = Box<dyn Iterator<Item = Result<Entry, Loss>> + Send + 'a>;
