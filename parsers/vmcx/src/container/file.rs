//! A container, read.

use blockio::{Fault, ReadAt};

use super::entry::{Entry, Slot};
use super::header::ActiveHeader;
use super::image::Image;
use super::key_table::{self, KeyTable};
use super::notes::{Counts, Notes};
use super::object_table::{self, Object};
use super::{link, replay};
use crate::{Error, Node};

/// A container, read: its tree of keys and what is wrong with it.
#[derive(Clone, Debug)]
pub struct File {
    root: Node,
    notes: Vec<Fault>,
    counts: Counts,
    version: u32,
}

impl File {
    /// Reads the container in `bytes`, which messages call `name`.
    ///
    /// The replay log is applied in memory. Tables are read where they are, and large values are
    /// left out ([`Value::Large`](crate::Value::Large)), so that the size of the file does not matter.
    ///
    /// # Errors
    /// Where there is no tree to be had: no usable header or first table, another version, more keys
    /// than any machine has. Anything less is in [`Self::notes`].
    pub fn open(bytes: &dyn ReadAt, name: &str) -> Result<Self, Error> {
        Self::read(bytes, name).map_err(|fault| fault.in_file(name).into())
    }

    fn read(bytes: &dyn ReadAt, name: &str) -> Result<Self, Fault> {
        let mut notes = Notes::default();
        let parts = Parts::read(bytes, &mut notes)?;
        let root = link::tree(parts.keys, &mut notes);
        Ok(Self {
            root,
            counts: notes.counts,
            notes: notes.into_faults(name),
            version: parts.header.version,
        })
    }

    /// The root: it has no name, and below it are the keys of the file, such as `configuration`.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The root, to keep.
    #[must_use]
    pub fn into_root(self) -> Node {
        self.root
    }

    /// What is wrong with the file and did not keep it from being read.
    #[must_use]
    pub fn notes(&self) -> &[Fault] {
        &self.notes
    }

    /// How many checksums were right and how many wrong.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Version of the container, not of the machine: 0x400 for 4.0.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }
}

/// A container taken apart.
pub(crate) struct Parts<'a> {
    pub(crate) image: Image<'a>,
    pub(crate) header: ActiveHeader,
    pub(crate) objects: Vec<Object>,
    pub(crate) tables: Vec<KeyTable>,
    pub(crate) keys: Vec<Entry>,
    pub(crate) free: Vec<Slot>,
}

impl<'a> Parts<'a> {
    pub(crate) fn read(bytes: &'a dyn ReadAt, notes: &mut Notes) -> Result<Self, Fault> {
        let image = Image::new(bytes);
        let header = ActiveHeader::read(&image, notes)?;
        let patches = replay::patches(&image, &header, notes);
        let image = image.patched(patches);
        let objects = object_table::read(&image, &header, notes)?;
        let tables = key_table::tables(&image, &objects, notes);
        let entries = key_table::entries(&image, &tables, notes)?;
        Ok(Self {
            image,
            header,
            objects,
            tables,
            keys: entries.keys,
            free: entries.free,
        })
    }
}
