//! `doctor` for people: rows with what to do below them.

use std::io::{self, Write};

use super::Examined;
use crate::cli::text::{self, escape};
use crate::vmset::preflight::{Level, Row};
use crate::vmset::{Machine, StateKind};

/// Columns of a line.
const WIDTH: usize = 100;
/// Where what is said begins: behind the level and the topic.
const INDENT: usize = 23;

/// Draws all of them, and how it stands at the end.
pub(super) fn draw(out: &mut impl Write, examined: &[Examined<'_>]) -> io::Result<()> {
    for (index, one) in examined.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", title(one))?;
        for row in &one.rows {
            draw_row(out, row)?;
        }
        writeln!(out, "{}", verdict(&one.rows))?;
        writeln!(out, "next: {}", escape(&one.next))?;
    }
    Ok(())
}

fn title(one: &Examined<'_>) -> String {
    let machine = one.machine;
    let id = machine
        .id
        .map_or_else(String::new, |id| format!("  {id:X}"));
    let chosen = one.state.and_then(|number| machine.states.get(number));
    let what = match chosen {
        Some(state) => format!("state #{} {}", state.number, state.name),
        None => states(machine),
    };
    format!("{}{id}  {}", escape(&machine.name), escape(&what))
}

/// `now and 2 checkpoints`, without those that are not there.
fn states(machine: &Machine) -> String {
    let is_checkpoint = |kind| matches!(kind, StateKind::Checkpoint(_));
    let checkpoints = machine
        .states
        .iter()
        .filter(|state| is_checkpoint(state.kind));
    let checkpoints = checkpoints.count() as u64;
    let now = machine.now().map(|_| "now".to_owned());
    let checkpoints = (checkpoints > 0).then(|| text::count(checkpoints, "checkpoint"));
    let parts: Vec<_> = now.into_iter().chain(checkpoints).collect();
    parts.join(" and ")
}

fn draw_row(out: &mut impl Write, row: &Row) -> io::Result<()> {
    let level = match row.level {
        Level::Block => "BLOCK",
        other => other.word(),
    };
    let mut said = row.reason.clone();
    if let Some(code) = row.code {
        said += &format!(" [{code}]");
    }
    let mut lines = wrap(&escape(&said)).into_iter();
    let first = lines.next().unwrap_or_default();
    writeln!(out, "  {level:<5}  {:<13} {first}", row.topic.word())?;
    let remedy = row.remedy.as_deref();
    let remedy = remedy.map(|remedy| wrap(&format!("-> {}", escape(remedy))));
    for line in lines.chain(remedy.into_iter().flatten()) {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    // In one line, whatever its length, so that it can be copied.
    match &row.command {
        Some(command) => writeln!(out, "{:INDENT$}   {}", "", escape(command)),
        None => Ok(()),
    }
}

/// `text` in lines that fit behind the topic. A word that is longer than a line stays whole.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH - INDENT {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// `nothing is in the way`, or how many warn and block.
fn verdict(rows: &[Row]) -> String {
    let count = |level| rows.iter().filter(|row| row.level == level).count() as u64;
    let (warnings, blocking) = (count(Level::Warn), count(Level::Block));
    match (blocking, warnings) {
        (0, 0) => "nothing is in the way".into(),
        (0, _) => format!("{}, nothing blocks", text::count(warnings, "warning")),
        (1, _) => format!("1 row blocks, {}", text::count(warnings, "warning")),
        _ => format!(
            "{blocking} rows block, {}",
            text::count(warnings, "warning")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_rows_are_wrapped_between_words() {
        let text = "word ".repeat(40);
        let lines = wrap(text.trim());
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= WIDTH - INDENT));
        assert_eq!(lines.join(" "), text.trim());
        let long = "x".repeat(200);
        assert_eq!(
            wrap(&format!("a {long} b")),
            ["a".to_owned(), long, "b".to_owned()]
        );
    }
}
