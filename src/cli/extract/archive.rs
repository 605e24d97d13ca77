//! Extraction into what is no folder: an archive, or stdout.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use tree::Kind;

use super::chosen::Chosen;
use super::control::ControlArgs;
use super::options::WritingArgs;
use super::{Args, finished, refused};
use crate::cli::counted::Counted;
use crate::cli::{Context, Exit, Stop, cat};
use crate::codes;
use crate::report::{Report, Stopped};
use crate::sidecar::Heading;
use crate::sink::{Archive, ArchiveKind, ArchivePlace, Pipe, Sink, Sources};

/// Deflate's own middle way.
const LEVEL: u32 = 6;
/// Ends of names of compressed tars.
const COMPRESSED: [&str; 10] = [
    ".tar.gz",
    ".tgz",
    ".tar.bz2",
    ".tbz2",
    ".tar.xz",
    ".txz",
    ".tar.zst",
    ".tzst",
    ".tar.lz4",
    ".tar.lzma",
];

/// In which form it is written.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct FormatArgs {
    /// What DEST becomes [default: by its name, NAME.tar or NAME.zip, else a folder]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// How hard zip compresses: 0 not at all, 1 fast, 9 small [default: 6]
    #[arg(long, value_name = "0-9", value_parser = clap::value_parser!(u32).range(0..=9))]
    level: Option<u32>,
}

/// What DEST becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A folder
    Folder,
    /// A tar (PAX): times to 100 ns, hard links, sparse files; small streams as extended attributes
    Tar,
    /// A zip: streams as files beside, hard links as copies
    Zip,
}

/// What is made of what was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A folder is filled.
    Folder,
    /// An archive is written, to stdout if that is the output.
    Archive(ArchiveKind),
    /// The bytes of one file, on stdout.
    Bytes,
}

impl FormatArgs {
    /// What becomes of `output`, if that goes with the other arguments.
    pub(super) fn form(
        &self,
        output: &Path,
        writing: &WritingArgs,
        control: &ControlArgs,
        ctx: &Context,
    ) -> Result<Form, Stop> {
        let format = self.format.map_or_else(|| by_name(output), Ok)?;
        let form = match format {
            Format::Folder if is_stdout(output) && self.format.is_none() => Form::Bytes,
            Format::Folder => Form::Folder,
            Format::Tar => Form::Archive(ArchiveKind::Tar),
            Format::Zip => {
                let level = self.level.unwrap_or(LEVEL);
                Form::Archive(ArchiveKind::Zip { level })
            }
        };
        if self.level.is_some() && format != Format::Zip {
            return Err(usage("--level is for zip"));
        }
        if form != Form::Folder {
            writing.refuse_rules_of_folders()?;
            if let Some(option) = control.for_folders() {
                return Err(usage(&format!("{option} is for folders")));
            }
        }
        match form {
            Form::Archive(_) | Form::Bytes if is_stdout(output) && ctx.global.json => Err(usage(
                "-o - and --json both mean stdout; write to a file instead",
            )),
            Form::Archive(_) if is_stdout(output) && io::stdout().is_terminal() => {
                Err(usage("an archive is nothing for a terminal; redirect it"))
            }
            form => Ok(form),
        }
    }
}

/// The format that the name of the output says; one that is a folder already stays one.
fn by_name(output: &Path) -> Result<Format, Stop> {
    let name = output.to_string_lossy().to_ascii_lowercase();
    if output.is_dir() {
        return Ok(Format::Folder);
    }
    if COMPRESSED.iter().any(|end| name.ends_with(end)) {
        let text = "tars are written as they are; compress one on its way: \
                    --format tar -o - | zstd > FILE.tar.zst";
        return Err(usage(text));
    }
    Ok(match name.rsplit_once('.') {
        Some((_, "tar")) => Format::Tar,
        Some((_, "zip")) => Format::Zip,
        _ => Format::Folder,
    })
}

pub(super) fn is_stdout(output: &Path) -> bool {
    output.as_os_str() == "-"
}

/// Has `push` fill an archive. None: whoever read stdout has gone away.
pub(super) fn fill(
    kind: ArchiveKind,
    args: &Args,
    heading: &Heading,
    sources: Sources,
    push: impl FnOnce(&dyn Sink) -> Report,
) -> anyhow::Result<Option<Report>> {
    let (output, options) = (&args.output, args.writing.archive());
    if is_stdout(output) {
        let gone = Arc::new(AtomicBool::new(false));
        let pipe = Pipe(Heard {
            inner: io::stdout(),
            gone: Arc::clone(&gone),
        });
        let archive = Archive::new(kind, output, pipe, &options);
        let sink = args.metadata.archive(archive, heading).map_err(refused)?;
        let report = finished(&*sink, push);
        return match gone.load(Ordering::Relaxed) {
            true => Ok(None),
            false => Ok(Some(report.map_err(refused)?)),
        };
    }
    let place = ArchivePlace::find(output, args.writing.overwrites(), &sources);
    let place = place.map_err(refused)?;
    let file = place.create().map_err(refused)?;
    let archive = Archive::new(kind, output, file, &options);
    let sink = args.metadata.archive(archive, heading).map_err(refused)?;
    let report = finished(&*sink, push);
    Ok(Some(report.map_err(refused)?))
}

/// Says of an archive that the run did not finish what is there of it.
pub(super) fn say_unfinished(form: Form, output: &Path, report: &Report, ctx: &Context) {
    if matches!(form, Form::Archive(_)) && report.stopped.is_some() {
        let text = match is_stdout(output) {
            true => "the archive ends too early: throw away what was written of it",
            false => "the archive was not finished, and nothing of it is kept",
        };
        ctx.console.note(text);
    }
}

/// What an archive that was not finished is worth: one that has a gap ends before it.
pub(super) fn exit_of_archive(form: Form, report: &Report) -> Option<Exit> {
    match (&report.stopped, form) {
        (Some(Stopped::Destination(refusal)), Form::Archive(_))
            if refusal.code == &crate::sink::codes::GAP =>
        {
            Some(Exit::Partly)
        }
        _ => None,
    }
}

/// Writes the one file that was chosen to stdout.
pub(super) fn one_to_stdout(chosen: &Chosen<'_>, ctx: &Context) -> anyhow::Result<Exit> {
    let one = match &chosen.roots[..] {
        [(volume, roots)] => roots
            .first()
            .filter(|_| roots.len() == 1)
            .map(|r| (volume, r)),
        _ => None,
    };
    let Some((volume, root)) = one else {
        return Err(not_one().into());
    };
    if volume.fs.metadata(root.node)?.kind == Kind::Directory {
        return Err(not_one().into());
    }
    let mut out = Counted::new(ctx.stdout());
    let place = format!("{}{}", volume.name, root.path);
    let data = volume.fs.open(root.node, None);
    let data = data.map_err(|error| anyhow::Error::new(error).context(place.clone()))?;
    if let Err(error) = cat::copy(&mut out, &*data, ctx) {
        return Err(out.interrupted_by(error.context(place)));
    }
    out.flush()?;
    for loss in &chosen.losses {
        ctx.console.error(&loss.to_string(), loss.code);
    }
    Ok(Exit::after(Exit::Done, !chosen.losses.is_empty()))
}

fn not_one() -> Stop {
    usage("-o - takes one file; with --format tar or zip as many as you like")
}

fn usage(text: &str) -> Stop {
    Stop::new(Exit::Usage, &codes::cli::USAGE, text)
}

/// Writes, and notices that nobody reads any more.
struct Heard<W> {
    inner: W,
    gone: Arc<AtomicBool>,
}

impl<W: Write> Heard<W> {
    fn heard<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            self.gone.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl<W: Write> Write for Heard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes);
        self.heard(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.inner.flush();
        self.heard(flushed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_format_unless_it_is_a_folder() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let is = |name: &str| by_name(&temp.path().join(name)).ok();
        std::fs::create_dir(temp.path().join("old.tar")).expect("made");
        for (name, format) in [
            ("a.tar", Some(Format::Tar)),
            ("A.ZIP", Some(Format::Zip)),
            ("a.b", Some(Format::Folder)),
            ("tar", Some(Format::Folder)),
            ("old.tar", Some(Format::Folder)),
            ("a.tar.zst", None),
            ("a.TGZ", None),
        ] {
            assert_eq!(is(name), format, "{name}");
        }
    }
}
