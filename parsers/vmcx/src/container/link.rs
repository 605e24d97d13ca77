//! From entries, which name their parents, to the tree.
//!
//! In two passes, since a child may lie before its parent.

use std::collections::HashMap;

use blockio::Fault;

use super::entry::Entry;
use super::format::entry;
use super::notes::Notes;
use crate::codes;
use crate::node::{Node, Value};

/// Keys below each other; a machine has about six.
const MOST_LEVELS: usize = 64;
/// How the root is referred to.
const ROOT: (u16, u32) = (0, 0);

/// The children of each node, by the number of their entries.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    children: HashMap<(u16, u32), Vec<usize>>,
}

impl Links {
    /// Finds the children of every node, in the order of their sequences.
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut children: HashMap<_, Vec<usize>> = HashMap::from([(ROOT, Vec::new())]);
        for entry in entries.iter().filter(|entry| entry.kind == entry::NODE) {
            children.insert(entry.slot.place(), Vec::new());
        }
        for (number, entry) in entries.iter().enumerate() {
            if let Some(siblings) = children.get_mut(&entry.parent) {
                siblings.push(number);
            }
        }
        let sequence = |number: &usize| entries.get(*number).map(|entry| entry.sequence);
        for siblings in children.values_mut() {
            siblings.sort_by_key(sequence);
        }
        Self { children }
    }

    /// The children of `parent`, which is [`ROOT`] or where the entry of a node is.
    pub(crate) fn below(&self, parent: (u16, u32)) -> &[usize] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Number of the first entry at `path` from the root, upper and lower case aside.
    pub(crate) fn find(&self, entries: &[Entry], path: &str) -> Option<usize> {
        let mut parent = ROOT;
        let mut found = None;
        for name in path.split('/') {
            let is_named = |number: &&usize| {
                let entry = entries.get(**number);
                entry.is_some_and(|entry| entry.name.eq_ignore_ascii_case(name))
            };
            let number = *self.below(parent).iter().find(is_named)?;
            let entry = entries.get(number)?;
            parent = entry.slot.place();
            found = Some(number);
        }
        found
    }
}

/// The tree of `entries`; those that are not part of it are noted.
pub(crate) fn tree(entries: Vec<Entry>, notes: &mut Notes) -> Node {
    let links = Links::of(&entries);
    let mut entries: Vec<_> = entries.into_iter().map(Some).collect();
    let root = Node {
        name: String::new(),
        value: Value::Node,
        children: grow(&links, ROOT, &mut entries, MOST_LEVELS),
        flags: 0,
        sequence: 0,
    };
    for entry in entries.iter().flatten() {
        notes.add(orphan(entry));
    }
    root
}

fn grow(
    links: &Links,
    parent: (u16, u32),
    entries: &mut [Option<Entry>],
    levels: usize,
) -> Vec<Node> {
    let Some(levels) = levels.checked_sub(1) else {
        return Vec::new();
    };
    let mut children = Vec::new();
    for number in links.below(parent) {
        if let Some(entry) = entries.get_mut(*number).and_then(Option::take) {
            let at = entry.slot.place();
            children.push(Node {
                name: entry.name,
                value: entry.value,
                children: grow(links, at, entries, levels),
                flags: entry.flags,
                sequence: entry.sequence,
            });
        }
    }
    children
}

fn orphan(entry: &Entry) -> Fault {
    let what = format!("key {:?}", entry.name.escape_debug().to_string());
    let (table, offset) = entry.parent;
    Fault::damaged(&codes::ORPHAN, what)
        .at(entry.slot.at)
        .expected("a parent that leads to the root")
        .found(format!("entry {offset:#x} of table {table}"))
}
