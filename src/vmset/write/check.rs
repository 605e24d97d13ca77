//! Bytes read back and compared, and checksums of what was written.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blockio::{Fault, HostFile, Place, ReadAt};
use disk::VirtualDisk;
use same_file::is_same_file;

use super::stage::Stage;
use super::{ALGORITHM, Error, Job, Written, WrittenFile};
use crate::checksum::Hasher;
use crate::copy;
use crate::hostfs;
use crate::sink::codes::MISMATCH;
use crate::vmset::plan::{PlannedFile, Work};

/// Reads back what was written, as far as that was asked for.
pub(super) fn all(
    job: &Job<'_>,
    stage: &Stage,
    written: &mut Written,
    sources: &[Arc<HostFile>],
) -> Result<(), Error> {
    if !job.verify && !job.hash {
        return Ok(());
    }
    for ((file, planned), source) in written.files.iter_mut().zip(&job.plan.files).zip(sources) {
        one(job, stage, file, planned, source)?;
    }
    Ok(())
}

fn one(
    job: &Job<'_>,
    stage: &Stage,
    file: &mut WrittenFile,
    planned: &PlannedFile,
    source: &Arc<HostFile>,
) -> Result<(), Error> {
    let path = file.place.beneath(stage.path());
    if let Ok(file) = File::open(&path) {
        hostfs::forget(&file);
    }
    let back = HostFile::open(&path).map_err(|error| Error::writing(&path, &error))?;
    let mut hasher = Hasher::new(ALGORITHM);
    let mut is_hashed = false;
    if job.verify && file.partial.is_none() {
        match planned.work {
            Work::Copy => {
                let hasher = job.hash.then_some(&mut hasher);
                same(job, &**source, &back, planned, hasher)?;
                is_hashed = true;
            }
            Work::Relink(_) => own_bytes(job, planned, back.path())?,
            Work::Merge => merged(job, planned, back.path())?,
            // Its source has other bytes.
            Work::Edit(_) => {}
        }
    }
    if job.hash {
        if is_hashed {
            file.sha256 = Some(hasher.finish());
            return Ok(());
        }
        let read = hasher.read(&back, 0, &mut Hasher::buffer());
        read.map_err(|error| Error::writing(&path, &error))?;
        file.sha256 = Some(hasher.finish());
    }
    Ok(())
}

/// A merged disk has the bytes of its source's chain.
fn merged(job: &Job<'_>, planned: &PlannedFile, path: &Path) -> Result<(), Error> {
    let [source, back] = disks(job, planned, path)?;
    same(job, &source, &back, planned, None)
}

/// A relinked disk has in its own blocks what its source has there. Its parents are files of the set
/// themselves, and what was rewritten is proven by its chain, which was opened.
fn own_bytes(job: &Job<'_>, planned: &PlannedFile, path: &Path) -> Result<(), Error> {
    let [source, back] = disks(job, planned, path)?;
    let mut is_own = HashMap::new();
    let (mut at, size) = (0, source.size().min(back.size()));
    while at < size {
        // What the source cannot tell of is named by the comparison of the chains.
        let Ok(run) = source.run_at(at, size - at) else {
            break;
        };
        let len = run.len.clamp(1, size - at);
        let compared = match run.place {
            Place::Hole | Place::Lost(_) => false,
            Place::Computed { .. } => true,
            Place::Host { file, .. } => *is_own
                .entry(file.path().to_owned())
                .or_insert_with(|| is_same_file(file.path(), &planned.from).unwrap_or(true)),
        };
        if compared {
            same_range(job, (&source, &back), at..at + len, planned, None)?;
        }
        at += len;
    }
    Ok(())
}

/// The disk that a file of the source is the newest layer of, and the one of the file at `path`.
fn disks(job: &Job<'_>, planned: &PlannedFile, path: &Path) -> Result<[VirtualDisk; 2], Error> {
    let open = |finder: &disk::Finder, path: &Path| {
        let chain = finder.chain(path);
        let chain = chain.map_err(|error| Error::Source(Arc::clone(error.fault())))?;
        Ok::<_, Error>(VirtualDisk::salvage(chain))
    };
    let beside = Arc::new(disk::Folders::beside(path));
    let here = disk::Finder::new(beside, &blockio::Cache::default());
    Ok([open(job.finder, &planned.from)?, open(&here, path)?])
}

fn same(
    job: &Job<'_>,
    source: &dyn ReadAt,
    back: &dyn ReadAt,
    planned: &PlannedFile,
    hasher: Option<&mut Hasher>,
) -> Result<(), Error> {
    if source.size() != back.size() {
        return Err(mismatch(planned, source.size().min(back.size())));
    }
    same_range(job, (source, back), 0..source.size(), planned, hasher)
}

fn mismatch(planned: &PlannedFile, at: u64) -> Error {
    let fault = Fault::damaged(&MISMATCH, "restored file").at(at);
    Error::Source(fault.in_file(planned.place.name()).into())
}

/// Compares a range of both; `hasher` takes what was read back.
fn same_range(
    job: &Job<'_>,
    (source, back): (&dyn ReadAt, &dyn ReadAt),
    range: Range<u64>,
    planned: &PlannedFile,
    mut hasher: Option<&mut Hasher>,
) -> Result<(), Error> {
    let room = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let room = room.min(copy::BUFFER);
    let (mut was, mut is) = (vec![0; room], vec![0; room]);
    let mut at = range.start;
    while at < range.end {
        if job.watch.cancelled() {
            return Err(Error::Cancelled);
        }
        let left = usize::try_from(range.end - at).unwrap_or(usize::MAX);
        let part = left.min(room);
        let cannot = |error: std::io::Error| Error::Source(Fault::from_io(&error, "data"));
        source.read_exact_at(&mut was[..part], at).map_err(cannot)?;
        back.read_exact_at(&mut is[..part], at).map_err(cannot)?;
        if was[..part] != is[..part] {
            return Err(mismatch(planned, at));
        }
        if let Some(hasher) = &mut hasher {
            hasher.update(&is[..part]);
        }
        at += part as u64;
    }
    Ok(())
}
