//! The metadata region: what kind of disk the file holds, and of what size. MS-VHDX 2.6

use std::ops::Range;

use blockio::{Fault, ReadAt};
use uuid::Uuid;
use zerocopy::FromBytes;
use zerocopy::little_endian::{U32, U64};

use crate::codes::{DISK_SHAPE, METADATA_ITEM, METADATA_TABLE, METADATA_UNKNOWN};
use crate::format::{
    BLOCK_SIZES, FILE_PARAMETERS, FileParameters, Guid, HAS_PARENT, ITEM_IS_REQUIRED, ITEM_IS_USER,
    LEAVE_BLOCKS_ALLOCATED, LOGICAL_SECTOR_SIZE, MAX_DISK_SIZE, MAX_ITEM_LEN, MAX_TABLE_ENTRIES,
    METADATA_SIGNATURE, METADATA_TABLE_LEN, MetadataTableEntry, MetadataTableHeader,
    PARENT_LOCATOR, PHYSICAL_SECTOR_SIZE, SECTOR_SIZES, VIRTUAL_DISK_ID, VIRTUAL_DISK_SIZE,
};
use crate::{Kind, ParentLocator, structure};

/// What the metadata says, every value checked.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub kind: Kind,
    pub disk_size: u64,
    pub block_size: u32,
    pub logical_sector_size: u32,
    pub physical_sector_size: u32,
    pub disk_id: Uuid,
    pub parent_locator: Option<ParentLocator>,
}

impl Metadata {
    /// Reads the metadata in `region` of `file`.
    pub(crate) fn read(file: &dyn ReadAt, region: &Range<u64>) -> Result<Self, Fault> {
        let items = Items::read(file, region)?;
        let (parameters, at): (FileParameters, _) =
            items.get(FILE_PARAMETERS, "file parameters")?;
        let (id, _): (Guid, _) = items.get(VIRTUAL_DISK_ID, "virtual disk id")?;
        let logical_sector_size = items.sector_size(LOGICAL_SECTOR_SIZE, "logical sector size")?;
        let flags = parameters.flags.get();
        let differencing = flags & HAS_PARENT != 0;
        Ok(Self {
            kind: match flags & LEAVE_BLOCKS_ALLOCATED != 0 {
                _ if differencing => Kind::Differencing,
                true => Kind::Fixed,
                false => Kind::Dynamic,
            },
            disk_size: items.disk_size(logical_sector_size)?,
            block_size: block_size(parameters.block_size.get(), at)?,
            logical_sector_size,
            physical_sector_size: items
                .sector_size(PHYSICAL_SECTOR_SIZE, "physical sector size")?,
            disk_id: id.into(),
            parent_locator: differencing.then(|| items.parent_locator()).transpose()?,
        })
    }
}

fn block_size(size: u32, at: u64) -> Result<u32, Fault> {
    if size.is_power_of_two() && BLOCK_SIZES.contains(&size.into()) {
        return Ok(size);
    }
    Err(Fault::damaged(&DISK_SHAPE, "block size")
        .at(at)
        .expected("a power of two from 1 MiB to 256 MiB")
        .found(format!("{size:#x}")))
}

/// The metadata table, its known items by their ids.
struct Items<'a> {
    file: &'a dyn ReadAt,
    region: Range<u64>,
    known: Vec<(Uuid, MetadataTableEntry)>,
}

const KNOWN_ITEMS: [Uuid; 6] = [
    FILE_PARAMETERS,
    VIRTUAL_DISK_SIZE,
    VIRTUAL_DISK_ID,
    LOGICAL_SECTOR_SIZE,
    PHYSICAL_SECTOR_SIZE,
    PARENT_LOCATOR,
];

impl<'a> Items<'a> {
    fn read(file: &'a dyn ReadAt, region: &Range<u64>) -> Result<Self, Fault> {
        let damaged = || Fault::damaged(&METADATA_TABLE, "metadata table").at(region.start);
        let bytes = structure::read(file, region.start, METADATA_TABLE_LEN, "metadata table")?;
        let (header, rest) =
            MetadataTableHeader::read_from_prefix(&bytes).map_err(|_| damaged())?;
        if header.signature != METADATA_SIGNATURE {
            return Err(damaged()
                .expected(structure::shown(&METADATA_SIGNATURE))
                .found(structure::shown(&header.signature)));
        }
        let count = usize::from(header.entry_count.get());
        if count > MAX_TABLE_ENTRIES {
            return Err(damaged()
                .expected(format!("at most {MAX_TABLE_ENTRIES} entries"))
                .found(count.to_string()));
        }
        let mut items = Self {
            file,
            region: region.clone(),
            known: Vec::new(),
        };
        for bytes in rest
            .chunks_exact(size_of::<MetadataTableEntry>())
            .take(count)
        {
            items.add(MetadataTableEntry::read_from_bytes(bytes).map_err(|_| damaged())?)?;
        }
        Ok(items)
    }

    fn add(&mut self, entry: MetadataTableEntry) -> Result<(), Fault> {
        let id = Uuid::from(entry.item_id);
        let flags = entry.flags.get();
        if flags & ITEM_IS_USER == 0 && KNOWN_ITEMS.contains(&id) {
            if self.known.iter().any(|(known, _)| *known == id) {
                return Err(Fault::damaged(&METADATA_ITEM, "metadata table")
                    .at(self.region.start)
                    .expected(format!("one item {{{id}}}"))
                    .found("a second one"));
            }
            self.known.push((id, entry));
        } else if flags & ITEM_IS_REQUIRED != 0 {
            return Err(
                Fault::unsupported(&METADATA_UNKNOWN, "required metadata item")
                    .at(self.region.start)
                    .found(format!("{{{id}}}")),
            );
        }
        Ok(())
    }

    /// The bytes of an item, and where in the file they are.
    fn bytes(&self, id: Uuid, what: &'static str) -> Result<(Vec<u8>, u64), Fault> {
        let Some((_, entry)) = self.known.iter().find(|(known, _)| *known == id) else {
            return Err(Fault::damaged(&METADATA_ITEM, what)
                .at(self.region.start)
                .found("no entry in the metadata table"));
        };
        let (offset, length) = (u64::from(entry.offset.get()), u64::from(entry.length.get()));
        let at = self.region.start.saturating_add(offset);
        let table_len = blockio::clamp(METADATA_TABLE_LEN);
        let within = offset >= table_len
            && length <= MAX_ITEM_LEN
            && at
                .checked_add(length)
                .is_some_and(|end| end <= self.region.end);
        let Some(len) = usize::try_from(length).ok().filter(|_| within) else {
            return Err(Fault::damaged(&METADATA_ITEM, what)
                .at(at)
                .expected("an item within the metadata region, behind its table")
                .found(format!("{length:#x} bytes at {offset:#x} of the region")));
        };
        Ok((structure::read(self.file, at, len, what)?, at))
    }

    /// An item of fixed length, and where in the file it is.
    fn get<T: FromBytes>(&self, id: Uuid, what: &'static str) -> Result<(T, u64), Fault> {
        let (bytes, at) = self.bytes(id, what)?;
        match T::read_from_prefix(&bytes) {
            Ok((value, _)) => Ok((value, at)),
            Err(_) => Err(Fault::damaged(&METADATA_ITEM, what)
                .at(at)
                .expected(format!("{} bytes", size_of::<T>()))
                .found(bytes.len().to_string())),
        }
    }

    fn sector_size(&self, id: Uuid, what: &'static str) -> Result<u32, Fault> {
        let (size, at): (U32, _) = self.get(id, what)?;
        if SECTOR_SIZES.contains(&size.get()) {
            return Ok(size.get());
        }
        Err(Fault::damaged(&DISK_SHAPE, what)
            .at(at)
            .expected("512 or 4096")
            .found(size.to_string()))
    }

    fn disk_size(&self, sector_size: u32) -> Result<u64, Fault> {
        let (size, at): (U64, _) = self.get(VIRTUAL_DISK_SIZE, "virtual disk size")?;
        let size = size.get();
        if (1..=MAX_DISK_SIZE).contains(&size) && size.is_multiple_of(sector_size.into()) {
            return Ok(size);
        }
        Err(Fault::damaged(&DISK_SHAPE, "virtual disk size")
            .at(at)
            .expected(format!("a multiple of {sector_size} up to 64 TiB"))
            .found(format!("{size:#x}")))
    }

    fn parent_locator(&self) -> Result<ParentLocator, Fault> {
        let (bytes, at) = self
            .bytes(PARENT_LOCATOR, "parent locator")
            .map_err(|fault| Fault {
                code: if fault.code == &METADATA_ITEM {
                    &crate::codes::LOCATOR
                } else {
                    fault.code
                },
                ..fault
            })?;
        ParentLocator::parse(&bytes, at)
    }
}
