//! All disk files of a gate, as trees of parents and children.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::Fault;
use uuid::Uuid;

pub use crate::index::Summary;
use crate::{Finder, Format, has_disk_name};

/// All disk files of a gate, and which builds on which.
///
/// Made from the files' identifiers alone; [`Finder::chain`] checks the rest of a link.
#[derive(Debug)]
pub struct Survey {
    /// In the order of their paths. Other fields and methods name a file by its place here.
    pub files: Vec<Surveyed>,
    /// VHD Sets; the disk of each is in a file of `files`.
    pub vhd_sets: Vec<PathBuf>,
    /// Every other file, by its name no disk.
    pub others: Vec<PathBuf>,
    /// What could not be looked at.
    pub notes: Vec<Fault>,
}

/// One disk file of a survey.
#[derive(Debug)]
pub struct Surveyed {
    /// Where it is in its gate.
    pub path: PathBuf,
    /// Bytes of the file.
    pub file_size: u64,
    /// What it is, or why it could not be opened.
    pub outcome: Result<Summary, Arc<Fault>>,
    /// The file that it builds on.
    pub parent: ParentFile,
    /// The files that build on it.
    pub children: Vec<usize>,
}

/// The file that a file builds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentFile {
    /// It needs none.
    None,
    /// This one.
    File(usize),
    /// None of them.
    Missing,
}

impl Survey {
    /// Files that no other builds on: the latest states, one of which is usually wanted.
    pub fn leaves(&self) -> impl Iterator<Item = usize> {
        self.numbers(|file| file.outcome.is_ok() && file.children.is_empty())
    }

    /// Files that build on none.
    pub fn bases(&self) -> impl Iterator<Item = usize> {
        self.numbers(|file| file.outcome.is_ok() && file.parent == ParentFile::None)
    }

    /// Files whose parent is not among them.
    pub fn orphans(&self) -> impl Iterator<Item = usize> {
        self.numbers(|file| file.parent == ParentFile::Missing)
    }

    /// Files that have a disk's name or mark and cannot be opened.
    pub fn damaged(&self) -> impl Iterator<Item = usize> {
        self.numbers(|file| file.outcome.is_err())
    }

    /// The leaves that build, directly or not, on the file `ancestor`, itself if nothing does.
    #[must_use]
    pub fn leaves_on(&self, ancestor: usize) -> Vec<usize> {
        let mut leaves = Vec::new();
        let mut seen = vec![false; self.files.len()];
        let mut open = vec![ancestor];
        while let Some(number) = open.pop() {
            let (Some(file), Some(seen)) = (self.files.get(number), seen.get_mut(number)) else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            match file.children.as_slice() {
                [] => leaves.push(number),
                children => open.extend(children),
            }
        }
        leaves.sort_unstable();
        leaves
    }

    fn numbers(&self, is: impl Fn(&Surveyed) -> bool) -> impl Iterator<Item = usize> {
        let files = self.files.iter().enumerate();
        files
            .filter(move |(_, file)| is(file))
            .map(|(number, _)| number)
    }
}

impl Finder {
    /// Looks at every disk file of the gate.
    #[must_use]
    pub fn survey(&self) -> Survey {
        let entries = &self.named().entries;
        let mut files: Vec<Surveyed> = entries
            .iter()
            .map(|entry| Surveyed {
                path: entry.path.clone(),
                file_size: entry.file_size,
                outcome: entry.outcome.clone(),
                parent: ParentFile::None,
                children: Vec::new(),
            })
            .collect();
        let by_id = by_id(&files);
        for number in 0..files.len() {
            let parent = self.parent_in(&files, &by_id, number);
            if let ParentFile::File(parent) = parent
                && let Some(parent) = files.get_mut(parent)
            {
                parent.children.push(number);
            }
            if let Some(file) = files.get_mut(number) {
                file.parent = parent;
            }
        }
        Survey {
            files,
            vhd_sets: self.vhd_sets(),
            others: self.others(),
            notes: self.listing().notes.clone(),
        }
    }

    fn vhd_sets(&self) -> Vec<PathBuf> {
        let files = self.listing().files.iter();
        let is_set = |path: &&PathBuf| crate::vhd_set::has_set_name(&crate::finder::name_of(path));
        files.filter(is_set).cloned().collect()
    }

    fn others(&self) -> Vec<PathBuf> {
        let files = self.listing().files.iter();
        let is_other = |path: &&PathBuf| !has_disk_name(&crate::finder::name_of(path));
        files.filter(is_other).cloned().collect()
    }

    /// Of the files with the right id, the one at the place that the child names, or the first.
    fn parent_in(&self, files: &[Surveyed], by_id: &ById, child: usize) -> ParentFile {
        let file = files.get(child);
        let summary = file.and_then(|file| file.outcome.as_ref().ok());
        let (Some(file), Some(summary)) = (file, summary) else {
            return ParentFile::None;
        };
        let Some(link) = &summary.parent else {
            return ParentFile::None;
        };
        let having = |id: &Uuid| by_id.get(&(summary.format, *id));
        let fitting = link
            .ids
            .iter()
            .find_map(having)
            .map_or(&[][..], Vec::as_slice);
        let mut fitting = fitting.iter().copied().filter(|number| *number != child);
        let named = self.named_place(&file.path, link.relative.as_deref());
        let is_named = |number: &usize| {
            let path = files
                .get(*number)
                .map(|file| self.gate().identity(&file.path));
            path.is_some() && path == named
        };
        match fitting.clone().find(is_named).or(fitting.next()) {
            Some(parent) => ParentFile::File(parent),
            None => ParentFile::Missing,
        }
    }

    fn named_place(&self, child: &Path, relative: Option<&str>) -> Option<PathBuf> {
        let path = self.gate().resolve(child, relative?)?;
        Some(self.gate().identity(&path))
    }
}

/// The places of the files that have an id, by it.
type ById = HashMap<(Format, Uuid), Vec<usize>>;

fn by_id(files: &[Surveyed]) -> ById {
    let mut by_id = ById::new();
    for (number, file) in files.iter().enumerate() {
        if let Ok(Summary {
            format,
            id: Some(id),
            ..
        }) = &file.outcome
        {
            by_id.entry((*format, *id)).or_default().push(number);
        }
    }
    by_id
}
