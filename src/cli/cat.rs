//! `cat`: the bytes of a file, on stdout.

use std::io::Write;

use blockio::ReadAt;
use tree::{Kind, Name};

use crate::cli::args::PlaceArgs;
use crate::cli::counted::Counted;
use crate::cli::targets::{self, Target};
use crate::cli::{Context, Exit, Stop};
use crate::codes;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Write a file of the guest to stdout
///
/// A file with bytes that cannot be read stops there, with the place and the reason; extract saves the
/// rest of such a file.
///
///   hvrestore cat /backup/web01 'C:\inetpub\web.config'
///   hvrestore cat /backup/web01 'C:\dl\setup.exe' --stream Zone.Identifier
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("paths", |arg| arg.required(true)))]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
    /// A named stream instead of the file's data
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, nothing matches, or bytes cannot be read.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    if ctx.global.json {
        let text = "cat writes bytes; hash --json describes them";
        return Err(Stop::new(Exit::Usage, &codes::cli::USAGE, text).into());
    }
    let backup = ctx.open_files(&args.places.source, args.places.trash)?;
    let stream = args.stream.as_deref().map(Name::from);
    let mut out = Counted::new(ctx.stdout());
    for target in targets::of(&backup, &args.places, ctx)? {
        let place = format!("{}{}", target.volume.name, target.entry.path);
        if let Err(error) = one(&mut out, &target, stream.as_ref(), ctx) {
            return Err(out.interrupted_by(error.context(place)));
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn one(
    out: &mut impl Write,
    target: &Target<'_>,
    stream: Option<&Name>,
    ctx: &Context,
) -> anyhow::Result<()> {
    if target.entry.metadata.kind == Kind::Directory && stream.is_none() {
        return Err(Stop::new(Exit::Usage, &codes::cli::IS_DIRECTORY, "is a directory").into());
    }
    copy(
        out,
        &*target.volume.fs.open(target.entry.node, stream)?,
        ctx,
    )
}

/// Writes all of `bytes` to `out`.
pub(crate) fn copy(out: &mut impl Write, bytes: &dyn ReadAt, ctx: &Context) -> anyhow::Result<()> {
    let mut buf = vec![0; CHUNK];
    let mut at = 0;
    while at < bytes.size() && !ctx.cancelled() {
        let len = usize::try_from(bytes.size() - at)
            .unwrap_or(CHUNK)
            .min(CHUNK);
        bytes.read_exact_at(&mut buf[..len], at)?;
        out.write_all(&buf[..len])?;
        at += blockio::clamp(len);
    }
    Ok(())
}
