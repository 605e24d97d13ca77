//! A gate of files in memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Memory, ReadAt};
use testkit::vhdx;

use crate::{Gate, Listing, Step, steps};

#[derive(Clone, Default)]
pub(super) struct MemoryGate {
    files: BTreeMap<PathBuf, Arc<dyn ReadAt>>,
    pub(super) allow_absolute: bool,
}

impl MemoryGate {
    pub(super) fn with(self, path: &str, image: &vhdx::Image) -> Self {
        self.with_read_at(path, image.build().read_at())
    }

    pub(super) fn with_bytes(self, path: &str, bytes: Vec<u8>) -> Self {
        self.with_read_at(path, Arc::new(Memory::from(bytes)))
    }

    pub(super) fn with_read_at(mut self, path: &str, bytes: Arc<dyn ReadAt>) -> Self {
        self.files.insert(path.into(), bytes);
        self
    }
}

impl Gate for MemoryGate {
    fn list(&self) -> Listing {
        Listing {
            files: self.files.keys().cloned().collect(),
            notes: Vec::new(),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        let file = self.files.get(path).cloned();
        file.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn resolve(&self, child: &Path, relative: &str) -> Option<PathBuf> {
        let mut path = child.parent()?.to_owned();
        for step in steps(relative)? {
            match step {
                Step::Up => drop(path.pop()),
                Step::Into(name) => path.push(name),
            }
        }
        self.files.contains_key(&path).then_some(path)
    }

    fn resolve_absolute(&self, absolute: &str) -> Option<PathBuf> {
        let path = PathBuf::from(absolute);
        (self.allow_absolute && self.files.contains_key(&path)).then_some(path)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}
