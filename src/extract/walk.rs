//! The walk: directories in order, everything else handed on.

use std::sync::Arc;

use tree::{Cursor, Entry, Error, GuestPath, Kind, Metadata, Name, NodeId, resolve};

use super::branch::Branch;
use super::{Run, Task};
use crate::report::{error_code, error_text};
use crate::select::{Root, Sift, Verdict};
use crate::sink::Item;

impl Run<'_> {
    /// Walks all roots. `hand_on` gets what is no directory.
    pub(super) fn walk(&self, hand_on: &mut dyn FnMut(Task)) {
        let mut roots: Vec<_> = self.job.roots.iter().collect();
        // Roots of one directory come together, so that each directory is entered and left once.
        roots.sort_by_cached_key(|root| root.path.names().collect::<Vec<_>>());
        let mut walk = Walk {
            run: self,
            open: Vec::new(),
            sift: self.sieve.sift(),
            hand_on,
        };
        for root in roots {
            if self.is_over() {
                break;
            }
            walk.root(root);
        }
        walk.close_to(0);
    }
}

struct Walk<'a, 'r> {
    run: &'a Run<'r>,
    /// The directories from the volume's root down to the one being listed.
    open: Vec<Level>,
    sift: Sift<'a>,
    hand_on: &'a mut dyn FnMut(Task),
}

/// A directory on the way to what is being listed.
enum Level {
    /// It was made.
    Made(Arc<Branch>),
    /// It is made once something in it is wanted.
    Waiting(Entry),
}

impl Level {
    fn path(&self) -> &GuestPath {
        match self {
            Self::Made(branch) => &branch.path,
            Self::Waiting(entry) => &entry.path,
        }
    }
}

impl Walk<'_, '_> {
    fn root(&mut self, root: &Root) {
        if let Some(parent) = root.path.parent()
            && !self.enter_down_to(&parent)
        {
            return;
        }
        let entry = match self.entry(root) {
            Ok(entry) => entry,
            Err(error) => {
                self.lose(&root.path, &error);
                // Where only the directory's own record is lost, what is in it may be found.
                if self.run.job.fs.read_dir(root.node, Cursor::START).is_ok() {
                    self.below(root);
                }
                return;
            }
        };
        let directory = entry.metadata.kind == Kind::Directory;
        if self.visit(entry).is_none() && directory {
            self.below(root);
        }
    }

    /// Everything below a directory that has its place.
    fn below(&mut self, root: &Root) {
        let mut listing = match tree::Walk::below(self.run.job.fs, root.node, &root.path) {
            Ok(listing) => listing,
            Err(error) => return self.lose(&root.path, &error),
        };
        // What was left out or could not be made, with all below it.
        let mut left_out: Option<GuestPath> = None;
        while let Some(found) = listing.next() {
            if self.run.is_over() {
                return;
            }
            match found {
                Err(loss) => self.lose(&loss.path, &loss.error),
                Ok(entry)
                    if left_out
                        .as_ref()
                        .is_some_and(|path| is_below(&entry.path, path)) => {}
                Ok(entry) => {
                    left_out = self.visit(entry);
                    if left_out.is_some() {
                        listing.leave();
                    }
                }
            }
        }
    }

    /// Enters a directory or hands on what is none. What is left out by that, with all below it.
    fn visit(&mut self, entry: Entry) -> Option<GuestPath> {
        if entry.metadata.system && !self.run.job.options.system && !entry.path.is_root() {
            return Some(entry.path);
        }
        let verdict = self.sift.judge(&entry);
        if verdict == Verdict::LeaveAll {
            self.run.filter_out(&entry);
            return Some(entry.path);
        }
        self.close_to(entry.path.names().count());
        self.stand_in_above(&entry.path);
        if entry.metadata.kind == Kind::Directory {
            self.open.push(Level::Waiting(entry));
            return match verdict {
                Verdict::Take => self.make(),
                _ => None,
            };
        }
        let unmade = self.make();
        if unmade.is_none() {
            let branch = self.branch().expect("the root is made with anything in it");
            (self.hand_on)(Task { entry, branch });
        }
        unmade
    }

    /// Makes the directories that wait. The one that cannot be made, with which all below it is left.
    fn make(&mut self) -> Option<GuestPath> {
        let waits = |level: &Level| matches!(level, Level::Waiting(_));
        let first = self.open.iter().position(waits)?;
        for level in self.open.split_off(first) {
            if let Level::Waiting(entry) = level {
                let path = entry.path.clone();
                if !self.open(entry) {
                    return Some(path);
                }
            }
        }
        None
    }

    /// The directory that was made last.
    fn branch(&self) -> Option<Arc<Branch>> {
        let made = |level: &Level| match level {
            Level::Made(branch) => Some(Arc::clone(branch)),
            Level::Waiting(_) => None,
        };
        self.open.iter().rev().find_map(made)
    }

    /// Enters the directories above a root, so far as they are not; whether there are all.
    fn enter_down_to(&mut self, path: &GuestPath) -> bool {
        let shared = self.shared_with(path);
        self.close_to(shared);
        let above: Vec<GuestPath> = ancestors(path).skip(shared).collect();
        above.into_iter().all(|path| match self.above(&path) {
            Ok(entry) => {
                self.open.push(Level::Waiting(entry));
                true
            }
            Err(error) => {
                self.lose(&path, &error);
                let node = resolve(self.run.job.fs, &path);
                node.is_ok_and(|node| {
                    self.open.push(Level::Waiting(self.stand_in(&path, node)));
                    true
                })
            }
        })
    }

    /// Sees to it that the directories above `path` are open: those whose own records are damaged were
    /// told as lost, and still hold what is found to be in them.
    fn stand_in_above(&mut self, path: &GuestPath) {
        let fs = self.run.job.fs;
        let above = ancestors(path).skip(self.open.len());
        for above in above.take_while(|above| above != path) {
            let node = resolve(fs, &above).unwrap_or(fs.root());
            self.open.push(Level::Waiting(self.stand_in(&above, node)));
        }
    }

    /// A directory of which nothing is known but where it is; it gets the times of the volume's root.
    fn stand_in(&self, path: &GuestPath, node: NodeId) -> Entry {
        let fs = self.run.job.fs;
        let root = fs.metadata(fs.root()).unwrap_or_default();
        let metadata = Metadata {
            kind: Kind::Directory,
            number: node.0,
            links: 1,
            ..root
        };
        Entry {
            path: path.clone(),
            node,
            metadata: Metadata {
                system: false,
                ..metadata
            },
            streams: Vec::new(),
            unindexed: true,
        }
    }

    /// How many of the open directories are `path` or above it.
    fn shared_with(&self, path: &GuestPath) -> usize {
        let pairs = self.open.iter().zip(ancestors(path));
        pairs
            .take_while(|(open, above)| open.path() == above)
            .count()
    }

    /// A directory above a root: nothing of it is wanted but its times.
    fn above(&self, path: &GuestPath) -> Result<Entry, Error> {
        let node = resolve(self.run.job.fs, path)?;
        self.without_streams(path, node)
    }

    fn without_streams(&self, path: &GuestPath, node: NodeId) -> Result<Entry, Error> {
        let metadata = self.run.job.fs.metadata(node)?;
        let path = path.clone();
        Ok(Entry {
            path,
            node,
            metadata,
            streams: Vec::new(),
            unindexed: false,
        })
    }

    fn entry(&self, root: &Root) -> Result<Entry, Error> {
        let mut streams = self.run.job.fs.streams(root.node)?;
        streams.retain(|stream| stream.name != Name::default());
        Ok(Entry {
            streams,
            ..self.without_streams(&root.path, root.node)?
        })
    }

    /// Makes a directory and enters it; whether it could be made.
    fn open(&mut self, entry: Entry) -> bool {
        let out = self.run.out(&entry.path);
        let streams = self.run.open_streams(&entry, &out);
        let metadata = &entry.metadata;
        let item = Item {
            path: &out,
            metadata,
            data: None,
            streams,
            origin: self.run.origin(entry.node),
            watch: self.run.watch,
        };
        let made = self.run.push_dir(&item);
        if made {
            self.run.tell_of_elsewhere(&item);
            let parent = self.branch();
            let Entry {
                path,
                node,
                metadata,
                ..
            } = entry;
            self.open.push(Level::Made(Arc::new(Branch {
                parent,
                path,
                node,
                metadata,
            })));
        }
        made
    }

    /// Leaves open directories until only `depth` are open.
    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(Level::Made(branch)) = self.open.pop() {
                self.run.release(branch);
            }
        }
    }

    fn lose(&self, path: &GuestPath, error: &Error) {
        let found = (error_code(error), error_text(error));
        self.run.lose(&self.run.out(path), Kind::default(), found);
    }
}

/// `path` and all above it, from the root down.
fn ancestors(path: &GuestPath) -> impl Iterator<Item = GuestPath> {
    let names: Vec<_> = path.names().collect();
    (0..=names.len()).map(move |depth| names.iter().take(depth).cloned().collect())
}

fn is_below(path: &GuestPath, above: &GuestPath) -> bool {
    let rest = path.as_bytes().strip_prefix(above.as_bytes());
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}
