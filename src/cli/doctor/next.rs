//! The command that comes after `doctor`.

use blockio::Code;

use super::Args;
use crate::cli::text;
use crate::open::Source;
use crate::vmset::Machine;
use crate::vmset::preflight::{Level, Row, codes};

/// `hvrestore restore ...`, with what the rows call for.
pub(super) fn step(args: &Args, source: &Source, machine: &Machine, rows: &[Row]) -> String {
    let is_told = |code: &Code, level| {
        let mut told = rows.iter();
        told.any(|row| row.code == Some(code) && row.level >= level)
    };
    let mut words = vec![
        "restore".to_owned(),
        args.source.source.display().to_string(),
    ];
    if source.vms().machines.len() > 1 {
        words.extend(["--vm".into(), name(source, machine)]);
    }
    words.extend(finding(args));
    if let Some(state) = &args.checkpoint {
        words.extend(["--as-of".into(), state.clone()]);
    } else if is_told(&codes::HOST_VERSION, Level::Block) {
        words.extend(["--as-of".into(), "now".into()]);
    }
    let is_useless = [&codes::OTHER_CPU, &codes::MEMORY_MISSING];
    if is_useless.iter().any(|code| is_told(code, Level::Block)) {
        words.push("--no-saved-state".into());
    }
    if is_told(&codes::SAME_ID, Level::Block) {
        words.push("--new-id".into());
    }
    let output = args.output.as_ref();
    let output = output.map_or_else(|| "DIR".into(), |folder| folder.display().to_string());
    words.extend(["-o".into(), output]);
    let words: Vec<_> = words.iter().map(|word| text::argument(word)).collect();
    format!("hvrestore {}", words.join(" "))
}

/// By its name, or by its id where another machine has that name.
fn name(source: &Source, machine: &Machine) -> String {
    let namesakes = source.vms().named(&machine.name);
    match machine.id {
        Some(id) if namesakes.len() > 1 => id.to_string(),
        _ => machine.name.clone(),
    }
}

/// How files were found must be said again.
fn finding(args: &Args) -> Vec<String> {
    let finding = &args.source.finding;
    let mut words = Vec::new();
    for folder in &finding.search {
        words.extend(["--search".into(), folder.display().to_string()]);
    }
    for (path, folder) in &finding.map {
        words.extend(["--map".into(), format!("{path}={}", folder.display())]);
    }
    for (checkpoint, file) in &finding.assign {
        words.extend(["--assign".into(), format!("{checkpoint}={file}")]);
    }
    for (child, parent) in &finding.accept_parent {
        words.extend(["--accept-parent".into(), format!("{child}={parent}")]);
    }
    words
}
