//! What of a selection is wanted: patterns to include and to exclude, ages, sizes.
//!
//! A pattern without a slash is matched against names, one with a slash against whole paths from the
//! volume's root (`**/` at its start: anywhere); one that ends with a slash means folders only. A folder
//! that matches stands for all below it, and so:
//!
//! - a path is *excluded* if it, or a folder above it, matches one of the patterns to exclude;
//! - it is *included* if it, or a folder above it, matches one of those to include, or if there are none;
//! - what is excluded is left out, whatever includes it.
//!
//! Ages and sizes are asked of what is no folder. Where any of these decides, a folder is made for what
//! is wanted in it, and not for itself.

use tree::{Entry, FileSystem, GuestPath, Kind, Metadata, Name, Time};

use super::pattern::{Matcher, Pattern, PatternError, States};
use super::size::SizeTest;

/// What of a selection is wanted; by default all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Patterns, one of which has to match; none: whatever is there.
    pub include: Vec<Rule>,
    /// Patterns, none of which may match.
    pub exclude: Vec<Rule>,
    /// Written after this time.
    pub newer: Option<Time>,
    /// Written before this time.
    pub older: Option<Time>,
    /// Of this size.
    pub size: Option<SizeTest>,
}

/// A pattern of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pattern: Pattern,
    /// Whether it is about names, wherever they are, and not about paths.
    names: bool,
    /// Whether it is about folders only.
    folders: bool,
}

impl Rule {
    /// Reads a pattern.
    ///
    /// # Errors
    /// As [`Pattern::parse`]; where nothing is left of it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let bare = text.trim_end_matches(['/', '\\']);
        if bare.is_empty() {
            return Err(PatternError {
                text: text.into(),
                reason: "it names nothing; leave it out to mean all".into(),
            });
        }
        Ok(Self {
            pattern: Pattern::parse(bare)?,
            names: !bare.contains(['/', '\\']),
            folders: bare.len() < text.len(),
        })
    }

    /// The rule that nothing matches.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            pattern: Pattern::root(),
            names: false,
            folders: true,
        }
    }
}

impl Filter {
    /// Whether all is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether age and size are what is asked for.
    #[must_use]
    pub fn passes(&self, metadata: &Metadata) -> bool {
        self.size.is_none_or(|size| size.passes(metadata.size))
            && self.newer.is_none_or(|time| metadata.modified > time)
            && self.older.is_none_or(|time| metadata.modified < time)
    }

    /// The filter by the case rule of `fs`.
    #[must_use]
    pub fn on<'a>(&'a self, fs: &'a dyn FileSystem) -> Sieve<'a> {
        let bind = |rule: &Rule, include| Bound {
            matcher: rule.pattern.on(fs),
            include,
            names: rule.names,
            folders: rule.folders,
        };
        let include = self.include.iter().map(|rule| bind(rule, true));
        let exclude = self.exclude.iter().map(|rule| bind(rule, false));
        Sieve {
            filter: self,
            rules: include.chain(exclude).collect(),
        }
    }

    /// Whether folders are wanted for their own sake, where they are included.
    fn takes_folders(&self) -> bool {
        self.size.is_none() && self.newer.is_none() && self.older.is_none()
    }
}

/// A filter by the case rule of one volume.
pub struct Sieve<'a> {
    filter: &'a Filter,
    rules: Vec<Bound<'a>>,
}

struct Bound<'a> {
    matcher: Matcher<'a>,
    include: bool,
    names: bool,
    folders: bool,
}

/// What is to be done about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is wanted.
    Take,
    /// It is not wanted itself. What is below may be.
    Leave,
    /// It is not wanted, and nothing below it is.
    LeaveAll,
}

/// What the names of a path have come to so far.
#[derive(Clone, Debug)]
struct Standing {
    included: bool,
    excluded: bool,
    /// How far each rule about paths has come; nothing for rules about names.
    states: Vec<States>,
}

impl Sieve<'_> {
    /// Whether what is at `path` is wanted for its own sake.
    #[must_use]
    pub fn wants(&self, path: &GuestPath, metadata: &Metadata) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let standing = self.sift().stand(path, metadata.kind);
        self.verdict(&standing, metadata) == Verdict::Take
    }

    /// Judges entries one after another; fastest where those of one folder come together.
    #[must_use]
    pub fn sift(&self) -> Sift<'_> {
        Sift {
            sieve: self,
            folder: GuestPath::root(),
            standing: self.start(),
        }
    }

    fn verdict(&self, standing: &Standing, metadata: &Metadata) -> Verdict {
        let folder = metadata.kind == Kind::Directory;
        let wanted = if folder {
            self.filter.takes_folders()
        } else {
            self.filter.passes(metadata)
        };
        match () {
            () if standing.excluded => Verdict::LeaveAll,
            () if standing.included && wanted => Verdict::Take,
            () if folder && (standing.included || self.may_include(standing)) => Verdict::Leave,
            () => Verdict::LeaveAll,
        }
    }

    /// Whether something below can be included, where the folder itself is not.
    fn may_include(&self, standing: &Standing) -> bool {
        let mut rules = self.rules.iter().zip(&standing.states);
        rules.any(|(rule, states)| rule.include && (rule.names || rule.matcher.goes_on(states)))
    }

    fn standing(&self, folder: &GuestPath) -> Standing {
        let mut standing = self.start();
        for name in folder.names() {
            standing = self.step(&standing, &name, true);
        }
        standing
    }

    fn start(&self) -> Standing {
        let path = |rule: &Bound<'_>| match rule.names {
            true => States::new(),
            false => rule.matcher.start(),
        };
        Standing {
            included: self.filter.include.is_empty(),
            excluded: false,
            states: self.rules.iter().map(path).collect(),
        }
    }

    /// After one more name. Nothing takes back what a folder above has come to.
    fn step(&self, above: &Standing, name: &Name, folder: bool) -> Standing {
        let mut next = above.clone();
        for (rule, states) in self.rules.iter().zip(&mut next.states) {
            let now = match rule.names {
                true => rule.matcher.step(&rule.matcher.start(), name),
                false => rule.matcher.step(states, name),
            };
            let hit = (folder || !rule.folders) && rule.matcher.accepts(&now);
            next.included |= hit && rule.include;
            next.excluded |= hit && !rule.include;
            if !rule.names {
                *states = now;
            }
        }
        next
    }
}

/// Judges entries as they come, remembering what the folder of the last one has come to.
pub struct Sift<'s> {
    sieve: &'s Sieve<'s>,
    folder: GuestPath,
    standing: Standing,
}

impl Sift<'_> {
    /// What is to be done about `entry`.
    pub fn judge(&mut self, entry: &Entry) -> Verdict {
        if self.sieve.filter.is_empty() {
            return Verdict::Take;
        }
        let standing = self.stand(&entry.path, entry.metadata.kind);
        self.sieve.verdict(&standing, &entry.metadata)
    }

    /// Whether `entry` is included and not excluded, age and size aside.
    pub fn admits(&mut self, entry: &Entry) -> bool {
        if self.sieve.rules.is_empty() {
            return true;
        }
        let standing = self.stand(&entry.path, entry.metadata.kind);
        standing.included && !standing.excluded
    }

    /// What the names of `path` have come to.
    fn stand(&mut self, path: &GuestPath, kind: Kind) -> Standing {
        let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
            return self.sieve.start();
        };
        if folder != self.folder {
            self.standing = self.sieve.standing(&folder);
            self.folder = folder;
        }
        let folder = kind == Kind::Directory;
        self.sieve.step(&self.standing, &name, folder)
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
