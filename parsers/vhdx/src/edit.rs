//! A copy of a file put right in place: its pending log replayed, its parent locator rewritten.
//!
//! Only ever on a copy, which the caller hands in as a [`WriteAt`]. Whatever moment it is cut short
//! at, the copy opens and its disk reads as before: what is new is written beside what is valid, and
//! the last, smallest write makes it count. MS-VHDX 2.2.2 asks for a new file write GUID before the
//! first change; the data write GUID stays, since no byte that a guest can read changes.

mod headers;
mod item;
mod place;

use std::io;
use std::sync::Arc;

use blockio::{Change, Fault, ReadAt, WriteAt};
use uuid::Uuid;

use crate::codes::{LOG_CUT, LOG_OVER_ITSELF, LOG_UNSUPPORTED, NOT_DIFFERENCING};
use crate::format::MAX_DISK_SIZE;
use crate::log::{self, LogReplay, Overlay};
use crate::metadata::Metadata;
use crate::region::Regions;
use headers::Headers;
use place::ItemPlace;

/// Longest file that a log may make of a copy, in bytes: no disk takes more than twice its size.
const MAX_FILE_SIZE: u64 = 2 * MAX_DISK_SIZE;
/// Bytes written at once where the log blanks a range.
const PIECE: u64 = 1 << 20;

/// What a parent locator is to say, now that the parent lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewParent {
    /// Path from the child's folder, with backslashes: `.\base.vhdx`.
    pub relative_path: String,
    /// Path on the Windows host; `None` takes the recorded one out, which may name a live disk.
    pub absolute_win32_path: Option<String>,
    /// Data write GUID of a parent that the operator accepted although it is not the recorded one;
    /// `None` keeps the recorded one.
    pub linkage: Option<Uuid>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edited {
    /// The pending log that was replayed into the file first.
    pub log_replay: Option<LogReplay>,
    /// Values of the parent locator that changed; empty where it said all this before.
    pub changes: Vec<Change>,
}

/// Replays the pending log of `file` into it, if there is one. `file_write_guid` is a new one.
///
/// `name` is the file's name for messages.
///
/// # Errors
/// A [`Fault`] (see [`Fault::of`]) where the log cannot be replayed, or not without passing zeros off
/// as data; the file's own where it cannot be written.
pub fn replay_log(
    file: &Arc<dyn WriteAt>,
    name: &str,
    file_write_guid: Uuid,
) -> io::Result<Option<LogReplay>> {
    let replayed = Editor::open(file, name, file_write_guid).and_then(|mut it| it.replay_log());
    replayed.map_err(|error| in_file(error, name))
}

/// Makes the parent locator of `file` say `parent`; a pending log is replayed into the file first.
///
/// The order and the other keys of the locator stay; `volume_path`, which names a volume of the host
/// that wrote it, is taken out. A file that needs no change is not written. `file_write_guid` is a
/// new one, `name` the file's name for messages.
///
/// # Errors
/// As [`replay_log`], and where the file has no parent locator or no room for the new one.
pub fn relink(
    file: &Arc<dyn WriteAt>,
    name: &str,
    parent: &NewParent,
    file_write_guid: Uuid,
) -> io::Result<Edited> {
    let edited = Editor::open(file, name, file_write_guid).and_then(|mut it| it.relink(parent));
    edited.map_err(|error| in_file(error, name))
}

/// `error`, its fault naming the file.
fn in_file(error: io::Error, name: &str) -> io::Error {
    match Fault::of(&error) {
        Some(fault) if fault.file.is_none() => Fault::clone(fault).in_file(name).into(),
        _ => error,
    }
}

struct Editor<'a> {
    file: &'a Arc<dyn WriteAt>,
    name: &'a str,
    headers: Headers<'a>,
    file_write_guid: Uuid,
}

impl<'a> Editor<'a> {
    fn open(file: &'a Arc<dyn WriteAt>, name: &'a str, file_write_guid: Uuid) -> io::Result<Self> {
        Ok(Self {
            file,
            name,
            headers: Headers::read(&**file)?,
            file_write_guid,
        })
    }

    fn replay_log(&mut self) -> io::Result<Option<LogReplay>> {
        let log = self.headers.active()?.log;
        if log.guid.is_nil() {
            return Ok(None);
        }
        let notes = &mut Vec::new();
        let Some(range) = log::range(&log, self.file.size(), notes)? else {
            return Ok(None);
        };
        let bytes: Arc<dyn ReadAt> = Arc::<dyn WriteAt>::clone(self.file);
        let replayed = log::replay(bytes, log.guid, range.clone(), self.name, notes)?;
        let overlay = &*replayed.container;
        may_apply(overlay, &range)?;
        // The regions as the log leaves them must be sound before anything is changed.
        let regions = Regions::read(overlay, Some(range), notes)?;
        Metadata::read(overlay, &regions.metadata)?;
        self.headers.write_keeping_log(self.file_write_guid)?;
        self.apply(overlay)?;
        // Twice: a reader that falls back to the other header must not replay a log of the past.
        self.headers.write(self.file_write_guid)?;
        self.headers.write(self.file_write_guid)?;
        Ok(Some(LogReplay {
            into_file: true,
            ..replayed.replay
        }))
    }

    /// Writes what `overlay` lays over the file into it.
    fn apply(&self, overlay: &Overlay) -> io::Result<()> {
        let old_size = self.file.size();
        if overlay.size() > old_size {
            self.file.set_size(overlay.size())?;
        }
        let mut buffer = Vec::new();
        for range in overlay.patched_but_for_zeros_behind(old_size) {
            let mut at = range.start;
            while at < range.end {
                let len = PIECE.min(range.end.saturating_sub(at));
                buffer.resize(usize::try_from(len).unwrap_or_default(), 0);
                overlay.read_exact_at(&mut buffer, at)?;
                self.file.write_all_at(&buffer, at)?;
                at = at.saturating_add(len);
            }
        }
        self.file.flush()
    }

    fn relink(&mut self, parent: &NewParent) -> io::Result<Edited> {
        let log_replay = self.replay_log()?;
        let log = log::range(
            &self.headers.active()?.log,
            self.file.size(),
            &mut Vec::new(),
        )?;
        let regions = Regions::read(&**self.file, log, &mut Vec::new())?;
        let metadata = Metadata::read(&**self.file, &regions.metadata)?;
        let locator = metadata.parent_locator.ok_or_else(no_parent)?;
        let changes = locator.changes(parent);
        if !changes.is_empty() {
            let item = item::encode(&locator.with(parent))?;
            let place = ItemPlace::find(&**self.file, &regions.metadata, &item)?;
            self.headers.write(self.file_write_guid)?;
            place.write(&**self.file, &item)?;
            self.headers.write(self.file_write_guid)?;
        }
        Ok(Edited {
            log_replay,
            changes,
        })
    }
}

fn no_parent() -> Fault {
    Fault::unsupported(&NOT_DIFFERENCING, "parent locator")
        .expected("a differencing disk")
        .found("a disk without a parent")
}

/// Whether what the log writes can be written into the file as it stands.
fn may_apply(overlay: &Overlay, log: &std::ops::Range<u64>) -> Result<(), Fault> {
    if let Some(cut) = overlay.cut() {
        return Err(Fault {
            code: &LOG_CUT,
            file: None,
            ..Fault::clone(cut)
        });
    }
    if overlay.size() > MAX_FILE_SIZE {
        return Err(Fault::unsupported(&LOG_UNSUPPORTED, "log")
            .at(log.start)
            .expected(format!("a file of at most {MAX_FILE_SIZE:#x} bytes"))
            .found(format!("one of {:#x}", overlay.size())));
    }
    let over = |range: &std::ops::Range<u64>| {
        let meets = |kept: &std::ops::Range<u64>| range.start < kept.end && kept.start < range.end;
        meets(log) || headers::PLACES.iter().any(meets)
    };
    match overlay.patched().find(over) {
        None => Ok(()),
        Some(range) => Err(Fault::damaged(&LOG_OVER_ITSELF, "log")
            .at(range.start)
            .expected("writes elsewhere than over the headers and the log")
            .found(format!(
                "one of {:#x} bytes",
                range.end.saturating_sub(range.start)
            ))),
    }
}
