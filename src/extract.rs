//! Walks a tree, pushes into a sink, and goes on after a loss.
//!
//! One thread walks and makes the directories, others move the files: a directory's small ones
//! together, each large one on its own. A directory is left, and gets its times, when all that is in it
//! is settled. Nothing is held but the directories in work, the names of files that have more than one,
//! and the report.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use blockio::Code;
use tree::{Entry, FileSystem, GuestPath, Kind, Name};

use crate::progress::{Progress, Watch};
use crate::report::{Line, Report, Stopped};
use crate::select::{Filter, Root, Sieve};
use crate::sink::codes::RENAMED;
use crate::sink::{Ending, Error, Item, Note, Outcome, Sink};

mod batch;
mod branch;
mod ciphertext;
mod hard_links;
mod item;
mod links;
mod totals;
mod walk;

use batch::{Gather, Opened};
use branch::Branch;
use hard_links::HardLinks;

/// Batches that wait for a free thread; few, since each holds its entries.
const QUEUE: usize = 8;

/// What is to be extracted, from which volume.
pub struct Job<'a> {
    /// The volume.
    pub fs: &'a dyn FileSystem,
    /// What of it, with all below; see [`select::find`](crate::select::find).
    pub roots: Vec<Root>,
    /// How.
    pub options: Options,
}

/// How a job is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the output that the volume's root becomes; none: the output itself. To be set
    /// if several volumes go into one output.
    pub prefix: Option<Name>,
    /// Whether the file system's own files are wanted, too.
    pub system: bool,
    /// What of all that is below the roots is wanted.
    pub filter: Filter,
    /// Whether encrypted files are taken along as ciphertext; they are named and left out otherwise.
    pub ciphertext: bool,
    /// How many files are moved at once, unless the sink is ordered.
    pub jobs: NonZeroUsize,
    /// The drive letters by which absolute links of the guest mean this volume.
    pub letters: Vec<char>,
}

impl Default for Options {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let jobs = NonZeroUsize::new(cores.min(4)).unwrap_or(NonZeroUsize::MIN);
        Self {
            prefix: None,
            system: false,
            filter: Filter::default(),
            ciphertext: false,
            jobs,
            letters: Vec::new(),
        }
    }
}

/// Extracts all of `job` into `sink`, until `cancel` is set.
///
/// Whatever goes wrong is in the report. The sink is not finished: there may be more volumes.
pub fn run(job: &Job<'_>, sink: &dyn Sink, progress: &dyn Progress, cancel: &AtomicBool) -> Report {
    let run = Run {
        job,
        sink,
        watch: Watch { progress, cancel },
        report: Mutex::default(),
        stopped: AtomicBool::new(false),
        hard_links: HardLinks::default(),
        sieve: job.options.filter.on(job.fs),
    };
    let (send, receive) = sync_channel(QUEUE);
    let receive = Mutex::new(receive);
    thread::scope(|scope| {
        if progress.wants_totals() {
            scope.spawn(|| totals::count(&run));
        }
        if sink.ordered() || job.options.jobs.get() == 1 {
            run.walk(&mut |task| run.settle(task, None));
            return;
        }
        for _ in 0..job.options.jobs.get() {
            scope.spawn(|| run.work(&receive));
        }
        let queue = |batch| queue(&send, batch);
        let mut gather = Gather::new(&queue);
        run.walk(&mut |task| gather.add(task));
        gather.finish();
        drop(send);
    });
    run.report
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

/// A run of a job.
struct Run<'a> {
    job: &'a Job<'a>,
    sink: &'a dyn Sink,
    watch: Watch<'a>,
    report: Mutex<Report>,
    /// Whether it is over before its end.
    stopped: AtomicBool,
    hard_links: HardLinks,
    sieve: Sieve<'a>,
}

/// An entry that is no directory, to be pushed by any thread.
struct Task {
    entry: Entry,
    /// The directory it is in.
    branch: Arc<Branch>,
}

fn queue(send: &SyncSender<Vec<Task>>, batch: Vec<Task>) {
    send.send(batch)
        .expect("the workers go on until the sender is dropped");
}

impl Run<'_> {
    fn work(&self, receive: &Mutex<Receiver<Vec<Task>>>) {
        loop {
            let next = receive
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            match next {
                Ok(batch) => self.settle_batch(batch),
                Err(_) => return,
            }
        }
    }

    /// Pushes one entry, opened or not; the directory it is in may be done by that.
    fn settle(&self, task: Task, data: Option<Opened>) {
        if !self.is_over() {
            self.push(&task.entry, data);
        }
        self.release(task.branch);
    }

    /// Whether nothing more is to be done.
    fn is_over(&self) -> bool {
        if self.watch.cancelled() {
            self.stop(Stopped::Cancelled);
        }
        self.stopped.load(Ordering::Relaxed)
    }

    fn stop(&self, why: Stopped) {
        if !self.stopped.swap(true, Ordering::Relaxed) {
            self.report().stopped = Some(why);
        }
    }

    fn report(&self) -> std::sync::MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where in the output `path` goes.
    fn out(&self, path: &GuestPath) -> GuestPath {
        match &self.job.options.prefix {
            None => path.clone(),
            Some(prefix) => std::iter::once(prefix.clone())
                .chain(path.names())
                .collect(),
        }
    }

    fn add(&self, line: Line) {
        self.report().add(&line);
        self.watch.progress.settled(&line);
    }

    /// Counts what the filter leaves out; a directory stands for all in it.
    fn filter_out(&self, entry: &Entry) {
        self.report().filtered += 1;
        self.watch.progress.filtered(&entry.path);
    }

    fn lose(&self, path: &GuestPath, kind: Kind, (code, message): (&'static Code, String)) {
        self.add(Line::lost(path, kind, code, message));
    }

    /// Puts on record what the sink answered to an item; what became of it, if it took it.
    fn record(&self, item: &Item<'_>, answer: Result<Outcome, Error>) -> Option<Ending> {
        let kind = item.metadata.kind;
        match answer {
            Err(Error::Cancelled) => self.stop(Stopped::Cancelled),
            Err(Error::Stop(refusal)) => self.stop(Stopped::Destination(refusal)),
            Err(Error::Item(refusal)) => {
                self.lose(item.path, kind, (refusal.code, refusal.to_string()));
            }
            Ok(outcome) => {
                self.add_outcome(item, &outcome);
                return Some(outcome.ending);
            }
        }
        None
    }

    fn add_outcome(&self, item: &Item<'_>, outcome: &Outcome) {
        let kind = item.metadata.kind;
        self.add(Line::of(item.path, kind, item.size(), outcome));
        if let (Ending::Renamed, Some(place)) = (&outcome.ending, &outcome.place) {
            let message = format!("restored as {}", place.display());
            self.add(Line::about(item.path, kind, Note::new(&RENAMED, message)));
        }
        self.add_notes(item, &outcome.notes);
    }

    fn add_notes(&self, item: &Item<'_>, notes: &[Note]) {
        for note in notes.iter().cloned() {
            self.add(Line::about(item.path, item.metadata.kind, note));
        }
    }
}

#[cfg(test)]
mod tests;
