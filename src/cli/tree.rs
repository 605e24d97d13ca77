//! `tree`: folders and files below a place, drawn.

use std::io::{BufWriter, StdoutLock, Write};

use tree::{Cursor, Entry, Kind};

use crate::cli::args::PlaceArgs;
use crate::cli::targets::{self, Target};
use crate::cli::{Context, Exit, Stop, entry, exit_of, text};
use crate::codes;
use crate::open::Volume;

/// Draw the folders and files below a place of the guest
///
///   hvrestore tree /backup/web01 'C:\Users' --depth 2
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
    /// How many levels to go down
    #[arg(short, long, value_name = "N", default_value_t = 64,
        value_parser = clap::value_parser!(u16).range(1..=1024))]
    depth: u16,
    /// Folders only
    #[arg(long)]
    folders: bool,
    /// Also the file system's own files
    #[arg(short, long)]
    all: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened or nothing matches.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    if ctx.global.json {
        let text = "tree draws for people; ls -R --json lists for scripts";
        return Err(Stop::new(Exit::Usage, &codes::cli::USAGE, text).into());
    }
    let backup = ctx.open_files(&args.places.source, args.places.trash)?;
    let targets = targets::of(&backup, &args.places, ctx)?;
    let mut drawing = Drawing {
        args,
        ctx,
        out: ctx.stdout(),
        folders: 0,
        files: 0,
        cause: Exit::Done,
    };
    for Target { volume, entry } in &targets {
        writeln!(
            drawing.out,
            "{}{}",
            volume.name,
            text::escape(&entry.path.to_string())
        )?;
        drawing.below(volume, entry)?;
    }
    drawing.finish()
}

struct Drawing<'a> {
    args: &'a Args,
    ctx: &'a Context,
    out: BufWriter<StdoutLock<'static>>,
    folders: u64,
    files: u64,
    cause: Exit,
}

/// One folder being drawn: what is left of it, last first.
struct Level {
    left: Vec<Entry>,
    indent: String,
}

impl Drawing<'_> {
    fn below(&mut self, volume: &Volume, top: &Entry) -> anyhow::Result<()> {
        let mut levels = vec![self.level(volume, top, String::new())];
        while let Some(level) = levels.last_mut() {
            let Some(entry) = level.left.pop() else {
                levels.pop();
                continue;
            };
            let last = level.left.is_empty();
            let indent = level.indent.clone();
            self.line(volume, &entry, &indent, last)?;
            let deeper = levels.len() < usize::from(self.args.depth) && !self.ctx.cancelled();
            if entry.metadata.kind == Kind::Directory && deeper {
                let indent = indent + if last { "    " } else { "│   " };
                levels.push(self.level(volume, &entry, indent));
            }
        }
        Ok(())
    }

    fn level(&mut self, volume: &Volume, dir: &Entry, indent: String) -> Level {
        let mut left = Vec::new();
        match volume.fs.read_dir(dir.node, Cursor::START) {
            Err(error) => self.loss(volume, dir, &error),
            Ok(entries) => {
                for found in entries {
                    let entry = found.and_then(|found| {
                        targets::entry_at(volume, found.node, dir.path.join(&found.name))
                    });
                    match entry {
                        Ok(entry) if self.wanted(&entry) => left.push(entry),
                        Ok(_) => {}
                        Err(error) => self.loss(volume, dir, &error),
                    }
                }
            }
        }
        left.reverse();
        Level { left, indent }
    }

    fn wanted(&self, entry: &Entry) -> bool {
        let folder = entry.metadata.kind == Kind::Directory;
        (self.args.all || !entry.metadata.system) && (folder || !self.args.folders)
    }

    fn line(
        &mut self,
        volume: &Volume,
        entry: &Entry,
        indent: &str,
        last: bool,
    ) -> anyhow::Result<()> {
        let folder = entry.metadata.kind == Kind::Directory;
        *(if folder {
            &mut self.folders
        } else {
            &mut self.files
        }) += 1;
        let branch = if last { "└── " } else { "├── " };
        let name = entry.path.name().unwrap_or_default().to_string();
        let slash = if folder { "/" } else { "" };
        let mut line = format!("{indent}{branch}{}{slash}", text::escape(&name));
        entry::write_remains(&mut line, volume, entry);
        Ok(writeln!(self.out, "{line}")?)
    }

    fn loss(&mut self, volume: &Volume, dir: &Entry, error: &tree::Error) {
        let code = if let tree::Error::Fault(fault) = error {
            Some(&**fault)
        } else {
            None
        };
        self.cause = self.cause.and(code.map_or(Exit::Damaged, exit_of));
        let text = format!("{}{}: {error}", volume.name, dir.path);
        self.ctx.console.error(&text, code.map(|fault| fault.code));
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        let (folders, files) = (
            text::count(self.folders, "folder"),
            text::count(self.files, "file"),
        );
        writeln!(self.out, "\n{folders}, {files}")?;
        self.out.flush()?;
        let delivered = self.folders + self.files > 0;
        Ok(if self.cause == Exit::Done {
            Exit::Done
        } else {
            Exit::after(self.cause, delivered)
        })
    }
}
