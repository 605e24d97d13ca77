//! One name of a directory, by descent through its index.

use std::sync::Arc;

use blockio::Fault;

use super::entry::Namespace;
use super::names::IndexedName;
use super::scan::Scan;
use super::walk::Walk;
use super::{Directory, Result};
use crate::reference::FileReference;

impl Directory {
    /// What `name` names here by the volume's case rule; among names that differ in case only, the
    /// exact one wins. A DOS name finds its file too.
    ///
    /// # Errors
    /// Where the name was not found and damage may be why: what is wrong with the index.
    pub(crate) fn lookup(&self, name: &[u16]) -> Result<Option<FileReference>> {
        let suspect = match self.descend(name) {
            Ok(Search::Found(reference)) => return Ok(Some(reference)),
            Ok(Search::Missing) if !self.parts.upcase.is_standard() => return Ok(None),
            Ok(Search::Missing) => None,
            Ok(Search::Doubtful(fault)) | Err(fault) => Some(fault),
        };
        self.search_all(name, suspect)
    }

    /// Looks for `name` where the order of the index says that it is.
    fn descend(&self, name: &[u16]) -> Result<Search> {
        let upcase = &self.parts.upcase;
        let mut walk = Walk::seek(self, |other| upcase.compare_folded(other, name).is_lt())?;
        let in_order = walk.check_order(self);
        let mut best = Best::default();
        while let Some(found) = walk.next(self).transpose()? {
            if upcase.compare_folded(&found.name, name).is_ne() {
                break;
            }
            best.offer(found, name);
        }
        Ok(match (best.0, in_order) {
            (Some(found), _) => Search::Found(found.reference),
            (None, Ok(())) => Search::Missing,
            (None, Err(fault)) => Search::Doubtful(fault),
        })
    }

    /// Looks for `name` everywhere; `suspect` is why it may be missing though it is not found.
    fn search_all(
        &self,
        name: &[u16],
        mut suspect: Option<Arc<Fault>>,
    ) -> Result<Option<FileReference>> {
        let mut scan = Scan::from_start(self);
        let mut best = Best::default();
        while let Some(item) = scan.next(self) {
            match item {
                Ok(found) if self.parts.upcase.compare_folded(&found.name, name).is_eq() => {
                    best.offer(found, name);
                }
                Ok(_) => {}
                Err(fault) => suspect = suspect.or(Some(fault)),
            }
        }
        match (best.0, suspect) {
            (Some(found), _) => Ok(Some(found.reference)),
            (None, None) => Ok(None),
            (None, Some(fault)) => Err(fault),
        }
    }
}

/// What a descent has come to.
enum Search {
    Found(FileReference),
    Missing,
    /// Not there, but the nodes on the way are out of order.
    Doubtful(Arc<Fault>),
}

/// The best of the names that are one by the case rule.
#[derive(Default)]
struct Best(Option<IndexedName>);

impl Best {
    fn offer(&mut self, found: IndexedName, wanted: &[u16]) {
        let rank = |found: &IndexedName| (found.name == wanted, found.namespace != Namespace::Dos);
        if self.0.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
            self.0 = Some(found);
        }
    }
}
