//! The file header, kept twice: which copy is in force.

use blockio::Fault;
use zerocopy::FromBytes;

use super::checksum::checksum;
use super::format::{ALIGNMENTS, HEADER_SIGNATURE, HEADERS, Header, OLD_VERSIONS, VERSION};
use super::image::Image;
use super::notes::Notes;
use crate::codes;

/// The copy of the header that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ActiveHeader {
    pub(crate) sequence: u16,
    pub(crate) version: u32,
    /// Unit of all offsets and sizes of objects; a power of two, 4 to 64 KiB.
    pub(crate) alignment: u32,
    pub(crate) log_offset: u64,
    pub(crate) log_size: u64,
    /// Of the log's header and descriptors; the data begin behind.
    pub(crate) log_header_size: u32,
}

impl ActiveHeader {
    /// Reads both copies and takes the newer of those that are sound.
    pub(crate) fn read(image: &Image<'_>, notes: &mut Notes) -> Result<Self, Fault> {
        let copies = HEADERS.map(|offset| {
            let header = Self::parse(image, offset);
            notes.counts.headers.count(header.is_ok());
            header
        });
        let header = match copies {
            [Ok(first), Ok(second)] => Self::newer(first, second, notes),
            [Ok(header), Err(fault)] | [Err(fault), Ok(header)] => {
                notes.add(fault);
                header
            }
            [Err(mut fault), Err(_)] => {
                fault.code = &codes::HEADER;
                return Err(fault);
            }
        };
        header.check_version()?;
        Ok(header)
    }

    fn parse(image: &Image<'_>, offset: u64) -> Result<Self, Fault> {
        let what = "file header";
        let bytes = image.read(offset, size_of::<Header>(), &codes::HEADER_COPY, what)?;
        let damaged = || Fault::damaged(&codes::HEADER_COPY, what).at(offset);
        let header = Header::read_from_bytes(&bytes)
            .map_err(|_| damaged().found("a header that is cut off"))?;
        let signature = header.signature.get();
        if signature != HEADER_SIGNATURE {
            return Err(damaged()
                .expected(format!("signature {HEADER_SIGNATURE:#010x}"))
                .found(format!("{signature:#010x}")));
        }
        let sum = checksum(&bytes, 4);
        if sum != header.checksum.get() {
            return Err(damaged()
                .expected(format!("CRC {:#010x}", header.checksum.get()))
                .found(format!("{sum:#010x}")));
        }
        let alignment = header.alignment.get();
        if !ALIGNMENTS.contains(&alignment) || !alignment.is_power_of_two() {
            return Err(damaged().found(format!("an alignment of {alignment:#x}")));
        }
        Ok(Self {
            sequence: header.sequence.get(),
            version: header.version.get(),
            alignment,
            log_offset: header.log_offset.get(),
            log_size: header.log_size.get(),
            log_header_size: header.log_header_size.get(),
        })
    }

    /// Sequences wrap. Equal ones are an error of whoever wrote the file.
    fn newer(first: Self, second: Self, notes: &mut Notes) -> Self {
        let ahead = first.sequence.wrapping_sub(second.sequence);
        if ahead == 0 {
            notes.add(
                Fault::damaged(&codes::HEADER_COPY, "file headers")
                    .found(format!("sequence {} in both", first.sequence)),
            );
        }
        if ahead < 0x8000 { first } else { second }
    }

    fn check_version(&self) -> Result<(), Fault> {
        if self.version == VERSION || OLD_VERSIONS.contains(&self.version) {
            return Ok(());
        }
        Err(Fault::unsupported(&codes::VERSION, "file header")
            .expected("container version 4.0")
            .found(self.shown_version()))
    }

    /// Refuses to write what is only read.
    pub(crate) fn check_writable(&self) -> Result<(), Fault> {
        if self.version == VERSION {
            return Ok(());
        }
        Err(Fault::unsupported(&codes::VERSION, "file header")
            .expected("container version 4.0, the only one that is written")
            .found(self.shown_version()))
    }

    fn shown_version(&self) -> String {
        let [minor, major, high @ ..] = self.version.to_le_bytes();
        match high {
            [0, 0] => format!("{major}.{minor}"),
            _ => format!("{:#x}", self.version),
        }
    }
}
