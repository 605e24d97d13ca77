//! `apply-metadata`: puts back what a destination could not hold.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::PathBuf;

use blockio::Code;
use clap::ValueEnum;

use crate::apply::{self, AclMode, Applied, Options, Problem, SidMap, Summary, codes};
use crate::cli::stop::exit_of_code;
use crate::cli::{Context, Exit, Stop, text};
use crate::hostfs::Parts;
use crate::json::{Object, quote};

/// Problems listed one by one for people.
const LISTED: u64 = 200;

/// Put security, attributes, times and streams of an extraction back
///
/// MANIFEST is the .hvrestore-metadata.jsonl that extract left in its DEST; DIR is DEST, or the place
/// it was moved or copied to. What the file system of DIR holds is put back: on NTFS, under Windows or
/// ntfs-3g, all of it; elsewhere the times. DIR itself stays as it is. Nothing outside DIR is touched,
/// no link is followed, and a line that makes no sense costs only itself. Run it again whenever you
/// like.
///
///   hvrestore apply-metadata out/.hvrestore-metadata.jsonl out
///   hvrestore apply-metadata D:\out\.hvrestore-metadata.jsonl D:\out --dry-run
///   hvrestore apply-metadata D:\out\.hvrestore-metadata.jsonl D:\new --acl inherit --sid-map sids.csv
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The .hvrestore-metadata.jsonl of the extraction
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// The folder that the extraction filled, wherever it is now
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What to do about access control lists
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    acl: Acl,
    /// Give somebody else's place to SIDs: a file with one pair a line, OLD=NEW or OLD,NEW; a pair of
    /// domains (S-1-5-21-a-b-c) goes for everybody in them
    #[arg(long, value_name = "FILE")]
    sid_map: Option<PathBuf>,
    /// Also make the links that the extraction left out because they lead elsewhere, as the guest had them
    #[arg(long)]
    links: bool,
    /// Change nothing, say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// What to do about access control lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Acl {
    /// As they were; on Windows protected from what the folders above pass on
    #[default]
    Exact,
    /// Only the entries set on each item itself, with what its new parent passes on (Windows)
    Inherit,
    /// Leave them
    None,
}

/// Runs the command.
///
/// # Errors
/// Where the manifest, the folder or the list of SIDs cannot be read.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let options = Options {
        acl: match args.acl {
            Acl::Exact => AclMode::Exact,
            Acl::Inherit => AclMode::Inherit,
            Acl::None => AclMode::None,
        },
        sids: sid_map(args)?,
        links: args.links,
        dry_run: args.dry_run,
    };
    let mut told = Told::new(ctx);
    let mut tell = |applied: &Applied| told.add(applied);
    let done = apply::run(&args.manifest, &args.dir, &options, &ctx.cancel, &mut tell);
    let summary = done.map_err(|problem| stop(&problem))?;
    told.finish(&summary, args.dry_run)?;
    Ok(exit(&summary))
}

fn sid_map(args: &Args) -> anyhow::Result<SidMap> {
    let Some(path) = &args.sid_map else {
        return Ok(SidMap::default());
    };
    let text = fs::read_to_string(path).map_err(|error| error.to_string());
    let map = text.and_then(|text| SidMap::parse(&text));
    map.map_err(|why| {
        let message = format!("{}: {why}", path.display());
        Stop::new(Exit::Usage, &codes::BAD_MAP, message).into()
    })
}

fn stop(problem: &Problem) -> anyhow::Error {
    Stop::new(Exit::NoSource, problem.code, problem.message.clone()).into()
}

/// 3 where something was put back and something not; 4 where only SIDs are nobody's here.
fn exit(summary: &Summary) -> Exit {
    match summary.first {
        _ if summary.interrupted => Exit::Interrupted,
        Some(code) => Exit::after(exit_of_code(code), summary.items > 0),
        None if !summary.not_held.is_empty() => Exit::Partly,
        None if !summary.unresolved.is_empty() => Exit::Findings,
        None => Exit::Done,
    }
}

/// Says what became of each item: to people only what went wrong, to scripts all of it.
struct Told<'a> {
    ctx: &'a Context,
    listed: u64,
    /// The codes of the problems listed.
    codes: BTreeMap<&'static str, &'static Code>,
    out: BufWriter<StdoutLock<'static>>,
    /// Why stdout took no more; said at the end, since what is put back is worth more.
    failed: io::Result<()>,
}

impl<'a> Told<'a> {
    fn new(ctx: &'a Context) -> Self {
        Self {
            ctx,
            listed: 0,
            codes: BTreeMap::new(),
            out: ctx.stdout(),
            failed: Ok(()),
        }
    }

    fn add(&mut self, applied: &Applied) {
        self.print(|out| write_item(out, applied));
        for problem in &applied.problems {
            self.listed += 1;
            self.codes.insert(problem.code.id, problem.code);
            if self.listed <= LISTED {
                let text = format!("{} [{}]", problem.message, problem.code);
                self.ctx.console.error(&text, None);
            }
        }
    }

    fn print(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.ctx.global.json && self.failed.is_ok() {
            let mut line = Vec::new();
            write(&mut line);
            self.failed = self.out.write_all(&line);
        }
    }

    fn finish(mut self, summary: &Summary, dry_run: bool) -> anyhow::Result<()> {
        let console = &self.ctx.console;
        if self.listed > LISTED {
            let more = self.listed - LISTED;
            console.error(&format!("... and {more} more (--json lists all)"), None);
        }
        for code in self.codes.values() {
            console.legend(code);
        }
        if !summary.not_held.is_empty() {
            let text = format!("not held here: {}", summary.not_held.words());
            console.warn(&codes::NOT_HELD, &text);
        }
        for sid in &summary.unresolved {
            console.warn(
                &codes::UNKNOWN_SID,
                &format!("{sid} is nobody's on this machine"),
            );
        }
        let verb = if dry_run {
            "would put back"
        } else {
            "put back"
        };
        let items = text::count(summary.items, "item");
        let problems = text::count(summary.problems, "problem");
        console.note(&format!("{verb} what belongs to {items}; {problems}"));
        self.print(|out| write_summary(out, summary));
        self.failed?;
        Ok(self.out.flush()?)
    }
}

fn write_item(out: &mut Vec<u8>, applied: &Applied) {
    if applied.problems.is_empty() || !applied.kept.is_empty() {
        let mut object = Object::begin(out);
        object.text("type", "applied").number("line", applied.line);
        object.maybe_text("to", applied.to.as_deref());
        write_parts(&mut object, "parts", applied.kept);
        object.end_line();
    }
    for problem in &applied.problems {
        let mut object = Object::begin(out);
        object.text("type", "error").number("line", applied.line);
        object.maybe_text("to", applied.to.as_deref());
        object
            .text("code", problem.code.id)
            .text("message", &problem.message);
        object.end_line();
    }
}

fn write_summary(out: &mut Vec<u8>, summary: &Summary) {
    let mut object = Object::begin(out);
    object.text("type", "summary");
    object
        .number("items", summary.items)
        .number("problems", summary.problems);
    write_parts(&mut object, "not_held", summary.not_held);
    object.list("unknown_sids", &summary.unresolved, |out, sid| {
        quote(out, sid)
    });
    if summary.interrupted {
        object.text("stopped", "interrupted");
    }
    object.end_line();
}

fn write_parts(object: &mut Object<'_>, key: &str, parts: Parts) {
    object.list(key, parts.iter(), |out, part| quote(out, part.words()));
}
