//! How much room a set takes, and whether the destination has it.

use std::fs::File;
use std::sync::Arc;

use blockio::HostFile;
use disk::VirtualDisk;

use super::stage::{Past, Stage};
use super::{Error, Job};
use crate::copy;
use crate::hostfs::{self, Calls, Platform, Sparse, UnmarkedHole};
use crate::output::temporary_name;
use crate::vmset::codes::TARGET_TOO_SMALL;
use crate::vmset::plan::{PlannedFile, Work};

/// Stops where what is not done yet takes more room than there is.
pub(super) fn check(
    job: &Job<'_>,
    stage: &Stage,
    sources: &[Arc<HostFile>],
    past: &Past,
) -> Result<(), Error> {
    let Ok(free) = hostfs::free_space(stage.path()) else {
        return Ok(());
    };
    let probe = stage.path().join(temporary_name());
    let target = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&probe);
    let target = target.map_err(|error| Error::writing(&probe, &error))?;
    let mut needed = 0;
    for (file, source) in job.plan.files.iter().zip(sources) {
        let is_done = past.of(file, stage).is_some();
        if !is_done && (Platform.share_unit(source, &target).is_none()) {
            needed += stored(job, file, source, &target);
        }
    }
    drop(target);
    let _ = std::fs::remove_file(&probe);
    if needed > free {
        let reason = format!("it takes {needed} bytes, {free} are free");
        return Err(Error::refused(&TARGET_TOO_SMALL, stage.place(), reason));
    }
    Ok(())
}

/// Bytes that the result of one file takes, as well as that is known before.
fn stored(job: &Job<'_>, file: &PlannedFile, source: &Arc<HostFile>, target: &File) -> u64 {
    if file.work == Work::Merge {
        let chain = job.finder.chain(&file.from);
        let disk = chain.ok().map(VirtualDisk::salvage);
        let survey = disk.and_then(|disk| copy::survey(&disk, job.watch).ok());
        return survey.map_or(file.size, |survey| survey.stored);
    }
    match Platform.unmarked_hole(target) {
        UnmarkedHole::Stored | UnmarkedHole::Zeros => file.size,
        UnmarkedHole::Stays => Sparse::of(Arc::<HostFile>::clone(source))
            .stored()
            .unwrap_or(file.size),
    }
}
