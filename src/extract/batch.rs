//! Small files of one directory, moved by one thread in the order in which they are stored.
//!
//! What a small file costs is its directory's lock, which two threads would only take from each
//! other, and on a disk the way to its bytes: so a directory's files go to one thread together, which
//! tells the system of all that it is going to read, and reads it in ascending order.

use std::ops::Range;
use std::sync::Arc;

use blockio::{HostFile, Place, ReadAt};
use tree::{Entry, Error, Kind};

use super::{Run, Task};

/// Most files of a batch; each holds its entry.
const FILES: usize = 512;
/// Most bytes of a batch, which the system may read ahead of us.
const BYTES: u64 = 8 << 20;
/// Files smaller than this, in bytes, go together; larger ones are a batch each.
const SMALL: u64 = 256 << 10;
/// What lies between two files, in bytes, and is read along rather than left out.
const GAP: u64 = 64 << 10;

/// A file's unnamed stream, opened beforehand.
pub(super) type Opened = Result<Arc<dyn ReadAt>, Error>;

/// Gathers batches.
pub(super) struct Gather<'a> {
    tasks: Vec<Task>,
    bytes: u64,
    send: &'a dyn Fn(Vec<Task>),
}

impl<'a> Gather<'a> {
    /// Batches go to `send`.
    pub(super) fn new(send: &'a dyn Fn(Vec<Task>)) -> Self {
        Self {
            tasks: Vec::new(),
            bytes: 0,
            send,
        }
    }

    /// Adds a task to the batch of its directory, or sends it on its own.
    pub(super) fn add(&mut self, task: Task) {
        let size = task.entry.metadata.size;
        if size >= SMALL {
            return (self.send)(vec![task]);
        }
        let other = |last: &Task| !Arc::ptr_eq(&last.branch, &task.branch);
        if self.tasks.last().is_some_and(other) {
            self.finish();
        }
        self.tasks.push(task);
        self.bytes += size;
        if self.tasks.len() >= FILES || self.bytes >= BYTES {
            self.finish();
        }
    }

    /// Sends what has gathered.
    pub(super) fn finish(&mut self) {
        self.bytes = 0;
        if !self.tasks.is_empty() {
            (self.send)(std::mem::take(&mut self.tasks));
        }
    }
}

/// A task that is about to be settled.
struct Ready {
    task: Task,
    data: Option<Opened>,
}

impl Run<'_> {
    /// Settles the tasks of one batch.
    pub(super) fn settle_batch(&self, batch: Vec<Task>) {
        let mut ready: Vec<_> = batch.into_iter().map(|task| self.prepare(task)).collect();
        if ready.len() > 1 {
            ready.sort_by_cached_key(Ready::place);
            announce(ready.iter().filter_map(Ready::stored));
        }
        for Ready { task, data } in ready {
            self.settle(task, data);
        }
    }

    /// Opens the file of a task, unless another name may bring its data.
    fn prepare(&self, task: Task) -> Ready {
        let Entry { metadata, node, .. } = &task.entry;
        let alone = metadata.kind == Kind::File && metadata.links <= 1 && !self.is_over();
        let data = alone.then(|| self.job.fs.open(*node, None));
        Ready { task, data }
    }
}

impl Ready {
    /// The host file that its bytes begin in, and where.
    fn stored(&self) -> Option<(&HostFile, Range<u64>)> {
        let data = self.data.as_ref()?.as_ref().ok()?;
        let size = data.size();
        let run = (size > 0).then(|| data.run_at(0, size))?.ok()?;
        match run.place {
            Place::Host { file, offset } => Some((file, offset..offset + run.len)),
            _ => None,
        }
    }

    fn place(&self) -> (usize, u64) {
        let stored = self.stored();
        stored.map_or((0, 0), |(file, range)| {
            (std::ptr::from_ref(file).addr(), range.start)
        })
    }
}

/// Tells of what is going to be read, in ascending order: near ranges as one.
fn announce<'a>(stored: impl Iterator<Item = (&'a HostFile, Range<u64>)>) {
    let mut open: Option<(&HostFile, Range<u64>)> = None;
    for (file, range) in stored {
        match &mut open {
            Some((last, all))
                if std::ptr::eq(*last, file) && range.start <= all.end.saturating_add(GAP) =>
            {
                all.end = all.end.max(range.end);
            }
            _ => {
                if let Some((last, all)) = open.replace((file, range)) {
                    last.prefetch(&[all]);
                }
            }
        }
    }
    if let Some((last, all)) = open {
        last.prefetch(&[all]);
    }
}
