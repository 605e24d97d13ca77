//! Which machine, and which of its states, the operator means.

use std::path::Path;

use tree::Time;
use uuid::Uuid;

use super::{Machine, MachineState, StateKind, VmSet};
use crate::quantity::count;

/// Fewer hexadecimal digits than these are no beginning of a GUID: too many would fit.
const SHORTEST_PREFIX: usize = 4;

impl VmSet {
    /// The machines that `asked` means: by name, by GUID, or by a pattern with `*` and `?`; upper and
    /// lower case aside. A name that is a machine's own is never taken for a pattern.
    #[must_use]
    pub fn named(&self, asked: &str) -> Vec<&Machine> {
        let name = asked.to_lowercase();
        let of = |fits: &dyn Fn(&Machine) -> bool| {
            let machines = self.machines.iter().filter(|machine| fits(machine));
            machines.collect::<Vec<_>>()
        };
        let id = guid(asked);
        let tests: [&dyn Fn(&Machine) -> bool; 3] = [
            &|machine| machine.name.to_lowercase() == name,
            &|machine| id.is_some() && machine.id == id,
            &|machine| is_pattern(&name) && matches(&name, &machine.name.to_lowercase()),
        ];
        let found = tests.into_iter().map(of).find(|found| !found.is_empty());
        found.unwrap_or_default()
    }

    /// The machines that have a configuration.
    pub fn configured(&self) -> impl Iterator<Item = &Machine> {
        self.machines
            .iter()
            .filter(|machine| machine.is_configured())
    }

    /// A line for each machine, as it can be asked for.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.machines.iter().map(Machine::line).collect()
    }
}

impl Machine {
    /// Whether a configuration says what it is; else it is what disks alone tell.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.configuration().is_some()
    }

    /// A line that tells it from others: its name, its id, how many states it has.
    #[must_use]
    pub fn line(&self) -> String {
        let id = match self.id {
            Some(id) => id.to_string().to_uppercase(),
            None => "disks without a configuration".into(),
        };
        let states = count(self.states.len() as u64, "state");
        format!("{}  {id}  {states}", self.name)
    }

    /// The states that `asked` means. From what is surest down: `now` (`latest`), `base`, `#N`, a name,
    /// a GUID, a chain file's name with or without its ending, part of a name, the beginning of a GUID,
    /// part of a chain file's name; upper and lower case aside. Several where that is not enough to
    /// tell, none where nothing fits.
    #[must_use]
    pub fn asked(&self, asked: &str) -> Vec<&MachineState> {
        let word = asked.to_lowercase();
        match &*word {
            "now" | "latest" => return self.now().into_iter().collect(),
            "base" => return self.states.first().into_iter().collect(),
            _ => {}
        }
        let digits = word.strip_prefix('#').map(str::parse::<usize>);
        if let Some(Ok(number)) = digits {
            return self.states.get(number).into_iter().collect();
        }
        let (id, prefix) = (guid(asked), guid_prefix(&word));
        let tests: [&dyn Fn(&MachineState) -> bool; 7] = [
            &|state| state.name.to_lowercase() == word,
            &|state| id.is_some() && state.id() == id,
            &|state| state.files().any(|file| file == word),
            &|state| state.files().any(|file| stem(&file) == word),
            &|state| state.is_named() && state.name.to_lowercase().contains(&word),
            &|state| prefix.as_ref().is_some_and(|prefix| state.begins(prefix)),
            &|state| state.files().any(|file| file.contains(&word)),
        ];
        let of = |fits: &dyn Fn(&MachineState) -> bool| {
            let states = self.states.iter().filter(|state| fits(state));
            states.collect::<Vec<_>>()
        };
        let found = tests.into_iter().map(of).find(|found| !found.is_empty());
        found.unwrap_or_default()
    }

    /// The newest checkpoint that was taken at `time` or before. `now` is no answer: nothing in a backup
    /// says until when a running machine wrote.
    #[must_use]
    pub fn at(&self, time: Time) -> Option<&MachineState> {
        let taken = |state: &&MachineState| state.taken().is_some_and(|taken| taken <= time);
        let checkpoints = self.states.iter().filter(|state| state.is_checkpoint());
        checkpoints.filter(taken).max_by_key(|state| state.taken())
    }

    /// What is newer than `state`: what builds on it, and `now`.
    #[must_use]
    pub fn newer(&self, state: &MachineState) -> Vec<&MachineState> {
        let is_newer =
            |other: &&MachineState| other.kind == StateKind::Now || self.builds_on(other, state);
        if state.kind == StateKind::Now {
            return Vec::new();
        }
        let others = self.states.iter();
        let others = others.filter(|other| other.number != state.number);
        others.filter(is_newer).collect()
    }

    /// Whether `state` has `ancestor` among its ancestors.
    fn builds_on(&self, state: &MachineState, ancestor: &MachineState) -> bool {
        let parent = |state: &&MachineState| self.states.get(state.parent?);
        std::iter::successors(Some(state), parent)
            .take(self.states.len())
            .skip(1)
            .any(|found| found.number == ancestor.number)
    }

    /// A line for each state, as it can be asked for.
    #[must_use]
    pub fn state_lines(&self) -> Vec<String> {
        let line = |state: &MachineState| {
            let when = state
                .taken()
                .map(|taken| format!(", taken {}", minutes(taken)));
            let files: Vec<_> = state.file_names().collect();
            let files = match &files[..] {
                _ if state.kind == StateKind::Layer => String::new(),
                [] => ", no disk of it is here".into(),
                files => format!(", {}", files.join(", ")),
            };
            let when = when.unwrap_or_default();
            format!("#{} {}{when}{files}", state.number, state.label())
        };
        self.states.iter().map(line).collect()
    }
}

impl MachineState {
    /// Its id, if it is a checkpoint.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self.kind {
            StateKind::Checkpoint(id) => Some(id),
            StateKind::Now | StateKind::Layer => None,
        }
    }

    /// Whether it is a checkpoint with a configuration.
    #[must_use]
    pub fn is_checkpoint(&self) -> bool {
        matches!(self.kind, StateKind::Checkpoint(_))
    }

    /// When the checkpoint was taken.
    #[must_use]
    pub fn taken(&self) -> Option<Time> {
        let created = self.created.filter(|_| self.kind != StateKind::Now)?;
        i64::try_from(created).ok().map(Time)
    }

    /// For people, behind its number: `'Before the update'`, `now`, `web01_6B0F.avhdx`.
    #[must_use]
    pub fn label(&self) -> String {
        match self.kind {
            StateKind::Now => "now".into(),
            StateKind::Checkpoint(_) => format!("'{}'", self.name),
            StateKind::Layer => self.name.clone(),
        }
    }

    /// Whether the name is one that somebody gave.
    fn is_named(&self) -> bool {
        self.kind != StateKind::Now
    }

    fn begins(&self, prefix: &str) -> bool {
        let id = self.id().map(|id| id.simple().to_string());
        id.is_some_and(|id| id.starts_with(prefix))
    }

    /// The names of its disks' files.
    fn file_names(&self) -> impl Iterator<Item = String> {
        let paths = self.disks.iter().filter_map(|disk| disk.path());
        let names = paths.filter_map(Path::file_name);
        names.map(|name| name.to_string_lossy().into_owned())
    }

    /// The same in lower case.
    fn files(&self) -> impl Iterator<Item = String> {
        self.file_names().map(|name| name.to_lowercase())
    }
}

/// UTC to the minute, for messages.
#[must_use]
pub fn minutes(time: Time) -> String {
    let text = time.rfc3339();
    text.map_or_else(
        || "at an unknown time".into(),
        |text| format!("{}Z", text.as_str()[..16].replace('T', " ")),
    )
}

/// A GUID as people write it: with or without braces and dashes.
fn guid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text.trim()).ok()
}

/// The digits of what may be the beginning of a GUID.
fn guid_prefix(word: &str) -> Option<String> {
    let word = word.strip_prefix('{').unwrap_or(word);
    let digits: String = word.chars().filter(|char| *char != '-').collect();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && digits.len() >= SHORTEST_PREFIX).then_some(digits)
}

fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether `name` is one that the pattern stands for: `*` for any characters, `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // Which beginnings of `name` the pattern read so far stands for.
    let mut ends = vec![false; name.len() + 1];
    ends[0] = true;
    for part in pattern.chars() {
        if part == '*' {
            let first = ends.iter().position(|end| *end).unwrap_or(ends.len());
            ends[first..].fill(true);
            continue;
        }
        let mut after = vec![false; ends.len()];
        for (at, char) in name.iter().enumerate() {
            after[at + 1] = ends[at] && (part == '?' || part == *char);
        }
        ends = after;
    }
    ends[name.len()]
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
