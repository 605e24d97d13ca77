//! How one file, or one stream beside it, is saved.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;

use blockio::ReadAt;
use tree::Name;

use super::{Folder, Open, lock, skipped};
use crate::copy::{self, Lost, Target};
use crate::output::Output;
use crate::progress::Watch;
use crate::sink::codes::{SKIPPED, STREAM_BESIDE};
use crate::sink::host_name::with_tail;
use crate::sink::streams::{Kept, beside, keep_inside};
use crate::sink::{
    Ending, Error, Item, Note, Outcome, Partial, Stream, StreamFate, StreamMode, StreamPlace,
};

/// One stream to be saved as a file.
struct Piece<'a> {
    wanted: &'a OsStr,
    /// None: an empty file.
    data: Option<&'a dyn ReadAt>,
    /// Its name, if it is not the unnamed one.
    stream: Option<&'a Name>,
}

/// What became of a piece.
enum Saved {
    Whole(OsString),
    Partly(Partial),
    /// What was there stays.
    Left,
}

impl Folder {
    /// Saves a file with its streams.
    pub(super) fn save_file(&self, open: &Open, item: &Item<'_>) -> Result<Outcome, Error> {
        let wanted = self.wanted(item.path);
        let piece = Piece {
            wanted: &wanted,
            data: item.data.as_deref(),
            stream: None,
        };
        let mut left = Vec::new();
        let mut outcome = Outcome::of(Ending::Written);
        let saved = self.save(open, item, &piece, &mut outcome, |output| {
            left = self.streams_inside(open, (output.name(), output.file()), item)?;
            Ok(())
        })?;
        let name = match saved {
            Saved::Left => return Ok(skipped()),
            Saved::Whole(name) => {
                let written = self.written(item.path, open, &name);
                (outcome.ending, outcome.place) = (written.ending, written.place);
                name
            }
            Saved::Partly(partial) => {
                outcome.place.clone_from(&partial.place);
                outcome.ending = Ending::Lost(partial);
                wanted
            }
        };
        self.save_beside(open, &name, &left, item, &mut outcome)?;
        Ok(outcome)
    }

    /// Keeps the streams of the folder `open`, which is `name` in its parent, or the root.
    pub(super) fn keep_streams(
        &self,
        open: &Open,
        name: Option<(&Open, &OsStr)>,
        item: &Item<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let left = self.streams_inside(open, (None, open.dir.file()), item)?;
        let (parent, name) = name.unwrap_or((open, OsStr::new("")));
        self.save_beside(parent, name, &left, item, outcome)
    }

    /// Keeps what it can of the streams in the file itself; the ones that are left.
    fn streams_inside<'i>(
        &self,
        open: &Open,
        node: (Option<&OsStr>, &File),
        item: &'i Item<'_>,
    ) -> Result<Vec<&'i Stream>, Error> {
        let mut left = Vec::new();
        for stream in &item.streams {
            let kept = match self.options.streams {
                StreamMode::Leave => Kept::Inside,
                StreamMode::Files => Kept::Refused,
                StreamMode::Native => {
                    keep_inside(&*self.calls, &open.dir, node, stream, item.watch)?
                }
            };
            if matches!(kept, Kept::Refused) {
                left.push(stream);
            }
        }
        Ok(left)
    }

    /// Saves the streams that are `left` as files beside `name`, and says so.
    fn save_beside(
        &self,
        open: &Open,
        name: &OsStr,
        left: &[&Stream],
        item: &Item<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        for stream in &item.streams {
            let mut fate = StreamFate::Inside;
            if left.iter().any(|left| std::ptr::eq(*left, stream)) {
                fate = self.save_one_beside(open, name, stream, item, outcome)?;
            }
            let (name, size) = (stream.name.clone(), stream.data.size());
            outcome.streams.push(StreamPlace { name, size, fate });
        }
        Ok(())
    }

    fn save_one_beside(
        &self,
        open: &Open,
        name: &OsStr,
        stream: &Stream,
        item: &Item<'_>,
        outcome: &mut Outcome,
    ) -> Result<StreamFate, Error> {
        let wanted = beside(name, &stream.name, self.rules);
        let piece = Piece {
            wanted: &wanted,
            data: Some(&*stream.data),
            stream: Some(&stream.name),
        };
        let mut scratch = Outcome::of(Ending::Written);
        let saved = self.save(open, item, &piece, &mut scratch, |_| Ok(()));
        let (code, message, fate) = match saved {
            Ok(Saved::Left) => (
                &SKIPPED,
                wanted.to_string_lossy().into(),
                StreamFate::Beside(open.place.join(wanted)),
            ),
            Ok(Saved::Partly(partial)) => (partial.code(), partial.message(), StreamFate::Lost),
            Ok(Saved::Whole(name)) => {
                let place = open.place.join(name);
                let shown = place.display().to_string();
                (&STREAM_BESIDE, shown, StreamFate::Beside(place))
            }
            Err(Error::Item(refusal)) => (refusal.code, refusal.to_string(), StreamFate::Lost),
            Err(stop) => return Err(stop),
        };
        // As asked for: nothing to be told.
        let told = *code != STREAM_BESIDE || self.options.streams != StreamMode::Files;
        outcome.notes.extend(told.then(|| Note {
            code,
            stream: Some(stream.name.clone()),
            message,
        }));
        Ok(fate)
    }

    /// Saves one stream as a file: content, then what `inside` adds, then times, then the name.
    fn save(
        &self,
        open: &Open,
        item: &Item<'_>,
        piece: &Piece<'_>,
        outcome: &mut Outcome,
        inside: impl FnOnce(&Output<'_>) -> Result<(), Error>,
    ) -> Result<Saved, Error> {
        let Some(slot) = self.slot(open, piece.wanted, item.metadata)? else {
            return Ok(Saved::Left);
        };
        let place = open.place.join(&slot.name);
        let writing = |error: io::Error| Error::writing(&place, &error);
        // Streams are added to a file by its name.
        let create = match item.streams.is_empty() {
            true => Output::create,
            false => Output::create_named,
        };
        let mut output = create(&open.dir, &*self.calls, &self.offload).map_err(writing)?;
        let lost = match piece.data {
            Some(data) => self.fill(&mut output, data, item.watch),
            None => Ok(Vec::new()),
        };
        let lost = lost.map_err(|error| Error::copying(&place, &error))?;
        if self.remote {
            self.calls.sync(output.file()).map_err(writing)?;
        }
        inside(&output)?;
        match piece.stream {
            None => self.keep_parts(output.file(), item, outcome),
            Some(_) => self.keep_times(output.file(), item, outcome),
        }
        if !lost.is_empty() {
            open.taken.release(&slot.name);
            return self.save_partly(open, output, &slot.name, item, piece, lost);
        }
        output.put(&slot.name, slot.replace).map_err(writing)?;
        self.keep_after_naming(open, &slot.name, item);
        Ok(Saved::Whole(slot.name))
    }

    fn fill(
        &self,
        output: &mut Output<'_>,
        data: &dyn ReadAt,
        watch: Watch<'_>,
    ) -> Result<Vec<Lost>, copy::Error> {
        let buffer = lock(&self.buffers).pop();
        let mut buffer = buffer.unwrap_or_else(|| vec![0; copy::BUFFER].into_boxed_slice());
        let lost = copy::copy(data, output, &mut buffer, watch);
        lock(&self.buffers).push(buffer);
        let lost = lost?;
        output.end_at(data.size()).map_err(copy::Error::Target)?;
        Ok(lost)
    }

    /// Gives a file with gaps the name `NAME.partial`, and lists the gaps in `NAME.partial.json`.
    fn save_partly(
        &self,
        open: &Open,
        output: Output<'_>,
        name: &OsStr,
        item: &Item<'_>,
        piece: &Piece<'_>,
        lost: Vec<Lost>,
    ) -> Result<Saved, Error> {
        let size = piece.data.map_or(0, ReadAt::size);
        let mut partial = Partial {
            place: None,
            size,
            lost,
        };
        if !self.options.partial {
            return Ok(Saved::Partly(partial));
        }
        let wanted = with_tail(name, ".partial");
        if let Some(slot) = self.slot(open, &wanted, item.metadata)? {
            let place = open.place.join(&slot.name);
            let put = output.put(&slot.name, slot.replace);
            put.map_err(|error| Error::writing(&place, &error))?;
            let document = partial.describe(Some(item.path), piece.stream);
            self.save_document(open, &with_tail(&slot.name, ".json"), &document, item)?;
            partial.place = Some(place);
        }
        Ok(Saved::Partly(partial))
    }

    fn save_document(
        &self,
        open: &Open,
        wanted: &OsStr,
        text: &[u8],
        item: &Item<'_>,
    ) -> Result<(), Error> {
        let Some(slot) = self.slot(open, wanted, item.metadata)? else {
            return Ok(());
        };
        let put = || {
            let mut output = Output::create(&open.dir, &*self.calls, &self.offload)?;
            output.write_at(text, 0)?;
            output.put(&slot.name, slot.replace)
        };
        put().map_err(|error| Error::writing(open.place.join(&slot.name), &error))
    }
}
