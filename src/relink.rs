//! A copy of a differencing disk that leads to its parent again, wherever that lies now.
//!
//! Always a copy: the file itself is a source, and sources are never written. The copy shares blocks
//! with it where the file system can. A pending log is replayed into the copy first, and the copy gets
//! its name only after its chain was opened through the new path.

pub mod codes;
mod path;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Cache, Change, EditedFile, Fault, HostFile, ReadAt, WriteAt};
use disk::{BrokenLink, Finder, Folders, Image};
use uuid::Uuid;

use crate::copy;
use crate::hostfs::{Dir, Platform, Sparse};
use crate::identity::new_guid;
use crate::output::{Offload, Output};
use crate::progress::Watch;
use crate::sink;
use codes::{NO_PATH, NOT_HELD};
pub use path::relative;

/// What is to be linked to what.
#[derive(Clone, Debug)]
pub struct Job {
    /// The differencing disk, which stays as it is.
    pub child: PathBuf,
    /// Its parent, which stays as it is.
    pub parent: PathBuf,
    /// Where the copy goes; nothing may be there.
    pub output: PathBuf,
    /// The parent's path on the Windows host, to be written as the absolute one. Without it the copy
    /// has none, so that it cannot lead to a live disk.
    pub windows_path: Option<String>,
    /// Whether a parent with another identifier is taken, on the operator's word.
    pub accept_mismatch: bool,
}

/// What was made.
#[derive(Debug)]
pub struct Relinked {
    /// Size of the copy, in bytes.
    pub size: u64,
    /// What the copy says now that the child did not.
    pub changes: Vec<Change>,
    /// What the replay of the child's pending log did to the copy; none where none was pending.
    pub log_replay: Option<vhdx::LogReplay>,
    /// The identifiers, where they differ and the operator has accepted that.
    pub accepted: Option<Fault>,
    /// A link further down the chain that does not hold.
    pub broken: Option<BrokenLink>,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Child and parent cannot be linked, or one of them cannot be read.
    #[error(transparent)]
    Fault(#[from] Arc<Fault>),
    /// The destination does not take the copy, or the operator interrupted.
    #[error(transparent)]
    Destination(#[from] sink::Error),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

/// Makes the copy.
///
/// # Errors
/// Where child and parent do not belong together, one of them cannot be read, or the destination does
/// not take the copy. Nothing is left of it then.
pub fn relink(job: &Job, watch: Watch<'_>) -> Result<Relinked, Error> {
    let child = Opened::at(&job.child)?;
    let parent = Opened::at(&job.parent)?;
    let accepted = check(&child, &parent, job)?;
    let writing = |error: io::Error| sink::Error::writing(&job.output, &error);
    let folder = folder_of(&job.output);
    let dir = Dir::open(folder).map_err(writing)?;
    let name = free_name(&dir, &job.output)?;
    let relative = path::relative(folder, &job.parent).ok_or_else(|| no_path(job))?;
    // Its own name, though a temporary one: the chain is opened through it.
    let (offload, platform) = (Offload::new(false), Platform);
    let mut copy = Output::create_named(&dir, &platform, &offload).map_err(writing)?;
    copy.stay_plain();
    fill(&mut copy, &child, job, watch)?;
    let linkage = accepted.as_ref().and_then(|_| parent.image.id());
    let edited = edit(&copy, &child, relative, linkage, job)?;
    copy.was_edited().map_err(writing)?;
    let temporary = folder.join(copy.name().unwrap_or_default());
    let broken = holds(&temporary, job)?;
    copy.put(name, false).map_err(writing)?;
    Ok(Relinked {
        size: edited.size,
        changes: edited.changes,
        log_replay: edited.log_replay,
        accepted,
        broken,
    })
}

/// A disk file of this machine.
struct Opened {
    file: Arc<HostFile>,
    image: Image,
}

impl Opened {
    fn at(path: &Path) -> Result<Self, Error> {
        let file = HostFile::open(path).map_err(|error| Fault::from_io(&error, "disk file"))?;
        let file = Arc::new(file);
        let bytes: Arc<dyn ReadAt> = Arc::<HostFile>::clone(&file);
        let image = Image::open(bytes, file.name(), &Cache::default())?;
        Ok(Self { file, image })
    }
}

/// Whether `parent` can be the parent of `child`; a fault where it is so only on the operator's word.
fn check(child: &Opened, parent: &Opened, job: &Job) -> Result<Option<Fault>, Error> {
    let name = child.file.name();
    let Some(link) = child.image.parent() else {
        let fault = Fault::unsupported(&vhdx::codes::NOT_DIFFERENCING, "parent locator");
        return Err(fault.found("a disk without a parent").in_file(name).into());
    };
    let differ = |code, what: &'static str, expected: String, found: String| {
        let fault = Fault::damaged(code, what).expected(expected);
        fault.found(found).in_file(parent.file.name())
    };
    let formats = [&child.image, &parent.image].map(|image| image.format().name().to_owned());
    if let [expected, found] = formats
        && expected != found
    {
        let code = &disk::codes::PARENT_FORMAT;
        return Err(differ(code, "format of the parent", expected, found).into());
    }
    let sectors = [&child.image, &parent.image].map(|image| image.logical_sector_size());
    if let [expected, found] = sectors
        && expected != found
    {
        let [expected, found] = [expected, found].map(|size| format!("{size} bytes"));
        let code = &disk::codes::SECTOR_SIZE;
        return Err(differ(code, "sectors of the parent", expected, found).into());
    }
    if parent.image.id().is_some_and(|id| link.ids.contains(&id)) {
        return Ok(None);
    }
    let braced = |ids: &[Uuid]| {
        let texts: Vec<_> = ids.iter().map(|id| id.braced().to_string()).collect();
        texts.join(" or ")
    };
    let (expected, found) = (braced(&link.ids), braced(parent.image.id().as_slice()));
    let fault = differ(
        &disk::codes::OTHER_PARENT,
        "identifier of the parent",
        expected,
        found,
    );
    match job.accept_mismatch {
        true => Ok(Some(Fault {
            code: &disk::codes::LINK_OVERRIDDEN,
            ..fault
        })),
        false => Err(fault.into()),
    }
}

fn folder_of(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// The name of `output`, if nothing has it.
fn free_name<'a>(dir: &Dir, output: &'a Path) -> Result<&'a OsStr, sink::Error> {
    let taken = |reason: &str| sink::Error::item(&sink::codes::EXISTS, output, reason);
    let name = output
        .file_name()
        .ok_or_else(|| taken("it names no file"))?;
    match dir.status(name) {
        Ok(None) => Ok(name),
        Ok(Some(_)) => Err(taken("exists already, and relink replaces nothing")),
        Err(error) => Err(sink::Error::writing(output, &error)),
    }
}

fn no_path(job: &Job) -> Error {
    Fault::unsupported(&NO_PATH, "relative path to the parent")
        .expected("names that Windows can have, on one drive")
        .found(job.parent.display().to_string())
        .into()
}

/// Copies the child, all of it or nothing.
fn fill(copy: &mut Output<'_>, child: &Opened, job: &Job, watch: Watch<'_>) -> Result<(), Error> {
    let mut buffer = vec![0; copy::BUFFER];
    let source = Sparse::of(Arc::<HostFile>::clone(&child.file));
    let lost = copy::copy(&source, copy, &mut buffer, watch)
        .map_err(|error| sink::Error::copying(&job.output, &error))?;
    if let Some(lost) = lost.first() {
        return Err(Arc::clone(&lost.fault).into());
    }
    copy.end_at(child.file.size())
        .map_err(|error| sink::Error::writing(&job.output, &error).into())
}

/// What became of the copy.
struct Edited {
    size: u64,
    changes: Vec<Change>,
    log_replay: Option<vhdx::LogReplay>,
}

/// Makes the copy say where its parent is.
fn edit(
    copy: &Output<'_>,
    child: &Opened,
    relative_path: String,
    linkage: Option<Uuid>,
    job: &Job,
) -> Result<Edited, Error> {
    let failed = |error: io::Error| match Fault::of(&error) {
        Some(fault) => Error::from(Arc::clone(fault)),
        None => sink::Error::writing(&job.output, &error).into(),
    };
    let file = copy
        .file()
        .try_clone()
        .and_then(EditedFile::new)
        .map_err(failed)?;
    let file: Arc<dyn WriteAt> = Arc::new(file);
    let (name, absolute) = (child.file.name(), job.windows_path.clone());
    let (changes, log_replay) = if let Image::Vhd(_) = child.image {
        let parent = vhd::edit::NewParent {
            relative: relative_path,
            absolute,
            unique_id: linkage,
        };
        (
            vhd::edit::relink(&*file, name, &parent).map_err(failed)?,
            None,
        )
    } else {
        let parent = vhdx::edit::NewParent {
            relative_path,
            absolute_win32_path: absolute,
            linkage,
        };
        let edited = vhdx::edit::relink(&file, name, &parent, new_guid()).map_err(failed)?;
        (edited.changes, edited.log_replay)
    };
    Ok(Edited {
        size: file.size(),
        changes,
        log_replay,
    })
}

/// Opens the chain of the copy; a link further down that does not hold.
fn holds(copy: &Path, job: &Job) -> Result<Option<BrokenLink>, Error> {
    let finder = Finder::new(Arc::new(Folders::beside(copy)), &Cache::default());
    let chain = finder
        .chain(copy)
        .map_err(|error| Arc::clone(error.fault()))?;
    let is = |path: &Path, other: &Path| same_file::is_same_file(path, other).unwrap_or(false);
    if let Some(own) = chain
        .layers
        .iter()
        .find(|layer| is(&layer.path, &job.child))
    {
        let fault = Fault::damaged(&disk::codes::CYCLE, "chain of the copy");
        return Err(fault
            .found(format!("{} itself among its parents", own.name))
            .into());
    }
    let next = chain.layers.get(1).map(|layer| &*layer.path);
    if next.is_some_and(|next| is(next, &job.parent)) {
        return Ok(chain.broken);
    }
    let fault = Fault::damaged(&NOT_HELD, "chain of the copy")
        .expected(job.parent.display().to_string())
        .found(match (&chain.broken, next) {
            (Some(broken), _) => broken.to_string(),
            (None, Some(other)) => other.display().to_string(),
            (None, None) => "no parent".into(),
        });
    Err(fault.into())
}
