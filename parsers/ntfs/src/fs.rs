//! The volume as a tree.

use std::sync::Arc;

use blockio::{Fault, ReadAt};
use tree::{
    Cursor, Details, DirEntry, DirIter, EntryIter, Error, FileSystem, GuestPath, Link, Metadata,
    Name, NodeId, StreamInfo, VolumeInfo,
};

use crate::codes;
use crate::content;
use crate::file::File;
use crate::file_name::FileName;
use crate::flaw::{Flaw, Result};
use crate::format::{attribute_type, record_number};
use crate::index::{Directory, IndexedName};
use crate::metadata::{file_names, streams};
use crate::reparse::ReparsePoint;
use crate::storage;
use crate::volume::{Inner, Volume};

/// Bytes of a reparse point's header, which its raw data goes without.
const REPARSE_HEADER: usize = 8;

impl FileSystem for Volume {
    fn info(&self) -> VolumeInfo {
        let volume = &self.0;
        let information = &volume.information;
        let version = information
            .version
            .map(|(major, minor)| format!(" {major}.{minor}"));
        VolumeInfo {
            kind: format!("NTFS{}", version.unwrap_or_default()),
            label: information.label.clone(),
            serial: volume.geometry.serial,
            size: volume.geometry.size,
            free: volume.free_space(),
            cluster_size: u32::try_from(volume.geometry.cluster_size).unwrap_or(u32::MAX),
            sector_size: volume.geometry.sector_size,
            dirty: information.dirty.clone(),
            notes: volume.notes.iter().map(|note| volume.named(note)).collect(),
        }
    }

    fn root(&self) -> NodeId {
        NodeId(record_number::ROOT)
    }

    fn metadata(&self, node: NodeId) -> Result<Metadata, Error> {
        let file = self.0.existing(node)?;
        self.0
            .metadata_of(&file)
            .map_err(|fault| self.0.error(&fault))
    }

    fn lookup(&self, dir: NodeId, name: &Name) -> Result<NodeId, Error> {
        let found = self.0.open_directory(dir)?.1.lookup(&name.to_utf16());
        let found = found
            .map_err(|fault| self.0.error(&fault))?
            .ok_or(Error::NotFound)?;
        let number = found.record();
        let life = self.0.mft.life(number).check(found);
        life.map_err(|fault| self.0.error(&fault))?;
        Ok(NodeId(number))
    }

    fn fold(&self, name: &Name) -> Name {
        Name::from_utf16(self.0.upcase.fold(&name.to_utf16()))
    }

    fn read_dir(&self, dir: NodeId, from: Cursor) -> Result<DirIter<'_>, Error> {
        let names = self.0.open_directory(dir)?.1.names(from);
        Ok(Box::new(names.map(|name| self.0.dir_entry(name))))
    }

    fn entries(&self, under: NodeId, path: &GuestPath) -> Result<EntryIter<'_>, Error> {
        tree::walk(self, under, path)
    }

    fn open(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error> {
        let file = self.0.existing(node)?;
        let name = stream.map(Name::to_utf16).unwrap_or_default();
        let opened = self.0.open_stream(&file, &name);
        opened
            .map_err(|fault| self.0.error(&fault))?
            .ok_or(Error::NotFound)
    }

    fn streams(&self, node: NodeId) -> Result<Vec<StreamInfo>, Error> {
        streams(&self.0.existing(node)?).map_err(|fault| self.0.error(&fault))
    }

    fn read_link(&self, node: NodeId) -> Result<Link, Error> {
        let file = self.0.existing(node)?;
        self.0
            .link_of(&file)
            .map_err(|fault| self.0.error(&fault))?
            .ok_or(Error::NotALink)
    }

    fn details(&self, node: NodeId) -> Result<Details, Error> {
        let file = self.0.existing(node)?;
        self.0
            .details_of(&file)
            .map_err(|fault| self.0.error(&fault))
    }
}

impl Inner {
    /// `fault` with the volume's name.
    pub(crate) fn named(&self, fault: &Arc<Fault>) -> Arc<Fault> {
        Arc::new(Fault::clone(fault).in_file(&self.name))
    }

    /// `fault` as the tree's error.
    pub(crate) fn error(&self, fault: &Arc<Fault>) -> Error {
        Error::Fault(self.named(fault))
    }

    /// The file `node`, which must be there.
    fn existing(&self, node: NodeId) -> Result<File, Error> {
        self.file(node)
            .map_err(|fault| self.error(&fault))?
            .ok_or(Error::NotFound)
    }

    fn open_directory(&self, node: NodeId) -> Result<(File, Directory), Error> {
        let file = self.existing(node)?;
        if !file.base().is_directory() {
            return Err(Error::NotADirectory);
        }
        let directory = self.directory(&file);
        Ok((file, directory))
    }

    /// A name of the index as the tree has it; its record must be in the life the index means.
    fn dir_entry(&self, name: Result<IndexedName>) -> Result<DirEntry, Error> {
        let name = name.map_err(|fault| self.error(&fault))?;
        let number = name.reference.record();
        let life = self.mft.life(number).check(name.reference);
        life.map_err(|fault| self.error(&fault))?;
        Ok(DirEntry {
            name: Name::from_utf16(name.name.iter().copied()),
            node: NodeId(number),
            next: name.next,
            unindexed: false,
        })
    }

    /// The stream `name` of `file`, unless its content is hidden; `None` where there is none.
    fn open_stream(&self, file: &File, name: &[u16]) -> Result<Option<Arc<dyn ReadAt>>> {
        let Some(data) = file.find(attribute_type::DATA, name)? else {
            return Ok(None);
        };
        let hidden = if name.is_empty() {
            let metadata = self.metadata_of(file)?;
            storage::hidden(metadata.storage, metadata.reparse_tag)
        } else {
            data.is_encrypted()
                .then(|| storage::hidden(tree::Storage::Efs, None))
                .flatten()
        };
        match hidden {
            Some(mut fault) => {
                fault.what = format!("file record {}: {}", file.number(), fault.what).into();
                Err(Arc::new(fault))
            }
            None => content::open(&data, &self.bytes, &self.geometry).map(Some),
        }
    }

    /// Where `file` points; `None` where it is no link.
    fn link_of(&self, file: &File) -> Result<Option<Link>> {
        let Some(value) = self.reparse_value(file)? else {
            return Ok(None);
        };
        let damage = || {
            let found = "has a reparse point whose names leave it";
            Flaw::new(&codes::REPARSE_POINT, found).in_record(file.number())
        };
        let point = ReparsePoint::parse(&value).ok_or_else(damage)?;
        match point.is_link() {
            true => point.link().map(Some).ok_or_else(damage),
            false => Ok(None),
        }
    }

    fn details_of(&self, file: &File) -> Result<Details> {
        let reparse = self.reparse_value(file)?;
        let reparse = reparse.and_then(|value| value.get(REPARSE_HEADER..).map(Arc::from));
        let short = file_names(file).find(FileName::is_dos_twin);
        let long = file_names(file).filter(|name| !name.is_dos_twin());
        Ok(Details {
            reparse,
            short_name: short.map(|name| name.name()),
            names: long
                .map(|name| (NodeId(name.parent.record()), name.name()))
                .collect(),
        })
    }
}
