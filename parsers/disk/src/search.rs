//! The search for one parent.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::Fault;

use crate::chain::ids;
use crate::codes::{
    CYCLE, PARENT_AMBIGUOUS, PARENT_DIFFERS, PARENT_FORMAT, PARENT_MISSING, PARENT_UNREADABLE,
    SECTOR_SIZE,
};
use crate::finder::{is_name, name_of};
use crate::identical::identical;
use crate::index::{Entry, Index};
use crate::{Accept, BrokenLink, Finder, FoundBy, Image, LayerEntry, Linkage, ParentLink, Refused};

/// How many files that could not be opened are named as possible parents.
const MAX_UNREADABLE: usize = 8;

type Parent = (LayerEntry, Linkage);

/// The search for the parent of one child.
pub(crate) struct Search<'a> {
    finder: &'a Finder,
    child: &'a LayerEntry,
    link: ParentLink,
    /// What the chain has already, by identity.
    seen: &'a HashSet<PathBuf>,
    /// What was looked at, by identity.
    tried: HashSet<PathBuf>,
    refused: Vec<Refused>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        finder: &'a Finder,
        child: &'a LayerEntry,
        link: ParentLink,
        seen: &'a HashSet<PathBuf>,
    ) -> Self {
        Self {
            finder,
            child,
            link,
            seen,
            tried: HashSet::new(),
            refused: Vec::new(),
        }
    }

    /// The operator's word, then the places that the child names, then every file by its id.
    pub(crate) fn run(mut self) -> Result<Parent, Box<BrokenLink>> {
        if let Some(accept) = self.finder.accepted(&self.child.path) {
            return self.accepted(accept).ok_or_else(|| self.broken());
        }
        for (path, found_by) in self.places() {
            if let Some(parent) = self.attempt(&path, found_by) {
                return Ok(parent);
            }
        }
        match self.by_id() {
            Some(parent) => Ok(parent),
            None => Err(self.broken()),
        }
    }

    /// Where the child says that its parent is: relative path, its names beside the child, and, if
    /// the gate allows it, absolute paths.
    fn places(&self) -> Vec<(PathBuf, FoundBy)> {
        let (gate, child) = (self.finder.gate(), &self.child.path);
        let folder_of = |path: &Path| gate.identity(path).parent().map(Path::to_owned);
        let mut places = Vec::new();
        if let Some(path) = self
            .link
            .relative
            .as_ref()
            .and_then(|path| gate.resolve(child, path))
        {
            let beside = folder_of(&path) == folder_of(child);
            let found_by = if beside {
                FoundBy::SameFolder
            } else {
                FoundBy::RelativePath
            };
            places.push((path, found_by));
        }
        let names = self
            .link
            .names()
            .filter_map(|name| gate.resolve(child, name));
        places.extend(names.map(|path| (path, FoundBy::SameFolder)));
        let absolute = self.link.absolute.iter();
        let absolute = absolute.filter_map(|path| gate.resolve_absolute(path));
        places.extend(absolute.map(|path| (path, FoundBy::AbsolutePath)));
        places
    }

    /// Opens `path` and checks that it fits, once.
    fn attempt(&mut self, path: &Path, found_by: FoundBy) -> Option<Parent> {
        let identity = self.finder.gate().identity(path);
        if !self.tried.insert(identity.clone()) {
            return None;
        }
        let outcome = if self.seen.contains(&identity) {
            Err(cycle(path))
        } else {
            self.open(path, found_by)
        };
        let parent = outcome.and_then(|parent| {
            let linkage = self.linkage(&parent)?;
            Ok((parent, linkage))
        });
        parent
            .map_err(|fault| self.refuse(path, found_by, fault))
            .ok()
    }

    fn open(&self, path: &Path, found_by: FoundBy) -> Result<LayerEntry, Fault> {
        self.finder.open(path, found_by).map_err(|inner| {
            Fault::cannot_read(&PARENT_UNREADABLE, format!("parent {}", name_of(path)))
                .found(inner.to_string())
        })
    }

    fn refuse(&mut self, path: &Path, found_by: FoundBy, fault: Fault) {
        let path = path.to_owned();
        let fault = Arc::new(fault.in_file(&self.child.name));
        self.refused.push(Refused {
            path,
            found_by,
            fault,
        });
    }

    /// Format, identifier and sector size of a parent against what the child asks for.
    fn linkage(&self, parent: &LayerEntry) -> Result<Linkage, Fault> {
        self.check_format(parent)?;
        let found = parent.image.id();
        let place = self.link.ids.iter().position(|id| Some(*id) == found);
        let linkage = match place {
            Some(0) => Linkage::Matches,
            Some(_) => Linkage::MatchesSecond,
            None => {
                return Err(
                    Fault::damaged(&PARENT_DIFFERS, format!("parent {}", parent.name))
                        .expected(format!("identifier {}", ids(&self.link.ids)))
                        .found(ids(found.as_slice())),
                );
            }
        };
        self.check_sector_size(parent)?;
        Ok(linkage)
    }

    fn check_format(&self, parent: &LayerEntry) -> Result<(), Fault> {
        let (child, found) = (self.child.image.format(), parent.image.format());
        if child == found {
            return Ok(());
        }
        Err(
            Fault::damaged(&PARENT_FORMAT, format!("parent {}", parent.name))
                .expected(child.name())
                .found(found.name()),
        )
    }

    fn check_sector_size(&self, parent: &LayerEntry) -> Result<(), Fault> {
        let size = Image::logical_sector_size;
        let (child, found) = (size(&self.child.image), size(&parent.image));
        if child == found {
            return Ok(());
        }
        Err(
            Fault::damaged(&SECTOR_SIZE, format!("parent {}", parent.name))
                .expected(format!("sectors of {child} bytes"))
                .found(found.to_string()),
        )
    }

    /// The file that the operator's word means: one with the identifier, or else one that fits but
    /// for it. Several are one if they are the same.
    fn accepted(&mut self, accept: &Accept) -> Option<Parent> {
        let mut fitting: Vec<Parent> = Vec::new();
        for path in self.accepted_places(&accept.parent) {
            match self.accepted_at(&path) {
                Ok(parent) => fitting.push(parent),
                Err(fault) => self.refuse(&path, FoundBy::Accepted, fault),
            }
        }
        let has_id = |(_, linkage): &Parent| !matches!(linkage, Linkage::Overridden { .. });
        if fitting.iter().any(has_id) {
            fitting.retain(has_id);
        }
        let mut fitting = fitting.into_iter();
        let first = fitting.next()?;
        let path = first.0.path.clone();
        match fitting.find(|(other, _)| !self.same(&path, &other.path)) {
            None => Some(first),
            Some((other, _)) => {
                let sought = format!("named {}", accept.parent.display());
                self.refuse_both(&path, &other.path, FoundBy::Accepted, &sought);
                None
            }
        }
    }

    fn accepted_at(&self, path: &Path) -> Result<Parent, Fault> {
        if self.seen.contains(&self.finder.gate().identity(path)) {
            return Err(cycle(path));
        }
        let parent = self.open(path, FoundBy::Accepted)?;
        let linkage = match self.linkage(&parent) {
            Err(fault) if fault.code == &PARENT_DIFFERS => {
                self.check_sector_size(&parent)?;
                Linkage::Overridden {
                    expected: self.link.ids.clone(),
                    found: parent.image.id(),
                }
            }
            linkage => linkage?,
        };
        Ok((parent, linkage))
    }

    /// What the operator's `parent` may mean: a path; where it is a name alone, the file of that
    /// name beside the child, or else anywhere in the gate.
    fn accepted_places(&self, parent: &Path) -> Vec<PathBuf> {
        let given = || vec![parent.to_owned()];
        let Some(name) = parent.to_str().filter(|_| is_name(parent)) else {
            return given();
        };
        if let Some(beside) = self.finder.gate().resolve(&self.child.path, name) {
            return vec![beside];
        }
        let files = self.finder.listing().files.iter();
        let named = files.filter(|path| name_of(path).eq_ignore_ascii_case(name));
        let named: Vec<_> = named.cloned().collect();
        if named.is_empty() { given() } else { named }
    }

    /// Every file by its id; those that are named as disks first.
    fn by_id(&mut self) -> Option<Parent> {
        let finder = self.finder;
        let indexes: [fn(&Finder) -> &Index; 2] = [Finder::named, Finder::renamed];
        for index in indexes {
            let index = index(finder);
            let found = index.with_id(&self.link.ids, self.child.image.format());
            if let Some(parent) = self.one_of(&found) {
                return Some(parent);
            }
            self.name_unreadable(index);
        }
        None
    }

    /// One of the files that have the id, if they are all the same.
    fn one_of(&mut self, found: &[&Entry]) -> Option<Parent> {
        let (own, others): (Vec<&Entry>, Vec<&Entry>) = found
            .iter()
            .partition(|entry| self.seen.contains(&entry.identity));
        let others: Vec<_> = others
            .into_iter()
            .filter(|entry| !self.tried.contains(&entry.identity))
            .collect();
        match others.as_slice() {
            [] => {
                let own = own.first()?;
                self.attempt(&own.path, FoundBy::Id)
            }
            [first, rest @ ..] => {
                if let Some(other) = rest.iter().find(|e| !self.same(&first.path, &e.path)) {
                    let sought = format!("with identifier {}", ids(&self.link.ids));
                    self.refuse_both(&first.path, &other.path, FoundBy::Id, &sought);
                    return None;
                }
                self.attempt(&first.path, FoundBy::Id)
            }
        }
    }

    /// Whether two files hold the same bytes; one that cannot be read is not the same.
    fn same(&self, first: &Path, other: &Path) -> bool {
        let gate = self.finder.gate();
        let compare = || identical(&*gate.open(first)?, &*gate.open(other)?);
        gate.identity(first) == gate.identity(other) || compare().unwrap_or(false)
    }

    fn refuse_both(&mut self, first: &Path, other: &Path, found_by: FoundBy, sought: &str) {
        for (path, rival) in [(first, other), (other, first)] {
            let fault = Fault::damaged(&PARENT_AMBIGUOUS, format!("parent {}", path.display()))
                .expected(format!("one file {sought}"))
                .found(format!(
                    "another one of different content: {}",
                    rival.display()
                ));
            self.refuse(path, found_by, fault);
        }
    }

    /// A file that cannot be opened may be the one that is looked for.
    fn name_unreadable(&mut self, index: &Index) {
        let unreadable = index.entries.iter().filter_map(|entry| {
            let fault = entry.outcome.as_ref().err()?;
            Some((entry, fault))
        });
        for (entry, inner) in unreadable.take(MAX_UNREADABLE) {
            if self.tried.insert(entry.identity.clone()) {
                let what = format!("parent {}", name_of(&entry.path));
                let fault = Fault::cannot_read(&PARENT_UNREADABLE, what).found(inner.to_string());
                self.refuse(&entry.path, FoundBy::Id, fault);
            }
        }
    }

    fn broken(self) -> Box<BrokenLink> {
        let telling = [&CYCLE, &PARENT_AMBIGUOUS];
        let most = self
            .refused
            .iter()
            .find(|refused| telling.contains(&refused.fault.code));
        let located = |refused: &&Refused| refused.found_by != FoundBy::Id;
        let chosen = most.or_else(|| self.refused.iter().find(located));
        let fault = match chosen {
            Some(refused) => Arc::clone(&refused.fault),
            None => Arc::new(self.missing()),
        };
        let link = BrokenLink::new(&self.child.path, self.link, fault, self.refused);
        Box::new(link)
    }

    fn missing(&self) -> Fault {
        let name = self.link.file_name().unwrap_or("of unknown name");
        Fault::cannot_read(&PARENT_MISSING, format!("parent {name}"))
            .expected(format!("a file with identifier {}", ids(&self.link.ids)))
            .found("none in the folders searched")
            .in_file(&self.child.name)
    }
}

fn cycle(path: &Path) -> Fault {
    Fault::damaged(&CYCLE, format!("parent {}", name_of(path)))
        .expected("a file further down the chain")
        .found("one that the chain has already")
}
