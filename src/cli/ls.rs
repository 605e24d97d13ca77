//! `ls`: what is in a folder, or below it.

use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::thread;

use tree::{Cursor, Entry, EntryIter, Kind, Loss};

use crate::cli::args::PlaceArgs;
use crate::cli::listing::{Listing, Style};
use crate::cli::targets::{self, Target};
use crate::cli::{Context, Exit, text};
use crate::open::{Backup, Volume};

/// Entries that go from the thread that finds them to the one that shows them at once.
const BATCH: usize = 512;
/// Batches that wait to be shown.
const WAITING: usize = 4;

/// List what is in a folder of the guest
///
/// Without a path: the root, or the volumes where there are several. Names are escaped on a terminal;
/// --json gives them raw, one object a line, with times to 100 ns, streams and link targets.
///
///   hvrestore ls /backup/web01 'C:\Users\ana'
///   hvrestore ls -lR /backup/web01 'C:\inetpub' --checkpoint base
///   hvrestore ls -R --json /backup/web01 > everything.jsonl
///   hvrestore ls -lR /backup/web01 'C:\Users' --deleted
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
    /// Show attributes, size and time of each, and its streams
    #[arg(short, long)]
    long: bool,
    /// Show everything below, not just the folder
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Also the file system's own files: $MFT, $Boot, $Extend ...
    #[arg(short, long)]
    all: bool,
    /// Show the folder itself, not what is in it
    #[arg(short, long, conflicts_with = "recursive")]
    directory: bool,
    /// End each line with NUL instead of a newline, names as they are (for xargs -0)
    #[arg(short = '0', long, conflicts_with_all = ["long", "json"])]
    null: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened or nothing matches.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let backup = ctx.open_files(&args.places.source, args.places.trash)?;
    let volume = args.places.volume.volume.as_deref();
    if args.places.paths.is_empty()
        && volume.is_none()
        && !args.recursive
        && backup.volumes().count() != 1
    {
        return volumes(&backup, ctx);
    }
    let style = Style {
        json: ctx.global.json,
        long: args.long,
        null: args.null,
    };
    let targets = targets::find(&backup, &args.places.paths, volume, ctx)?;
    let mut listing = Listing::new(ctx, style).over(&targets);
    for target in &targets {
        let one = One {
            args,
            target,
            headed: targets.len() > 1,
        };
        one.list(&mut listing)?;
    }
    listing.finish()
}

/// One target of the command.
struct One<'a> {
    args: &'a Args,
    target: &'a Target<'a>,
    /// Whether it must be told from others.
    headed: bool,
}

impl One<'_> {
    fn list(&self, listing: &mut Listing<'_>) -> anyhow::Result<()> {
        let Target { volume, entry } = self.target;
        if entry.metadata.kind != Kind::Directory || self.args.directory {
            return listing.entry_at_its_path(volume, entry);
        }
        if self.args.recursive {
            self.recursive(listing)
        } else {
            self.children(listing)
        }
    }

    fn recursive(&self, listing: &mut Listing<'_>) -> anyhow::Result<()> {
        let Target { volume, entry } = self.target;
        let entries = match volume.fs.entries(entry.node, &entry.path) {
            Ok(entries) => entries,
            Err(error) => return listing.loss(volume, &entry.path, &error),
        };
        beside(entries, |item| {
            match item {
                Ok(entry) if entry.metadata.system && !self.args.all => {}
                Ok(entry) => listing.entry_at_its_path(volume, &entry)?,
                Err(loss) => listing.loss(volume, &loss.path, &loss.error)?,
            }
            Ok(!listing.cancelled())
        })
    }

    fn children(&self, listing: &mut Listing<'_>) -> anyhow::Result<()> {
        let Target { volume, entry } = self.target;
        if self.headed {
            listing.heading(self.target)?;
        }
        let entries = match volume.fs.read_dir(entry.node, Cursor::START) {
            Ok(entries) => entries,
            Err(error) => return listing.loss(volume, &entry.path, &error),
        };
        for item in entries {
            match item.and_then(|found| {
                targets::entry_at(volume, found.node, entry.path.join(&found.name))
            }) {
                Ok(child) if child.metadata.system && !self.args.all => {}
                Ok(child) => self.child(listing, volume, &child)?,
                Err(error) => listing.loss(volume, &entry.path, &error)?,
            }
        }
        Ok(())
    }

    fn child(
        &self,
        listing: &mut Listing<'_>,
        volume: &Volume,
        child: &Entry,
    ) -> anyhow::Result<()> {
        let name = child.path.name().unwrap_or_default().to_string();
        listing.entry(volume, child, &name)
    }
}

/// Calls `show` with each of `entries` while another thread finds the next ones, until it answers false.
fn beside(
    entries: EntryIter<'_>,
    mut show: impl FnMut(Result<Entry, Loss>) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let (send, receive) = sync_channel(WAITING);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut entries = entries;
            loop {
                let batch: Vec<_> = entries.by_ref().take(BATCH).collect();
                // Nobody receives any more, or there is no more.
                if batch.is_empty() || send.send(batch).is_err() {
                    return;
                }
            }
        });
        for item in receive.into_iter().flatten() {
            if !show(item)? {
                break;
            }
        }
        Ok(())
    })
}

/// The volumes, where there is no one volume to list.
fn volumes(backup: &Backup, ctx: &Context) -> anyhow::Result<Exit> {
    let mut out = ctx.stdout();
    for volume in backup.volumes() {
        let info = volume.fs.info();
        let letter = backup.letter_of(volume);
        if ctx.global.json {
            let mut line = Vec::new();
            let mut object = crate::json::Object::begin(&mut line);
            object.text("type", "volume").text("volume", &volume.name);
            object
                .text("kind", &info.kind)
                .maybe_text("label", info.label.as_deref());
            object.maybe_text("letter", letter.map(String::from).as_deref());
            object.number("size", info.size);
            object.end_line();
            out.write_all(&line)?;
        } else {
            let label = text::escape(info.label.as_deref().unwrap_or_default()).into_owned();
            let letter = letter.map_or_else(String::new, |letter| format!("{letter}:"));
            writeln!(
                out,
                "{}/  {letter:2}  {}  {}  {label}",
                volume.name,
                info.kind,
                text::size(info.size)
            )?;
        }
    }
    out.flush()?;
    if backup.volumes().count() == 0 {
        return Err(targets::no_volume(backup));
    }
    Ok(Exit::Done)
}
