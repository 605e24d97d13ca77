//! The dynamic disk header: block size, and where the block allocation table is.

use blockio::{Fault, ReadAt};
use uuid::Uuid;
use zerocopy::FromBytes;

use crate::codes::{HEADER, TABLE};
use crate::footer::{ActiveFooter, checksum};
use crate::format::{DynamicHeader, HEADER_COOKIE, Locator, MAJOR_VERSION, SECTOR};

/// Bytes of one entry of the block allocation table.
const ENTRY: u64 = 4;

/// A dynamic disk header whose every field was checked.
pub(crate) struct ActiveHeader {
    pub(crate) block_size: u32,
    /// Blocks of the disk; the table has at least as many entries.
    pub(crate) blocks: u32,
    pub(crate) table_offset: u64,
    pub(crate) parent_unique_id: Uuid,
    pub(crate) parent_timestamp: u32,
    pub(crate) parent_name: [u8; 512],
    pub(crate) locators: [Locator; 8],
}

/// The header that `footer` points to. VHD spec, "Dynamic Disk Header Format".
pub(crate) fn read(bytes: &dyn ReadAt, footer: &ActiveFooter) -> Result<ActiveHeader, Fault> {
    let at = footer.header_offset;
    let raw = read_raw(bytes, at)?;
    let block_size = raw.block_size.get();
    if !block_size.is_power_of_two() || block_size < SECTOR {
        return Err(Fault::damaged(&HEADER, "block size")
            .at(at)
            .expected("a power of two of at least 512")
            .found(block_size.to_string()));
    }
    let header = ActiveHeader {
        block_size,
        blocks: blocks(&raw, footer)?,
        table_offset: raw.table_offset.get(),
        parent_unique_id: Uuid::from_bytes(raw.parent_unique_id),
        parent_timestamp: raw.parent_timestamp.get(),
        parent_name: raw.parent_name,
        locators: raw.locators,
    };
    check_table_place(&header, footer)?;
    Ok(header)
}

/// The header at `at`, its marks checked and no more.
pub(crate) fn read_raw(bytes: &dyn ReadAt, at: u64) -> Result<DynamicHeader, Fault> {
    let mut buf = [0; size_of::<DynamicHeader>()];
    let end = at.checked_add(blockio::clamp(buf.len()));
    if end.is_none_or(|end| end > bytes.size()) {
        return Err(Fault::damaged(&HEADER, "dynamic disk header")
            .at(at)
            .expected(format!("within the file's {:#x} bytes", bytes.size()))
            .found("beyond its end"));
    }
    bytes
        .read_exact_at(&mut buf, at)
        .map_err(|error| Fault::clone(&Fault::from_io(&error, "dynamic disk header")))?;
    let raw = DynamicHeader::read_from_bytes(&buf)
        .map_err(|_| Fault::damaged(&HEADER, "dynamic disk header").at(at))?;
    check_marks(&raw, &buf, at)?;
    Ok(raw)
}

fn check_marks(raw: &DynamicHeader, buf: &[u8], at: u64) -> Result<(), Fault> {
    let wrong = |what, expected: String, found: String| {
        let fault = Fault::damaged(&HEADER, what).at(at);
        Err(fault.expected(expected).found(found))
    };
    if raw.cookie != HEADER_COOKIE {
        let found = raw.cookie.escape_ascii().to_string();
        return wrong("dynamic disk header", "\"cxsparse\"".into(), found);
    }
    let sum = checksum(buf, raw.checksum.get());
    if raw.checksum.get() != sum {
        let (expected, found) = (format!("{sum:#010x}"), format!("{:#010x}", raw.checksum));
        return wrong("dynamic disk header checksum", expected, found);
    }
    if raw.version.get() >> 16 != MAJOR_VERSION {
        let found = format!("{:#010x}", raw.version);
        return wrong("dynamic disk header version", "1.0".into(), found);
    }
    Ok(())
}

/// How many blocks the disk has, if the table has an entry for each.
fn blocks(raw: &DynamicHeader, footer: &ActiveFooter) -> Result<u32, Fault> {
    let needed = footer.disk_size.div_ceil(raw.block_size.get().into());
    let entries = raw.max_table_entries.get();
    u32::try_from(needed)
        .ok()
        .filter(|needed| *needed <= entries)
        .ok_or_else(|| {
            Fault::damaged(&TABLE, "block allocation table")
                .at(raw.table_offset.get())
                .expected(format!("{needed} entries for {} bytes", footer.disk_size))
                .found(entries.to_string())
        })
}

fn check_table_place(header: &ActiveHeader, footer: &ActiveFooter) -> Result<(), Fault> {
    let end = header.table_end();
    if end.is_some_and(|end| end <= footer.data_end) {
        return Ok(());
    }
    Err(Fault::damaged(&TABLE, "block allocation table")
        .at(header.table_offset)
        .expected(format!("within {:#x} bytes", footer.data_end))
        .found(format!("{} entries beyond them", header.blocks)))
}

impl ActiveHeader {
    /// Where the entries of the disk's blocks end in the file.
    pub(crate) fn table_end(&self) -> Option<u64> {
        let len = u64::from(self.blocks).checked_mul(ENTRY)?;
        self.table_offset.checked_add(len)
    }
}
