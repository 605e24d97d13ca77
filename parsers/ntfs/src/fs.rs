//! The volume as a tree.

use std::sync::Arc;

use blockio::{Fault, ReadAt};
use tree::{
    Cursor, Details, DirIter, EntryIter, Error, FileSystem, GuestPath, Link, Metadata, Name,
    NodeId, Storage, StreamInfo, VolumeInfo,
};

use crate::codes;
use crate::content;
use crate::file::File;
use crate::flaw::{Flaw, Result};
use crate::format::{attribute_type, record_number};
use crate::listing::{Listing, is_possible};
use crate::metadata::streams;
use crate::reference::FileReference;
use crate::reparse::ReparsePoint;
use crate::storage;
use crate::volume::{Inner, Volume};

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
            notes: volume
                .notes()
                .iter()
                .map(|note| volume.named(note))
                .collect(),
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
        self.0.find_in(dir, name)
    }

    fn fold(&self, name: &Name) -> Name {
        Name::from_utf16(self.0.upcase.fold(&name.to_utf16()))
    }

    fn read_dir(&self, dir: NodeId, from: Cursor) -> Result<DirIter<'_>, Error> {
        self.0
            .list(dir, from)
            .map(|listing| -> DirIter<'_> { Box::new(listing) })
    }

    fn entries(&self, under: NodeId, path: &GuestPath) -> Result<EntryIter<'_>, Error> {
        crate::entries::below(self, under, path)
    }

    fn open(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error> {
        let file = self.0.existing(node)?;
        let name = stream.map(Name::to_utf16).unwrap_or_default();
        let opened = self.0.open_stream(&file, &name);
        opened
            .map_err(|fault| self.0.error(&fault))?
            .ok_or(Error::NotFound)
    }

    fn open_stored(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error> {
        let file = self.0.existing(node)?;
        let name = stream.map(Name::to_utf16).unwrap_or_default();
        let opened = self.0.open_stored(&file, &name);
        opened
            .map_err(|fault| self.0.error(&fault))?
            .ok_or(Error::NotFound)
    }

    fn streams(&self, node: NodeId) -> Result<Vec<StreamInfo>, Error> {
        let file = self.0.existing(node)?;
        let tag = self.0.reparse_tag(&file).unwrap_or_default();
        Ok(streams(&file, tag))
    }

    fn read_link(&self, node: NodeId) -> Result<Link, Error> {
        let file = self.0.existing(node)?;
        self.0
            .link_of(&file)
            .map_err(|fault| self.0.error(&fault))?
            .ok_or(Error::NotALink)
    }

    fn security(&self, node: NodeId) -> Result<Option<Arc<[u8]>>, Error> {
        let file = self.0.existing(node)?;
        self.0
            .security_of(&file)
            .map_err(|fault| self.0.error(&fault))
    }

    fn deleted(&self) -> Result<Option<Arc<dyn FileSystem>>, Error> {
        let deleted = crate::deleted::deleted(self);
        deleted.map(Some).map_err(|fault| self.0.error(&fault))
    }

    fn details(&self, node: NodeId) -> Result<Details, Error> {
        let file = self.0.existing(node)?;
        let details = self.0.details_of(&file);
        let lost = details.lost.iter().map(|fault| self.0.named(fault));
        Ok(Details {
            lost: lost.collect(),
            ..details
        })
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

    /// The entries of `dir`, also where its record is damaged and others tell what is in it.
    fn list(&self, dir: NodeId, from: Cursor) -> Result<Listing<'_>, Error> {
        let file = match self.file(dir) {
            Ok(file) => file.ok_or(Error::NotFound)?,
            Err(fault) => {
                let found = Listing::of_damaged(self, dir.0, Arc::clone(&fault), from);
                return found.ok_or_else(|| self.error(&fault));
            }
        };
        if !file.base().is_directory() {
            return Err(Error::NotADirectory);
        }
        Ok(Listing::new(self, file, from))
    }

    /// The node that `name` names in `dir`: by its index, or, where that is damaged on the way to the
    /// name, by the files' own records.
    fn find_in(&self, dir: NodeId, name: &Name) -> Result<NodeId, Error> {
        let found = match self.file(dir) {
            Ok(Some(file)) if file.base().is_directory() && !is_possible(name.as_bytes()) => {
                Ok(None)
            }
            Ok(None) => return Err(Error::NotFound),
            Ok(Some(file)) if !file.base().is_directory() => return Err(Error::NotADirectory),
            Ok(Some(file)) => self.named_in(&file, name),
            Err(fault) => Err(fault),
        };
        match found {
            Ok(None) => Err(Error::NotFound),
            Ok(Some(reference)) => {
                let life = self.mft.life(reference.record()).check(reference);
                life.map_err(|fault| self.error(&fault))?;
                Ok(NodeId(reference.record()))
            }
            Err(fault) => {
                let found = self.find_unindexed(dir.0, name);
                found.map(NodeId).ok_or_else(|| self.error(&fault))
            }
        }
    }

    /// What `name` names in the index of the directory `file`.
    fn named_in(&self, file: &File, name: &Name) -> Result<Option<FileReference>> {
        let directory = self.directory(file);
        let found = directory.lookup(&name.to_utf16())?;
        found.map_or(Ok(()), |found| directory.check(found))?;
        Ok(found)
    }

    /// The stream `name` of `file`, unless its content is hidden; `None` where there is none.
    pub(crate) fn open_stream(&self, file: &File, name: &[u16]) -> Result<Option<Arc<dyn ReadAt>>> {
        let is_content = name.is_empty() && !file.base().is_directory();
        let content = is_content.then(|| self.metadata_of(file)).transpose()?;
        let hidden = content.as_ref().and_then(|it| self.hidden(file, it));
        if let Some(fault) = hidden {
            return Err(Arc::new(fault));
        }
        let Some(data) = file.find(attribute_type::DATA, name)? else {
            return Ok(None);
        };
        if content.is_some_and(|it| it.storage == Storage::Wof) {
            return self.open_wof(file, data.sizes().size).map(Some);
        }
        if !is_content && data.is_encrypted() {
            let fault = storage::hidden(file.number(), Storage::Efs, None);
            let fault = fault.map(|fault| self.with_holders(fault, file));
            return fault.map_or(Ok(None), |fault| Err(Arc::new(fault)));
        }
        content::open(&data, &self.bytes, &self.geometry, &self.name).map(Some)
    }

    /// Why the content of `file` cannot be read, where something hides it.
    fn hidden(&self, file: &File, metadata: &Metadata) -> Option<Fault> {
        let (storage, tag) = (metadata.storage, metadata.reparse_tag);
        let fault = storage::hidden(file.number(), storage, tag)?;
        Some(match storage {
            Storage::Efs => self.with_holders(fault, file),
            _ => fault,
        })
    }

    /// The stream `name` of `file` as its clusters hold it; `None` where there is none.
    fn open_stored(&self, file: &File, name: &[u16]) -> Result<Option<Arc<dyn ReadAt>>> {
        let data = file.find(attribute_type::DATA, name)?;
        let open = |data| content::open_stored(&data, &self.bytes, &self.geometry, &self.name);
        data.map(open).transpose()
    }

    /// Where `file` points; `None` where it is no link.
    pub(crate) fn link_of(&self, file: &File) -> Result<Option<Link>> {
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
}
