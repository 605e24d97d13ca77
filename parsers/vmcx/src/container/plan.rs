//! Where each key of a tree will lie in the tables of keys.
//!
//! Parents before their children, depth first; what is left at a table's end is free, or belongs to
//! the last entry where it is too little for one of its own.

use std::collections::BTreeSet;

use blockio::Fault;

use super::encode;
use super::format::{EntryHeader, FilePointer, KeyTableHeader, NodeData, OUTSIDE_FROM, PAGE};
use crate::codes::{TOO_MUCH, UNWRITABLE};
use crate::{Node, Value};

/// Bytes that real entries of values have to spare: a value that grows can become a pointer.
const SLACK: usize = size_of::<FilePointer>();
/// Bytes of an entry beside its name and data.
const FIXED: usize = size_of::<EntryHeader>();

/// Where everything will lie.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    pub(crate) keys: Vec<Planned<'a>>,
    pub(crate) free: Vec<Room>,
    /// Tables of keys, counted from 1.
    pub(crate) tables: u16,
    /// Where in the last table the next entry begins.
    end: usize,
}

/// One key and its place.
#[derive(Debug)]
pub(crate) struct Planned<'a> {
    pub(crate) node: &'a Node,
    pub(crate) kind: u8,
    pub(crate) parent: (u16, u32),
    pub(crate) sequence: u32,
    pub(crate) room: Room,
    /// Its data as it lies in the entry, unless it lies outside.
    pub(crate) data: Vec<u8>,
    /// What lies outside of the tables.
    pub(crate) outside: Option<Vec<u8>>,
}

/// Bytes in a table of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) table: u16,
    pub(crate) offset: u32,
    pub(crate) size: u32,
}

impl<'a> Plan<'a> {
    /// Finds room for all keys below `root`.
    pub(crate) fn of(root: &'a Node) -> Result<Self, Fault> {
        let mut plan = Self {
            end: PAGE,
            ..Self::default()
        };
        let mut open = children(root, (0, 0));
        while let Some((node, parent, sequence)) = open.pop() {
            let room = plan.add(node, parent, sequence)?;
            open.extend(children(node, (room.table, room.offset)));
        }
        plan.close_table();
        Ok(plan)
    }

    fn add(&mut self, node: &'a Node, parent: (u16, u32), sequence: u32) -> Result<Room, Fault> {
        check_name(&node.name)?;
        let refused = |found: &str| unwritable(&node.name).found(found.to_owned());
        let kind = encode::kind(&node.value)
            .ok_or_else(|| refused("a value that was not loaded from its file"))?;
        if kind != super::format::entry::NODE && !node.children.is_empty() {
            return Err(refused("keys below a value"));
        }
        let content = encode::content(&node.value);
        let is_outside = content.len() >= OUTSIDE_FROM;
        let (data, outside) = match &node.value {
            Value::Node => (encode::node(next_sequence(node)), None),
            _ if is_outside => (vec![0; size_of::<FilePointer>()], Some(content)),
            value => (encode::inline(value), None),
        };
        let slack = if data.len() == size_of::<NodeData>() && node.value == Value::Node {
            0
        } else {
            SLACK
        };
        let name_len = node.name.len().saturating_add(1);
        let size = [FIXED, name_len, data.len(), slack]
            .into_iter()
            .fold(0, usize::saturating_add);
        let room = self.take(size)?;
        self.keys.push(Planned {
            node,
            kind,
            parent,
            sequence,
            room,
            data,
            outside,
        });
        Ok(room)
    }

    /// Room for `size` bytes, in a further table if need be.
    fn take(&mut self, size: usize) -> Result<Room, Fault> {
        if PAGE.saturating_sub(self.end) < size {
            self.close_table();
            self.tables = self.tables.checked_add(1).ok_or_else(|| {
                Fault::unsupported(&TOO_MUCH, "tables of keys").found("more than 65535")
            })?;
            self.end = size_of::<KeyTableHeader>();
        }
        let room = Room {
            table: self.tables,
            offset: u32::try_from(self.end).unwrap_or(u32::MAX),
            size: u32::try_from(size).unwrap_or(u32::MAX),
        };
        self.end = self.end.saturating_add(size);
        Ok(room)
    }

    /// Gives away what is left of the last table.
    fn close_table(&mut self) {
        let left = PAGE.saturating_sub(self.end);
        let size = u32::try_from(left).unwrap_or(0);
        if left > FIXED {
            self.free.push(Room {
                table: self.tables,
                offset: u32::try_from(self.end).unwrap_or(u32::MAX),
                size,
            });
        } else if let Some(last) = self.keys.last_mut() {
            last.room.size = last.room.size.saturating_add(size);
        }
        self.end = PAGE;
    }
}

/// The children of `node`, which lies at `at`, with their sequences; the first one last.
fn children(node: &Node, at: (u16, u32)) -> Vec<(&Node, (u16, u32), u32)> {
    let numbered = (1..).zip(&node.children);
    let mut children: Vec<_> = if keeps_sequences(node) {
        let children = node.children.iter();
        children.map(|child| (child, at, child.sequence)).collect()
    } else {
        numbered
            .map(|(number, child)| (child, at, number))
            .collect()
    };
    children.reverse();
    children
}

/// Whether the children are in the order of sequences that no two of them share.
fn keeps_sequences(node: &Node) -> bool {
    let mut known = BTreeSet::from([0]);
    node.children
        .iter()
        .all(|child| known.insert(child.sequence))
        && node.children.is_sorted_by_key(|child| child.sequence)
}

/// The sequence that another child would get; 0 where there is none yet.
fn next_sequence(node: &Node) -> u32 {
    let sequences = children(node, (0, 0)).into_iter().map(|child| child.2);
    sequences.max().map_or(0, |last| last.saturating_add(1))
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.contains('\0') {
        return Err(unwritable(name).found("a NUL in its name"));
    }
    if u8::try_from(name.len().saturating_add(1)).is_err() {
        return Err(unwritable(name).found(format!("a name of {} bytes", name.len())));
    }
    Ok(())
}

fn unwritable(name: &str) -> Fault {
    Fault::unsupported(&UNWRITABLE, format!("key \"{}\"", name.escape_debug()))
}
