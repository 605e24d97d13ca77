//! Records joined from their fragments.

use std::collections::BTreeMap;

use blockio::Fault;
use zerocopy::FromBytes;

use crate::codes;
use crate::format::ldm::{FragmentHeader, RECORD};

/// A record whose fragments are all there.
pub(super) struct Joined {
    /// The number that its fragments share.
    pub(super) group: u32,
    pub(super) bytes: Vec<u8>,
}

/// The fragments of one record: how many there should be, and what is there by index.
#[derive(Default)]
struct Parts<'a> {
    count: u16,
    by_index: BTreeMap<u16, &'a [u8]>,
}

/// Joins the fragments of `size` bytes that `bytes` consists of; incomplete records are noted.
pub(super) fn join(bytes: &[u8], size: usize, notes: &mut Vec<Fault>) -> Vec<Joined> {
    let mut groups: BTreeMap<u32, Parts<'_>> = BTreeMap::new();
    for fragment in bytes.chunks_exact(size) {
        let Ok((header, rest)) = FragmentHeader::read_from_prefix(fragment) else {
            continue;
        };
        if header.magic == RECORD && header.group.get() != 0 {
            let parts = groups.entry(header.group.get()).or_default();
            parts.count = parts.count.max(header.count.get());
            parts.by_index.insert(header.index.get(), rest);
        }
    }
    let mut joined = Vec::new();
    for (group, parts) in groups {
        match parts.join() {
            Some(bytes) => joined.push(Joined { group, bytes }),
            None => notes.push(parts.incomplete(group)),
        }
    }
    joined
}

impl Parts<'_> {
    fn join(&self) -> Option<Vec<u8>> {
        let whole = self.by_index.keys().copied().eq(0..self.count);
        whole.then(|| self.by_index.values().copied().flatten().copied().collect())
    }

    fn incomplete(&self, group: u32) -> Fault {
        Fault::damaged(
            &codes::LDM_RECORD,
            format!("dynamic disk (LDM) record {group}"),
        )
        .expected(format!("{} fragments", self.count))
        .found(self.by_index.len().to_string())
    }
}
