//! Hostile text in Markdown.

use std::fmt::Write;

/// `text` as code: nothing in it is Markdown, and nothing in it is hidden. Fits a table's cell.
pub(super) fn code(text: &str) -> String {
    let shown = visible(text);
    let fence = "`".repeat(longest_run(&shown) + 1);
    let space = if shown.starts_with('`') || shown.ends_with('`') || shown.trim().is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{shown}{space}{fence}")
}

/// `text` as plain words: what Markdown would read is escaped.
pub(super) fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for char in visible(text).chars() {
        if matches!(
            char,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&'
        ) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// A row of a table.
pub(super) fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('\n', " ")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// With the characters spelled out that end a line, hide or reorder text; `|` too where it would end a
/// cell.
fn visible(text: &str) -> String {
    let mut visible = String::new();
    for char in text.chars() {
        if super::literal::must_be_number(char) {
            let _ = write!(visible, "\\u{{{:x}}}", u32::from(char));
        } else {
            visible.push(char);
        }
    }
    visible
}

/// Length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|char| char != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}
