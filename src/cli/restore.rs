//! `restore`: whole machines, as Hyper-V imports them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use blockio::Code;
use serde_json::{Value, json};
use vmcx::Text;

use crate::cli::args::MachineArgs;
use crate::cli::bars::Bar;
use crate::cli::stop::class_of;
use crate::cli::{Context, Exit, Stop};
use crate::codes;
use crate::open::Source;
use crate::progress::Watch;
use crate::sink::codes::FULL;
use crate::vmset::codes::{NEEDS_ONE_STATE, TARGET_IN_SOURCE, TARGET_TAKEN, TARGET_TOO_SMALL};
use crate::vmset::plan::{Choices, Keep, Plan};
use crate::vmset::preflight::gather;
use crate::vmset::script::{Facts, Member};
use crate::vmset::write::{self, Job, Written};
use crate::vmset::{Acceptance, Machine, MachineState, manifest, script};

mod drawing;
mod look;
mod options;

use options::ChoiceArgs;

/// Write a whole machine as a set of files that Hyper-V imports
///
/// Each machine gets a folder of its name in DIR: Virtual Machines, Snapshots, Virtual Hard Disks,
/// with import.ps1, RESTORED.md and manifest.json beside them. All checkpoints are kept unless
/// --as-of merges one state into new disks. Disks find their parents in the set and nowhere else,
/// saved state stays only with exactly the disks it was saved with, configurations are copied as
/// they are unless --windows-path (or --rename) asks for an edit. Nothing has its name before all
/// of it is there and was looked at; an interrupted run goes on with --resume. The last line says
/// whether Windows' import wizard will do, or what stands in its way; import.ps1 does all of it.
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
    check_outside(&args.output, &source, &args.machines)?;
    check_free(args)?;
    let (mut exit, mut documents, mut members) = (Exit::Done, Vec::new(), Vec::new());
    let folders = args.choices.folders(&machines);
    for (&machine, folder) in machines.iter().zip(&folders) {
        let run = Run {
            args,
            ctx,
            source: &source,
            machine,
            folder,
            is_alone: machines.len() == 1,
        };
        let ended = run.run_or_go_on()?;
        exit = exit.and(ended.exit);
        documents.push(ended.document);
        members.extend(ended.member);
        if ctx.cancelled() {
            break;
        }
    }
    if args.machines.vms.all && !args.dry_run && !ctx.cancelled() {
        put_script_for_all(&args.output, &members)?;
    }
    if ctx.global.json {
        let document = json!({ "type": "restore", "dry_run": args.dry_run, "machines": documents });
        println!("{}", serde_json::to_string_pretty(&document)?);
    }
    Ok(exit_of_all(exit, &members, &source, args))
}

/// How the run ends, where it would end with `exit` but for what the machines have in common: what was
/// delivered beside what could not be, and with `--all` what may be a machine and cannot be read.
fn exit_of_all(exit: Exit, members: &[Member], source: &Source, args: &Args) -> Exit {
    let is_end = matches!(exit, Exit::Done | Exit::Findings | Exit::Partly);
    let is_missed = args.machines.vms.all && !source.vms().unreadable.is_empty();
    match is_end {
        true if is_missed => exit.and(Exit::Findings),
        true => exit,
        false => Exit::after(exit, !members.is_empty() && !args.dry_run),
    }
}

/// Name of the script that imports all machines.
const FOR_ALL: &str = "import-all.ps1";

/// One machine being restored.
struct Run<'a> {
    args: &'a Args,
    ctx: &'a Context,
    source: &'a Source,
    machine: &'a Machine,
    /// Name of its folder.
    folder: &'a str,
    /// Whether no other machine is restored.
    is_alone: bool,
}

/// How one machine ended.
struct Ended {
    exit: Exit,
    document: Value,
    /// Its entry in the script for all; none where it was not restored.
    member: Option<Member>,
}

impl Run<'_> {
    /// As [`run`](Self::run); of several machines one that cannot be read does not keep the others from
    /// being restored.
    fn run_or_go_on(&self) -> anyhow::Result<Ended> {
        match self.run() {
            Err(error) if !self.is_alone && !is_for_all(&error) => {
                let text = format!("{}: {error:#}", self.machine.name);
                let (exit, code) = class_of(&error);
                self.ctx.console.error(&text, code);
                Ok(Ended {
                    exit: Exit::after(exit, false),
                    document: json!({ "name": self.machine.name, "error": text,
                        "code": code.map(|code| code.id) }),
                    member: None,
                })
            }
            ended => ended,
        }
    }

    fn run(&self) -> anyhow::Result<Ended> {
        let choices = self.args.choices.of(
            self.machine,
            self.folder,
            &self.args.output,
            &self.args.machines,
        )?;
        self.check_host(&choices)?;
        let plan = Plan::of(self.machine, self.source.finder(), &choices)?;
        if let Some(document) = self.done_before(&plan) {
            return Ok(self.ended(Exit::Done, document, &plan));
        }
        if self.args.dry_run {
            return self.show(&plan);
        }
        let written = self.write(&plan, &choices)?;
        let plan = plan.after(self.machine, &choices, &written);
        let exit = exit_of(&plan, Some(&written));
        if !self.ctx.global.json {
            drawing::receipt(self.ctx, self.machine, &plan, &written)?;
        }
        let mut document = manifest::document(&plan, Some(&written));
        document["place"] = json!(written.place.display().to_string());
        Ok(self.ended(exit, document, &plan))
    }

    fn ended(&self, exit: Exit, document: Value, plan: &Plan) -> Ended {
        Ended {
            exit,
            document,
            member: Some(Member {
                name: Text::from(&*plan.name),
                folder: plan.folder.clone(),
            }),
        }
    }

    /// A host that does not take the version gets one state, as a new machine.
    fn check_host(&self, choices: &Choices) -> anyhow::Result<()> {
        let configuration = self.machine.configuration();
        let version = configuration.and_then(|file| file.configuration.version);
        let (Some(host), Some(version)) = (choices.host, version) else {
            return Ok(());
        };
        let has_checkpoints = self.machine.states.iter().any(MachineState::is_checkpoint);
        let is_taken = host.accepts(version) == Acceptance::Yes;
        if is_taken || !has_checkpoints || choices.keep != Keep::Checkpoints {
            return Ok(());
        }
        let version = format!("{}.{}", version.major, version.minor);
        let text = format!(
            "{} takes no machine of version {version}: only one state of {} can go there",
            host.name, self.machine.name
        );
        Err(Stop::new(Exit::Usage, &NEEDS_ONE_STATE, text)
            .with(self.machine.state_lines())
            .into())
    }

    /// What an earlier run restored, if this one goes on with it.
    fn done_before(&self, plan: &Plan) -> Option<Value> {
        if !self.args.resume || self.args.dry_run {
            return None;
        }
        let place = self.args.output.join(&plan.folder);
        let bytes = fs::read(place.join(manifest::NAME)).ok()?;
        let document: Value = serde_json::from_slice(&bytes).ok()?;
        let is_same = document["id"] == manifest::document(plan, None)["id"];
        let text = format!("{} was restored by an earlier run", place.display());
        is_same.then(|| self.ctx.console.note(&text))?;
        Some(document)
    }

    fn show(&self, plan: &Plan) -> anyhow::Result<Ended> {
        if !self.ctx.global.json {
            let free = gather::destination(&self.args.output).free;
            drawing::plan(self.ctx, self.machine, plan, free)?;
        }
        let document = manifest::document(plan, None);
        Ok(self.ended(exit_of(plan, None), document, plan))
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
        let looked = look::look(
            self.ctx,
            self.source,
            self.machine,
            &self.args.machines,
            choices,
        );
        let texts = |written: &Written| {
            let plan = plan.after(self.machine, choices, written);
            let facts = Facts {
                is_whole: written.is_whole(),
                rows: [written.rows(), looked.rows].concat(),
                domain_controller: looked.domain_controller,
                ..plan.facts(self.machine, choices)
            };
            texts(&plan, &facts, written)
        };
        let written = write::write(&job, texts);
        bar.finish();
        self.ctx.console.detail(&bar.tally().to_string());
        written.map_err(Into::into)
    }
}

/// What lies beside the files of the set and tells of them.
fn texts(plan: &Plan, facts: &Facts, written: &Written) -> Vec<(String, Vec<u8>)> {
    let mut document =
        serde_json::to_vec_pretty(&manifest::document(plan, Some(written))).unwrap_or_default();
    document.push(b'\n');
    vec![
        ("import.ps1".to_owned(), script::import(facts)),
        (
            "RESTORED.md".to_owned(),
            script::restored(facts).into_bytes(),
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

/// Whether the next machine would meet the same.
fn is_for_all(error: &anyhow::Error) -> bool {
    let stops = |code: &Code| [&FULL, &TARGET_TOO_SMALL].contains(&code);
    match error.downcast_ref() {
        Some(write::Error::Cancelled) => true,
        Some(write::Error::Destination(refusal)) => stops(refusal.code),
        _ => error
            .downcast_ref::<Stop>()
            .is_some_and(|stop| stop.exit == Exit::Usage),
    }
}

/// The script for all machines must not be there, unless an earlier run put it there.
fn check_free(args: &Args) -> anyhow::Result<()> {
    let place = args.output.join(FOR_ALL);
    if args.machines.vms.all && !args.dry_run && !args.resume && place.exists() {
        let text = format!("{} is there already", place.display());
        return Err(Stop::new(Exit::Destination, &TARGET_TAKEN, text).into());
    }
    Ok(())
}

/// Writes the script that imports one machine after the other.
fn put_script_for_all(output: &Path, members: &[Member]) -> anyhow::Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    let place = output.join(FOR_ALL);
    let part = output.join(format!(".{FOR_ALL}.hvrestore-part"));
    let put =
        fs::write(&part, script::import_all(members)).and_then(|()| fs::rename(&part, &place));
    put.map_err(|error| write::Error::writing(&place, &error).into())
}

/// The source is never written, and a restored set must not be found as part of it.
fn check_outside(output: &Path, source: &Source, args: &MachineArgs) -> anyhow::Result<()> {
    let real = |path: &Path| {
        let mut above = path.ancestors().filter(|path| !path.as_os_str().is_empty());
        let there = above.find(|path| path.exists()).unwrap_or(Path::new("."));
        fs::canonicalize(there).unwrap_or_else(|_| there.to_owned())
    };
    let output = real(&std::path::absolute(output)?);
    let root = source.root();
    let mapped = args.finding.map.iter().map(|(_, folder)| folder);
    let folders = [&root]
        .into_iter()
        .chain(&args.finding.search)
        .chain(mapped);
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
