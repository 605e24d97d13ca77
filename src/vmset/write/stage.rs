//! The temporary folder beside the destination: `.NAME.hvrestore-part`.
//!
//! Its journal, `.hvrestore-restore.jsonl`, begins with a line that stands for the plan and has one more
//! for each finished file. Whatever is not in the journal is written anew by the next run.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

use super::{Error, WrittenFile};
use crate::hostfs::{self, Calls, Dir, Platform};
use crate::json::Object;
use crate::output::{is_temporary, temporary_name};
use crate::vmset::codes::{
    TARGET_IN_USE, TARGET_OTHER, TARGET_SAME_ID, TARGET_TAKEN, TARGET_UNFINISHED,
};
use crate::vmset::plan::{MACHINES, PlannedFile, STAGE_HEAD, STAGE_TAIL, SetPath};

/// Name of the journal.
const JOURNAL: &str = ".hvrestore-restore.jsonl";

/// How long Windows is given to let go of a folder: a virus scanner, or whoever looks into it, keeps
/// its name as it is.
const WAITS: &[Duration] = &[
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// The temporary folder of one machine.
pub(super) struct Stage {
    /// The machine's folder, when it is done.
    place: PathBuf,
    /// The folder until then.
    path: PathBuf,
    journal: Option<File>,
    /// Whether files can be made that have no name yet.
    pub(super) unnamed: bool,
    was_there: bool,
}

/// What an earlier run has finished.
#[derive(Default)]
pub(super) struct Past(HashMap<String, Line>);

/// A line of the journal.
#[derive(Deserialize)]
struct Line {
    plan: Option<String>,
    file: Option<String>,
    #[serde(default)]
    size: u64,
}

impl Stage {
    /// The stage of the machine's folder `folder` in `destination`, which is made if it is not there.
    pub(super) fn check(destination: &Path, folder: &str, id: Option<Uuid>) -> Result<Self, Error> {
        let place = destination.join(folder);
        fs::create_dir_all(destination).map_err(|error| Error::writing(destination, &error))?;
        if !is_free(&place) {
            return Err(Error::refused(&TARGET_TAKEN, &place, "it is not empty"));
        }
        if let Some(other) = id.and_then(|id| holder_of(destination, id)) {
            return Err(Error::refused(
                &TARGET_SAME_ID,
                &place,
                format!("{} has it", other.display()),
            ));
        }
        let path = destination.join(format!("{STAGE_HEAD}{folder}{STAGE_TAIL}"));
        Ok(Self {
            was_there: path.exists(),
            place,
            path,
            journal: None,
            unnamed: false,
        })
    }

    /// Makes the folder, or goes on with the one that is there, if that has this `key`.
    pub(super) fn begin(&mut self, key: &str, resume: bool) -> Result<Past, Error> {
        let writing = |error: io::Error| Error::writing(&self.path, &error);
        let has_something = self.was_there && !is_free(&self.path);
        fs::create_dir_all(&self.path).map_err(writing)?;
        let dir = Dir::open(&self.path).map_err(writing)?;
        // No file inherits compression: Hyper-V attaches no such disk.
        let _ = Platform.unmark(dir.file());
        let mut journal = dir.open_to_append(OsStr::new(JOURNAL)).map_err(writing)?;
        // Before anything else is said of the folder: nobody may be told to remove what is in use.
        if let Err(fs::TryLockError::WouldBlock) = journal.try_lock() {
            let reason = "its journal is locked";
            return Err(Error::refused(&TARGET_IN_USE, &self.path, reason));
        }
        if has_something && !resume {
            let reason = "it is there from an earlier run";
            return Err(Error::refused(&TARGET_UNFINISHED, &self.path, reason));
        }
        let past = Past::read(&mut journal, key).map_err(writing)?;
        let Some(past) = past else {
            let reason = "its journal says so";
            return Err(Error::refused(&TARGET_OTHER, &self.path, reason));
        };
        if past.0.is_empty() {
            line(&mut journal, |object| {
                object.text("plan", key);
            })
            .map_err(writing)?;
        }
        self.unnamed = hostfs::can_be_unnamed(&dir, &temporary_name()).map_err(writing)?;
        self.journal = Some(journal);
        clean(&self.path);
        Ok(past)
    }

    /// The folder where files are until the end.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The machine's folder, when it is done.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// Makes a folder with those above it.
    pub(super) fn make(&self, folder: &SetPath) -> Result<(), Error> {
        let path = folder.beneath(&self.path);
        fs::create_dir_all(&path).map_err(|error| Error::writing(&path, &error))
    }

    /// The folder of `place`, made if it is not there.
    pub(super) fn dir_of(&self, place: &SetPath) -> Result<Dir, Error> {
        let names: Vec<_> = place.folders().iter().map(String::as_str).collect();
        let folder = SetPath::of(&names);
        self.make(&folder)?;
        let path = folder.beneath(&self.path);
        Dir::open(&path).map_err(|error| Error::writing(&path, &error))
    }

    /// Writes down that a file is done.
    pub(super) fn done(&mut self, planned: &SetPath, written: &WrittenFile) -> Result<(), Error> {
        if written.partial.is_some() {
            // Tried again by the next run.
            return Ok(());
        }
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        line(journal, |object| {
            object.text("file", &planned.to_string());
            object.number("size", written.size);
        })
        .map_err(|error| Error::writing(&self.path, &error))
    }

    /// Puts a file of text beside the others.
    pub(super) fn put_text(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        let put = || {
            let mut file = File::create(&path)?;
            file.write_all(bytes)?;
            file.sync_data()
        };
        put().map_err(|error| Error::writing(&path, &error))
    }

    /// Gives the folder its name. Where that cannot be, the journal stays, so that the next run has
    /// nothing else to do.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        let writing = |error: io::Error| Error::writing(&self.place, &error);
        // Closed first, because Windows renames no folder in which something is open.
        drop(self.journal.take());
        if self.place.exists() {
            // Only an empty folder goes; anything else stops here.
            fs::remove_dir(&self.place).map_err(writing)?;
        }
        let waits = if cfg!(windows) { WAITS } else { &[] };
        patiently(waits, || fs::rename(&self.path, &self.place)).map_err(writing)?;
        fs::remove_file(self.place.join(JOURNAL)).map_err(writing)?;
        let above = self.place.parent().unwrap_or(Path::new("."));
        if let Ok(dir) = Dir::open(above) {
            // Some file systems cannot sync a folder; its name is there all the same.
            let _ = dir.file().sync_all();
        }
        Ok(())
    }

    /// Leaves nothing behind of a run that has written nothing.
    pub(super) fn abandon_if_empty(mut self) {
        drop(self.journal.take());
        if !self.was_there {
            let _ = fs::remove_file(self.path.join(JOURNAL));
            let _ = fs::remove_dir(&self.path);
        }
    }
}

impl Past {
    /// What the journal says; none where it is of another plan.
    fn read(journal: &mut File, key: &str) -> io::Result<Option<Self>> {
        journal.seek(SeekFrom::Start(0))?;
        let mut text = String::new();
        // A torn last line is no line.
        let mut bytes = Vec::new();
        journal.read_to_end(&mut bytes)?;
        text.push_str(&String::from_utf8_lossy(&bytes));
        let mut past = Self::default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Line>(line).ok());
        for line in lines {
            if line.plan.as_deref().is_some_and(|plan| plan != key) {
                return Ok(None);
            }
            if let Some(file) = &line.file {
                past.0.insert(file.clone(), line);
            }
        }
        Ok(Some(past))
    }

    /// The file, if it is done and still there as it was.
    pub(super) fn of(&self, planned: &PlannedFile, stage: &Stage) -> Option<WrittenFile> {
        let line = self.0.get(&planned.place.to_string())?;
        let found = fs::symlink_metadata(planned.place.beneath(&stage.path)).ok()?;
        let is_same = found.is_file() && found.len() == line.size;
        is_same.then(|| WrittenFile {
            place: planned.place.clone(),
            size: line.size,
            sha256: None,
            partial: None,
            remarks: Vec::new(),
        })
    }
}

fn line(journal: &mut File, fill: impl FnOnce(&mut Object<'_>)) -> io::Result<()> {
    // The line before it may be torn.
    let mut bytes = match journal.metadata()?.len() {
        0 => Vec::new(),
        _ => vec![b'\n'],
    };
    let mut object = Object::begin(&mut bytes);
    fill(&mut object);
    object.end_line();
    // Not synced: a line that a power cut takes along has its file copied again, no more.
    journal.write_all(&bytes)
}

/// Does what is refused now again after each of the waits.
fn patiently(waits: &[Duration], mut act: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    for wait in waits {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => thread::sleep(*wait),
            done => return done,
        }
    }
    act()
}

/// Whether nothing is at `place`, or an empty folder.
fn is_free(place: &Path) -> bool {
    match fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// The folder in `destination` that holds the machine `id`.
fn holder_of(destination: &Path, id: Uuid) -> Option<PathBuf> {
    let wanted = id.hyphenated().to_string();
    let has = |folder: &Path| {
        let entries = fs::read_dir(folder.join(MACHINES))
            .into_iter()
            .flatten()
            .flatten();
        let mut names = entries.map(|entry| PathBuf::from(entry.file_name()));
        names.any(|name| {
            let stem = name.file_stem().unwrap_or_default().to_string_lossy();
            let is_configuration = name
                .extension()
                .is_some_and(|e| e.eq_ignore_ascii_case("vmcx") || e.eq_ignore_ascii_case("xml"));
            is_configuration && stem.eq_ignore_ascii_case(&wanted)
        })
    };
    let is_stage = |path: &Path| path.to_string_lossy().ends_with(STAGE_TAIL);
    let entries = fs::read_dir(destination).into_iter().flatten().flatten();
    let folders = entries
        .map(|entry| entry.path())
        .filter(|path| !is_stage(path));
    [destination.to_owned()]
        .into_iter()
        .chain(folders)
        .find(|folder| has(folder))
}

/// Removes temporary files that a killed run has left.
fn clean(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder {
            clean(&entry.path());
        } else if is_temporary(&entry.file_name()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_a_folder_that_cannot_get_its_name_yet_keeps_its_journal() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let stage = || Stage::check(temp.path(), "web01", None).expect("nothing is there");
        let mut first = stage();
        first.begin("key", false).expect("begun");
        fs::create_dir(temp.path().join("web01")).expect("made");
        fs::write(temp.path().join("web01/other"), "").expect("written");
        first.finish().expect_err("the name is taken");
        let part = temp.path().join(".web01.hvrestore-part");
        assert!(part.join(JOURNAL).exists());
        fs::remove_file(temp.path().join("web01/other")).expect("removed");
        let mut second = stage();
        second.begin("key", true).expect("gone on with");
        second.finish().expect("the name is free");
        let place = temp.path().join("web01");
        assert!(!part.exists() && fs::read_dir(place).expect("there").next().is_none());
    }

    #[test]
    fn what_is_refused_for_a_while_is_tried_again() {
        let waits = [Duration::ZERO; 2];
        let refusing = |times: usize, kind: io::ErrorKind| {
            let mut tries = 0;
            let done = patiently(&waits, || {
                tries += 1;
                match tries > times {
                    true => Ok(()),
                    false => Err(kind.into()),
                }
            });
            (done.is_ok(), tries)
        };
        let denied = io::ErrorKind::PermissionDenied;
        assert_eq!(refusing(0, denied), (true, 1));
        assert_eq!(refusing(2, denied), (true, 3));
        assert_eq!(refusing(3, denied), (false, 3));
        assert_eq!(refusing(1, io::ErrorKind::StorageFull), (false, 1));
    }
}
