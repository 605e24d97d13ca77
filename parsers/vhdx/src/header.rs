//! The two headers, and which one is active. MS-VHDX 2.2.2

use blockio::{Fault, ReadAt};
use uuid::Uuid;
use zerocopy::FromBytes;

use crate::codes::{HEADER_RECOVERED, HEADERS, HEADERS_DISAGREE, VERSION as VERSION_CODE};
use crate::format::{HEADER_LEN, HEADER_OFFSETS, HEADER_SIGNATURE, Header, VERSION};
use crate::structure;

/// What the active header says, its version checked.
#[derive(Clone, Debug)]
pub(crate) struct ActiveHeader {
    pub file_write_guid: Uuid,
    pub data_write_guid: Uuid,
    pub log: LogPlace,
}

/// Where the header says that the log is, unchecked.
#[derive(Clone, Debug)]
pub(crate) struct LogPlace {
    /// Not nil: the log holds entries with this GUID that must be replayed.
    pub guid: Uuid,
    pub version: u16,
    pub offset: u64,
    pub length: u64,
}

/// One header whose signature and checksum hold.
pub(crate) struct Valid {
    /// 1 or 2.
    pub number: usize,
    /// All its 4 KiB.
    pub bytes: Vec<u8>,
    pub header: Header,
}

/// Reads both headers and takes the active one; a damaged other one becomes a note.
pub(crate) fn read_active(
    bytes: &dyn ReadAt,
    notes: &mut Vec<Fault>,
) -> Result<ActiveHeader, Fault> {
    read_newest(bytes, notes)?.checked()
}

/// Reads both headers and takes the newer one as it stands; a damaged other one becomes a note.
pub(crate) fn read_newest(bytes: &dyn ReadAt, notes: &mut Vec<Fault>) -> Result<Valid, Fault> {
    let [first, second] = HEADER_OFFSETS;
    match (read_one(bytes, 1, first), read_one(bytes, 2, second)) {
        (Ok(first), Ok(second)) => newer(first, second),
        (Ok(header), Err(fault)) | (Err(fault), Ok(header)) => {
            notes.push(Fault {
                code: &HEADER_RECOVERED,
                ..fault
            });
            Ok(header)
        }
        (Err(first), Err(second)) => Err(neither(&first, &second)),
    }
}

fn read_one(bytes: &dyn ReadAt, number: usize, offset: u64) -> Result<Valid, Fault> {
    let what = if number == 1 { "header 1" } else { "header 2" };
    let damaged = || Fault::damaged(&HEADERS, what).at(offset);
    let bytes = structure::read(bytes, offset, HEADER_LEN, what)?;
    let (header, _) = Header::read_from_prefix(&bytes).map_err(|_| damaged())?;
    if header.signature != HEADER_SIGNATURE {
        return Err(damaged()
            .expected(structure::shown(&HEADER_SIGNATURE))
            .found(structure::shown(&header.signature)));
    }
    let checksum = structure::checksum(&bytes);
    if header.checksum != checksum {
        return Err(damaged()
            .expected(format!("checksum {:#010x}", header.checksum))
            .found(format!("{checksum:#010x}")));
    }
    Ok(Valid {
        number,
        bytes,
        header,
    })
}

fn newer(first: Valid, second: Valid) -> Result<Valid, Fault> {
    let (a, b) = (
        first.header.sequence_number.get(),
        second.header.sequence_number.get(),
    );
    if a == b && first.bytes != second.bytes {
        return Err(Fault::damaged(&HEADERS_DISAGREE, "headers 1 and 2")
            .at(HEADER_OFFSETS[0])
            .expected("different sequence numbers or the same contents")
            .found(format!(
                "sequence number {a} in both and different contents"
            )));
    }
    Ok(if b > a { second } else { first })
}

fn neither(first: &Fault, second: &Fault) -> Fault {
    let why = |fault: &Fault| match &*fault.expected {
        "" => fault.found.to_string(),
        expected => format!("expected {expected}, found {}", fault.found),
    };
    Fault {
        code: if first.code == second.code {
            first.code
        } else {
            &HEADERS
        },
        kind: first.kind,
        ..Fault::damaged(&HEADERS, "headers 1 and 2")
    }
    .at(HEADER_OFFSETS[0])
    .found(format!(
        "header 1: {}; header 2: {}",
        why(first),
        why(second)
    ))
}

impl Valid {
    pub(crate) fn checked(&self) -> Result<ActiveHeader, Fault> {
        let Self { number, header, .. } = self;
        let number = *number;
        if header.version != VERSION {
            return Err(
                Fault::unsupported(&VERSION_CODE, format!("header {number}"))
                    .at(if number == 1 {
                        HEADER_OFFSETS[0]
                    } else {
                        HEADER_OFFSETS[1]
                    })
                    .expected(format!("version {VERSION}"))
                    .found(header.version.to_string()),
            );
        }
        Ok(ActiveHeader {
            file_write_guid: header.file_write_guid.into(),
            data_write_guid: header.data_write_guid.into(),
            log: LogPlace {
                guid: header.log_guid.into(),
                version: header.log_version.get(),
                offset: header.log_offset.get(),
                length: header.log_length.get().into(),
            },
        })
    }
}
