//! The disk files at hand, by number: who is whose parent, and what their names are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use disk::{Finder, ParentFile, ParentLink, Survey};

use super::recorded::{Recorded, names_of};

/// The disk files of a survey, its VHD Sets behind them.
#[derive(Default)]
pub(crate) struct Disks {
    files: Vec<DiskFile>,
    by_name: HashMap<String, Vec<usize>>,
    by_path: HashMap<PathBuf, usize>,
    /// What children record of their parents, by the last name of it.
    recorded: HashMap<String, Vec<ParentRecord>>,
}

/// What a child records of its parent, which is here.
pub(crate) struct ParentRecord {
    /// The path or name.
    pub(crate) path: Recorded,
    /// The parent that its identifier leads to.
    pub(crate) parent: usize,
    /// The child.
    pub(crate) child: usize,
}

/// One of them.
#[derive(Default)]
pub(crate) struct DiskFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The names of its true path, lower case.
    pub(crate) names: Vec<String>,
    /// The file that it builds on, if that is here.
    pub(crate) parent: Option<usize>,
    /// Whether it builds on a file that is not here.
    pub(crate) lacks_parent: bool,
    /// What it knows of the file that it builds on.
    pub(crate) link: Option<ParentLink>,
    /// The files that build on it.
    pub(crate) children: Vec<usize>,
    /// Whether it cannot be opened.
    pub(crate) is_damaged: bool,
    /// Of a VHD Set, the file that holds its disk.
    pub(crate) backing: Option<usize>,
}

impl Disks {
    pub(crate) fn of(survey: &Survey, finder: &Finder) -> Self {
        let files = survey.files.iter().map(|file| {
            let summary = file.outcome.as_ref().ok();
            DiskFile {
                parent: match file.parent {
                    ParentFile::File(parent) => Some(parent),
                    ParentFile::None | ParentFile::Missing => None,
                },
                lacks_parent: file.parent == ParentFile::Missing,
                link: summary.and_then(|summary| summary.parent.clone()),
                children: file.children.clone(),
                is_damaged: summary.is_none(),
                ..DiskFile::at(&file.path, finder)
            }
        });
        let mut disks = Self::from_files(files.collect());
        for set in &survey.vhd_sets {
            disks.add_set(set, finder);
        }
        disks
    }

    pub(crate) fn from_files(files: Vec<DiskFile>) -> Self {
        let mut disks = Self::default();
        files.into_iter().for_each(|file| disks.push(file));
        disks
    }

    fn push(&mut self, file: DiskFile) {
        let child = self.files.len();
        if let Some(parent) = file.parent {
            for path in file.parents_recorded() {
                let records = self.recorded.entry(path.file_name().to_owned());
                records.or_default().push(ParentRecord {
                    path,
                    parent,
                    child,
                });
            }
        }
        let name = file.name().to_owned();
        self.by_name.entry(name).or_default().push(child);
        self.by_path.insert(file.path.clone(), child);
        self.files.push(file);
    }

    /// A VHD Set stands for its backing file, and builds on what that builds on.
    fn add_set(&mut self, set: &Path, finder: &Finder) {
        let backing = finder.chain(set).ok();
        let backing = backing.and_then(|chain| self.at(&chain.leaf().path));
        self.push(DiskFile {
            parent: backing.and_then(|number| self.get(number).parent),
            is_damaged: backing.is_none(),
            backing,
            ..DiskFile::at(set, finder)
        });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The file of this number.
    pub(crate) fn get(&self, number: usize) -> &DiskFile {
        &self.files[number]
    }

    /// The numbers of all files.
    pub(crate) fn numbers(&self) -> std::ops::Range<usize> {
        0..self.files.len()
    }

    /// The files of this name, upper and lower case aside.
    pub(crate) fn named(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// What children record of parents under this name, where the parent is here.
    pub(crate) fn recorded_as(&self, name: &str) -> &[ParentRecord] {
        self.recorded.get(name).map_or(&[], Vec::as_slice)
    }

    /// The file at `path`.
    pub(crate) fn at(&self, path: &Path) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// The file itself and those it builds on, one after the other.
    pub(crate) fn line(&self, number: usize) -> impl Iterator<Item = usize> {
        // A file that is its own ancestor must not hold us for ever.
        let parent = |number: &usize| self.get(*number).parent;
        std::iter::successors(Some(number), parent).take(self.len())
    }

    /// The file that the line of `number` begins with: what all of one tree have in common.
    pub(crate) fn base(&self, number: usize) -> usize {
        self.line(number).last().unwrap_or(number)
    }

    /// Whether it is a VHD Set, which holds no disk itself.
    pub(crate) fn is_set(&self, number: usize) -> bool {
        self.get(number).name().ends_with(".vhds")
    }

    /// Whether `ancestor` is in the line of `number`.
    pub(crate) fn builds_on(&self, number: usize, ancestor: usize) -> bool {
        self.line(number).any(|file| file == ancestor)
    }
}

impl DiskFile {
    pub(crate) fn at(path: &Path, finder: &Finder) -> Self {
        Self {
            path: path.to_owned(),
            names: names_of(&finder.gate().identity(path)),
            ..Self::default()
        }
    }

    /// Its own name, lower case.
    pub(crate) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// Its own name as it is written.
    pub(crate) fn written_name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Every path or name by which it knows the file that it builds on.
    pub(crate) fn parents_recorded(&self) -> impl Iterator<Item = Recorded> {
        let link = self.link.iter();
        link.flat_map(|link| link.absolute.iter().chain(&link.relative).chain(&link.name))
            .map(|path| Recorded::parse(path))
    }
}
