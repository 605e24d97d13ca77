//! Documents of either format, made and edited; XML that is hostile, broken, or none.
//!
//! | module | holds |
//! |---|---|
//! | [`editing`] | values replaced, keys removed, everything else as it was |
//! | [`hostile`] | what must be refused, and what damage leaves to be read |
//! | [`meaning`] | what the model makes of keys that real files may hold |

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly"
)]

#[path = "documents/editing.rs"]
mod editing;
#[path = "documents/hostile.rs"]
mod hostile;
#[path = "documents/meaning.rs"]
mod meaning;

use blockio::Memory;
use hvrestore_vmcx::{Document, Error};
use testkit::configuration::{Configuration, Drive, Plug};
use testkit::configuration_xml::{self, Encoding};
use testkit::vmcx::{Key, Options, container};
use uuid::{Uuid, uuid};

const ID: Uuid = uuid!("11111111-2222-3333-4444-555555555555");

fn try_open(bytes: impl Into<Vec<u8>>) -> Result<Document, Error> {
    Document::open(&Memory::from(bytes.into()), "web01.xml")
}

fn open(bytes: impl Into<Vec<u8>>) -> Document {
    try_open(bytes).unwrap()
}

/// Keys of a machine with one disk.
fn machine() -> Configuration {
    let disk = Drive {
        plug: Plug::Scsi(0, 0),
        kind: "VHD".to_owned(),
        path: r"D:\VMs\web01.vhdx".to_owned(),
    };
    Configuration {
        drives: vec![disk],
        ..Configuration::new("web01", ID, 2)
    }
}

fn xml(keys: &Key) -> Vec<u8> {
    configuration_xml::write(keys, Encoding::Utf16Le)
}

/// The same keys in both formats.
fn both(keys: &Key) -> [Document; 2] {
    let container = container(std::slice::from_ref(keys), &Options::default());
    [open(xml(keys)), open(container.bytes)]
}

/// UTF-16LE with a byte order mark.
fn utf16(text: &str) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
