//! `inspect` for people: a tree of disks, layers, partitions and volumes.

use std::io::Write;
use std::path::Path;

use disk::LayerEntry;
use partition::{Content, FirstBytes, Partition};

use super::counts::Counts;
use crate::cli::chain::found_by;
use crate::cli::text::{self, escape};
use crate::open::{Backup, Disk, OpenDisk, Volume};

/// Draws it.
pub(super) fn draw(
    out: &mut impl Write,
    source: &Path,
    backup: &Backup,
    counts: &[Counts],
) -> anyhow::Result<()> {
    writeln!(out, "{}", escape(&source.display().to_string()))?;
    for disk in &backup.disks {
        draw_disk(out, disk, counts)?;
    }
    Ok(())
}

fn draw_disk(out: &mut impl Write, disk: &Disk, counts: &[Counts]) -> anyhow::Result<()> {
    let size = disk
        .opened
        .as_ref()
        .map(|opened| text::size(blockio::ReadAt::size(&*opened.bytes)));
    let size = size.unwrap_or_else(|_| "cannot be read".into());
    let name = disk.state.file_name();
    writeln!(out, "└─ disk{}  {}  {size}", disk.number, escape(&name))?;
    let chain = disk.chain.as_ref().map(|view| view.chain());
    for layer in chain.iter().flat_map(|chain| &chain.layers) {
        draw_layer(out, layer)?;
    }
    match &disk.opened {
        Err(fault) => writeln!(out, "   ├─ {}", escape(&fault.to_string()))?,
        Ok(opened) => draw_partitions(out, disk, opened, counts)?,
    }
    if let Some(broken) = chain.and_then(|chain| chain.broken.as_ref()) {
        writeln!(out, "   └─ fix: {}", escape(&broken.fix))?;
    }
    Ok(())
}

fn draw_layer(out: &mut impl Write, layer: &LayerEntry) -> anyhow::Result<()> {
    let image = &layer.image;
    let kind = super::kind_word(image.kind());
    write!(
        out,
        "   ├─ layer {}  {} {kind}",
        escape(&layer.name),
        image.format().name()
    )?;
    write!(out, ", file {}", text::size(layer.file_size))?;
    if let Ok(allocated) = image.allocated() {
        write!(out, ", holds {}", text::size(allocated))?;
    }
    writeln!(out, "{}", found_by(layer))?;
    if let Some(replay) = image.log_replay() {
        writeln!(out, "   │    {replay}")?;
    }
    Ok(())
}

fn draw_partitions(
    out: &mut impl Write,
    disk: &Disk,
    opened: &OpenDisk,
    counts: &[Counts],
) -> anyhow::Result<()> {
    let table = match &opened.table {
        Ok(table) => table,
        Err(fault) => return Ok(writeln!(out, "   └─ {}", escape(&fault.to_string()))?),
    };
    writeln!(out, "   └─ {}", table.scheme.name())?;
    for partition in &table.partitions {
        let name = partition
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!(" '{}'", escape(name)));
        let size = text::size(partition.len);
        write!(
            out,
            "      ├─ disk{}/part{}  {size}",
            disk.number, partition.number
        )?;
        writeln!(out, "  {}{name}", partition.type_name)?;
        draw_content(out, opened, partition, counts)?;
    }
    for volume in table.ldm.iter().flat_map(|database| &database.volumes) {
        let volume = volume.to_string();
        writeln!(
            out,
            "      ├─ dynamic disk (LDM) volume {} (not read)",
            escape(&volume)
        )?;
    }
    Ok(())
}

fn draw_content(
    out: &mut impl Write,
    opened: &OpenDisk,
    partition: &Partition,
    counts: &[Counts],
) -> anyhow::Result<()> {
    let is_here = |volume: &&Volume| volume.partition.number == partition.number;
    if let Some(volume) = opened.volumes.iter().find(is_here) {
        return draw_volume(out, volume, counts);
    }
    if let Some((_, fault)) = opened
        .failed
        .iter()
        .find(|(number, _)| *number == partition.number)
    {
        return Ok(writeln!(out, "      │    {}", escape(&fault.to_string()))?);
    }
    let content = match &partition.content {
        Content::Ntfs => "NTFS".into(),
        Content::Foreign(foreign) => format!("{foreign} (not read)"),
        Content::Unknown(FirstBytes::Zeros(count)) => {
            format!(
                "nothing recognised: the first {} are zeros",
                text::size(*count)
            )
        }
        Content::Unknown(FirstBytes::NoSignature) => {
            "nothing recognised: no known signature".into()
        }
        Content::Unknown(FirstBytes::Unreadable) => "its first bytes cannot be read".into(),
    };
    Ok(writeln!(out, "      │    {}", escape(&content))?)
}

fn draw_volume(out: &mut impl Write, volume: &Volume, counts: &[Counts]) -> anyhow::Result<()> {
    let info = volume.fs.info();
    let label = info
        .label
        .as_deref()
        .map_or_else(String::new, |label| format!(" '{}'", escape(label)));
    let letter = volume
        .letter
        .map_or_else(String::new, |letter| format!("{letter}: "));
    write!(
        out,
        "      │    {letter}{}{label}, serial {:016X}",
        info.kind, info.serial
    )?;
    write!(
        out,
        ", clusters of {}",
        text::size(info.cluster_size.into())
    )?;
    if let Some(free) = info.free {
        let used = text::size(info.size.saturating_sub(free));
        write!(out, ", {used} used, {} free", text::size(free))?;
    }
    writeln!(out)?;
    if let Some(why) = &info.dirty {
        writeln!(
            out,
            "      │    not cleanly shut down (ordinary for a running machine): {}",
            escape(why)
        )?;
    }
    let Some(counts) = counts.iter().find(|counts| counts.volume == volume.name) else {
        return Ok(());
    };
    let (files, folders) = (
        text::count(counts.files, "file"),
        text::count(counts.folders, "folder"),
    );
    writeln!(
        out,
        "      │    {files} ({}), {folders}",
        text::size(counts.bytes)
    )?;
    for (word, count) in &counts.stored {
        writeln!(
            out,
            "      │    {}: {}",
            text::count(*count, "file"),
            stored(word)
        )?;
    }
    if counts.lost > 0 {
        writeln!(
            out,
            "      │    {} could not be read (-v names them)",
            text::count(counts.lost, "entry")
        )?;
    }
    Ok(())
}

/// What it means for a restore that content is kept in this way.
fn stored(word: &str) -> &'static str {
    match word {
        "compressed" => "compressed by NTFS, read as ordinary",
        "wof" => "WOF compressed (CompactOS), not read yet",
        "dedup" => "deduplicated, content is in the chunk store, not read",
        "efs" => "encrypted (EFS), content cannot be read",
        "cloud" => "cloud placeholders, content is not on this disk",
        "hsm" => "moved to other storage, content is not on this disk",
        _ => "kept in a way of their own",
    }
}
