//! The names of an index in order, one node after the other.

use std::collections::HashSet;
use std::sync::Arc;

use blockio::Fault;

use super::entry::Key;
use super::names::{IndexedName, cursor};
use super::node::{Node, Place};
use super::{Directory, Result};

/// Nodes from the root down; 200,000 names need three, all that a volume can hold need eight.
const MAX_DEPTH: usize = 32;

/// A place in the order of an index: the nodes from the root down to it.
#[derive(Default)]
pub(super) struct Walk {
    levels: Vec<Level>,
    /// Index records that were come to.
    pub(super) seen: HashSet<u64>,
    /// Whether names are missing, because nodes above or around them are damaged.
    pub(super) is_cut: bool,
}

struct Level {
    node: Node,
    /// The entry that is next.
    next: usize,
    /// Whether what lies below that entry is done.
    is_below_done: bool,
}

/// What comes next in a node.
enum Step {
    /// The node's entries are done.
    End,
    /// The node with this VCN.
    Below(u64),
    /// This entry.
    Entry(usize),
}

impl Walk {
    /// Before the first name.
    pub(super) fn from_start(directory: &Directory) -> Self {
        let mut walk = Self::default();
        walk.push(directory.root(), 0, false);
        walk
    }

    /// Before the first name that is not `before` what is looked for.
    ///
    /// # Errors
    /// Where a node on the way there is damaged.
    pub(super) fn seek(directory: &Directory, before: impl Fn(&[u16]) -> bool) -> Result<Self> {
        let mut walk = Self::default();
        let mut node = directory.root();
        loop {
            let next = node.lower_bound(&before);
            let subnode = node.entries.get(next).and_then(|entry| entry.subnode);
            let place = node.place;
            walk.push(node, next, true);
            match subnode {
                Some(vcn) => node = walk.node_below(directory, place, vcn)?,
                None => return Ok(walk),
            }
        }
    }

    /// The entries of `node` alone, none of what lies below them.
    pub(super) fn push_flat(&mut self, mut node: Node) {
        for entry in &mut node.entries {
            entry.subnode = None;
        }
        self.push(node, 0, false);
    }

    fn push(&mut self, node: Node, next: usize, is_below_done: bool) {
        self.levels.push(Level {
            node,
            next,
            is_below_done,
        });
    }

    /// The next name; a damaged node or entry is one error, after which it goes on behind it.
    pub(super) fn next(&mut self, directory: &Directory) -> Option<Result<IndexedName>> {
        loop {
            let level = self.levels.last_mut()?;
            match level.step() {
                Step::Entry(at) => match level.name(at).transpose() {
                    Some(Ok(name)) => return Some(Ok(name)),
                    Some(Err(why)) => return Some(Err(directory.fault(level.node.place, why))),
                    None => {}
                },
                Step::Below(vcn) => {
                    let place = level.node.place;
                    match self.node_below(directory, place, vcn) {
                        Ok(node) => self.push(node, 0, false),
                        Err(fault) => return Some(Err(self.cut(fault))),
                    }
                }
                Step::End => {
                    let level = self.levels.pop()?;
                    if let Some(why) = level.node.damage {
                        return Some(Err(self.cut(directory.fault(level.node.place, why))));
                    }
                }
            }
        }
    }

    fn cut(&mut self, fault: Arc<Fault>) -> Arc<Fault> {
        self.is_cut = true;
        fault
    }

    /// The node that an entry of the node at `place` refers to by `vcn`.
    fn node_below(&mut self, directory: &Directory, place: Place, vcn: u64) -> Result<Node> {
        let refers = |why| directory.fault(place, format!("refers to {why} ({vcn:#x})"));
        let block = directory.block_of(vcn).map_err(refers)?;
        if !self.seen.insert(block) {
            return Err(refers("a node that was referred to before"));
        }
        if self.levels.len() >= MAX_DEPTH {
            return Err(refers("nodes deeper than any index has"));
        }
        directory.block(block)
    }

    /// Whether the nodes down to this place are in order, so that a name that is not here is nowhere.
    ///
    /// # Errors
    /// The node that is not.
    pub(super) fn check_order(&self, directory: &Directory) -> Result<()> {
        let upcase = &directory.parts.upcase;
        let (mut low, mut high) = (Vec::new(), None);
        for level in &self.levels {
            let fault = |why| Err(directory.fault(level.node.place, why));
            if let Some(why) = &level.node.damage {
                return fault(why.clone());
            }
            let names: Vec<_> = level.node.names().collect();
            if names.len().saturating_add(1) != level.node.entries.len() {
                return fault("has names that cannot be read".to_owned());
            }
            let bounded = std::iter::once(&low).chain(&names).chain(&high);
            if !bounded.is_sorted_by(|a, b| upcase.compare_folded(a, b).is_le()) {
                return fault("has names out of order".to_owned());
            }
            if let Some(before) = level.next.checked_sub(1).and_then(|at| names.get(at)) {
                low.clone_from(before);
            }
            high = names.get(level.next).cloned().or(high);
        }
        Ok(())
    }
}

impl Level {
    /// What comes next, and moves on.
    fn step(&mut self) -> Step {
        let Some(entry) = self.node.entries.get(self.next) else {
            return Step::End;
        };
        if let Some(vcn) = entry.subnode.filter(|_| !self.is_below_done) {
            self.is_below_done = true;
            return Step::Below(vcn);
        }
        let at = self.next;
        self.next = at.saturating_add(1);
        self.is_below_done = false;
        Step::Entry(at)
    }

    /// The name of entry `at`; `None` of the one that ends the node.
    fn name(&self, at: usize) -> Result<Option<IndexedName>, String> {
        let Some(entry) = self.node.entries.get(at) else {
            return Ok(None);
        };
        match &entry.key {
            Key::Last => Ok(None),
            Key::Bad(why) => Err(format!("has {why} at {:#x}", entry.offset)),
            Key::Name(key) => Ok(Some(IndexedName {
                name: self.node.name(key),
                namespace: key.namespace,
                reference: key.reference,
                next: cursor(self.node.place, entry.offset),
            })),
        }
    }
}
