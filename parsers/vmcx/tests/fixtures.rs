//! A configuration that Hyper-V wrote, read to the last key. Ignored unless asked for.
//!
//! `HVRESTORE_FIXTURES` names the folder; without it `shared/fixtures` beside the workspace is
//! looked for.

#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

use std::path::PathBuf;

use blockio::Memory;
use hvrestore_vmcx::container::{Editor, File, write};
use hvrestore_vmcx::{Node, Value};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

const NAME: &str = "EC04F346-DB96-4700-AF5B-77B3C56C38BD.vmcx";

fn fixture(path: &str) -> Vec<u8> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("HVRESTORE_FIXTURES").map_or(beside.into(), PathBuf::from);
    std::fs::read(folder.join(path)).unwrap()
}

/// The keys below `node` as the expected listing has them; no name occurs twice in this file.
fn listed(node: &Node) -> Json {
    let keys = node.children.iter();
    let keys: Map<_, _> = keys.map(|key| (key.name.clone(), value(key))).collect();
    assert_eq!(
        keys.len(),
        node.children.len(),
        "a name twice in {}",
        node.name
    );
    keys.into()
}

fn value(key: &Node) -> Json {
    match &key.value {
        Value::Node => listed(key),
        Value::Int(number) => json!(number),
        Value::UInt(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Bool(yes) => json!(yes),
        Value::Text(text) => json!(text.to_unicode().unwrap()),
        Value::Bytes(bytes) => {
            let digest = Sha256::digest(bytes);
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let head = bytes.iter().take(16).map(|byte| format!("{byte:02x}"));
            json!({"__bytes__": bytes.len(), "sha256": hex, "head": head.collect::<String>()})
        }
        other => panic!("not loaded: {other:?}"),
    }
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn every_key_and_checksum_of_a_real_configuration_is_right() {
    let bytes = Memory::from(fixture(&format!("config/{NAME}")));
    let file = File::open(&bytes, NAME).unwrap();
    assert_eq!(file.notes(), []);
    assert_eq!(file.version(), 0x400);
    let counts = file.counts();
    assert_eq!(counts.total().wrong, 0);
    let right = (counts.headers.right, counts.slots.right, counts.log.right);
    assert_eq!(right, (2, 227, 1));
    assert!(
        counts.tables.right > 5 && counts.keys.right > 300,
        "{counts:?}"
    );
    let expected: Json =
        serde_json::from_slice(&fixture("expected/target_EC04F346.vmcx.json")).unwrap();
    assert!(listed(file.root()) == expected, "the trees differ");
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn each_byte_that_is_flipped_is_noticed_or_means_nothing() {
    let good = fixture(&format!("config/{NAME}"));
    let root = File::open(&Memory::from(good.clone()), NAME)
        .unwrap()
        .into_root();
    // Every 31st byte of the tables of keys, which is every part of an entry in its turn.
    for at in (0..good.len()).step_by(31) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        let Ok(file) = File::open(&Memory::from(bytes), NAME) else {
            assert_eq!(
                at & !0xfff,
                0x2000,
                "only the first table is needed: {at:#x}"
            );
            continue;
        };
        let same = *file.root() == root;
        assert!(same || !file.notes().is_empty(), "{at:#x}");
    }
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn a_rewritten_configuration_is_the_same_tree() {
    let bytes = Memory::from(fixture(&format!("config/{NAME}")));
    let root = File::open(&bytes, NAME).unwrap().into_root();
    let written = File::open(&Memory::from(write(&root).unwrap()), NAME).unwrap();
    assert_eq!(
        (written.notes(), written.counts().total().wrong),
        (&[][..], 0)
    );
    assert!(*written.root() == root, "the trees differ");
}

const PATHNAME: &str =
    "configuration/_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive0/pathname";

/// By length: where it is, in free room, outside of the tables. How much of
/// the file may change follows from that.
#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn a_value_of_any_length_changes_it_alone() {
    let good = fixture(&format!("config/{NAME}"));
    let before = File::open(&Memory::from(good.clone()), NAME)
        .unwrap()
        .into_root();
    for (len, grown, most) in [
        (5, 0, 100),
        (31, 0, 80),
        (40, 0, 150),
        (200, 0, 600),
        (1000, 0, 2300),
        (3000, 0x2000, 7000),
    ] {
        let text = Value::Text(format!("C:\\{}", "x".repeat(len)).as_str().into());
        let mut editor = Editor::open(&Memory::from(good.clone()), NAME).unwrap();
        editor.set(PATHNAME, &text).unwrap();
        let edited = editor.into_bytes();
        let changed = good
            .iter()
            .zip(&edited)
            .filter(|(old, new)| old != new)
            .count();
        assert!(changed > 0 && changed <= most, "{len}: {changed} bytes");
        assert_eq!(edited.len() - good.len(), grown, "{len}");
        let file = File::open(&Memory::from(edited), NAME).unwrap();
        assert_eq!(
            (file.notes(), file.counts().total().wrong),
            (&[][..], 0),
            "{len}"
        );
        let mut expected = before.clone();
        set(&mut expected, PATHNAME, &text, len >= 1022);
        assert!(
            *file.root() == expected,
            "{len}: more than the value differs"
        );
    }
}

fn set(root: &mut Node, path: &str, value: &Value, is_outside: bool) {
    let key = path.split('/').fold(root, |node, name| {
        node.children
            .iter_mut()
            .find(|child| child.name == name)
            .unwrap()
    });
    key.value = value.clone();
    key.flags |= u8::from(is_outside);
}
