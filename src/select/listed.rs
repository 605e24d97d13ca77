//! Paths that are spelled out, by the thousand.

use std::collections::HashMap;

use tree::{Error, FileSystem, GuestPath, NodeId};

use super::{Root, spelled};

/// Looks up paths of one volume, each folder on the way once.
pub struct Lookup<'a> {
    fs: &'a dyn FileSystem,
    /// The folders met so far, by the path they were asked for.
    folders: HashMap<GuestPath, Root>,
}

impl<'a> Lookup<'a> {
    /// Looks up paths of `fs`.
    #[must_use]
    pub fn on(fs: &'a dyn FileSystem) -> Self {
        Self {
            fs,
            folders: HashMap::from([(GuestPath::root(), Root::whole(fs))]),
        }
    }

    /// What is at `path`, by the volume's case rule and in its spelling. Nothing in it is a pattern.
    ///
    /// # Errors
    /// As [`FileSystem::lookup`].
    pub fn find(&mut self, path: &GuestPath) -> Result<Root, Error> {
        let names: Vec<_> = path.names().collect();
        let mut asked = path.clone();
        let mut known = names.len();
        while !self.folders.contains_key(&asked) {
            asked = asked.parent().unwrap_or_default();
            known -= 1;
        }
        let mut found = self.folders[&asked].clone();
        for name in &names[known..] {
            if asked != *path {
                self.folders.insert(asked.clone(), found.clone());
            }
            let node: NodeId = self.fs.lookup(found.node, name)?;
            let name = spelled(self.fs, found.node, node, name);
            let path = found.path.join(&name);
            asked = asked.join(&name);
            found = Root { path, node };
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use testkit::MemoryTree;

    use super::*;

    #[test]
    fn finds_what_is_spelled_out_in_the_volumes_own_spelling() {
        let mut tree = MemoryTree::new();
        let node = tree.file("Users/Ana/[1].txt", "x");
        let mut lookup = Lookup::on(&tree);
        for path in ["users/ANA/[1].TXT", "Users/Ana/[1].txt"] {
            let found = lookup.find(&path.into()).expect("it is there");
            assert_eq!((found.path, found.node), ("Users/Ana/[1].txt".into(), node));
        }
        let folders = lookup.folders.len();
        for path in ["Users/Ana/1.txt", "Users/bob/x", "Users/Ana/[1].txt/x"] {
            assert!(lookup.find(&path.into()).is_err(), "{path}");
        }
        assert!(lookup.folders.len() <= folders + 1);
        assert!(
            lookup
                .find(&GuestPath::root())
                .expect("the root")
                .path
                .is_root()
        );
    }
}
