//! How sure an extraction is to be, and what is done about one that was interrupted.

use std::fmt::Write;
use std::path::Path;

use super::refused;
use crate::cli::{Context, text};
use crate::open::Backup;
use crate::report::{Report, Room};
use crate::sink::codes::{NO_ROOM, UNFINISHED};
use crate::sink::{Error, Folder, Journaled, Options, Plan, Sink};

/// How sure an extraction is to be.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ControlArgs {
    /// Go on where an earlier run of this command was interrupted, or left something out: what is done
    /// is not read again (DEST holds a journal until all is done), NAME.partial files are tried again,
    /// and the temporary files of a killed run are removed
    #[arg(long)]
    resume: bool,
    /// Create nothing: list what would be restored, left out or renamed, what is known to be lost
    /// before a byte is read, and how much room it takes. Damage that shows only when data is read is
    /// not foreseen
    #[arg(long, conflicts_with = "resume")]
    dry_run: bool,
}

impl ControlArgs {
    /// Whether nothing is to be done.
    pub(super) fn is_plan(&self) -> bool {
        self.dry_run
    }

    /// Has `push` fill nothing, as if it were the folder `destination`.
    pub(super) fn plan(
        &self,
        destination: &Path,
        options: Options,
        ctx: &Context,
        push: impl FnOnce(&dyn Sink) -> Report,
    ) -> anyhow::Result<Report> {
        let plan = Plan::new(destination, options).map_err(refused)?;
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
            _ => None,
        }
    }

    /// Has `push` fill `folder`, keeping a journal.
    pub(super) fn fill(
        &self,
        folder: Folder,
        backup: &Backup,
        ctx: &Context,
        push: impl FnOnce(&Journaled) -> Result<Report, Error>,
    ) -> anyhow::Result<Report> {
        let folder = Journaled::open(folder, &key(backup), self.resume).map_err(refused)?;
        if folder.found_unfinished() && !self.resume {
            ctx.console.warn(&UNFINISHED, UNFINISHED.meaning);
        }
        let report = push(&folder).map_err(refused)?;
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
        Ok(report)
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
