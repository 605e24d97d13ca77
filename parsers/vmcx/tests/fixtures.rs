//! A configuration that Hyper-V wrote, read to the last key. Ignored unless asked for.
//!
//! `HVRESTORE_FIXTURES` names the folder; without it `shared/fixtures` beside the workspace is
//! looked for.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail loudly"
)]

use std::path::PathBuf;

use blockio::Memory;
use hvrestore_vmcx::container::File;
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
