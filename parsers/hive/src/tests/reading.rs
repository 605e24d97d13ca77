//! Keys and values of sound hives.

use testkit::hive::{Key, hive};

use super::open;
use crate::Kind;

fn many(list: &[u8; 2]) -> Key {
    let key = |n| Key::new(&format!("Key {n}")).number("n", n);
    (0..7)
        .fold(Key::new("many"), |all, n| all.key(key(n)))
        .listed_by(list)
}

#[test]
fn keys_are_found_in_every_kind_of_list() {
    for list in [b"lh", b"lf", b"li", b"ri"] {
        let bytes = hive(&Key::new("ROOT").key(many(list)), 5);
        let hive = open(&bytes).unwrap();
        let key = hive.find(r"MANY\key 6").unwrap().expect("it is there");
        assert_eq!(
            (key.name(), key.value("N").unwrap().unwrap().number()),
            ("Key 6", Some(6))
        );
        assert!(hive.find(r"many\key 7").unwrap().is_none());
        let all = hive.find("many").unwrap().unwrap();
        let names: Vec<_> = all
            .subkeys()
            .map(|key| key.unwrap().name().to_owned())
            .collect();
        assert_eq!(names.len(), 7, "{names:?}");
    }
}

#[test]
fn values_of_every_type() {
    let multi: Vec<u8> = "a\0b\0\0"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let root = Key::new("ROOT")
        .text("Text", "W\u{e4}rme")
        .number("Number", 7)
        .value("Big endian", 5, &7_u32.to_be_bytes())
        .value("Long", 11, &(1_u64 << 40).to_le_bytes())
        .value("Texts", 7, &multi)
        .value("Bytes", 3, b"\x01\x02\x03\x04\x05")
        .value("", 3, b"\x09")
        .value("\u{65e5}\u{672c}", 3, &[]);
    let bytes = hive(&root, 1);
    let hive = open(&bytes).unwrap();
    let key = hive.root().unwrap();
    let value = |name: &str| key.value(name).unwrap().expect("it is there");
    assert_eq!(value("TEXT").text().as_deref(), Some("W\u{e4}rme"));
    assert_eq!(value("number").number(), Some(7));
    assert_eq!(value("big endian").number(), Some(7));
    assert_eq!(value("long").number(), Some(1 << 40));
    assert_eq!(
        value("texts").texts(),
        Some(vec!["a".to_owned(), "b".into()])
    );
    assert_eq!(
        (value("bytes").kind, value("bytes").data),
        (Kind::Bytes(3), vec![1, 2, 3, 4, 5])
    );
    assert_eq!(value("").data, [9]);
    assert_eq!(value("\u{65e5}\u{672c}").data, []);
    assert_eq!(key.value("none").unwrap(), None);
    assert_eq!(key.values().unwrap().count(), 8);
    assert_eq!(
        (value("text").number(), value("number").text()),
        (None, None)
    );
}

#[test]
fn data_in_segments_is_put_together() {
    for len in [16_344, 16_345, 16_344 * 2, 50_000] {
        let data: Vec<u8> = (0..len).map(|n: u32| (n % 251) as u8).collect();
        let bytes = hive(&Key::new("ROOT").value("Large", 3, &data), 1);
        let hive = open(&bytes).unwrap();
        let value = hive.root().unwrap().value("Large").unwrap().unwrap();
        assert!(value.data == data, "{len}");
    }
}

#[test]
fn a_clean_hive_says_so() {
    let hive = open(&hive(&Key::new("ROOT"), 1)).unwrap();
    assert!(!hive.recovery().dirty && hive.notes().is_empty());
    assert_eq!(hive.recovery().to_string(), "clean");
    assert_eq!(hive.last_written(), hive.root().unwrap().last_written());
}
