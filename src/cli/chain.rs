//! `chain`: the layers of each disk, the links that hold and those that do not.

use std::io::Write;

use disk::{BrokenLink, Chain, LayerEntry, Linkage};
use serde_json::{Value, json};

use crate::cli::args::SourceArgs;
use crate::cli::stop::exit_of_disks;
use crate::cli::{Context, Exit, context, text};
use crate::open::{Backup, Disk};
use crate::vmset::Machine;

/// Show each machine's states and each disk's chain of files, which links hold, and the fix for each
/// that does not
///
/// From the newest file (the state that is read) down to the base. Every link is checked: the parent
/// must have the identifier that its child recorded. Parents are found by name and, where they were
/// moved or renamed, by identifier, in SOURCE and every --search folder.
///
///   hvrestore chain /backup/web01
///   hvrestore chain /backup/web01/web01_6B0F.avhdx --search /backup/base
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let options = crate::open::Options {
        every_leaf: true,
        ..context::options(&args.source.state)
    };
    let source = ctx.look_for(&args.source.source, &options)?;
    let machines = source.machines(&options.vm, true)?;
    let backups = ctx.open_all(&source, &machines, &options)?;
    let mut out = ctx.stdout();
    if ctx.global.json {
        writeln!(
            out,
            "{}",
            serde_json::to_string_pretty(&document(&backups))?
        )?;
    } else {
        for (machine, backup) in &backups {
            show_machine(&mut out, *machine, backup, backups.len() > 1)?;
        }
    }
    out.flush()?;
    let backups: Vec<_> = backups.iter().map(|(_, backup)| backup).collect();
    Ok(exit_of_disks(&backups))
}

fn document(backups: &[(Option<&Machine>, Backup)]) -> Value {
    let all = |of: fn(&Backup) -> Vec<Value>| {
        let mut found: Vec<_> = backups.iter().flat_map(|(_, backup)| of(backup)).collect();
        found.sort_by_key(ToString::to_string);
        found.dedup();
        found
    };
    let disks = backups.iter().flat_map(|(machine, backup)| {
        let disks = backup.disks.iter().map(disk_json);
        disks.map(|mut disk| {
            disk["vm"] = json!(machine.map(|machine| &machine.name));
            disk
        })
    });
    json!({
        "type": "chain",
        "machines": backups.iter().filter_map(|(machine, _)| Some(machine_json((*machine)?))).collect::<Vec<_>>(),
        "disks": disks.collect::<Vec<_>>(),
        "orphans": all(|backup| orphans(backup).into_iter().map(Value::from).collect()),
        "damaged": all(damaged),
    })
}

fn machine_json(machine: &Machine) -> Value {
    let states = machine.states.iter().map(|state| {
        json!({
            "number": state.number, "name": state.name, "id": state.id(), "parent": state.parent,
            "files": state.disks.iter().map(|disk| disk.path().map(|path| path.display().to_string()))
                .collect::<Vec<_>>(),
        })
    });
    json!({ "name": machine.name, "id": machine.id, "states": states.collect::<Vec<_>>() })
}

/// The disks of a machine; its states, where it has a configuration, stand in front of them once.
fn show_machine(
    out: &mut impl Write,
    machine: Option<&Machine>,
    backup: &Backup,
    among_others: bool,
) -> anyhow::Result<()> {
    let configured = machine.filter(|machine| machine.is_configured());
    if let Some(machine) = configured {
        writeln!(out, "{}", text::escape(&machine.line()))?;
        for (state, line) in machine.states.iter().zip(machine.state_lines()) {
            let is_read = backup
                .state()
                .is_some_and(|read| read.number == state.number);
            let mark = if is_read { '*' } else { ' ' };
            writeln!(out, "  {mark} {}", text::escape(&line))?;
        }
    } else if among_others {
        writeln!(out, "disks without a configuration")?;
    }
    backup
        .disks
        .iter()
        .try_for_each(|disk| show(out, disk, configured.is_some()))
}

/// One disk; with `is_told` its states were told already, by their names.
fn show(out: &mut impl Write, disk: &Disk, is_told: bool) -> anyhow::Result<()> {
    match (disk.slot, is_told) {
        (Some(slot), _) => writeln!(out, "disk{}  {slot}", disk.number)?,
        (None, true) => writeln!(out, "disk{}", disk.number)?,
        (None, false) => writeln!(
            out,
            "disk{}  state #{} of {}",
            disk.number,
            disk.state.number,
            disk.family.states.len()
        )?,
    }
    match (&disk.chain, &disk.opened) {
        (Some(view), _) => show_chain(out, view.chain())?,
        (None, Err(fault)) => writeln!(out, "  {}", text::escape(&fault.to_string()))?,
        (None, Ok(_)) => {}
    }
    if disk.family.states.len() > 1 && !is_told {
        writeln!(out, "  states, for --checkpoint:")?;
        for state in &disk.family.states {
            let mark = if *state == disk.state { '*' } else { ' ' };
            let indent = "  ".repeat(state.depth.min(20));
            writeln!(
                out,
                "  {mark} #{:<3} {indent}{}",
                state.number,
                text::escape(&state.file_name())
            )?;
        }
    }
    Ok(())
}

fn show_chain(out: &mut impl Write, chain: &Chain) -> anyhow::Result<()> {
    for (index, layer) in chain.layers.iter().enumerate() {
        writeln!(out, "  {}", text::escape(&layer.path.display().to_string()))?;
        let image = &layer.image;
        let kind = crate::cli::inspect::kind_word(image.kind());
        let allocated = image.allocated().map_or_else(|_| "?".into(), text::size);
        write!(
            out,
            "      {} {kind}, file {}, holds {allocated}",
            image.format().name(),
            text::size(layer.file_size)
        )?;
        writeln!(out, "{}", found_by(layer))?;
        match chain.layers.get(index + 1).zip(layer.link.as_ref()) {
            Some((parent, link)) => writeln!(out, "   |  {}", link_text(link, parent))?,
            None => broken(out, chain)?,
        }
    }
    Ok(())
}

/// How a parent was found; the file that was asked for needs no word.
pub(crate) fn found_by(layer: &LayerEntry) -> String {
    match layer.found_by {
        disk::FoundBy::Given => String::new(),
        found_by => format!(", found by {}", found_by.words()),
    }
}

fn link_text(link: &Linkage, parent: &LayerEntry) -> String {
    let id = parent
        .image
        .id()
        .map_or_else(|| "none".into(), |id| id.to_string());
    match link {
        Linkage::Matches => format!("link holds: parent has identifier {id}"),
        Linkage::MatchesSecond => format!("link holds by its second identifier {id}"),
        Linkage::Overridden { .. } => {
            format!("LINK ACCEPTED BY THE OPERATOR: parent has identifier {id}")
        }
    }
}

fn broken(out: &mut impl Write, chain: &Chain) -> anyhow::Result<()> {
    let Some(BrokenLink {
        fault,
        candidates,
        fix,
        ..
    }) = &chain.broken
    else {
        return Ok(());
    };
    writeln!(out, "   X  BROKEN: {}", text::escape(&fault.to_string()))?;
    for refused in candidates {
        let path = refused.path.display().to_string();
        let why = refused.fault.to_string();
        writeln!(
            out,
            "      refused: {}: {}",
            text::escape(&path),
            text::escape(&why)
        )?;
    }
    Ok(writeln!(out, "      fix: {}", text::escape(fix))?)
}

/// The files whose parent was not found, as JSON names them.
pub(crate) fn orphans(backup: &Backup) -> Vec<String> {
    backup
        .orphans()
        .map(|path| path.display().to_string())
        .collect()
}

fn damaged(backup: &Backup) -> Vec<Value> {
    let files = backup.survey.files.iter();
    let entry = |file: &disk::Surveyed| {
        let fault = file.outcome.as_ref().err()?;
        Some(
            json!({ "file": file.path.display().to_string(), "code": fault.code.id,
            "message": fault.to_string() }),
        )
    };
    files.filter_map(entry).collect()
}

fn disk_json(disk: &Disk) -> Value {
    let chain = disk.chain.as_ref().map(|view| view.chain());
    json!({
        "disk": disk.number,
        "slot": disk.slot.map(|slot| slot.to_string()),
        "state": disk.state.number,
        "file": disk.state.file_name(),
        "states": disk.family.states.iter().map(|state| json!({
            "number": state.number, "file": state.file_name(), "newest": state.is_leaf,
        })).collect::<Vec<_>>(),
        "layers": chain.map(layers_json).unwrap_or_default(),
        "broken": chain.and_then(|chain| chain.broken.as_ref()).map(broken_json),
        "error": disk.opened.as_ref().err().map(|fault| fault.to_string()),
    })
}

/// The layers of a chain, leaf first, as `inspect` and `chain` show them.
pub(crate) fn layers_json(chain: &Chain) -> Vec<Value> {
    chain.layers.iter().map(layer_json).collect()
}

fn layer_json(layer: &LayerEntry) -> Value {
    let image = &layer.image;
    let link = layer.link.as_ref().map(|link| match link {
        Linkage::Matches => "matches",
        Linkage::MatchesSecond => "matches-second",
        Linkage::Overridden { .. } => "overridden",
    });
    json!({
        "file": layer.path.display().to_string(),
        "format": image.format().name(),
        "kind": crate::cli::inspect::kind_word(image.kind()),
        "id": image.id(),
        "parent_ids": image.parent().map(|parent| parent.ids),
        "virtual_size": blockio::Layer::disk_size(&**image),
        "file_size": layer.file_size,
        "allocated": image.allocated().ok(),
        "block_size": image.block_size(),
        "logical_sector_size": image.logical_sector_size(),
        "creator": image.creator(),
        "log_replayed": image.log_replay().map(ToString::to_string),
        "found_by": layer.found_by.words(),
        "link": link,
        "notes": image.notes().iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn broken_json(broken: &BrokenLink) -> Value {
    json!({
        "child": broken.child.display().to_string(),
        "code": broken.fault.code.id,
        "message": broken.fault.to_string(),
        "wanted_ids": broken.link.ids,
        "fix": broken.fix,
        "refused": broken.candidates.iter().map(|refused| json!({
            "file": refused.path.display().to_string(),
            "message": refused.fault.to_string(),
        })).collect::<Vec<_>>(),
    })
}
