//! States: a disk with N checkpoints has N + 1 of them, each the file that is its leaf.

use std::path::{Path, PathBuf};

use disk::{Chain, LayerEntry, ParentFile, Survey};

use super::Error;

/// All disk files that build on one base (or on one file whose parent is missing), in the order in
/// which they number the states: each after its parent, `#0` is the base.
#[derive(Clone, Debug)]
pub struct Family {
    /// The states.
    pub states: Vec<State>,
}

/// One state of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its number in the family, as in `#0`.
    pub number: usize,
    /// The file whose chain is the state.
    pub path: PathBuf,
    /// How many layers are below it.
    pub depth: usize,
    /// Whether nothing builds on it.
    pub is_leaf: bool,
}

impl State {
    /// The file's own name.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or(self.path.as_os_str())
            .to_string_lossy()
            .into_owned()
    }
}

/// How a state was asked for, for one family.
pub(super) enum Choice {
    /// This one.
    One(State),
    /// None of this family's.
    None,
    /// Several fit.
    Several(Vec<State>),
}

impl Family {
    /// The families of `survey`, by the path of their first file.
    pub(super) fn all(survey: &Survey) -> Vec<Self> {
        let is_root = |file: &disk::Surveyed| !matches!(file.parent, ParentFile::File(_));
        let files = survey.files.iter().enumerate();
        let roots = files.filter(|(_, file)| file.outcome.is_ok() && is_root(file));
        roots.map(|(root, _)| Self::of(survey, root)).collect()
    }

    fn of(survey: &Survey, root: usize) -> Self {
        let mut states: Vec<State> = Vec::new();
        let mut open = vec![(root, 0)];
        while let Some((index, depth)) = open.pop() {
            // A file that is its own ancestor has one state only.
            let Some(file) = survey
                .files
                .get(index)
                .filter(|_| states.len() < survey.files.len())
            else {
                continue;
            };
            open.extend(file.children.iter().rev().map(|child| (*child, depth + 1)));
            states.push(State {
                number: states.len(),
                path: file.path.clone(),
                depth,
                is_leaf: file.children.is_empty(),
            });
        }
        Self { states }
    }

    /// The files of a chain, base first.
    pub(super) fn of_chain(chain: &Chain) -> Self {
        let files = chain.layers.iter().rev().enumerate();
        let state = |(number, layer): (usize, &LayerEntry)| State {
            number,
            path: layer.path.clone(),
            depth: number,
            is_leaf: number + 1 == chain.layers.len(),
        };
        Self {
            states: files.map(state).collect(),
        }
    }

    /// A family of one file, of which nothing else is known.
    pub(super) fn single(path: &Path) -> Self {
        Self {
            states: vec![State {
                number: 0,
                path: path.into(),
                depth: 0,
                is_leaf: true,
            }],
        }
    }

    /// The states nothing builds on.
    pub fn leaves(&self) -> impl Iterator<Item = &State> {
        self.states.iter().filter(|state| state.is_leaf)
    }

    /// Whether a file of the family is `path`.
    #[must_use]
    pub fn state_at(&self, path: &Path) -> Option<&State> {
        self.states.iter().find(|state| is_same(&state.path, path))
    }

    /// The state that `asked` means. `within` limits `now` to the states built on that file.
    pub(super) fn choose(&self, asked: &str) -> Choice {
        let fitting: Vec<&State> = match asked.to_lowercase().as_str() {
            "now" | "latest" => self.leaves().collect(),
            "base" => self.states.first().into_iter().collect(),
            name => self.named(name),
        };
        match &fitting[..] {
            [] => Choice::None,
            [one] => Choice::One((*one).clone()),
            several => Choice::Several(several.iter().map(|state| (*state).clone()).collect()),
        }
    }

    /// By number, by whole name, by name without its ending, or by a part of it: the first that fits.
    fn named(&self, name: &str) -> Vec<&State> {
        if let Some(number) = name
            .strip_prefix('#')
            .and_then(|digits| digits.parse::<usize>().ok())
        {
            return self.states.get(number).into_iter().collect();
        }
        let lower = |state: &State| state.file_name().to_lowercase();
        let tests: [&dyn Fn(&State) -> bool; 3] = [
            &|state| lower(state) == name,
            &|state| {
                lower(state)
                    .rsplit_once('.')
                    .is_some_and(|(stem, _)| stem == name)
            },
            &|state| lower(state).contains(name),
        ];
        let fits = |test: &&dyn Fn(&State) -> bool| {
            self.states
                .iter()
                .filter(|state| test(state))
                .collect::<Vec<_>>()
        };
        tests
            .iter()
            .map(fits)
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// A line for each state, as it can be asked for.
    pub(super) fn lines(&self) -> Vec<String> {
        self.states.iter().map(State::line).collect()
    }
}

impl State {
    pub(super) fn line(&self) -> String {
        let mark = if self.is_leaf {
            "  (a newest state)"
        } else {
            ""
        };
        format!("#{} {}{mark}", self.number, self.file_name())
    }
}

/// Several leaves and nothing that decides: never by time.
pub(super) fn ambiguous(asked: &str, states: &[State]) -> Error {
    let candidates = states.iter().map(State::line).collect();
    Error::Ambiguous {
        what: format!("{} states fit --checkpoint '{asked}'", states.len()),
        candidates,
    }
}

/// Whether two paths are one file.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    a == b || same_file::is_same_file(a, b).unwrap_or(false)
}
