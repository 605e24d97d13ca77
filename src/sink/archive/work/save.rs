//! How one file with its streams becomes members.

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::atomic::AtomicBool;
use std::time::{SystemTime, UNIX_EPOCH};

use blockio::{Memory, ReadAt};
use tree::{Metadata, Name, Time};

use super::{Folder, Work, bare};
use crate::copy::Lost;
use crate::progress::{Silent, Watch};
use crate::sink::archive::body::{Content, losses};
use crate::sink::archive::format::{Member, Xattr};
use crate::sink::archive::written;
use crate::sink::codes::STREAM_BESIDE;
use crate::sink::host_name::with_tail;
use crate::sink::streams::beside;
use crate::sink::{
    Ending, Error, Item, Note, Outcome, Partial, Stream, StreamFate, StreamMode, StreamPlace,
};

/// Most bytes of extended attributes, names and all, that every file system of Linux has room for in
/// one file: ext4 has 4 KiB, some of it for itself and for security modules.
const XATTR_ROOM: usize = 3 << 10;
/// 100 ns from 1601, where the times of a guest begin, to 1970.
const TO_1970: i64 = 116_444_736_000_000_000;
/// Longest name of an extended attribute, in bytes.
const XATTR_NAME: usize = 255;

/// What becomes one member.
struct Piece<'a> {
    wanted: &'a OsStr,
    data: &'a dyn ReadAt,
    xattrs: &'a [Xattr],
    /// Its name, if it is not the unnamed one.
    stream: Option<&'a Name>,
}

/// What became of a piece.
enum Saved {
    /// It is there, under this name in its folder.
    Whole(OsString),
    Partly(Partial),
}

impl Work<'_> {
    /// Writes a file with its streams.
    pub(in crate::sink::archive) fn file(&mut self, item: &Item<'_>) -> Result<Outcome, Error> {
        let parent = self.parent_of(item)?;
        let wanted = self.wanted(item.path);
        let (xattrs, left) = self.split_streams(item);
        let empty = Memory::from(Vec::new());
        let piece = Piece {
            wanted: &wanted,
            data: item.data.as_deref().unwrap_or(&empty),
            xattrs: &xattrs,
            stream: None,
        };
        let (name, mut outcome) = match self.save(&parent, item, &piece)? {
            Saved::Whole(name) => {
                let renamed = self.renamed.note(item.path, &name);
                let outcome = written(parent.name_of(&name), renamed);
                (name, outcome)
            }
            Saved::Partly(partial) => {
                let place = partial.place.clone();
                let outcome = Outcome::of(Ending::Lost(partial));
                (wanted, Outcome { place, ..outcome })
            }
        };
        self.keep_streams(&parent, &name, &left, item, &mut outcome)?;
        Ok(outcome)
    }

    /// The streams that become extended attributes, and those that are left: all that are too large,
    /// cannot be read, or have a name that readers of tar do not agree how to spell.
    pub(super) fn split_streams<'i>(&self, item: &'i Item<'_>) -> (Vec<Xattr>, Vec<&'i Stream>) {
        let (mut xattrs, mut left, mut room) = (Vec::new(), Vec::new(), XATTR_ROOM);
        let inside = self.format.keeps_xattrs() && self.options.streams == StreamMode::Native;
        for stream in &item.streams {
            match as_xattr(stream, room).filter(|_| inside) {
                Some(xattr) => {
                    room -= xattr.name.len() + xattr.value.len();
                    xattrs.push(xattr);
                }
                None => left.push(stream),
            }
        }
        (xattrs, left)
    }

    /// Writes the streams that are `left` as members beside `name`, and notes where each is.
    pub(super) fn keep_streams(
        &mut self,
        folder: &Folder,
        name: &OsStr,
        left: &[&Stream],
        item: &Item<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        for stream in &item.streams {
            let is_left = left.iter().any(|left| std::ptr::eq(*left, stream));
            let fate = match is_left {
                true => self.save_beside(folder, name, stream, item, outcome)?,
                false => StreamFate::Inside,
            };
            let (name, size) = (stream.name.clone(), stream.data.size());
            outcome.streams.push(StreamPlace { name, size, fate });
        }
        Ok(())
    }

    /// Writes a stream as a member beside `name`, and says so unless that was asked for.
    fn save_beside(
        &mut self,
        folder: &Folder,
        name: &OsStr,
        stream: &Stream,
        item: &Item<'_>,
        outcome: &mut Outcome,
    ) -> Result<StreamFate, Error> {
        let piece = Piece {
            wanted: &beside(name, &stream.name, self.format.rules()),
            data: &*stream.data,
            xattrs: &[],
            stream: Some(&stream.name),
        };
        let (code, message, fate) = match self.save(folder, item, &piece)? {
            Saved::Partly(partial) => (partial.code(), partial.message(), StreamFate::Lost),
            Saved::Whole(name) => {
                let place = folder.name_of(&name);
                let fate = StreamFate::Beside(place.clone().into());
                if self.options.streams == StreamMode::Files {
                    return Ok(fate);
                }
                (&STREAM_BESIDE, place, fate)
            }
        };
        outcome.notes.push(Note {
            code,
            stream: Some(stream.name.clone()),
            message,
        });
        Ok(fate)
    }

    /// Writes one stream as a member, under its own name if nothing of it is lost.
    fn save(
        &mut self,
        folder: &Folder,
        item: &Item<'_>,
        piece: &Piece<'_>,
    ) -> Result<Saved, Error> {
        let name = folder.taken.claim(piece.wanted, 1);
        let lost = self.write_file(&folder.name_of(&name), item, piece, false)?;
        if lost.is_empty() {
            return Ok(Saved::Whole(name));
        }
        folder.taken.release(&name);
        let mut partial = Partial {
            place: None,
            size: piece.data.size(),
            lost,
        };
        if self.options.partial {
            self.save_partly(folder, &name, item, piece, &mut partial)?;
        } else {
            let all = losses(piece.data, &mut self.buffer, item.watch);
            partial.lost = all.map_err(|error| self.failed(&error))?;
        }
        Ok(Saved::Partly(partial))
    }

    /// Writes `NAME.partial`, and what is missing in it to `NAME.partial.json`.
    fn save_partly(
        &mut self,
        folder: &Folder,
        name: &OsStr,
        item: &Item<'_>,
        piece: &Piece<'_>,
        partial: &mut Partial,
    ) -> Result<(), Error> {
        let name = folder.taken.claim(&with_tail(name, ".partial"), 1);
        let place = folder.name_of(&name);
        let lost = self.write_file(&place, item, piece, true)?;
        // A medium may give the second time what it refused the first.
        if !lost.is_empty() {
            partial.lost = lost;
        }
        let document = Piece {
            wanted: &folder.taken.claim(&with_tail(&name, ".json"), 1),
            data: &Memory::from(partial.describe(Some(item.path), piece.stream)),
            xattrs: &[],
            stream: None,
        };
        self.write_file(&folder.name_of(document.wanted), item, &document, false)?;
        partial.place = Some(place.into());
        Ok(())
    }

    /// Writes a document of ours, written now.
    pub(in crate::sink::archive) fn attach(
        &mut self,
        name: &str,
        data: &dyn ReadAt,
    ) -> Result<(), Error> {
        let metadata = Metadata {
            size: data.size(),
            modified: now(),
            ..Metadata::default()
        };
        let member = Member {
            name,
            metadata: &metadata,
            xattrs: &[],
        };
        let watch = Watch {
            progress: &Silent,
            cancel: &AtomicBool::new(false),
        };
        self.write_member(&member, data, false, watch).map(drop)
    }

    fn write_file(
        &mut self,
        name: &str,
        item: &Item<'_>,
        piece: &Piece<'_>,
        gaps: bool,
    ) -> Result<Vec<Lost>, Error> {
        let member = Member {
            xattrs: piece.xattrs,
            ..bare(name, item)
        };
        self.write_member(&member, piece.data, gaps, item.watch)
    }

    fn write_member(
        &mut self,
        member: &Member<'_>,
        data: &dyn ReadAt,
        gaps: bool,
        watch: Watch<'_>,
    ) -> Result<Vec<Lost>, Error> {
        let content = Content {
            data,
            gaps,
            buffer: &mut self.buffer,
            watch,
        };
        let Some(out) = &mut self.out else {
            return Err(self.stop(&io::Error::other("it is finished")));
        };
        let lost = self.format.file(out, member, content);
        lost.map_err(|error| self.failed(&error))
    }
}

/// The time it is.
fn now() -> Time {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let ticks = since_1970.map_or(0, |time| time.as_nanos() / 100);
    Time(i64::try_from(ticks).unwrap_or_default() + TO_1970)
}

/// `stream` as an extended attribute, if it has `room`.
///
/// A `=` ends a keyword of PAX: GNU tar escapes it with `%`, others do not, so that such names are
/// left.
fn as_xattr(stream: &Stream, room: usize) -> Option<Xattr> {
    let name = format!("user.{}", stream.name.as_str()?);
    let size = usize::try_from(stream.data.size()).ok()?;
    let fits = name.len() <= XATTR_NAME && name.len().checked_add(size)? <= room;
    if !fits || name.contains(['=', '%']) {
        return None;
    }
    let mut value = vec![0; size];
    stream.data.read_exact_at(&mut value, 0).ok()?;
    Some(Xattr { name, value })
}
