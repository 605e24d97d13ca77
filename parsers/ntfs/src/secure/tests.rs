use blockio::Memory;

use super::sds::{BLOCK, PAIR, hash};
use super::*;

/// Descriptors by id and offset, and the stream that holds them and their copies.
struct Made {
    descriptors: Vec<(u32, u64, Vec<u8>)>,
    bytes: Vec<u8>,
}

impl Made {
    /// A stream of `count` descriptors of growing length, from id 0x100 on.
    fn new(count: u32) -> Self {
        let (mut descriptors, mut bytes, mut at) = (Vec::new(), Vec::new(), 0_u64);
        for id in 0x100..0x100 + count {
            let descriptor: Vec<u8> = (0..20 + id % 3000 * 4).map(|n| (n * id) as u8).collect();
            let length = 20 + descriptor.len() as u64;
            if at % PAIR + length > BLOCK {
                at = at.next_multiple_of(PAIR);
            }
            let header = [hash(&descriptor), id, at as u32, 0, length as u32];
            let header = header.map(u32::to_le_bytes);
            let entry = [header.as_flattened(), &descriptor].concat();
            for start in [at as usize, (at + BLOCK) as usize] {
                bytes.resize(bytes.len().max(start + entry.len()), 0);
                bytes[start..start + entry.len()].copy_from_slice(&entry);
            }
            descriptors.push((id, at, descriptor));
            at = (at + length).next_multiple_of(16);
        }
        Self { descriptors, bytes }
    }

    fn open(&self) -> Secure {
        // Without an index: all is found by reading everything.
        let index = ViewIndex {
            root: Vec::new(),
            allocation: None,
            cluster_size: 4096,
        };
        Secure::new(Arc::new(Memory::from(self.bytes.clone())), index)
    }

    fn flip(&mut self, at: u64) {
        self.bytes[at as usize] ^= 0x40;
    }
}

#[test]
fn the_hash_is_that_of_windows() {
    assert_eq!(hash(&[]), 0);
    assert_eq!(hash(&[1, 0, 4, 0x80]), 0x8004_0001);
    assert_eq!(hash(&[1, 0, 4, 0x80, 2, 0, 0, 0, 9]), 0x0020_000E);
}

#[test]
fn every_descriptor_is_found_across_blocks() {
    let made = Made::new(400);
    assert!(made.bytes.len() as u64 > PAIR, "more than one pair");
    let secure = made.open();
    for (id, _, descriptor) in &made.descriptors {
        let found = secure.descriptor(*id).expect("whole");
        assert_eq!(
            (&*found.descriptor, found.mirrored),
            (&descriptor[..], None)
        );
    }
    let flaw = secure.descriptor(0x99).expect_err("no such id");
    assert_eq!(flaw.code.id, "HV-D240");
}

#[test]
fn the_copy_stands_in_for_a_damaged_descriptor_and_that_is_said() {
    for byte in [0, 8, 16, 20, 300] {
        let mut made = Made::new(300);
        let (id, at, descriptor) = made.descriptors[280].clone();
        made.flip(at + byte);
        let found = made.open().descriptor(id).expect("the copy is whole");
        assert_eq!(*found.descriptor, *descriptor, "byte {byte}");
        assert!(found.mirrored.is_some(), "byte {byte}");
        made.flip(at + BLOCK + byte);
        let secure = made.open();
        assert!(secure.descriptor(id).is_err(), "byte {byte}");
        let (next, _, descriptor) = &made.descriptors[281];
        assert_eq!(
            *secure.descriptor(*next).expect("whole").descriptor,
            **descriptor
        );
    }
}

#[test]
fn a_damaged_id_never_gives_the_descriptor_of_another() {
    let mut made = Made::new(300);
    let (id, at, _) = made.descriptors[280];
    let (next, _, descriptor) = made.descriptors[281].clone();
    made.bytes[at as usize + 4] = next as u8;
    let secure = made.open();
    assert!(
        secure.descriptor(id).is_err(),
        "which of the copies is right"
    );
    assert_eq!(
        *secure.descriptor(next).expect("whole").descriptor,
        *descriptor
    );
}

#[test]
fn what_is_kept_is_bounded() {
    let made = Made::new(1000);
    let secure = made.open();
    for (id, ..) in &made.descriptors {
        secure.descriptor(*id).expect("whole");
        assert!(secure.kept().bytes < KEPT + (64 << 10));
    }
}
