//! An archive in work: its folders, links, and names.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tree::{GuestPath, Link};

use super::body::SMALL;
use super::format::{Format, Member};
use super::out::Out;
use super::{ArchiveOptions, written};
use crate::copy;
use crate::sidecar;
use crate::sink::codes::NO_FOLDER;
use crate::sink::host_name::host_name;
use crate::sink::names::{Renamed, Taken};
use crate::sink::{Ending, Error, Item, Outcome, Target, left_out};

mod save;

/// An archive in work.
pub(super) struct Work<'a> {
    format: Box<dyn Format>,
    /// None when it is finished.
    out: Option<Out<'a>>,
    place: PathBuf,
    options: ArchiveOptions,
    /// The folders that are being filled.
    open: HashMap<GuestPath, Arc<Folder>>,
    renamed: Renamed,
    buffer: Box<[u8]>,
}

/// A folder of the archive that is being filled.
struct Folder {
    /// What stands before the names of what is in it: empty, or with a `/` at its end.
    prefix: String,
    taken: Taken,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        format: Box<dyn Format>,
        out: Out<'a>,
        place: &Path,
        options: &ArchiveOptions,
    ) -> Self {
        let root = Folder::new(String::new(), &*format);
        // A guest's file of that name gets another one.
        root.taken.claim(OsStr::new(sidecar::NAME), 1);
        Self {
            out: Some(out),
            place: place.into(),
            options: options.clone(),
            open: HashMap::from([(GuestPath::root(), Arc::new(root))]),
            renamed: Renamed::new(format.rules()),
            buffer: vec![0; SMALL as usize].into_boxed_slice(),
            format,
        }
    }

    /// Writes a folder and enters it. The root is what the archive is unpacked into, so that only its
    /// streams are written.
    pub(super) fn dir(&mut self, item: &Item<'_>) -> Result<Outcome, Error> {
        if item.path.is_root() {
            let folder = self.folder(&GuestPath::root())?;
            let left: Vec<_> = item.streams.iter().collect();
            let mut outcome = Outcome::of(Ending::Written);
            self.keep_streams(&folder, OsStr::new(""), &left, item, &mut outcome)?;
            return Ok(outcome);
        }
        let parent = self.parent_of(item)?;
        let claimed = parent.taken.claim(&self.wanted(item.path), 1);
        let name = parent.name_of(&claimed);
        let (xattrs, left) = self.split_streams(item);
        self.write(|format, out| {
            let member = Member {
                xattrs: &xattrs,
                ..bare(&name, item)
            };
            format.dir(out, &member)
        })?;
        let folder = Folder::new(format!("{name}/"), &*self.format);
        self.open.insert(item.path.clone(), Arc::new(folder));
        let mut outcome = written(name, self.renamed.note(item.path, &claimed));
        self.keep_streams(&parent, &claimed, &left, item, &mut outcome)?;
        Ok(outcome)
    }

    /// Forgets a folder that nothing more goes into.
    pub(super) fn leave_dir(&mut self, path: &GuestPath) {
        if !path.is_root() {
            self.open.remove(path);
        }
    }

    /// Writes a link to what is in the archive, too.
    pub(super) fn link(&mut self, item: &Item<'_>, target: &Target) -> Result<Outcome, Error> {
        let parent = self.parent_of(item)?;
        let claimed = parent.taken.claim(&self.wanted(item.path), 1);
        let name = parent.name_of(&claimed);
        let way = joined(&self.renamed.relative(item.path, &target.path));
        self.write(|format, out| format.symlink(out, &bare(&name, item), &way))?;
        Ok(written(name, self.renamed.note(item.path, &claimed)))
    }

    /// Says of a link that leads elsewhere that it is not made.
    pub(super) fn leave_out(&self, item: &Item<'_>, link: &Link) -> Result<Outcome, Error> {
        let name = self.parent_of(item)?.name_of(&self.wanted(item.path));
        Ok(left_out(link, name.into(), "its target is not restored"))
    }

    /// Writes one more name of the file at `to`.
    pub(super) fn hard_link(&mut self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error> {
        let parent = self.parent_of(item)?;
        let claimed = parent.taken.claim(&self.wanted(item.path), 1);
        let name = parent.name_of(&claimed);
        let first = joined(&self.renamed.host_names(to));
        if !self.write(|format, out| format.hard_link(out, &bare(&name, item), &first))? {
            parent.taken.release(&claimed);
            return Ok(Outcome::of(Ending::Declined));
        }
        Ok(written(name, self.renamed.note(item.path, &claimed)))
    }

    /// Ends the archive.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.write(|format, out| format.finish(out))?;
        let out = self.out.take().expect("written to just now");
        out.finish().map_err(|error| self.stop(&error))
    }

    /// Has the format write something. An archive that took half of anything takes nothing more.
    fn write<T>(
        &mut self,
        write: impl FnOnce(&mut dyn Format, &mut Out<'a>) -> io::Result<T>,
    ) -> Result<T, Error> {
        let done = match &mut self.out {
            Some(out) => write(&mut *self.format, out),
            None => Err(io::Error::other("it is finished")),
        };
        done.map_err(|error| self.stop(&error))
    }

    fn stop(&self, error: &io::Error) -> Error {
        Error::writing(&self.place, error).for_all()
    }

    fn failed(&self, error: &copy::Error) -> Error {
        Error::copying(&self.place, error).for_all()
    }

    fn wanted(&self, path: &GuestPath) -> OsString {
        host_name(&path.name().unwrap_or_default(), self.format.rules()).into()
    }

    fn folder(&self, path: &GuestPath) -> Result<Arc<Folder>, Error> {
        let folder = self.open.get(path).cloned();
        folder.ok_or_else(|| {
            let reason = format!("{path} was not made before what is in it");
            Error::item(&NO_FOLDER, &self.place, reason)
        })
    }

    fn parent_of(&self, item: &Item<'_>) -> Result<Arc<Folder>, Error> {
        self.folder(&item.path.parent().unwrap_or_default())
    }
}

impl Folder {
    fn new(prefix: String, format: &dyn Format) -> Self {
        let taken = Taken::new(format.folds_case());
        Self { prefix, taken }
    }

    fn name_of(&self, name: &OsStr) -> String {
        format!("{}{}", self.prefix, name.to_string_lossy())
    }
}

fn bare<'m>(name: &'m str, item: &'m Item<'_>) -> Member<'m> {
    Member {
        name,
        metadata: item.metadata,
        xattrs: &[],
    }
}

/// A way in an archive: names with `/` between them.
fn joined(names: &[OsString]) -> String {
    let names: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}
