//! Adds lines to the sidecar of a destination.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use blockio::ReadAt;

use super::line::{DescriptorId, descriptor_id, write_descriptor};
use super::{FORMAT, NAME, Spool};
use crate::hostfs::Dir;
use crate::json::Object;
use crate::sink::codes::NOT_OURS;
use crate::sink::{Error, lock};

/// Bytes that are gathered before they are written.
const GATHERED: usize = 256 << 10;
/// Descriptors whose ids are remembered; beyond, all are forgotten and written again when met.
const REMEMBERED: usize = 100_000;
/// What the first line of every sidecar begins with.
const BEGINNING: &[u8] = b"{\"type\":\"header\"";

/// What a run says of itself in its first line.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    /// The source, as the operator named it.
    pub source: String,
    /// The state that is read.
    pub state: String,
    /// The volumes.
    pub volumes: Vec<HeadingVolume>,
}

/// A volume in a heading.
#[derive(Clone, Debug, Default)]
pub struct HeadingVolume {
    /// As listings name it: `disk0/part2`.
    pub name: String,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Its serial number.
    pub serial: u64,
    /// Its folder in DEST, where several volumes go there.
    pub folder: Option<String>,
}

/// Adds lines to the sidecar of a destination. Nothing is written, and no file made, before there is a
/// line; lines are gathered, and written when they are many, at the end, or when this is dropped.
pub struct Writer {
    /// None: the lines are held in memory.
    dir: Option<Dir>,
    place: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// Open from the first writing on.
    file: Option<File>,
    gathered: Vec<u8>,
    /// What was written, where that is held in memory.
    spool: Spool,
    /// Whether more than the heading is gathered.
    any: bool,
    known: HashSet<DescriptorId>,
}

impl Writer {
    /// For the sidecar of `destination`, a folder that is there.
    ///
    /// # Errors
    /// Where something else has the sidecar's name.
    pub fn open(destination: &Path, heading: &Heading) -> Result<Self, Error> {
        let place = destination.join(NAME);
        let writing = |error: io::Error| Error::writing(&place, &error);
        let dir = Dir::open(destination).map_err(writing)?;
        let mut gathered = Vec::new();
        if dir.status(OsStr::new(NAME)).map_err(writing)?.is_some() {
            let file = dir.open_to_append(OsStr::new(NAME));
            let torn = file.and_then(|file| ends_torn(&file));
            match torn.map_err(writing)? {
                None => return Err(not_ours(&place)),
                Some(true) => gathered.push(b'\n'),
                Some(false) => {}
            }
        }
        write_heading(&mut gathered, heading);
        Ok(Self::new(Some(dir), place, gathered))
    }

    /// For a destination that takes the sidecar at its end.
    #[must_use]
    pub fn in_memory(heading: &Heading) -> Self {
        let mut gathered = Vec::new();
        write_heading(&mut gathered, heading);
        Self::new(None, NAME.into(), gathered)
    }

    fn new(dir: Option<Dir>, place: PathBuf, gathered: Vec<u8>) -> Self {
        Self {
            dir,
            place,
            state: Mutex::new(State {
                file: None,
                gathered,
                spool: Spool::default(),
                any: false,
                known: HashSet::new(),
            }),
        }
    }

    /// All lines, where they are held in memory and there is any.
    pub(super) fn take_spool(&self) -> Result<Option<Spool>, Error> {
        self.finish()?;
        let spool = std::mem::take(&mut lock(&self.state).spool);
        Ok((spool.size() > 0).then_some(spool))
    }

    /// Adds the line that `write` makes, and before it the one of its descriptor `raw`, if that is new.
    pub(super) fn add(
        &self,
        raw: Option<&[u8]>,
        write: impl FnOnce(&mut Vec<u8>, Option<DescriptorId>),
    ) -> Result<(), Error> {
        let id = raw.map(descriptor_id);
        let mut line = Vec::with_capacity(512);
        write(&mut line, id);
        let mut state = lock(&self.state);
        if let Some((id, raw)) = id.zip(raw)
            && state.is_new(id)
        {
            write_descriptor(&mut state.gathered, &id, raw);
        }
        state.gathered.extend_from_slice(&line);
        state.any = true;
        if state.gathered.len() >= GATHERED {
            return self.write(&mut state);
        }
        Ok(())
    }

    /// Writes what is gathered.
    ///
    /// # Errors
    /// The destination's.
    pub fn finish(&self) -> Result<(), Error> {
        self.write(&mut lock(&self.state))
    }

    fn write(&self, state: &mut State) -> Result<(), Error> {
        if !std::mem::take(&mut state.any) {
            return Ok(());
        }
        let written = self.append(state);
        state.gathered.clear();
        written.map_err(|error| Error::writing(&self.place, &error))
    }

    fn append(&self, state: &mut State) -> io::Result<()> {
        let Some(dir) = &self.dir else {
            return state.spool.add(&state.gathered);
        };
        if state.file.is_none() {
            state.file = Some(dir.open_to_append(OsStr::new(NAME))?);
        }
        match &mut state.file {
            Some(file) => file.write_all(&state.gathered),
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // An interrupted run leaves the lines of what it had restored; a refusal was said before.
        let _ = self.finish();
    }
}

impl State {
    /// Whether a descriptor was not written yet; it counts as written from now on.
    fn is_new(&mut self, id: DescriptorId) -> bool {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(id)
    }
}

/// Whether the last line of a sidecar was torn; none if the file is no sidecar. An empty one is.
fn ends_torn(mut file: &File) -> io::Result<Option<bool>> {
    let mut beginning = Vec::new();
    file.take(BEGINNING.len() as u64)
        .read_to_end(&mut beginning)?;
    if beginning.is_empty() {
        return Ok(Some(false));
    }
    if beginning != BEGINNING {
        return Ok(None);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(Some(last != *b"\n"))
}

fn not_ours(place: &Path) -> Error {
    let reason = "it is there and no sidecar of hvrestore";
    match Error::item(&NOT_OURS, place, reason) {
        Error::Item(refusal) => Error::Stop(refusal),
        other => other,
    }
}

fn write_heading(out: &mut Vec<u8>, heading: &Heading) {
    let mut object = Object::begin(out);
    object
        .text("type", "header")
        .number("format", FORMAT.into());
    object.text("tool", concat!("hvrestore ", env!("CARGO_PKG_VERSION")));
    object.text("written", &jiff::Timestamp::now().to_string());
    object
        .text("source", &heading.source)
        .text("state", &heading.state);
    object.list("volumes", &heading.volumes, |out, volume| {
        let mut object = Object::begin(out);
        object.text("name", &volume.name);
        object.maybe_text("label", volume.label.as_deref());
        object.text("serial", &format!("{:016x}", volume.serial));
        if let Some(folder) = &volume.folder {
            object.text("folder", folder);
        }
        object.end();
    });
    object.end_line();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(writer: &Writer, raw: &[u8], text: &'static [u8]) {
        let line = |out: &mut Vec<u8>, _| out.extend_from_slice(text);
        writer.add(Some(raw), line).expect("gathered");
    }

    fn types(dest: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(dest.join(NAME)).expect("written");
        text.lines()
            .map(|line| line.chars().take(20).collect())
            .collect()
    }

    #[test]
    fn nothing_is_made_before_there_is_a_line() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        drop(Writer::open(temp.path(), &Heading::default()).expect("opened"));
        assert!(!temp.path().join(NAME).exists());
    }

    #[test]
    fn a_second_run_adds_to_the_first_even_where_that_was_torn() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let writer = Writer::open(temp.path(), &Heading::default()).expect("opened");
        add(&writer, b"one", b"{\"first\":1}\n");
        add(&writer, b"one", b"{\"torn\":");
        drop(writer);
        let writer = Writer::open(temp.path(), &Heading::default()).expect("opened again");
        add(&writer, b"one", b"{\"second\":1}\n");
        writer.finish().expect("written");
        let header = "{\"type\":\"header\",\"fo";
        let security = "{\"type\":\"security\",\"";
        let lines = types(temp.path());
        let expected = [header, security, "{\"first\":1}", "{\"torn\":"];
        assert_eq!(
            lines,
            [&expected[..], &[header, security, "{\"second\":1}"]].concat()
        );
    }

    #[test]
    fn what_is_no_sidecar_is_not_added_to() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(temp.path().join(NAME), "{\"type\":\"mine\"}\n").expect("written");
        match Writer::open(temp.path(), &Heading::default()) {
            Err(Error::Stop(refusal)) => assert_eq!(refusal.code, &NOT_OURS),
            other => panic!("{:?}", other.err()),
        }
    }
}
