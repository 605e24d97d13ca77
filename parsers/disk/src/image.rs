//! One opened file of any format.

use std::io;
use std::sync::Arc;

use blockio::{Cache, Extent, Fault, Layer, ReadAt};
use uuid::Uuid;

use crate::detect::{Format, detect};
use crate::raw::Raw;

/// One opened disk file of any format.
pub enum Image {
    /// .vhdx, .avhdx
    Vhdx(vhdx::File),
    /// .vhd, .avhd
    Vhd(vhd::File),
    /// The disk's bytes and nothing else.
    Raw(Raw),
}

/// How a file keeps its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// All of it.
    Fixed,
    /// The blocks that were ever written.
    Dynamic,
    /// What differs from a parent.
    Differencing,
}

/// What a differencing disk knows of its parent, whatever its format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParentLink {
    /// The ids that the parent may have, best first.
    pub ids: Vec<Uuid>,
    /// Path from the child's folder, as Windows writes it.
    pub relative: Option<String>,
    /// Paths on the machine that made the child.
    pub absolute: Vec<String>,
    /// The parent's name alone, or a whole path.
    pub name: Option<String>,
}

impl Image {
    /// Opens `bytes` as the format that they are of. `name` is the file's own name.
    ///
    /// # Errors
    /// Where the file cannot be read or is damaged. A VHD Set is not opened: see
    /// [`Finder::chain`](crate::Finder::chain).
    pub fn open(bytes: Arc<dyn ReadAt>, name: &str, cache: &Cache) -> Result<Self, Arc<Fault>> {
        let format = detect(&*bytes, name).map_err(|error| Fault::from_io(&error, "disk file"))?;
        match format {
            Format::Vhdx => vhdx::File::open(bytes, name, cache)
                .map(Self::Vhdx)
                .map_err(|error| Arc::clone(error.fault())),
            Format::Vhd => vhd::File::open(bytes, name, cache)
                .map(Self::Vhd)
                .map_err(|error| Arc::clone(error.fault())),
            Format::VhdSet => Err(crate::vhd_set::no_disk(name).into()),
            Format::Raw => Ok(Self::Raw(Raw::new(bytes))),
        }
    }

    /// The file's format.
    #[must_use]
    pub fn format(&self) -> Format {
        match self {
            Self::Vhdx(_) => Format::Vhdx,
            Self::Vhd(_) => Format::Vhd,
            Self::Raw(_) => Format::Raw,
        }
    }

    /// How the file keeps its disk; a raw image is fixed.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Vhdx(file) => match file.kind() {
                vhdx::Kind::Fixed => Kind::Fixed,
                vhdx::Kind::Dynamic => Kind::Dynamic,
                vhdx::Kind::Differencing => Kind::Differencing,
            },
            Self::Vhd(file) => match file.kind() {
                vhd::Kind::Fixed => Kind::Fixed,
                vhd::Kind::Dynamic => Kind::Dynamic,
                vhd::Kind::Differencing => Kind::Differencing,
            },
            Self::Raw(_) => Kind::Fixed,
        }
    }

    /// The id by which a child knows this file: data write GUID or unique id.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Vhdx(file) => Some(file.data_write_guid()),
            Self::Vhd(file) => Some(file.unique_id()),
            Self::Raw(_) => None,
        }
    }

    /// What the file knows of its parent; `None` unless it is a differencing disk.
    #[must_use]
    pub fn parent(&self) -> Option<ParentLink> {
        match self {
            Self::Vhdx(file) => file.parent_locator().map(ParentLink::from),
            Self::Vhd(file) => file.parent().map(ParentLink::from),
            Self::Raw(_) => None,
        }
    }

    /// Bytes of a logical sector; 512 where the format does not say.
    #[must_use]
    pub fn logical_sector_size(&self) -> u32 {
        match self {
            Self::Vhdx(file) => file.logical_sector_size(),
            Self::Vhd(_) | Self::Raw(_) => vhd::SECTOR,
        }
    }

    /// Bytes of a payload block; `None` where the format has no blocks.
    #[must_use]
    pub fn block_size(&self) -> Option<u32> {
        match self {
            Self::Vhdx(file) => Some(file.block_size()),
            Self::Vhd(file) => file.block_size(),
            Self::Raw(_) => None,
        }
    }

    /// What wrote the file, where it says so.
    #[must_use]
    pub fn creator(&self) -> Option<&str> {
        let creator = match self {
            Self::Vhdx(file) => file.creator(),
            Self::Vhd(file) => file.creator(),
            Self::Raw(_) => "",
        };
        (!creator.is_empty()).then_some(creator)
    }

    /// What was wrong and could be made good while opening.
    #[must_use]
    pub fn notes(&self) -> &[Fault] {
        match self {
            Self::Vhdx(file) => file.notes(),
            Self::Vhd(file) => file.notes(),
            Self::Raw(_) => &[],
        }
    }

    /// What the replay of a pending log did; only a VHDX file has one.
    #[must_use]
    pub fn log_replay(&self) -> Option<&vhdx::LogReplay> {
        match self {
            Self::Vhdx(file) => file.log_replay(),
            Self::Vhd(_) | Self::Raw(_) => None,
        }
    }

    /// Bytes of the virtual disk that this file itself holds.
    ///
    /// # Errors
    /// Where its tables cannot be read.
    pub fn allocated(&self) -> io::Result<u64> {
        match self {
            Self::Vhdx(file) => file.allocated(),
            Self::Vhd(file) => file.allocated(),
            Self::Raw(raw) => Ok(raw.disk_size()),
        }
    }

    fn layer(&self) -> &dyn Layer {
        match self {
            Self::Vhdx(file) => file,
            Self::Vhd(file) => file,
            Self::Raw(raw) => raw,
        }
    }
}

impl Layer for Image {
    fn disk_size(&self) -> u64 {
        self.layer().disk_size()
    }

    fn extent_at(&self, offset: u64, max: u64) -> io::Result<Extent> {
        self.layer().extent_at(offset, max)
    }

    fn file(&self) -> &dyn ReadAt {
        self.layer().file()
    }
}

impl From<&vhdx::ParentLocator> for ParentLink {
    fn from(locator: &vhdx::ParentLocator) -> Self {
        let absolute = [&locator.absolute_win32_path, &locator.volume_path];
        Self {
            ids: [Some(locator.linkage), locator.linkage2]
                .into_iter()
                .flatten()
                .collect(),
            relative: locator.relative_path.clone(),
            absolute: absolute.into_iter().flatten().cloned().collect(),
            name: None,
        }
    }
}

impl From<&vhd::ParentLocator> for ParentLink {
    fn from(locator: &vhd::ParentLocator) -> Self {
        Self {
            ids: Some(locator.unique_id)
                .into_iter()
                .filter(|id| !id.is_nil())
                .collect(),
            relative: locator.relative.clone(),
            absolute: locator.absolute.iter().cloned().collect(),
            name: locator.name.clone(),
        }
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (format, kind) = (self.format(), self.kind());
        write!(f, "{format:?} {kind:?} {:?}", self.id())
    }
}
