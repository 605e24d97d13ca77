//! Containers that the testkit writes: read, damaged, edited and written anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests fail loudly, and count in what is at hand"
)]

mod damage;
mod editing;
mod reading;
mod writing;

use blockio::Memory;
use hvrestore_vmcx::container::File;
use hvrestore_vmcx::{Error, Node, Value};
use testkit::vmcx::{self as kit, Key};

/// A machine's keys in small: every type, a name twice, an empty node, a long value.
fn keys() -> Vec<Key> {
    let metric = |n| {
        Key::node("metric")
            .key(Key {
                flags: 2,
                ..Key::int("typecode", n)
            })
            .key(Key::text("name", &format!("metric {n}")))
    };
    let drive = |n| {
        let path = format!(r"D:\VMs\web01\Virtual Hard Disks\disk {n}.vhdx");
        Key::node(&format!("drive{n}"))
            .keys([Key::text("type", "VHD"), Key::text("pathname", &path)])
    };
    let properties = Key::node("properties").keys([
        Key::text("name", "web01 \u{e4}\u{65e5}\u{1f600}"),
        Key::text("notes", ""),
        Key::int("version", 2304),
        Key::bytes(
            "creation_time",
            &[0xfc, 0xec, 0x38, 0xb4, 0xf1, 0x42, 0xd9, 1],
        ),
    ]);
    let configuration = Key::node("configuration")
        .key(properties)
        .key(Key::node("metrics").keys((0..3).map(metric)))
        .key(Key::node("nvram"))
        .key(Key::node("_58f75a6d_").key(Key::node("controller0").keys((0..60).map(drive))))
        .key(Key::new("fraction", kit::Value::Double(-2.5)))
        .key(Key::new("limit", kit::Value::UInt(u64::MAX)))
        .key(Key::bool("yes", true))
        .key(Key::bool("no", false))
        .key(Key::bytes("data", &[7; 100]))
        .key(Key::text("long text", &"long ".repeat(1000)))
        .key(Key::bytes(
            "long data",
            &(0..=255).cycle().take(9000).collect::<Vec<_>>(),
        ));
    vec![configuration, Key::int("RegID", -1)]
}

fn open(bytes: &[u8]) -> Result<File, Error> {
    File::open(&Memory::from(bytes.to_vec()), "web01.vmcx")
}

/// Opens what has nothing wrong with it.
fn sound(bytes: &[u8]) -> File {
    let file = open(bytes).unwrap();
    assert_eq!((file.notes(), file.counts().total().wrong), (&[][..], 0));
    file
}

/// Codes of the faults that were noted.
fn noted(file: &File) -> Vec<&'static str> {
    file.notes().iter().map(|fault| fault.code.id).collect()
}

/// Holds a tree that was read against the one that was written.
fn compare(read: &[Node], written: &[Key], path: &str) {
    let names = |names: Vec<&str>| names.join(" ");
    assert_eq!(
        names(read.iter().map(|node| node.name.as_str()).collect()),
        names(written.iter().map(|key| key.name.as_str()).collect()),
        "below {path}"
    );
    for (node, key) in read.iter().zip(written) {
        let path = format!("{path}/{}", key.name);
        assert_eq!(node.value, value(&key.value), "{path}");
        assert_eq!(node.flags & !1, key.flags, "{path}");
        compare(&node.children, &key.keys, &path);
    }
}

fn value(written: &kit::Value) -> Value {
    match written {
        kit::Value::Node => Value::Node,
        kit::Value::Int(number) => Value::Int(*number),
        kit::Value::UInt(number) => Value::UInt(*number),
        kit::Value::Double(number) => Value::Double(*number),
        kit::Value::Text(text) => Value::Text(text.as_str().into()),
        kit::Value::Bytes(bytes) => Value::Bytes(bytes.clone()),
        kit::Value::Bool(yes) => Value::Bool(*yes),
    }
}
