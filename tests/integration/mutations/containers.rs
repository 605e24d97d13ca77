//! Containers of configurations: small ones of each layout, one with a log to be applied.

use std::sync::Arc;

use blockio::ReadAt;
use testkit::vmcx::{Built, Key, Options, container, pending};
use vmcx::container::{Editor, File, write};
use vmcx::{Node, Text, Value};

use super::base::{Base, holds_something};

pub(super) fn bases() -> Vec<Base> {
    let plain = Options::default;
    let log_last = Options {
        log_last: true,
        outside_from: 8,
        ..plain()
    };
    let chained = Options {
        children_first: true,
        slots: 1,
        ..plain()
    };
    let images = [
        state(0, &plain()).bytes,
        state(0, &log_last).bytes,
        state(0, &chained).bytes,
        pending(&state(0, &plain()), &state(1, &plain())),
    ];
    images.map(|image| Base::new(image, holds_something)).into()
}

fn state(step: i64, options: &Options) -> Built {
    let drive = |n| {
        Key::node(&format!("drive{n}"))
            .key(Key::text("pathname", &format!(r"D:\VMs\disk {n}.vhdx")))
            .key(Key::int("weight", n * step))
    };
    let configuration = Key::node("configuration")
        .key(Key::text("name", "W\u{e4}rme"))
        .key(Key::node("controller0").keys((0..20).map(drive)))
        .key(Key::node("nvram"))
        .key(Key::bytes("long", &[7; 5000]))
        .key(Key::bool("yes", true));
    container(&[configuration, Key::int("step", step)], options)
}

/// Opens the image and asks everything of it; whether it could be opened.
pub(super) fn ask(image: Arc<dyn ReadAt>) -> bool {
    let Ok(file) = File::open(&image, "damaged.vmcx") else {
        return false;
    };
    for fault in file.notes() {
        assert!(fault.to_string().contains(fault.code.id), "{fault:?}");
    }
    let _ = (file.counts().total(), file.version());
    if let Ok(bytes) = write(file.root()) {
        rewritten(&bytes, file.root());
    }
    let text = Value::Text(Text::from("another text, which is longer than the old one"));
    let path = "configuration/controller0/drive7/pathname";
    if let Ok(mut editor) = Editor::open(&image, "damaged.vmcx")
        && editor.set(path, &text).is_ok()
    {
        // Whether it holds what it should is for `Document::edit` to tell.
        let bytes = blockio::Memory::from(editor.into_bytes());
        File::open(&bytes, "edited.vmcx").expect("nothing that is needed was touched");
    }
    true
}

/// What is written of a damaged file is no worse than what was read of it.
fn rewritten(bytes: &[u8], root: &Node) {
    let bytes = blockio::Memory::from(bytes.to_vec());
    let file = File::open(&bytes, "written.vmcx").expect("it has just been written");
    assert_eq!(file.notes(), [], "a written file has no faults");
    assert_eq!(count(file.root()), count(root));
}

fn count(node: &Node) -> usize {
    1 + node.children.iter().map(count).sum::<usize>()
}
