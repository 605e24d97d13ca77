//! `inspect` for people: a tree of disks, layers, partitions and volumes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use disk::LayerEntry;
use partition::{Content, FirstBytes, Partition};

use super::branch::{Branch, write_branches};
use super::counts::{Counts, Stored};
use super::look::Look;
use super::{guests, parts};
use crate::cli::chain::found_by;
use crate::cli::text::{self, escape};
use crate::open::{Backup, Disk, OpenDisk, Volume};
use crate::sink::codes::FOLDER_ELSEWHERE;

/// Draws it.
pub(super) fn draw(out: &mut impl Write, source: &Path, looks: &[Look<'_>]) -> io::Result<()> {
    writeln!(out, "{}", escape(&source.display().to_string()))?;
    let branches: Vec<_> = looks.iter().flat_map(of_look).collect();
    write_branches(out, "", &branches)
}

/// A machine as one branch, with its parts first; one disk file as it is.
fn of_look(look: &Look<'_>) -> Vec<Branch> {
    let shown = Shown {
        backup: look.backup,
        counts: &look.counts,
    };
    let disks = look.backup.disks.iter().map(|disk| of_disk(disk, shown));
    let guests = look.guests.iter().map(|found| found.branch(look.backup));
    let guess = look.backup.volumes().next();
    let guess = guess.and_then(|_| guests::guess(look.backup));
    let content = disks.chain(guests).chain(guess);
    let Some(machine) = look.machine else {
        return content.collect();
    };
    let title = match machine.is_configured() {
        true => {
            let id = machine
                .id
                .map(|id| format!("  {}", id.to_string().to_uppercase()));
            let name = escape(&machine.name);
            format!("virtual machine {name}{}", id.unwrap_or_default())
        }
        false => "disks without a configuration".into(),
    };
    let mut branch = Branch::new(title);
    let parts = parts::branches(look, machine);
    branch.below = parts.into_iter().chain(content).collect();
    vec![branch]
}

/// What the branches are looked up in.
#[derive(Clone, Copy)]
struct Shown<'a> {
    backup: &'a Backup,
    counts: &'a [Counts],
}

fn of_disk(disk: &Disk, shown: Shown<'_>) -> Branch {
    let size = disk
        .opened
        .as_ref()
        .map(|opened| text::size(blockio::ReadAt::size(&*opened.bytes)));
    let size = size.unwrap_or_else(|_| "cannot be read".into());
    let name = disk.state.file_name();
    let slot = disk
        .slot
        .map(|slot| format!("  {slot}"))
        .unwrap_or_default();
    let mut branch = Branch::new(format!(
        "disk{}{slot}  {}  {size}",
        disk.number,
        escape(&name)
    ));
    let chain = disk.chain.as_ref().map(|view| view.chain());
    let layers = chain.iter().flat_map(|chain| &chain.layers);
    branch.below.extend(layers.map(of_layer));
    branch.below.push(match &disk.opened {
        Err(fault) => Branch::new(escape(&fault.to_string())),
        Ok(opened) => of_table(disk, opened, shown),
    });
    if let Some(broken) = chain.and_then(|chain| chain.broken.as_ref()) {
        let fix = format!("fix: {}", escape(&broken.fix));
        branch.below.push(Branch::new(fix));
    }
    branch
}

fn of_layer(layer: &LayerEntry) -> Branch {
    let image = &layer.image;
    let mut title = format!(
        "layer {}  {} {}, virtual {}, file {}",
        escape(&layer.name),
        image.format().name(),
        super::kind_word(image.kind()),
        text::size(blockio::Layer::disk_size(&**image)),
        text::size(layer.file_size)
    );
    if let Ok(allocated) = image.allocated() {
        title += &format!(", holds {}", text::size(allocated));
    }
    let mut branch = Branch::new(title + &found_by(layer));
    if let Some(id) = image.id() {
        branch.remarks.push(format!("identifier {id}"));
    }
    let replay = image.log_replay();
    branch.remarks.extend(replay.map(ToString::to_string));
    branch
}

fn of_table(disk: &Disk, opened: &OpenDisk, shown: Shown<'_>) -> Branch {
    let table = match &opened.table {
        Ok(table) => table,
        Err(fault) => return Branch::new(escape(&fault.to_string())),
    };
    let mut branch = Branch::new(table.scheme.name());
    for partition in &table.partitions {
        let name = partition
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!(" '{}'", escape(name)));
        let mut below = Branch::new(format!(
            "disk{}/part{}  {}  {}{name}",
            disk.number,
            partition.number,
            text::size(partition.len),
            partition.type_name
        ));
        below.remarks = of_content(opened, partition, shown);
        branch.below.push(below);
    }
    for volume in table.ldm.iter().flat_map(|database| &database.volumes) {
        let volume = volume.to_string();
        let title = format!("dynamic disk (LDM) volume {} (not read)", escape(&volume));
        branch.below.push(Branch::new(title));
    }
    branch
}

fn of_content(opened: &OpenDisk, partition: &Partition, shown: Shown<'_>) -> Vec<String> {
    let number = partition.number;
    if let Some(volume) = opened
        .volumes
        .iter()
        .find(|volume| volume.partition.number == number)
    {
        return of_volume(volume, shown);
    }
    if let Some((_, fault)) = opened.failed.iter().find(|(failed, _)| *failed == number) {
        return vec![escape(&fault.to_string()).into()];
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
    vec![escape(&content).into()]
}

fn of_volume(volume: &Volume, shown: Shown<'_>) -> Vec<String> {
    let info = volume.fs.info();
    let label = info
        .label
        .as_deref()
        .map_or_else(String::new, |label| format!(" '{}'", escape(label)));
    let letter = shown.backup.letter_of(volume);
    let letter = letter.map_or_else(String::new, |letter| format!("{letter}: "));
    let mut first = format!(
        "{letter}{}{label}, serial {:016X}, clusters of {}",
        info.kind,
        info.serial,
        text::size(info.cluster_size.into())
    );
    if let Some(free) = info.free {
        let used = text::size(info.size.saturating_sub(free));
        first += &format!(", {used} used, {} free", text::size(free));
    }
    let mut remarks = vec![first];
    if let Some(why) = &info.dirty {
        remarks.push(format!(
            "not cleanly shut down (ordinary for a running machine): {}",
            escape(why)
        ));
    }
    let mut counts = shown.counts.iter();
    let counts = counts.find(|counts| counts.volume == volume.name);
    remarks.extend(counts.into_iter().flat_map(of_counts));
    remarks
}

fn of_counts(counts: &Counts) -> Vec<String> {
    let (files, folders) = (
        text::count(counts.files, "file"),
        text::count(counts.folders, "folder"),
    );
    let mut remarks = vec![format!("{files} ({}), {folders}", text::size(counts.bytes))];
    for (word, stored) in &counts.stored {
        let files = text::count(stored.count, "file");
        let (size, meaning, owners) = (
            text::size(stored.bytes),
            meaning(word),
            owners(word, stored),
        );
        remarks.push(format!("{files} ({size}): {meaning}{owners}"));
    }
    for (word, stored) in &counts.stored_folders {
        let folders = text::count(stored.count, "folder");
        let owners = owners(word, stored);
        remarks.push(format!(
            "{folders}: more of what belongs there may be elsewhere [{FOLDER_ELSEWHERE}]{owners}"
        ));
    }
    match counts.lost {
        0 => {}
        1 => remarks.push("1 entry could not be read (-v names it)".into()),
        lost => remarks.push(format!("{lost} entries could not be read (-v names them)")),
    }
    remarks
}

/// Whose content it is, where the word alone does not say: `: 3 of OneDrive, 1 of 0x00001234`.
fn owners(word: &str, stored: &Stored) -> String {
    if !["foreign", "hsm", "cloud"].contains(&word) {
        return String::new();
    }
    let mut owners: BTreeMap<String, u64> = BTreeMap::new();
    for (tag, count) in &stored.tags {
        let owner = tree::reparse_owner(*tag);
        let owner = owner.map_or_else(|| format!("tag {tag:#010x}"), str::to_owned);
        *owners.entry(owner).or_default() += count;
    }
    let owners = owners
        .iter()
        .map(|(owner, count)| format!("{count} of {owner}"));
    format!(": {}", owners.collect::<Vec<_>>().join(", "))
}

/// What it means for a restore that content is kept in this way.
fn meaning(word: &str) -> &'static str {
    match word {
        "compressed" => "compressed by NTFS, read as ordinary",
        "wof" => "WOF compressed (CompactOS), read as ordinary",
        "dedup" => "deduplicated, content is in the chunk store, not read [HV-E221]",
        "efs" => "encrypted (EFS), content cannot be read [HV-E222]",
        "cloud" => "cloud placeholders, content is not on this disk [HV-E223]",
        "hsm" => "moved to other storage, content is not on this disk [HV-E224]",
        _ => "hidden behind reparse points of other software [HV-E225]",
    }
}
