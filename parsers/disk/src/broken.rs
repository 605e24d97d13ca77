//! A link of a chain that does not hold, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Code, Fault};

use crate::chain::ids;
use crate::codes::{
    CYCLE, PARENT_AMBIGUOUS, PARENT_DIFFERS, PARENT_FORMAT, PARENT_UNREADABLE, SECTOR_SIZE,
    TOO_LONG,
};
use crate::{FoundBy, ParentLink, last_name};

/// A link of a chain that does not hold.
#[derive(Clone, Debug)]
pub struct BrokenLink {
    /// The file that lacks its parent.
    pub child: PathBuf,
    /// What the child knows of its parent.
    pub link: ParentLink,
    /// What is wrong.
    pub fault: Arc<Fault>,
    /// The files that might have been the parent, and why each was refused.
    pub candidates: Vec<Refused>,
    /// What the operator does next, with the names of this chain.
    pub fix: String,
}

/// A file that might have been a parent and is not.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Where it is in its gate.
    pub path: PathBuf,
    /// How it came to be looked at.
    pub found_by: FoundBy,
    /// Why it was refused.
    pub fault: Arc<Fault>,
}

impl fmt::Display for BrokenLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.fault, f)
    }
}

impl BrokenLink {
    pub(crate) fn new(
        child: &Path,
        link: ParentLink,
        fault: Arc<Fault>,
        candidates: Vec<Refused>,
    ) -> Self {
        let fix = fix(child, &link, fault.code, &candidates);
        let child = child.to_owned();
        Self {
            child,
            link,
            fault,
            candidates,
            fix,
        }
    }
}

fn fix(child: &Path, link: &ParentLink, code: &Code, candidates: &[Refused]) -> String {
    let child = name_of(child);
    let parent = link.file_name().unwrap_or("the parent");
    let wanted = ids(&link.ids);
    let refused = candidates.iter().find(|refused| refused.fault.code == code);
    let other = refused.map_or(parent.into(), |refused| name_of(&refused.path));
    let accept = format!("--accept-parent '{child}={other}'");
    if code == &PARENT_DIFFERS {
        format!(
            "take {parent} with identifier {wanted} from the same backup run as {child}; if the \
             data of {other} were not changed since, open this one link with {accept}"
        )
    } else if code == &PARENT_AMBIGUOUS {
        // They may have one name: only a path tells them apart.
        let path = refused.map_or(other, |refused| refused.path.display().to_string());
        format!("move the wrong file away, or choose one: --accept-parent '{child}={path}'")
    } else if code == &CYCLE {
        format!(
            "{child} was relinked to a file that builds on it; find its parent in the backup and \
             choose it with --accept-parent '{child}=PARENT'"
        )
    } else if code == &TOO_LONG {
        "open a file further down the chain".to_owned()
    } else if code == &PARENT_UNREADABLE {
        format!("take {other} from the backup again; what {child} itself holds can still be read")
    } else if code == &SECTOR_SIZE || code == &PARENT_FORMAT {
        format!("{other} is not the parent: look for a file with identifier {wanted}")
    } else {
        format!(
            "put {parent} (identifier {wanted}{}) beside {child}, or give the folder it is in with \
             --search DIR",
            link.was_at()
        )
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

impl ParentLink {
    /// The parent's own name, as the child knows it.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.names().next()
    }

    /// Every name that the child has for its parent.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let paths = self.relative.iter().chain(&self.name).chain(&self.absolute);
        paths.filter_map(|path| last_name(path))
    }

    fn was_at(&self) -> String {
        let path = self.absolute.first();
        path.map_or(String::new(), |path| format!(", once at {path}"))
    }
}
