//! `extract`: files out of the guest, into a folder.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;

use clap::ValueEnum;
use tree::Name;

use crate::cli::address::{Address, VolumeChoice};
use crate::cli::args::PlaceArgs;
use crate::cli::lines::Lines;
use crate::cli::stop::exit_of_code;
use crate::cli::{Context, Exit, context, targets};
use crate::extract::{self, Job, Options};
use crate::open::{Backup, Volume};
use crate::report::{Report, Stopped};
use crate::select::{self, Pattern, Root};
use crate::sink::codes::IS_SOURCE;
use crate::sink::{self, Conflict, Error, Folder, Refusal, Sink, Sources, StreamMode};

/// Get files and folders out of the guest
///
/// Folders come with all that is in them. DEST gets the guest's own folder structure: C:\Users\ana
/// becomes DEST/Users/ana (below a folder for each volume where several are given). Times, hard links
/// and streams are kept. A file that cannot be read in full is saved as NAME.partial, with the missing
/// ranges listed in NAME.partial.json, never under its own name; everything else goes on, and the
/// end lists what was lost (exit 3).
///
///   hvrestore extract /backup/web01 'C:\Users\ana\Documents' -o out
///   hvrestore extract /backup/web01 'C:\Users\*\*.docx' --checkpoint base -o out
///   hvrestore extract /backup/web01 disk1/part2/data label=Logs/2026 -o out
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
    /// Folder to fill; it is made if it is not there
    #[arg(short, long, value_name = "DEST")]
    output: PathBuf,
    /// Where a file of that name is in DEST already
    #[arg(long, value_enum, default_value_t, value_name = "RULE")]
    on_conflict: Rule,
    /// The same as --on-conflict overwrite
    #[arg(long, conflicts_with_all = ["on_conflict", "skip_existing"])]
    overwrite: bool,
    /// The same as --on-conflict skip
    #[arg(long, conflicts_with = "on_conflict")]
    skip_existing: bool,
    /// Where named streams go: into the file itself (extended attributes user.NAME; native on Windows),
    /// into files beside it called FILE:STREAM, or nowhere
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    ads: Ads,
    /// Save nothing of a file that cannot be read in full
    #[arg(long)]
    no_partial: bool,
    /// Also the file system's own files
    #[arg(short, long)]
    all: bool,
    /// Files moved at the same time [default: one a processor, at most 4]
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
}

/// What to do where something of that name is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// Leave it and count the file as not restored
    #[default]
    Fail,
    /// Leave it
    Skip,
    /// Replace it
    Overwrite,
    /// Put the new one beside it
    Rename,
    /// Replace it if the guest's was written later
    Newer,
}

/// Where named streams go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Ads {
    /// Into the file itself, where DEST can; else beside it
    #[default]
    Native,
    /// Into files beside it
    Files,
    /// Nowhere
    None,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, nothing matches, or the destination cannot be used.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let backup = ctx.open(&args.places.source)?;
    let chosen = Chosen::find(args, &backup, ctx)?;
    refuse_source(args, &backup)?;
    let sources = Sources::at(backup.source_files())?;
    let folder = Folder::open(&args.output, folder_options(args, sources)).map_err(refused)?;
    let lines = Lines::new(ctx);
    let mut report = Report::default();
    for loss in &chosen.losses {
        report.add_loss(loss);
    }
    let several = chosen.roots.len() > 1;
    for (volume, roots) in chosen.roots {
        let job = Job {
            fs: &*volume.fs,
            roots,
            options: options(args, volume, several),
        };
        report.merge(extract::run(&job, &folder, &lines, &ctx.cancel));
        if report.stopped.is_some() {
            break;
        }
    }
    if report.stopped.is_none() {
        folder.finish().map_err(refused)?;
    }
    lines.finish(&report)?;
    Ok(exit(&report))
}

/// The folder of the backup stays as it is, too: what is added to it would look like part of it.
fn refuse_source(args: &Args, backup: &Backup) -> anyhow::Result<()> {
    let source = &args.places.source.source;
    if !source.is_dir() {
        return Ok(());
    }
    let files = backup.source_files();
    let folders = files.iter().filter_map(|file| file.parent());
    let is_dest = |folder| same_file::is_same_file(folder, &args.output).unwrap_or(false);
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

fn folder_options(args: &Args, sources: Sources) -> sink::Options {
    let rule = match args.on_conflict {
        _ if args.overwrite => Rule::Overwrite,
        _ if args.skip_existing => Rule::Skip,
        rule => rule,
    };
    sink::Options {
        conflict: match rule {
            Rule::Fail => Conflict::Fail,
            Rule::Skip => Conflict::Skip,
            Rule::Overwrite => Conflict::Overwrite,
            Rule::Rename => Conflict::Rename,
            Rule::Newer => Conflict::Newer,
        },
        streams: match args.ads {
            Ads::Native => StreamMode::Native,
            Ads::Files => StreamMode::Files,
            Ads::None => StreamMode::Leave,
        },
        partial: !args.no_partial,
        sources,
    }
}

fn options(args: &Args, volume: &Volume, several: bool) -> Options {
    let mut options = Options {
        system: args.all,
        ..Options::default()
    };
    if let Some(jobs) = args.jobs {
        options.jobs = jobs;
    }
    options.letters = volume.letter.into_iter().collect();
    options.prefix = several.then(|| Name::from(&*volume.folder()));
    options
}

/// What is to be extracted, volume by volume.
struct Chosen<'a> {
    roots: Vec<(&'a Volume, Vec<Root>)>,
    losses: Vec<tree::Loss>,
}

impl<'a> Chosen<'a> {
    fn find(args: &Args, backup: &'a Backup, ctx: &Context) -> anyhow::Result<Self> {
        let volume = args.places.volume.volume.as_deref();
        if args.places.paths.is_empty() {
            return Self::whole(backup, volume, ctx);
        }
        let mut chosen = Self {
            roots: Vec::new(),
            losses: Vec::new(),
        };
        for (volume, texts) in by_volume(args, backup, ctx)? {
            let patterns = texts.iter().map(|(_, path)| targets::pattern(path));
            let found = select::find(&*volume.fs, &patterns.collect::<Result<Vec<Pattern>, _>>()?);
            if let Some(&number) = found.unmatched.first()
                && found.losses.is_empty()
            {
                return Err(context::no_match(&texts[number].0).into());
            }
            chosen.losses.extend(found.losses);
            chosen.roots.push((volume, found.roots));
        }
        Ok(chosen)
    }

    fn whole(backup: &'a Backup, volume: Option<&str>, ctx: &Context) -> anyhow::Result<Self> {
        let volumes = match volume {
            Some(text) => vec![targets::choose(backup, &VolumeChoice::parse(text), ctx)?],
            None => backup.data_volumes().collect(),
        };
        if volumes.is_empty() {
            return Err(targets::no_volume(backup));
        }
        let whole = |volume: &'a Volume| (volume, vec![Root::whole(&*volume.fs)]);
        Ok(Self {
            roots: volumes.into_iter().map(whole).collect(),
            losses: Vec::new(),
        })
    }
}

/// What was written, and the path in the volume.
type Texts = Vec<(String, String)>;

fn by_volume<'a>(
    args: &Args,
    backup: &'a Backup,
    ctx: &Context,
) -> anyhow::Result<Vec<(&'a Volume, Texts)>> {
    let mut volumes: BTreeMap<&str, (&'a Volume, Texts)> = BTreeMap::new();
    for text in &args.places.paths {
        let address = Address::parse_within(text, args.places.volume.volume.as_deref());
        let volume = targets::choose(backup, &address.volume, ctx)?;
        let entry = volumes
            .entry(&volume.name)
            .or_insert_with(|| (volume, Texts::new()));
        entry.1.push((text.clone(), address.path));
    }
    Ok(volumes.into_values().collect())
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
        None if report.is_whole() => return Exit::Done,
        None => {}
    }
    let first = report.losses.iter().find_map(|line| line.code);
    Exit::after(first.map_or(Exit::Failed, exit_of_code), report.delivered())
}
