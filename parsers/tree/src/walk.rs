//! A tree depth-first, and a path to its node.

use blockio::Fault;

use crate::{
    Cursor, DirEntry, DirIter, Entry, EntryIter, Error, FileSystem, GuestPath, Kind, Loss, NodeId,
    codes,
};

/// Directories deeper than this are damage: a path of 32,767 characters has no more names.
const MAX_DEPTH: usize = 16_384;
/// Such a path at its longest, in bytes: a UTF-16 unit has three at most.
const MAX_PATH: usize = 32_767 * 3;

/// The node at `path`, name by name; links are not followed.
///
/// # Errors
/// As [`FileSystem::lookup`].
pub fn resolve(fs: &dyn FileSystem, path: &GuestPath) -> Result<NodeId, Error> {
    path.names()
        .try_fold(fs.root(), |dir, name| fs.lookup(dir, &name))
}

/// Everything below `under`, directory by directory: [`FileSystem::entries`] for volumes that have
/// nothing faster.
///
/// # Errors
/// Where `under` cannot be opened.
pub fn walk<'a>(
    fs: &'a dyn FileSystem,
    under: NodeId,
    path: &GuestPath,
) -> Result<EntryIter<'a>, Error> {
    Ok(Box::new(Walk::below(fs, under, path)?))
}

/// Everything below a directory, one directory after another, of which any can be left out.
pub struct Walk<'a> {
    fs: &'a dyn FileSystem,
    /// The path of the directory being listed. Kept once: in a deep tree, one for each level takes
    /// the square of what this takes.
    path: GuestPath,
    /// The directories from `under` down to the one being listed.
    levels: Vec<Level<'a>>,
    /// Whether the entry that came last is the directory to be listed next.
    entered: bool,
}

struct Level<'a> {
    node: NodeId,
    /// Bytes of its path, with which all paths below it begin.
    path_len: usize,
    entries: DirIter<'a>,
}

impl Iterator for Walk<'_> {
    type Item = Result<Entry, Loss>;

    fn next(&mut self) -> Option<Self::Item> {
        self.entered = false;
        loop {
            let level = self.levels.last_mut()?;
            match level.entries.next() {
                None => self.ascend(),
                Some(Err(error)) => {
                    return Some(Err(Loss {
                        path: self.path.clone(),
                        error,
                    }));
                }
                Some(Ok(found)) => {
                    let path = self.path.join(&found.name);
                    let item = self.visit(&found, &path);
                    return Some(item.map_err(|error| Loss { path, error }));
                }
            }
        }
    }
}

impl<'a> Walk<'a> {
    /// Everything below `under`, which is at `path`.
    ///
    /// # Errors
    /// Where `under` cannot be opened.
    pub fn below(fs: &'a dyn FileSystem, under: NodeId, path: &GuestPath) -> Result<Self, Error> {
        let root = Level {
            node: under,
            path_len: path.as_bytes().len(),
            entries: fs.read_dir(under, Cursor::START)?,
        };
        Ok(Self {
            fs,
            path: path.clone(),
            levels: vec![root],
            entered: false,
        })
    }

    /// Lists nothing of the directory that came last.
    pub fn leave(&mut self) {
        if std::mem::take(&mut self.entered) {
            self.ascend();
        }
    }

    fn ascend(&mut self) {
        self.levels.pop();
        if let Some(level) = self.levels.last() {
            self.path.truncate(level.path_len);
        }
    }

    /// The entry at `path`; if it is a directory, what follows are its entries.
    fn visit(&mut self, found: &DirEntry, path: &GuestPath) -> Result<Entry, Error> {
        let node = found.node;
        let metadata = self.fs.metadata(node);
        // Where only the directory's own record is lost, what is in it may be found.
        let metadata = metadata.inspect_err(|_| drop(self.descend(node, path)))?;
        if metadata.kind == Kind::Directory {
            self.descend(node, path)?;
        }
        let mut streams = self.fs.streams(node)?;
        streams.retain(|stream| !stream.name.is_empty());
        Ok(Entry {
            path: path.clone(),
            node,
            metadata,
            streams,
            unindexed: found.unindexed,
        })
    }

    fn descend(&mut self, node: NodeId, path: &GuestPath) -> Result<(), Error> {
        if self.levels.iter().any(|level| level.node == node) {
            return Err(Fault::damaged(&codes::CYCLE, "directory")
                .found("itself among its parents")
                .into());
        }
        if self.levels.len() >= MAX_DEPTH {
            return Err(Fault::damaged(&codes::TOO_DEEP, "directory")
                .found(format!("depth {MAX_DEPTH}"))
                .into());
        }
        if path.as_bytes().len() > MAX_PATH {
            return Err(Fault::damaged(&codes::TOO_DEEP, "directory")
                .found(format!("a path of {} bytes", path.as_bytes().len()))
                .into());
        }
        let entries = self.fs.read_dir(node, Cursor::START)?;
        self.path = path.clone();
        self.levels.push(Level {
            node,
            path_len: path.as_bytes().len(),
            entries,
        });
        self.entered = true;
        Ok(())
    }
}
