//! An encrypted file taken along as it is: ciphertext, keys, and a description of both.
//!
//! `NAME` becomes `NAME.efs-raw`, for each further encrypted stream `NAME:STREAM.efs-raw`,
//! `NAME.efs-metadata` (the `$EFS` attribute, which holds the file's key under the keys of those who
//! may read it) and `NAME.efs.json` (sizes, holes, key holders).

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Memory, Place, ReadAt};
use tree::{Attributes, Efs, Entry, GuestPath, Kind, Metadata, Name, Storage};

use super::Run;
use crate::efs;
use crate::json::Object;
use crate::report::{Line, error_code, error_text};
use crate::sink::codes::{CIPHERTEXT, NO_KEYS};
use crate::sink::{Ending, Item, Note, Stream};

/// FILE_ATTRIBUTE_ENCRYPTED.
const ENCRYPTED: u32 = 0x4000;
/// Longest name that every destination takes as it is, in bytes.
const LONGEST: usize = 255;

/// A stream whose ciphertext was pushed.
struct Pushed {
    stream: Name,
    /// Bytes that it has decrypted.
    size: u64,
    /// Bytes of ciphertext.
    stored: u64,
    /// The name it has at the destination.
    file: String,
    /// Where nothing is stored; decrypted, these are zeros.
    holes: Vec<Range<u64>>,
}

impl Run<'_> {
    /// Pushes what there is of the encrypted file `entry`.
    pub(super) fn push_ciphertext(&self, entry: &Entry, out: &GuestPath) {
        let (mut plain, mut encrypted) = (Vec::new(), vec![(Name::default(), entry.metadata.size)]);
        for stream in self.wanted_streams(entry) {
            match self.job.fs.open(entry.node, Some(&stream.name)) {
                Ok(data) => plain.push(Stream {
                    name: stream.name.clone(),
                    data,
                }),
                Err(_) => encrypted.push((stream.name.clone(), stream.size)),
            }
        }
        let mut pushed = Vec::new();
        for (stream, size) in encrypted {
            let plain = std::mem::take(&mut plain);
            pushed.extend(self.push_stored(entry, out, (stream, size), plain));
        }
        let efs = self.push_keys(entry, out);
        let text = describe(&entry.path, &pushed, efs.as_ref());
        self.push_beside(
            entry,
            out,
            ".efs.json",
            Arc::new(Memory::from(text)),
            Vec::new(),
        );
        let note = Note::new(&CIPHERTEXT, CIPHERTEXT.meaning);
        self.add(Line::about(out, Kind::File, note));
    }

    /// Pushes the ciphertext of one stream, with the streams that are not encrypted.
    fn push_stored(
        &self,
        entry: &Entry,
        out: &GuestPath,
        (stream, size): (Name, u64),
        plain: Vec<Stream>,
    ) -> Option<Pushed> {
        let data = match self.job.fs.open_stored(entry.node, Some(&stream)) {
            Ok(data) => data,
            Err(error) => {
                let mut note = Note::new(error_code(&error), error_text(&error));
                note.stream = Some(stream).filter(|name| !name.is_empty());
                self.add(Line::about(out, Kind::File, note));
                return None;
            }
        };
        let tail = match stream.is_empty() {
            true => ".efs-raw".to_owned(),
            false => format!(":{stream}.efs-raw"),
        };
        let holes = holes(&*data).unwrap_or_default();
        let stored = data.size();
        let file = self.push_beside(entry, out, &tail, data, plain)?;
        Some(Pushed {
            stream,
            size,
            stored,
            file,
            holes,
        })
    }

    /// Pushes the attribute with the keys; what it says.
    fn push_keys(&self, entry: &Entry, out: &GuestPath) -> Option<Efs> {
        let details = self.job.fs.details(entry.node);
        let Some(efs) = details.ok().and_then(|details| details.efs) else {
            let note = Note::new(&NO_KEYS, NO_KEYS.meaning);
            self.add(Line::about(out, Kind::File, note));
            return None;
        };
        let raw = Arc::new(Memory::from(efs.raw.to_vec()));
        self.push_beside(entry, out, ".efs-metadata", raw, Vec::new());
        Some(efs)
    }

    /// Pushes `data` as a file beside the place of `entry`; its name there, if it could be put.
    fn push_beside(
        &self,
        entry: &Entry,
        out: &GuestPath,
        tail: &str,
        data: Arc<dyn ReadAt>,
        streams: Vec<Stream>,
    ) -> Option<String> {
        let metadata = Metadata {
            size: data.size(),
            allocated: data.size(),
            attributes: Attributes(entry.metadata.attributes.0 & !ENCRYPTED),
            links: 1,
            storage: Storage::Plain,
            ..entry.metadata.clone()
        };
        let path = beside(out, tail);
        let item = Item {
            path: &path,
            metadata: &metadata,
            data: Some(data),
            streams,
            origin: self.origin(entry.node),
            watch: self.watch,
        };
        let answer = self.sink.file(&item);
        let place = answer
            .as_ref()
            .ok()
            .and_then(|outcome| outcome.place.as_ref());
        let name = place.and_then(|place| place.file_name());
        let name = name.map(|name| name.to_string_lossy().into_owned());
        let ending = self.record(&item, answer)?;
        self.count(&item, Some(&ending), |report| report.files += 1);
        let put = matches!(ending, Ending::Written | Ending::Renamed | Ending::Lost(_));
        put.then(|| name.unwrap_or_else(|| path.name().unwrap_or_default().to_string()))
    }
}

/// `path` with `tail` at the end of its name, which is cut where both are too long for a destination.
fn beside(path: &GuestPath, tail: &str) -> GuestPath {
    let name = path.name().unwrap_or_default();
    let mut room = LONGEST.saturating_sub(tail.len());
    let units = char::decode_utf16(name.to_utf16());
    let units = units.take_while(|unit| {
        let len = unit.as_ref().map_or(3, |char| char.len_utf8());
        let fits = len <= room;
        room = room.saturating_sub(len);
        fits
    });
    let mut kept = Vec::new();
    for unit in units {
        match unit {
            Ok(char) => kept.extend(char.encode_utf16(&mut [0; 2]).iter().copied()),
            Err(lone) => kept.push(lone.unpaired_surrogate()),
        }
    }
    kept.extend(tail.encode_utf16());
    path.parent()
        .unwrap_or_default()
        .join(&Name::from_utf16(kept))
}

/// The ranges of `data` in which nothing is stored.
fn holes(data: &dyn ReadAt) -> io::Result<Vec<Range<u64>>> {
    let mut holes: Vec<Range<u64>> = Vec::new();
    let mut at = 0;
    while at < data.size() {
        let run = data.run_at(at, data.size() - at)?;
        let end = at + run.len.max(1);
        if let Place::Hole = run.place {
            match holes.last_mut() {
                Some(last) if last.end == at => last.end = end,
                _ => holes.push(at..end),
            }
        }
        at = end;
    }
    Ok(holes)
}

/// The document beside the ciphertext: one JSON object.
fn describe(path: &GuestPath, pushed: &[Pushed], efs: Option<&Efs>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    object
        .text("type", "efs")
        .wtf8("path", "/", path.as_bytes());
    object.list("streams", pushed, |out, pushed| {
        let mut object = Object::begin(out);
        object.wtf8("stream", "", pushed.stream.as_bytes());
        object
            .number("size", pushed.size)
            .number("stored", pushed.stored);
        object.text("file", &pushed.file);
        object.list("holes", &pushed.holes, |out, hole| {
            let mut object = Object::begin(out);
            object
                .number("offset", hole.start)
                .number("length", hole.end - hole.start);
            object.end();
        });
        object.end();
    });
    if let Some(efs) = efs {
        object.object("efs", |object| efs::write(object, efs));
    }
    object.end_line();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_before_the_tail() {
        let path = |name: &str| GuestPath::root().join(&Name::from(name));
        assert_eq!(
            beside(&"a/b.txt".into(), ".efs-raw"),
            "a/b.txt.efs-raw".into()
        );
        let long = beside(&path(&"\u{1F512}".repeat(127)), ".efs-raw");
        let name = long.name().expect("a name");
        assert!((252..=255).contains(&name.as_bytes().len()), "{name}");
        assert!(name.to_string().ends_with("\u{1F512}.efs-raw"), "{name}");
        let lone = Name::from_utf16([0xD800]);
        let kept = beside(&GuestPath::root().join(&lone), ".x");
        let expected = Name::from_utf16([0xD800, 0x2E, 0x78]);
        assert_eq!(kept.name(), Some(expected));
    }
}
