//! All of a new file but its payload blocks.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Place, ReadAt, Run, check_range};
use uuid::Uuid;
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32, U64};

use super::stored::Stored;
use super::{NewDisk, aligned};
use crate::bat::{Bat, Owner, Shape};
use crate::format::{
    BAT_ENTRY_LEN, BAT_REGION, FILE_PARAMETERS, FILE_SIGNATURE, FileIdentifier, FileParameters,
    HEADER_LEN, HEADER_OFFSETS, HEADER_SIGNATURE, Header, ITEM_IS_REQUIRED, ITEM_IS_VIRTUAL_DISK,
    LEAVE_BLOCKS_ALLOCATED, LOG_VERSION, LOGICAL_SECTOR_SIZE, METADATA_REGION, METADATA_SIGNATURE,
    METADATA_TABLE_LEN, MIB, MetadataTableEntry, MetadataTableHeader, PHYSICAL_SECTOR_SIZE,
    REGION_TABLE_LEN, REGION_TABLE_OFFSETS, REGION_TABLE_SIGNATURE, RegionTableEntry,
    RegionTableHeader, VERSION, VIRTUAL_DISK_ID, VIRTUAL_DISK_SIZE,
};
use crate::structure;

const LOG: Range<u64> = MIB..2 * MIB;
const METADATA: Range<u64> = 2 * MIB..3 * MIB;
/// BAT entry of a block that lies wholly in the file; its offset in MiB stands above bit 20. 2.5.1
const FULLY_PRESENT: u64 = 6;

/// All of the file but its payload blocks, which begin where it ends.
pub(super) struct Structures {
    /// Bytes and where they are, in order. What lies between them is zeros.
    pieces: Vec<(u64, Vec<u8>)>,
    bat: Bat,
    stored: Arc<Stored>,
    block_size: u64,
    size: u64,
}

impl Structures {
    pub(super) fn new(
        disk: &dyn ReadAt,
        new: &NewDisk,
        creator: &str,
        stored: &Arc<Stored>,
    ) -> Self {
        let shape = Shape {
            kind: new.kind(),
            disk_size: disk.size(),
            block_size: new.block_size,
            logical_sector_size: new.logical_sector_size,
        };
        let bat = Bat::at(METADATA.end, &shape);
        let bat_region = METADATA.end..METADATA.end.saturating_add(aligned(bat.len()));
        let mut pieces = vec![(0, identifier(creator))];
        for (at, sequence_number) in HEADER_OFFSETS.into_iter().zip([1, 2]) {
            pieces.push((at, header(new, sequence_number)));
        }
        pieces.extend(REGION_TABLE_OFFSETS.map(|at| (at, region_table(&bat_region))));
        pieces.push((METADATA.start, metadata(disk.size(), new)));
        Self {
            pieces,
            bat,
            stored: Arc::clone(stored),
            block_size: new.block_size.into(),
            size: bat_region.end,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// As [`ReadAt::run_at`].
    pub(super) fn run_at(&self, offset: u64, max: u64) -> Run<'_> {
        let computed = Place::Computed { by: self, offset };
        let (end, place) = match self.something_at(offset) {
            Ok(end) => (end, computed),
            Err(end) => (end, Place::Hole),
        };
        let len = max.min(end.saturating_sub(offset));
        Run { len, place }
    }

    /// Where what is at `offset` ends; `Err` where the zeros do that are there.
    fn something_at(&self, offset: u64) -> Result<u64, u64> {
        let pieces = self.pieces.iter().map(|(at, bytes)| {
            let end = at.saturating_add(blockio::clamp(bytes.len()));
            *at..end
        });
        for range in pieces.chain([self.bat.range()]) {
            if offset < range.start {
                return Err(range.start);
            }
            if offset < range.end {
                return Ok(range.end);
            }
        }
        Err(self.size)
    }

    /// The entry of the BAT with this index.
    fn bat_entry(&self, index: u64) -> u64 {
        let Owner::Payload(block) = self.bat.owner(index) else {
            return 0;
        };
        let place = |number: u64| {
            let at = self
                .size
                .saturating_add(number.saturating_mul(self.block_size));
            at | FULLY_PRESENT
        };
        self.stored.file_block(block).map_or(0, place)
    }

    /// The bytes of the BAT from `offset` of the file on.
    fn read_bat(&self, buf: &mut [u8], offset: u64) {
        let mut at = offset.saturating_sub(self.bat.range().start);
        let mut rest = buf;
        while !rest.is_empty() {
            let (index, within) = (at / BAT_ENTRY_LEN, at % BAT_ENTRY_LEN);
            let entry = self.bat_entry(index).to_le_bytes();
            let within = usize::try_from(within).unwrap_or_default();
            let bytes = entry.get(within..).unwrap_or_default();
            let (piece, behind) = rest.split_at_mut(bytes.len().min(rest.len()));
            piece.copy_from_slice(bytes.get(..piece.len()).unwrap_or_default());
            at = at.saturating_add(blockio::clamp(piece.len()));
            rest = behind;
        }
    }

    /// The bytes of the piece that `offset` is in.
    fn read_piece(&self, buf: &mut [u8], offset: u64) {
        let before = self.pieces.iter().rev().find(|(at, _)| *at <= offset);
        let bytes = before.and_then(|(at, bytes)| {
            let within = usize::try_from(offset.checked_sub(*at)?).ok()?;
            bytes.get(within..)?.get(..buf.len())
        });
        buf.copy_from_slice(bytes.expect("the run was cut to its piece"));
    }
}

impl ReadAt for Structures {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size, offset, buf.len())?;
        let (mut rest, mut at) = (buf, offset);
        while !rest.is_empty() {
            let found = self.something_at(at);
            let (Ok(end) | Err(end)) = found;
            let len = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
            let (piece, behind) = rest.split_at_mut(len.min(rest.len()));
            match found {
                Err(_) => piece.fill(0),
                Ok(_) if self.bat.range().contains(&at) => self.read_bat(piece, at),
                Ok(_) => self.read_piece(piece, at),
            }
            at = at.saturating_add(blockio::clamp(piece.len()));
            rest = behind;
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        check_range(self.size, offset, 1)?;
        Ok(Self::run_at(self, offset, max))
    }
}

fn identifier(creator: &str) -> Vec<u8> {
    let mut units = creator.encode_utf16().take(255);
    let identifier = FileIdentifier {
        signature: FILE_SIGNATURE,
        creator: [(); 256].map(|()| U16::new(units.next().unwrap_or_default())),
    };
    identifier.as_bytes().to_vec()
}

fn header(new: &NewDisk, sequence_number: u64) -> Vec<u8> {
    let header = Header {
        signature: HEADER_SIGNATURE,
        checksum: U32::ZERO,
        sequence_number: U64::new(sequence_number),
        file_write_guid: new.file_write_guid.into(),
        data_write_guid: new.data_write_guid.into(),
        log_guid: Uuid::nil().into(),
        log_version: U16::new(LOG_VERSION),
        version: U16::new(VERSION),
        log_length: len_of(&LOG),
        log_offset: U64::new(LOG.start),
    };
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(HEADER_LEN, 0);
    structure::seal(&mut bytes);
    bytes
}

fn region_table(bat: &Range<u64>) -> Vec<u8> {
    let header = RegionTableHeader {
        signature: REGION_TABLE_SIGNATURE,
        checksum: U32::ZERO,
        entry_count: U32::new(2),
        reserved: U32::ZERO,
    };
    let mut bytes = header.as_bytes().to_vec();
    for (id, region) in [(BAT_REGION, bat), (METADATA_REGION, &METADATA)] {
        let entry = RegionTableEntry {
            guid: id.into(),
            file_offset: U64::new(region.start),
            length: len_of(region),
            required: U32::new(1),
        };
        bytes.extend_from_slice(entry.as_bytes());
    }
    bytes.resize(REGION_TABLE_LEN, 0);
    structure::seal(&mut bytes);
    bytes
}

/// Length of a region or the log in bytes, which is below 1 GiB.
fn len_of(range: &Range<u64>) -> U32 {
    let len = range.end.saturating_sub(range.start);
    U32::new(u32::try_from(len).unwrap_or(u32::MAX))
}

/// The metadata table and the items behind it.
fn metadata(disk_size: u64, new: &NewDisk) -> Vec<u8> {
    let flags = if new.fixed { LEAVE_BLOCKS_ALLOCATED } else { 0 };
    let parameters = FileParameters {
        block_size: U32::new(new.block_size),
        flags: U32::new(flags),
    };
    let of_disk = ITEM_IS_REQUIRED | ITEM_IS_VIRTUAL_DISK;
    let items: [(Uuid, u32, &[u8]); 5] = [
        (FILE_PARAMETERS, ITEM_IS_REQUIRED, parameters.as_bytes()),
        (VIRTUAL_DISK_SIZE, of_disk, &disk_size.to_le_bytes()),
        (VIRTUAL_DISK_ID, of_disk, &new.disk_id.to_bytes_le()),
        (
            LOGICAL_SECTOR_SIZE,
            of_disk,
            &new.logical_sector_size.to_le_bytes(),
        ),
        (
            PHYSICAL_SECTOR_SIZE,
            of_disk,
            &new.physical_sector_size.to_le_bytes(),
        ),
    ];
    let header = MetadataTableHeader {
        signature: METADATA_SIGNATURE,
        reserved: U16::ZERO,
        entry_count: U16::new(5),
        reserved2: [0; 20],
    };
    let (mut table, mut values) = (header.as_bytes().to_vec(), Vec::new());
    for (id, flags, value) in items {
        let offset = METADATA_TABLE_LEN.saturating_add(values.len());
        let entry = MetadataTableEntry {
            item_id: id.into(),
            offset: U32::new(u32::try_from(offset).unwrap_or(u32::MAX)),
            length: U32::new(u32::try_from(value.len()).unwrap_or(u32::MAX)),
            flags: U32::new(flags),
            reserved: U32::ZERO,
        };
        table.extend_from_slice(entry.as_bytes());
        values.extend_from_slice(value);
    }
    table.resize(METADATA_TABLE_LEN, 0);
    table.extend_from_slice(&values);
    table
}
