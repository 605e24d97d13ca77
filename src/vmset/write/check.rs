//! Bytes read back and compared, and checksums of what was written.

use std::fs::File;
use std::sync::Arc;

use blockio::{Fault, HostFile, ReadAt};
use disk::VirtualDisk;

use super::stage::Stage;
use super::{ALGORITHM, Error, Job, Written, WrittenFile};
use crate::checksum::Hasher;
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
    if job.verify && file.partial.is_none() && planned.work == Work::Copy {
        same(job, &**source, &back, planned)?;
    }
    if job.verify && file.partial.is_none() && planned.work == Work::Merge {
        merged(job, planned, back.path())?;
    }
    if job.hash {
        let mut hasher = Hasher::new(ALGORITHM);
        let read = hasher.read(&back, 0, &mut Hasher::buffer());
        read.map_err(|error| Error::writing(&path, &error))?;
        file.sha256 = Some(hasher.finish());
    }
    Ok(())
}

/// A merged disk has the bytes of its source's chain.
fn merged(job: &Job<'_>, planned: &PlannedFile, path: &std::path::Path) -> Result<(), Error> {
    let open = |finder: &disk::Finder, path: &std::path::Path| {
        let chain = finder.chain(path);
        let chain = chain.map_err(|error| Error::Source(Arc::clone(error.fault())))?;
        Ok::<_, Error>(VirtualDisk::salvage(chain))
    };
    let beside = Arc::new(disk::Folders::beside(path));
    let here = disk::Finder::new(beside, &blockio::Cache::default());
    let (source, back) = (open(job.finder, &planned.from)?, open(&here, path)?);
    same(job, &source, &back, planned)
}

fn same(
    job: &Job<'_>,
    source: &dyn ReadAt,
    back: &dyn ReadAt,
    planned: &PlannedFile,
) -> Result<(), Error> {
    let mismatch = |at: u64| {
        let fault = Fault::damaged(&MISMATCH, "restored file").at(at);
        Error::Source(fault.in_file(planned.place.name()).into())
    };
    if source.size() != back.size() {
        return Err(mismatch(source.size().min(back.size())));
    }
    let (mut was, mut is) = (Hasher::buffer(), Hasher::buffer());
    let mut at = 0;
    while at < source.size() {
        if job.watch.cancelled() {
            return Err(Error::Cancelled);
        }
        let left = usize::try_from(source.size() - at).unwrap_or(usize::MAX);
        let part = left.min(was.len());
        let cannot = |error: std::io::Error| Error::Source(Fault::from_io(&error, "data"));
        source.read_exact_at(&mut was[..part], at).map_err(cannot)?;
        back.read_exact_at(&mut is[..part], at).map_err(cannot)?;
        if was[..part] != is[..part] {
            return Err(mismatch(at));
        }
        at += part as u64;
    }
    Ok(())
}
