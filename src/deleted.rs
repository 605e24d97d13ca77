//! Deleted files: from an earlier state of the disk that still has them, else as they are found.
//!
//! [`Deleted`] joins the tree of what was deleted on a volume with the same volume in the states below:
//! the high 16 bits of a node say which of them has its content. A file there is the one that was
//! deleted if it has the same record and was created at the same 100 ns.

use std::sync::Arc;

use blockio::{FaultKind, Place, ReadAt};
use tree::{
    Cursor, DirIter, EntryIter, Error, FileSystem, GuestPath, Kind, Link, Metadata, Name, NodeId,
    StreamInfo, Time, VolumeInfo,
};

/// Bits of a node that are the volume's own.
const OWN_BITS: u32 = 48;
/// States that are looked at: what the bits above can tell apart.
const MAX_STATES: usize = u16::MAX as usize;

/// The deleted files of a volume as a tree.
pub struct Deleted {
    /// The volume as the guest saw it.
    live: Arc<dyn FileSystem>,
    /// What is found of them in the state that is read.
    found: Arc<dyn FileSystem>,
    /// The same volume in the states below, the newest first.
    earlier: Vec<Earlier>,
}

/// A volume in an earlier state of its disk.
pub struct Earlier {
    /// What the state is called.
    pub state: String,
    /// The volume as it was.
    pub fs: Arc<dyn FileSystem>,
}

/// What there is to have of a deleted file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remains<'a> {
    /// What its content is worth.
    pub content: tree::Deleted,
    /// The state it is from, where that is an earlier one.
    pub state: Option<&'a str>,
    /// Bytes of its unnamed stream that are known to be lost.
    pub lost: u64,
}

impl Deleted {
    /// The files that were deleted on `live` and are `found`, or still there in `earlier` states, the
    /// newest first.
    #[must_use]
    pub fn new(
        live: Arc<dyn FileSystem>,
        found: Arc<dyn FileSystem>,
        mut earlier: Vec<Earlier>,
    ) -> Self {
        earlier.truncate(MAX_STATES);
        Self {
            live,
            found,
            earlier,
        }
    }

    /// The volume as the guest saw it.
    #[must_use]
    pub fn live(&self) -> &Arc<dyn FileSystem> {
        &self.live
    }

    /// The state whose content `node` has, where that is an earlier one.
    #[must_use]
    pub fn state_of(&self, node: NodeId) -> Option<&str> {
        self.split(node).0.map(|earlier| &*earlier.state)
    }

    /// What there is to have of `node`; none where it was not deleted.
    #[must_use]
    pub fn remains(&self, node: NodeId, metadata: &Metadata) -> Option<Remains<'_>> {
        let content = metadata.deleted?;
        let lost = match (content, metadata.kind) {
            // What an earlier state lacks is its own damage, as for any live file.
            (tree::Deleted::Unverified, Kind::File) => self.lost(node, metadata.size),
            _ => 0,
        };
        Some(Remains {
            content,
            state: self.state_of(node),
            lost,
        })
    }

    /// Bytes of the unnamed stream, of `size`, that are known to be lost: all, where damage keeps it from
    /// being opened; none of what is hidden, which opening it tells of.
    fn lost(&self, node: NodeId, size: u64) -> u64 {
        match self.open(node, None) {
            Ok(bytes) => lost_bytes(&*bytes),
            Err(Error::Fault(fault)) if fault.kind != FaultKind::Unsupported => size,
            Err(_) => 0,
        }
    }

    /// The state that has the content of `node`, and the node there.
    fn split(&self, node: NodeId) -> (Option<&Earlier>, NodeId) {
        let number = usize::try_from(node.0 >> OWN_BITS).unwrap_or_default();
        let own = NodeId(node.0 & ((1 << OWN_BITS) - 1));
        let earlier = number.checked_sub(1).and_then(|at| self.earlier.get(at));
        (earlier, own)
    }

    /// The tree that has the content of `node`, and the node there.
    fn owner(&self, node: NodeId) -> (&dyn FileSystem, NodeId) {
        let (earlier, node) = self.split(node);
        (&**earlier.map_or(&self.found, |earlier| &earlier.fs), node)
    }

    /// The node whose content is best of the deleted file `node` of the state that is read.
    fn best(&self, node: NodeId) -> NodeId {
        let Ok(deleted) = self.found.metadata(node) else {
            return node;
        };
        let is_same = |earlier: &Earlier| {
            let there = earlier.fs.metadata(node);
            there.is_ok_and(|there| is_same_file(&deleted, &there))
        };
        let of_file = deleted.deleted.is_some() && deleted.kind != Kind::Directory;
        match self.earlier.iter().position(is_same).filter(|_| of_file) {
            Some(at) => NodeId(node.0 | (at as u64 + 1) << OWN_BITS),
            None => node,
        }
    }
}

/// Whether a live file is the one that was deleted later.
fn is_same_file(deleted: &Metadata, there: &Metadata) -> bool {
    let has_time = deleted.created != Time::default();
    has_time && deleted.created == there.created && deleted.kind == there.kind
}

impl FileSystem for Deleted {
    fn info(&self) -> VolumeInfo {
        self.found.info()
    }

    fn root(&self) -> NodeId {
        self.found.root()
    }

    fn metadata(&self, node: NodeId) -> Result<Metadata, Error> {
        match self.split(node) {
            (Some(earlier), node) => Ok(Metadata {
                deleted: Some(tree::Deleted::Earlier),
                ..earlier.fs.metadata(node)?
            }),
            (None, node) => self.found.metadata(node),
        }
    }

    fn lookup(&self, dir: NodeId, name: &Name) -> Result<NodeId, Error> {
        self.found.lookup(dir, name).map(|node| self.best(node))
    }

    fn fold(&self, name: &Name) -> Name {
        self.found.fold(name)
    }

    fn read_dir(&self, dir: NodeId, from: Cursor) -> Result<DirIter<'_>, Error> {
        let entries = self.found.read_dir(dir, from)?;
        Ok(Box::new(entries.map(|entry| {
            entry.map(|mut entry| {
                entry.node = self.best(entry.node);
                entry
            })
        })))
    }

    fn entries(&self, under: NodeId, path: &GuestPath) -> Result<EntryIter<'_>, Error> {
        tree::walk(self, under, path)
    }

    fn open(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error> {
        let (fs, node) = self.owner(node);
        fs.open(node, stream)
    }

    fn streams(&self, node: NodeId) -> Result<Vec<StreamInfo>, Error> {
        let (fs, node) = self.owner(node);
        fs.streams(node)
    }

    fn read_link(&self, node: NodeId) -> Result<Link, Error> {
        let (fs, node) = self.owner(node);
        fs.read_link(node)
    }

    fn security(&self, node: NodeId) -> Result<Option<Arc<[u8]>>, Error> {
        let (fs, node) = self.owner(node);
        fs.security(node)
    }

    fn details(&self, node: NodeId) -> Result<tree::Details, Error> {
        let (fs, node) = self.owner(node);
        fs.details(node)
    }
}

/// How many bytes of `bytes` are known to be lost, before anything is read.
fn lost_bytes(bytes: &dyn ReadAt) -> u64 {
    let (mut lost, mut at) = (0, 0);
    while at < bytes.size() {
        match bytes.run_at(at, bytes.size() - at) {
            Ok(run) if run.len > 0 => {
                if matches!(run.place, Place::Lost(_)) {
                    lost += run.len;
                }
                at += run.len;
            }
            // What cannot even be asked for cannot be had either.
            _ => return lost + (bytes.size() - at),
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use blockio::Fault;
    use testkit::MemoryTree;

    /// Three files deleted; one was created at another time than its namesake in the earlier state.
    fn deleted() -> Deleted {
        let (mut found, mut earlier) = (MemoryTree::new(), MemoryTree::new());
        for (path, created) in [("a", 7), ("b", 8), ("c", 0)] {
            let node = found.file(path, "found");
            let metadata = found.metadata_mut(node);
            metadata.created = Time(created);
            metadata.deleted = Some(tree::Deleted::Unverified);
            let node = earlier.file(path, "as it was");
            earlier.metadata_mut(node).created = Time(if path == "b" { 9 } else { created });
        }
        let state = "base.vhdx".into();
        let fs = Arc::new(earlier);
        Deleted::new(
            Arc::new(MemoryTree::new()),
            Arc::new(found),
            vec![Earlier { state, fs }],
        )
    }

    #[test]
    fn a_file_that_an_earlier_state_has_is_read_from_there() {
        let fs = deleted();
        let expected = [
            ("a", Some("base.vhdx"), "as it was"),
            ("b", None, "found"),
            ("c", None, "found"),
        ];
        for (name, state, content) in expected {
            let node = fs.lookup(fs.root(), &name.into()).expect("there");
            assert_eq!(fs.state_of(node), state, "{name}");
            let bytes = fs.open(node, None).expect("a file");
            let mut read = vec![0; bytes.size() as usize];
            bytes.read_exact_at(&mut read, 0).expect("whole");
            assert_eq!(String::from_utf8(read).expect("text"), content);
            let metadata = fs.metadata(node).expect("there");
            assert_eq!(metadata.size, content.len() as u64);
            let kind = state.map_or(tree::Deleted::Unverified, |_| tree::Deleted::Earlier);
            assert_eq!(metadata.deleted, Some(kind));
        }
    }

    #[test]
    fn what_damage_keeps_from_being_opened_is_lost() {
        let mut found = MemoryTree::new();
        let (damaged, hidden) = (found.file("damaged", "12345"), found.file("hidden", "123"));
        found.hide(damaged, Fault::damaged(&tree::codes::CYCLE, "data"));
        found.hide(hidden, Fault::unsupported(&tree::codes::CYCLE, "data"));
        for node in [damaged, hidden] {
            found.metadata_mut(node).deleted = Some(tree::Deleted::Unverified);
        }
        let fs = Deleted::new(Arc::new(MemoryTree::new()), Arc::new(found), Vec::new());
        let lost = |node| {
            let metadata = fs.metadata(node).expect("there");
            fs.remains(node, &metadata).expect("deleted").lost
        };
        assert_eq!((lost(damaged), lost(hidden)), (5, 0));
    }

    #[test]
    fn listing_and_look_up_agree() {
        let fs = deleted();
        let entries = fs.entries(fs.root(), &GuestPath::root()).expect("listed");
        for entry in entries.map(|entry| entry.expect("whole")) {
            let found = tree::resolve(&fs, &entry.path).expect("there");
            assert_eq!(found, entry.node, "{}", entry.path);
        }
    }
}
