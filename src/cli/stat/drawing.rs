//! What is known of a file, for people.

use std::io::Write;

use security::Sid;
use tree::{Efs, Entry, Metadata, Time};

use super::Extras;
use crate::cli::targets::Target;
use crate::cli::{entry, text};

/// Writes the lines of one file; with its whole descriptor if `sddl`.
pub(super) fn show(
    out: &mut impl Write,
    target: &Target<'_>,
    extras: &Extras,
    sddl: bool,
) -> anyhow::Result<()> {
    let Target { volume, entry } = target;
    let metadata = &entry.metadata;
    writeln!(
        out,
        "{}{}",
        volume.name,
        text::escape(&entry.path.to_string())
    )?;
    writeln!(out, "  kind        {}", kind(metadata))?;
    let mut remains = String::new();
    entry::write_remains(&mut remains, volume, entry);
    if !remains.is_empty() {
        writeln!(out, "  remains    {remains}")?;
    }
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
    if let Some(efs) = &extras.details.efs {
        key_holders(out, efs)?;
    }
    if let Some(name) = &extras.details.short_name {
        writeln!(out, "  short name  {}", text::escape(&name.to_string()))?;
    }
    links_and_streams(out, target, entry)?;
    security(out, extras, sddl)?;
    rest(out, extras)
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

/// Owner and group, and all the rest of the descriptor if `sddl`.
fn security(out: &mut impl Write, extras: &Extras, sddl: bool) -> anyhow::Result<()> {
    let Some(descriptor) = &extras.descriptor else {
        return Ok(());
    };
    for (word, sid) in [("owner", &descriptor.owner), ("group", &descriptor.group)] {
        if let Some(sid) = sid {
            writeln!(out, "  {word:10}  {}", account(sid))?;
        }
    }
    if sddl {
        writeln!(out, "  sddl        {}", text::escape(&descriptor.sddl()))?;
    }
    Ok(())
}

/// A SID, and whose it is where that is known everywhere.
fn account(sid: &Sid) -> String {
    match (sid.name(), sid.relative_name()) {
        (Some(name), _) => format!("{name} ({sid})"),
        (None, Some(name)) => format!("{sid} ({name} of its machine or domain)"),
        (None, None) => sid.to_string(),
    }
}

fn rest(out: &mut impl Write, extras: &Extras) -> anyhow::Result<()> {
    let details = &extras.details;
    for attribute in &details.extended_attributes {
        let (name, size) = (
            attribute.name.to_string(),
            text::size(attribute.value.len() as u64),
        );
        let needed = if attribute.is_needed() {
            ", needed"
        } else {
            ""
        };
        writeln!(
            out,
            "  ea          {} ({size}{needed})",
            text::escape(&name)
        )?;
    }
    if let Some(id) = details.object_id {
        writeln!(out, "  object id   {}", super::extras::guid(id.object))?;
    }
    if let Some(usn) = details.usn {
        writeln!(out, "  usn         {usn}")?;
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
