//! What a search for parents has found.

use std::path::PathBuf;
use std::sync::Arc;

use blockio::Fault;
use uuid::Uuid;

use crate::codes::LINK_OVERRIDDEN;
use crate::{BrokenLink, Image};

/// The files of a disk from leaf to base, as far as they were found.
#[derive(Debug)]
pub struct Chain {
    /// Leaf first; never empty.
    pub layers: Vec<LayerEntry>,
    /// Why the last layer has no parent although it needs one.
    pub broken: Option<BrokenLink>,
    /// The .vhds file that was given, where the leaf is its backing file.
    pub vhd_set: Option<PathBuf>,
}

/// One file of a chain.
#[derive(Debug)]
pub struct LayerEntry {
    /// Where it is in its gate.
    pub path: PathBuf,
    /// Its own name, for messages.
    pub name: Arc<str>,
    /// Bytes of the file.
    pub file_size: u64,
    /// How it was found.
    pub found_by: FoundBy,
    /// How well its parent fits; `None` for the base, and where the link is broken.
    pub link: Option<Linkage>,
    /// The opened file.
    pub image: Arc<Image>,
}

/// How a file of a chain was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FoundBy {
    /// The operator named it.
    Given,
    /// Beside its child, by the name that the child has for it.
    SameFolder,
    /// By the relative path in the child's parent locator.
    RelativePath,
    /// By its data write GUID or unique id: it was moved or renamed.
    Id,
    /// By an absolute path in the parent locator, which the operator has allowed.
    AbsolutePath,
    /// The operator's `--accept-parent`.
    Accepted,
}

impl FoundBy {
    /// The words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::SameFolder => "same folder",
            Self::RelativePath => "relative path",
            Self::Id => "identifier",
            Self::AbsolutePath => "absolute path",
            Self::Accepted => "accepted by the operator",
        }
    }
}

/// How well a parent fits its child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// It has the id that the child asks for.
    Matches,
    /// It has the second id that the child allows (`parent_linkage2`).
    MatchesSecond,
    /// It has another id and the operator has accepted it.
    Overridden {
        /// The ids that the child asks for.
        expected: Vec<Uuid>,
        /// The id that the parent has.
        found: Option<Uuid>,
    },
}

impl Chain {
    /// The file whose state is read.
    #[must_use]
    pub fn leaf(&self) -> &LayerEntry {
        self.layers.first().expect("a chain begins with its leaf")
    }

    /// The last file that was found: the base, unless the chain is broken.
    #[must_use]
    pub fn base(&self) -> &LayerEntry {
        self.layers.last().expect("a chain begins with its leaf")
    }

    /// A warning for each link that holds only on the operator's word.
    #[must_use]
    pub fn overrides(&self) -> Vec<Fault> {
        let pairs = self.layers.iter().zip(self.layers.iter().skip(1));
        pairs
            .filter_map(|(child, parent)| child.overridden(parent))
            .collect()
    }
}

impl LayerEntry {
    fn overridden(&self, parent: &Self) -> Option<Fault> {
        let Some(Linkage::Overridden { expected, found }) = &self.link else {
            return None;
        };
        let fault = Fault::damaged(&LINK_OVERRIDDEN, format!("parent {}", parent.name));
        Some(
            fault
                .expected(ids(expected))
                .found(ids(found.as_slice()))
                .in_file(&self.name),
        )
    }
}

/// Identifiers as the field writes them: `{5a36…} or {77c1…}`.
pub(crate) fn ids(ids: &[Uuid]) -> String {
    match ids {
        [] => "no identifier".to_owned(),
        ids => {
            let texts: Vec<_> = ids.iter().map(|id| id.braced().to_string()).collect();
            texts.join(" or ")
        }
    }
}
