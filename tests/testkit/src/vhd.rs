//! Writes VHD images as the specification describes them, each part of which a test may change.

use uuid::Uuid;

use crate::checksums;

/// Bytes of a sector.
const SECTOR: usize = 512;
/// Where the dynamic disk header lies in our images.
const HEADER: usize = 512;
/// Where the texts of the two path locators lie, each with room for 1 KiB.
const PATHS: [usize; 2] = [1536, 2560];
/// Where the block allocation table lies in our images.
pub const TABLE: usize = 4096;

/// How the image keeps its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The disk, then a footer.
    Fixed,
    /// The blocks that were written.
    Dynamic,
    /// What differs from a parent.
    Differencing,
}

/// What a differencing image says of its parent.
#[derive(Clone, Debug, Default)]
pub struct Parent {
    /// The parent's unique id.
    pub unique_id: Uuid,
    /// Goes into the header as UTF-16BE.
    pub name: String,
    /// `W2ru`, if there is one.
    pub relative: Option<String>,
    /// `W2ku`, if there is one.
    pub absolute: Option<String>,
}

/// One VHD image. Change the fields, write data, then take [`Image::to_bytes`].
#[derive(Clone, Debug)]
pub struct Image {
    /// How it keeps its disk.
    pub kind: Kind,
    /// The footer's current size, in bytes.
    pub disk_size: u64,
    /// Bytes of a block.
    pub block_size: u32,
    /// Who wrote it: `*b"win "` sizes by the current size, `*b"vpc "` by the geometry.
    pub creator: [u8; 4],
    /// Cylinders, heads, sectors per track.
    pub geometry: (u16, u8, u8),
    /// What children know it by.
    pub unique_id: Uuid,
    /// What it knows of its parent.
    pub parent: Option<Parent>,
    /// 512, or 511 as programs before 2004 wrote it.
    pub footer_len: usize,
    /// In the order of the file, which is the order of their first writes.
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    number: usize,
    bitmap: Vec<u8>,
    data: Vec<u8>,
}

impl Image {
    /// A disk of `disk_size` bytes of which nothing was written.
    #[must_use]
    pub fn new(kind: Kind, disk_size: u64, block_size: u32) -> Self {
        Self {
            kind,
            disk_size,
            block_size,
            creator: *b"win ",
            geometry: (1, 1, 1),
            unique_id: Uuid::from_u128(0x5eed_0000_0000_0000_0000_0000_0000_0001),
            parent: None,
            footer_len: SECTOR,
            blocks: Vec::new(),
        }
    }

    /// A differencing disk that builds on `parent`, which lies beside it under `name`.
    #[must_use]
    pub fn child_of(parent: &Self, name: &str, unique_id: Uuid) -> Self {
        let mut child = Self::new(Kind::Differencing, parent.disk_size, 2 << 20);
        child.unique_id = unique_id;
        child.parent = Some(Parent {
            unique_id: parent.unique_id,
            name: name.to_owned(),
            relative: Some(format!(".\\{name}")),
            absolute: Some(format!("D:\\VMs\\{name}")),
        });
        child
    }

    /// Writes whole sectors from `offset` on.
    ///
    /// # Panics
    /// Where `offset` or the length is no whole number of sectors.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        assert!(bytes.len().is_multiple_of(SECTOR), "whole sectors only");
        let block_size = self.block_len();
        let mut at = usize::try_from(offset).expect("test images are small");
        assert!(at.is_multiple_of(SECTOR), "whole sectors only");
        for sector in bytes.chunks(SECTOR) {
            let (number, within) = (at / block_size, at % block_size);
            self.block(number).set(within, sector);
            at += SECTOR;
        }
    }

    /// Marks the sector at `offset` of an allocated block as not written; its data stay.
    pub fn clear_bit(&mut self, offset: u64) {
        let at = usize::try_from(offset).expect("test images are small");
        let (number, within) = (at / self.block_len(), at % self.block_len());
        let sector = within / SECTOR;
        self.block(number).bitmap[sector / 8] &= !(0x80 >> (sector % 8));
    }

    fn block(&mut self, number: usize) -> &mut Block {
        let known = self.blocks.iter().position(|block| block.number == number);
        let index = known.unwrap_or_else(|| {
            self.blocks.push(Block {
                number,
                bitmap: vec![0; self.bitmap_len()],
                data: vec![0; self.block_len()],
            });
            self.blocks.len() - 1
        });
        &mut self.blocks[index]
    }

    fn block_len(&self) -> usize {
        usize::try_from(self.block_size).expect("a block fits in memory")
    }

    fn bitmap_len(&self) -> usize {
        (self.block_len() / SECTOR)
            .div_ceil(8)
            .next_multiple_of(SECTOR)
    }

    /// Blocks of the disk, which is also how many entries the table has.
    #[must_use]
    pub fn block_count(&self) -> usize {
        let count = self.disk_size.div_ceil(self.block_size.into());
        usize::try_from(count).expect("test images are small")
    }

    /// Where the first block begins in the file.
    fn first_block(&self) -> usize {
        (TABLE + 4 * self.block_count()).next_multiple_of(SECTOR)
    }

    /// Where the block that was written `nth` begins in the file: its bitmap, then its data.
    #[must_use]
    pub fn block_place(&self, nth: usize) -> usize {
        self.first_block() + nth * (self.bitmap_len() + self.block_len())
    }

    /// The image, its checksums right.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut image = match self.kind {
            Kind::Fixed => self.flat(),
            Kind::Dynamic | Kind::Differencing => self.sparse(),
        };
        let footer = self.footer();
        image.extend_from_slice(&footer[..self.footer_len]);
        checksums::vhd(&mut image);
        image
    }

    fn flat(&self) -> Vec<u8> {
        let len = usize::try_from(self.disk_size).expect("test images are small");
        let mut disk = vec![0; len];
        for block in &self.blocks {
            let start = block.number * self.block_len();
            let len = self.block_len().min(len - start);
            disk[start..start + len].copy_from_slice(&block.data[..len]);
        }
        disk
    }

    fn sparse(&self) -> Vec<u8> {
        let mut image = vec![0; self.first_block()];
        image[..SECTOR].copy_from_slice(&self.footer());
        self.put_header(&mut image);
        for number in 0..self.block_count() {
            put(&mut image, TABLE + 4 * number, &[0xFF; 4]);
        }
        for (nth, block) in self.blocks.iter().enumerate() {
            let sector = u32::try_from(self.block_place(nth) / SECTOR).expect("small");
            put(&mut image, TABLE + 4 * block.number, &sector.to_be_bytes());
            image.extend_from_slice(&block.bitmap);
            image.extend_from_slice(&block.data);
        }
        image
    }

    /// VHD specification, "Hard Disk Footer Format".
    fn footer(&self) -> [u8; SECTOR] {
        let (disk_type, header): (u32, u64) = match self.kind {
            Kind::Fixed => (2, u64::MAX),
            Kind::Dynamic => (3, 512),
            Kind::Differencing => (4, 512),
        };
        let mut footer = [0; SECTOR];
        put(&mut footer, 0, b"conectix");
        put(&mut footer, 8, &2_u32.to_be_bytes());
        put(&mut footer, 12, &0x1_0000_u32.to_be_bytes());
        put(&mut footer, 16, &header.to_be_bytes());
        put(&mut footer, 28, &self.creator);
        put(&mut footer, 36, b"Wi2k");
        put(&mut footer, 40, &self.disk_size.to_be_bytes());
        put(&mut footer, 48, &self.disk_size.to_be_bytes());
        put(&mut footer, 56, &self.geometry.0.to_be_bytes());
        put(&mut footer, 58, &[self.geometry.1, self.geometry.2]);
        put(&mut footer, 60, &disk_type.to_be_bytes());
        put(&mut footer, 68, self.unique_id.as_bytes());
        let sum: u32 = footer.iter().map(|byte| u32::from(*byte)).sum();
        put(&mut footer, 64, &(!sum).to_be_bytes());
        footer
    }

    /// VHD specification, "Dynamic Disk Header Format".
    fn put_header(&self, image: &mut [u8]) {
        let entries = u32::try_from(self.block_count()).expect("small");
        put(image, HEADER, b"cxsparse");
        put(image, HEADER + 8, &[0xFF; 8]);
        put(image, HEADER + 16, &(TABLE as u64).to_be_bytes());
        put(image, HEADER + 24, &0x1_0000_u32.to_be_bytes());
        put(image, HEADER + 28, &entries.to_be_bytes());
        put(image, HEADER + 32, &self.block_size.to_be_bytes());
        let Some(parent) = &self.parent else { return };
        put(image, HEADER + 40, parent.unique_id.as_bytes());
        let name: Vec<u8> = parent
            .name
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        put(image, HEADER + 64, &name);
        let paths = [(b"W2ru", &parent.relative), (b"W2ku", &parent.absolute)];
        for (nth, (code, path)) in paths.into_iter().enumerate() {
            if let Some(path) = path {
                put_locator(image, nth, *code, path);
            }
        }
    }
}

impl Block {
    fn set(&mut self, within: usize, bytes: &[u8]) {
        let sector = within / SECTOR;
        self.bitmap[sector / 8] |= 0x80 >> (sector % 8);
        put(&mut self.data, within, bytes);
    }
}

/// VHD specification, "Parent Locator Entry".
fn put_locator(image: &mut [u8], nth: usize, code: [u8; 4], path: &str) {
    let entry = HEADER + 576 + 24 * nth;
    let text: Vec<u8> = path.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let len = u32::try_from(text.len()).expect("a path is short");
    put(image, entry, &code);
    put(image, entry + 4, &1024_u32.to_be_bytes());
    put(image, entry + 8, &len.to_be_bytes());
    put(image, entry + 16, &(PATHS[nth] as u64).to_be_bytes());
    put(image, PATHS[nth], &text);
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}
