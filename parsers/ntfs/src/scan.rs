//! The whole volume from $MFT: read once from end to end, instead of one record for each name.
//!
//! Every live file record becomes a row, every name of it a child of the directory that its
//! $FILE_NAME names as parent. That needs no index; but an index decides what a directory lists, and
//! on a volume that was being written to the two may differ. So each directory's index is read as
//! well, one sum over its entries is compared with the same sum over the children found, and where
//! they differ, or the index is damaged, listings take that directory from its index
//! ([`Directory::names`](crate::index::Directory::names)) and only the rows from here.
//!
//! | module | owns |
//! |---|---|
//! | `row` | what is kept of a file, of a name |
//! | `batch` | one stretch of $MFT, parsed |
//! | `split` | files of several records, which need a second look-up |
//! | `children` | whose names are whose, in the order of an index |
//! | `digest` | the sum by which an index and the names of records are compared |

mod batch;
mod children;
mod digest;
mod row;
mod split;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tree::{Name, StreamInfo};

use crate::stream::Stream;
use crate::volume::Inner;

use batch::{Batch, Scratch};
use children::{Child, Children};
pub(crate) use row::Row;

/// Bytes of $MFT that are read and parsed at once.
const BATCH_BYTES: u64 = 1 << 20;
/// Threads that read; more gain nothing, the rest is memory bandwidth.
const MAX_THREADS: usize = 4;

/// All live files of a volume, their names and their streams.
pub(crate) struct Scan {
    /// In the order of $MFT, each of `batch_records` records.
    batches: Vec<Batch>,
    batch_records: u64,
    children: Children,
}

/// One name below a directory, found by its own record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: Name,
    /// Number of the file record.
    pub(crate) number: u64,
}

impl Scan {
    /// Scans `volume`. Records that cannot be read have no row; whoever meets their names is told.
    pub(crate) fn new(volume: &Inner) -> Self {
        let mft = volume.mft.stream().over(Arc::clone(&volume.bytes));
        let record_size = blockio::clamp(volume.mft.record_size()).max(1);
        let batch_records = BATCH_BYTES
            .checked_div(record_size)
            .unwrap_or_default()
            .max(1);
        let batches = read_batches(volume, &mft, batch_records);
        let mut scan = Self {
            batches,
            batch_records,
            children: Children::default(),
        };
        scan.children = Children::new(&scan, volume);
        scan
    }

    /// What is kept of file record `number`, if it is a live file.
    pub(crate) fn row(&self, number: u64) -> Option<&Row> {
        let batch = number.checked_div(self.batch_records)?;
        self.batches.get(usize::try_from(batch).ok()?)?.row(number)
    }

    /// The named streams of the file in `row`.
    pub(crate) fn streams(&self, row: &Row) -> Vec<StreamInfo> {
        if !row.has_streams {
            return Vec::new();
        }
        let number = u64::from(row.number);
        let batch = number.checked_div(self.batch_records);
        let batch = batch.and_then(|batch| self.batches.get(usize::try_from(batch).ok()?));
        batch.map_or_else(Vec::new, |batch| batch.streams(number).cloned().collect())
    }

    /// Where the children of directory `number` are, for [`child`](Self::child); `None` where its
    /// index has to be asked.
    pub(crate) fn listed(&self, number: u64) -> Option<Range<usize>> {
        let row = self.row(number)?;
        (!self.children.is_irregular(number) && row.is_directory).then(|| self.children.of(number))
    }

    /// Where the names are whose records say that they are in directory `number`, whatever its index
    /// says.
    pub(crate) fn children_of(&self, number: u64) -> Range<usize> {
        self.children.of(number)
    }

    /// The name at `at` and the file it names.
    pub(crate) fn child(&self, at: usize) -> Option<(&[u8], &Row)> {
        self.name_of(self.children.get(at)?)
    }

    fn found(&self, at: usize) -> Option<Found> {
        let (name, row) = self.child(at)?;
        Some(Found {
            name: Name::from_bytes(name),
            number: row.number.into(),
        })
    }

    /// All names whose records say that they are in directory `number`, whatever its index says.
    pub(crate) fn found_below(&self, number: u64) -> impl Iterator<Item = Found> {
        self.children_of(number).filter_map(|at| self.found(at))
    }

    /// The bytes of a child's name, and its row.
    fn name_of(&self, child: &Child) -> Option<(&[u8], &Row)> {
        let batch = self.batches.get(usize::try_from(child.batch).ok()?)?;
        batch.name(usize::try_from(child.name).ok()?)
    }
}

/// Reads and parses the table, several batches at a time.
fn read_batches(volume: &Inner, mft: &Stream, batch_records: u64) -> Vec<Batch> {
    let count = volume.mft.len().div_ceil(batch_records);
    let next = AtomicU64::new(0);
    let work = || {
        let mut done = Vec::new();
        let mut scratch = Scratch::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return done;
            }
            let first = number.saturating_mul(batch_records);
            let records = batch_records.min(volume.mft.len().saturating_sub(first));
            let batch = Batch::read(volume, mft, first, records, &mut scratch);
            done.push((number, batch));
        }
    };
    let mut batches: Vec<(u64, Batch)> = in_parallel(work).into_iter().flatten().collect();
    batches.sort_unstable_by_key(|(number, _)| *number);
    batches.into_iter().map(|(_, batch)| batch).collect()
}

/// Runs `work` on a few threads at once, this one included; what each of them gave.
fn in_parallel<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_THREADS);
    std::thread::scope(|scope| {
        let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, &work).ok();
        let others: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mut done = vec![work()];
        for other in others {
            done.push(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        done
    })
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
