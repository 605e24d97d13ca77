//! A source looked through: which disk files and which machines it has.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use blockio::Cache;
use disk::{Accept, Finder, Folders, Survey, VirtualDisk};

use super::{Backup, Error, Family, Options, disks, notes};
use crate::guest;
use crate::vmset::{Assign, Hints, Machine, Map, Places, VmSet};

/// A source looked through, before a machine and a state are chosen.
pub struct Source {
    /// As the operator named it.
    path: PathBuf,
    folders: Arc<Folders>,
    pub(super) finder: Finder,
    pub(super) cache: Cache,
    pub(super) survey: Arc<Survey>,
    vms: Arc<VmSet>,
}

impl Source {
    /// Looks at every file of `path`, a folder, a configuration or one disk file, and of the folders to
    /// search.
    ///
    /// # Errors
    /// Where `path` is not there.
    pub fn look(path: &Path, options: &Options) -> Result<Self, Error> {
        if let Err(error) = std::fs::metadata(path) {
            return Err(Error::no_source(path, &error));
        }
        let cache = Cache::default();
        let root = root_of(path);
        let more: Vec<_> = options.map.iter().map(|(_, folder)| folder).collect();
        let more = options.search.iter().chain(more);
        let folders = more
            .clone()
            .fold(Folders::around(&root), |folders, dir| folders.search(dir));
        let folders = Arc::new(folders.allow_absolute(options.allow_absolute_parents));
        let accept = options.accept_parent.iter().map(|(child, parent)| Accept {
            child: child.into(),
            parent: parent.into(),
        });
        let finder = Finder::new(folders.clone(), &cache).accept(accept.collect());
        let survey = survey(&root, &finder, &cache);
        let vms = match root.is_dir() {
            false => VmSet::default(),
            true => {
                let roots: Vec<_> = [&root].into_iter().chain(more).cloned().collect();
                let written = |path: &Path| last_written(path, &finder, &cache);
                let places = Places {
                    roots: &roots,
                    finder: &finder,
                    survey: &survey,
                    written: &written,
                };
                VmSet::find(&places, &hints(options))
            }
        };
        Ok(Self {
            vms: Arc::new(vms),
            path: path.to_owned(),
            folders,
            finder,
            cache,
            survey: Arc::new(survey),
        })
    }

    /// # Errors
    /// Where the source is a configuration that cannot be read: the other machines of its folder are not
    /// what was asked for.
    pub fn check_readable(&self) -> Result<(), Error> {
        let mut unreadable = self.vms.unreadable.iter();
        let fault = unreadable.find(|(path, _)| super::state::is_same(path, &self.path));
        fault.map_or(Ok(()), |(_, fault)| Err(Arc::clone(fault).into()))
    }

    /// The machines of the source.
    #[must_use]
    pub fn vms(&self) -> &VmSet {
        &self.vms
    }

    /// The one machine that the operator means; `None` of a source that is a disk file, or that holds no
    /// machine at all.
    ///
    /// # Errors
    /// Where several fit, or none.
    pub fn machine(&self, options: &Options) -> Result<Option<&Machine>, Error> {
        let machines = self.machines(&options.vm, false)?;
        match &machines[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => Err(self.several(several.len())),
        }
    }

    /// The machines that `asked` means, each once. Without a word, `all` of them; or else the one whose
    /// configuration the source is, or the only one that has a configuration, or the disks without any.
    ///
    /// # Errors
    /// Where a word fits none, or a word that is no pattern several.
    pub fn machines(&self, asked: &[String], all: bool) -> Result<Vec<&Machine>, Error> {
        if asked.is_empty() {
            return self.unasked(all);
        }
        let mut found: Vec<&Machine> = Vec::new();
        for word in asked {
            let fitting = self.vms.named(word);
            let is_pattern = word.contains(['*', '?']);
            match &fitting[..] {
                [] => return Err(self.no_machine(word)),
                [_, _, ..] if !is_pattern => return Err(self.several(fitting.len())),
                _ => {}
            }
            let is_new = |machine: &&Machine| !found.iter().any(|old| std::ptr::eq(*old, *machine));
            let new: Vec<_> = fitting.into_iter().filter(is_new).collect();
            found.extend(new);
        }
        Ok(found)
    }

    fn unasked(&self, all: bool) -> Result<Vec<&Machine>, Error> {
        if let Some(machine) = self.by_configuration() {
            return Ok(vec![machine]);
        }
        let configured: Vec<_> = self.vms.configured().collect();
        match configured.len() {
            _ if all => Ok(self.vms.machines.iter().collect()),
            0 => Ok(self.vms.machines.iter().collect()),
            1 => Ok(configured),
            several => Err(self.several(several)),
        }
    }

    /// The machine whose configuration, or whose checkpoint's, was named as the source.
    fn by_configuration(&self) -> Option<&Machine> {
        let has = |machine: &&Machine| self.state_of_source(machine).is_some();
        self.vms.machines.iter().find(has)
    }

    /// The state of `machine` whose configuration was named as the source.
    pub(super) fn state_of_source(&self, machine: &Machine) -> Option<usize> {
        if self.path.is_dir() {
            return None;
        }
        machine.states.iter().position(|state| {
            let file = state.configuration.as_ref().map(|file| &*file.path);
            file.is_some_and(|file| super::state::is_same(file, &self.path))
        })
    }

    fn several(&self, count: usize) -> Error {
        Error::Ambiguous {
            what: format!("{count} machines fit; choose one with --vm"),
            candidates: self.vms.lines(),
        }
    }

    fn no_machine(&self, asked: &str) -> Error {
        Error::NoMachine {
            what: format!("no machine here is called '{asked}'"),
            candidates: self.vms.lines(),
        }
    }

    /// Opens `machine`, in the state that `options` ask for; without one, the disks of the source each by
    /// its own chain.
    ///
    /// # Errors
    /// Where it has no disk here, or the state does not exist or is not the only one that fits.
    pub fn open(&self, machine: Option<&Machine>, options: &Options) -> Result<Backup, Error> {
        let opened = disks::open(self, machine, options)?;
        let without_state = opened.without_state.clone();
        let mut backup = self.backup(machine, opened);
        if options.deleted {
            backup.show_deleted(&self.finder, &self.cache);
        }
        backup.notes = notes::collect(&backup, &without_state, options);
        Ok(backup)
    }

    /// Opens the state `number` of `machine`, whatever it is that tells of the state, and says nothing of it.
    #[must_use]
    pub fn open_state(&self, machine: &Machine, number: usize) -> Backup {
        self.backup(Some(machine), disks::open_state(self, machine, number))
    }

    fn backup(&self, machine: Option<&Machine>, opened: disks::Disks) -> Backup {
        let place = |machine: &Machine| {
            let mut machines = self.vms.machines.iter();
            machines.position(|found| std::ptr::eq(found, machine))
        };
        Backup {
            disks: opened.disks,
            survey: Arc::clone(&self.survey),
            vms: Arc::clone(&self.vms),
            chosen: machine.and_then(place).map(|place| (place, opened.state)),
            source: self.path.clone(),
            folders: Arc::clone(&self.folders),
            notes: Vec::new(),
            letters: OnceLock::new(),
        }
    }

    /// Whether it is one disk file.
    pub(super) fn is_disk(&self) -> bool {
        !self.path.is_dir() && !is_configuration(&self.path)
    }

    /// What finds the chains of its disks.
    #[must_use]
    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    /// Where its files are looked for: itself, or the folder of the machine whose configuration it is.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        root_of(&self.path)
    }

    /// The path as the operator named it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What the operator says of files.
fn hints(options: &Options) -> Hints {
    let map = |(from, to): &(String, PathBuf)| Map {
        from: from.clone(),
        to: to.clone(),
    };
    let assign = |(what, file): &(String, String)| Assign {
        what: what.clone(),
        file: file.into(),
    };
    Hints {
        maps: options.map.iter().map(map).collect(),
        assign: options.assign.iter().map(assign).collect(),
    }
}

/// When the guest last wrote as of the chain of this file, in 100 ns since 1601.
fn last_written(path: &Path, finder: &Finder, cache: &Cache) -> Option<u64> {
    let chain = finder.chain(path).ok()?;
    if chain.broken.is_some() {
        return None;
    }
    let state = Family::single(path).states.into_iter().next()?;
    let disk = Arc::new(VirtualDisk::salvage(chain));
    let opened = disks::volumes_of(0, &state, &disk, cache);
    let volumes = opened.volumes.iter();
    let times = volumes.filter_map(|volume| guest::last_written(&*volume.fs));
    let newest = times.map(|written| written.time.0).max()?;
    u64::try_from(newest).ok()
}

/// Where to look: of a configuration the folder of its machine, else the source itself.
fn root_of(path: &Path) -> PathBuf {
    if path.is_dir() || !is_configuration(path) {
        return path.to_owned();
    }
    // The parts of an exported machine lie in folders beside each other.
    let parts = ["virtual machines", "snapshots"];
    let is_part = |folder: &&Path| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        parts.contains(&&*name.to_lowercase())
    };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(&path);
    let above = Some(folder).filter(is_part).and_then(Path::parent);
    above.unwrap_or(folder).to_owned()
}

/// Whether the name is that of a configuration.
fn is_configuration(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    ["vmcx", "xml", "exp"].contains(&&*ending.to_lowercase())
}

/// Which disk files there are: in the whole folder, or beside the one file that was named.
fn survey(source: &Path, finder: &Finder, cache: &Cache) -> Survey {
    if source.is_dir() {
        return finder.survey();
    }
    Finder::new(Arc::new(Folders::beside(source)), cache).survey()
}
