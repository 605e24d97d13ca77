//! The hive bins data: cells by their offset.

use std::sync::Arc;

use blockio::Fault;
use zerocopy::FromBytes;

use crate::codes;
use crate::format::{BASE_BLOCK_SIZE, ListHeader};
use crate::overlay::Overlay;

/// Bytes of the size in front of a cell.
const SIZE_FIELD: usize = 4;

/// The hive bins data, in which everything is a cell.
pub(crate) struct Cells {
    bytes: Overlay,
    /// Bytes of the hive bins data that there are.
    size: u32,
    name: Arc<str>,
}

impl Cells {
    pub(crate) fn new(bytes: Overlay, bins_size: u32, name: Arc<str>) -> Self {
        let stored = bytes.size().saturating_sub(BASE_BLOCK_SIZE);
        let size = u32::try_from(stored).unwrap_or(u32::MAX).min(bins_size);
        Self { bytes, size, name }
    }

    /// Bytes of the hive bins data that there are.
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// The hive's name, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A fault at `offset` of the hive bins data.
    pub(crate) fn damaged(&self, what: &'static str, offset: u32) -> Fault {
        let at = BASE_BLOCK_SIZE.saturating_add(offset.into());
        Fault::damaged(&codes::CELL, what)
            .at(at)
            .in_file(&self.name)
    }

    /// What is in the cell at `offset`, its size left out: all of it, at most the first `most` bytes.
    pub(crate) fn read(
        &self,
        what: &'static str,
        offset: u32,
        most: usize,
    ) -> Result<Vec<u8>, Arc<Fault>> {
        let fault = || self.damaged(what, offset);
        let room = self.size.checked_sub(offset);
        let room = room
            .and_then(|room| usize::try_from(room).ok())
            .unwrap_or(0);
        // The size and what follows in one go: most cells are small.
        let mut bytes = vec![0; most.saturating_add(SIZE_FIELD).min(room)];
        let at = BASE_BLOCK_SIZE.saturating_add(offset.into());
        self.bytes.read(&mut bytes, at).map_err(|error| {
            Arc::unwrap_or_clone(Fault::from_io(&error, what)).in_file(&self.name)
        })?;
        let Ok((size, _)) = zerocopy::little_endian::I32::read_from_prefix(&bytes) else {
            return Err(Arc::new(
                fault().found(format!("the end of the hive at {:#x}", self.size)),
            ));
        };
        let len = match size.get() {
            free if free >= 0 => return Err(Arc::new(fault().found("a free cell"))),
            used => usize::try_from(used.unsigned_abs()).unwrap_or(usize::MAX),
        };
        if len > room || len < SIZE_FIELD {
            return Err(Arc::new(fault().found(format!("a cell of {len:#x} bytes"))));
        }
        bytes.truncate(len);
        bytes.drain(..SIZE_FIELD);
        Ok(bytes)
    }

    /// The cell at `offset`, which begins with a list header: its signature, how many elements it
    /// says it has, and its elements.
    pub(crate) fn list(
        &self,
        offset: u32,
        most: usize,
    ) -> Result<([u8; 2], usize, Vec<u8>), Arc<Fault>> {
        let mut bytes = self.read("subkeys list", offset, most)?;
        let Ok((header, _)) = ListHeader::read_from_prefix(&bytes) else {
            return Err(Arc::new(
                self.damaged("subkeys list", offset)
                    .found("no room for its header"),
            ));
        };
        bytes.drain(..size_of::<ListHeader>());
        Ok((header.signature, header.count.get().into(), bytes))
    }
}
