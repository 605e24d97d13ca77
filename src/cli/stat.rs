//! `stat`: all that is known of one file.

use std::io::Write;

use serde_json::Value;

use crate::cli::args::PlaceArgs;
use crate::cli::targets;
use crate::cli::{Context, Exit};

mod document;
mod drawing;
mod extras;

use extras::Extras;

/// Show all that is known of a file: times, attributes, streams, names, owner, where a link points
///
///   hvrestore stat /backup/web01 'C:\Users\ana\thesis.docx'
///   hvrestore stat /backup/web01 'C:\Shares\*' --sddl        who may do what, as Windows writes it
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("paths", |arg| arg.required(true)))]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
    /// Show the whole security descriptor as SDDL: owner, group, permissions, and what is audited
    #[arg(long)]
    sddl: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, nothing matches, or a record cannot be read.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let backup = ctx.open_files(&args.places.source, args.places.trash)?;
    let targets = targets::of(&backup, &args.places, ctx)?;
    let mut out = ctx.stdout();
    let mut exit = Exit::Done;
    let mut documents = Vec::new();
    for target in &targets {
        let extras = Extras::of(target)?;
        if !extras.lost.is_empty() {
            extras
                .lost
                .iter()
                .for_each(|fault| ctx.console.fault(fault));
            exit = Exit::Partly;
        }
        match ctx.global.json {
            true => documents.push(document::of(target, &extras)),
            false => drawing::show(&mut out, target, &extras, args.sddl)?,
        }
    }
    if ctx.global.json {
        let document = match documents.len() {
            1 => documents.remove(0),
            _ => Value::from(documents),
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    }
    out.flush()?;
    ctx.say_remarks(&backup);
    Ok(exit)
}
