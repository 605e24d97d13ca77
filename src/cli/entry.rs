//! One entry of a listing, as a line for people or for scripts.

use std::fmt::Write as _;

use tree::{Entry, FileSystem, Kind, Metadata};

use crate::cli::text;
use crate::deleted::Remains;
use crate::json::Object;
use crate::open::Volume;

/// Appends `entry` of `volume` to `out` as one JSON line.
pub fn write_json(out: &mut Vec<u8>, volume: &Volume, entry: &Entry) {
    let mut object = Object::begin(out);
    object.text("type", "entry").text("volume", &volume.name);
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
        object.object("reparse", |object| {
            write_reparse(object, tag, &*volume.fs, entry)
        });
    }
    if entry.unindexed {
        object.flag("unindexed", true);
    }
    if let Some(remains) = remains(volume, entry) {
        object.object("deleted", |object| {
            object.text("content", remains.content.word());
            object
                .maybe_text("state", remains.state)
                .number("lost", remains.lost);
        });
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

/// What there is to have of a deleted file.
fn remains<'v>(volume: &'v Volume, entry: &Entry) -> Option<Remains<'v>> {
    let deleted = volume.deleted.as_ref()?;
    deleted.remains(entry.node, &entry.metadata)
}

/// Appends that `entry` was deleted, and what there is to have of it.
pub fn write_remains(out: &mut String, volume: &Volume, entry: &Entry) {
    let Some(remains) = remains(volume, entry) else {
        return;
    };
    out.push_str(" [deleted");
    let _ = match remains.state {
        Some(state) => write!(out, ", as in {}", text::escape(state)),
        None if entry.metadata.kind == Kind::Directory => Ok(()),
        None => write!(out, ", {}", remains.content.word()),
    };
    if remains.lost > 0 {
        let _ = write!(
            out,
            ", {} of {} bytes lost",
            remains.lost, entry.metadata.size
        );
    }
    out.push(']');
}

/// Appends the columns of `ls -l`: attributes, size, time, then `name`.
pub fn write_long(out: &mut String, volume: &Volume, entry: &Entry, name: &str) {
    let metadata = &entry.metadata;
    let flags = flags(metadata);
    let modified = text::seconds(metadata.modified);
    let _ = write!(out, "{flags} {:>15} {modified:>19}  {name}", metadata.size);
    if let Ok(link) = volume.fs.read_link(entry.node) {
        let _ = write!(out, " -> {}", text::escape(&link.target.to_string()));
    }
    if let Some(word) = metadata.storage.word() {
        let _ = write!(out, " [{word}]");
    }
    write_remains(out, volume, entry);
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
