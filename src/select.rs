//! Which guest paths are meant: patterns, by the volume's own case rule.
//!
//! | in a pattern | stands for |
//! |---|---|
//! | `*` | any characters of one name, also none |
//! | `?` | one character |
//! | `[a-z_]`, `[!0-9]` | one character of these, or none of these |
//! | `{a,b/c}` | one of these; braces without a comma are ordinary characters |
//! | `**` | any number of directories, also none |
//!
//! `/` and `\` both separate names. A name that a pattern spells exactly, brackets and all, matches.

use tree::{FileSystem, GuestPath, Loss, Name, NodeId};

mod filter;
mod find;
mod glob;
mod listed;
mod pattern;
mod size;

pub use filter::{Filter, Rule, Sieve, Sift, Verdict};
pub use find::{find, find_each, topmost};
pub use listed::Lookup;
pub use pattern::{Matcher, Pattern, PatternError};
pub use size::{SizeTest, bytes};

/// Something selected, with all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its path, in the volume's own spelling.
    pub path: GuestPath,
    /// The node.
    pub node: NodeId,
}

impl Root {
    /// The whole volume.
    #[must_use]
    pub fn whole(fs: &dyn FileSystem) -> Self {
        Self {
            path: GuestPath::root(),
            node: fs.root(),
        }
    }

    /// Whether `path` is this or below it.
    #[must_use]
    pub fn holds(&self, path: &GuestPath) -> bool {
        let rest = path.as_bytes().strip_prefix(self.path.as_bytes());
        rest.is_some_and(|rest| self.path.is_root() || rest.is_empty() || rest[0] == b'/')
    }
}

/// What patterns select.
#[derive(Debug, Default)]
pub struct Selection {
    /// What matches, none of it below another.
    pub roots: Vec<Root>,
    /// The patterns, by their number, that match nothing.
    pub unmatched: Vec<usize>,
    /// What could not be looked through.
    pub losses: Vec<Loss>,
}

/// How the volume itself spells the `name` by which `node` was found in `dir`.
pub(crate) fn spelled(fs: &dyn FileSystem, dir: NodeId, node: NodeId, name: &Name) -> Name {
    let names = fs
        .details(node)
        .map(|details| details.names)
        .unwrap_or_default();
    let mut here = names
        .into_iter()
        .filter(|(parent, _)| *parent == dir)
        .map(|(_, name)| name);
    let folded = fs.fold(name);
    let (first, same) = (here.next(), |name: &Name| fs.fold(name) == folded);
    match first {
        // The only name it has here, even if it was found by its short one.
        Some(only) if same(&only) => only,
        Some(first) => here.find(same).unwrap_or(first),
        None => name.clone(),
    }
}

#[cfg(test)]
mod tests;
