//! `inspect`: what a backup holds, disk by disk, down to the volumes.

mod counts;
mod document;
mod drawing;
mod guests;

use std::io::Write;

use crate::cli::args::SourceArgs;
use crate::cli::stop::exit_of_disks;
use crate::cli::{Context, Exit, context};
use crate::open::Options;

/// Show what is there: disks, their chains, partitions, volumes, the guest, and what is wrong
///
///   hvrestore inspect /backup/web01
///   hvrestore inspect --json /backup/web01 > web01.json
///
/// Of a Windows guest it says the version, name, processor, roles, time zone and drive letters, from
/// its own registry; a registry that was being written is completed from its logs in memory.
///
/// Counts of files whose content is kept in special ways (compressed, WOF, dedup, EFS, cloud) come from
/// one pass over each volume; --no-counts leaves it out.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Do not read the file tables to count what they hold
    #[arg(long)]
    no_counts: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let options = Options {
        every_leaf: true,
        ..context::options(&args.source.state)
    };
    let backup = ctx.open_with(&args.source, &options)?;
    let counts = if args.no_counts {
        Vec::new()
    } else {
        counts::count(&backup, ctx)
    };
    let guests = guests::find(&backup);
    let mut out = ctx.stdout();
    if ctx.global.json {
        let document = document::of(&args.source.source, &backup, &counts, &guests);
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        drawing::draw(&mut out, &args.source.source, &backup, &counts, &guests)?;
    }
    out.flush()?;
    let lost = counts.iter().any(|counts| counts.lost > 0);
    let findings = if lost { Exit::Findings } else { Exit::Done };
    Ok(exit_of_disks(&backup).and(findings))
}

/// The word for how a file keeps its disk.
#[must_use]
pub(crate) fn kind_word(kind: disk::Kind) -> &'static str {
    match kind {
        disk::Kind::Fixed => "fixed",
        disk::Kind::Dynamic => "dynamic",
        disk::Kind::Differencing => "differencing",
    }
}
