//! One opened VHD file.

use std::io;
use std::sync::Arc;

use blockio::{Cache, Extent, Fault, Layer, ReadAt, State};
use uuid::Uuid;

use crate::codes::BLOCK_CUT;
use crate::footer::ActiveFooter;
use crate::format::SECTOR;
use crate::sparse::Sparse;
use crate::{Error, Kind, ParentLocator, footer, header, locator};

/// One .vhd or .avhd file, opened for reading.
pub struct File {
    bytes: Arc<dyn ReadAt>,
    pub(crate) name: Arc<str>,
    pub(crate) footer: ActiveFooter,
    /// Of a dynamic or differencing disk.
    pub(crate) sparse: Option<Sparse>,
    parent: Option<ParentLocator>,
    notes: Vec<Fault>,
}

impl File {
    /// Reads footer, header and parent locator of `bytes`; tables are read on demand through `cache`.
    ///
    /// `name` is the file's own name, for messages.
    ///
    /// # Errors
    /// Where neither footer is sound, or what they point to is not.
    pub fn open(bytes: Arc<dyn ReadAt>, name: &str, cache: &Cache) -> Result<Self, Error> {
        Self::open_inner(bytes, name, cache)
            .map_err(|fault| Fault::clone(&fault).in_file(name).into())
    }

    fn open_inner(bytes: Arc<dyn ReadAt>, name: &str, cache: &Cache) -> Result<Self, Arc<Fault>> {
        let mut footer = footer::read(&*bytes)?;
        let mut notes: Vec<_> = footer.note.take().into_iter().collect();
        let mut file = Self {
            bytes,
            name: name.into(),
            footer,
            sparse: None,
            parent: None,
            notes: Vec::new(),
        };
        if file.footer.kind != Kind::Fixed {
            let header = header::read(&*file.bytes, &file.footer)?;
            if file.footer.kind == Kind::Differencing {
                file.parent = Some(locator::read(&*file.bytes, &header, &mut notes));
            }
            let tables = cache.over_table(Arc::clone(&file.bytes));
            file.sparse = Some(Sparse::new(&header, &file.footer, tables, name));
        }
        file.notes = notes.into_iter().map(|note| note.in_file(name)).collect();
        Ok(file)
    }

    /// How the file keeps its disk.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.footer.kind
    }

    /// Size of the virtual disk in bytes.
    ///
    /// The current size; for a disk that Virtual PC made (`vpc `), what its geometry holds.
    #[must_use]
    pub fn disk_size(&self) -> u64 {
        self.footer.disk_size
    }

    /// Bytes of a block; `None` for a fixed disk, which has none.
    #[must_use]
    pub fn block_size(&self) -> Option<u32> {
        self.sparse.as_ref().map(|sparse| sparse.block_size)
    }

    /// Bytes of a logical sector: always [`SECTOR`].
    #[must_use]
    pub fn logical_sector_size(&self) -> u32 {
        SECTOR
    }

    /// The id by which a child knows this file.
    #[must_use]
    pub fn unique_id(&self) -> Uuid {
        self.footer.unique_id
    }

    /// What the file knows of its parent; `None` unless it is a differencing disk.
    #[must_use]
    pub fn parent(&self) -> Option<&ParentLocator> {
        self.parent.as_ref()
    }

    /// The four letters of the program that wrote the file, without padding: `win`, `vpc`, `vs`, …
    #[must_use]
    pub fn creator(&self) -> &str {
        &self.footer.creator
    }

    /// What was wrong and could be made good while opening, such as a footer read from its copy.
    #[must_use]
    pub fn notes(&self) -> &[Fault] {
        &self.notes
    }

    /// Bytes of the virtual disk that this file has blocks for.
    ///
    /// # Errors
    /// Where the block allocation table cannot be read.
    pub fn allocated(&self) -> io::Result<u64> {
        match &self.sparse {
            Some(sparse) => sparse.allocated(),
            None => Ok(self.disk_size()),
        }
    }

    /// Looks at every block, the footer's copy and, in a dynamic disk, at what its bitmaps hide;
    /// `report` is called once for each fault.
    ///
    /// Reads the whole block allocation table and every bitmap.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn verify(&self, report: &mut dyn FnMut(Fault)) -> io::Result<()> {
        crate::verify::verify(self, &mut |fault| report(fault.in_file(&self.name)))
    }

    /// The disk's bytes are the file's, from the start to the footer.
    fn fixed_extent(&self, offset: u64, max: u64) -> Extent {
        let stored = self.footer.data_end.saturating_sub(offset);
        if stored > 0 {
            let (len, state) = (max.min(stored), State::File(offset));
            return Extent { len, state };
        }
        let fault = Fault::damaged(&BLOCK_CUT, "data of the fixed disk")
            .at(self.footer.data_end)
            .expected(format!("{:#x} bytes", self.disk_size()))
            .found(format!("{:#x}", self.footer.data_end))
            .in_file(&self.name);
        let state = State::Lost(Arc::new(fault));
        Extent { len: max, state }
    }
}

impl Layer for File {
    fn disk_size(&self) -> u64 {
        self.footer.disk_size
    }

    fn extent_at(&self, offset: u64, max: u64) -> io::Result<Extent> {
        let max = max.min(self.disk_size().saturating_sub(offset));
        if max == 0 {
            let text = format!("{offset:#x} is not within the disk, or nothing was asked for");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(match &self.sparse {
            Some(sparse) => sparse.extent_at(offset, max),
            None => self.fixed_extent(offset, max),
        })
    }

    fn file(&self) -> &dyn ReadAt {
        &*self.bytes
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.kind();
        write!(f, "{kind:?} {} {}", self.name, self.unique_id())
    }
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;
