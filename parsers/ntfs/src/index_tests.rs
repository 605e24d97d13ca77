//! Whole indexes: listed, gone on with, looked up in, damaged.

use std::collections::BTreeSet;

use blockio::FaultKind;
use testkit::mutate::Chance;
use tree::Cursor;

use super::test_index::{Item, RECORD, TestIndex, items, own_upcase, sorted, with_fixups};
use super::*;
use crate::reference::FileReference;

/// 600 names of several lengths and cases, no two of them one by the case rule.
fn many() -> Vec<Item> {
    let name = |n: u32| match n % 3 {
        0 => format!("File {n:04}"),
        1 => format!("n{}", n * 7919 % 1000),
        _ => format!("{n}-\u{E9}\u{44F}-{}", "x".repeat((n % 17) as usize)),
    };
    items(
        (0..600)
            .map(name)
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str),
    )
}

/// A tree of three levels of records below the root.
fn deep() -> TestIndex {
    TestIndex::new(&many(), 4, 512)
}

fn records(names: impl Iterator<Item = Result<IndexedName>>) -> Vec<u64> {
    names
        .map(|item| item.expect("nothing is damaged").reference.record())
        .collect()
}

/// The record numbers of `items` in the order of the index.
fn in_order(items: &[Item]) -> Vec<u64> {
    let record = |item: &Item| item.reference.record();
    sorted(items).iter().map(record).collect()
}

fn lookup(directory: &Directory, name: &str) -> Option<u64> {
    let name: Vec<_> = name.encode_utf16().collect();
    let found = directory.lookup(&name).expect("nothing is damaged");
    found.map(FileReference::record)
}

#[test]
fn all_names_are_listed_in_order_whatever_the_shape() {
    let many = many();
    for count in [0, 1, 3, 4, 5, 6, 24, 25, 124, 125, 600] {
        for (per_node, vcn_unit) in [(3, 512), (4, RECORD), (5, 512)] {
            let index = TestIndex::new(&many[..count], per_node, vcn_unit);
            let names = index.open().names(Cursor::START);
            assert_eq!(
                records(names),
                in_order(&many[..count]),
                "{count} {per_node}"
            );
        }
    }
}

#[test]
fn a_listing_goes_on_behind_every_name() {
    let index = deep();
    let all: Vec<_> = index
        .open()
        .names(Cursor::START)
        .map(|item| item.expect("whole"))
        .collect();
    for (at, found) in all.iter().enumerate() {
        let next = index
            .open()
            .names(found.next)
            .next()
            .map(|item| item.expect("whole"));
        assert_eq!(next.as_ref(), all.get(at + 1), "behind {at}");
    }
    let half = index.open().names(all[299].next);
    assert_eq!(records(half), in_order(&many())[300..]);
}

#[test]
fn a_cursor_behind_nothing_ends_the_listing() {
    for cursor in [1, 17, 1 << 20 | 3, 1 << 50, u64::MAX] {
        assert_eq!(
            deep().open().names(Cursor(cursor)).count(),
            0,
            "{cursor:#x}"
        );
    }
}

#[test]
fn every_name_is_found_in_any_case_and_no_other() {
    let directory = deep().open();
    for item in many() {
        let name = String::from_utf16(&item.name).expect("text");
        for name in [name.to_uppercase(), name.to_lowercase(), name] {
            assert_eq!(
                lookup(&directory, &name),
                Some(item.reference.record()),
                "{name}"
            );
        }
    }
    for name in ["", "!", "File 0001", "n", "zzz", "\u{FFFF}", "File 0000 "] {
        assert_eq!(lookup(&directory, name), None, "{name}");
    }
}

#[test]
fn a_lookup_reads_one_node_of_each_level() {
    let index = deep();
    let counted = Arc::new(Counted {
        inner: stored(&index).into(),
        reads: 0.into(),
    });
    let mut directory = index.open();
    directory.parts.allocation = Some(Arc::clone(&counted) as Arc<dyn ReadAt>);
    assert_eq!(lookup(&directory, "file 0300"), Some(400));
    assert_eq!(lookup(&directory, "file 0301"), None);
    let reads = counted.reads.load(std::sync::atomic::Ordering::Relaxed);
    assert!(
        reads <= 2 * 4,
        "{reads} reads in an index of {} records",
        index.records.len()
    );
}

#[test]
fn among_case_twins_the_exact_one_wins() {
    for per_node in [1, 2, 5] {
        let twins = ["a", "README", "Readme", "readme", "z", "ReadMe", "readme1"];
        let directory = TestIndex::new(&items(twins), per_node, 512).open();
        for (record, name) in (100..).zip(twins) {
            assert_eq!(lookup(&directory, name), Some(record), "{name}");
        }
        assert_eq!(
            lookup(&directory, "rEADME"),
            Some(101),
            "the first in order"
        );
    }
}

#[test]
fn a_dos_twin_is_found_but_is_no_second_file() {
    let names = [
        ("Long name.txt", 1, 5),
        ("LONGNA~1.TXT", 2, 5),
        (".", 3, 77),
        ("A", 3, 6),
    ];
    let names = names.map(|(name, namespace, record)| Item::new(name, namespace, record));
    let index = TestIndex::new(&names, 2, 512);
    assert_eq!(records(index.open().names(Cursor::START)), [6, 5]);
    assert_eq!(lookup(&index.open(), "longna~1.txt"), Some(5));
}

#[test]
fn a_damaged_record_costs_its_own_names_and_no_others() {
    let index = deep();
    let all: BTreeSet<_> = in_order(&many()).into_iter().collect();
    for block in 0..index.records.len() {
        let mut damaged = index.clone();
        damaged.records[block][0] = b'X';
        let own: BTreeSet<_> = names_in(&index, block).into_iter().collect();
        let (good, bad): (Vec<_>, Vec<_>) = damaged
            .open()
            .names(Cursor::START)
            .partition(std::result::Result::is_ok);
        let good = records(good.into_iter());
        assert_eq!(good.len(), all.len() - own.len(), "each once");
        assert_eq!(
            good.into_iter().collect::<BTreeSet<_>>(),
            &all - &own,
            "record {block}"
        );
        let fault = bad[0].as_ref().expect_err("an error");
        assert_eq!((bad.len(), fault.code), (1, &codes::INDEX));
        assert_eq!(fault.what, format!("index record {block} of directory 77"));
    }
}

#[test]
fn a_listing_with_damage_goes_on_behind_every_name_too() {
    let mut index = TestIndex::new(&many()[..100], 3, 512);
    let middle = index.records.len() - 1; // the last record made is the topmost of the right edge
    index.records[middle][0] = b'X';
    index.records[1][0] = b'X';
    let all: Vec<_> = index
        .open()
        .names(Cursor::START)
        .map(std::result::Result::ok)
        .collect();
    for (at, found) in all.iter().enumerate() {
        let Some(found) = found else { continue };
        let rest: Vec<_> = index
            .open()
            .names(found.next)
            .map(std::result::Result::ok)
            .collect();
        assert_eq!(rest, all[at + 1..], "behind {at}");
    }
}

#[test]
fn a_lookup_says_damaged_where_the_name_may_have_been_and_finds_the_rest() {
    let index = deep();
    for block in (0..index.records.len()).step_by(5) {
        let mut damaged = index.clone();
        damaged.records[block][16] ^= 0x40; // the VCN that it states
        let own = names_in(&index, block);
        let directory = damaged.open();
        for item in many() {
            let found = directory.lookup(&item.name);
            if own.contains(&item.reference.record()) {
                let fault = found.expect_err("it is lost");
                assert_eq!(
                    (fault.code, fault.kind),
                    (&codes::INDEX, FaultKind::Damaged)
                );
            } else {
                assert_eq!(found, Ok(Some(item.reference)), "record {block}");
            }
        }
    }
}

#[test]
fn names_out_of_order_are_listed_and_found_and_make_a_miss_doubtful() {
    let mut index = TestIndex::new(&items(["a", "b", "c", "d"]), 9, 512);
    swap_names(&mut index.root, b"a\0", b"d\0");
    assert_eq!(
        records(index.open().names(Cursor::START)),
        [103, 101, 102, 100]
    );
    for (name, record) in [("a", 100), ("b", 101), ("c", 102), ("d", 103)] {
        let name: Vec<_> = name.encode_utf16().collect();
        assert_eq!(
            index.open().lookup(&name),
            Ok(Some(FileReference::new(record, 3)))
        );
    }
    let fault = index
        .open()
        .lookup(&[0x65])
        .expect_err("it may have been there");
    assert_eq!(fault.found, "has names out of order");
}

#[test]
fn a_record_of_another_part_of_the_index_is_out_of_bounds() {
    let mut index = TestIndex::new(&items(["a", "b", "c", "d", "e"]), 1, 512);
    // The left subtree is referred to twice, the right one never.
    let (left, right) = (
        index.vcn(0).to_le_bytes(),
        index.vcn(index.records.len() - 1),
    );
    let at = find(&index.root, &right.to_le_bytes());
    index.root[at..at + 8].copy_from_slice(&left);
    let (good, bad): (Vec<_>, Vec<_>) = index
        .open()
        .names(Cursor::START)
        .partition(std::result::Result::is_ok);
    assert_eq!(
        records(good.into_iter())
            .into_iter()
            .collect::<BTreeSet<_>>()
            .len(),
        5
    );
    assert!(bad.iter().all(|item| item.is_err()) && !bad.is_empty());
    assert_eq!(
        index
            .open()
            .lookup(&[0x65])
            .expect("saved")
            .map(FileReference::record),
        Some(104)
    );
    assert!(
        index.open().lookup(&[0x7A]).is_err(),
        "z may have been in what is lost"
    );
}

#[test]
fn cycles_end() {
    let index = deep();
    for block in 0..index.records.len() {
        let mut cyclic = index.clone();
        let Some(vcn) = last_subnode(&mut cyclic.records[block]) else {
            continue;
        };
        vcn.copy_from_slice(&index.vcn(block).to_le_bytes());
        let (good, bad): (Vec<_>, Vec<_>) = cyclic
            .open()
            .names(Cursor::START)
            .partition(std::result::Result::is_ok);
        assert_eq!((good.len(), bad.len()), (600, 1), "record {block}");
    }
}

#[test]
fn without_an_intact_root_the_records_in_use_are_listed() {
    let mut index = deep();
    let in_root: BTreeSet<_> = root_names(&index).into_iter().collect();
    let all: BTreeSet<_> = in_order(&many()).into_iter().collect();
    for root in [vec![], index.root[..20].to_vec(), vec![0xFF; 100]] {
        index.root = root;
        let (good, bad): (Vec<_>, Vec<_>) = index
            .open()
            .names(Cursor::START)
            .partition(std::result::Result::is_ok);
        assert_eq!(bad.len(), 1);
        assert_eq!(
            records(good.into_iter())
                .into_iter()
                .collect::<BTreeSet<_>>(),
            &all - &in_root
        );
    }
}

#[test]
fn records_not_in_use_are_not_brought_back() {
    let mut index = deep();
    index.bitmap.fill(0);
    index.root.clear();
    let listed = index
        .open()
        .names(Cursor::START)
        .filter(|item| item.is_ok())
        .count();
    assert_eq!(listed, 0);
}

#[test]
fn with_a_stand_in_case_table_names_are_found_whatever_their_order() {
    let mut index = TestIndex::new(&items(["a", "b", "c", "d"]), 9, 512);
    swap_names(&mut index.root, b"a\0", b"d\0");
    let directory = index.open_with(UpCase::standard().into());
    assert_eq!(lookup(&directory, "A"), Some(100));
    let directory = TestIndex::new(&many(), 4, 512).open_with(UpCase::standard().into());
    assert_eq!(lookup(&directory, "not there"), None);
}

#[test]
fn no_damage_panics_hangs_or_makes_up_more_than_there_is() {
    let index = deep();
    let mut chance = Chance::new(7);
    let names: Vec<_> = many()
        .into_iter()
        .step_by(97)
        .map(|item| item.name)
        .collect();
    for _ in 0..500 {
        let mut damaged = index.clone();
        for _ in 0..=chance.below(6) {
            let block = chance.below(damaged.records.len() + 1);
            let bytes = damaged.records.get_mut(block).unwrap_or(&mut damaged.root);
            let at = chance.below(bytes.len());
            let flipped = bytes[at] ^ 1 << chance.below(8);
            let random = chance.bits() as u8;
            bytes[at] = chance.one_of(&[0, 0xFF, flipped, random]);
        }
        let at = chance.below(damaged.bitmap.len());
        damaged.bitmap[at] = chance.bits() as u8;
        let items: Vec<_> = damaged.open().names(Cursor::START).collect();
        assert!(items.len() < 1000, "{}", items.len());
        let listed: Vec<_> = items.iter().flatten().collect();
        let in_order = listed.is_sorted_by_key(|found| own_upcase().fold(&found.name));
        let directory = damaged.open();
        for name in &names {
            // A name that is listed is found, unless the listing is so out of order that nothing
            // short of reading all of it would tell.
            let is_missed = !matches!(directory.lookup(name), Ok(Some(_)));
            let is_listed = listed.iter().any(|found| found.name == *name);
            assert!(!(is_missed && is_listed && in_order), "{name:?}");
        }
        if let Some(last) = listed.last() {
            damaged.open().names(last.next).for_each(drop);
        }
    }
}

/// A source that counts how often it is read.
struct Counted {
    inner: blockio::Memory,
    reads: std::sync::atomic::AtomicUsize,
}

impl ReadAt for Counted {
    fn size(&self) -> u64 {
        self.inner.size()
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        self.reads
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.inner.read_exact_at(buf, offset)
    }
    fn run_at(&self, offset: u64, max: u64) -> std::io::Result<blockio::Run<'_>> {
        self.inner.run_at(offset, max)
    }
}

fn stored(index: &TestIndex) -> Vec<u8> {
    index
        .records
        .iter()
        .flat_map(|record| with_fixups(record))
        .collect()
}

/// The record numbers of the names in index record `block` alone.
fn names_in(index: &TestIndex, block: usize) -> Vec<u64> {
    let node = index.open().block(block as u64).expect("it is intact");
    flat(index, node)
}

fn root_names(index: &TestIndex) -> Vec<u64> {
    flat(index, index.open().root())
}

fn flat(index: &TestIndex, node: Node) -> Vec<u64> {
    let directory = index.open();
    let mut walk = walk::Walk::default();
    walk.push_flat(node);
    records(std::iter::from_fn(|| walk.next(&directory)))
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes
        .windows(what.len())
        .rposition(|window| window == what)
        .expect("it is there")
}

/// The VCN below the entry that ends the node of `record`, if there is one.
fn last_subnode(record: &mut [u8]) -> Option<&mut [u8]> {
    let used = u32::from_le_bytes(record[0x1C..0x20].try_into().expect("four bytes"));
    let end = 0x18 + used as usize;
    let has_subnode = record[end - 24 + 12] == 3;
    has_subnode.then(|| &mut record[end - 8..end])
}

/// Swaps the entries that end in the names `a` and `b`, both as long.
fn swap_names(node: &mut [u8], a: &[u8], b: &[u8]) {
    let [a, b] = [a, b].map(|name| find(node, name) - 82);
    for at in 0..84 {
        node.swap(a + at, b + at);
    }
}
