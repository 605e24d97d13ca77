//! One entry, with its streams opened, pushed into the sink.

use tree::{Deleted, Entry, Error, GuestPath, Kind, Metadata, Name, NodeId, Storage, StreamInfo};

use super::Run;
use super::batch::Opened;
use super::hard_links::First;
use crate::report::{Line, Report, error_code, error_text};
use crate::sink::codes::{FOLDER_ELSEWHERE, NOT_A_FILE, NOT_VOUCHED, STREAM_LEFT_OUT};
use crate::sink::{Ending, Item, Note, Origin, Outcome, Stream};

/// What the name of a deleted file ends with that nobody can vouch for.
const UNVERIFIED_TAIL: &[u8] = b".unverified";

impl Run<'_> {
    /// Pushes what is no directory; `data` is its unnamed stream, where that is open already.
    pub(super) fn push(&self, entry: &Entry, data: Option<Opened>) {
        let out = self.place_of(entry);
        if entry.metadata.kind != Kind::File {
            self.leave_streams(entry, &out);
        }
        match entry.metadata.kind {
            Kind::File if entry.metadata.links > 1 => self.push_one_of_many(entry, &out),
            Kind::File => {
                self.push_file(entry, &out, data);
            }
            Kind::Symlink | Kind::Junction => self.push_link(entry, &out),
            Kind::Other | Kind::Directory => self.leave_out(entry, &out),
        }
    }

    /// Where an entry goes in the output; a deleted file that nobody can vouch for says so there.
    fn place_of(&self, entry: &Entry) -> GuestPath {
        let out = self.out(&entry.path);
        match (out.parent(), out.name()) {
            (Some(folder), Some(name)) if is_unverified(&entry.metadata) => {
                let marked = [name.as_bytes(), UNVERIFIED_TAIL].concat();
                folder.join(&Name::from_bytes(&marked))
            }
            _ => out,
        }
    }

    /// What is no file has nothing to restore, unless something hides what it has.
    fn leave_out(&self, entry: &Entry, out: &GuestPath) {
        let kind = entry.metadata.kind;
        if let Err(Error::Fault(fault)) = self.job.fs.open(entry.node, None) {
            return self.lose(out, kind, (fault.code, fault.to_string()));
        }
        let note = Note::new(&NOT_A_FILE, NOT_A_FILE.meaning);
        let outcome = Outcome::of(Ending::Skipped(note));
        self.add(Line::of(out, kind, 0, &outcome));
    }

    /// Says of a directory that was made that what is in it may be elsewhere in part.
    pub(super) fn tell_of_elsewhere(&self, item: &Item<'_>) {
        let metadata = item.metadata;
        let tag = metadata
            .reparse_tag
            .filter(|_| metadata.storage != Storage::Plain);
        let Some(tag) = tag else {
            return;
        };
        let owner = tree::reparse_owner(tag).unwrap_or("unknown software");
        let message = format!(
            "{}: reparse tag {tag:#010x} of {owner}",
            FOLDER_ELSEWHERE.meaning
        );
        let note = Note::new(&FOLDER_ELSEWHERE, message);
        self.add(Line::about(item.path, metadata.kind, note));
    }

    /// Pushes a directory; whether it was made.
    pub(super) fn push_dir(&self, item: &Item<'_>) -> bool {
        let ending = self.record(item, self.sink.dir(item));
        self.count(item, ending.as_ref(), |report| report.directories += 1);
        ending.is_some_and(|ending| ending.is_whole())
    }

    /// Pushes a file with its data; what became of it, if anything did.
    fn push_file(&self, entry: &Entry, out: &GuestPath, opened: Option<Opened>) -> Option<Ending> {
        if self.job.options.ciphertext && entry.metadata.storage == Storage::Efs {
            self.push_ciphertext(entry, out);
            return None;
        }
        let data = match opened.unwrap_or_else(|| self.job.fs.open(entry.node, None)) {
            Ok(data) => Some(data),
            // A file without any data at all, not even of no bytes.
            Err(Error::NotFound) => None,
            Err(error) => {
                self.lose(out, Kind::File, (error_code(&error), error_text(&error)));
                return None;
            }
        };
        let streams = self.open_streams(entry, out);
        let item = Item {
            path: out,
            metadata: &entry.metadata,
            data,
            streams,
            origin: self.origin(entry.node),
            watch: self.watch,
        };
        let ending = self.record(&item, self.sink.file(&item));
        self.count(&item, ending.as_ref(), |report| report.files += 1);
        if is_unverified(&entry.metadata)
            && matches!(
                ending,
                Some(Ending::Written | Ending::Renamed | Ending::Lost(_))
            )
        {
            let note = Note::new(&NOT_VOUCHED, NOT_VOUCHED.meaning);
            self.add(Line::about(out, Kind::File, note));
        }
        ending
    }

    /// Pushes a file with several names: the first with its data, the others as names of it.
    fn push_one_of_many(&self, entry: &Entry, out: &GuestPath) {
        match self
            .hard_links
            .first_or_wait(entry.node, out, entry.metadata.links)
        {
            First::Me => {
                let ending = self.push_file(entry, out, None);
                let written = ending.is_some_and(|ending| ending.is_whole());
                self.hard_links.settle(entry.node, written);
            }
            First::Failed => {
                self.push_file(entry, out, None);
            }
            First::At(first) => self.push_name(entry, out, &first),
        }
    }

    fn push_name(&self, entry: &Entry, out: &GuestPath, first: &GuestPath) {
        let item = self.bare_item(entry, out);
        let answer = self.sink.hard_link(&item, first);
        if matches!(
            &answer,
            Ok(Outcome {
                ending: Ending::Declined,
                ..
            })
        ) {
            self.push_file(entry, out, None);
            return;
        }
        let ending = self.record(&item, answer);
        self.count(&item, ending.as_ref(), |report| report.hard_links += 1);
    }

    fn push_link(&self, entry: &Entry, out: &GuestPath) {
        let item = self.bare_item(entry, out);
        let link = match self.job.fs.read_link(entry.node) {
            Ok(link) => link,
            Err(error) => {
                let found = (error_code(&error), error_text(&error));
                return self.lose(out, entry.metadata.kind, found);
            }
        };
        let inside = self.inside(&entry.path, &link);
        let ending = self.record(&item, self.sink.link(&item, &link, inside.as_ref()));
        self.count(&item, ending.as_ref(), |report| report.links += 1);
    }

    /// Says of each named stream of a link, or of what is not restored, that it is left out.
    fn leave_streams(&self, entry: &Entry, out: &GuestPath) {
        for stream in self.wanted_streams(entry) {
            let mut note = Note::new(&STREAM_LEFT_OUT, STREAM_LEFT_OUT.meaning);
            note.stream = Some(stream.name.clone());
            self.add(Line::about(out, entry.metadata.kind, note));
        }
    }

    fn bare_item<'i>(&'i self, entry: &'i Entry, out: &'i GuestPath) -> Item<'i> {
        let (metadata, watch) = (&entry.metadata, self.watch);
        Item {
            path: out,
            metadata,
            data: None,
            streams: Vec::new(),
            origin: self.origin(entry.node),
            watch,
        }
    }

    /// Where the item `node` comes from.
    pub(super) fn origin(&self, node: NodeId) -> Origin<'_> {
        let fs = self.job.fs;
        Origin { fs, node }
    }

    /// The named streams of an entry, unless the sink has no use for any.
    pub(super) fn wanted_streams<'e>(&self, entry: &'e Entry) -> &'e [StreamInfo] {
        if self.sink.takes_streams() {
            &entry.streams
        } else {
            &[]
        }
    }

    /// The named streams of an entry, opened; one that cannot be is lost, and the others go on.
    pub(super) fn open_streams(&self, entry: &Entry, out: &GuestPath) -> Vec<Stream> {
        let mut streams = Vec::new();
        for stream in self.wanted_streams(entry) {
            match self.job.fs.open(entry.node, Some(&stream.name)) {
                Ok(data) => streams.push(Stream {
                    name: stream.name.clone(),
                    data,
                }),
                Err(error) => {
                    let mut note = Note::new(error_code(&error), error_text(&error));
                    note.stream = Some(stream.name.clone());
                    self.add(Line::about(out, entry.metadata.kind, note));
                }
            }
        }
        streams
    }

    /// Counts an item by what became of it.
    pub(super) fn count(
        &self,
        item: &Item<'_>,
        ending: Option<&Ending>,
        whole: impl FnOnce(&mut Report),
    ) {
        let mut report = self.report();
        match ending {
            Some(Ending::Written | Ending::Renamed) => {
                whole(&mut report);
                report.streams += item.streams.len() as u64;
                report.bytes += item.size();
            }
            Some(Ending::Present) => report.present += 1,
            Some(Ending::Lost(partial)) if partial.place.is_some() => {
                report.partial += 1;
                report.bytes += item.size() - partial.lost_bytes();
            }
            _ => {}
        }
    }
}

/// Whether it is a deleted file whose clusters may be another's by now.
fn is_unverified(metadata: &Metadata) -> bool {
    metadata.kind == Kind::File && metadata.deleted == Some(Deleted::Unverified)
}
