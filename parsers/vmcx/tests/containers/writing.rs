//! Whole trees written.

use hvrestore_vmcx::container::write;
use hvrestore_vmcx::{Node, Value};
use testkit::vmcx::{Key, Options, container};

use super::{compare, keys, sound};

fn node(name: &str, value: Value) -> Node {
    Node {
        name: name.into(),
        value,
        children: Vec::new(),
        flags: 0,
        sequence: 0,
    }
}

fn root(children: Vec<Node>) -> Node {
    Node {
        children,
        ..node("", Value::Node)
    }
}

fn refusal(root: &Node) -> String {
    let error = write(root).unwrap_err();
    assert_eq!(error.fault().code.id, "HV-E970");
    error.to_string()
}

#[test]
fn a_written_tree_is_the_same_tree() {
    for outside_from in [1, 2048] {
        let options = Options {
            outside_from,
            ..Options::default()
        };
        let read = sound(&container(&keys(), &options).bytes).into_root();
        let written = sound(&write(&read).unwrap());
        compare(&written.root().children, &keys(), "");
        let again = sound(&write(written.root()).unwrap());
        assert_eq!(again.root(), written.root());
    }
}

#[test]
fn the_empty_tree_is_a_container_too() {
    let bytes = write(&root(vec![])).unwrap();
    assert_eq!(bytes.len(), 0x4000, "headers, a table of objects, a log");
    assert!(sound(&bytes).root().children.is_empty());
}

#[test]
fn many_objects_are_chained() {
    let value = |n: u8| node(&format!("{n}"), Value::Bytes(vec![n; 3000]));
    let nodes = |n: u16| Node {
        children: (0..=255).map(value).collect(),
        ..node(&format!("{n}"), Value::Node)
    };
    let root = root((0..3).map(nodes).collect());
    let file = sound(&write(&root).unwrap());
    assert!(file.counts().slots.right > 3 * 227);
    let value = &file.root().at("2/255").unwrap().value;
    assert_eq!(*value, Value::Bytes(vec![255; 3000]));
}

#[test]
fn siblings_without_sequences_keep_their_order() {
    let names = ["b", "a", "a", "c"];
    let file = sound(
        &write(&root(
            names.map(|name| node(name, Value::Bool(true))).into(),
        ))
        .unwrap(),
    );
    let read = &file.root().children;
    let read: Vec<_> = read
        .iter()
        .map(|node| (node.name.as_str(), node.sequence))
        .collect();
    assert_eq!(read, [("b", 1), ("a", 2), ("a", 3), ("c", 4)]);
}

#[test]
fn what_no_container_holds_is_refused() {
    let text = refusal(&root(vec![node("RamMemoryBlock0", Value::Large(7))]));
    assert!(text.contains("key \"RamMemoryBlock0\""), "{text}");
    refusal(&root(vec![node(&"n".repeat(255), Value::Node)]));
    refusal(&root(vec![node("a\0b", Value::Node)]));
    let value = Node {
        children: vec![node("b", Value::Node)],
        ..node("a", Value::Int(1))
    };
    refusal(&root(vec![value]));
    let longest = root(vec![node(&"n".repeat(254), Value::Int(1))]);
    assert_eq!(sound(&write(&longest).unwrap()).root().children.len(), 1);
}

/// 65,535 tables are what an index can tell apart.
#[test]
fn more_tables_than_have_numbers_are_refused() {
    let mut one = node("n", Value::Bytes(vec![0; 2047]));
    one.name = "n".repeat(200);
    let error = write(&root(vec![one; 65_536])).unwrap_err();
    assert_eq!(error.fault().code.id, "HV-E960");
}

#[test]
fn tables_are_filled_to_their_last_byte() {
    // Of every rest: none, too little for an entry, an entry.
    for extra in 0..60 {
        let filler = Key::bytes("filler", &vec![1; 1900 + extra]);
        let keys = [filler.clone(), filler, Key::int("last", 1)];
        let read = sound(&container(&keys, &Options::default()).bytes).into_root();
        compare(&sound(&write(&read).unwrap()).root().children, &keys, "");
    }
}
