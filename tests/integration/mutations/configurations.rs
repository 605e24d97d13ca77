//! Configurations of machines: the XML in each encoding, and a container.

use std::sync::Arc;

use blockio::{Memory, ReadAt};
use testkit::configuration::{Configuration, Drive, Plug};
use testkit::configuration_xml::{self, Encoding};
use testkit::vmcx::{Key, Options, container};
use uuid::Uuid;
use vmcx::{Document, Edit, Format, Node, RuntimeState, Text, Value};

use super::base::{Base, holds_something};

/// Keys that one image is edited at; a damaged one may have any number.
const MOST_EDITS: usize = 3;

pub(super) fn bases() -> Vec<Base> {
    let keys = keys();
    let xml = |encoding| configuration_xml::write(&keys, encoding);
    let images = [
        xml(Encoding::Utf16Le),
        xml(Encoding::Utf16Be),
        xml(Encoding::Utf8),
        container(std::slice::from_ref(&keys), &Options::default()).bytes,
    ];
    images.map(|image| Base::new(image, holds_something)).into()
}

fn keys() -> Key {
    let drive = |location| Drive {
        plug: Plug::Scsi(0, location),
        kind: "VHD".to_owned(),
        path: format!("D:\\VMs\\W\u{e4}rme & <{location}>.vhdx"),
    };
    let configuration = Configuration {
        drives: (0..3).map(drive).collect(),
        ..Configuration::new("web01", Uuid::from_u128(7), 1)
    };
    let mut keys = configuration.keys();
    keys.set("savedstate/type", "Normal");
    keys.set("renamed_files/file1/renamed_file_name", "a.avhdx");
    keys.set(
        "global_settings/replication/settings/primary_server",
        "hv01",
    );
    keys
}

/// Opens the image and asks everything of it; whether it could be opened.
pub(super) fn ask(image: Arc<dyn ReadAt>) -> bool {
    let Ok(document) = Document::open(&image, "damaged.xml") else {
        return false;
    };
    let configuration = document.configuration();
    for fault in document.notes().iter().chain(&configuration.oddities) {
        assert!(fault.to_string().contains(fault.code.id), "{fault:?}");
    }
    let _ = (configuration.disks().count(), document.is_configuration());
    let _ = RuntimeState::of(document.root());
    let mut texts = Vec::new();
    list(document.root(), "", &mut texts);
    let step = texts.len() / MOST_EDITS + 1;
    texts
        .iter()
        .step_by(step)
        .for_each(|path| edited(&document, path));
    true
}

/// Paths of the keys that hold text and share their path with no other.
fn list(node: &Node, path: &str, texts: &mut Vec<String>) {
    for key in &node.children {
        let alone = node.children.iter().filter(|other| other.name == key.name);
        if key.name.contains('/') || alone.count() > 1 {
            continue;
        }
        let path = match path {
            "" => key.name.clone(),
            path => format!("{path}/{}", key.name),
        };
        match key.value {
            Value::Text(_) => texts.push(path),
            _ => list(key, &path, texts),
        }
    }
}

/// What can be edited reads so, and edited back as it was at first.
fn edited(document: &Document, path: &str) {
    let new = Text::from("another text, longer than <any> & all of the old ones were");
    let Ok(bytes) = document.edit(&[Edit::set(path, new.clone())]) else {
        return;
    };
    let open = |bytes: &[u8]| {
        let bytes = Memory::from(bytes.to_vec());
        Document::open(&bytes, "edited.xml").expect("it was opened before")
    };
    let changed = open(&bytes);
    assert_eq!(changed.root().text_at(path), Some(&new), "{path}");
    let old = document.root().text_at(path).expect("it was listed");
    let Ok(back) = changed.edit(&[Edit::set(path, old.clone())]) else {
        return;
    };
    if document.format() == Format::Xml {
        assert!(open(&back).root() == document.root(), "{path}");
    }
}
