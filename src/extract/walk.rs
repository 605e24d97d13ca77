//! The walk: directories in order, everything else handed on.

use std::sync::Arc;

use tree::{Entry, Error, GuestPath, Kind, Name, NodeId, resolve, walk};

use super::branch::Branch;
use super::{Run, Task};
use crate::report::{error_code, error_text};
use crate::select::Root;
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
    open: Vec<Arc<Branch>>,
    hand_on: &'a mut dyn FnMut(Task),
}

impl Walk<'_, '_> {
    fn root(&mut self, root: &Root) {
        let parent = root.path.parent();
        if let Some(parent) = &parent
            && !self.open_down_to(parent)
        {
            return;
        }
        let entry = match self.entry(root) {
            Ok(entry) => entry,
            Err(error) => return self.lose(&root.path, &error),
        };
        let directory = entry.metadata.kind == Kind::Directory;
        if self.visit(entry) && directory {
            self.below(root);
        }
    }

    /// Everything below a directory that was made.
    fn below(&mut self, root: &Root) {
        let listing = match walk(self.run.job.fs, root.node, &root.path) {
            Ok(listing) => listing,
            Err(error) => return self.lose(&root.path, &error),
        };
        // What could not be made, with all below it.
        let mut left_out: Option<GuestPath> = None;
        for found in listing {
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
                    let path = entry.path.clone();
                    let wanted = self.run.job.options.system || !entry.metadata.system;
                    left_out = (!wanted || !self.visit(entry)).then_some(path);
                }
            }
        }
    }

    /// Makes a directory or hands on what is none; whether what is below has a place to go.
    fn visit(&mut self, entry: Entry) -> bool {
        let depth = entry.path.names().count();
        self.close_to(depth);
        if entry.metadata.kind == Kind::Directory {
            return self.open(entry);
        }
        let branch = self
            .open
            .last()
            .cloned()
            .expect("the root is open while anything in it is");
        (self.hand_on)(Task { entry, branch });
        true
    }

    /// Opens the directories above a root, so far as they are not open; whether all could be made.
    fn open_down_to(&mut self, path: &GuestPath) -> bool {
        let shared = self.shared_with(path);
        self.close_to(shared);
        let above: Vec<GuestPath> = ancestors(path).skip(shared).collect();
        above.into_iter().all(|path| match self.above(&path) {
            Ok(entry) => self.open(entry),
            Err(error) => {
                self.lose(&path, &error);
                false
            }
        })
    }

    /// How many of the open directories are `path` or above it.
    fn shared_with(&self, path: &GuestPath) -> usize {
        let pairs = self.open.iter().zip(ancestors(path));
        pairs
            .take_while(|(open, above)| open.path == *above)
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

    /// Makes a directory and enters it.
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
            let parent = self.open.last().cloned();
            let Entry {
                path,
                node,
                metadata,
                ..
            } = entry;
            self.open.push(Arc::new(Branch {
                parent,
                path,
                node,
                metadata,
            }));
        }
        made
    }

    /// Leaves open directories until only `depth` are open.
    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            let branch = self.open.pop().expect("there is one more than none");
            self.run.release(branch);
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
