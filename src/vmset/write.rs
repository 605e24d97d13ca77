//! A plan carried out: everything in a temporary folder beside the destination, which gets its name
//! when all of it is there and was looked at.
//!
//! | module | owns |
//! |---|---|
//! | `stage` | the temporary folder, its journal, and the rename at the end |
//! | `file` | one file: copied, relinked, merged, edited |
//! | `room` | how much room it takes |
//! | `chains` | the result's chains opened and compared with the source's |
//! | `check` | bytes read back, checksums |
//! | `losses` | what was not restored in full, and what follows from that |

mod chains;
mod check;
mod error;
mod file;
mod losses;
mod room;
mod stage;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Fault, HostFile};
use disk::Finder;

use super::plan::{Plan, PlannedFile, SetPath, Work};
use crate::checksum::Algorithm;
use crate::progress::Watch;
use crate::sink::Partial;

pub use error::Error;
use stage::Stage;

/// How a plan is carried out.
pub struct Job<'a> {
    /// What to write.
    pub plan: &'a Plan,
    /// The folder in which the machine gets its own.
    pub destination: &'a Path,
    /// Finds the source's chains.
    pub finder: &'a Finder,
    /// Whether an unfinished run is gone on with.
    pub resume: bool,
    /// Whether what was written is read back and compared.
    pub verify: bool,
    /// Whether each file's SHA-256 is taken.
    pub hash: bool,
    /// Who looks on.
    pub watch: Watch<'a>,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The machine's folder.
    pub place: PathBuf,
    /// Each file of the plan, in its order.
    pub files: Vec<WrittenFile>,
    /// Disks that have the damage of their source: which, and the first fault.
    pub damaged: Vec<(SetPath, Arc<Fault>)>,
    /// Files of the source that changed while they were read.
    pub changed: Vec<PathBuf>,
    /// How many files an earlier run had finished.
    pub resumed: usize,
}

/// One file that was written.
#[derive(Clone, Debug)]
pub struct WrittenFile {
    /// Where it is below the machine's folder; with lost bytes it has `.partial` at its end.
    pub place: SetPath,
    /// Its bytes.
    pub size: u64,
    /// Its SHA-256, if that was asked for.
    pub sha256: Option<String>,
    /// What is missing of it.
    pub partial: Option<Partial>,
    /// What was done besides what was planned, for people: a log that was replayed.
    pub remarks: Vec<String>,
}

impl Written {
    /// Whether every byte of the source is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damaged.is_empty()
            && self.changed.is_empty()
            && self.files.iter().all(|file| file.partial.is_none())
    }
}

/// Carries out the plan of `job`. `texts` gives, when all else is there, the files that tell of it
/// (scripts, manifest): names and bytes.
///
/// # Errors
/// What is in the way; nothing has its name then, and what was finished waits for `--resume`.
pub fn write(
    job: &Job<'_>,
    texts: impl FnOnce(&Written) -> Vec<(String, Vec<u8>)>,
) -> Result<Written, Error> {
    let mut stage = Stage::check(job.destination, &job.plan.folder, job.plan.id)?;
    let sources = open_sources(job)?;
    let parents = open_parents(job)?;
    let past = stage.begin(&key(job, &sources, &parents), job.resume)?;
    if let Err(error) = room::check(job, &stage, &sources, &past) {
        stage.abandon_if_empty();
        return Err(error);
    }
    for folder in &job.plan.folders {
        stage.make(folder)?;
    }
    let mut written = Written {
        place: stage.place().to_owned(),
        files: Vec::new(),
        damaged: Vec::new(),
        changed: Vec::new(),
        resumed: 0,
    };
    for (planned, source) in job.plan.files.iter().zip(&sources) {
        let file = match past.of(planned, &stage) {
            Some(done) => {
                written.resumed += 1;
                done
            }
            None => one(job, &mut stage, planned, source)?,
        };
        written.files.push(file);
    }
    written.damaged = chains::compare(job, &stage, &written)?;
    check::all(job, &stage, &mut written, &sources)?;
    written.changed = changed(sources.iter().chain(&parents));
    for (name, bytes) in texts(&written) {
        stage.put_text(&name, &bytes)?;
    }
    stage.finish()?;
    Ok(written)
}

/// Writes one file and writes down that it is done.
fn one(
    job: &Job<'_>,
    stage: &mut Stage,
    planned: &PlannedFile,
    source: &Arc<HostFile>,
) -> Result<WrittenFile, Error> {
    let written = file::write(job, stage, planned, source)?;
    stage.done(&planned.place, &written)?;
    Ok(written)
}

/// The files that are read, in the plan's order, open until the end.
fn open_sources(job: &Job<'_>) -> Result<Vec<Arc<HostFile>>, Error> {
    let files = job.plan.files.iter();
    files.map(|file| open_source(&file.from)).collect()
}

/// The files that merged disks are read from, besides their leaves.
fn open_parents(job: &Job<'_>) -> Result<Vec<Arc<HostFile>>, Error> {
    let mut parents = Vec::new();
    let files = job.plan.files.iter();
    for merged in files.filter(|file| file.work == Work::Merge) {
        let chain = job.finder.chain(&merged.from);
        let chain = chain.map_err(|error| Error::Source(Arc::clone(error.fault())))?;
        for layer in chain.layers.iter().skip(1) {
            parents.push(open_source(&layer.path)?);
        }
    }
    Ok(parents)
}

fn open_source(path: &Path) -> Result<Arc<HostFile>, Error> {
    let file = HostFile::open(path).map(Arc::new);
    file.map_err(|error| {
        let fault = Fault::from_io(&error, "source file");
        let name = path.display().to_string();
        Error::Source((*fault).clone().in_file(&name).into())
    })
}

/// The files that are not as they were when they were opened, or of which that cannot be told.
fn changed<'a>(sources: impl Iterator<Item = &'a Arc<HostFile>>) -> Vec<PathBuf> {
    let is_same = |file: &Arc<HostFile>| file.stamp_now().is_ok_and(|now| now == file.stamp());
    let changed = sources.filter(|file| !is_same(file));
    changed.map(|file| file.path().to_owned()).collect()
}

/// Stands for what is written, and from what.
fn key(job: &Job<'_>, sources: &[Arc<HostFile>], parents: &[Arc<HostFile>]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (file, source) in job.plan.files.iter().zip(sources) {
        let stamp = source.stamp();
        let line = format!(
            "{} {} {:?} {:?} {stamp:?}\n",
            file.place,
            file.from.display(),
            file.role,
            file.work
        );
        hasher.update(line.as_bytes());
    }
    for parent in parents {
        let line = format!("{} {:?}\n", parent.path().display(), parent.stamp());
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The checksum of manifests.
const ALGORITHM: Algorithm = Algorithm::Sha256;

#[cfg(test)]
mod tests;
