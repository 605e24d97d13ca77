//! Folders of this machine as a gate.

mod walk;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use blockio::{Fault, HostFile, ReadAt};

use crate::codes::NOT_A_FILE;
use crate::gate::{Gate, Listing};
use crate::windows_path::{Step, steps};

/// Folders of this machine: the one that holds the source, and those of `--search`.
#[derive(Default)]
pub struct Folders {
    roots: Vec<Root>,
    allow_absolute: bool,
    opened: Mutex<HashMap<PathBuf, Weak<HostFile>>>,
}

/// A folder that is searched.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    /// How many levels of folders in it are searched too.
    depth: usize,
}

impl Folders {
    /// The folder `source`, or the one that the file `source` is in.
    ///
    /// Raises the limit of open files: a chain may have 1,000.
    #[must_use]
    pub fn around(source: &Path) -> Self {
        blockio::raise_open_file_limit();
        let root = if source.is_dir() {
            source.to_owned()
        } else {
            folder_of(source)
        };
        Self {
            roots: vec![Root::whole(&root)],
            ..Self::default()
        }
    }

    /// The folder that the file `source` is in, without the folders in it: what a look at one disk
    /// may cost where that disk lies in a large tree.
    #[must_use]
    pub fn beside(source: &Path) -> Self {
        let path = folder_of(source);
        Self {
            roots: vec![Root { path, depth: 0 }],
            ..Self::default()
        }
    }

    /// Searches `folder` and what is under it too.
    #[must_use]
    pub fn search(mut self, folder: &Path) -> Self {
        self.roots.push(Root::whole(folder));
        self
    }

    /// Whether absolute paths in parent locators are followed. They are not, unless told so: on the
    /// machine that the backup was made on they lead to the disk in use.
    #[must_use]
    pub fn allow_absolute(mut self, allow: bool) -> Self {
        self.allow_absolute = allow;
        self
    }

    /// The files that were opened and are still in use, to tell whether one has changed meanwhile.
    #[must_use]
    pub fn opened(&self) -> Vec<Arc<HostFile>> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files: Vec<_> = opened.values().filter_map(Weak::upgrade).collect();
        files.sort_by(|a, b| a.path().cmp(b.path()));
        files
    }
}

impl Root {
    fn whole(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            depth: walk::MAX_DEPTH,
        }
    }
}

impl Gate for Folders {
    fn list(&self) -> Listing {
        walk::list(&self.roots)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        check_is_file(path)?;
        let key = self.identity(path);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = opened.get(&key).and_then(Weak::upgrade) {
            return Ok(file);
        }
        let file = Arc::new(HostFile::open(path)?);
        opened.insert(key, Arc::downgrade(&file));
        Ok(file)
    }

    fn resolve(&self, child: &Path, relative: &str) -> Option<PathBuf> {
        let mut path = folder_of(child);
        for step in steps(relative)? {
            match step {
                Step::Up => go_up(&mut path),
                Step::Into(name) => path = find_in(&path, name)?,
            }
        }
        path.is_file().then_some(path)
    }

    fn resolve_absolute(&self, absolute: &str) -> Option<PathBuf> {
        let path = PathBuf::from(absolute);
        (self.allow_absolute && path.is_absolute() && path.is_file()).then_some(path)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }
}

/// The folder that `path` is in.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        Some(_) => PathBuf::from("."),
        None => path.to_owned(),
    }
}

/// As Windows does it: the last name goes, whatever it is a link to.
fn go_up(path: &mut PathBuf) {
    match path.components().next_back() {
        Some(Component::Normal(_)) => drop(path.pop()),
        Some(Component::RootDir | Component::Prefix(_)) => {}
        Some(Component::CurDir) | None => *path = PathBuf::from(".."),
        Some(Component::ParentDir) => path.push(".."),
    }
    if path == Path::new("") {
        path.push(".");
    }
}

/// What has this name in `folder`: exactly, or else but for the case of letters.
fn find_in(folder: &Path, name: &str) -> Option<PathBuf> {
    let exact = folder.join(name);
    if exact.exists() {
        return Some(exact);
    }
    let wanted = name.to_lowercase();
    let same = |found: &OsStr| found.to_str().is_some_and(|f| f.to_lowercase() == wanted);
    let mut names = fs::read_dir(folder).ok()?.map_while(Result::ok);
    names
        .find(|entry| same(&entry.file_name()))
        .map(|entry| entry.path())
}

/// A pipe would block for ever, a folder has no bytes.
fn check_is_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if !(metadata.is_file() || is_block_device(&metadata)) => {
            Err(Fault::unsupported(&NOT_A_FILE, "source")
                .expected("a regular file or a block device")
                .found("a pipe, a character device, a socket or a folder")
                .in_file(&path.display().to_string())
                .into())
        }
        // What cannot be looked at is reported by opening it.
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn is_block_device(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_block_device(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_block_device(_: &Metadata) -> bool {
    false
}
