//! `relink`: a copy of a checkpoint that finds its parent again.

use std::path::PathBuf;

use disk::last_name;

use crate::cli::bars::Bar;
use crate::cli::{Context, Exit, Stop, text};
use crate::codes;
use crate::json::Object;
use crate::progress::Watch;
use crate::relink::{self, Error, Job, Relinked};
use crate::sink;

/// Copy a checkpoint's disk so that it finds its parent where that lies now
///
/// A differencing disk (.avhdx, .avhd) knows its parent by a path. Where the parent was moved or
/// renamed, Windows refuses the chain. This writes a COPY that names PARENT by its path from the
/// copy; paths of the old host, which may lead to a live disk, are taken out. CHILD itself is never
/// changed. A pending log is replayed into the copy, and its chain is opened before it gets its
/// name.
///
///   hvrestore relink web01_A1.avhdx --parent web01-base.vhdx -o fixed/web01_A1.avhdx
///   hvrestore relink c.avhdx --parent p.vhdx -o c2.avhdx --windows-path 'D:\VMs\p.vhdx'
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The differencing disk
    child: PathBuf,
    /// The file it was made on
    #[arg(long, value_name = "FILE")]
    parent: PathBuf,
    /// The copy to write; an existing folder gets it under the name of CHILD. Never overwrites
    #[arg(short, long, value_name = "COPY")]
    output: PathBuf,
    /// Path of the parent on the Windows host, for the absolute path; without it there is none
    #[arg(long, value_name = "PATH")]
    windows_path: Option<String>,
    /// Take PARENT although its identifier is another, and write that one down: only where you know that
    /// its data is what CHILD was made on. Ends with exit 3
    #[arg(long)]
    accept_mismatch: bool,
}

/// Runs the command.
///
/// # Errors
/// Where child and parent do not belong together, or the copy cannot be made.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let job = job(args)?;
    let bar = Bar::new(ctx);
    bar.expect(
        1,
        std::fs::metadata(&job.child).map_or(0, |child| child.len()),
    );
    let watch = Watch {
        progress: &bar,
        cancel: &ctx.cancel,
    };
    let made = relink::relink(&job, watch);
    bar.finish();
    ctx.console.detail(&bar.tally().to_string());
    match made {
        Ok(made) => say(&made, &job, ctx),
        Err(Error::Fault(fault)) => Err((*fault).clone().into()),
        Err(Error::Destination(sink::Error::Cancelled)) => Ok(Exit::Interrupted),
        Err(Error::Destination(sink::Error::Item(refusal) | sink::Error::Stop(refusal))) => {
            Err(refusal.into())
        }
    }
}

fn job(args: &Args) -> anyhow::Result<Job> {
    if let Some(path) = &args.windows_path {
        let wanted = args
            .parent
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let absolute = path.starts_with(r"\\") || path.get(1..3) == Some(r":\");
        if !absolute || last_name(path).is_none_or(|name| !name.eq_ignore_ascii_case(&wanted)) {
            let text = format!(
                "--windows-path takes the whole path of {wanted} on the host, such as \
                D:\\VMs\\{wanted}"
            );
            return Err(Stop::new(Exit::Usage, &codes::cli::USAGE, text).into());
        }
    }
    let name = args.child.file_name().filter(|_| args.output.is_dir());
    Ok(Job {
        child: args.child.clone(),
        parent: args.parent.clone(),
        output: name.map_or_else(|| args.output.clone(), |name| args.output.join(name)),
        windows_path: args.windows_path.clone(),
        accept_mismatch: args.accept_mismatch,
    })
}

fn say(made: &Relinked, job: &Job, ctx: &Context) -> anyhow::Result<Exit> {
    let console = &ctx.console;
    let size = text::size(made.size);
    console.note(&format!(
        "wrote {}, {size}; {} is as it was",
        job.output.display(),
        job.child.display()
    ));
    if let Some(replay) = &made.log_replay {
        console.note(&replay.to_string());
    }
    for change in &made.changes {
        console.note(&text::escape(&change.to_string()));
    }
    if ctx.global.json {
        print(made, job, ctx)?;
    }
    let mut exit = Exit::Done;
    if let Some(fault) = &made.accepted {
        console.fault(fault);
        exit = Exit::Partly;
    }
    if let Some(broken) = &made.broken {
        console.fault(&broken.fault);
        console.note(&format!(
            "the copy leads to its parent; further down: {}",
            broken.fix
        ));
        exit = Exit::Partly;
    }
    Ok(exit)
}

/// The document of `--json`.
fn print(made: &Relinked, job: &Job, ctx: &Context) -> anyhow::Result<()> {
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    object.text("type", "relink");
    object.text("output", &job.output.to_string_lossy());
    object.text("parent", &job.parent.to_string_lossy());
    object.number("size", made.size);
    object.flag("log_replayed", made.log_replay.is_some());
    object.flag("accepted_mismatch", made.accepted.is_some());
    object.flag("whole_chain", made.broken.is_none());
    object.list("changes", &made.changes, |out, change| {
        let mut object = Object::begin(out);
        object.text("key", &change.key);
        object.maybe_text("from", change.from.as_deref());
        object.maybe_text("to", change.to.as_deref());
        object.end();
    });
    object.end_line();
    std::io::Write::write_all(&mut ctx.stdout(), &out)?;
    Ok(())
}
