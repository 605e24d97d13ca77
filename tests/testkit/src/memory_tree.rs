//! A volume held in memory, for whoever takes a `FileSystem`: with any names, streams, links and
//! faults that a test wants.

use std::sync::Arc;

use blockio::{Fault, Memory, ReadAt};
use tree::{
    Cursor, Details, DirEntry, DirIter, EntryIter, Error, FileSystem, GuestPath, Kind, Link,
    LinkKind, Metadata, Name, NodeId, StreamInfo, Time, VolumeInfo, resolve, walk,
};

/// A volume held in memory. Names differ in more than case, unless it is
/// [case-sensitive](Self::case_sensitive).
///
/// Every method that adds something makes the directories above it. They panic where the test asks
/// for what cannot be.
pub struct MemoryTree {
    nodes: Vec<Node>,
    folds: bool,
}

#[derive(Default)]
struct Node {
    metadata: Metadata,
    entries: Vec<(Name, NodeId)>,
    /// The names it has: directory and name.
    names: Vec<(NodeId, Name)>,
    data: Option<Arc<dyn ReadAt>>,
    streams: Vec<(Name, Arc<dyn ReadAt>)>,
    link: Option<Link>,
    /// Why its data cannot be opened.
    hidden: Option<Arc<Fault>>,
    /// Why its directory cannot be listed.
    unlisted: Option<Arc<Fault>>,
    /// Its security descriptor, or why that cannot be read.
    security: Option<Result<Arc<[u8]>, Arc<Fault>>>,
    /// The rest; its names are above.
    details: Details,
}

impl Default for MemoryTree {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryTree {
    /// A volume with an empty root.
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            folds: true,
        };
        tree.add(Kind::Directory);
        tree
    }

    /// The same for a volume that tells `a` from `A`.
    #[must_use]
    pub fn case_sensitive() -> Self {
        Self {
            folds: false,
            ..Self::new()
        }
    }

    /// A directory.
    pub fn dir(&mut self, path: impl Into<GuestPath>) -> NodeId {
        let mut here = self.root();
        for name in path.into().names() {
            let next = self.find(here, &name);
            here = next.unwrap_or_else(|| {
                let node = self.add(Kind::Directory);
                self.name(here, &name, node);
                node
            });
        }
        here
    }

    /// A file with these bytes.
    pub fn file(&mut self, path: impl Into<GuestPath>, bytes: impl AsRef<[u8]>) -> NodeId {
        self.file_of(path, Arc::new(Memory::from(bytes.as_ref().to_vec())))
    }

    /// A file with the bytes of `data`.
    pub fn file_of(&mut self, path: impl Into<GuestPath>, data: Arc<dyn ReadAt>) -> NodeId {
        let node = self.put(path, Kind::File);
        let file = self.node_mut(node);
        file.metadata.size = data.size();
        file.data = Some(data);
        node
    }

    /// A named stream of `node`.
    pub fn stream(&mut self, node: NodeId, name: &str, bytes: impl AsRef<[u8]>) {
        self.stream_of(
            node,
            name.into(),
            Arc::new(Memory::from(bytes.as_ref().to_vec())),
        );
    }

    /// A named stream of `node` with the bytes of `data`.
    pub fn stream_of(&mut self, node: NodeId, name: Name, data: Arc<dyn ReadAt>) {
        self.node_mut(node).streams.push((name, data));
    }

    /// A symbolic link with this target, relative unless it begins with a letter and a colon, or
    /// with a backslash.
    pub fn symlink(&mut self, path: impl Into<GuestPath>, target: &str) -> NodeId {
        let relative = !target.starts_with('\\') && target.as_bytes().get(1) != Some(&b':');
        self.link(path, LinkKind::Symlink, target, relative)
    }

    /// A junction to `target`, which is written as Windows does: `\??\C:\x`.
    pub fn junction(&mut self, path: impl Into<GuestPath>, target: &str) -> NodeId {
        self.link(path, LinkKind::Junction, target, false)
    }

    fn link(
        &mut self,
        path: impl Into<GuestPath>,
        kind: LinkKind,
        target: &str,
        relative: bool,
    ) -> NodeId {
        let node = self.put(
            path,
            match kind {
                LinkKind::Symlink => Kind::Symlink,
                LinkKind::Junction | LinkKind::MountPoint => Kind::Junction,
            },
        );
        let print = Name::from(target.trim_start_matches("\\??\\"));
        self.node_mut(node).link = Some(Link {
            kind,
            target: target.into(),
            print,
            relative,
        });
        node
    }

    /// One more name of `node`.
    pub fn hard_link(&mut self, path: impl Into<GuestPath>, node: NodeId) {
        let (dir, name) = self.place(path);
        self.name(dir, &name, node);
        self.node_mut(node).metadata.links += 1;
    }

    /// A node that is nothing that has data.
    pub fn other(&mut self, path: impl Into<GuestPath>) -> NodeId {
        self.put(path, Kind::Other)
    }

    /// What is known of `node`, to be changed.
    pub fn metadata_mut(&mut self, node: NodeId) -> &mut Metadata {
        &mut self.node_mut(node).metadata
    }

    /// Gives `node` this security descriptor, in self-relative form.
    pub fn set_security(&mut self, node: NodeId, descriptor: impl AsRef<[u8]>) {
        self.node_mut(node).security = Some(Ok(descriptor.as_ref().into()));
    }

    /// From now on the security descriptor of `node` cannot be read, for `fault`.
    pub fn break_security(&mut self, node: NodeId, fault: Fault) {
        self.node_mut(node).security = Some(Err(fault.into()));
    }

    /// Extended attributes, object id and so on of `node`, to be changed. Names are given by
    /// [`hard_link`](Self::hard_link) and not here.
    pub fn details_mut(&mut self, node: NodeId) -> &mut Details {
        &mut self.node_mut(node).details
    }

    /// From now on the data of `node` cannot be opened, for `fault`.
    pub fn hide(&mut self, node: NodeId, fault: Fault) {
        self.node_mut(node).hidden = Some(fault.into());
    }

    /// From now on the directory `node` ends in `fault`, after its entries.
    pub fn break_listing(&mut self, node: NodeId, fault: Fault) {
        self.node_mut(node).unlisted = Some(fault.into());
    }

    /// The node at `path`.
    #[must_use]
    pub fn at(&self, path: impl Into<GuestPath>) -> NodeId {
        resolve(self, &path.into()).expect("the test has put it there")
    }

    fn put(&mut self, path: impl Into<GuestPath>, kind: Kind) -> NodeId {
        let (dir, name) = self.place(path);
        let node = self.add(kind);
        self.name(dir, &name, node);
        node
    }

    fn place(&mut self, path: impl Into<GuestPath>) -> (NodeId, Name) {
        let path = path.into();
        let name = path.name().expect("the root is there already");
        (self.dir(path.parent().expect("it has a name")), name)
    }

    fn name(&mut self, dir: NodeId, name: &Name, node: NodeId) {
        assert!(
            self.exactly(dir, name).is_none(),
            "{name:?} is there already"
        );
        self.node_mut(dir).entries.push((name.clone(), node));
        self.node_mut(node).names.push((dir, name.clone()));
    }

    fn add(&mut self, kind: Kind) -> NodeId {
        let number = self.nodes.len() as u64;
        // Each node has times of its own, in this century and off the whole second.
        let time = Time(130_000_000_000_000_000 + number as i64 * 12_345_678_901);
        let metadata = Metadata {
            kind,
            number,
            created: time,
            modified: Time(time.0 + 1),
            changed: Time(time.0 + 2),
            accessed: Time(time.0 + 3),
            links: 1,
            ..Metadata::default()
        };
        self.nodes.push(Node {
            metadata,
            ..Node::default()
        });
        NodeId(number)
    }

    fn node(&self, node: NodeId) -> Result<&Node, Error> {
        self.nodes.get(node.0 as usize).ok_or(Error::NotFound)
    }

    fn node_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.0 as usize]
    }

    fn exactly(&self, dir: NodeId, name: &Name) -> Option<NodeId> {
        let entries = &self.nodes[dir.0 as usize].entries;
        entries
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, node)| *node)
    }

    fn find(&self, dir: NodeId, name: &Name) -> Option<NodeId> {
        let entries = &self.nodes[dir.0 as usize].entries;
        let folded = self.fold(name);
        let by_fold = || entries.iter().find(|(own, _)| self.fold(own) == folded);
        self.exactly(dir, name)
            .or_else(|| by_fold().map(|(_, node)| *node))
    }
}

impl FileSystem for MemoryTree {
    fn info(&self) -> VolumeInfo {
        VolumeInfo {
            kind: "memory".into(),
            cluster_size: 4096,
            ..VolumeInfo::default()
        }
    }

    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn metadata(&self, node: NodeId) -> Result<Metadata, Error> {
        Ok(self.node(node)?.metadata.clone())
    }

    fn lookup(&self, dir: NodeId, name: &Name) -> Result<NodeId, Error> {
        match self.node(dir)?.metadata.kind {
            Kind::Directory => self.find(dir, name).ok_or(Error::NotFound),
            _ => Err(Error::NotADirectory),
        }
    }

    fn fold(&self, name: &Name) -> Name {
        match name.as_str() {
            Some(text) if self.folds => {
                let upper = |char: char| {
                    let mut upper = char.to_uppercase();
                    if upper.len() == 1 {
                        upper.next().unwrap_or(char)
                    } else {
                        char
                    }
                };
                Name::from(&*text.chars().map(upper).collect::<String>())
            }
            _ => name.clone(),
        }
    }

    fn read_dir(&self, dir: NodeId, from: Cursor) -> Result<DirIter<'_>, Error> {
        let dir = self.node(dir)?;
        if dir.metadata.kind != Kind::Directory {
            return Err(Error::NotADirectory);
        }
        let entries = dir.entries.iter().zip(1..).skip(from.0 as usize);
        let entries = entries.map(|((name, node), next)| {
            Ok(DirEntry {
                name: name.clone(),
                node: *node,
                next: Cursor(next),
                unindexed: false,
            })
        });
        let fault = dir
            .unlisted
            .iter()
            .map(|fault| Err(Error::Fault(Arc::clone(fault))));
        Ok(Box::new(entries.chain(fault)))
    }

    fn entries(&self, under: NodeId, path: &GuestPath) -> Result<EntryIter<'_>, Error> {
        walk(self, under, path)
    }

    fn open(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error> {
        let node = self.node(node)?;
        let named = |name: &Name| {
            node.streams
                .iter()
                .find(|(own, _)| self.fold(own) == self.fold(name))
        };
        let data = match stream.filter(|name| !name.is_empty()) {
            Some(name) => named(name).map(|(_, data)| data),
            None => match &node.hidden {
                Some(fault) => return Err(Error::Fault(Arc::clone(fault))),
                None => node.data.as_ref(),
            },
        };
        data.cloned().ok_or(Error::NotFound)
    }

    fn streams(&self, node: NodeId) -> Result<Vec<StreamInfo>, Error> {
        let node = self.node(node)?;
        let info = |name: &Name, data: &Arc<dyn ReadAt>| StreamInfo {
            name: name.clone(),
            size: data.size(),
            allocated: data.size(),
        };
        let unnamed = node.data.iter().map(|data| info(&Name::default(), data));
        let named = node.streams.iter().map(|(name, data)| info(name, data));
        Ok(unnamed.chain(named).collect())
    }

    fn read_link(&self, node: NodeId) -> Result<Link, Error> {
        self.node(node)?.link.clone().ok_or(Error::NotALink)
    }

    fn security(&self, node: NodeId) -> Result<Option<Arc<[u8]>>, Error> {
        let security = self.node(node)?.security.clone();
        security.transpose().map_err(Error::Fault)
    }

    fn details(&self, node: NodeId) -> Result<Details, Error> {
        let node = self.node(node)?;
        Ok(Details {
            names: node.names.clone(),
            ..node.details.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_its_case_rule() {
        let mut tree = MemoryTree::new();
        let node = tree.file("Users/\u{E4}na/a.txt", "a");
        assert_eq!(tree.at("users/\u{C4}NA/A.TXT"), node);
        let mut tree = MemoryTree::case_sensitive();
        tree.file("a", "1");
        tree.file("A", "2");
        assert_ne!(tree.at("a"), tree.at("A"));
        assert!(matches!(
            tree.lookup(tree.root(), &"b".into()),
            Err(Error::NotFound)
        ));
    }

    #[test]
    fn walks_what_was_put_there() {
        let mut tree = MemoryTree::new();
        let file = tree.file("a/b/c", "text");
        tree.stream(file, "s", "stream");
        tree.hard_link("d", file);
        tree.symlink("a/link", "b\\c");
        let found: Vec<_> = tree
            .entries(tree.root(), &GuestPath::root())
            .unwrap()
            .collect();
        let paths: Vec<_> = found
            .iter()
            .map(|e| e.as_ref().unwrap().path.to_string())
            .collect();
        assert_eq!(paths, ["/a", "/a/b", "/a/b/c", "/a/link", "/d"]);
        let last = found.last().unwrap().as_ref().unwrap();
        assert_eq!((last.metadata.links, last.streams.len()), (2, 1));
    }
}
