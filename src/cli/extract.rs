//! `extract`: files out of the guest, into a folder, an archive or a pipe.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use tree::Name;

use crate::cli::args::{PlaceArgs, parse_jobs};
use crate::cli::filter::{FilterArgs, Filters};
use crate::cli::lines::Lines;
use crate::cli::stop::exit_of_code;
use crate::cli::{Context, Exit, Stop};
use crate::codes;
use crate::extract::{self, Job, Options};
use crate::open::{Backup, Volume};
use crate::progress::Progress;
use crate::report::{Report, Room, Stopped};
use crate::select::Root;
use crate::sink::codes::IS_SOURCE;
use crate::sink::{self, Error, Refusal, Sink, Sources};

mod archive;
mod chosen;
mod control;
mod files_from;
mod metadata;
mod options;

use archive::{Form, FormatArgs};
use chosen::Chosen;
use control::{ControlArgs, Place};
use files_from::ListArgs;
use metadata::{MetadataArgs, heading};
use options::WritingArgs;

/// Get files and folders out of the guest
///
/// Folders come with all that is in them. DEST gets the guest's own folder structure: C:\Users\ana
/// becomes DEST/Users/ana (below a folder for each volume where several are given). Times, hard links
/// and streams are kept; what DEST cannot hold (security descriptors, attributes, ...) is put on record
/// in DEST/.hvrestore-metadata.jsonl, from where apply-metadata puts it back. A file that cannot be
/// read in full is saved as NAME.partial, with the missing ranges listed in NAME.partial.json, never
/// under its own name; everything else goes on, and the end lists what was lost (exit 3). DEST can be
/// an archive or a pipe: see --format.
///
///   hvrestore extract /backup/web01 'C:\Users\ana\Documents' -o out
///   hvrestore extract /backup/web01 'C:\Users\*\*.docx' --checkpoint base -o out
///   hvrestore extract /backup/web01 disk1/part2/data label=Logs/2026 -o out
///   hvrestore extract /backup/web01 'C:\Users' --exclude AppData --exclude '*.tmp' --newer 30d -o out
///   hvrestore find /backup/web01 '*.doc' -0 | hvrestore extract /backup/web01 --files-from - -0 -o out
///   hvrestore extract /backup/web01 'C:\Users\ana' --deleted -o out
///   hvrestore extract /backup/web01 'C:\inetpub' -o inetpub.zip
///   hvrestore extract /backup/web01 'C:\Users' --format tar -o - | zstd > users.tar.zst
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
    /// Folder to fill, which is made if it is not there; FILE.tar or FILE.zip for an archive; - for
    /// stdout, which takes one file, or an archive of the given --format
    #[arg(short, long, value_name = "DEST")]
    output: PathBuf,
    /// In which form.
    #[command(flatten)]
    format: FormatArgs,
    /// How things are put there.
    #[command(flatten)]
    writing: WritingArgs,
    /// What is kept besides bytes.
    #[command(flatten)]
    metadata: MetadataArgs,
    /// How sure it is to be.
    #[command(flatten)]
    control: ControlArgs,
    /// Which paths besides.
    #[command(flatten)]
    list: ListArgs,
    /// What of all that is wanted.
    #[command(flatten)]
    filter: FilterArgs,
    /// Also the file system's own files
    #[arg(short, long)]
    all: bool,
    /// Files moved at the same time [default: one a processor, at most 4]
    #[arg(short, long, value_name = "N", value_parser = parse_jobs)]
    jobs: Option<NonZero<usize>>,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, nothing matches, or the destination cannot be used.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let form = args
        .format
        .form(&args.output, &args.writing, &args.control, ctx)?;
    let filters = args.filter.parse()?;
    let backup = ctx.open_files(&args.places.source, args.places.trash)?;
    let chosen = Chosen::find(&args.places, &args.list, &backup, ctx)?;
    if form == Form::Bytes {
        return archive::one_to_stdout(&chosen, ctx);
    }
    refuse_source(args, form, &backup)?;
    let jobs = jobs(args, &chosen, &filters, &backup, ctx)?;
    tell_dirty(&chosen, ctx);
    let lines = Lines::new(ctx)
        .planning(args.control.is_plan())
        .reporting(args.control.report())?;
    let mut report = Report::default();
    for loss in &chosen.losses {
        lines.settled(loss);
        report.add(loss);
    }
    if !jobs.is_empty() {
        let push = |sink: &dyn Sink| into(sink, &jobs, &lines, ctx);
        let output = (ctx, &lines);
        match push_into(form, args, (&backup, &chosen), output, push)? {
            Some(filled) => report.merge(filled),
            // Whoever read stdout has gone away.
            None => return Ok(Exit::Done),
        }
    }
    lines.finish(&report)?;
    ctx.say_remarks(&backup);
    archive::say_unfinished(form, &args.output, &report, ctx);
    if report.is_empty() && report.filtered > 0 {
        let text = codes::cli::ALL_FILTERED.meaning;
        return Err(Stop::new(Exit::NoMatch, &codes::cli::ALL_FILTERED, text).into());
    }
    Ok(archive::exit_of_archive(form, &report).unwrap_or_else(|| exit(&report)))
}

/// Says which volumes were in the middle of being written: a file may be as it was half way.
fn tell_dirty(chosen: &Chosen<'_>, ctx: &Context) {
    for (volume, _) in &chosen.roots {
        if let Some(why) = volume.fs.info().dirty {
            ctx.console.note(&format!(
                "{}: not cleanly shut down, as is ordinary for a running machine ({why}): files that were \
                 open may be half written",
                volume.name
            ));
        }
    }
}

/// Has `push` fill what `form` makes of the destination, or say what it would do. None: whoever read
/// stdout has gone away.
fn push_into(
    form: Form,
    args: &Args,
    (backup, chosen): (&Backup, &Chosen<'_>),
    (ctx, lines): (&Context, &Lines<'_>),
    push: impl FnOnce(&dyn Sink) -> Report,
) -> anyhow::Result<Option<Report>> {
    let sources = Sources::at(backup.source_files())?;
    let heading = heading(&args.places.source, backup, chosen.volumes());
    if let Form::Archive(kind) = form {
        return archive::fill(kind, args, &heading, sources, push);
    }
    let (destination, control) = (&*args.output, &args.control);
    let place = Place {
        destination,
        options: folder_options(args, sources),
    };
    if control.is_plan() {
        return control.plan(place, ctx, push).map(Some);
    }
    let filled = control.fill(
        place,
        backup,
        (ctx, lines),
        |folder| args.metadata.sink(folder, destination, &heading),
        push,
    )?;
    Ok(Some(filled))
}

/// Extracts all volumes into one sink.
fn into(sink: &dyn Sink, jobs: &[Job<'_>], lines: &Lines<'_>, ctx: &Context) -> Report {
    let mut report = Report::default();
    for job in jobs {
        report.merge(extract::run(job, sink, lines, &ctx.cancel));
        if report.stopped.is_some() {
            break;
        }
    }
    report
}

/// Has `push` fill `sink`, and finishes that unless the run stopped.
fn finished(sink: &dyn Sink, push: impl FnOnce(&dyn Sink) -> Report) -> Result<Report, Error> {
    let report = push(sink);
    if report.stopped.is_none() {
        sink.finish()?;
    }
    Ok(report)
}

fn folder_options(args: &Args, sources: Sources) -> sink::Options {
    sink::Options {
        native: args.metadata.native(),
        ..args.writing.folder(sources)
    }
}

/// The folder of the backup stays as it is, too: what is added to it would look like part of it.
fn refuse_source(args: &Args, form: Form, backup: &Backup) -> anyhow::Result<()> {
    let source = &args.places.source.source;
    if !source.is_dir() {
        return Ok(());
    }
    let folder = match form {
        Form::Folder => Some(&*args.output),
        Form::Archive(_) | Form::Bytes => folder_of(&args.output),
    };
    let Some(dest) = folder else { return Ok(()) };
    let files = backup.source_files();
    let folders = files.iter().filter_map(|file| file.parent());
    let is_dest = |folder| same_file::is_same_file(folder, dest).unwrap_or(false);
    if is_dest(&**source) || folders.into_iter().any(is_dest) {
        let reason = "it is a folder of the source; name one in it or elsewhere".into();
        return Err(anyhow::Error::new(Refusal {
            code: &IS_SOURCE,
            place: args.output.clone(),
            reason,
        }));
    }
    Ok(())
}

/// The folder that a file of this path is in; none of stdout.
fn folder_of(output: &Path) -> Option<&Path> {
    let named = output.parent().filter(|path| !path.as_os_str().is_empty());
    (!archive::is_stdout(output)).then(|| named.unwrap_or(Path::new(".")))
}

/// A job for each volume.
fn jobs<'a>(
    args: &Args,
    chosen: &Chosen<'a>,
    filters: &Filters,
    backup: &Backup,
    ctx: &Context,
) -> anyhow::Result<Vec<Job<'a>>> {
    let several = chosen.roots.len() > 1;
    let job = |(volume, roots): &(&'a Volume, Vec<Root>)| {
        let mut options = Options {
            system: args.all,
            filter: filters.of(backup, volume, ctx)?,
            ciphertext: args.writing.ciphertext(),
            letters: backup.letter_of(volume).into_iter().collect(),
            prefix: prefix_of(volume, several, backup),
            ..Options::default()
        };
        options.jobs = args.jobs.unwrap_or(options.jobs);
        Ok(Job {
            fs: &*volume.fs,
            roots: roots.clone(),
            options,
        })
    };
    chosen.roots.iter().map(job).collect()
}

/// The folder of the output that a volume goes to: where there are several one each, and never one
/// for live and deleted files alike.
fn prefix_of(volume: &Volume, several: bool, backup: &Backup) -> Option<Name> {
    let own = several.then(|| backup.folder_of(volume));
    let name = match (own, &volume.deleted) {
        (own, None) => own?,
        (Some(own), Some(_)) => format!("{own}-deleted"),
        (None, Some(_)) => "deleted".to_owned(),
    };
    Some(Name::from(&*name))
}

fn refused(error: Error) -> anyhow::Error {
    match error {
        Error::Cancelled => anyhow::anyhow!("interrupted"),
        Error::Item(refusal) | Error::Stop(refusal) => refusal.into(),
    }
}

/// 16 where the destination ended the run; else 3 where something was delivered and something lost.
fn exit(report: &Report) -> Exit {
    match &report.stopped {
        Some(Stopped::Cancelled) => return Exit::Interrupted,
        Some(Stopped::Destination(_)) => return Exit::Destination,
        None if report.plan.is_some_and(Room::is_short) => return Exit::Destination,
        None if report.is_whole() => return Exit::Done,
        None => {}
    }
    let first = report.losses.iter().find_map(|line| line.code);
    Exit::after(first.map_or(Exit::Failed, exit_of_code), report.delivered())
}
