//! The log: metadata writes that had not reached their place when the file was left. MS-VHDX 2.3
//!
//! Replay never writes to a source. It lays what the log holds over the file, as a [`ReadAt`] of its
//! own, from which [`edit`](crate::edit) puts it into a copy.

mod entry;
mod overlay;
mod ring;
mod sequence;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, ReadAt};
use uuid::Uuid;

use crate::codes::{
    FILE_WAS_LONGER, LOG_IGNORED, LOG_MISPLACED, LOG_NOT_REPLAYABLE, LOG_UNSUPPORTED, TRUNCATED,
};
use crate::format::{ALIGNMENT, HEADER_SECTION, LOG_VERSION, MIB};
use crate::header::LogPlace;
use entry::{Entry, Write};
pub(crate) use overlay::Overlay;
use overlay::Patches;
use ring::Ring;

/// Longest log that is replayed, in bytes. Hyper-V makes logs of 1 MiB.
const MAX_LOG_LEN: u64 = 256 * MIB;
/// Most writes that are replayed: bounds the memory that they take. A log of 1 MiB holds 32,640.
const MAX_WRITES: u64 = 256 << 10;

/// What was replayed from a pending log. Displays as one clause for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogReplay {
    /// Entries of the active sequence, all of which were replayed.
    pub entries: u64,
    /// Sequence number of the oldest and of the newest of them.
    pub sequence_numbers: (u64, u64),
    /// Pages of 4 KiB that they write.
    pub pages: u64,
    /// Ranges that they blank.
    pub zero_ranges: u64,
    /// Bytes in these ranges.
    pub zero_bytes: u64,
    /// Size that the file has with the log applied, where that is more than it has, in bytes.
    pub grown_to: Option<u64>,
    /// Whether it was replayed into the file, a copy; else in memory, over a file that stays as it is.
    pub into_file: bool,
}

impl fmt::Display for LogReplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        let (first, last) = self.sequence_numbers;
        let place = if self.into_file {
            "into the copy"
        } else {
            "in memory"
        };
        write!(f, "log replayed {place}: {}", self.entries)?;
        match first == last {
            true => write!(f, " entry (sequence number {first})")?,
            false => write!(f, " entries (sequence numbers {first} to {last})")?,
        }
        write!(f, ", {} page{} of 4 KiB", self.pages, plural(self.pages))?;
        if self.zero_ranges > 0 {
            let ranges = self.zero_ranges;
            write!(
                f,
                ", {ranges} range{} of zeros ({:#x} bytes)",
                plural(ranges),
                self.zero_bytes
            )?;
        }
        match self.grown_to {
            Some(size) => write!(f, ", file grown to {size:#x} bytes"),
            None => Ok(()),
        }
    }
}

/// A file with its pending log applied.
pub(crate) struct Replayed {
    pub container: Arc<Overlay>,
    pub replay: LogReplay,
    /// Where the bytes that the file really has end; less than the container's size where the
    /// file was cut.
    pub end: u64,
}

/// The log's range of a file of `file_size` bytes, checked as far as it matters.
///
/// A misplaced log is an error where entries are pending in it, and a note where none are.
pub(crate) fn range(
    log: &LogPlace,
    file_size: u64,
    notes: &mut Vec<Fault>,
) -> Result<Option<Range<u64>>, Fault> {
    let pending = !log.guid.is_nil();
    if !pending && log.length == 0 {
        return Ok(None);
    }
    if pending && (log.version != LOG_VERSION || log.length > MAX_LOG_LEN) {
        return Err(Fault::unsupported(&LOG_UNSUPPORTED, "log")
            .at(log.offset)
            .expected(format!(
                "version {LOG_VERSION} and at most {MAX_LOG_LEN:#x} bytes"
            ))
            .found(format!(
                "version {} and {:#x} bytes",
                log.version, log.length
            )));
    }
    let end = log
        .offset
        .checked_add(log.length)
        .filter(|end| *end <= file_size);
    let aligned = log.offset.is_multiple_of(ALIGNMENT) && log.length.is_multiple_of(ALIGNMENT);
    match end.filter(|_| aligned && log.length > 0 && log.offset >= HEADER_SECTION) {
        Some(end) => Ok(Some(log.offset..end)),
        None if pending => Err(misplaced(&LOG_MISPLACED, log, file_size)),
        None => {
            notes.push(misplaced(&LOG_IGNORED, log, file_size));
            Ok(None)
        }
    }
}

fn misplaced(code: &'static blockio::Code, log: &LogPlace, file_size: u64) -> Fault {
    Fault::damaged(code, "log")
        .at(log.offset)
        .expected(format!(
            "whole MiB within the file of {file_size:#x} bytes, behind its header"
        ))
        .found(format!("{:#x} bytes at {:#x}", log.length, log.offset))
}

/// Lays the pending entries with `guid`, in `range` of `bytes`, over `bytes`, the file `name`.
pub(crate) fn replay(
    bytes: Arc<dyn ReadAt>,
    guid: Uuid,
    range: Range<u64>,
    name: &str,
    notes: &mut Vec<Fault>,
) -> Result<Replayed, Fault> {
    let sequence = active_sequence(&Ring::new(&bytes, range.clone()), guid)?;
    let (patches, mut replay) = collect(&Ring::new(&bytes, range), &sequence)?;
    let head = sequence.last();
    let (flushed, last) = head.map_or((0, 0), |head| (head.flushed_size, head.last_size));
    let file_size = bytes.size();
    let size = file_size.max(last).max(patches.end());
    replay.grown_to = Some(size).filter(|size| *size > file_size);
    let note = (file_size < flushed).then(|| was_longer(file_size, flushed));
    let end = if note.is_some() { file_size } else { size };
    let cut = note.as_ref().map(|note| {
        let lost = Fault {
            code: &TRUNCATED,
            ..note.clone()
        };
        (flushed, Arc::new(lost.in_file(name)))
    });
    notes.extend(note);
    let container = Arc::new(Overlay::new(bytes, patches, size, cut));
    Ok(Replayed {
        container,
        replay,
        end,
    })
}

fn active_sequence(ring: &Ring<'_>, guid: Uuid) -> Result<Vec<Entry>, Fault> {
    let entries = entry::find_all(ring, guid)?;
    let found = entries.len();
    sequence::active(entries, ring.len()).ok_or_else(|| {
        Fault::damaged(&LOG_NOT_REPLAYABLE, "log")
            .at(ring.start())
            .expected(format!(
                "a complete sequence of entries with GUID {{{guid}}}"
            ))
            .found(format!("valid entries: {found}, complete sequences: none"))
    })
}

fn was_longer(file_size: u64, flushed: u64) -> Fault {
    Fault::damaged(&FILE_WAS_LONGER, "end of the file")
        .at(file_size)
        .expected(format!("at least {flushed:#x} bytes, as the log says"))
        .found(format!("{file_size:#x} bytes"))
}

/// The writes of `sequence`, in order, later ones over earlier ones.
fn collect(ring: &Ring<'_>, sequence: &[Entry]) -> Result<(Patches, LogReplay), Fault> {
    let number = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.sequence_number);
    let mut replay = LogReplay {
        entries: blockio::clamp(sequence.len()),
        sequence_numbers: (number(sequence.first()), number(sequence.last())),
        pages: 0,
        zero_ranges: 0,
        zero_bytes: 0,
        grown_to: None,
        into_file: false,
    };
    let writes = sequence.iter().map(|entry| entry.descriptor_count);
    let writes = writes.fold(0_u64, u64::saturating_add);
    if writes > MAX_WRITES {
        return Err(Fault::unsupported(&LOG_UNSUPPORTED, "log")
            .at(ring.start())
            .expected(format!("at most {MAX_WRITES} writes"))
            .found(writes.to_string()));
    }
    let mut patches = Patches::default();
    for entry in sequence {
        entry.for_each_write(ring, |write| {
            match &write {
                Write::Page(_) => replay.pages = replay.pages.saturating_add(1),
                Write::Zeros { range } => {
                    replay.zero_ranges = replay.zero_ranges.saturating_add(1);
                    let len = range.end.saturating_sub(range.start);
                    replay.zero_bytes = replay.zero_bytes.saturating_add(len);
                }
            }
            patches.put(write);
        })?;
    }
    Ok((patches, replay))
}
