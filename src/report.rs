//! What a run did: restored, left out, lost, and why.

use std::fmt;
use std::path::PathBuf;

use blockio::Code;
use tree::{Error, GuestPath, Kind, Loss, Name};

use crate::copy::Lost;
use crate::json::Object;
use crate::sink::codes::INCONSISTENT;
use crate::sink::{self, Ending, Note, Outcome, Refusal};

/// Most lines that a report keeps of each sort; beyond, they are counted only. Progress gets them all.
const KEPT: usize = 100_000;

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Files restored whole, further names of a file not counted.
    pub files: u64,
    /// Directories restored.
    pub directories: u64,
    /// Links restored.
    pub links: u64,
    /// Further names of restored files.
    pub hard_links: u64,
    /// Named streams of what was restored.
    pub streams: u64,
    /// Bytes of restored files and streams.
    pub bytes: u64,
    /// Files restored but for some bytes.
    pub partial: u64,
    /// Files, links and further names that were whole from an earlier run.
    pub present: u64,
    /// Files that were read back and are the same as the source's.
    pub verified: u64,
    /// Items left alone or out, with a reason that is no loss.
    pub skipped: u64,
    /// Items that the filter left out; a directory stands for all in it.
    pub filtered: u64,
    /// Items and streams lost, in whole or in part.
    pub lost: u64,
    /// The lines of what was lost, the first 100,000.
    pub losses: Vec<Line>,
    /// The lines of what there is to know otherwise, the first 100,000.
    pub notes: Vec<Line>,
    /// Why the run ended before its end.
    pub stopped: Option<Stopped>,
    /// What it would take, if nothing was done and all is a plan.
    pub plan: Option<Room>,
}

/// The room that a plan takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What all would take up.
    pub needed: u64,
    /// What is free at the destination, if the system tells.
    pub free: Option<u64>,
}

impl Room {
    /// Whether it is known not to do.
    #[must_use]
    pub fn is_short(self) -> bool {
        self.free.is_some_and(|free| free < self.needed)
    }
}

/// Why a run ended before its end.
#[derive(Clone, Debug)]
pub enum Stopped {
    /// The operator interrupted it.
    Cancelled,
    /// The destination takes nothing more.
    Destination(Refusal),
}

/// What became of one item, or of one stream of it.
#[derive(Clone, Debug)]
pub struct Line {
    /// In which way it is settled.
    pub status: Status,
    /// The guest's path, below a folder for the volume if there are several.
    pub path: GuestPath,
    /// The stream, if it is about one.
    pub stream: Option<Name>,
    /// What the item is.
    pub kind: Kind,
    /// Size in bytes of what was restored.
    pub size: u64,
    /// Where it is now.
    pub place: Option<PathBuf>,
    /// The code, where there is something to look up.
    pub code: Option<&'static Code>,
    /// What there is to say, in a clause.
    pub message: Option<String>,
    /// The ranges lost, if it is there but for some bytes.
    pub lost: Vec<Lost>,
}

/// How one item is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It would be restored.
    Planned,
    /// It was restored.
    Restored,
    /// It is whole from an earlier run.
    Present,
    /// It was left alone or left out.
    Skipped,
    /// It is lost, in whole or in part.
    Lost,
    /// It was restored, and there is something to know.
    Note,
}

impl Status {
    /// The word for it, which is `type` in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Restored => "restored",
            Self::Present => "present",
            Self::Skipped => "skipped",
            Self::Lost => "error",
            Self::Note => "note",
        }
    }
}

impl Report {
    /// Whether anything was delivered: directories alone, made for what was then lost, are nothing.
    #[must_use]
    pub fn delivered(&self) -> bool {
        self.files + self.links + self.hard_links + self.partial + self.present > 0
    }

    /// Whether all that was asked for was delivered.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.lost == 0 && self.stopped.is_none()
    }

    /// Whether nothing became of anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.delivered() && self.directories + self.skipped + self.lost == 0 && self.is_whole()
    }

    /// Adds what another run did, as for a second volume.
    pub fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.links += other.links;
        self.hard_links += other.hard_links;
        self.streams += other.streams;
        self.bytes += other.bytes;
        self.partial += other.partial;
        self.present += other.present;
        self.verified += other.verified;
        self.skipped += other.skipped;
        self.filtered += other.filtered;
        self.lost += other.lost;
        self.losses.extend(other.losses);
        self.notes.extend(other.notes);
        self.stopped = self.stopped.take().or(other.stopped);
        self.plan = self.plan.or(other.plan);
    }

    /// Counts `line` and keeps it, if it is one to be kept.
    pub(crate) fn add(&mut self, line: &Line) {
        let kept = match line.status {
            Status::Planned | Status::Restored | Status::Present => return,
            Status::Skipped => {
                self.skipped += 1;
                &mut self.notes
            }
            Status::Note => &mut self.notes,
            Status::Lost => {
                self.lost += 1;
                &mut self.losses
            }
        };
        if kept.len() < KEPT {
            kept.push(line.clone());
        }
    }

    /// Appends the report as one JSON object and a line's end: `{"type":"summary",...}`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object.text("type", "summary");
        object
            .number("files", self.files)
            .number("directories", self.directories);
        object
            .number("links", self.links)
            .number("hard_links", self.hard_links);
        object
            .number("streams", self.streams)
            .number("bytes", self.bytes);
        object
            .number("partial", self.partial)
            .number("present", self.present)
            .number("verified", self.verified)
            .number("skipped", self.skipped);
        object
            .number("filtered", self.filtered)
            .number("lost", self.lost);
        if let Some(room) = self.plan {
            object.flag("dry_run", true).number("needed", room.needed);
            if let Some(free) = room.free {
                object.number("free", free);
            }
        }
        match &self.stopped {
            None => {}
            Some(Stopped::Cancelled) => {
                object.text("stopped", "interrupted");
            }
            Some(Stopped::Destination(refusal)) => {
                object
                    .text("stopped", &refusal.to_string())
                    .text("code", refusal.code.id);
            }
        }
        object.end_line();
    }
}

impl fmt::Display for Report {
    /// One line: `restored 12 files in 3 directories (4096 bytes), 1 in part, 1 not restored, 2 left out`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files + self.hard_links;
        let done = if self.plan.is_some() {
            "would restore"
        } else {
            "restored"
        };
        write!(
            f,
            "{done} {} in {}",
            counted(files, "file", "files"),
            counted(self.directories, "directory", "directories")
        )?;
        if self.links > 0 {
            write!(f, ", {}", counted(self.links, "link", "links"))?;
        }
        write!(f, " ({})", counted(self.bytes, "byte", "bytes"))?;
        if self.present > 0 {
            write!(f, ", {} there already", self.present)?;
        }
        if self.verified > 0 {
            write!(f, ", {} verified", self.verified)?;
        }
        let lost = self.lost.saturating_sub(self.partial);
        for (count, what) in [(self.partial, "in part"), (lost, "not restored")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if self.skipped > 0 {
            write!(f, ", {} left out", self.skipped)?;
        }
        if self.filtered > 0 {
            write!(f, ", {} filtered out", self.filtered)?;
        }
        if let Some(room) = self.plan {
            write!(f, "; needs {}", counted(room.needed, "byte", "bytes"))?;
            if let Some(free) = room.free {
                write!(f, ", {free} are free")?;
            }
        }
        match &self.stopped {
            None => Ok(()),
            Some(Stopped::Cancelled) => f.write_str("; interrupted"),
            Some(Stopped::Destination(refusal)) => write!(f, "; stopped: {refusal}"),
        }
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

impl Line {
    /// A line about an item without anything more to say.
    pub(crate) fn new(status: Status, path: &GuestPath, kind: Kind) -> Self {
        Self {
            status,
            path: path.clone(),
            stream: None,
            kind,
            size: 0,
            place: None,
            code: None,
            message: None,
            lost: Vec::new(),
        }
    }

    /// The line about an item that ended as `outcome`; `size` is that of all its streams.
    pub(crate) fn of(path: &GuestPath, kind: Kind, size: u64, outcome: &Outcome) -> Self {
        let status = match &outcome.ending {
            Ending::Written | Ending::Renamed | Ending::Declined => Status::Restored,
            Ending::Present => Status::Present,
            Ending::Skipped(_) => Status::Skipped,
            Ending::Lost(_) => Status::Lost,
        };
        let mut line = Self::new(status, path, kind);
        // Of what is left alone the sink says where it would be, which is no place to look at.
        if status != Status::Skipped {
            line.place.clone_from(&outcome.place);
        }
        match &outcome.ending {
            Ending::Skipped(note) => {
                line.code = Some(note.code);
                line.message = Some(note.message.clone());
            }
            Ending::Lost(partial) => {
                line.code = Some(partial.code());
                line.message = Some(partial.message());
                line.lost.clone_from(&partial.lost);
                line.size = partial.size;
            }
            _ => line.size = size,
        }
        line
    }

    /// The line about a note of an item. A code of damage or error makes it a loss.
    pub(crate) fn about(path: &GuestPath, kind: Kind, note: Note) -> Self {
        let loss = !note.code.id.starts_with("HV-W");
        let status = if loss { Status::Lost } else { Status::Note };
        let Note {
            code,
            stream,
            message,
        } = note;
        let (code, message) = (Some(code), Some(message));
        Self {
            stream,
            code,
            message,
            ..Self::new(status, path, kind)
        }
    }

    /// The line about an item that is lost for `error`.
    pub(crate) fn lost(path: &GuestPath, kind: Kind, code: &'static Code, message: String) -> Self {
        Self {
            code: Some(code),
            message: Some(message),
            ..Self::new(Status::Lost, path, kind)
        }
    }

    /// The line about what could not even be looked at: a directory on the way to what a pattern means.
    pub(crate) fn of_loss(loss: &Loss) -> Self {
        let (code, message) = (error_code(&loss.error), error_text(&loss.error));
        Self::lost(&loss.path, Kind::default(), code, message)
    }

    /// Appends the line as one JSON object and a line's end.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object
            .text("type", self.status.word())
            .wtf8("path", "/", self.path.as_bytes());
        if let Some(stream) = &self.stream {
            object.wtf8("stream", "", stream.as_bytes());
        }
        if matches!(
            self.status,
            Status::Planned | Status::Restored | Status::Present
        ) {
            object
                .text("kind", self.kind.word())
                .number("size", self.size);
        }
        if let Some(place) = &self.place {
            object.text("to", &place.to_string_lossy());
        }
        if let Some(code) = self.code {
            object.text("code", code.id);
        }
        if let Some(message) = &self.message {
            object.text("message", message);
        }
        if !self.lost.is_empty() {
            sink::write_lost(&mut object, &self.lost);
        }
        object.end_line();
    }
}

impl fmt::Display for Line {
    /// `/a/b:stream: message`: raw, for whoever escapes it for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(stream) = &self.stream {
            write!(f, ":{stream}")?;
        }
        match (&self.message, self.code) {
            (Some(message), _) => write!(f, ": {message}")?,
            (None, Some(code)) => write!(f, ": {}", code.meaning)?,
            (None, None) => return Ok(()),
        }
        match self.code {
            Some(code)
                if !self
                    .message
                    .as_ref()
                    .is_some_and(|text| text.contains(code.id)) =>
            {
                write!(f, " [{code}]")
            }
            _ => Ok(()),
        }
    }
}

/// The code of an error of the tree.
pub(crate) fn error_code(error: &Error) -> &'static Code {
    match error {
        Error::Fault(fault) => fault.code,
        _ => &INCONSISTENT,
    }
}

/// The message of an error of the tree, with its code.
pub(crate) fn error_text(error: &Error) -> String {
    match error {
        Error::Fault(fault) => fault.to_string(),
        other => format!("the volume names it, but: {other} [{INCONSISTENT}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_volume_names_and_does_not_have_is_damage() {
        let line = Line::of_loss(&Loss {
            path: "a".into(),
            error: Error::NotFound,
        });
        assert_eq!(line.code.expect("a code").id, "HV-D766");
        assert_eq!(
            line.to_string(),
            "/a: the volume names it, but: not found [HV-D766]"
        );
    }

    #[test]
    fn a_line_is_one_json_object() {
        let path = GuestPath::from_iter([Name::from_utf16([0x61, 0xD800])]);
        let mut line = Line::lost(&path, Kind::File, &INCONSISTENT, "gone".into());
        line.stream = Some("s".into());
        let mut out = Vec::new();
        line.write_json(&mut out);
        let value: serde_json::Value = serde_json::from_slice(&out).expect("valid JSON");
        let expected = serde_json::json!({
            "type": "error", "path": "/a\u{FFFD}", "path_wtf8": "L2HtoIA=", "stream": "s",
            "code": "HV-D766", "message": "gone"
        });
        assert_eq!(value, expected);
    }
}
