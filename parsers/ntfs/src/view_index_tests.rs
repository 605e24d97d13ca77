use blockio::Memory;

use super::*;

/// An entry with a number as key, its data, and the VCN of the node before it.
fn entry(key: Option<u32>, data: &[u8], subnode: Option<u64>) -> Vec<u8> {
    let key_bytes = key
        .map(|key| key.to_le_bytes().to_vec())
        .unwrap_or_default();
    let length = (16 + key_bytes.len() + data.len()).next_multiple_of(8) + subnode.map_or(0, |_| 8);
    let flags = u16::from(subnode.is_some()) | if key.is_none() { 2 } else { 0 };
    let mut bytes = Vec::new();
    let numbers = [
        16 + key_bytes.len(),
        data.len(),
        0,
        0,
        length,
        key_bytes.len(),
        usize::from(flags),
        0,
    ];
    bytes.extend(
        numbers
            .iter()
            .flat_map(|number| (*number as u16).to_le_bytes()),
    );
    bytes.extend([&key_bytes, data].concat());
    bytes.resize(length - subnode.map_or(0, |_| 8), 0);
    bytes.extend(subnode.iter().flat_map(|vcn| vcn.to_le_bytes()));
    bytes
}

fn node(head: &[u8], entries: &[Vec<u8>], gap: usize) -> Vec<u8> {
    let entries = entries.concat();
    let first = 16 + gap;
    let header = [first, first + entries.len(), first + entries.len(), 0];
    let header: Vec<u8> = header
        .iter()
        .flat_map(|n| (*n as u32).to_le_bytes())
        .collect();
    [head, &header, &vec![0; gap], &entries].concat()
}

fn root(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut head = vec![0; 16];
    head[8..12].copy_from_slice(&4096_u32.to_le_bytes());
    node(&head, entries, 0)
}

fn record(vcn: u64, entries: &[Vec<u8>]) -> Vec<u8> {
    let mut head = b"INDX\x28\0\x09\0".to_vec();
    head.extend([0; 8]);
    head.extend(vcn.to_le_bytes());
    let mut bytes = node(&head, entries, 24);
    bytes.resize(4096, 0);
    // The update sequence number stands at the end of each 512 bytes, what was there in the array.
    bytes[0x28] = 1;
    for end in (510..4096).step_by(512) {
        bytes[end] = 1;
    }
    bytes
}

/// Keys 10 and 30 in the root, 5 before them, 20 between, nothing behind.
fn index() -> ViewIndex {
    let root = root(&[
        entry(Some(10), b"ten", Some(0)),
        entry(Some(30), b"thirty", Some(1)),
        entry(None, b"", None),
    ]);
    let leaves = [
        record(0, &[entry(Some(5), b"five", None), entry(None, b"", None)]),
        record(1, &[entry(Some(20), b"", None), entry(None, b"", None)]),
    ];
    ViewIndex {
        root,
        allocation: Some(Arc::new(Memory::from(leaves.concat()))),
        cluster_size: 4096,
    }
}

#[test]
fn keys_are_found_wherever_they_are() {
    let index = index();
    for (key, data) in [(5, "five"), (10, "ten"), (20, ""), (30, "thirty")] {
        let found = index.get(&u32::to_le_bytes(key)).expect("whole");
        assert_eq!(found.as_deref(), Some(data.as_bytes()), "{key}");
    }
    for key in [0, 7, 25, 31] {
        assert_eq!(index.get(&u32::to_le_bytes(key)), Ok(None), "{key}");
    }
}

#[test]
fn keys_are_compared_as_numbers() {
    let root = root(&[
        entry(Some(0x100), b"a", None),
        entry(Some(0x1FF), b"b", None),
        entry(None, b"", None),
    ]);
    let index = ViewIndex { root, ..index() };
    assert_eq!(index.get(&0x1FF_u32.to_le_bytes()), Ok(Some(b"b".to_vec())));
}

#[test]
fn circles_end() {
    let mut index = index();
    let circle = record(0, &[entry(None, b"", Some(0))]);
    index.allocation = Some(Arc::new(Memory::from(circle)));
    let why = index.get(&5_u32.to_le_bytes()).expect_err("a circle");
    assert_eq!(why, "the index has no end downwards");
}

#[test]
fn any_byte_may_be_wrong() {
    for at in 0..index().root.len() {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut index = index();
            index.root[at] = value;
            for key in [5_u32, 10, 20, 30, 40] {
                let _ = index.get(&key.to_le_bytes());
            }
        }
    }
    let mut index = index();
    index.allocation = None;
    assert!(index.get(&5_u32.to_le_bytes()).is_err());
    assert!(index.get(&10_u32.to_le_bytes()).is_ok());
}
