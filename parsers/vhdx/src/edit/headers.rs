//! Writing headers: always over the older one, so that one is valid at every moment. MS-VHDX 2.2.2

use std::io;
use std::ops::Range;

use blockio::{Fault, WriteAt};
use uuid::Uuid;
use zerocopy::{FromBytes, IntoBytes};

use crate::codes::HEADERS;
use crate::format::{HEADER_OFFSETS, Header, KIB};
use crate::header::{self, ActiveHeader, Valid};
use crate::structure;

/// Where the two headers are.
pub(super) const PLACES: [Range<u64>; 2] =
    [HEADER_OFFSETS[0]..128 * KIB, HEADER_OFFSETS[1]..192 * KIB];

/// The headers of a file that is being changed.
pub(super) struct Headers<'a> {
    file: &'a dyn WriteAt,
    newest: Valid,
}

impl<'a> Headers<'a> {
    pub(super) fn read(file: &'a dyn WriteAt) -> io::Result<Self> {
        let newest = header::read_newest(file, &mut Vec::new())?;
        newest.checked()?;
        Ok(Self { file, newest })
    }

    /// What the newest one says.
    pub(super) fn active(&self) -> io::Result<ActiveHeader> {
        Ok(self.newest.checked()?)
    }

    /// Writes a header with this GUID that says that no log is pending.
    pub(super) fn write(&mut self, file_write_guid: Uuid) -> io::Result<()> {
        self.write_next(|header| {
            header.file_write_guid = file_write_guid.into();
            header.log_guid = Uuid::nil().into();
        })
    }

    /// Writes a header with this GUID; a log that is pending stays so.
    pub(super) fn write_keeping_log(&mut self, file_write_guid: Uuid) -> io::Result<()> {
        self.write_next(|header| header.file_write_guid = file_write_guid.into())
    }

    fn write_next(&mut self, change: impl FnOnce(&mut Header)) -> io::Result<()> {
        let next = &mut self.newest;
        let Ok((header, _)) = Header::mut_from_prefix(&mut next.bytes) else {
            return Err(io::Error::other("a header is shorter than its fields"));
        };
        let sequence = header.sequence_number.get().checked_add(1);
        header.sequence_number = sequence.ok_or_else(at_its_end)?.into();
        change(header);
        structure::seal(&mut next.bytes);
        next.number = if next.number == 1 { 2 } else { 1 };
        if let Ok((header, _)) = Header::read_from_prefix(&next.bytes) {
            next.header = header;
        }
        let [first, second] = HEADER_OFFSETS;
        let at = if next.number == 1 { first } else { second };
        self.file.write_all_at(next.bytes.as_bytes(), at)?;
        self.file.flush()
    }
}

/// Nobody writes a header 2^64 times.
fn at_its_end() -> Fault {
    Fault::damaged(&HEADERS, "sequence number of the newer header")
        .expected("one that another can follow")
        .found(u64::MAX.to_string())
}
