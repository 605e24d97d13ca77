//! Which file of a gate has which id.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Cache, Fault, Layer};
use uuid::Uuid;

use crate::detect::{Format, has_disk_name, marked};
use crate::finder::name_of;
use crate::image::{Image, Kind, ParentLink};
use crate::{Gate, Listing};

/// What one look at a disk file tells.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The file's format.
    pub format: Format,
    /// How it keeps its disk.
    pub kind: Kind,
    /// The id by which children know it.
    pub id: Option<Uuid>,
    /// What it knows of its parent.
    pub parent: Option<ParentLink>,
    /// Size of the virtual disk in bytes.
    pub disk_size: u64,
}

impl From<&Image> for Summary {
    fn from(image: &Image) -> Self {
        Self {
            format: image.format(),
            kind: image.kind(),
            id: image.id(),
            parent: image.parent(),
            disk_size: image.disk_size(),
        }
    }
}

/// One disk file of a gate.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) identity: PathBuf,
    pub(crate) file_size: u64,
    pub(crate) outcome: Result<Summary, Arc<Fault>>,
}

/// The disk files of a gate. Files are opened one after the other and closed again.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) entries: Vec<Entry>,
}

impl Index {
    /// The files whose name is a disk's; a VHD Set is none.
    pub(crate) fn named(gate: &dyn Gate, listing: &Listing, cache: &Cache) -> Self {
        let paths = listing.files.iter().filter(|path| {
            let name = name_of(path);
            has_disk_name(&name) && !crate::vhd_set::has_set_name(&name)
        });
        let entries = paths.map(|path| look(gate, path, cache)).collect();
        Self { entries }
    }

    /// The other files that are disks by their content: renamed ones.
    pub(crate) fn renamed(gate: &dyn Gate, listing: &Listing, cache: &Cache) -> Self {
        let is_disk = |path: &&PathBuf| {
            let bytes = gate.open(path).ok();
            bytes.is_some_and(|bytes| matches!(marked(&*bytes), Ok(Some(_))))
        };
        let others = listing.files.iter().filter(|p| !has_disk_name(&name_of(p)));
        let paths = others.filter(is_disk);
        let entries = paths.map(|path| look(gate, path, cache)).collect();
        Self { entries }
    }

    /// The files of `format` that have the first of `ids` that any has.
    pub(crate) fn with_id(&self, ids: &[Uuid], format: Format) -> Vec<&Entry> {
        let having = |id: &Uuid| -> Vec<&Entry> {
            let has = |entry: &&Entry| {
                let summary = entry.outcome.as_ref().ok();
                summary.is_some_and(|s| s.format == format && s.id == Some(*id))
            };
            self.entries.iter().filter(has).collect()
        };
        ids.iter()
            .map(having)
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }
}

fn look(gate: &dyn Gate, path: &Path, cache: &Cache) -> Entry {
    let opened = gate
        .open(path)
        .map_err(|error| Fault::from_io(&error, "disk file"));
    let file_size = opened.as_ref().map_or(0, |bytes| bytes.size());
    let image = opened.and_then(|bytes| Image::open(bytes, &name_of(path), cache));
    Entry {
        path: path.to_owned(),
        identity: gate.identity(path),
        file_size,
        outcome: image.as_ref().map(Summary::from).map_err(Arc::clone),
    }
}
