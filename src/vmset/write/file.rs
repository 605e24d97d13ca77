//! One file of a set: copied, relinked, merged, edited.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use blockio::{Change, EditedFile, Fault, HostFile, Memory, ReadAt, WriteAt};
use disk::VirtualDisk;

use super::stage::Stage;
use super::{Error, Job, WrittenFile};
use crate::copy::{self, Lost, Target};
use crate::flatten::{Format, Image, Shape};
use crate::hostfs::{Calls, Dir, Platform, Sparse};
use crate::identity::new_guid;
use crate::output::{Offload, Output};
use crate::sink::{Partial, with_tail};
use crate::vmset::codes::{NOT_EDITED, NOT_RELINKED};
use crate::vmset::plan::{PlannedFile, Relink, SetPath, Work};

/// A file being written.
struct Writing<'a> {
    job: &'a Job<'a>,
    planned: &'a PlannedFile,
    dir: &'a Dir,
    output: Output<'a>,
    /// Where it will be, for messages.
    place: PathBuf,
    remarks: Vec<String>,
    /// Size of the disk in it, where it is made of several files.
    disk_size: Option<u64>,
}

/// Writes the file `planned`, which comes from `source`.
pub(super) fn write(
    job: &Job<'_>,
    stage: &Stage,
    planned: &PlannedFile,
    source: &Arc<HostFile>,
) -> Result<WrittenFile, Error> {
    let dir = stage.dir_of(&planned.place)?;
    let place = planned.place.beneath(stage.place());
    let offload = Offload::new(stage.unnamed);
    let mut output = Output::create(&dir, &Platform, &offload)
        .map_err(|error| Error::writing(&place, &error))?;
    output.stay_plain();
    let mut writing = Writing {
        job,
        planned,
        dir: &dir,
        output,
        place,
        remarks: Vec::new(),
        disk_size: None,
    };
    let lost = writing.fill(source)?;
    writing.put(lost)
}

impl Writing<'_> {
    /// Writes the bytes; what could not be had.
    fn fill(&mut self, source: &Arc<HostFile>) -> Result<Vec<Lost>, Error> {
        match &self.planned.work {
            Work::Copy => self.copy(&Sparse::of(Arc::<HostFile>::clone(source))),
            Work::Relink(relink) => {
                let lost = self.copy(&Sparse::of(Arc::<HostFile>::clone(source)))?;
                if lost.is_empty() {
                    self.relink(relink)?;
                }
                Ok(lost)
            }
            Work::Edit(edits) => {
                let bytes = self.edited(source, edits)?;
                self.copy(&Memory::from(bytes))
            }
            Work::Merge => self.merge(),
        }
    }

    fn copy(&mut self, source: &dyn ReadAt) -> Result<Vec<Lost>, Error> {
        let mut buffer = vec![0; copy::BUFFER];
        let lost = copy::copy(source, &mut self.output, &mut buffer, self.job.watch)
            .map_err(|error| crate::sink::Error::copying(&self.place, &error))?;
        let ended = self.output.end_at(source.size());
        ended.map_err(|error| Error::writing(&self.place, &error))?;
        Ok(lost)
    }

    /// Tells the copy where its parent is now.
    fn relink(&mut self, relink: &Relink) -> Result<(), Error> {
        let name = self.planned.place.name();
        // The file is synced before it gets its name.
        let file = self.output.file().try_clone();
        let file = file.and_then(EditedFile::unnamed);
        let file: Arc<dyn WriteAt> = match file {
            Ok(file) => Arc::new(file),
            Err(error) => return Err(Error::writing(&self.place, &error)),
        };
        let link = relinked(&file, name, relink).map_err(|error| {
            let fault = Fault::from_io(&error, "parent locator");
            let text = fault.to_string();
            Error::Source(
                Fault::damaged(&NOT_RELINKED, "copy")
                    .found(text)
                    .in_file(name)
                    .into(),
            )
        })?;
        self.remarks.extend(link);
        let edited = self.output.was_edited();
        edited.map_err(|error| Error::writing(&self.place, &error))
    }

    /// Makes one new disk of all layers.
    fn merge(&mut self) -> Result<Vec<Lost>, Error> {
        let source = |fault: &Arc<Fault>| Error::Source(Arc::clone(fault));
        let chain = self.job.finder.chain(&self.planned.from);
        let disk = VirtualDisk::salvage(chain.map_err(|error| source(error.fault()))?);
        let shape = Shape {
            format: Format::Vhdx,
            ..Shape::default()
        };
        let image = Image::of(&Arc::new(disk), &shape).map_err(|fault| source(&fault))?;
        self.disk_size = Some(image.disk_size());
        Ok(image.on_disk(self.copy(image.bytes())?))
    }

    fn edited(&self, source: &HostFile, edits: &[vmcx::Edit]) -> Result<Vec<u8>, Error> {
        let name = self.planned.place.name();
        let document = vmcx::Document::open(source, name);
        let edited = document.and_then(|document| document.edit(edits));
        edited.map_err(|error| {
            let text = error.fault().to_string();
            let fault = Fault {
                kind: error.fault().kind,
                ..Fault::unsupported(&NOT_EDITED, "configuration")
            };
            Error::Source(fault.found(text).in_file(name).into())
        })
    }

    /// Waits for the bytes and gives the file its name: with `.partial` if something is missing.
    fn put(self, lost: Vec<Lost>) -> Result<WrittenFile, Error> {
        let writing = |error: std::io::Error| Error::writing(&self.place, &error);
        let size = self.output.file().metadata().map_err(writing)?.len();
        let mut written = WrittenFile {
            place: self.planned.place.clone(),
            size,
            sha256: None,
            partial: None,
            remarks: self.remarks,
        };
        Platform.sync(self.output.file()).map_err(writing)?;
        if !lost.is_empty() {
            written.place = with_end(&written.place, ".partial");
            let place = self.place.with_file_name(written.place.name());
            let partial = Partial {
                place: Some(place),
                size: self.disk_size.unwrap_or(size),
                lost,
            };
            put_list(self.dir, &written.place, &partial).map_err(writing)?;
            written.partial = Some(partial);
        }
        let name = OsStr::new(written.place.name());
        self.output.put(name, true).map_err(writing)?;
        Ok(written)
    }
}

/// Writes the list of what is missing beside a partial file.
fn put_list(dir: &Dir, partial_place: &SetPath, partial: &Partial) -> std::io::Result<()> {
    let name = with_tail(OsStr::new(partial_place.name()), ".json");
    let offload = Offload::new(false);
    let mut output = Output::create(dir, &Platform, &offload)?;
    output.write_at(&partial.describe(None, None), 0)?;
    output.put(&name, true)
}

/// `place` with `tail` at the end of its name.
fn with_end(place: &SetPath, tail: &str) -> SetPath {
    let folders: Vec<_> = place.folders().iter().map(String::as_str).collect();
    let name = with_tail(OsStr::new(place.name()), tail);
    SetPath::of(&folders).join(&name.to_string_lossy())
}

/// Rewrites the locator of `file`; what else was done to it, for people.
fn relinked(file: &Arc<dyn WriteAt>, name: &str, relink: &Relink) -> std::io::Result<Vec<String>> {
    let id = relink.accepted;
    if !is_vhd(file, name)? {
        let parent = vhdx::edit::NewParent {
            relative_path: relink.relative.clone(),
            absolute_win32_path: relink.absolute.clone(),
            linkage: id,
        };
        let edited = vhdx::edit::relink(file, name, &parent, new_guid())?;
        let replayed = edited
            .log_replay
            .map(|_| "its pending log was replayed first".to_owned());
        return Ok(replayed.into_iter().collect());
    }
    let parent = vhd::edit::NewParent {
        relative: relink.relative.clone(),
        absolute: relink.absolute.clone(),
        unique_id: id,
    };
    let _: Vec<Change> = vhd::edit::relink(&**file, name, &parent)?;
    Ok(Vec::new())
}

fn is_vhd(file: &Arc<dyn WriteAt>, name: &str) -> std::io::Result<bool> {
    Ok(disk::detect(&**file, name)? == disk::Format::Vhd)
}
