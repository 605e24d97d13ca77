//! `inspect`: what a backup holds, machine by machine, down to the volumes.

mod branch;
mod checkpoints;
mod counts;
mod document;
mod drawing;
mod facts;
mod guests;
mod look;
mod machine_json;
mod parts;
mod raw;

use std::io::Write;

use crate::cli::args::SourceArgs;
use crate::cli::stop::exit_of_disks;
use crate::cli::{Context, Exit, context};
use crate::open::Options;
use look::Look;

/// Show what is there: machines, their checkpoints, disks, volumes and guests, and what is not
/// there
///
///   hvrestore inspect /backup/web01
///   hvrestore inspect /backup --vm 'web*'
///   hvrestore inspect --json /backup/web01 > web01.json
///   hvrestore inspect --raw /backup/web01               every key of its configurations
///
/// Of each machine it shows the four parts (configuration, disks, memory, checkpoint tree), in
/// which mode it was backed up and what says so, which Windows hosts accept it, when each state's
/// guest last wrote, and what is NOT in this backup, with the remedy for each.
///
/// Of a Windows guest it says the version, name, processor, roles, time zone and drive letters,
/// from its own registry; a registry that was being written is completed from its logs in memory.
///
/// Counts of files whose content is kept in special ways (compressed, WOF, dedup, EFS, cloud) come
/// from one pass over each volume, which also finds when the guest last wrote; with --no-counts that
/// is only known to be at some time or after it.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Do not go through all files, to count them and to find the newest
    #[arg(long)]
    no_counts: bool,
    /// Show every key of the configurations instead, also those that hvrestore does not know
    #[arg(long)]
    raw: bool,
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
    let source = ctx.look_for(&args.source.source, &options)?;
    let machines = source.machines(&options.vm, true)?;
    if args.raw {
        raw::print(&machines, ctx)?;
        return Ok(Exit::Done);
    }
    let backups = ctx.open_all(&source, &machines, &options)?;
    let looks: Vec<_> = backups
        .iter()
        .map(|(machine, backup)| Look::at(&source, *machine, backup, !args.no_counts, ctx))
        .collect();
    let mut out = ctx.stdout();
    if ctx.global.json {
        let document = document::of(source.path(), &looks);
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        drawing::draw(&mut out, source.path(), &looks)?;
    }
    out.flush()?;
    let lost = |look: &Look<'_>| look.counts.iter().any(|counts| counts.lost > 0);
    let lost = looks.iter().any(lost);
    let findings = if lost { Exit::Findings } else { Exit::Done };
    let backups: Vec<_> = backups.iter().map(|(_, backup)| backup).collect();
    Ok(exit_of_disks(&backups).and(findings))
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
