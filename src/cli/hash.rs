//! `hash`: checksums of files and streams.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use blockio::ReadAt;
use tree::{Entry, Error, Kind, Metadata, Name, Storage};

use crate::checksum;
use crate::cli::args::{Algorithm, PlaceArgs, parse_jobs};
use crate::cli::filter::FilterArgs;
use crate::cli::listing::{Listing, Style};
use crate::cli::targets::{self, Target};
use crate::cli::{Context, Exit};
use crate::open::Volume;
use crate::select::{Sieve, Verdict};

/// Files handed to the threads at a time.
const BATCH: usize = 256;

/// Checksums of files, and of their streams
///
/// Text output is what `sha256sum -c` reads in the folder that extract filled. A file that cannot be
/// read in full has no checksum; it is listed as an error and the run goes on.
///
///   hvrestore hash -R /backup/web01 'C:\Users'
///   hvrestore hash -R --streams --json /backup/web01 > hashes.jsonl
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
    /// Everything below folders
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Named streams too
    #[arg(long)]
    streams: bool,
    /// Also the file system's own files
    #[arg(short, long)]
    all: bool,
    /// What of it is wanted.
    #[command(flatten)]
    filter: FilterArgs,
    /// Algorithm
    #[arg(long, value_enum, default_value_t)]
    algorithm: Algorithm,
    /// Files read at the same time [default: one a processor, at most 4]
    #[arg(short, long, value_name = "N", value_parser = parse_jobs)]
    jobs: Option<std::num::NonZero<usize>>,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened or nothing matches.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let filters = args.filter.parse()?;
    let backup = ctx.open_files(&args.places.source, args.places.trash)?;
    let mut listing = Listing::new(
        ctx,
        Style {
            json: ctx.global.json,
            ..Style::default()
        },
    );
    let targets = targets::of(&backup, &args.places, ctx)?;
    let several = targets
        .windows(2)
        .any(|pair| pair[0].volume.name != pair[1].volume.name);
    for target in targets {
        listing.within(several.then(|| backup.folder_of(target.volume)));
        let hasher = Hasher {
            args,
            volume: target.volume,
            jobs: jobs(args),
        };
        let filter = filters.of(&backup, target.volume, ctx)?;
        hasher.target(&target, &filter.on(&*target.volume.fs), &mut listing)?;
    }
    if listing.is_empty() && !args.recursive && !ctx.cancelled() {
        ctx.console
            .note("no file there to hash; -R takes what is in the folders below, too");
    }
    listing.finish()
}

fn jobs(args: &Args) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
    args.jobs.map_or_else(cores, |jobs| jobs.get().min(64))
}

/// Whether an unnamed stream is to be hashed, or named as hidden: what something hides is no file for
/// us, but for the guest it may be.
fn has_content(metadata: &Metadata) -> bool {
    let is_hidden = metadata.storage != Storage::Plain;
    metadata.kind == Kind::File || (metadata.kind == Kind::Other && is_hidden)
}

struct Hasher<'a> {
    args: &'a Args,
    volume: &'a Volume,
    jobs: usize,
}

/// One stream's checksum, or why there is none.
struct Sum {
    stream: Name,
    result: Result<(u64, String), Error>,
}

impl Hasher<'_> {
    fn target(
        &self,
        target: &Target<'_>,
        sieve: &Sieve<'_>,
        listing: &mut Listing<'_>,
    ) -> anyhow::Result<()> {
        let top = &target.entry;
        let mut sift = sieve.sift();
        if top.metadata.kind != Kind::Directory {
            let wanted = sift.judge(top) == Verdict::Take;
            let one = if wanted {
                std::slice::from_ref(top)
            } else {
                &[]
            };
            return self.batch(one, listing);
        }
        let entries = match self.volume.fs.entries(top.node, &top.path) {
            Ok(entries) => entries,
            Err(error) => return listing.loss(self.volume, &top.path, &error),
        };
        let mut batch = Vec::with_capacity(BATCH);
        for item in entries {
            match item {
                Err(loss) => listing.loss(self.volume, &loss.path, &loss.error)?,
                Ok(entry) if self.wanted(&entry, top) && sift.judge(&entry) == Verdict::Take => {
                    batch.push(entry);
                }
                Ok(_) => {}
            }
            if batch.len() == BATCH {
                self.batch(&batch, listing)?;
                batch.clear();
            }
            if listing.cancelled() {
                return Ok(());
            }
        }
        self.batch(&batch, listing)
    }

    fn wanted(&self, entry: &Entry, top: &Entry) -> bool {
        let below = entry.path.parent().as_ref() == Some(&top.path);
        (self.args.all || !entry.metadata.system) && (self.args.recursive || below)
    }

    /// Hashes `entries` on all threads and lists the results in their order.
    fn batch(&self, entries: &[Entry], listing: &mut Listing<'_>) -> anyhow::Result<()> {
        let next = AtomicUsize::new(0);
        let (send, receive) = sync_channel(BATCH);
        let mut sums: Vec<Option<Vec<Sum>>> = entries.iter().map(|_| None).collect();
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.min(entries.len()) {
                let send = send.clone();
                let next = &next;
                scope.spawn(move || self.work(entries, next, &send));
            }
            drop(send);
            for (index, sum) in receive {
                sums[index] = Some(sum);
            }
        });
        for (entry, sums) in entries.iter().zip(sums) {
            for sum in sums.unwrap_or_default() {
                self.list(entry, sum, listing)?;
            }
        }
        Ok(())
    }

    fn work(&self, entries: &[Entry], next: &AtomicUsize, send: &SyncSender<(usize, Vec<Sum>)>) {
        let mut buf = checksum::Hasher::buffer();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(entry) = entries.get(index)
        {
            if send.send((index, self.sums(entry, &mut buf))).is_err() {
                return;
            }
        }
    }

    fn sums(&self, entry: &Entry, buf: &mut [u8]) -> Vec<Sum> {
        let data = has_content(&entry.metadata).then(Name::default);
        let named = entry
            .streams
            .iter()
            .map(|stream| stream.name.clone())
            .filter(|_| self.args.streams);
        let one = |stream: Name| {
            let name = (!stream.is_empty()).then_some(&stream);
            let opened = self.volume.fs.open(entry.node, name);
            let result = opened.and_then(|bytes| Ok((bytes.size(), self.sum(&*bytes, buf)?)));
            Sum { stream, result }
        };
        // A file may have no unnamed stream at all, as the file system's own indexes.
        let is_there =
            |sum: &Sum| !(sum.stream.is_empty() && matches!(sum.result, Err(Error::NotFound)));
        data.into_iter()
            .chain(named)
            .map(one)
            .filter(is_there)
            .collect()
    }

    fn sum(&self, bytes: &dyn ReadAt, buf: &mut [u8]) -> Result<String, Error> {
        let mut hasher = checksum::Hasher::new(self.args.algorithm.into());
        hasher.read(bytes, 0, buf)?;
        Ok(hasher.finish())
    }

    fn list(&self, entry: &Entry, sum: Sum, listing: &mut Listing<'_>) -> anyhow::Result<()> {
        match sum.result {
            Err(error) => listing.loss(self.volume, &entry.path, &error),
            Ok((size, hash)) => {
                let key = checksum::Algorithm::from(self.args.algorithm).word();
                listing.checksum(self.volume, &entry.path, &sum.stream, size, (key, &hash))
            }
        }
    }
}
