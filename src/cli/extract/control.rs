//! How sure an extraction is to be, and what is done about one that was interrupted.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::refused;
use crate::cli::args::Algorithm;
use crate::cli::lines::Lines;
use crate::cli::{Context, text};
use crate::open::Backup;
use crate::progress::Progress;
use crate::report::{Report, Room};
use crate::sink::codes::{MISMATCH, NO_ROOM, UNFINISHED};
use crate::sink::{Error, Folder, Hashed, Journaled, Manifest, Options, Plan, Sink, Verified};

/// How sure an extraction is to be.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Control")]
pub(super) struct ControlArgs {
    /// Create nothing: list what would be restored, left out or renamed, what is known to be lost
    /// before a byte is read, and how much room it takes. Damage that shows only when data is read is
    /// not foreseen
    #[arg(long, conflicts_with_all = ["resume", "verify", "hash"])]
    dry_run: bool,
    /// Go on where an earlier run of this command was interrupted, or left something out: what is done
    /// is not read again (DEST holds a journal until all is done), NAME.partial files are tried again,
    /// and the temporary files of a killed run are removed
    #[arg(long)]
    resume: bool,
    /// Read back each file and its streams from the medium, and compare them with the source, which is
    /// read a second time. A file that differs becomes NAME.partial
    #[arg(long)]
    verify: bool,
    /// Write checksums of all files, taken while they are restored, to DEST/SHA256SUMS (B3SUMS with
    /// =blake3), for sha256sum -c in DEST. Streams inside files stand there as comments
    #[arg(
        long,
        value_enum,
        value_name = "ALGORITHM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "sha256"
    )]
    hash: Option<Algorithm>,
    /// Write the checksums to FILE instead
    #[arg(long, value_name = "FILE", requires = "hash")]
    hash_to: Option<PathBuf>,
    /// Write to FILE what --json prints: a line for each item, and the sum of all
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Where things go, and what is there already.
pub(super) struct Place<'a> {
    pub(super) destination: &'a Path,
    pub(super) options: Options,
}

impl ControlArgs {
    /// Whether nothing is to be done.
    pub(super) fn is_plan(&self) -> bool {
        self.dry_run
    }

    /// Where the report goes besides.
    pub(super) fn report(&self) -> Option<&Path> {
        self.report.as_deref()
    }

    /// Has `push` fill nothing, as if it were the folder.
    pub(super) fn plan(
        &self,
        place: Place<'_>,
        ctx: &Context,
        push: impl FnOnce(&dyn Sink) -> Report,
    ) -> anyhow::Result<Report> {
        let plan = Plan::new(place.destination, place.options).map_err(refused)?;
        let mut report = push(&plan);
        let (needed, free) = (plan.needed(), plan.free());
        let room = Room { needed, free };
        report.plan = Some(room);
        if room.is_short() {
            ctx.console.warn(&NO_ROOM, NO_ROOM.meaning);
        }
        Ok(report)
    }

    /// The option that was given and can only be about a folder.
    pub(super) fn for_folders(&self) -> Option<&'static str> {
        match self {
            Self { resume: true, .. } => Some("--resume"),
            Self { dry_run: true, .. } => Some("--dry-run"),
            Self { verify: true, .. } => Some("--verify"),
            Self { hash: Some(_), .. } => Some("--hash"),
            _ => None,
        }
    }

    /// Has `push` fill the folder, keeping a journal, with whatever else was asked for around it.
    /// `wrap` gives it a place for metadata.
    pub(super) fn fill(
        &self,
        place: Place<'_>,
        backup: &Backup,
        (ctx, lines): (&Context, &Lines<'_>),
        wrap: impl for<'j> FnOnce(&'j Journaled) -> Result<Box<dyn Sink + 'j>, Error>,
        push: impl FnOnce(&dyn Sink) -> Report,
    ) -> anyhow::Result<Report> {
        let overwrite = place.options.conflict == crate::sink::Conflict::Overwrite;
        let folder = Folder::open(place.destination, place.options).map_err(refused)?;
        if let Some(algorithm) = self.hash.filter(|_| self.hash_to.is_none()) {
            folder.keep_name(Manifest::name_for(algorithm.into()));
        }
        let folder = Journaled::open(folder, &key(backup), self.resume).map_err(refused)?;
        if folder.found_unfinished() && !self.resume {
            ctx.console.warn(&UNFINISHED, UNFINISHED.meaning);
        }
        let sink = wrap(&folder).map_err(refused)?;
        let push = |sink: &dyn Sink| self.push_verified(sink, place.destination, lines, push);
        let report = match self.hash {
            None => push(&*sink)?,
            Some(algorithm) => {
                let manifest = self.manifest(place.destination, algorithm, overwrite);
                let hashed = Hashed::new(&*sink, place.destination, manifest.map_err(refused)?);
                let report = push(&hashed)?;
                let sums = text::count(hashed.counted(), "checksum");
                let file = self.manifest_place(place.destination, algorithm);
                let note = format!("{sums} in {}", file.display());
                ctx.console.note(&note);
                report
            }
        };
        self.say_unfinished(&folder, &report, ctx);
        Ok(report)
    }

    fn manifest_place(&self, destination: &Path, algorithm: Algorithm) -> PathBuf {
        let own = || destination.join(Manifest::name_for(algorithm.into()));
        self.hash_to.clone().unwrap_or_else(own)
    }

    fn manifest(
        &self,
        destination: &Path,
        algorithm: Algorithm,
        overwrite: bool,
    ) -> Result<Manifest, Error> {
        let place = self.manifest_place(destination, algorithm);
        Manifest::open(&place, algorithm.into(), (self.resume, overwrite))
    }

    /// Pushes, reads back if that was asked for, and finishes.
    fn push_verified(
        &self,
        sink: &dyn Sink,
        destination: &Path,
        lines: &Lines<'_>,
        push: impl FnOnce(&dyn Sink) -> Report,
    ) -> anyhow::Result<Report> {
        let report = if self.verify {
            let verified = Verified::new(sink, destination);
            let mut report = push(&verified);
            let found = verified.take_found();
            report.verified += found.same;
            report.files = report.files.saturating_sub(found.different);
            for line in &found.lines {
                lines.settled(line);
                report.partial += u64::from(line.code == Some(&MISMATCH) && line.stream.is_none());
                report.add(line);
            }
            report
        } else {
            push(sink)
        };
        if report.stopped.is_none() {
            sink.finish().map_err(refused)?;
        }
        Ok(report)
    }

    fn say_unfinished(&self, folder: &Journaled, report: &Report, ctx: &Context) {
        if folder.cleaned() > 0 {
            let files = text::count(folder.cleaned(), "temporary file");
            let note = format!("removed {files} of an earlier run");
            ctx.console.note(&note);
        }
        if !report.is_whole() && report.delivered() {
            ctx.console.note(
                "what is done stays done: the same command with --resume tries the rest again",
            );
        }
    }
}

/// What the files that are read have in common with themselves only: names, sizes and times.
fn key(backup: &Backup) -> String {
    let mut text = String::new();
    let mut files = backup.source_files();
    files.sort();
    for file in files {
        let name = file.file_name().map(Path::new).unwrap_or(&file).display();
        let stamp = std::fs::metadata(&file).map(|found| (found.len(), found.modified().ok()));
        let _ = writeln!(text, "{name} {:?}", stamp.ok());
    }
    for disk in &backup.disks {
        let _ = writeln!(text, "{:?}", disk.state);
    }
    let hash = blake3::hash(text.as_bytes()).to_hex();
    hash[..32].into()
}
