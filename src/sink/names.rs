//! Which names of the host stand for which of the guest's.
//!
//! Names made in one run are never merged: where two of the guest's come out alike (by what the
//! destination can hold, or because it takes `a` and `A` for one), the later gets a number.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tree::GuestPath;

use super::host_name::{Rules, host_name, numbered};
use crate::hostfs::Dir;

/// The names made in one folder so far.
pub(super) struct Taken {
    folds_case: bool,
    hasher: RandomState,
    /// Hashes, because a folder may have a million names. Two that meet cost a number in one name.
    hashes: Mutex<HashSet<u64>>,
}

impl Taken {
    pub(super) fn new(folds_case: bool) -> Self {
        Self {
            folds_case,
            hasher: RandomState::new(),
            hashes: Mutex::default(),
        }
    }

    /// `wanted`, or the first number of it that nobody has, from `number` on.
    pub(super) fn claim(&self, wanted: &OsStr, number: u32) -> OsString {
        let mut hashes = lock(&self.hashes);
        let names = (number..).map(|number| match number {
            0 | 1 => wanted.to_owned(),
            number => numbered(wanted, number),
        });
        let mut free = names.filter(|name| hashes.insert(self.hash(name)));
        free.next().expect("there are more numbers than names")
    }

    /// Keeps `name` from being claimed.
    pub(super) fn reserve(&self, name: &OsStr) {
        lock(&self.hashes).insert(self.hash(name));
    }

    /// Whether `name` is claimed or reserved.
    pub(super) fn holds(&self, name: &OsStr) -> bool {
        lock(&self.hashes).contains(&self.hash(name))
    }

    /// Gives a claimed name back.
    pub(super) fn release(&self, name: &OsStr) {
        lock(&self.hashes).remove(&self.hash(name));
    }

    fn hash(&self, name: &OsStr) -> u64 {
        if self.folds_case {
            self.hasher.hash_one(folded(name))
        } else {
            self.hasher.hash_one(name)
        }
    }
}

/// Alike for all names that a destination may take for one. Both ways, because a table that folds to
/// capitals takes letters for one that have no small letter in common, such as the two small sigmas.
fn folded(name: &OsStr) -> String {
    name.to_string_lossy().to_lowercase().to_uppercase()
}

/// The host's names of all that has another one than the guest's.
pub(super) struct Renamed {
    rules: Rules,
    names: Mutex<HashMap<GuestPath, OsString>>,
}

impl Renamed {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            names: Mutex::default(),
        }
    }

    /// Keeps `name` for `path`, unless it is the one that it would have anyway; whether it differs
    /// from the guest's own.
    pub(super) fn note(&self, path: &GuestPath, name: &OsStr) -> bool {
        let own = path.name().unwrap_or_default();
        if *name != *host_name(&own, self.rules) {
            lock(&self.names).insert(path.clone(), name.to_owned());
        }
        own.as_str() != name.to_str()
    }

    /// The host's names of `path`, from the root of the output down.
    pub(super) fn host_names(&self, path: &GuestPath) -> Vec<OsString> {
        let names = lock(&self.names);
        let mut here = GuestPath::root();
        let host = path.names().map(|name| {
            here = here.join(&name);
            let renamed = names.get(&here).cloned();
            renamed.unwrap_or_else(|| host_name(&name, self.rules).into())
        });
        host.collect()
    }

    /// The way from the folder that `from` is in to `to`, name by name; `.` if it is that folder.
    pub(super) fn relative(&self, from: &GuestPath, to: &GuestPath) -> Vec<OsString> {
        let from = self.host_names(&from.parent().unwrap_or_default());
        let to = self.host_names(to);
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = from[shared..].iter().map(|_| "..".into());
        let way: Vec<_> = up.chain(to[shared..].iter().cloned()).collect();
        if way.is_empty() {
            vec![".".into()]
        } else {
            way
        }
    }
}

/// Whether `dir` takes names for one that differ in case only, found out with a file of `name`.
pub(super) fn folds_case(dir: &Dir, name: &OsStr) -> io::Result<bool> {
    drop(dir.create_new(name)?);
    let other = dir.status(&name.to_ascii_uppercase());
    dir.remove(name)?;
    Ok(other?.is_some())
}

/// A lock whose holder panicked is as good as any: what it guards is never half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_one_capital_are_twins() {
        let taken = Taken::new(true);
        let claim = |name: &str| taken.claim(OsStr::new(name), 1);
        for (one, other) in [("\u{3c3}", "\u{3c2}"), ("s", "\u{17f}"), ("k", "\u{212a}")] {
            assert_eq!(claim(one), one);
            assert_ne!(claim(other), other);
        }
    }

    #[test]
    fn twins_get_numbers() {
        let taken = Taken::new(false);
        let claim = |name: &str| taken.claim(OsStr::new(name), 1);
        assert_eq!(
            (claim("a.txt"), claim("A.txt")),
            ("a.txt".into(), "A.txt".into())
        );
        assert_eq!(
            (claim("a.txt"), claim("a.txt")),
            ("a (2).txt".into(), "a (3).txt".into())
        );
        taken.release(OsStr::new("a.txt"));
        assert_eq!(claim("a.txt"), "a.txt");
    }

    #[test]
    fn case_twins_get_numbers_where_case_is_folded() {
        let taken = Taken::new(true);
        assert_eq!(taken.claim(OsStr::new("\u{C4}b"), 1), "\u{C4}b");
        assert_eq!(taken.claim(OsStr::new("\u{E4}B"), 1), "\u{E4}B (2)");
    }

    #[test]
    fn host_names_follow_every_renaming_on_the_way() {
        let renamed = Renamed::new(Rules::Windows);
        assert!(renamed.note(&"a/con".into(), OsStr::new("_con")));
        assert!(renamed.note(&"a".into(), OsStr::new("a (2)")));
        assert!(!renamed.note(&"b".into(), OsStr::new("b")));
        assert_eq!(
            renamed.host_names(&"a/con/x?".into()),
            ["a (2)", "_con", "x%3F"]
        );
    }

    #[test]
    fn the_way_from_one_to_another() {
        let renamed = Renamed::new(Rules::Unix);
        for (from, to, way) in [
            ("a", "b", "b"),
            ("a/b/c", "a/d/e", "../d/e"),
            ("a/b", "a", "."),
            ("a/b/c", "a", ".."),
            ("a", "b/c", "b/c"),
        ] {
            let found = renamed.relative(&from.into(), &to.into());
            assert_eq!(found.join(OsStr::new("/")), way, "{from} to {to}");
        }
    }
}
