//! Which directory each deleted file was in.

use std::collections::{BTreeMap, BTreeSet};

use tree::{Name, Time};

use super::find::Found;
use crate::format::record_number;
use crate::metadata::file_names;
use crate::reference::FileReference;
use crate::volume::Inner;

/// The directory of what has none left.
pub(super) const NO_FOLDER: &str = "[no folder]";
/// Its number: no file record has it, for they have 32 bits.
const NO_FOLDER_NODE: u64 = 1 << 40;

/// What a node of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A directory of the live volume, with something deleted below it.
    Live,
    /// The directory of what has none left.
    NoFolder,
    /// Deleted.
    Deleted,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Child {
    pub(super) name: Name,
    /// The name by the volume's case rule.
    pub(super) folded: Name,
    pub(super) node: u64,
}

/// The tree: nodes by their numbers, which are those of their records.
#[derive(Default)]
pub(super) struct Places {
    nodes: BTreeMap<u64, Place>,
    /// By directory, in the order of their folded names.
    children: BTreeMap<u64, Vec<Child>>,
}

impl Places {
    /// The places of `found`.
    pub(super) fn of(volume: &Inner, found: Vec<Found>) -> Self {
        let mut plan = Plan::new(volume, &found);
        let in_circles = circles(&plan.deleted_directories(&found));
        for file in &found {
            let node = file.reference.record();
            if file.names.is_empty() {
                let name = Name::from(&*format!("record {node}"));
                plan.put(NO_FOLDER_NODE, name, node, file.changed);
            }
            for (parent, name) in ways_to(file) {
                let parent = match in_circles.contains(&node) {
                    true => NO_FOLDER_NODE,
                    false => plan.directory(*parent),
                };
                plan.put(parent, name.clone(), node, file.changed);
            }
        }
        plan.finish(&found)
    }

    /// What `node` is, if it is in the tree.
    pub(super) fn get(&self, node: u64) -> Option<Place> {
        self.nodes.get(&node).copied()
    }

    /// What is in the directory `node`; `None` where it is none.
    pub(super) fn children(&self, node: u64) -> Option<&[Child]> {
        self.children.get(&node).map(Vec::as_slice)
    }
}

/// A name in a directory, before its twins are told apart.
struct Named {
    folded: Name,
    changed: Time,
    name: Name,
    node: u64,
}

/// The tree while it is made.
struct Plan<'a> {
    volume: &'a Inner,
    /// Sequence numbers of deleted directories.
    deleted: BTreeMap<u64, u16>,
    /// Live directories that were looked up: whether they are there in this life.
    live: BTreeMap<FileReference, bool>,
    names: BTreeMap<u64, Vec<Named>>,
}

impl<'a> Plan<'a> {
    fn new(volume: &'a Inner, found: &[Found]) -> Self {
        let directories = found.iter().filter(|file| file.is_directory);
        let deleted = directories.map(|file| (file.reference.record(), file.reference.sequence()));
        Self {
            volume,
            deleted: deleted.collect(),
            live: BTreeMap::new(),
            names: BTreeMap::from([(record_number::ROOT, Vec::new())]),
        }
    }

    /// Deleted directories, each with the deleted one that it was in.
    fn deleted_directories(&self, found: &[Found]) -> BTreeMap<u64, u64> {
        let directories = found.iter().filter(|file| file.is_directory);
        let pairs = directories.filter_map(|file| {
            let (parent, _) = ways_to(file).first()?;
            let above = self.is_deleted(*parent).then_some(parent.record())?;
            Some((file.reference.record(), above))
        });
        pairs.collect()
    }

    /// Whether `reference` means a deleted directory.
    fn is_deleted(&self, reference: FileReference) -> bool {
        let now = self.deleted.get(&reference.record());
        now.is_some_and(|&now| reference.meant_freed(now))
    }

    /// The node of the directory that `reference` means, and all above it put in the tree.
    fn directory(&mut self, reference: FileReference) -> u64 {
        if self.is_deleted(reference) || self.enter(reference) {
            return reference.record();
        }
        NO_FOLDER_NODE
    }

    /// Puts the live directory `reference` and those above it in the tree; whether it is there.
    fn enter(&mut self, reference: FileReference) -> bool {
        let mut next = reference;
        let mut above = Vec::new();
        let is_there = loop {
            if next.record() == record_number::ROOT {
                break true;
            }
            if let Some(&known) = self.live.get(&next) {
                break known;
            }
            // Not there until a way up is found, so that a circle ends at itself.
            self.live.insert(next, false);
            let Some((parent, name)) = self.live_directory(next) else {
                break false;
            };
            above.push((next, parent, name));
            next = parent;
        };
        if is_there {
            for (directory, parent, name) in above.into_iter().rev() {
                self.live.insert(directory, true);
                self.put_live(directory.record(), parent.record(), name);
            }
        }
        is_there
    }

    /// Puts a live directory below `parent`, once, however many references mean it.
    fn put_live(&mut self, directory: u64, parent: u64, name: Name) {
        if self.names.contains_key(&directory) {
            return;
        }
        self.names.insert(directory, Vec::new());
        // A directory that is there keeps its name before all that was deleted beside it.
        self.put(parent, name, directory, Time(i64::MAX));
    }

    /// The name of a live directory, and the directory it is in.
    fn live_directory(&self, reference: FileReference) -> Option<(FileReference, Name)> {
        let record = self.volume.mft.referenced(reference).ok()?;
        let file = self.volume.join(record).ok()?;
        if !file.base().is_directory() {
            return None;
        }
        let mut names = file_names(&file).filter(|name| !name.is_dos_twin());
        names.next().map(|name| (name.parent, name.name()))
    }

    fn put(&mut self, parent: u64, name: Name, node: u64, changed: Time) {
        let folded = Name::from_utf16(self.volume.upcase.fold(&name.to_utf16()));
        self.names.entry(parent).or_default().push(Named {
            folded,
            changed,
            name,
            node,
        });
    }

    fn finish(mut self, found: &[Found]) -> Places {
        if self.names.contains_key(&NO_FOLDER_NODE) {
            let name = super::no_folder_name();
            self.put(record_number::ROOT, name, NO_FOLDER_NODE, Time(i64::MAX));
        }
        let mut places = Places::default();
        for file in found {
            let node = file.reference.record();
            places.nodes.insert(node, Place::Deleted);
            if file.is_directory {
                self.names.entry(node).or_default();
            }
        }
        for (directory, names) in self.names {
            let place = match directory {
                NO_FOLDER_NODE => Place::NoFolder,
                _ => Place::Live,
            };
            places.nodes.entry(directory).or_insert(place);
            places.children.insert(directory, told_apart(names));
        }
        places
    }
}

/// The names of `file` that are taken. A directory has one: with two in each, thirty of them one below
/// the other would be a billion paths.
fn ways_to(file: &Found) -> &[(FileReference, Name)] {
    let one = file.names.get(..1).filter(|_| file.is_directory);
    one.unwrap_or(&file.names)
}

/// The names of one directory, each once: of those alike, the one changed last keeps it.
fn told_apart(mut names: Vec<Named>) -> Vec<Child> {
    names.sort_by(|a, b| {
        let newest_first = b.changed.cmp(&a.changed);
        a.folded
            .cmp(&b.folded)
            .then(newest_first)
            .then(b.node.cmp(&a.node))
    });
    let mut taken = BTreeSet::new();
    let mut children = Vec::with_capacity(names.len());
    for Named {
        folded, name, node, ..
    } in names
    {
        let mut child = Child { name, folded, node };
        while !taken.insert(child.folded.clone()) {
            child.name = with_record(&child.name, node);
            child.folded = with_record(&child.folded, node);
        }
        children.push(child);
    }
    children
}

/// `name` with the number of its record behind it.
fn with_record(name: &Name, node: u64) -> Name {
    let tail = format!(" (record {node})");
    Name::from_bytes(&[name.as_bytes(), tail.as_bytes()].concat())
}

/// The directories from which no way leads up: they are in one another.
fn circles(above: &BTreeMap<u64, u64>) -> BTreeSet<u64> {
    let mut leads_up = BTreeSet::new();
    let mut circles = BTreeSet::new();
    for &start in above.keys() {
        let mut path = BTreeSet::new();
        let mut at = start;
        while let Some(&parent) = above.get(&at) {
            if leads_up.contains(&at) || circles.contains(&at) || !path.insert(at) {
                break;
            }
            at = parent;
        }
        match path.contains(&at) && !leads_up.contains(&at) {
            true => drop(circles.insert(at)),
            false => leads_up.extend(path),
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_directories_is_opened_once() {
        let above = BTreeMap::from([(1, 2), (2, 3), (3, 2), (4, 1), (5, 6), (7, 7)]);
        let found = circles(&above);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.contains(&7) && (found.contains(&2) || found.contains(&3)));
        assert!(circles(&BTreeMap::from([(1, 2), (2, 3)])).is_empty());
    }

    #[test]
    fn a_directory_is_in_one_place_and_a_file_in_all_of_its_own() {
        let names = ["a", "b"].map(|name| (FileReference(5), Name::from(name)));
        let found = |is_directory| Found {
            reference: FileReference(70),
            is_directory,
            changed: Time(0),
            names: names.to_vec(),
        };
        assert_eq!(ways_to(&found(true)), &names[..1]);
        assert_eq!(ways_to(&found(false)), &names);
    }

    #[test]
    fn names_that_look_like_our_own_are_told_apart() {
        let named = |name: &str, node| Named {
            folded: Name::from(&*name.to_uppercase()),
            changed: Time(0),
            name: name.into(),
            node,
        };
        let taken = ["x", "X (record 9)", "x (RECORD 9) (record 9)"];
        let ours = (0..20).map(|_| named("x", 9));
        let names = taken.iter().map(|name| named(name, 10)).chain(ours);
        let children = told_apart(names.collect());
        let folded: BTreeSet<_> = children.iter().map(|child| &child.folded).collect();
        assert_eq!((children.len(), folded.len()), (23, 23));
    }

    #[test]
    fn of_two_alike_the_newer_keeps_the_name() {
        let named = |name: &str, changed, node| Named {
            folded: Name::from(&*name.to_uppercase()),
            changed: Time(changed),
            name: name.into(),
            node,
        };
        let names = vec![named("a", 1, 10), named("A", 2, 11), named("b", 0, 12)];
        let children = told_apart(names);
        let names: Vec<_> = children
            .iter()
            .map(|child| child.name.to_string())
            .collect();
        assert_eq!(names, ["A", "a (record 10)", "b"]);
    }
}
