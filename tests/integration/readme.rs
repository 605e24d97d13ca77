//! `README.md` and `README.de.md`: every command in them, run on the demo backup, says what they show.
//!
//! A block marked `console` has commands after `$` and below each what it prints, first the messages and
//! then the data. A block marked `sh` has commands, and a block `text` behind it what the last of them
//! prints; `/backup/web01` is the demo. `[...]` alone on a line stands for any lines, within a line for
//! anything. All run one after another in a folder that holds `testdata/demo`, as in a checkout.

use std::path::Path;

use crate::harness::program::hvrestore_in;
use crate::harness::unchanged::Unchanged;
use crate::harness::{Outcome, Test, repository, temp_dir, test};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(the_english_story_is_true),
        test!(the_german_story_is_true),
        test!(the_two_are_linked),
    ]
}

fn the_english_story_is_true() -> Outcome {
    told_by("README.md", if cfg!(windows) { 7 } else { 10 })
}

fn the_german_story_is_true() -> Outcome {
    told_by("README.de.md", if cfg!(windows) { 5 } else { 8 })
}

fn the_two_are_linked() -> Outcome {
    for (name, other) in [("README.md", "README.de.md"), ("README.de.md", "README.md")] {
        let text = std::fs::read_to_string(repository().join(name))?;
        assert!(text.contains(&format!("]({other})")), "{name}");
    }
    Ok(())
}

/// Runs the commands of a document, of which at least `least` show what they print.
fn told_by(name: &str, least: usize) -> Outcome {
    let text = std::fs::read_to_string(repository().join(name))?;
    let folder = temp_dir();
    let demo = folder.path().join("testdata/demo");
    copy(&repository().join("testdata/demo"), &demo)?;
    let _unchanged = Unchanged::new([demo]);
    let mut shown = 0;
    for told in commands(&text) {
        let said = run(folder.path(), &told.command);
        let shows = told.prints.filter(|_| is_same_everywhere(&told.command));
        if let Some(mut shows) = shows {
            if cfg!(windows) && told.command.contains(" extract ") {
                shows = with_more_between(shows);
            }
            shown += 1;
            assert!(
                fits(&shows, &said),
                "{name}: {}\n--- shows\n{}\n--- says\n{}",
                told.command,
                shows.join("\n"),
                said.join("\n"),
            );
        }
    }
    assert!(
        shown >= least,
        "{name} shows the output of {shown} commands"
    );
    Ok(())
}

/// On Windows, restore writes paths of this machine into the set, and says so.
fn is_same_everywhere(command: &str) -> bool {
    !cfg!(windows)
        || !(command.starts_with("hvrestore restore") || command.ends_with("RESTORED.md"))
}

/// On Windows, extract also says what the destination did not take of rights and attributes.
fn with_more_between(shows: Vec<String>) -> Vec<String> {
    let lines = shows.into_iter().flat_map(|line| [line, "[...]".into()]);
    ["[...]".into()].into_iter().chain(lines).collect()
}

/// A command, and what it prints where that is shown.
struct Told {
    command: String,
    prints: Option<Vec<String>>,
}

impl Told {
    fn new(command: &str, prints: Option<Vec<String>>) -> Self {
        let command = command.replace("/backup/web01", "testdata/demo");
        Self { command, prints }
    }
}

/// The commands of all blocks, in their order.
fn commands(text: &str) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    let mut lines = text.lines();
    let mut before = "";
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            continue;
        };
        for line in lines.by_ref().take_while(|line| !line.starts_with("```")) {
            match (kind, line.strip_prefix("$ ")) {
                ("sh", _) => told.push(Told::new(line, None)),
                ("console", Some(command)) => told.push(Told::new(command, Some(Vec::new()))),
                ("console", None) => print(&mut told, line),
                ("text", _) if before == "sh" => print(&mut told, line),
                _ => {}
            }
        }
        before = kind;
    }
    told
}

/// `line` is what the last command prints.
fn print(told: &mut [Told], line: &str) {
    let last = told.last_mut().expect("a command comes before its output");
    last.prints.get_or_insert_default().push(line.to_owned());
}

/// What a command says, in lines with slashes. Not run are tests of the project itself, and what needs
/// a Windows host.
fn run(folder: &Path, command: &str) -> Vec<String> {
    let words = words(command);
    let mut words: Vec<_> = words.iter().map(String::as_str).collect();
    if words.starts_with(&["cargo", "run"]) {
        let program = words.iter().position(|word| *word == "--");
        words[program.expect("arguments of the program")] = "hvrestore";
        words.drain(..program.expect("as above"));
    }
    match &words[..] {
        ["cargo", "test", ..] | ["hvrestore", "apply-metadata", ..] => Vec::new(),
        ["cat", file] => {
            let text = std::fs::read_to_string(folder.join(file));
            lines(&text.unwrap_or_else(|error| panic!("{command}: {error}")))
        }
        ["hvrestore", arguments @ ..] => {
            let ran = hvrestore_in(folder, arguments);
            let all = format!("{}{}", ran.stderr, ran.text());
            let is_usage = all.starts_with("error: ") || all.contains("panicked");
            assert!(ran.code.is_some() && !is_usage, "{command}: {all}");
            lines(&all)
        }
        _ => panic!("unknown command: {command}"),
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim_end().replace('\\', "/"));
    lines.collect()
}

/// The words of a command line, as a shell has them; what is after `#` is a remark.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for char in command.chars() {
        let last = words.last_mut().expect("never empty");
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None, ' ') => words.push(String::new()),
            (None, '#') if last.is_empty() => break,
            _ => last.push(char),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether `said` is what `shown` shows.
fn fits(shown: &[String], said: &[String]) -> bool {
    let Some((first, shown)) = shown.split_first() else {
        return said.is_empty();
    };
    if first.trim() == "[...]" {
        return (0..=said.len()).any(|from| fits(shown, &said[from..]));
    }
    match said.split_first() {
        Some((line, said)) => is_like(&first.replace('\\', "/"), line) && fits(shown, said),
        None => false,
    }
}

fn is_like(shown: &str, said: &str) -> bool {
    match shown.split_once("[...]") {
        None => shown == said,
        Some((start, end)) => {
            said.len() >= start.len() + end.len() && said.starts_with(start) && said.ends_with(end)
        }
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to)?,
            false => drop(std::fs::copy(entry.path(), to)?),
        }
    }
    Ok(())
}
