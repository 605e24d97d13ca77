//! `restore`: whole machines, as Hyper-V imports them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::args::MachineArgs;
use crate::cli::bars::Bar;
use crate::cli::{Context, Exit, Stop};
use crate::codes;
use crate::open::Source;
use crate::progress::Watch;
use crate::vmset::codes::TARGET_IN_SOURCE;
use crate::vmset::plan::{Choices, Plan};
use crate::vmset::write::{self, Job, Written};
use crate::vmset::{Machine, manifest, script};

mod drawing;
mod options;

use options::ChoiceArgs;

/// Write a whole machine as a set of files that Hyper-V imports
///
/// Each machine gets a folder of its name in DIR: Virtual Machines, Snapshots, Virtual Hard Disks, with
/// import.ps1, RESTORED.md and manifest.json beside them. All checkpoints are kept unless --as-of merges
/// one state into new disks. Disks find their parents in the set and nowhere else, saved state stays only
/// with exactly the disks it was saved with, configurations are copied as they are unless --windows-path
/// (or --rename) asks for an edit. Nothing has its name before all of it is there and was looked at; an
/// interrupted run goes on with --resume. The last line says whether Windows' import wizard will do, or
/// what stands in its way; import.ps1 does all of it.
///
///   hvrestore restore /backup/web01 -o /mnt/usb --dry-run
///   hvrestore restore /backup/web01 -o /mnt/usb --verify --hash
///   hvrestore restore /backup --vm web01 --as-of "before update" -o /mnt/usb
///   hvrestore restore /backup --all -o D:\VMs --windows-path D:\VMs
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    machines: MachineArgs,
    /// Folder in which each machine gets its own; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// What the result is to be.
    #[command(flatten)]
    choices: ChoiceArgs,
    /// Show what would be written, and what would be changed and why; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on with an interrupted run
    #[arg(long)]
    resume: bool,
    /// Read everything back and compare it with the source
    #[arg(long)]
    verify: bool,
    /// Put each file's SHA-256 into manifest.json
    #[arg(long)]
    hash: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, a machine must be chosen, or nothing can be written.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let source = ctx.look(&args.machines)?;
    let machines = ctx.chosen(&source, &args.machines)?;
    if machines.is_empty() {
        let text = format!("{}: no virtual machine", source.path().display());
        return Err(Stop::new(Exit::NoSource, &codes::cli::NO_DISK, text).into());
    }
    check_outside(&args.output, &args.machines)?;
    let mut exit = Exit::Done;
    let mut documents = Vec::new();
    for machine in machines {
        let run = Run {
            args,
            ctx,
            source: &source,
            machine,
        };
        let (ended, document) = run.run()?;
        exit = worse(exit, ended);
        documents.push(document);
        if ctx.cancelled() {
            break;
        }
    }
    if ctx.global.json {
        let document = json!({ "type": "restore", "dry_run": args.dry_run, "machines": documents });
        println!("{}", serde_json::to_string_pretty(&document)?);
    }
    Ok(exit)
}

/// One machine being restored.
struct Run<'a> {
    args: &'a Args,
    ctx: &'a Context,
    source: &'a Source,
    machine: &'a Machine,
}

impl Run<'_> {
    fn run(&self) -> anyhow::Result<(Exit, Value)> {
        let choices = self
            .args
            .choices
            .of(self.machine, &self.args.output, &self.args.machines)?;
        let plan = Plan::of(self.machine, self.source.finder(), &choices)?;
        if self.args.dry_run {
            return self.show(&plan);
        }
        let written = self.write(&plan, &choices)?;
        let exit = exit_of(&plan, Some(&written));
        if !self.ctx.global.json {
            drawing::receipt(self.ctx, self.machine, &plan, &written)?;
        }
        let mut document = manifest::document(&plan, Some(&written));
        document["place"] = json!(written.place.display().to_string());
        Ok((exit, document))
    }

    fn show(&self, plan: &Plan) -> anyhow::Result<(Exit, Value)> {
        if !self.ctx.global.json {
            drawing::plan(self.ctx, self.machine, plan)?;
        }
        Ok((exit_of(plan, None), manifest::document(plan, None)))
    }

    fn write(&self, plan: &Plan, choices: &Choices) -> anyhow::Result<Written> {
        let bar = Bar::new(self.ctx);
        bar.expect(plan.files.len() as u64, plan.size());
        let watch = Watch {
            progress: &bar,
            cancel: &self.ctx.cancel,
        };
        let job = Job {
            plan,
            destination: &self.args.output,
            finder: self.source.finder(),
            resume: self.args.resume,
            verify: self.args.verify,
            hash: self.args.hash,
            watch,
        };
        let written = write::write(&job, |written| texts(plan, self.machine, choices, written));
        bar.finish();
        self.ctx.console.detail(&bar.tally().to_string());
        written.map_err(Into::into)
    }
}

/// What lies beside the files of the set and tells of them.
fn texts(
    plan: &Plan,
    machine: &Machine,
    choices: &Choices,
    written: &Written,
) -> Vec<(String, Vec<u8>)> {
    let facts = plan.facts(machine, choices);
    let mut document =
        serde_json::to_vec_pretty(&manifest::document(plan, Some(written))).unwrap_or_default();
    document.push(b'\n');
    vec![
        ("import.ps1".to_owned(), script::import(&facts)),
        (
            "RESTORED.md".to_owned(),
            script::restored(&facts).into_bytes(),
        ),
        (manifest::NAME.to_owned(), document),
    ]
}

/// How the run ends for one machine.
fn exit_of(plan: &Plan, written: Option<&Written>) -> Exit {
    let is_whole = written.is_none_or(Written::is_whole);
    let is_overridden = plan.disks.iter().any(|disk| disk.overridden);
    match plan.is_complete() {
        _ if !is_whole || is_overridden => Exit::Partly,
        false => Exit::Findings,
        true => Exit::Done,
    }
}

/// The graver end of two machines.
fn worse(one: Exit, other: Exit) -> Exit {
    one.and(other)
}

/// The source is never written, and a restored set must not be found as part of it.
fn check_outside(output: &Path, args: &MachineArgs) -> anyhow::Result<()> {
    let real = |path: &Path| {
        let mut above = path.ancestors().filter(|path| !path.as_os_str().is_empty());
        let there = above.find(|path| path.exists()).unwrap_or(Path::new("."));
        fs::canonicalize(there).unwrap_or_else(|_| there.to_owned())
    };
    let output = real(&std::path::absolute(output)?);
    let folders = [&args.source].into_iter().chain(&args.finding.search);
    for folder in folders.filter(|folder| folder.is_dir()) {
        if output.starts_with(real(&std::path::absolute(folder)?)) {
            let text = format!("{} lies within {}", output.display(), folder.display());
            return Err(Stop::new(Exit::Destination, &TARGET_IN_SOURCE, text).into());
        }
    }
    Ok(())
}

/// Which states' memory is left out, by the numbers of the machine's states.
fn numbers_of(machine: &Machine, words: &[String]) -> anyhow::Result<BTreeSet<usize>> {
    words
        .iter()
        .map(|word| options::state(machine, word))
        .collect()
}
