//! A tree depth-first, and a path to its node.

use blockio::Fault;

use crate::{
    Cursor, DirEntry, DirIter, Entry, EntryIter, Error, FileSystem, GuestPath, Kind, Loss, NodeId,
    codes,
};

/// Directories deeper than this are damage: a path of 32,767 characters has no more names.
const MAX_DEPTH: usize = 16_384;

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
    let root = Level {
        node: under,
        path: path.clone(),
        entries: fs.read_dir(under, Cursor::START)?,
    };
    Ok(Box::new(Walk {
        fs,
        levels: vec![root],
    }))
}

struct Walk<'a> {
    fs: &'a dyn FileSystem,
    /// The directories from `under` down to the one being listed.
    levels: Vec<Level<'a>>,
}

struct Level<'a> {
    node: NodeId,
    path: GuestPath,
    entries: DirIter<'a>,
}

impl Iterator for Walk<'_> {
    type Item = Result<Entry, Loss>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let level = self.levels.last_mut()?;
            match level.entries.next() {
                None => self.levels.truncate(self.levels.len().saturating_sub(1)),
                Some(Err(error)) => {
                    return Some(Err(Loss {
                        path: level.path.clone(),
                        error,
                    }));
                }
                Some(Ok(found)) => {
                    let path = level.path.join(&found.name);
                    let item = self.visit(&found, &path);
                    return Some(item.map_err(|error| Loss { path, error }));
                }
            }
        }
    }
}

impl Walk<'_> {
    /// The entry at `path`; if it is a directory, what follows are its entries.
    fn visit(&mut self, found: &DirEntry, path: &GuestPath) -> Result<Entry, Error> {
        let node = found.node;
        let metadata = self.fs.metadata(node)?;
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
        let entries = self.fs.read_dir(node, Cursor::START)?;
        self.levels.push(Level {
            node,
            path: path.clone(),
            entries,
        });
        Ok(())
    }
}
