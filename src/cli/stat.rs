//! `stat`: all that is known of one file.

use std::io::Write;

use serde_json::{Value, json};
use tree::{Efs, Entry, Metadata, Time};

use crate::cli::args::PlaceArgs;
use crate::cli::targets::{self, Target};
use crate::cli::{Context, Exit, entry, text};
use crate::efs;
use crate::json::Object;

/// Show all that is known of a file: times, attributes, streams, names, where a link points
///
///   hvrestore stat /backup/web01 'C:\Users\ana\thesis.docx'
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment, mut_arg("paths", |arg| arg.required(true)))]
pub(crate) struct Args {
    #[command(flatten)]
    places: PlaceArgs,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, nothing matches, or a record cannot be read.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let backup = ctx.open(&args.places.source)?;
    let targets = targets::of(&backup, &args.places, ctx)?;
    let mut out = ctx.stdout();
    if ctx.global.json {
        let list = targets
            .iter()
            .map(document)
            .collect::<Result<Vec<_>, tree::Error>>()?;
        let document = if let [one] = &list[..] {
            one.clone()
        } else {
            Value::from(list)
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        for target in &targets {
            show(&mut out, target)?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The listing's object of the entry, and what only `stat` asks for.
fn document(target: &Target<'_>) -> Result<Value, tree::Error> {
    let Target { volume, entry } = target;
    let mut line = Vec::new();
    entry::write_json(&mut line, &*volume.fs, &volume.name, entry);
    let mut value: Value = serde_json::from_slice(&line).unwrap_or_default();
    let details = volume.fs.details(entry.node)?;
    value["type"] = json!("stat");
    if let Some(found) = &details.efs {
        let mut text = Vec::new();
        let mut object = Object::begin(&mut text);
        efs::write(&mut object, found);
        object.end();
        value["efs"] = serde_json::from_slice(&text).unwrap_or_default();
    }
    value["short_name"] = json!(details.short_name.map(|name| name.to_string()));
    value["names"] = details
        .names
        .iter()
        .map(|(_, name)| name.to_string())
        .collect();
    Ok(value)
}

fn show(out: &mut impl Write, target: &Target<'_>) -> anyhow::Result<()> {
    let Target { volume, entry } = target;
    let metadata = &entry.metadata;
    let details = volume.fs.details(entry.node)?;
    writeln!(
        out,
        "{}{}",
        volume.name,
        text::escape(&entry.path.to_string())
    )?;
    writeln!(out, "  kind        {}", kind(metadata))?;
    writeln!(out, "  record      {}", metadata.number)?;
    writeln!(
        out,
        "  size        {} ({})",
        metadata.size,
        text::size(metadata.size)
    )?;
    writeln!(
        out,
        "  allocated   {} ({})",
        metadata.allocated,
        text::size(metadata.allocated)
    )?;
    let attributes: Vec<_> = metadata.attributes.names().collect();
    writeln!(out, "  attributes  {}", attributes.join(" "))?;
    for (word, time) in [
        ("created", metadata.created),
        ("modified", metadata.modified),
        ("changed", metadata.changed),
        ("accessed", metadata.accessed),
    ] {
        writeln!(out, "  {word:10}  {}", time_text(time))?;
    }
    writeln!(out, "  links       {}", metadata.links)?;
    if let Some(efs) = &details.efs {
        key_holders(out, efs)?;
    }
    if let Some(name) = details.short_name {
        writeln!(out, "  short name  {}", text::escape(&name.to_string()))?;
    }
    links_and_streams(out, target, entry)
}

/// Who could decrypt the file.
fn key_holders(out: &mut impl Write, efs: &Efs) -> std::io::Result<()> {
    for (word, holders) in [("key of", &efs.users), ("recovery", &efs.recovery)] {
        for holder in holders {
            writeln!(out, "  {word:10}  {}", text::escape(&holder.to_string()))?;
        }
    }
    if !efs.is_understood {
        let version = efs.version;
        writeln!(
            out,
            "  keys        in a format that is not understood (version {version})"
        )?;
    }
    Ok(())
}

fn links_and_streams(
    out: &mut impl Write,
    target: &Target<'_>,
    entry: &Entry,
) -> anyhow::Result<()> {
    if let Some(tag) = entry.metadata.reparse_tag {
        let owner = tree::reparse_owner(tag);
        let owner = owner.map_or_else(String::new, |owner| format!(" ({owner})"));
        writeln!(out, "  reparse     {tag:#010x}{owner}")?;
    }
    if let Ok(link) = target.volume.fs.read_link(entry.node) {
        writeln!(
            out,
            "  target      {}",
            text::escape(&link.target.to_string())
        )?;
    }
    for stream in &entry.streams {
        let name = stream.name.to_string();
        writeln!(
            out,
            "  stream      {} ({})",
            text::escape(&name),
            text::size(stream.size)
        )?;
    }
    Ok(())
}

fn kind(metadata: &Metadata) -> String {
    let word = metadata.kind.word();
    metadata
        .storage
        .word()
        .map_or_else(|| word.into(), |storage| format!("{word} [{storage}]"))
}

fn time_text(time: Time) -> String {
    match time.rfc3339() {
        Some(text) => text.as_str().into(),
        None => format!("{} (FILETIME, outside the calendar)", time.0),
    }
}
