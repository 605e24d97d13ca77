//! What was deleted and whose file records are still there, as a tree of its own.
//!
//! A record that is no longer in use keeps its names, its times and its data runs until it is used
//! again. Its directories are those that its names say, deleted themselves or live; what has none left
//! is below `[no folder]`. Of two that were in one place, the one changed last has the name.
//!
//! Nothing says whose the bytes in its clusters are by now, so [`Guarded`] loses all that another file
//! may own or the guest gave back; what is left is [`Deleted::Unverified`].
//!
//! | module | owns |
//! |---|---|
//! | `find` | the records |
//! | `places` | which directory each is in |
//! | `guarded` | which of its bytes may be its own |

mod find;
mod guarded;
mod places;

use std::collections::BTreeMap;
use std::sync::Arc;

use blockio::ReadAt;
use tree::{
    Cursor, Deleted, Details, DirEntry, DirIter, EntryIter, Error, FileSystem, GuestPath, Kind,
    Link, Metadata, Name, NodeId, StreamInfo, VolumeInfo,
};

use crate::file::File;
use crate::flaw::Result;
use crate::format::record_number;
use crate::metadata::streams;
use crate::volume::{Inner, Volume};

use guarded::Guarded;
use places::{NO_FOLDER, Place, Places};

/// Extension records of one file that are taken: as many as a list of attributes could name.
const MAX_EXTENSIONS: usize = 8192;

/// The deleted files of a volume as a tree.
struct View {
    /// The volume; live directories and descriptors come from there.
    live: Volume,
    /// The same, but clusters that are not free are lost.
    guarded: Inner,
    places: Places,
    /// Extension records by the base record that each says it is of.
    extensions: BTreeMap<u64, Vec<u64>>,
}

/// The deleted files of `volume`, found by reading all of $MFT.
///
/// # Errors
/// Where $Bitmap cannot be had, without which nobody can say which clusters are in use again.
pub(crate) fn deleted(volume: &Volume) -> Result<Arc<dyn FileSystem>> {
    let inner = &volume.0;
    let bitmap = inner.system_stream(record_number::BITMAP)?;
    let source = Arc::new(Guarded::new(inner, bitmap));
    let records = find::deleted(inner);
    Ok(Arc::new(View {
        live: volume.clone(),
        guarded: inner.over(source),
        places: Places::of(inner, records.files),
        extensions: records.extensions,
    }))
}

impl View {
    /// Where `node` is, if it is in this tree.
    fn place(&self, node: NodeId) -> Result<Place, Error> {
        self.places.get(node.0).ok_or(Error::NotFound)
    }

    /// The deleted file `node`.
    fn file(&self, node: NodeId) -> Result<File, Error> {
        let base = self.guarded.mft.record(node.0);
        let base = base.map_err(|fault| self.guarded.error(&fault))?;
        let numbers = self.extensions.get(&node.0).into_iter().flatten();
        let extensions = numbers.filter_map(|number| {
            let extension = self.guarded.mft.record(*number).ok()?;
            let owner = extension.view().base()?;
            owner
                .meant_freed(base.view().sequence())
                .then_some(extension)
        });
        let extensions = extensions.take(MAX_EXTENSIONS).collect();
        Ok(File::join_deleted(base, extensions))
    }
}

impl FileSystem for View {
    fn info(&self) -> VolumeInfo {
        self.live.info()
    }

    fn root(&self) -> NodeId {
        self.live.root()
    }

    fn metadata(&self, node: NodeId) -> Result<Metadata, Error> {
        match self.place(node)? {
            Place::Live => self.live.metadata(node),
            Place::NoFolder => Ok(Metadata {
                kind: Kind::Directory,
                links: 1,
                ..Metadata::default()
            }),
            Place::Deleted => {
                let metadata = self.guarded.metadata_of(&self.file(node)?);
                let metadata = metadata.map_err(|fault| self.guarded.error(&fault))?;
                Ok(Metadata {
                    deleted: Some(Deleted::Unverified),
                    ..metadata
                })
            }
        }
    }

    fn lookup(&self, dir: NodeId, name: &Name) -> Result<NodeId, Error> {
        let children = self.places.children(dir.0).ok_or(Error::NotADirectory)?;
        let exact = children.iter().find(|child| child.name == *name);
        let folded = self.fold(name);
        let alike = || children.iter().find(|child| child.folded == folded);
        let found = exact.or_else(alike).ok_or(Error::NotFound)?;
        Ok(NodeId(found.node))
    }

    fn fold(&self, name: &Name) -> Name {
        self.live.fold(name)
    }

    fn read_dir(&self, dir: NodeId, from: Cursor) -> Result<DirIter<'_>, Error> {
        let children = self.places.children(dir.0).ok_or(Error::NotADirectory)?;
        let first = usize::try_from(from.0).unwrap_or(usize::MAX);
        let rest = children.get(first..).unwrap_or_default();
        Ok(Box::new(rest.iter().zip(from.0..).map(|(child, at)| {
            Ok(DirEntry {
                name: child.name.clone(),
                node: NodeId(child.node),
                next: Cursor(at.saturating_add(1)),
                unindexed: true,
            })
        })))
    }

    fn entries(&self, under: NodeId, path: &GuestPath) -> Result<EntryIter<'_>, Error> {
        tree::walk(self, under, path)
    }

    fn open(&self, node: NodeId, stream: Option<&Name>) -> Result<Arc<dyn ReadAt>, Error> {
        match self.place(node)? {
            Place::Deleted => {
                let name = stream.map(Name::to_utf16).unwrap_or_default();
                let opened = self.guarded.open_stream(&self.file(node)?, &name);
                opened
                    .map_err(|fault| self.guarded.error(&fault))?
                    .ok_or(Error::NotFound)
            }
            Place::Live | Place::NoFolder => Err(Error::NotFound),
        }
    }

    fn streams(&self, node: NodeId) -> Result<Vec<StreamInfo>, Error> {
        match self.place(node)? {
            Place::Deleted => {
                let file = self.file(node)?;
                let tag = self.guarded.reparse_tag(&file).unwrap_or_default();
                Ok(streams(&file, tag))
            }
            // What a live directory has beside its entries is not deleted.
            Place::Live | Place::NoFolder => Ok(Vec::new()),
        }
    }

    fn read_link(&self, node: NodeId) -> Result<Link, Error> {
        match self.place(node)? {
            Place::Deleted => {
                let link = self.guarded.link_of(&self.file(node)?);
                link.map_err(|fault| self.guarded.error(&fault))?
                    .ok_or(Error::NotALink)
            }
            Place::Live | Place::NoFolder => Err(Error::NotALink),
        }
    }

    fn security(&self, node: NodeId) -> Result<Option<Arc<[u8]>>, Error> {
        match self.place(node)? {
            Place::Live => self.live.security(node),
            Place::NoFolder => Ok(None),
            Place::Deleted => {
                let security = self.live.0.security_of(&self.file(node)?);
                security.map_err(|fault| self.guarded.error(&fault))
            }
        }
    }

    fn details(&self, node: NodeId) -> Result<Details, Error> {
        match self.place(node)? {
            Place::Live => self.live.details(node),
            Place::NoFolder => Ok(Details::default()),
            Place::Deleted => Ok(self.guarded.details_of(&self.file(node)?)),
        }
    }
}

/// The name of the directory for what has none left.
fn no_folder_name() -> Name {
    Name::from(NO_FOLDER)
}
