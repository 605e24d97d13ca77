//! What `restore` says: the plan, and what became of it.

use std::io::Write;

use blockio::codes::SOURCE_CHANGED;

use crate::cli::{Context, text};
use crate::vmset::Machine;
use crate::vmset::choose::minutes;
use crate::vmset::codes::{DISK_DAMAGED, DISK_PARTLY, MEMORY_DROPPED, NOT_COMPLETE};
use crate::vmset::plan::{Keep, Plan, PlannedFile};
use crate::vmset::write::Written;

/// Prints what would be done.
pub(super) fn plan(
    ctx: &Context,
    machine: &Machine,
    plan: &Plan,
    free: Option<u64>,
) -> anyhow::Result<()> {
    let mut out = ctx.stdout();
    heading(&mut out, machine, plan)?;
    for file in &plan.files {
        writeln!(
            out,
            "  {}  {}  {}",
            escape(&file.place.to_string()),
            text::size(file.size),
            file.work.words()
        )?;
        writeln!(
            out,
            "      from {}",
            escape(&file.from.display().to_string())
        )?;
        changes(&mut out, file)?;
    }
    for left in &plan.left_out {
        let from = escape(&left.from.display().to_string()).into_owned();
        writeln!(out, "  left out: {from}: {}", escape(&left.why))?;
    }
    writeln!(
        out,
        "  {} in all{}; nothing was written",
        text::size(plan.size()),
        free.map(|free| format!(", {} are free", text::size(free)))
            .unwrap_or_default()
    )?;
    missing(ctx, plan);
    memory(ctx, machine, plan);
    last_line(&mut out, plan, None)?;
    Ok(out.flush()?)
}

/// Prints what was done.
pub(super) fn receipt(
    ctx: &Context,
    machine: &Machine,
    plan: &Plan,
    written: &Written,
) -> anyhow::Result<()> {
    let mut out = ctx.stdout();
    heading(&mut out, machine, plan)?;
    writeln!(out, "  in {}", escape(&written.place.display().to_string()))?;
    writeln!(
        out,
        "  {}, {}",
        text::count(written.files.len() as u64, "file"),
        text::size(plan.size())
    )?;
    if written.resumed > 0 {
        let files = text::count(written.resumed as u64, "file");
        writeln!(out, "  {files} of an earlier run kept")?;
    }
    for (what, count, why) in summed(plan) {
        let files = text::count(count, "file");
        writeln!(
            out,
            "  changed in {files}: {}, because {}",
            escape(what),
            escape(why)
        )?;
    }
    host(&mut out, machine, plan)?;
    losses(ctx, written);
    missing(ctx, plan);
    memory(ctx, machine, plan);
    if !plan.is_complete() || !written.is_whole() {
        let code = if plan.is_complete() {
            String::new()
        } else {
            format!(" [{}]", NOT_COMPLETE.id)
        };
        writeln!(out, "RESTORED, NOT COMPLETE{code}")?;
    }
    last_line(&mut out, plan, Some(written))?;
    Ok(out.flush()?)
}

/// What whoever imports it should know: switches, and which state runs.
fn host(out: &mut impl Write, machine: &Machine, plan: &Plan) -> anyhow::Result<()> {
    let now = plan.now.and_then(|number| machine.states.get(number));
    let file = now.and_then(|state| state.configuration.as_ref());
    let adapters = file
        .map(|file| &file.configuration.adapters[..])
        .unwrap_or_default();
    let mut switches: Vec<_> = adapters
        .iter()
        .filter_map(|adapter| adapter.switch.as_ref())
        .map(ToString::to_string)
        .collect();
    switches.sort();
    switches.dedup();
    if !switches.is_empty() {
        let switches = escape(&switches.join("', '")).into_owned();
        writeln!(
            out,
            "  its network switches were '{switches}'; import.ps1 -SwitchMap connects it"
        )?;
    }
    let mut checkpoints = machine.states.iter().filter(|state| state.is_checkpoint());
    if plan.keep == Keep::Checkpoints
        && let Some(newest) = checkpoints.by_ref().max_by_key(|state| state.created)
    {
        let taken = newest.taken().map(minutes).unwrap_or_default();
        let name = escape(&format!("{} {taken}", newest.label())).into_owned();
        writeln!(
            out,
            "  starts as it was last (now); newest checkpoint: {name} (RESTORED.md says how to go back to it)"
        )?;
    }
    Ok(())
}

/// What was changed, with the number of files for each reason.
fn summed(plan: &Plan) -> Vec<(&'static str, u64, &'static str)> {
    let mut sums: Vec<(&'static str, u64, &'static str)> = Vec::new();
    for file in &plan.files {
        let mut said = Vec::new();
        for change in &file.changes {
            let kind = change.kind.words();
            if said.contains(&(kind, change.why)) {
                continue;
            }
            said.push((kind, change.why));
            match sums
                .iter_mut()
                .find(|(what, _, why)| (*what, *why) == (kind, change.why))
            {
                Some((_, count, _)) => *count += 1,
                None => sums.push((kind, 1, change.why)),
            }
        }
    }
    sums
}

fn heading(out: &mut impl Write, machine: &Machine, plan: &Plan) -> anyhow::Result<()> {
    let what = match plan.keep {
        Keep::Checkpoints => {
            let count = machine.states.len().saturating_sub(1) as u64;
            format!("with {}", text::count(count, "checkpoint"))
        }
        Keep::AsOf(number) => {
            let label = machine.states.get(number).map(|state| state.label());
            format!("as of #{number} {}", label.unwrap_or_default())
        }
    };
    writeln!(out, "{}  {}", escape(&plan.name), escape(&what))?;
    Ok(())
}

fn changes(out: &mut impl Write, file: &PlannedFile) -> anyhow::Result<()> {
    for change in &file.changes {
        let (before, after) = (quoted(&change.before), quoted(&change.after));
        writeln!(
            out,
            "      {}: {before} becomes {after}",
            escape(&change.what)
        )?;
        writeln!(out, "        because {}", escape(change.why))?;
    }
    Ok(())
}

/// What could not be restored byte for byte.
fn losses(ctx: &Context, written: &Written) {
    for file in &written.files {
        if let Some(partial) = &file.partial {
            let (place, what) = (&file.place, partial.message());
            let text = format!("{place}: {what} [{DISK_PARTLY}]");
            ctx.console.error(&text, Some(&DISK_PARTLY));
        }
    }
    for file in &written.changed {
        let text = format!("{} changed while it was read", file.display());
        ctx.console.error(&text, Some(&SOURCE_CHANGED));
    }
    for (_, fault) in &written.damaged {
        ctx.console.error(&fault.to_string(), Some(&DISK_DAMAGED));
    }
}

/// What is not in the backup.
fn missing(ctx: &Context, plan: &Plan) {
    for absence in &plan.absent {
        let place = absence
            .slot
            .map(|slot| format!("{slot}: "))
            .unwrap_or_default();
        let text = format!(
            "not in this backup: {place}{}: {}",
            absence.what, absence.reason
        );
        ctx.console.warn(absence.code, &text);
    }
    if !plan.is_complete() && plan.absent.is_empty() {
        ctx.console
            .warn(&NOT_COMPLETE, "a disk or a part of its chain is missing");
    }
}

/// Saved memory that does not come along.
fn memory(ctx: &Context, machine: &Machine, plan: &Plan) {
    for memory in &plan.memory {
        let Some(why) = &memory.dropped else { continue };
        let name = machine
            .states
            .get(memory.state)
            .map_or("now", |state| &*state.name);
        let by = match memory.by_script {
            true => "; import.ps1 removes it from the .vmrs",
            false => "",
        };
        let size = text::size(memory.size);
        let text = format!("saved state of {name} ({size}) is dropped: {why}{by}");
        ctx.console.warn(&MEMORY_DROPPED, &text);
    }
}

/// Whether Windows' import wizard will do.
fn last_line(out: &mut impl Write, plan: &Plan, written: Option<&Written>) -> anyhow::Result<()> {
    let mut why = plan.hindrances.clone();
    let is_whole = written.is_none_or(Written::is_whole);
    if !is_whole {
        why.insert(0, "a disk was not restored in full".into());
    }
    let next = match is_whole {
        true => "run import.ps1",
        false => "import nothing before RESTORED.md was read",
    };
    if why.is_empty() {
        writeln!(out, "wizard-ready: yes")?;
    } else {
        let why = escape(&why.join("; ")).into_owned();
        writeln!(out, "wizard-ready: no, because {why}; {next}")?;
    }
    Ok(())
}

fn quoted(value: &str) -> String {
    match value {
        "" => "nothing".to_owned(),
        value => format!("'{}'", escape(value)),
    }
}

fn escape(value: &str) -> std::borrow::Cow<'_, str> {
    text::escape(value)
}
