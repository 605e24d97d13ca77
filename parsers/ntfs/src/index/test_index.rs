//! Makes indexes for tests: any names, any number of them in a node, any damage.

use std::sync::{Arc, LazyLock};

use blockio::Memory;

use super::{Directory, Parts};
use crate::format::{ENTRY_HAS_SUBNODE, ENTRY_IS_LAST};
use crate::reference::FileReference;
use crate::upcase::UpCase;

pub(super) const RECORD: usize = 1024;
const POSIX: u8 = 0;

/// A name to be indexed.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) name: Vec<u16>,
    pub(super) namespace: u8,
    pub(super) reference: FileReference,
}

/// An index in the making.
#[derive(Clone, Default)]
pub(super) struct TestIndex {
    /// Index records, fixups not yet in place.
    pub(super) records: Vec<Vec<u8>>,
    pub(super) root: Vec<u8>,
    pub(super) bitmap: Vec<u8>,
    pub(super) vcn_unit: usize,
}

impl Item {
    pub(super) fn new(name: &str, namespace: u8, record: u64) -> Self {
        let name = name.encode_utf16().collect();
        Self {
            name,
            namespace,
            reference: FileReference::new(record, 3),
        }
    }
}

/// Items with these names and the record numbers 100, 101 and so on.
pub(super) fn items<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Item> {
    (100..)
        .zip(names)
        .map(|(record, name)| Item::new(name, POSIX, record))
        .collect()
}

/// `items` in the order of an index: by case rule, case twins by their code units.
pub(super) fn sorted(items: &[Item]) -> Vec<Item> {
    let upcase = own_upcase();
    let mut items = items.to_vec();
    items.sort_by(|a, b| upcase.compare(&a.name, &b.name));
    items
}

/// An entry of a node.
pub(super) fn entry(item: Option<&Item>, subnode: Option<u64>) -> Vec<u8> {
    let mut key = Vec::new();
    if let Some(item) = item {
        key.resize(64, 0xEE);
        key.extend([item.name.len() as u8, item.namespace]);
        key.extend(item.name.iter().flat_map(|unit| unit.to_le_bytes()));
    }
    let flags = if subnode.is_some() {
        ENTRY_HAS_SUBNODE
    } else {
        0
    } | if item.is_none() { ENTRY_IS_LAST } else { 0 };
    let length = (16 + key.len()).next_multiple_of(8) + if subnode.is_some() { 8 } else { 0 };
    let mut bytes = item
        .map_or(0, |item| item.reference.0)
        .to_le_bytes()
        .to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend((key.len() as u16).to_le_bytes());
    bytes.extend([flags.to_le_bytes(), [0, 0]].concat());
    bytes.extend(key);
    bytes.resize(length, 0);
    if let Some(vcn) = subnode {
        bytes[length - 8..].copy_from_slice(&vcn.to_le_bytes());
    }
    bytes
}

/// The header of a node with `entries`, and they.
fn node(first_entry: usize, entries: &[u8]) -> Vec<u8> {
    let used = first_entry + entries.len();
    let mut bytes = [first_entry, used, used]
        .map(|n| (n as u32).to_le_bytes())
        .concat();
    bytes.resize(first_entry, 0);
    bytes.extend(entries);
    bytes
}

impl TestIndex {
    /// The B-tree of `items`, sorted by the standard case rule, `per_node` names in a node.
    pub(super) fn new(items: &[Item], per_node: usize, vcn_unit: usize) -> Self {
        let items = sorted(items);
        let mut index = Self {
            vcn_unit,
            ..Self::default()
        };
        let top = index.build(&items, per_node);
        index.root = [0x30, 1, RECORD as u32, 1].map(u32::to_le_bytes).concat();
        index.root.extend(node(16, &top));
        index.bitmap = vec![0; index.records.len().div_ceil(8).next_multiple_of(8)];
        for block in 0..index.records.len() {
            index.bitmap[block / 8] |= 1 << (block % 8);
        }
        index
    }

    /// The entries of the node above all `items`; the nodes below become records.
    fn build(&mut self, items: &[Item], per_node: usize) -> Vec<u8> {
        if items.len() <= per_node {
            let names = items.iter().map(|item| entry(Some(item), None));
            return names
                .chain([entry(None, None)])
                .collect::<Vec<_>>()
                .concat();
        }
        // As many children as fill the node, or as there are full nodes below.
        let children = (items.len() / (per_node + 1)).clamp(1, per_node) + 1;
        let size = (items.len() - (children - 1)).div_ceil(children);
        let mut rest = items;
        let mut entries = Vec::new();
        while rest.len() > size {
            let vcn = self.build_record(&rest[..size], per_node);
            entries.extend(entry(Some(&rest[size]), Some(vcn)));
            rest = &rest[size + 1..];
        }
        let vcn = self.build_record(rest, per_node);
        entries.extend(entry(None, Some(vcn)));
        entries
    }

    fn build_record(&mut self, items: &[Item], per_node: usize) -> u64 {
        let entries = self.build(items, per_node);
        let vcn = self.vcn(self.records.len());
        let mut record = b"INDX\x28\0\x03\0".to_vec();
        record.extend([0; 8]);
        record.extend(vcn.to_le_bytes());
        record.extend(node(0x28, &entries));
        assert!(record.len() <= RECORD, "too many names for a record");
        record.resize(RECORD, 0);
        self.records.push(record);
        vcn
    }

    pub(super) fn vcn(&self, block: usize) -> u64 {
        (block * RECORD / self.vcn_unit) as u64
    }

    /// The index over what has been made, fixups in place, opened with this case rule.
    pub(super) fn open_with(&self, upcase: Arc<UpCase>) -> Directory {
        let cluster_size = if self.vcn_unit == 512 {
            2 * RECORD
        } else {
            self.vcn_unit
        };
        let allocation: Vec<_> = self
            .records
            .iter()
            .flat_map(|bytes| with_fixups(bytes))
            .collect();
        Directory::new(Parts {
            directory: 77,
            root: self.root.clone(),
            allocation: Some(Arc::new(Memory::from(allocation))),
            bitmap: Some(Arc::new(Memory::from(self.bitmap.clone()))),
            cluster_size: cluster_size as u64,
            record_size: RECORD as u64,
            upcase,
        })
    }

    /// The index, opened with a case rule that counts as the volume's own.
    pub(super) fn open(&self) -> Directory {
        self.open_with(own_upcase())
    }
}

/// The standard case rule as if a volume had it.
pub(super) fn own_upcase() -> Arc<UpCase> {
    static OWN: LazyLock<Arc<UpCase>> = LazyLock::new(|| {
        let units: Vec<u16> = (0..=u16::MAX).collect();
        let folded = UpCase::standard().fold(&units);
        let bytes: Vec<_> = folded.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        Arc::new(UpCase::parse(&bytes))
    });
    Arc::clone(&OWN)
}

/// A record as it is stored: the ends of its sectors in the update sequence array.
pub(super) fn with_fixups(record: &[u8]) -> Vec<u8> {
    let mut record = record.to_vec();
    record[0x28..0x2A].copy_from_slice(&[9, 0]);
    for sector in 0..RECORD / 512 {
        let end = sector * 512 + 510;
        record.copy_within(end..end + 2, 0x2A + 2 * sector);
        record[end..end + 2].copy_from_slice(&[9, 0]);
    }
    record
}
