//! Containers of configurations, read by dissect.hypervisor (a Python library, of which
//! `dissect-python` is the interpreter): what is read of them, and what is written.
//!
//! It applies no log, and of several keys of one name in one place it has the last.

use std::path::Path;

use blockio::Memory;
use serde_json::{Map, Value as Json, json};
use testkit::vmcx::{Key, Options, container};
use vmcx::container::{Editor, File, write};
use vmcx::{Node, Value};

use super::tool;
use crate::harness::{Outcome, Test, need, repository, temp_dir, test};

/// The interpreter that knows the library.
const PYTHON: &str = "dissect-python";
const REAL: &str = "config/EC04F346-DB96-4700-AF5B-77B3C56C38BD.vmcx";
const DISK: &str =
    "configuration/_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive0/pathname";

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(reads_the_containers_of_the_demo_as_we_do).needs_tool(PYTHON),
        test!(reads_what_is_written_as_we_do).needs_tool(PYTHON),
        test!(reads_a_real_one_edited_and_rewritten)
            .needs_tool(PYTHON)
            .needs_fixture(REAL),
    ]
}

/// The keys of a container in `bytes`, as the library reads them.
fn theirs(bytes: &[u8]) -> Json {
    let folder = temp_dir();
    let path = folder.path().join("container");
    std::fs::write(&path, bytes).expect("a new folder");
    let script = Path::new("tests/integration/oracles/container_keys.py");
    let script = repository().join(script);
    tool(PYTHON, [script.as_os_str(), path.as_os_str()]).json()
}

/// The keys below `node`, as the library's are shown.
fn ours(node: &Node) -> Json {
    let keys = node.children.iter();
    let keys: Map<_, _> = keys.map(|key| (key.name.clone(), value(key))).collect();
    keys.into()
}

fn value(key: &Node) -> Json {
    match &key.value {
        Value::Node => ours(key),
        Value::Int(number) => json!(number),
        Value::UInt(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Bool(yes) => json!(yes),
        Value::Text(text) => json!(text.to_unicode().expect("valid text")),
        Value::Bytes(bytes) => json!(bytes),
        other => panic!("not loaded: {other:?}"),
    }
}

fn open(bytes: &[u8]) -> File {
    let file = File::open(&Memory::from(bytes.to_vec()), "container").expect("it is sound");
    assert_eq!(file.notes(), []);
    assert_eq!(file.counts().total().wrong, 0);
    file
}

/// Holds both readers against each other; what they agree on.
fn agreed(bytes: &[u8]) -> Json {
    let ours = ours(open(bytes).root());
    assert!(theirs(bytes) == ours, "the readers disagree");
    ours
}

fn reads_the_containers_of_the_demo_as_we_do() -> Outcome {
    let mut count = 0;
    for folder in ["Virtual Machines", "Snapshots"] {
        let folder = repository().join("testdata/demo/web01").join(folder);
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let suffix = path.extension().and_then(|suffix| suffix.to_str());
            if matches!(suffix, Some("vmcx" | "vmrs")) {
                let keys = agreed(&std::fs::read(&path)?);
                assert_eq!(keys["configuration"]["properties"]["version"], 0x900);
                count += 1;
            }
        }
    }
    assert_eq!(count, 6, "a machine and two checkpoints");
    Ok(())
}

/// Every type of value, long ones, and more than one table holds.
fn keys() -> Vec<Key> {
    let drive = |n| Key::node(&format!("drive{n}")).key(Key::text("pathname", r"D:\VMs\a.vhdx"));
    let long: Vec<_> = (0..=255).cycle().take(9000).collect();
    vec![
        Key::node("configuration")
            .key(Key::text("name", "W\u{e4}rme \u{1f600}"))
            .key(Key::node("controller0").keys((0..200).map(drive)))
            .key(Key::new("limit", testkit::vmcx::Value::UInt(u64::MAX)))
            .key(Key::new("part", testkit::vmcx::Value::Double(-2.5)))
            .key(Key::bool("no", false))
            .key(Key::bytes("data", &[1, 2, 255]))
            .key(Key::bytes("long", &long))
            .key(Key::text("long text", &"long ".repeat(1000)))
            .key(Key::node("nvram")),
        Key::node("savedstate").key(Key::int("number", -1)),
    ]
}

fn reads_what_is_written_as_we_do() -> Outcome {
    let before = container(&keys(), &Options::default()).bytes;
    let tree = agreed(&before);
    let rewritten = write(open(&before).root())?;
    assert!(agreed(&rewritten) == tree, "rewriting changed the tree");
    for bytes in [before, rewritten] {
        let path = "configuration/controller0/drive7/pathname";
        for len in [3, 19, 400, 1000, 3000] {
            let text = "y".repeat(len);
            let edited = edited(&bytes, path, &text)?;
            let mut expected = tree.clone();
            expected["configuration"]["controller0"]["drive7"]["pathname"] = json!(text);
            assert!(agreed(&edited) == expected, "{len}: more than the value");
        }
    }
    Ok(())
}

fn edited(bytes: &[u8], path: &str, text: &str) -> Result<Vec<u8>, vmcx::Error> {
    let mut editor = Editor::open(&Memory::from(bytes.to_vec()), "container")?;
    editor.set(path, &Value::Text(text.into()))?;
    Ok(editor.into_bytes())
}

fn reads_a_real_one_edited_and_rewritten() -> Outcome {
    let real = std::fs::read(need::fixtures().join(REAL))?;
    let tree = agreed(&real);
    let rewritten = write(open(&real).root())?;
    assert!(agreed(&rewritten) == tree, "rewriting changed the tree");
    let path = r"\\?\D:\restored machines\web01\Virtual Hard Disks\disk, after the move.vhdx";
    for len in [1_usize, 40, 1000, 2000] {
        let text = path.repeat(len.div_ceil(path.len()));
        let mut expected = tree.clone();
        let pointer = format!("/{DISK}");
        *expected.pointer_mut(&pointer).expect("it has a disk") = json!(text);
        for bytes in [&real, &rewritten] {
            let edited = edited(bytes, DISK, &text)?;
            assert!(agreed(&edited) == expected, "{len}: more than the value");
        }
    }
    Ok(())
}
