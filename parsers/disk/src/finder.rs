//! From a leaf to its base, each link checked.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use blockio::{Cache, Fault};

use crate::codes::TOO_LONG;
use crate::index::Index;
use crate::search::Search;
use crate::{BrokenLink, Chain, Error, FoundBy, Gate, Image, LayerEntry, Listing, ParentLink};

/// The most layers that a chain may have.
pub const MAX_LAYERS: usize = 1000;

/// One link that the operator vouches for: `--accept-parent CHILD=PARENT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accept {
    /// The child's path, or its name alone.
    pub child: PathBuf,
    /// The parent's path, or its name alone.
    pub parent: PathBuf,
}

/// Finds the files of chains among those of a gate.
///
/// A parent is looked for where the child's parent locator says: by the relative path, then by its
/// name beside the child. What lies there counts only if it has the right identifier; if not,
/// every file of the gate is looked at for it, disk files first. Several files with the identifier
/// are one parent if they are the same byte for byte, and refused otherwise.
pub struct Finder {
    gate: Arc<dyn Gate>,
    cache: Cache,
    accept: Vec<Accept>,
    listing: OnceLock<Listing>,
    named: OnceLock<Index>,
    renamed: OnceLock<Index>,
}

impl Finder {
    /// Searches in `gate`; what is opened reads its tables through `cache`.
    #[must_use]
    pub fn new(gate: Arc<dyn Gate>, cache: &Cache) -> Self {
        Self {
            gate,
            cache: cache.clone(),
            accept: Vec::new(),
            listing: OnceLock::new(),
            named: OnceLock::new(),
            renamed: OnceLock::new(),
        }
    }

    /// Opens these links although the identifiers differ.
    #[must_use]
    pub fn accept(mut self, links: Vec<Accept>) -> Self {
        self.accept = links;
        self
    }

    /// The chain from the file at `leaf` to its base, as far as it is found.
    ///
    /// For a .vhds, the chain of its backing file. A link that does not hold is in
    /// [`Chain::broken`].
    ///
    /// # Errors
    /// Where the leaf itself cannot be opened, or a VHD Set has no backing file.
    pub fn chain(&self, leaf: &Path) -> Result<Chain, Error> {
        let is_set = crate::vhd_set::has_set_name(&name_of(leaf));
        let file = if is_set {
            crate::vhd_set::backing(self, leaf)?
        } else {
            leaf.to_owned()
        };
        let mut chain = Chain {
            layers: vec![self.open(&file, FoundBy::Given)?],
            broken: None,
            vhd_set: is_set.then(|| leaf.to_owned()),
        };
        chain.broken = self.extend(&mut chain.layers).err().map(|link| *link);
        Ok(chain)
    }

    /// Adds parents until there is a base.
    fn extend(&self, layers: &mut Vec<LayerEntry>) -> Result<(), Box<BrokenLink>> {
        let mut seen: HashSet<PathBuf> =
            layers.iter().map(|l| self.gate.identity(&l.path)).collect();
        let mut count = layers.len();
        while let Some(child) = layers.last_mut()
            && let Some(link) = child.image.parent()
        {
            if count >= MAX_LAYERS {
                return Err(too_long(child, link));
            }
            let (parent, linkage) = Search::new(self, child, link, &seen).run()?;
            child.link = Some(linkage);
            seen.insert(self.gate.identity(&parent.path));
            layers.push(parent);
            count = count.saturating_add(1);
        }
        Ok(())
    }

    /// Opens one file as a layer.
    pub(crate) fn open(&self, path: &Path, found_by: FoundBy) -> Result<LayerEntry, Arc<Fault>> {
        let name = name_of(path);
        let bytes = self
            .gate
            .open(path)
            .map_err(|error| Fault::from_io(&error, "disk file"))?;
        let file_size = bytes.size();
        let image = Image::open(bytes, &name, &self.cache)?;
        Ok(LayerEntry {
            path: path.to_owned(),
            name: name.into(),
            file_size,
            found_by,
            link: None,
            image: Arc::new(image),
        })
    }

    /// The link that the operator vouches for from this child, if there is one.
    pub(crate) fn accepted(&self, child: &Path) -> Option<&Accept> {
        let is_child = |accept: &&Accept| {
            let by_name = name_of(child).eq_ignore_ascii_case(&name_of(&accept.child));
            is_name(&accept.child) && by_name
                || self.gate.identity(child) == self.gate.identity(&accept.child)
        };
        self.accept.iter().find(is_child)
    }

    /// Where it searches.
    #[must_use]
    pub fn gate(&self) -> &dyn Gate {
        &*self.gate
    }

    /// Every file of the gate, listed once.
    pub(crate) fn listing(&self) -> &Listing {
        self.listing.get_or_init(|| self.gate.list())
    }

    /// The disk files of the gate, opened once each.
    pub(crate) fn named(&self) -> &Index {
        self.named
            .get_or_init(|| Index::named(&*self.gate, self.listing(), &self.cache))
    }

    /// The disk files of the gate that are not named as such.
    pub(crate) fn renamed(&self) -> &Index {
        self.renamed
            .get_or_init(|| Index::renamed(&*self.gate, self.listing(), &self.cache))
    }
}

/// The file's own name, for messages.
pub(crate) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Whether `path` is a file's name and no more.
pub(crate) fn is_name(path: &Path) -> bool {
    path.file_name() == Some(path.as_os_str())
}

fn too_long(child: &LayerEntry, link: ParentLink) -> Box<BrokenLink> {
    let fault = Fault::unsupported(&TOO_LONG, "chain")
        .expected(format!("at most {MAX_LAYERS} layers"))
        .found("one more")
        .in_file(&child.name);
    let link = BrokenLink::new(&child.path, link, Arc::new(fault), Vec::new());
    Box::new(link)
}
