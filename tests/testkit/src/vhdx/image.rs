//! What a disk holds, and what must be read from it.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::MIB;

/// Which kind of disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every block in the file.
    Fixed,
    /// Blocks in the file as they are needed.
    Dynamic,
    /// The rest is in a parent.
    Differencing,
}

/// In which order blocks lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One behind the other.
    Ascending,
    /// As this seed has it, sector bitmaps among them.
    Shuffled(u64),
}

/// State and contents of one payload block. A block that is not listed is not present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// State 1: reads as zeros.
    Undefined,
    /// State 2: reads as zeros.
    Zero,
    /// State 3: reads as zeros.
    Unmapped,
    /// State 6: these bytes, and zeros up to the end of the block.
    Full(Vec<u8>),
    /// State 7: these sectors; the others are the parent's.
    Partial(BTreeMap<u64, Vec<u8>>),
}

/// A disk to be laid out as a VHDX file.
#[derive(Clone, Debug)]
pub struct Image {
    /// Which kind of disk.
    pub kind: Kind,
    /// Size of the disk in bytes.
    pub disk_size: u64,
    /// Size of a block in bytes; 1 MiB unless set.
    pub block_size: u32,
    /// Sector size as the guest addresses it; 512 unless set.
    pub logical_sector_size: u32,
    /// Sector size of the medium; 4,096 unless set.
    pub physical_sector_size: u32,
    /// Who made the file.
    pub creator: &'static str,
    /// What children name their parent by.
    pub data_write_guid: Uuid,
    /// Changes whenever the file does.
    pub file_write_guid: Uuid,
    /// The disk's id.
    pub disk_id: Uuid,
    /// Keys and values of the parent locator, of a differencing disk.
    pub locator: Vec<(String, String)>,
    /// The payload blocks that are in some state other than not present.
    pub blocks: BTreeMap<u64, Block>,
    /// In which order they lie in the file.
    pub order: Order,
    /// Length of the log in bytes; 1 MiB unless set.
    pub log_len: u32,
}

impl Image {
    fn new(kind: Kind, disk_size: u64) -> Self {
        let id = |n: u128| Uuid::from_u128(0x5eed_0000_0000_4000_8000_0000_0000_0000 + n);
        Self {
            kind,
            disk_size,
            block_size: 1 << 20,
            logical_sector_size: 512,
            physical_sector_size: 4096,
            creator: "testkit",
            data_write_guid: id(1),
            file_write_guid: id(2),
            disk_id: id(3),
            locator: Vec::new(),
            blocks: BTreeMap::new(),
            order: Order::Ascending,
            log_len: MIB as u32,
        }
    }

    /// A fixed disk of `disk_size` zeros.
    #[must_use]
    pub fn fixed(disk_size: u64) -> Self {
        Self::new(Kind::Fixed, disk_size)
    }

    /// An empty dynamic disk.
    #[must_use]
    pub fn dynamic(disk_size: u64) -> Self {
        Self::new(Kind::Dynamic, disk_size)
    }

    /// An empty child of the disk with this data write GUID, to be found at `relative_path`.
    #[must_use]
    pub fn differencing(disk_size: u64, parent: Uuid, relative_path: &str) -> Self {
        let locator = [
            ("parent_linkage", format!("{{{parent}}}")),
            ("relative_path", relative_path.to_owned()),
            ("parent_linkage2", format!("{{{}}}", Uuid::nil())),
        ];
        let locator = locator.map(|(key, value)| (key.to_owned(), value));
        Self {
            locator: locator.into(),
            ..Self::new(Kind::Differencing, disk_size)
        }
    }

    /// An empty child of this disk, as large, in blocks of the same size.
    #[must_use]
    pub fn child(&self, relative_path: &str, data_write_guid: Uuid) -> Self {
        Self {
            data_write_guid,
            block_size: self.block_size,
            logical_sector_size: self.logical_sector_size,
            ..Self::differencing(self.disk_size, self.data_write_guid, relative_path)
        }
    }

    /// How many payload blocks the disk has.
    #[must_use]
    pub fn block_count(&self) -> u64 {
        self.disk_size.div_ceil(self.block_size.into())
    }

    /// Payload blocks per sector bitmap block.
    #[must_use]
    pub fn chunk_ratio(&self) -> u64 {
        (1 << 23) * u64::from(self.logical_sector_size) / u64::from(self.block_size)
    }

    /// Puts a block into a state.
    pub fn set(&mut self, block: u64, state: Block) {
        self.blocks.insert(block, state);
    }

    /// Writes `bytes` at `offset` of the disk, as a guest does. Blocks of a differencing disk
    /// become partially present, others fully.
    ///
    /// # Panics
    /// Where a differencing disk is written other than in whole sectors.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        let block_size = u64::from(self.block_size);
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let left = (block_size - at % block_size) as usize;
            let (piece, behind) = rest.split_at(left.min(rest.len()));
            self.write_in_block(at / block_size, at % block_size, piece);
            at += piece.len() as u64;
            rest = behind;
        }
    }

    fn write_in_block(&mut self, block: u64, within: u64, bytes: &[u8]) {
        let sector = u64::from(self.logical_sector_size);
        let is_new = !matches!(
            self.blocks.get(&block),
            Some(Block::Full(_) | Block::Partial(_))
        );
        if is_new {
            let new = match self.kind {
                Kind::Differencing if !self.blocks.contains_key(&block) => {
                    Block::Partial(BTreeMap::new())
                }
                _ => Block::Full(vec![0; self.block_size as usize]),
            };
            self.blocks.insert(block, new);
        }
        match self.blocks.get_mut(&block) {
            Some(Block::Full(old)) => {
                old.resize(self.block_size as usize, 0);
                old[within as usize..][..bytes.len()].copy_from_slice(bytes);
            }
            Some(Block::Partial(sectors)) => {
                assert!(
                    within.is_multiple_of(sector) && (bytes.len() as u64).is_multiple_of(sector),
                    "whole sectors"
                );
                let chunks = bytes.chunks(sector as usize);
                sectors.extend((within / sector..).zip(chunks.map(<[u8]>::to_vec)));
            }
            _ => unreachable!("the block was made present"),
        }
    }

    /// Every byte of the disk, given every byte of its parent. A smaller parent ends in zeros.
    #[must_use]
    pub fn model(&self, parent: &[u8]) -> Vec<u8> {
        let mut disk = vec![0; self.disk_size as usize];
        if self.kind == Kind::Differencing {
            let len = parent.len().min(disk.len());
            disk[..len].copy_from_slice(&parent[..len]);
        }
        for (number, block) in &self.blocks {
            let start = (number * u64::from(self.block_size)) as usize;
            let end = (start + self.block_size as usize).min(disk.len());
            apply(
                block,
                &mut disk[start..end],
                self.logical_sector_size as usize,
            );
        }
        disk
    }
}

fn apply(block: &Block, disk: &mut [u8], sector_size: usize) {
    match block {
        Block::Undefined | Block::Zero | Block::Unmapped => disk.fill(0),
        Block::Full(bytes) => {
            let len = bytes.len().min(disk.len());
            disk[..len].copy_from_slice(&bytes[..len]);
            disk[len..].fill(0);
        }
        Block::Partial(sectors) => {
            for (number, bytes) in sectors {
                let start = *number as usize * sector_size;
                if let Some(to) = disk.get_mut(start..start + sector_size) {
                    to.copy_from_slice(bytes);
                }
            }
        }
    }
}
