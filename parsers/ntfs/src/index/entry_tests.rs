//! Entries: what is taken, what is refused.

use super::super::test_index::{Item, entry};
use super::*;

fn parse(bytes: &[u8]) -> Result<(Entry, usize), &'static str> {
    Entry::parse(bytes, 0)
}

/// What is wrong with the key of the entry `bytes`.
fn bad_key(bytes: &[u8]) -> &'static str {
    match parse(bytes).expect("the entry holds together").0.key {
        Key::Bad(why) => why,
        key => panic!("a good key: {key:?}"),
    }
}

#[test]
fn an_entry_says_its_name_and_its_subnode() {
    let bytes = [&[0; 8][..], &entry(Some(&Item::new("ab", 1, 42)), Some(7))].concat();
    let (entry, end) = Entry::parse(&bytes, 8).expect("it is right");
    assert_eq!(
        (entry.offset, entry.subnode, end),
        (8, Some(7), bytes.len())
    );
    let Key::Name(key) = entry.key else {
        panic!("{:?}", entry.key)
    };
    assert_eq!((key.reference.record(), key.reference.sequence()), (42, 3));
    assert_eq!(
        (key.namespace, &bytes[key.name]),
        (Namespace::Win32, &b"a\0b\0"[..])
    );
}

#[test]
fn the_last_entry_has_no_name() {
    let (last, end) = parse(&entry(None, None)).expect("it is right");
    assert!(matches!(last.key, Key::Last) && last.subnode.is_none() && end == 16);
}

#[test]
fn lengths_that_cannot_be_are_refused() {
    let good = entry(Some(&Item::new("ab", 1, 42)), None);
    for (length, why) in [
        (0, "an entry of impossible length"),
        (8, "an entry of impossible length"),
        (good.len() + 1, "an entry of impossible length"),
        (good.len() + 8, "an entry that leaves its node"),
    ] {
        let mut bad = good.clone();
        bad[8..10].copy_from_slice(&(length as u16).to_le_bytes());
        assert_eq!(parse(&bad).expect_err("it is wrong"), why, "{length}");
    }
    assert_eq!(parse(&good[..15]).expect_err("cut"), "no room for an entry");
    let mut last = entry(None, None);
    last[12] |= 1;
    let why = "an entry without room for the VCN of its subnode";
    assert_eq!(parse(&last).expect_err("16 bytes"), why);
}

#[test]
fn names_that_cannot_be_are_named_and_cost_their_entry_only() {
    let good = entry(Some(&Item::new("ab", 1, 42)), None);
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    assert_eq!(bad_key(&with(10, 0xFF)), "a key that leaves its entry");
    assert_eq!(bad_key(&with(10, 65)), "a key without a name");
    assert_eq!(bad_key(&with(16 + 64, 3)), "a name that leaves its key");
    assert_eq!(bad_key(&with(16 + 65, 4)), "a name in no known namespace");
    assert_eq!(
        bad_key(&with(16 + 66, b'/')),
        "a name with a slash or NUL in it"
    );
    assert_eq!(
        bad_key(&with(16 + 66, 0)),
        "a name with a slash or NUL in it"
    );
    assert_eq!(bad_key(&with(16 + 64, 0)), "an empty name");
    let above = entry(Some(&Item::new("..", 1, 42)), None);
    assert_eq!(bad_key(&above), "a name that means the directory above");
}
