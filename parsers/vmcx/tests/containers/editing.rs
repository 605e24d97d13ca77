//! Single values changed on a copy.

use blockio::Memory;
use hvrestore_vmcx::container::{Editor, File};
use hvrestore_vmcx::{Node, Value};
use testkit::vmcx::{Key, Options, container, pending};

use super::{keys, sound};

const PATHNAME: &str = "configuration/_58f75a6d_/controller0/drive7/pathname";

fn text(len: usize) -> Value {
    Value::Text("y".repeat(len).as_str().into())
}

fn edited(bytes: &[u8], edits: &[(&str, Value)]) -> Vec<u8> {
    let mut editor = Editor::open(&Memory::from(bytes.to_vec()), "web01.vmcx").unwrap();
    for (path, value) in edits {
        editor.set(path, value).unwrap();
    }
    editor.into_bytes()
}

/// The tree with these values; flags say whether a value lies outside.
fn expected(bytes: &[u8], edits: &[(&str, Value)]) -> Node {
    let mut root = sound(bytes).into_root();
    for (path, value) in edits {
        let mut key = &mut root;
        for name in path.split('/') {
            let named = |child: &&mut Node| child.name.eq_ignore_ascii_case(name);
            key = key.children.iter_mut().find(named).unwrap();
        }
        key.value = value.clone();
        let len = match value {
            Value::Text(text) => text.units().len() * 2,
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        key.flags = key.flags & !1 | u8::from(len >= 2048);
    }
    root
}

fn edit(options: &Options, edits: &[(&str, Value)]) -> (Vec<u8>, Vec<u8>) {
    let before = container(&keys(), options).bytes;
    let after = edited(&before, edits);
    assert_eq!(*sound(&after).root(), expected(&before, edits));
    (before, after)
}

fn changed(before: &[u8], after: &[u8]) -> Vec<usize> {
    let bytes = before.iter().zip(after).enumerate();
    bytes
        .filter(|(_, (old, new))| old != new)
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn what_fits_changes_its_bytes_and_its_checksum() {
    let built = container(&keys(), &Options::default());
    let entry = built.entries[PATHNAME];
    // "...\disk 7.vhdx" and six units of slack.
    for len in [0, 1, 43, 49] {
        let after = edited(&built.bytes, &[(PATHNAME, text(len))]);
        assert_eq!(
            *sound(&after).root(),
            expected(&built.bytes, &[(PATHNAME, text(len))])
        );
        assert_eq!(after.len(), built.bytes.len());
        let (data, end) = (entry + 21 + 9, entry + 21 + 9 + 4 + 2 * len);
        for at in changed(&built.bytes, &after) {
            let checksum = entry + 12..entry + 16;
            assert!(
                checksum.contains(&at) || (data..end).contains(&at),
                "{len}: {at:#x}"
            );
        }
    }
}

#[test]
fn what_does_not_fit_moves_to_free_room() {
    let (before, after) = edit(
        &Options {
            free: 1200,
            ..Options::default()
        },
        &[(PATHNAME, text(400))],
    );
    assert_eq!(before.len(), after.len());
}

/// Keys whose tables have no gap of [`NEEDED`] units left.
fn full(options: &Options) -> testkit::vmcx::Built {
    let filler = Key::bytes("filler", &[1; 2047]);
    container(&[keys(), vec![filler]].concat(), options)
}

const NEEDED: usize = 1020;

#[test]
fn without_free_room_there_is_a_new_table() {
    for log_last in [false, true] {
        let options = Options {
            slack: 0,
            log_last,
            ..Options::default()
        };
        let before = full(&options).bytes;
        let edits = [(PATHNAME, text(NEEDED))];
        let after = edited(&before, &edits);
        assert_eq!(*sound(&after).root(), expected(&before, &edits));
        assert_eq!(after.len(), before.len() + 0x1000);
        // Beside the old place, the new table and its slot nothing is touched.
        let tables: std::collections::BTreeSet<_> = changed(&before, &after)
            .into_iter()
            .map(|at| at >> 12)
            .collect();
        assert!(tables.len() <= 2, "{tables:?}");
    }
}

#[test]
fn what_is_long_lies_outside_and_comes_back() {
    let long = [(PATHNAME, text(5000))];
    let (_, after) = edit(&Options::default(), &long);
    let short = [(PATHNAME, text(10))];
    let again = edited(&after, &short);
    assert_eq!(*sound(&again).root(), expected(&after, &short));
    let other = [
        (PATHNAME, text(9000)),
        ("configuration/long data", Value::Bytes(vec![5; 3])),
    ];
    let again = edited(&again, &other);
    assert_eq!(*sound(&again).root(), expected(&after, &other));
}

#[test]
fn values_of_each_type_are_set_one_after_another() {
    let edits = [
        ("configuration/properties/NAME", text(300)),
        ("configuration/properties/version", Value::Int(2560)),
        ("configuration/limit", Value::UInt(1)),
        ("configuration/fraction", Value::Double(0.5)),
        ("configuration/yes", Value::Bool(false)),
        ("configuration/data", Value::Bytes(vec![1; 1500])),
        ("configuration/metrics/metric/name", text(900)),
        (PATHNAME, text(1000)),
        ("regid", Value::Int(7)),
    ];
    for options in [
        Options::default(),
        Options {
            slack: 0,
            slots: 2,
            children_first: true,
            ..Options::default()
        },
    ] {
        edit(&options, &edits);
    }
}

#[test]
fn a_further_table_of_objects_is_chained_where_the_first_is_full() {
    // Each value takes an object: first those that the table has left, then those of another one.
    let values: Vec<_> = (0..250)
        .map(|n| Key::bytes(&format!("{n}"), b"short"))
        .collect();
    let before = container(&values, &Options::default()).bytes;
    let paths: Vec<_> = (0..250).map(|n| n.to_string()).collect();
    let edits: Vec<_> = paths
        .iter()
        .map(|path| (path.as_str(), Value::Bytes(vec![path.len() as u8; 2048])))
        .collect();
    let after = edited(&before, &edits);
    assert_eq!(*sound(&after).root(), expected(&before, &edits));
    assert_eq!(sound(&after).counts().slots.right, 2 * 227);
}

#[test]
fn a_log_is_applied_first() {
    let state = |name: &str| {
        container(
            &[Key::text("name", name), Key::int("n", 1)],
            &Options::default(),
        )
    };
    let image = pending(&state("before"), &state("behind"));
    let after = edited(&image, &[("n", Value::Int(2))]);
    let file = sound(&after);
    assert_eq!(file.root().text_at("name"), Some(&"behind".into()));
    assert_eq!(file.counts().log.right, 1, "nothing is left to be applied");
    // A file that ends inside of its log's region is not written into that.
    let options = Options {
        log_last: true,
        slack: 0,
        ..Options::default()
    };
    let built = full(&options);
    let cut = &built.bytes[..built.log + 0x5e];
    let after = edited(cut, &[(PATHNAME, text(NEEDED))]);
    assert_eq!(after.len(), built.bytes.len() + 0x1000);
    assert_eq!(
        *sound(&after).root(),
        expected(cut, &[(PATHNAME, text(NEEDED))])
    );
}

#[test]
fn what_is_not_there_or_of_another_type_is_refused() {
    let bytes = container(&keys(), &Options::default()).bytes;
    let mut editor = Editor::open(&Memory::from(bytes.clone()), "web01.vmcx").unwrap();
    let mut refusal = |path, value| {
        let error = editor.set(path, &value).unwrap_err();
        assert!(error.to_string().contains("(web01.vmcx)"), "{error}");
        error.fault().code.id
    };
    assert_eq!(refusal("configuration/nothing", Value::Int(1)), "HV-E971");
    assert_eq!(refusal("", Value::Int(1)), "HV-E971");
    assert_eq!(refusal(PATHNAME, Value::Int(1)), "HV-E970");
    assert_eq!(refusal("configuration", Value::Node), "HV-E970");
    assert_eq!(refusal(PATHNAME, Value::Large(1)), "HV-E970");
    assert_eq!(editor.into_bytes(), bytes, "and nothing is changed");
}

#[test]
fn what_is_removed_leaves_room_for_others() {
    let before = container(&keys(), &Options::default()).bytes;
    let mut editor = Editor::open(&Memory::from(before.clone()), "web01.vmcx").unwrap();
    for path in [
        "configuration/_58f75a6d_/controller0",
        "configuration/long data",
        "regid",
    ] {
        editor.remove(path).unwrap();
        let again = editor.remove(path).unwrap_err();
        assert_eq!(again.fault().code.id, "HV-E971", "{path}");
    }
    editor
        .set("configuration/properties/name", &text(45))
        .unwrap();
    let after = editor.into_bytes();
    assert_eq!(before.len(), after.len());
    let mut keys = keys();
    keys.pop();
    let all = &mut keys[0].keys;
    all.retain(|key| key.name != "long data");
    let named = |name| move |key: &Key| key.name == name;
    let device = all.iter().position(named("_58f75a6d_")).unwrap();
    all[device].keys.clear();
    all[0].keys[0] = Key::text("name", &"y".repeat(45));
    let file = sound(&after);
    super::compare(&file.root().children, &keys, "");
    assert_eq!(
        file.root()
            .at("configuration/properties")
            .unwrap()
            .children
            .len(),
        4
    );
}

#[test]
fn older_versions_are_not_written() {
    let bytes = container(
        &keys(),
        &Options {
            version: 0x300,
            ..Options::default()
        },
    )
    .bytes;
    let bytes = Memory::from(bytes);
    assert!(File::open(&bytes, "web01.vmcx").is_ok());
    let error = Editor::open(&bytes, "web01.vmcx").unwrap_err();
    assert_eq!(error.fault().code.id, "HV-E952");
}
