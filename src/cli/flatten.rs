//! `flatten`: one disk of a chain, as one new file.

use std::path::PathBuf;

use blockio::{Fault, ReadAt};
use clap::ValueEnum;

use crate::cli::args::SourceArgs;
use crate::cli::bars::Bar;
use crate::cli::stop::CutShort;
use crate::cli::{Context, Exit, Stop, text};
use crate::flatten::{self, Flat, Image, Shape};
use crate::hostfs::Pipe;
use crate::open::{Backup, Disk};
use crate::progress::Watch;
use crate::sink::{Error, Sources};
use crate::{codes, copy};

/// Write a disk, all layers of its chain together, as one new file
///
/// A raw image is the disk byte for byte: other tools can mount and check it. A VHDX or VHD can be
/// attached to a machine: the guest finds the same size, sectors and disk id, without checkpoints.
/// The name tells the format (.vhdx, .vhd, else raw), unless --format does. What the guest never
/// wrote takes no space. A disk with bytes that cannot be read is saved as NAME.partial with
/// NAME.partial.json beside it, which lists them; never under the name asked for.
///
///   hvrestore flatten /backup/web01 -o web01.vhdx
///   hvrestore flatten /backup/web01 --disk 1 -c base -o - | zstd > data.raw.zst
///   hvrestore flatten /backup/web01 --fixed --format vhd -o web01.vhd
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// File to write, - for stdout
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Format of the file; without it, what its name says
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Give every block its place in the file, as fixed disks have
    #[arg(long)]
    fixed: bool,
    /// Size of the blocks: VHDX 1M to 256M (else as the disk has, or 32M), VHD 512K or 2M
    #[arg(long, value_name = "SIZE", value_parser = block_size)]
    block_size: Option<u32>,
    /// Replace the output if it exists (never if it is a source)
    #[arg(long)]
    overwrite: bool,
    /// Write nothing where bytes cannot be read, instead of NAME.partial
    #[arg(long)]
    no_partial: bool,
}

/// Formats of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The disk byte for byte
    Raw,
    /// For Hyper-V since 2012
    Vhdx,
    /// For older hosts and other hypervisors; up to 2040 GiB, sectors of 512 bytes
    Vhd,
}

impl From<Format> for flatten::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Raw => Self::Raw,
            Format::Vhdx => Self::Vhdx,
            Format::Vhd => Self::Vhd,
        }
    }
}

fn block_size(text: &str) -> Result<u32, String> {
    let bytes = crate::select::bytes(text)?;
    u32::try_from(bytes).map_err(|_| "no format has blocks as large as this".into())
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, a disk must be chosen, or the output cannot be written.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let shape = shape(args)?;
    let backup = ctx.open(&args.source)?;
    let disk = the_disk(&backup)?.opened.as_ref();
    let disk = &disk
        .map_err(|fault| anyhow::Error::new(Fault::clone(fault)))?
        .bytes;
    let image = Image::of(disk, &shape).map_err(|fault| anyhow::Error::new((*fault).clone()))?;
    let bytes = image.bytes();
    let bar = Bar::new(ctx);
    bar.expect(1, bytes.size());
    let watch = Watch {
        progress: &bar,
        cancel: &ctx.cancel,
    };
    if args.output.as_os_str() == "-" {
        return to_stdout(bytes, &bar, watch, ctx);
    }
    let options = flatten::Options {
        overwrite: args.overwrite,
        partial: !args.no_partial,
        sources: Sources::at(backup.source_files())?,
    };
    let made = flatten::to_file(&image, &args.output, &options, watch);
    bar.finish();
    ctx.console.detail(&bar.tally().to_string());
    match made {
        Err(Error::Cancelled) => Ok(Exit::Interrupted),
        Err(Error::Item(refusal) | Error::Stop(refusal)) => Err(refusal.into()),
        Ok(flat) => Ok(say(&flat, &image, ctx)),
    }
}

/// What the file is to be like. Blocks are nothing that a raw image has.
fn shape(args: &Args) -> anyhow::Result<Shape> {
    let named = flatten::Format::of_name(&args.output);
    let shape = Shape {
        format: args.format.map_or(named, Into::into),
        fixed: args.fixed,
        block_size: args.block_size,
    };
    if shape.format == flatten::Format::Raw && (shape.fixed || shape.block_size.is_some()) {
        let text =
            "--fixed and --block-size are for --format vhdx and vhd: a raw image has no blocks";
        return Err(Stop::new(Exit::Usage, &codes::cli::USAGE, text).into());
    }
    Ok(shape)
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

fn say(flat: &Flat, image: &Image, ctx: &Context) -> Exit {
    match flat {
        Flat::Whole(place) => {
            let (size, disk) = (image.bytes().size(), image.disk_size());
            let disk = match size == disk {
                true => String::new(),
                false => format!(", a disk of {}", text::size(disk)),
            };
            let size = text::size(size);
            ctx.console
                .note(&format!("wrote {}, {size}{disk}", place.display()));
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
