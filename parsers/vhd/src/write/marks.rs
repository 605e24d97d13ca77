//! All of a new file but the disk's bytes: footer and copy, header, table, bitmaps.

use std::io;

use blockio::{Place, ReadAt, Run, check_range};
use zerocopy::IntoBytes;
use zerocopy::big_endian::{U16, U32, U64};

use super::geometry::Geometry;
use super::{FOOTER_LEN, HEADER, Layout, NewDisk, SECTOR_BYTES, TABLE};
use crate::footer::checksum;
use crate::format::{
    ABSENT, DYNAMIC, DynamicHeader, FIXED, FOOTER_COOKIE, Footer, HEADER_COOKIE, Locator,
    MAJOR_VERSION, UNUSED,
};

/// Every disk has this bit set. VHD spec, "Features".
const RESERVED_FEATURE: u32 = 2;
/// The creator for which every reader takes the size that the footer says, not that of the geometry.
const CREATOR: [u8; 4] = *b"win ";
/// The creator's version and system as Windows writes them.
const CREATOR_VERSION: u32 = 0x000A_0000;
const CREATOR_OS: [u8; 4] = *b"Wi2k";

/// The bytes of the file that are not the disk's. Read only where the layout says that they are.
pub(super) struct Marks {
    footer: [u8; FOOTER_LEN],
    /// From the begin of the file to the end of the table; empty in a fixed disk.
    head: Vec<u8>,
    end: u64,
}

impl Marks {
    pub(super) fn new(new: &NewDisk, layout: &Layout) -> Self {
        let footer = footer(new, layout);
        let mut head = Vec::new();
        if let Some(blocks) = &layout.blocks {
            let entries = layout.entries();
            head.extend_from_slice(&footer);
            head.extend_from_slice(header(new.block_size, entries).as_bytes());
            head.extend((0..entries).flat_map(|block| blocks.entry(block).to_be_bytes()));
        }
        Self {
            footer,
            head,
            end: layout.end,
        }
    }

    /// The byte at `offset`, and those behind it of its sort.
    fn bytes_at(&self, offset: u64) -> Option<&[u8]> {
        let within = |bytes: &'_ [u8], start: u64| {
            usize::try_from(offset.checked_sub(start)?)
                .ok()
                .filter(|at| *at < bytes.len())
        };
        if let Some(at) = within(&self.head, 0) {
            return self.head.get(at..);
        }
        self.footer.get(within(&self.footer, self.end)?..)
    }
}

impl ReadAt for Marks {
    fn size(&self) -> u64 {
        self.end.saturating_add(SECTOR_BYTES)
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        match self
            .bytes_at(offset)
            .and_then(|bytes| bytes.get(..buf.len()))
        {
            Some(bytes) => buf.copy_from_slice(bytes),
            // A bitmap: the file has every sector of a block that it has.
            None => buf.fill(0xFF),
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size().saturating_sub(offset));
        let place = Place::Computed { by: self, offset };
        Ok(Run { len, place })
    }
}

fn footer(new: &NewDisk, layout: &Layout) -> [u8; FOOTER_LEN] {
    let geometry = Geometry::of(layout.disk_size / SECTOR_BYTES);
    let dynamic = layout.blocks.is_some();
    let mut footer = Footer {
        cookie: FOOTER_COOKIE,
        features: U32::new(RESERVED_FEATURE),
        version: U32::new(MAJOR_VERSION << 16),
        data_offset: U64::new(if dynamic { HEADER } else { u64::MAX }),
        timestamp: U32::new(new.timestamp),
        creator: CREATOR,
        creator_version: U32::new(CREATOR_VERSION),
        creator_os: CREATOR_OS,
        original_size: U64::new(layout.disk_size),
        current_size: U64::new(layout.disk_size),
        cylinders: U16::new(geometry.cylinders),
        heads: geometry.heads,
        sectors_per_track: geometry.sectors_per_track,
        disk_type: U32::new(if dynamic { DYNAMIC } else { FIXED }),
        checksum: U32::ZERO,
        unique_id: new.unique_id.into_bytes(),
        saved_state: 0,
        reserved: [0; 427],
    };
    footer.checksum = U32::new(checksum(footer.as_bytes(), 0));
    let mut bytes = [0; FOOTER_LEN];
    bytes.copy_from_slice(footer.as_bytes());
    bytes
}

fn header(block_size: u32, entries: u64) -> DynamicHeader {
    const NO_LOCATOR: Locator = Locator {
        platform: UNUSED,
        data_space: U32::ZERO,
        data_length: U32::ZERO,
        reserved: U32::ZERO,
        data_offset: U64::ZERO,
    };
    let mut header = DynamicHeader {
        cookie: HEADER_COOKIE,
        data_offset: U64::new(u64::MAX),
        table_offset: U64::new(TABLE),
        version: U32::new(MAJOR_VERSION << 16),
        max_table_entries: U32::new(u32::try_from(entries).unwrap_or(ABSENT)),
        block_size: U32::new(block_size),
        checksum: U32::ZERO,
        parent_unique_id: [0; 16],
        parent_timestamp: U32::ZERO,
        reserved1: U32::ZERO,
        parent_name: [0; 512],
        locators: [NO_LOCATOR; 8],
        reserved2: [0; 256],
    };
    header.checksum = U32::new(checksum(header.as_bytes(), 0));
    header
}
