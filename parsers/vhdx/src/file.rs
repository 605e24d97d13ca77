//! One opened file: from bytes to a layer. MS-VHDX 2.1

use std::num::NonZeroU64;
use std::sync::Arc;

use blockio::{Cache, Cached, Fault, ReadAt};
use uuid::Uuid;
use zerocopy::FromBytes;

use crate::bat::Bat;
use crate::codes::NOT_VHDX;
use crate::format::{FILE_SIGNATURE, FileIdentifier};
use crate::header::{self, ActiveHeader};
use crate::log::{self, LogReplay};
use crate::metadata::Metadata;
use crate::region::Regions;
use crate::{Error, ParentLocator, structure};

/// What kind of disk a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Every block has its place in the file from the beginning.
    Fixed,
    /// Blocks get a place when they are first written.
    Dynamic,
    /// Holds what changed since its parent; the rest is the parent's.
    Differencing,
}

/// One .vhdx or .avhdx file, opened for reading. Its pending log, if any, is replayed in memory.
///
/// Opening reads the headers, the log where one is pending, and the metadata; BAT entries and
/// sector bitmaps are read when they are asked for, through the cache.
pub struct File {
    /// The file, its log applied.
    pub(crate) container: Arc<dyn ReadAt>,
    /// The same, read through the cache: for BAT and sector bitmaps.
    pub(crate) cached: Cached<Arc<dyn ReadAt>>,
    /// Where the bytes that the file really has end.
    pub(crate) end: u64,
    pub(crate) regions: Regions,
    pub(crate) metadata: Metadata,
    pub(crate) bat: Bat,
    name: Arc<str>,
    creator: String,
    header: ActiveHeader,
    log_replay: Option<LogReplay>,
    notes: Vec<Fault>,
}

/// Whether a file that begins with these bytes is a VHDX file. Eight bytes are enough.
#[must_use]
pub fn is_vhdx(first_bytes: &[u8]) -> bool {
    first_bytes.starts_with(&FILE_SIGNATURE)
}

impl File {
    /// Opens the file that `bytes` are.
    ///
    /// `name` is the file's name for messages; `cache` keeps pages of its tables.
    ///
    /// # Errors
    /// Where the file is no VHDX, or so damaged that no byte of its disk can be trusted.
    pub fn open(bytes: Arc<dyn ReadAt>, name: &str, cache: &Cache) -> Result<Self, Error> {
        Self::open_unnamed(bytes, name, cache).map_err(|fault| fault.in_file(name).into())
    }

    fn open_unnamed(bytes: Arc<dyn ReadAt>, name: &str, cache: &Cache) -> Result<Self, Fault> {
        let mut notes = Vec::new();
        let creator = read_creator(&bytes)?;
        let header = header::read_active(&bytes, &mut notes)?;
        let log_range = log::range(&header.log, bytes.size(), &mut notes)?;
        let (container, end, log_replay) = match log_range.clone() {
            Some(range) if !header.log.guid.is_nil() => {
                let replayed = log::replay(bytes, header.log.guid, range, name, &mut notes)?;
                let container: Arc<dyn ReadAt> = replayed.container;
                (container, replayed.end, Some(replayed.replay))
            }
            _ => {
                let end = bytes.size();
                (bytes, end, None)
            }
        };
        let regions = Regions::read(&container, log_range, &mut notes)?;
        let metadata = Metadata::read(&container, &regions.metadata)?;
        Ok(Self {
            bat: Bat::new(&regions.bat, &metadata)?,
            cached: cache.over_table(Arc::clone(&container)),
            container,
            end,
            regions,
            metadata,
            name: name.into(),
            creator,
            header,
            log_replay,
            notes: notes.into_iter().map(|note| note.in_file(name)).collect(),
        })
    }

    /// What kind of disk the file holds.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.metadata.kind
    }

    /// Size of the virtual disk, in bytes.
    #[must_use]
    pub fn disk_size(&self) -> u64 {
        self.metadata.disk_size
    }

    /// Size of a payload block, in bytes: a power of two from 1 MiB to 256 MiB.
    #[must_use]
    pub fn block_size(&self) -> u32 {
        self.metadata.block_size
    }

    /// Size of a sector as the guest addresses it, in bytes: 512 or 4,096.
    #[must_use]
    pub fn logical_sector_size(&self) -> u32 {
        self.metadata.logical_sector_size
    }

    /// Size of a sector as the guest is told the medium has it, in bytes: 512 or 4,096.
    #[must_use]
    pub fn physical_sector_size(&self) -> u32 {
        self.metadata.physical_sector_size
    }

    /// Identifies the contents of the disk: what a child's [`ParentLocator::linkage`] names.
    #[must_use]
    pub fn data_write_guid(&self) -> Uuid {
        self.header.data_write_guid
    }

    /// Identifies the contents of the file.
    #[must_use]
    pub fn file_write_guid(&self) -> Uuid {
        self.header.file_write_guid
    }

    /// Identifies the disk towards the guest (SCSI page 83h).
    #[must_use]
    pub fn disk_id(&self) -> Uuid {
        self.metadata.disk_id
    }

    /// The software that made the file, as it calls itself. May be empty.
    #[must_use]
    pub fn creator(&self) -> &str {
        &self.creator
    }

    /// Where the parent is; there is one where the disk is [`Kind::Differencing`], and only there.
    #[must_use]
    pub fn parent_locator(&self) -> Option<&ParentLocator> {
        self.metadata.parent_locator.as_ref()
    }

    /// What was replayed from the pending log, where there was one.
    #[must_use]
    pub fn log_replay(&self) -> Option<&LogReplay> {
        self.log_replay.as_ref()
    }

    /// What was damaged and could be had from a second copy, or was not needed.
    #[must_use]
    pub fn notes(&self) -> &[Fault] {
        &self.notes
    }

    /// `fault`, in this file.
    pub(crate) fn fault(&self, fault: Fault) -> Arc<Fault> {
        Arc::new(match fault.file {
            Some(_) => fault,
            None => fault.in_file(&self.name),
        })
    }

    pub(crate) fn block_size_nonzero(&self) -> NonZeroU64 {
        NonZeroU64::new(self.metadata.block_size.into()).unwrap_or(NonZeroU64::MIN)
    }

    pub(crate) fn sector_size_nonzero(&self) -> NonZeroU64 {
        NonZeroU64::new(self.metadata.logical_sector_size.into()).unwrap_or(NonZeroU64::MIN)
    }
}

/// Checks the file type identifier and returns the creator it names. 2.2.1
fn read_creator(bytes: &dyn ReadAt) -> Result<String, Fault> {
    let what = "file type identifier";
    let not_vhdx = || {
        Fault::damaged(&NOT_VHDX, what)
            .at(0)
            .expected(structure::shown(&FILE_SIGNATURE))
    };
    let identifier = structure::read(bytes, 0, size_of::<FileIdentifier>(), what)?;
    let identifier = FileIdentifier::read_from_bytes(&identifier).map_err(|_| not_vhdx())?;
    if identifier.signature != FILE_SIGNATURE {
        return Err(not_vhdx().found(structure::shown(&identifier.signature)));
    }
    let units = identifier.creator.iter().map(|unit| unit.get());
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    Ok(String::from_utf16_lossy(&units))
}
