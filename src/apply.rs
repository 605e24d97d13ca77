//! Puts the metadata of an extraction back: a [sidecar](crate::sidecar) onto the folder it is about.
//!
//! The file is read twice: first for the descriptors and for which line is the last one about each
//! place, then line by line. Files and links come first and folders last, the deepest first, so that
//! nothing that is done in a folder changes its times, and no folder is closed to us before what is in
//! it is done. Memory is a few bytes an item, and the descriptors.
//!
//! | file | owns |
//! |---|---|
//! | `index.rs` | the lines of a manifest, and which of them count |
//! | `restore.rs` | one item |
//! | `descriptors.rs` | security descriptors: inherited entries, other SIDs, who is unknown here |
//! | `streams.rs` | named streams that lie beside their file |
//! | `sid_map.rs` | [`SidMap`]: which SID takes the place of which |

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use blockio::Code;

use crate::hostfs::{Calls, Dir, Parts, Platform};
use crate::sidecar::read::{Item, Line};

pub mod codes;
mod descriptors;
mod index;
mod restore;
mod sid_map;
mod streams;

pub use sid_map::SidMap;

use index::{Index, Manifest};
use restore::Restorer;

/// What is done about security descriptors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AclMode {
    /// As they were; on Windows protected from what the folders above would pass on.
    #[default]
    Exact,
    /// The entries that were set on the item itself, and what its new parent passes on. Windows only.
    Inherit,
    /// Left as they are.
    None,
}

/// How metadata is put back.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is done about security descriptors.
    pub acl: AclMode,
    /// Which SIDs take the place of others.
    pub sids: SidMap,
    /// Whether links that the extraction left out are made now, as the guest had them.
    pub links: bool,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
}

/// What became of one line.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The line's number in the manifest, from 1.
    pub line: u64,
    /// The place in the folder, as the manifest has it; none of a line that cannot be read.
    pub to: Option<String>,
    /// What was put back, or would be.
    pub kept: Parts,
    /// What was not, and why.
    pub problems: Vec<Problem>,
}

/// What could not be put back, and why.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The stable code.
    pub code: &'static Code,
    /// The particulars, in a clause.
    pub message: String,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Items put back, in whole or in part.
    pub items: u64,
    /// Lines or parts of items that could not be.
    pub problems: u64,
    /// The code of the first of them.
    pub first: Option<&'static Code>,
    /// Parts that some item has and this file system does not hold.
    pub not_held: Parts,
    /// SIDs that were given to something and are nobody's here; empty where that cannot be asked.
    pub unresolved: Vec<String>,
    /// Whether the operator interrupted.
    pub interrupted: bool,
}

impl Problem {
    pub(crate) fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Puts back onto `dir` what `manifest` says, until `cancel` is set; `tell` gets what became of each
/// item.
///
/// # Errors
/// Where the manifest or the folder cannot be opened, or the manifest is of a later format.
pub fn run(
    manifest: &Path,
    dir: &Path,
    options: &Options,
    cancel: &AtomicBool,
    tell: &mut dyn FnMut(&Applied),
) -> Result<Summary, Problem> {
    run_with(manifest, dir, options, &Platform, cancel, tell)
}

/// The same, with something else in the platform's place.
pub(crate) fn run_with(
    manifest: &Path,
    dir: &Path,
    options: &Options,
    calls: &dyn Calls,
    cancel: &AtomicBool,
    tell: &mut dyn FnMut(&Applied),
) -> Result<Summary, Problem> {
    let cannot = |path: &Path, error: &io::Error| {
        Problem::new(&codes::CANNOT_OPEN, format!("{}: {error}", path.display()))
    };
    let mut manifest_file = Manifest::open(manifest).map_err(|error| cannot(manifest, &error))?;
    let index = Index::build(&mut manifest_file).map_err(|error| cannot(manifest, &error))?;
    if let Some(format) = index.later_format {
        let message =
            format!("the manifest is of format {format}, which is read by a later version");
        return Err(Problem::new(&codes::CANNOT_OPEN, message));
    }
    let root = Dir::open(dir).map_err(|error| cannot(dir, &error))?;
    let mut run = Run {
        restorer: Restorer::new(root, calls, options, &index),
        summary: Summary::default(),
        cancel,
        tell,
    };
    for applied in &index.unusable {
        run.settle(applied.clone());
    }
    run.all(&mut manifest_file, &index)
        .map_err(|error| cannot(manifest, &error))?;
    Ok(run.end())
}

struct Run<'a> {
    restorer: Restorer<'a>,
    summary: Summary,
    cancel: &'a AtomicBool,
    tell: &'a mut dyn FnMut(&Applied),
}

impl Run<'_> {
    /// Files and links in their order, then the folders backwards.
    fn all(&mut self, manifest: &mut Manifest, index: &Index) -> io::Result<()> {
        manifest.rewind()?;
        let mut folders = Vec::new();
        while let Some(line) = manifest.next_line()? {
            if self.is_over() {
                return Ok(());
            }
            if !index.counts(line.start) {
                continue;
            }
            match line.parse() {
                Ok(Line::Item(item)) if item.kind == "dir" => folders.push(line.start),
                Ok(Line::Item(item)) => self.item(line.number, &item),
                _ => {}
            }
        }
        for start in folders.into_iter().rev() {
            if self.is_over() {
                return Ok(());
            }
            let number = index.number_of(start);
            if let Some(line) = manifest.line_at(start)?
                && let Ok(Line::Item(item)) = line.parse()
            {
                self.item(number, &item);
            }
        }
        Ok(())
    }

    fn is_over(&mut self) -> bool {
        self.summary.interrupted = self.cancel.load(Ordering::Relaxed);
        self.summary.interrupted
    }

    fn item(&mut self, line: u64, item: &Item) {
        let applied = self.restorer.restore(line, item);
        self.settle(applied);
    }

    fn settle(&mut self, applied: Applied) {
        self.summary.items += u64::from(!applied.kept.is_empty());
        self.summary.problems += applied.problems.len() as u64;
        let first = applied.problems.first().map(|problem| problem.code);
        self.summary.first = self.summary.first.or(first);
        (self.tell)(&applied);
    }

    fn end(self) -> Summary {
        let mut summary = self.summary;
        summary.not_held = self.restorer.not_held();
        summary.unresolved = self.restorer.unresolved();
        summary
    }
}

#[cfg(test)]
mod tests;
