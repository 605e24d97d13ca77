//! `doctor`: what stands in the way of an import, before files are carried to a host.

mod document;
mod drawing;
mod next;

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::args::MachineArgs;
use crate::cli::context::finding;
use crate::cli::{Context, Exit, Stop};
use crate::codes;
use crate::open::{Options, Source};
use crate::vmset::preflight::{Facts, Level, Maker, Row, gather, rows, worst};
use crate::vmset::{Host, Machine, VmSet};

/// Tell what stands in the way of importing a machine, before anybody carries files to a host
///
/// Looks at the configuration, the disks of now and of every checkpoint, and the guest's registry, and
/// prints a row for each thing that passes, needs a hand, or blocks, with what to do: the version
/// against the host, missing or broken disks, saved memory and its processor, switches, images in
/// drives, pass-through disks, virtual TPM, ids, replication, clusters, domain controllers, lengths of
/// paths. Nothing is written. What only the host can decide is looked at again by import.ps1 -Check.
///
///   hvrestore doctor /backup/web01 --host 2025 --cpu amd
///   hvrestore doctor /backup --all --json
///   hvrestore doctor /backup/web01 -o /mnt/usb       is there room, can it hold the disks
///   hvrestore doctor /backup/web01 --guest           why was the backup only crash-consistent
///
/// Exit codes: 0 nothing in the way, 4 warnings, 5 something blocks.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    source: MachineArgs,
    /// Only the state that would be restored alone (restore --as-of); else now and all checkpoints
    #[arg(
        short,
        long,
        alias = "as-of",
        value_name = "STATE",
        help_heading = "Source"
    )]
    checkpoint: Option<String>,
    /// Host of the import: 2012r2, 2016, 2019, 2022, 2025, azurelocal, or a build number of Windows
    #[arg(long, value_parser = parse_host)]
    host: Option<&'static Host>,
    /// Maker of that host's processor, for saved memory
    #[arg(long, value_enum)]
    cpu: Option<Cpu>,
    /// Also tell from the guest's registry and volumes why the backup was only crash-consistent
    #[arg(long)]
    guest: bool,
    /// Folder that the restored set would go to: room, lengths of paths, limits of its file system
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Makers of processors.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Cpu {
    /// Intel
    Intel,
    /// AMD
    Amd,
}

impl From<Cpu> for Maker {
    fn from(cpu: Cpu) -> Self {
        match cpu {
            Cpu::Intel => Self::Intel,
            Cpu::Amd => Self::Amd,
        }
    }
}

fn parse_host(text: &str) -> Result<&'static Host, &'static str> {
    Host::find(text).ok_or(
        "expected 2012r2, 2016, 2019, 2022, 2025, azurelocal or a build number such as 20348",
    )
}

/// A machine, what was found about it, and what to run next.
struct Examined<'a> {
    machine: &'a Machine,
    /// The one state that was looked at.
    state: Option<usize>,
    rows: Vec<Row>,
    next: String,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, a machine must be chosen, or there is no such state.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let source = ctx.look(&args.source)?;
    let machines = ctx.chosen(&source, &args.source)?;
    if machines.is_empty() {
        let why = "no machine and no disk was found there";
        return Err(Stop::new(Exit::NoSource, &codes::cli::NO_DISK, why).into());
    }
    let mut examined = Vec::new();
    for machine in machines {
        examined.push(examine(args, ctx, &source, machine)?);
    }
    let levels = examined.iter().map(|one| worst(&one.rows));
    let level = levels.fold(of_set(source.vms()), Level::max);
    let mut out = ctx.stdout();
    if ctx.global.json {
        let document = document::of(args, &examined, level);
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        drawing::draw(&mut out, &examined)?;
    }
    out.flush()?;
    Ok(match level {
        Level::Pass => Exit::Done,
        Level::Warn => Exit::Findings,
        Level::Block => Exit::Blocked,
    })
}

/// How much it matters that something is wrong with the set as a whole, which was said when it was looked
/// through: it may be the reason why a machine is not among those that were looked at.
fn of_set(set: &VmSet) -> Level {
    match set.problems().next() {
        None => Level::Pass,
        Some(_) => Level::Warn,
    }
}

fn examine<'a>(
    args: &Args,
    ctx: &Context,
    source: &'a Source,
    machine: &'a Machine,
) -> anyhow::Result<Examined<'a>> {
    let options = Options {
        state: args.checkpoint.clone().unwrap_or_else(|| "now".into()),
        ..finding(&args.source.vms.vm, &args.source.finding)
    };
    let gathered = gather::machine(source, machine, &options, args.checkpoint.is_some())?;
    gathered
        .watches
        .into_iter()
        .for_each(|watch| ctx.watch(watch));
    if let Some(error) = gathered.unopened {
        ctx.console.note(&error.to_string());
    }
    let facts = Facts {
        host: args.host,
        cpu: args.cpu.map(Maker::from),
        ask_guest: args.guest,
        destination: args.output.as_deref().map(gather::destination),
        ..gathered.facts
    };
    let rows = rows(machine, &facts);
    let next = next::step(args, source, machine, &rows);
    Ok(Examined {
        machine,
        state: facts.state,
        rows,
        next,
    })
}
