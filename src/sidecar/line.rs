//! How an item becomes a line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use security::Descriptor;

use crate::facts::{Facts, id_bytes};
use crate::json::Object;
use crate::sink::{Ending, Item, Outcome, StreamFate, StreamPlace};

/// Marks a descriptor in the table and in items: the beginning of its hash, in hex.
pub(super) type DescriptorId = [u8; 32];

/// The id of these bytes.
pub(super) fn descriptor_id(raw: &[u8]) -> DescriptorId {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut id = [0; 32];
    for (pair, byte) in id.chunks_exact_mut(2).zip(blake3::hash(raw).as_bytes()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    id
}

/// The id as text.
pub(super) fn id_text(id: &DescriptorId) -> &str {
    std::str::from_utf8(id).expect("hex digits")
}

/// Writes the line of a descriptor: its text, and its bytes where the text does not say it all.
pub(super) fn write_descriptor(out: &mut Vec<u8>, id: &DescriptorId, raw: &[u8]) {
    let mut object = Object::begin(out);
    object.text("type", "security").text("id", id_text(id));
    let parsed = Descriptor::parse(raw).ok();
    let sddl = parsed.as_ref().map(Descriptor::sddl);
    if let Some(sddl) = &sddl {
        object.text("sddl", sddl);
    }
    let read_back = sddl.and_then(|sddl| sddl.parse().ok());
    if parsed.is_none() || read_back != parsed {
        object.text("raw", &STANDARD.encode(raw));
    }
    object.end_line();
}

/// What is to be written of one item.
pub(super) struct Record<'a> {
    pub(super) item: &'a Item<'a>,
    /// Its place in DEST.
    pub(super) to: &'a str,
    pub(super) outcome: &'a Outcome,
    pub(super) facts: &'a Facts,
    /// Its descriptor, which is in the table.
    pub(super) security: Option<DescriptorId>,
    /// A place in DEST as text, of a stream's file.
    pub(super) place_of: &'a dyn Fn(&std::path::Path) -> Option<String>,
}

impl Record<'_> {
    /// Writes the line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut object = self.begin(out);
        match &self.outcome.ending {
            Ending::Lost(_) => {
                object.flag("partial", true);
            }
            Ending::Skipped(_) => {
                object.flag("left_out", true);
            }
            Ending::Written | Ending::Renamed | Ending::Present | Ending::Declined => {}
        }
        let metadata = self.item.metadata;
        if self.item.data.is_some() {
            object.number("size", metadata.size);
        }
        object.number("attribute_bits", metadata.attributes.0.into());
        object.time("created", metadata.created);
        object.time("modified", metadata.modified);
        object.time("changed", metadata.changed);
        object.time("accessed", metadata.accessed);
        if let Some(id) = &self.security {
            object.text("security", id_text(id));
        }
        self.write_facts(&mut object);
        object.end_line();
    }

    fn begin<'o>(&self, out: &'o mut Vec<u8>) -> Object<'o> {
        begin(out, self.item, self.to)
    }

    fn write_facts(&self, object: &mut Object<'_>) {
        let facts = self.facts;
        if let Some(name) = &facts.short_name {
            object.wtf8("short_name", "", name.as_bytes());
        }
        if !self.outcome.streams.is_empty() {
            object.list("streams", &self.outcome.streams, |out, stream| {
                self.write_stream(out, stream);
            });
        }
        if !facts.extended_attributes.is_empty() {
            object.list(
                "extended_attributes",
                &facts.extended_attributes,
                |out, ea| {
                    let mut object = Object::begin(out);
                    object.wtf8("name", "", ea.name.as_bytes());
                    object.number("flags", ea.flags.into());
                    object.text("value", &STANDARD.encode(&ea.value));
                    object.end();
                },
            );
        }
        if let Some(id) = &facts.object_id {
            object.text("object_id", &STANDARD.encode(id_bytes(id)));
        }
        if let Some((tag, data)) = &facts.reparse {
            object.object("reparse", |object| {
                object.number("tag", (*tag).into());
                object.text("data", &STANDARD.encode(data));
            });
        }
    }

    fn write_stream(&self, out: &mut Vec<u8>, stream: &StreamPlace) {
        let mut object = Object::begin(out);
        object.wtf8("name", "", stream.name.as_bytes());
        object.number("size", stream.size);
        match &stream.fate {
            StreamFate::Inside => object.text("kept", "inside"),
            StreamFate::Lost => object.text("kept", "lost"),
            StreamFate::Beside(place) => {
                object.text("kept", "beside");
                object.maybe_text("to", (self.place_of)(place).as_deref())
            }
        };
        object.end();
    }
}

/// Writes the line of one more name of the file at `link_of`.
pub(super) fn write_name(out: &mut Vec<u8>, item: &Item<'_>, to: &str, link_of: &str) {
    let mut object = begin(out, item, to);
    object.text("link_of", link_of);
    object.end_line();
}

fn begin<'o>(out: &'o mut Vec<u8>, item: &Item<'_>, to: &str) -> Object<'o> {
    let mut object = Object::begin(out);
    object
        .text("type", "item")
        .wtf8("path", "/", item.path.as_bytes());
    object
        .text("to", to)
        .text("kind", item.metadata.kind.word());
    object
}
