//! A file as it was laid out, to be damaged on purpose.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blockio::ReadAt;
use uuid::Uuid;

use super::MIB;
use super::build::locator_item;
use crate::sparse::Sparse;

/// Where the two headers are.
pub(super) const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
/// Where the two region tables are.
pub(super) const REGION_TABLES: [u64; 2] = [192 << 10, 256 << 10];
const HEADER_LEN: usize = 4 << 10;
const TABLE_LEN: usize = 64 << 10;

/// Where the structures of a file are, in bytes of it.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The log.
    pub log: Range<u64>,
    /// The metadata region.
    pub metadata: Range<u64>,
    /// The BAT region.
    pub bat: Range<u64>,
    /// The payload blocks that are in the file, by number.
    pub places: BTreeMap<u64, u64>,
    /// The sector bitmap blocks that are in the file, by chunk.
    pub bitmaps: BTreeMap<u64, u64>,
    /// Payload blocks per chunk.
    pub chunk_ratio: u64,
}

/// A file as it was laid out. Each method changes one structure; checksums follow unless said.
#[derive(Clone)]
pub struct Built {
    /// The bytes of the file.
    pub bytes: Sparse,
    /// Where its structures are.
    pub layout: Layout,
}

impl Built {
    /// The file, to be read.
    #[must_use]
    pub fn read_at(&self) -> Arc<dyn ReadAt> {
        Arc::new(self.bytes.clone())
    }

    /// All bytes of the file.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes.to_vec()
    }

    /// Writes the file to `path`, sparse where the file system can.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_to(&self, path: &Path) -> io::Result<()> {
        self.bytes.write_to(path)
    }

    /// Puts bytes anywhere. No checksum follows.
    pub fn put(&mut self, offset: u64, bytes: &[u8]) {
        self.bytes.write(offset, bytes);
    }

    /// Flips all bits of one byte. No checksum follows: it is what makes one wrong.
    pub fn spoil(&mut self, offset: u64) {
        let byte = self.bytes.bytes(offset, 1)[0];
        self.put(offset, &[!byte]);
    }

    /// Cuts the file off behind `size` bytes.
    pub fn truncate(&mut self, size: u64) {
        self.bytes.set_size(size);
    }

    /// Changes header 0 or 1 (of 4 KiB), and makes its checksum right.
    pub fn edit_header(&mut self, which: usize, edit: impl FnOnce(&mut [u8])) {
        self.edit_sealed(HEADERS[which], HEADER_LEN, edit);
    }

    /// Changes both headers alike.
    pub fn edit_headers(&mut self, edit: impl Fn(&mut [u8])) {
        self.edit_header(0, &edit);
        self.edit_header(1, &edit);
    }

    /// Changes region table 0 or 1 (of 64 KiB), and makes its checksum right.
    pub fn edit_region_table(&mut self, which: usize, edit: impl FnOnce(&mut [u8])) {
        self.edit_sealed(REGION_TABLES[which], TABLE_LEN, edit);
    }

    /// Changes both region tables alike.
    pub fn edit_region_tables(&mut self, edit: impl Fn(&mut [u8])) {
        self.edit_region_table(0, &edit);
        self.edit_region_table(1, &edit);
    }

    fn edit_sealed(&mut self, at: u64, len: usize, edit: impl FnOnce(&mut [u8])) {
        let mut bytes = self.bytes.bytes(at, len);
        edit(&mut bytes);
        seal(&mut bytes);
        self.put(at, &bytes);
    }

    /// Adds an entry to both region tables.
    pub fn add_region(&mut self, id: Uuid, range: Range<u64>, required: bool) {
        self.edit_region_tables(|table| {
            let count = u32::from_le_bytes(table[8..12].try_into().expect("four bytes"));
            table[8..12].copy_from_slice(&(count + 1).to_le_bytes());
            let entry = [
                &id.to_bytes_le()[..],
                &range.start.to_le_bytes(),
                &((range.end - range.start) as u32).to_le_bytes(),
                &u32::from(required).to_le_bytes(),
            ];
            table[16 + 32 * count as usize..][..32].copy_from_slice(&entry.concat());
        });
    }

    /// Moves a region in both tables; its contents stay where they are.
    ///
    /// # Panics
    /// Where there is no such region.
    pub fn move_region(&mut self, id: Uuid, offset: u64, length: u32) {
        self.edit_region_tables(|table| {
            let mut entries = table[16..].chunks_mut(32);
            let entry = entries.find(|entry| entry[..16] == id.to_bytes_le());
            let entry = entry.expect("a region of the file");
            entry[16..24].copy_from_slice(&offset.to_le_bytes());
            entry[24..28].copy_from_slice(&length.to_le_bytes());
        });
    }

    /// Adds an item behind the last one of the metadata region.
    pub fn add_item(&mut self, id: Uuid, flags: u32, bytes: &[u8]) {
        let region = self.layout.metadata.start;
        let mut table = self.bytes.bytes(region, TABLE_LEN);
        let count = u16::from_le_bytes([table[10], table[11]]);
        let entries = table[32..].chunks(32).take(count.into());
        let ends = entries.map(|entry| number(entry, 16) + number(entry, 20));
        let offset = ends
            .max()
            .unwrap_or_default()
            .max(TABLE_LEN as u32)
            .next_multiple_of(8);
        table[10..12].copy_from_slice(&(count + 1).to_le_bytes());
        let entry = [
            &id.to_bytes_le()[..],
            &offset.to_le_bytes(),
            &(bytes.len() as u32).to_le_bytes(),
            &flags.to_le_bytes(),
            &[0; 4],
        ];
        table[32 + 32 * usize::from(count)..][..32].copy_from_slice(&entry.concat());
        self.put(region, &table);
        self.put(region + u64::from(offset), bytes);
    }

    /// Changes the 32 bytes of an item's entry in the metadata table: id, offset, length, flags.
    ///
    /// # Panics
    /// Where there is no such item.
    pub fn edit_item_entry(&mut self, id: Uuid, edit: impl FnOnce(&mut [u8])) {
        let at = self.item_entry_offset(id);
        let mut entry = self.bytes.bytes(at, 32);
        edit(&mut entry);
        self.put(at, &entry);
    }

    /// Overwrites the begin of an item.
    ///
    /// # Panics
    /// Where there is no such item.
    pub fn put_item(&mut self, id: Uuid, bytes: &[u8]) {
        let entry = self.bytes.bytes(self.item_entry_offset(id), 32);
        self.put(
            self.layout.metadata.start + u64::from(number(&entry, 16)),
            bytes,
        );
    }

    /// Puts another parent locator in the place of the one that there is.
    ///
    /// # Panics
    /// Where there is none.
    pub fn put_locator(&mut self, locator_type: Uuid, entries: &[(&str, &str)]) {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let entries: Vec<_> = entries.iter().map(owned).collect();
        let item = locator_item(locator_type, &entries);
        self.put_item(super::PARENT_LOCATOR, &item);
        let len = (item.len() as u32).to_le_bytes();
        self.edit_item_entry(super::PARENT_LOCATOR, |entry| {
            entry[20..24].copy_from_slice(&len)
        });
    }

    fn item_entry_offset(&self, id: Uuid) -> u64 {
        let table = self.bytes.bytes(self.layout.metadata.start, TABLE_LEN);
        let mut entries = table[32..].chunks(32);
        let index = entries.position(|entry| entry[..16] == id.to_bytes_le());
        self.layout.metadata.start + 32 + 32 * index.expect("an item of the file") as u64
    }

    /// Where in the file the BAT entry of a payload block is.
    #[must_use]
    pub fn bat_entry_offset(&self, block: u64) -> u64 {
        self.layout.bat.start + 8 * (block + block / self.layout.chunk_ratio)
    }

    /// Where in the file the BAT entry of a sector bitmap block is.
    #[must_use]
    pub fn bitmap_entry_offset(&self, chunk: u64) -> u64 {
        let ratio = self.layout.chunk_ratio;
        self.layout.bat.start + 8 * ((chunk + 1) * (ratio + 1) - 1)
    }

    /// Sets the BAT entry of a payload block.
    pub fn set_bat_entry(&mut self, block: u64, state: u64, file_offset: u64) {
        self.put(
            self.bat_entry_offset(block),
            &(state | file_offset).to_le_bytes(),
        );
    }

    /// Sets the BAT entry of a sector bitmap block.
    pub fn set_bitmap_entry(&mut self, chunk: u64, state: u64, file_offset: u64) {
        self.put(
            self.bitmap_entry_offset(chunk),
            &(state | file_offset).to_le_bytes(),
        );
    }

    /// Where the file ends, in whole MiB.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.bytes.size().next_multiple_of(MIB)
    }
}

/// A field of 32 bits.
fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// Makes the checksum right that stands behind a structure's signature.
pub(super) fn seal(structure: &mut [u8]) {
    structure[4..8].fill(0);
    let checksum = crc32c::crc32c(structure);
    structure[4..8].copy_from_slice(&checksum.to_le_bytes());
}
