//! A whole pattern: its alternatives, and where in them a path has come to.

use tree::{FileSystem, GuestPath, Name};

use super::glob::{Chars, Glob, is_glob};
use crate::sink::codes::PATTERN;

/// Most alternatives that the braces of one pattern may stand for.
const MOST_ALTERNATIVES: usize = 1024;

/// A pattern for guest paths, see [`select`](super).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// Each a list of parts, one for a name, `**` for any number of directories.
    alternatives: Vec<Vec<String>>,
}

/// A pattern that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pattern {text}: {reason} [{PATTERN}]")]
pub struct PatternError {
    /// The pattern as it was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Pattern {
    /// Reads a pattern. Empty, `/` and `\` are the root.
    ///
    /// # Errors
    /// Where a brace is not closed, or all braces together stand for too many alternatives.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let error = |reason: &str| PatternError {
            text: text.into(),
            reason: reason.into(),
        };
        let slashed = text.replace('\\', "/");
        let mut alternatives = vec![];
        for alternative in expand(&slashed).map_err(error)? {
            alternatives.push(parts(&alternative));
        }
        alternatives.dedup();
        Ok(Self {
            text: text.into(),
            alternatives,
        })
    }

    /// The pattern of the root alone.
    pub(super) fn root() -> Self {
        Self {
            text: String::new(),
            alternatives: vec![Vec::new()],
        }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it can stand for more than one path.
    #[must_use]
    pub fn is_glob(&self) -> bool {
        let parts = |parts: &Vec<String>| parts.iter().any(|part| is_glob(part));
        self.alternatives.len() > 1 || self.alternatives.iter().any(parts)
    }

    /// The pattern by the case rule of `fs`.
    #[must_use]
    pub fn on<'a>(&self, fs: &'a dyn FileSystem) -> Matcher<'a> {
        let bind = |parts: &Vec<String>| parts.iter().map(|part| Part::new(fs, part)).collect();
        Matcher {
            fs,
            alternatives: self.alternatives.iter().map(bind).collect(),
        }
    }
}

/// A pattern by the case rule of one volume.
pub struct Matcher<'a> {
    fs: &'a dyn FileSystem,
    alternatives: Vec<Vec<Part>>,
}

enum Part {
    /// Any number of directories.
    Deep,
    /// This name: as written, and folded.
    Name(Name, Name),
    Glob(Glob),
}

/// Where in a pattern a path has come to: alternatives and how many of their parts are done.
pub(super) type States = Vec<(usize, usize)>;

impl Matcher<'_> {
    /// Whether `path` matches as a whole.
    #[must_use]
    pub fn matches(&self, path: &GuestPath) -> bool {
        let states = path
            .names()
            .fold(self.start(), |states, name| self.step(&states, &name));
        self.accepts(&states)
    }

    /// Before the first name.
    pub(super) fn start(&self) -> States {
        let mut states = States::new();
        for alternative in 0..self.alternatives.len() {
            self.enter(&mut states, alternative, 0);
        }
        states
    }

    /// After one more name.
    pub(super) fn step(&self, states: &States, name: &Name) -> States {
        let chars = Chars::of(self.fs, name);
        let mut next = States::new();
        for &(alternative, done) in states {
            match self.alternatives[alternative].get(done) {
                Some(Part::Deep) => self.enter(&mut next, alternative, done),
                Some(part) if part.matches(&chars) => {
                    self.enter(&mut next, alternative, done + 1);
                }
                _ => {}
            }
        }
        next
    }

    /// Whether the path so far matches.
    pub(super) fn accepts(&self, states: &States) -> bool {
        states
            .iter()
            .any(|&(alternative, done)| done == self.alternatives[alternative].len())
    }

    /// Whether a longer path can match.
    pub(super) fn goes_on(&self, states: &States) -> bool {
        states
            .iter()
            .any(|&(alternative, done)| done < self.alternatives[alternative].len())
    }

    /// The names that can come next, if it can be no others.
    pub(super) fn literals(&self, states: &States) -> Option<Vec<&Name>> {
        let next = states
            .iter()
            .filter_map(|&(alternative, done)| self.alternatives[alternative].get(done));
        let mut names: Vec<(&Name, &Name)> = next
            .map(|part| match part {
                Part::Name(name, folded) => Some((folded, name)),
                _ => None,
            })
            .collect::<Option<_>>()?;
        names.sort_unstable();
        names.dedup_by(|a, b| a.0 == b.0);
        Some(names.into_iter().map(|(_, name)| name).collect())
    }

    /// Adds a state, and what follows it where its next part may stand for nothing.
    fn enter(&self, states: &mut States, alternative: usize, mut done: usize) {
        loop {
            if states.contains(&(alternative, done)) {
                return;
            }
            states.push((alternative, done));
            match self.alternatives[alternative].get(done) {
                Some(Part::Deep) => done += 1,
                _ => return,
            }
        }
    }
}

impl Part {
    fn new(fs: &dyn FileSystem, part: &str) -> Self {
        match part {
            "**" => Self::Deep,
            part if is_glob(part) => Self::Glob(Glob::new(fs, part)),
            part => Self::Name(part.into(), fs.fold(&part.into())),
        }
    }

    fn matches(&self, name: &Chars) -> bool {
        match self {
            Self::Deep => true,
            Self::Name(_, folded) => name.folded_name() == folded,
            Self::Glob(glob) => glob.matches(name),
        }
    }
}

/// The parts of a pattern without braces. A `**` at the end is all that is in a directory, not the
/// directory itself.
fn parts(text: &str) -> Vec<String> {
    let names = text
        .split('/')
        .filter(|name| !name.is_empty() && *name != ".");
    let mut parts: Vec<String> = names.map(String::from).collect();
    parts.dedup_by(|a, b| a == "**" && b == "**");
    if parts.last().is_some_and(|last| last == "**") {
        parts.push("*".into());
    }
    parts
}

/// All that the braces of `text` stand for. Braces without a comma are ordinary characters.
fn expand(text: &str) -> Result<Vec<String>, &'static str> {
    let mut done = Vec::new();
    let mut open = vec![(text.to_owned(), 0)];
    while let Some((text, from)) = open.pop() {
        if open.len() + done.len() >= MOST_ALTERNATIVES {
            return Err("its braces stand for more than 1,024 alternatives");
        }
        match braces(&text, from) {
            None => done.push(text),
            Some(Braces { start, end, commas }) if commas.is_empty() => {
                // Nothing to choose here, but perhaps further in: `{a{b,c}}`.
                debug_assert!(start < end);
                open.push((text, start + 1));
            }
            Some(Braces { start, end, commas }) => {
                let bounds: Vec<_> = [start].into_iter().chain(commas).chain([end]).collect();
                let choices = bounds.windows(2).rev();
                open.extend(choices.map(|pair| {
                    let choice = &text[pair[0] + 1..pair[1]];
                    (
                        format!("{}{choice}{}", &text[..start], &text[end + 1..]),
                        start,
                    )
                }));
            }
        }
    }
    Ok(done)
}

/// A pair of braces and the commas between them that are in no inner pair.
struct Braces {
    start: usize,
    end: usize,
    commas: Vec<usize>,
}

/// The first pair of braces in `text` from `from` on that is closed.
fn braces(text: &str, from: usize) -> Option<Braces> {
    let opening = text
        .match_indices('{')
        .map(|(start, _)| start)
        .filter(|start| *start >= from);
    opening.filter_map(|start| pair(text, start)).next()
}

fn pair(text: &str, start: usize) -> Option<Braces> {
    let (mut depth, mut commas) = (0, Vec::new());
    for (at, char) in text[start..].char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 1 => {
                return Some(Braces {
                    start,
                    end: start + at,
                    commas,
                });
            }
            '}' => depth -= 1,
            ',' if depth == 1 => commas.push(start + at),
            _ => {}
        }
    }
    None
}
