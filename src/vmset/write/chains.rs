//! The chains of the result, opened and compared with the source's run by run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Cache, Fault, Place, ReadAt, Run};
use disk::{Chain, Finder, Folders, VirtualDisk};

use super::stage::Stage;
use super::{Error, Job, Written};
use crate::vmset::codes::{CHAIN_DIFFERS, DISK_DAMAGED};
use crate::vmset::plan::{PlannedDisk, Role, SetPath, Work};

/// Most bytes that are compared one by one at a time.
const PIECE: u64 = 1 << 20;

/// Compares every chain of the result with the source's. The disks that have the damage of their
/// source, with the first fault of each.
///
/// # Errors
/// Where one reads otherwise than its source does.
pub(super) fn compare(
    job: &Job<'_>,
    stage: &Stage,
    written: &Written,
) -> Result<Vec<(SetPath, Arc<Fault>)>, Error> {
    let here = stage.path().join(crate::vmset::plan::DISKS);
    let cache = Cache::default();
    let finder = Finder::new(Arc::new(Folders::around(&here)), &cache);
    let mut damaged: Vec<(SetPath, Arc<Fault>)> = Vec::new();
    let mut seen: Vec<&SetPath> = Vec::new();
    for disk in &job.plan.disks {
        let (Some(leaf), Some(place)) = (&disk.leaf, disk.chain.first()) else {
            continue;
        };
        if seen.contains(&place) || is_partial(disk, written) {
            continue;
        }
        seen.push(place);
        let result = finder.chain(&place.beneath(stage.path()));
        let result = result.map_err(|error| differs(place, error.fault().to_string()))?;
        let source = job.finder.chain(leaf);
        let source = source.map_err(|error| Error::Source(Arc::clone(error.fault())))?;
        let is_merged = is_merged(job, place);
        let pair = Pair::of(source, result, is_merged).map_err(|why| differs(place, why))?;
        let fault = pair.compare(job).map_err(|why| match why {
            Stopped::Cancelled => Error::Cancelled,
            Stopped::Differs(why) => differs(place, why),
        })?;
        damaged.extend(fault.map(|fault| (place.clone(), damage(place, &fault))));
    }
    Ok(damaged)
}

fn is_partial(disk: &PlannedDisk, written: &Written) -> bool {
    let is_one = |place: &SetPath| {
        let partial = format!("{}.partial", place.name());
        let mut files = written.files.iter().filter(|file| file.partial.is_some());
        files.any(|file| file.place.name() == partial && file.place.folders() == place.folders())
    };
    disk.chain.iter().any(is_one)
}

fn is_merged(job: &Job<'_>, place: &SetPath) -> bool {
    let mut files = job.plan.files.iter();
    files.any(|file| file.role == Role::Disk && file.place == *place && file.work == Work::Merge)
}

fn differs(place: &SetPath, why: String) -> Error {
    let fault = Fault::damaged(&CHAIN_DIFFERS, "restored chain").found(why);
    Error::Source(fault.in_file(place.name()).into())
}

fn damage(place: &SetPath, first: &Fault) -> Arc<Fault> {
    let fault = Fault::damaged(&DISK_DAMAGED, "restored disk").found(first.to_string());
    fault.in_file(place.name()).into()
}

/// Why a comparison ended.
enum Stopped {
    Cancelled,
    Differs(String),
}

/// A disk of the source and the one of the result.
struct Pair {
    source: VirtualDisk,
    result: VirtualDisk,
    /// Which layer a file is, by its path: the same for both where nothing was merged.
    layers: HashMap<PathBuf, usize>,
    /// The same by the paths as the runs have them, each resolved once: there are many runs.
    by_spelling: RefCell<HashMap<PathBuf, Option<usize>>>,
    is_merged: bool,
    /// Why the source's chain has no base, if so.
    broken: Option<Arc<Fault>>,
}

/// Where a run is stored, comparably.
#[derive(Debug, PartialEq, Eq)]
enum Stored {
    Hole,
    Lost,
    /// In which layer, at which offset of its file.
    Layer(usize, u64),
    /// Nowhere that can be compared.
    Elsewhere,
}

impl Pair {
    fn of(source: Chain, result: Chain, is_merged: bool) -> Result<Self, String> {
        let broken = source.broken.as_ref().map(|link| Arc::clone(&link.fault));
        if let Some(link) = result.broken.as_ref().filter(|_| broken.is_none()) {
            return Err(link.to_string());
        }
        if !is_merged && source.layers.len() != result.layers.len() {
            let (was, is) = (source.layers.len(), result.layers.len());
            return Err(format!("{is} layers instead of {was}"));
        }
        let mut layers = HashMap::new();
        for chain in [&source, &result] {
            let paths = chain.layers.iter().enumerate();
            layers.extend(paths.map(|(number, layer)| (key(&layer.path), number)));
        }
        let (source, result) = (VirtualDisk::salvage(source), VirtualDisk::salvage(result));
        if source.size() != result.size()
            || source.logical_sector_size() != result.logical_sector_size()
        {
            return Err("another size of the disk or of its sectors".into());
        }
        Ok(Self {
            source,
            result,
            layers,
            by_spelling: RefCell::default(),
            is_merged,
            broken,
        })
    }

    /// Walks both disks; the first fault of the source, if it has any.
    fn compare(&self, job: &Job<'_>) -> Result<Option<Arc<Fault>>, Stopped> {
        let (mut at, size) = (0, self.source.size());
        let mut fault = self.broken.clone();
        while at < size {
            if job.watch.cancelled() {
                return Err(Stopped::Cancelled);
            }
            let run = |disk: &VirtualDisk| -> Result<(Stored, u64, Option<Arc<Fault>>), Stopped> {
                match disk.run_at(at, size - at) {
                    Ok(run) => Ok((self.stored(&run), run.len, fault_of(&run))),
                    Err(error) => Ok((Stored::Lost, PIECE, Some(Fault::from_io(&error, "data")))),
                }
            };
            let (was, was_len, lost) = run(&self.source)?;
            let (is, is_len, _) = run(&self.result)?;
            let len = was_len.min(is_len).min(size - at).max(1);
            fault = fault.or(lost);
            self.same((&was, &is), at, len)?;
            at += len;
        }
        Ok(fault)
    }

    fn stored(&self, run: &Run<'_>) -> Stored {
        match &run.place {
            Place::Hole => Stored::Hole,
            Place::Lost(_) => Stored::Lost,
            Place::Computed { .. } => Stored::Elsewhere,
            Place::Host { .. } if self.is_merged => Stored::Elsewhere,
            Place::Host { file, offset } => match self.layer_of(file.path()) {
                Some(layer) => Stored::Layer(layer, *offset),
                None => Stored::Elsewhere,
            },
        }
    }

    fn layer_of(&self, path: &Path) -> Option<usize> {
        let mut known = self.by_spelling.borrow_mut();
        if let Some(layer) = known.get(path) {
            return *layer;
        }
        let layer = self.layers.get(&key(path)).copied();
        known.insert(path.to_owned(), layer);
        layer
    }

    /// Whether one run is stored alike, or else has the same bytes.
    fn same(&self, (was, is): (&Stored, &Stored), at: u64, len: u64) -> Result<(), Stopped> {
        match (was, is) {
            (Stored::Hole, Stored::Hole) | (Stored::Lost, Stored::Lost) => Ok(()),
            (Stored::Layer(..), Stored::Layer(..)) if was == is => Ok(()),
            // A merged disk is compared byte by byte only where that was asked for.
            (Stored::Elsewhere, Stored::Elsewhere) if self.is_merged => Ok(()),
            (Stored::Lost, _) | (_, Stored::Lost) => Err(Stopped::Differs(format!(
                "the bytes at {at:#x} are {is:?} and were {was:?}"
            ))),
            _ => match self.same_bytes(at, len) {
                Ok(true) => Ok(()),
                Ok(false) => Err(Stopped::Differs(format!("other bytes at {at:#x}"))),
                Err(error) => Err(Stopped::Differs(error.to_string())),
            },
        }
    }

    fn same_bytes(&self, at: u64, len: u64) -> io::Result<bool> {
        let room = usize::try_from(len.min(PIECE)).unwrap_or(1);
        let (mut was, mut is) = (vec![0; room], vec![0; room]);
        let mut done = 0;
        while done < len {
            let part = usize::try_from((len - done).min(PIECE)).unwrap_or(1);
            self.source.read_exact_at(&mut was[..part], at + done)?;
            self.result.read_exact_at(&mut is[..part], at + done)?;
            if was[..part] != is[..part] {
                return Ok(false);
            }
            done += part as u64;
        }
        Ok(true)
    }
}

fn fault_of(run: &Run<'_>) -> Option<Arc<Fault>> {
    match &run.place {
        Place::Lost(fault) => Some(Arc::clone(fault)),
        _ => None,
    }
}

fn key(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
