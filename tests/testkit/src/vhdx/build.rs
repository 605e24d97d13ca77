//! Laying a disk out as a file: header section, log, metadata, BAT, blocks.

use std::collections::BTreeMap;
use std::ops::Range;

use uuid::Uuid;

use super::built::{Built, HEADERS, Layout, REGION_TABLES};
use super::{
    BAT_REGION, Block, FILE_PARAMETERS, Image, Kind, LOGICAL_SECTOR_SIZE, METADATA_REGION, MIB,
    Order, PARENT_LOCATOR, PHYSICAL_SECTOR_SIZE, REQUIRED, VHDX_LOCATOR, VIRTUAL_DISK_ID,
    VIRTUAL_DISK_SIZE, state,
};
use crate::mutate::Chance;
use crate::sparse::Sparse;

/// What stands in sectors of a partially present block that are the parent's: never to be read.
const NOT_HERE: u8 = 0xEE;
/// Flag of a metadata item that belongs to the disk, not the file.
const IS_VIRTUAL_DISK: u32 = 1 << 1;

impl Image {
    /// Lays the disk out as a file.
    #[must_use]
    pub fn build(&self) -> Built {
        let log = MIB..MIB + u64::from(self.log_len);
        let metadata = log.end..log.end + MIB;
        let bat = metadata.end..metadata.end + (self.bat_entries() * 8).next_multiple_of(MIB);
        let (places, bitmaps, end) = self.place_blocks(bat.end);
        let layout = Layout {
            log,
            metadata,
            bat,
            places,
            bitmaps,
            chunk_ratio: self.chunk_ratio(),
        };
        let mut file = Built {
            bytes: Sparse::new(end),
            layout,
        };
        self.put_header_section(&mut file);
        self.put_metadata(&mut file);
        self.put_blocks(&mut file);
        file
    }

    /// Entries that the BAT needs.
    fn bat_entries(&self) -> u64 {
        let (blocks, ratio) = (self.block_count(), self.chunk_ratio());
        match self.kind {
            Kind::Differencing => blocks.div_ceil(ratio) * (ratio + 1),
            Kind::Fixed | Kind::Dynamic => blocks + (blocks - 1) / ratio,
        }
    }

    /// Where payload and sector bitmap blocks lie from `start` on, and where the last one ends.
    fn place_blocks(&self, start: u64) -> (BTreeMap<u64, u64>, BTreeMap<u64, u64>, u64) {
        let mut all: Vec<(bool, u64)> = match self.kind {
            Kind::Fixed => (0..self.block_count()).map(|block| (true, block)).collect(),
            _ => self.stored_blocks().map(|block| (true, block)).collect(),
        };
        all.extend(
            self.chunks_with_bitmap()
                .into_iter()
                .map(|chunk| (false, chunk)),
        );
        if let Order::Shuffled(seed) = self.order {
            let mut chance = Chance::new(seed);
            for last in (1..all.len()).rev() {
                all.swap(last, chance.below(last + 1));
            }
        }
        let (mut places, mut bitmaps, mut at) = (BTreeMap::new(), BTreeMap::new(), start);
        for (is_payload, number) in all {
            let (map, len) = match is_payload {
                true => (&mut places, self.block_size.into()),
                false => (&mut bitmaps, MIB),
            };
            map.insert(number, at);
            at += len;
        }
        (places, bitmaps, at)
    }

    /// The listed payload blocks that take room in the file.
    fn stored_blocks(&self) -> impl Iterator<Item = u64> {
        let stored = |block: &Block| matches!(block, Block::Full(_) | Block::Partial(_));
        self.blocks
            .iter()
            .filter(move |(_, block)| stored(block))
            .map(|(number, _)| *number)
    }

    fn chunks_with_bitmap(&self) -> Vec<u64> {
        let partial = self
            .blocks
            .iter()
            .filter(|(_, block)| matches!(block, Block::Partial(_)));
        let mut chunks: Vec<u64> = partial
            .map(|(block, _)| block / self.chunk_ratio())
            .collect();
        chunks.dedup();
        chunks
    }

    fn put_header_section(&self, file: &mut Built) {
        file.put(0, b"vhdxfile");
        file.put(8, &utf16(self.creator));
        for (which, at) in HEADERS.into_iter().enumerate() {
            file.put(at, b"head");
            file.put(at + 8, &(which as u64 + 7).to_le_bytes());
            file.put(at + 16, &self.file_write_guid.to_bytes_le());
            file.put(at + 32, &self.data_write_guid.to_bytes_le());
            file.put(at + 66, &1_u16.to_le_bytes());
            file.put(at + 68, &self.log_len.to_le_bytes());
            file.put(at + 72, &file.layout.log.start.to_le_bytes());
            file.edit_header(which, |_| {});
        }
        for (which, at) in REGION_TABLES.into_iter().enumerate() {
            file.put(at, b"regi");
            file.edit_region_table(which, |_| {});
        }
        file.add_region(BAT_REGION, file.layout.bat.clone(), true);
        file.add_region(METADATA_REGION, file.layout.metadata.clone(), true);
    }

    fn put_metadata(&self, file: &mut Built) {
        file.put(file.layout.metadata.start, b"metadata");
        let flags = match self.kind {
            Kind::Fixed => 1_u32,
            Kind::Dynamic => 0,
            Kind::Differencing => 2,
        };
        let parameters = [self.block_size.to_le_bytes(), flags.to_le_bytes()].concat();
        let of_disk = REQUIRED | IS_VIRTUAL_DISK;
        file.add_item(FILE_PARAMETERS, REQUIRED, &parameters);
        file.add_item(VIRTUAL_DISK_SIZE, of_disk, &self.disk_size.to_le_bytes());
        file.add_item(VIRTUAL_DISK_ID, of_disk, &self.disk_id.to_bytes_le());
        file.add_item(
            LOGICAL_SECTOR_SIZE,
            of_disk,
            &self.logical_sector_size.to_le_bytes(),
        );
        file.add_item(
            PHYSICAL_SECTOR_SIZE,
            of_disk,
            &self.physical_sector_size.to_le_bytes(),
        );
        if self.kind == Kind::Differencing {
            file.add_item(
                PARENT_LOCATOR,
                REQUIRED,
                &locator_item(VHDX_LOCATOR, &self.locator),
            );
        }
    }

    fn put_blocks(&self, file: &mut Built) {
        for (chunk, at) in file.layout.bitmaps.clone() {
            file.set_bitmap_entry(chunk, state::PRESENT, at);
        }
        let stored = file.layout.places.clone();
        for (block, at) in &stored {
            if !self.blocks.contains_key(block) {
                file.set_bat_entry(*block, state::PRESENT, *at);
            }
        }
        for (number, block) in &self.blocks {
            let at = stored.get(number).copied().unwrap_or_default();
            let state = match block {
                Block::Undefined => state::UNDEFINED,
                Block::Zero => state::ZERO,
                Block::Unmapped => state::UNMAPPED,
                Block::Full(bytes) => {
                    file.put(at, bytes);
                    state::PRESENT
                }
                Block::Partial(sectors) => {
                    self.put_sectors(file, *number, at, sectors);
                    state::PARTIALLY_PRESENT
                }
            };
            file.set_bat_entry(*number, state, at);
        }
        // The last block's room belongs to the file also where nothing was written to it.
        let end = stored
            .values()
            .map(|at| at + u64::from(self.block_size))
            .max();
        file.bytes.set_size(
            end.unwrap_or_default()
                .max(blockio::ReadAt::size(&file.bytes)),
        );
    }

    fn put_sectors(&self, file: &mut Built, block: u64, at: u64, sectors: &BTreeMap<u64, Vec<u8>>) {
        // Large blocks get it at their begin only: it would take room.
        file.put(at, &vec![NOT_HERE; self.block_size.min(4 << 20) as usize]);
        let sector_size = u64::from(self.logical_sector_size);
        let per_block = u64::from(self.block_size) / sector_size;
        let bitmap = file.layout.bitmaps[&(block / self.chunk_ratio())];
        for (sector, bytes) in sectors {
            file.put(at + sector * sector_size, bytes);
            let bit = block % self.chunk_ratio() * per_block + sector;
            let byte = file.bytes.bytes(bitmap + bit / 8, 1)[0];
            file.put(bitmap + bit / 8, &[byte | 1 << (bit % 8)]);
        }
    }
}

/// Text as VHDX stores it.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A parent locator as a metadata item.
pub(super) fn locator_item(locator_type: Uuid, entries: &[(String, String)]) -> Vec<u8> {
    let mut item = locator_type.to_bytes_le().to_vec();
    item.extend(0_u16.to_le_bytes());
    item.extend((entries.len() as u16).to_le_bytes());
    let mut text = Vec::new();
    let table_end = item.len() + 12 * entries.len();
    let mut place = |string: &str| -> Range<usize> {
        let start = table_end + text.len();
        text.extend(utf16(string));
        start..table_end + text.len()
    };
    for (key, value) in entries {
        let (key, value) = (place(key), place(value));
        item.extend((key.start as u32).to_le_bytes());
        item.extend((value.start as u32).to_le_bytes());
        item.extend((key.len() as u16).to_le_bytes());
        item.extend((value.len() as u16).to_le_bytes());
    }
    item.extend(text);
    item
}
