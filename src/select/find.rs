//! What patterns stand for on a volume.

use blockio::Fault;
use tree::codes::TOO_DEEP;
use tree::{Cursor, DirEntry, DirIter, Error, FileSystem, GuestPath, Kind, Loss, Name, NodeId};

use super::pattern::{Matcher, Pattern, States};
use super::{Root, Selection, spelled};

/// Paths longer than this are damage: 32,767 UTF-16 units of three bytes at most.
const MAX_PATH: usize = 32_767 * 3;

/// What `patterns` stand for on `fs`, to be taken with all below it.
///
/// A pattern that spells its names is looked up; another lists only the directories that can hold
/// a match. What matches is not searched for more. Links are not followed.
#[must_use]
pub fn find(fs: &dyn FileSystem, patterns: &[Pattern]) -> Selection {
    let mut selection = search(fs, patterns, false);
    selection.roots = topmost(selection.roots);
    selection
}

/// Everything that `patterns` stand for on `fs`, also what is below other matches: to be shown one
/// by one.
#[must_use]
pub fn find_each(fs: &dyn FileSystem, patterns: &[Pattern]) -> Selection {
    search(fs, patterns, true)
}

fn search(fs: &dyn FileSystem, patterns: &[Pattern], nested: bool) -> Selection {
    let mut selection = Selection::default();
    for (number, pattern) in patterns.iter().enumerate() {
        let before = selection.roots.len();
        let mut search = Search {
            fs,
            matcher: pattern.on(fs),
            nested,
            path: GuestPath::root(),
            levels: Vec::new(),
            found: &mut selection,
        };
        search.all();
        if selection.roots.len() == before {
            selection.unmatched.push(number);
        }
    }
    selection
}

/// Those of `roots` that are not below another, each once.
#[must_use]
pub fn topmost(mut roots: Vec<Root>) -> Vec<Root> {
    roots.sort_by_cached_key(|root| root.path.names().collect::<Vec<_>>());
    let mut kept: Vec<Root> = Vec::new();
    for root in roots {
        if !kept.last().is_some_and(|last| last.holds(&root.path)) {
            kept.push(root);
        }
    }
    kept
}

struct Search<'a, 's> {
    fs: &'a dyn FileSystem,
    matcher: Matcher<'a>,
    /// Whether matches are searched for more.
    nested: bool,
    /// The path of the directory being searched, kept once for all levels.
    path: GuestPath,
    /// The directories from the root down to the one being searched.
    levels: Vec<Level<'a>>,
    found: &'s mut Selection,
}

struct Level<'a> {
    /// Bytes of its path, with which all paths below it begin.
    path_len: usize,
    node: NodeId,
    states: States,
    entries: DirIter<'a>,
    /// Whether the entries have the pattern's spelling and not the volume's.
    looked_up: bool,
}

impl Search<'_, '_> {
    fn all(&mut self) {
        let start = self.matcher.start();
        self.arrive(GuestPath::root(), self.fs.root(), start);
        while let Some(level) = self.levels.last_mut() {
            match level.entries.next() {
                None => self.ascend(),
                Some(Err(error)) => {
                    let path = self.path.clone();
                    self.found.losses.push(Loss { path, error });
                }
                Some(Ok(entry)) => {
                    let states = self.matcher.step(&level.states, &entry.name);
                    let name = match level.looked_up {
                        true => spelled(self.fs, level.node, entry.node, &entry.name),
                        false => entry.name,
                    };
                    let path = self.path.join(&name);
                    self.arrive(path, entry.node, states);
                }
            }
        }
    }

    fn ascend(&mut self) {
        self.levels.pop();
        if let Some(level) = self.levels.last() {
            self.path.truncate(level.path_len);
        }
    }

    /// Takes a node that matches; enters a directory that can hold a match.
    fn arrive(&mut self, path: GuestPath, node: NodeId, states: States) {
        let matches = self.matcher.accepts(&states);
        if matches {
            let path = path.clone();
            self.found.roots.push(Root { path, node });
        }
        if (self.nested || !matches)
            && self.matcher.goes_on(&states)
            && let Err(error) = self.enter(&path, node, states)
        {
            self.found.losses.push(Loss { path, error });
        }
    }

    /// Whether `node` can be entered. A directory whose own record is damaged is a loss, and what is
    /// found to be in it can be selected all the same.
    fn is_directory(&mut self, path: &GuestPath, node: NodeId) -> Result<bool, Error> {
        match self.fs.metadata(node) {
            Ok(metadata) => Ok(metadata.kind == Kind::Directory),
            Err(error) if self.fs.read_dir(node, Cursor::START).is_ok() => {
                let path = path.clone();
                self.found.losses.push(Loss { path, error });
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    fn enter(&mut self, path: &GuestPath, node: NodeId, states: States) -> Result<(), Error> {
        let above = self.levels.iter().any(|level| level.node == node);
        if above || !self.is_directory(path, node)? {
            return Ok(());
        }
        if path.as_bytes().len() > MAX_PATH {
            let found = format!("a path of {} bytes", path.as_bytes().len());
            return Err(Fault::damaged(&TOO_DEEP, "directory").found(found).into());
        }
        let (entries, looked_up) = match self.matcher.literals(&states) {
            Some(names) => (self.look_up(node, &names), true),
            None => (self.fs.read_dir(node, Cursor::START)?, false),
        };
        self.path = path.clone();
        self.levels.push(Level {
            path_len: path.as_bytes().len(),
            node,
            states,
            entries,
            looked_up,
        });
        Ok(())
    }

    /// The entries of these names, as if they had been listed.
    fn look_up<'f>(&self, dir: NodeId, names: &[&Name]) -> DirIter<'f> {
        let entry = |name: &&Name| match self.fs.lookup(dir, name) {
            Err(Error::NotFound) => None,
            Err(error) => Some(Err(error)),
            Ok(node) => {
                let name = (*name).clone();
                Some(Ok(DirEntry {
                    name,
                    node,
                    next: Cursor::START,
                    unindexed: false,
                }))
            }
        };
        let entries: Vec<_> = names.iter().filter_map(entry).collect();
        Box::new(entries.into_iter())
    }
}
