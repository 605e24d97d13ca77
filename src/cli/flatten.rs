//! `flatten`: one disk of a chain, as one raw image.

use std::path::PathBuf;

use blockio::ReadAt;
use clap::ValueEnum;

use crate::cli::args::SourceArgs;
use crate::cli::bars::Bar;
use crate::cli::stop::CutShort;
use crate::cli::{Context, Exit, Stop, text};
use crate::flatten::{self, Flat};
use crate::hostfs::Pipe;
use crate::open::{Backup, Disk};
use crate::progress::Watch;
use crate::sink::{Error, Sources};
use crate::{codes, copy};

/// Write a disk, all layers of its chain together, as one image
///
/// A raw image is the disk byte for byte: other tools can mount and check it. The file is sparse: what
/// the guest never wrote takes no space. A disk with bytes that cannot be read is saved as NAME.partial
/// with NAME.partial.json beside it, which lists them; never under the name asked for.
///
///   hvrestore flatten /backup/web01 -o web01.raw
///   hvrestore flatten /backup/web01 --disk 1 -c base -o - | zstd > data.raw.zst
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// File to write, - for stdout
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Format of the image
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Replace the output if it exists (never if it is a source)
    #[arg(long)]
    overwrite: bool,
    /// Write nothing where bytes cannot be read, instead of NAME.partial
    #[arg(long)]
    no_partial: bool,
}

/// Formats of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The disk byte for byte
    #[default]
    Raw,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, a disk must be chosen, or the output cannot be written.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let Format::Raw = args.format;
    let backup = ctx.open(&args.source)?;
    let bytes = the_disk(&backup)?
        .bytes()
        .map_err(|fault| anyhow::Error::new((*fault).clone()))?;
    let bar = Bar::new(ctx);
    bar.expect(1, bytes.size());
    let watch = Watch {
        progress: &bar,
        cancel: &ctx.cancel,
    };
    if args.output.as_os_str() == "-" {
        return to_stdout(&*bytes, &bar, watch, ctx);
    }
    let options = flatten::Options {
        overwrite: args.overwrite,
        partial: !args.no_partial,
        sources: Sources::at(backup.source_files())?,
    };
    let made = flatten::to_file(&*bytes, &args.output, &options, watch);
    bar.finish();
    ctx.console.detail(&bar.tally().to_string());
    match made {
        Err(Error::Cancelled) => Ok(Exit::Interrupted),
        Err(Error::Item(refusal) | Error::Stop(refusal)) => Err(refusal.into()),
        Ok(flat) => Ok(say(&flat, bytes.size(), ctx)),
    }
}

fn to_stdout(
    bytes: &dyn ReadAt,
    bar: &Bar,
    watch: Watch<'_>,
    ctx: &Context,
) -> anyhow::Result<Exit> {
    let (mut out, pipe) = (ctx.stdout(), Pipe::stdout());
    let sent = flatten::to_stream(bytes, &mut out, pipe.as_ref(), watch);
    bar.finish();
    ctx.console.detail(&bar.tally().to_string());
    match sent {
        Ok(()) => Ok(Exit::Done),
        Err(copy::Error::Cancelled) => Ok(Exit::Interrupted),
        Err(copy::Error::Target(error)) if bar.tally().is_empty() => Err(error.into()),
        Err(copy::Error::Target(error)) => Err(anyhow::Error::new(error).context(CutShort)),
    }
}

fn say(flat: &Flat, size: u64, ctx: &Context) -> Exit {
    match flat {
        Flat::Whole(place) => {
            ctx.console
                .note(&format!("wrote {}, {}", place.display(), text::size(size)));
            Exit::Done
        }
        Flat::Partly(partial) => {
            ctx.console.error(&partial.message(), Some(partial.code()));
            Exit::after(Exit::Damaged, partial.place.is_some())
        }
    }
}

fn the_disk(backup: &Backup) -> anyhow::Result<&Disk> {
    if let [one] = &backup.disks[..] {
        return Ok(one);
    }
    let line = |disk: &Disk| format!("--disk {}  {}", disk.number, disk.state.file_name());
    let lines = backup.disks.iter().map(line).collect();
    let text = format!("{} disks are here; choose one", backup.disks.len());
    Err(Stop::new(Exit::Usage, &codes::cli::AMBIGUOUS, text)
        .with(lines)
        .into())
}
