//! File records: the entries of $MFT.

use zerocopy::FromBytes;

use crate::attribute::Attributes;
use crate::codes;
use crate::fixup;
use crate::flaw::Flaw;
use crate::format::{FILE_SIGNATURE, FileRecordHeader, RECORD_IN_USE, RECORD_IS_DIRECTORY};
use crate::reference::FileReference;

/// A file record whose fixups are applied; a view of its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) number: u64,
    header: &'a FileRecordHeader,
    /// The bytes in use.
    bytes: &'a [u8],
}

/// Applies the fixups of the file record in `bytes`.
///
/// # Errors
/// Where it is no file record, or was torn while it was written.
pub(crate) fn restore(bytes: &mut [u8]) -> Result<(), Flaw> {
    fixup::apply(bytes, FILE_SIGNATURE).map_err(|found| Flaw::new(&codes::FILE_RECORD, found))
}

impl<'a> Record<'a> {
    /// The file record in `bytes`, whose fixups are applied.
    pub(crate) fn parse(number: u64, bytes: &'a [u8]) -> Result<Self, Flaw> {
        let flaw = |found: String| Flaw::new(&codes::FILE_RECORD, found);
        let (header, _) = FileRecordHeader::ref_from_prefix(bytes)
            .map_err(|_| flaw("is too short".to_owned()))?;
        let used = usize::try_from(header.used.get()).ok();
        let used = used.and_then(|used| bytes.get(..used));
        let used = used.ok_or_else(|| {
            flaw(format!(
                "has {:#x} of {:#x} bytes in use",
                header.used.get(),
                bytes.len()
            ))
        })?;
        Ok(Self {
            number,
            header,
            bytes: used,
        })
    }

    /// The record's number and which of its lives this is.
    pub(crate) fn reference(&self) -> FileReference {
        FileReference::new(self.number, self.sequence())
    }

    pub(crate) fn sequence(&self) -> u16 {
        self.header.sequence.get()
    }

    pub(crate) fn is_in_use(&self) -> bool {
        self.header.flags.get() & RECORD_IN_USE != 0
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.header.flags.get() & RECORD_IS_DIRECTORY != 0
    }

    /// The base record, if this is an extension record.
    pub(crate) fn base(&self) -> Option<FileReference> {
        let base = self.header.base.get();
        (base != 0).then_some(FileReference(base))
    }

    /// Its attributes, in its order.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.bytes, self.header.first_attribute.get().into())
    }
}

/// A file record that owns its bytes and whose attributes were all found whole.
#[derive(Clone, Debug)]
pub(crate) struct FileRecord {
    number: u64,
    bytes: Box<[u8]>,
}

impl FileRecord {
    /// The file record in `bytes` as they are on the volume.
    ///
    /// # Errors
    /// What is wrong with the record or one of its attributes.
    pub(crate) fn parse(number: u64, mut bytes: Box<[u8]>) -> Result<Self, Flaw> {
        restore(&mut bytes)?;
        let record = Record::parse(number, &bytes)?;
        if record.is_in_use() {
            record
                .attributes()
                .try_for_each(|attribute| attribute.map(drop))?;
        }
        Ok(Self { number, bytes })
    }

    /// The record as a view.
    pub(crate) fn view(&self) -> Record<'_> {
        Record::parse(self.number, &self.bytes).expect("it was parsed when this was made")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty file record of 1 KiB as it stands on a volume.
    fn bytes() -> Box<[u8]> {
        let mut bytes = vec![0; 1024];
        bytes[..8].copy_from_slice(b"FILE\x30\x00\x03\x00");
        bytes[0x10] = 7;
        bytes[0x14] = 0x38;
        bytes[0x16] = 3;
        bytes[0x18] = 0x40;
        bytes[0x38..0x3C].fill(0xFF);
        bytes.into()
    }

    #[test]
    fn tells_what_the_header_says() {
        let record = FileRecord::parse(42, bytes()).expect("whole");
        let view = record.view();
        assert_eq!(view.reference(), FileReference::new(42, 7));
        assert!(view.is_in_use() && view.is_directory());
        assert_eq!((view.base(), view.attributes().count()), (None, 0));
    }

    #[test]
    fn more_bytes_in_use_than_there_are_is_a_flaw() {
        let mut bytes = bytes();
        bytes[0x1A] = 1;
        let flaw = FileRecord::parse(42, bytes).expect_err("leaves the record");
        assert_eq!(
            (flaw.code.id, &*flaw.found),
            ("HV-D202", "has 0x10040 of 0x400 bytes in use")
        );
        let fault = flaw.in_record(42);
        assert!(
            fault
                .to_string()
                .starts_with("damaged: file record 42: has"),
            "{fault}"
        );
    }

    #[test]
    fn attributes_beyond_the_bytes_in_use_are_a_flaw() {
        let mut bytes = bytes();
        bytes[0x18] = 0x38;
        assert_eq!(
            FileRecord::parse(42, bytes).expect_err("no end").code.id,
            "HV-D203"
        );
    }
}
