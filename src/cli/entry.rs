//! One entry of a listing, as a line for people or for scripts.

use std::fmt::Write as _;

use tree::{Entry, FileSystem, Kind, Metadata};

use crate::cli::text;
use crate::json::Object;

/// Appends `entry` of the volume called `volume` to `out` as one JSON line.
pub fn write_json(out: &mut Vec<u8>, fs: &dyn FileSystem, volume: &str, entry: &Entry) {
    let mut object = Object::begin(out);
    object.text("type", "entry").text("volume", volume);
    object.wtf8("path", "/", entry.path.as_bytes());
    write_metadata(&mut object, &entry.metadata);
    object.list("streams", &entry.streams, |out, stream| {
        let mut object = Object::begin(out);
        object
            .wtf8("name", "", stream.name.as_bytes())
            .number("size", stream.size);
        object.end();
    });
    if let Some(tag) = entry.metadata.reparse_tag {
        object.object("reparse", |object| write_reparse(object, tag, fs, entry));
    }
    if entry.unindexed {
        object.flag("unindexed", true);
    }
    object.end_line();
}

/// The fields of `metadata`.
pub fn write_metadata(object: &mut Object<'_>, metadata: &Metadata) {
    object.text("kind", metadata.kind.word());
    object.number("record", metadata.number);
    object
        .number("size", metadata.size)
        .number("allocated", metadata.allocated);
    object.list(
        "attributes",
        metadata.attributes.names(),
        crate::json::quote,
    );
    object
        .time("created", metadata.created)
        .time("modified", metadata.modified);
    object
        .time("changed", metadata.changed)
        .time("accessed", metadata.accessed);
    object.number("links", metadata.links.into());
    if let Some(word) = metadata.storage.word() {
        object.text("storage", word);
    }
}

fn write_reparse(object: &mut Object<'_>, tag: u32, fs: &dyn FileSystem, entry: &Entry) {
    object.text("tag", &format!("{tag:#010x}"));
    if let Some(owner) = tree::reparse_owner(tag) {
        object.text("owner", owner);
    }
    if let Ok(link) = fs.read_link(entry.node) {
        object.wtf8("target", "", link.target.as_bytes());
        object
            .wtf8("print", "", link.print.as_bytes())
            .flag("relative", link.relative);
    }
}

/// Appends the columns of `ls -l`: attributes, size, time, then `name`.
pub fn write_long(out: &mut String, fs: &dyn FileSystem, entry: &Entry, name: &str) {
    let metadata = &entry.metadata;
    let flags = flags(metadata);
    let modified = text::seconds(metadata.modified);
    let _ = write!(out, "{flags} {:>15} {modified:>19}  {name}", metadata.size);
    if let Ok(link) = fs.read_link(entry.node) {
        let _ = write!(out, " -> {}", text::escape(&link.target.to_string()));
    }
    if let Some(word) = metadata.storage.word() {
        let _ = write!(out, " [{word}]");
    }
    for stream in &entry.streams {
        let stream_name = stream.name.to_string();
        let _ = write!(
            out,
            "\n{:6} {:>15} {:19}  {name}:{}",
            "",
            stream.size,
            "",
            text::escape(&stream_name)
        );
    }
    out.push('\n');
}

/// `darhsl`: directory, archive, read-only, hidden, system, link, as in PowerShell's `Mode`.
fn flags(metadata: &Metadata) -> String {
    let attribute = |bit, letter| {
        if metadata.attributes.contains(bit) {
            letter
        } else {
            '-'
        }
    };
    let kind = if metadata.kind == Kind::Directory {
        'd'
    } else {
        '-'
    };
    let link = if matches!(metadata.kind, Kind::Symlink | Kind::Junction) {
        'l'
    } else {
        '-'
    };
    [
        kind,
        attribute(0x20, 'a'),
        attribute(0x1, 'r'),
        attribute(0x2, 'h'),
        attribute(0x4, 's'),
        link,
    ]
    .iter()
    .collect()
}
