//! One GPT header, checked.

use blockio::Fault;
use zerocopy::{FromZeros, IntoBytes};

use crate::codes;
use crate::format::gpt::{self, REVISION_MAJOR, SIGNATURE, SMALLEST_ENTRY, USUAL_ENTRY_COUNT};
use crate::probe::Probe;

/// More entries than any system makes; a larger count is damage.
const MOST_ENTRIES: u32 = 16_384;
/// Largest entry that is read.
const LARGEST_ENTRY: u32 = 1 << 16;
/// Longest entry array that is read, in bytes.
const LONGEST_ARRAY: u64 = 16 << 20;

/// A header whose checksum and bounds hold.
#[derive(Clone, Copy)]
pub(super) struct Header(pub(super) gpt::Header);

/// What is in the place of a header.
pub(super) enum Found {
    /// No signature.
    Absent,
    /// A header that cannot be trusted: why, and where it says that its other copy is.
    Bad(Box<Fault>, u64),
    /// Bytes that could not be read, which is no sign of a header.
    Unreadable(Box<Fault>),
    Good(Box<Header>),
}

impl Found {
    /// What is at `lba`, which `what` names.
    pub(super) fn at(disk: Probe<'_>, lba: u64, sector_size: u32, what: &'static str) -> Self {
        let offset = lba.saturating_mul(sector_size.into());
        let fault = Fault::damaged(&codes::GPT_HEADER, what).at(offset);
        let sector = match disk.bytes(offset, sector_size.into()) {
            Ok(sector) => sector,
            Err(error) => return Self::Unreadable(Box::new(fault.found(error.to_string()))),
        };
        let Ok((header, _)) = <gpt::Header as zerocopy::FromBytes>::read_from_prefix(&sector)
        else {
            return Self::Absent;
        };
        if header.signature != SIGNATURE {
            return Self::Absent;
        }
        match check(&header, &sector, lba) {
            Ok(()) => Self::Good(Box::new(Header(header))),
            Err((expected, found)) => Self::Bad(
                Box::new(fault.expected(expected).found(found)),
                header.alternate_lba.get(),
            ),
        }
    }

    pub(super) fn good(&self) -> Option<&Header> {
        match self {
            Self::Good(header) => Some(header),
            _ => None,
        }
    }

    /// Whether a header is or was here.
    pub(super) fn is_there(&self) -> bool {
        matches!(self, Self::Good(_) | Self::Bad(..))
    }

    /// Where the header says that its other copy is; checked by nothing but that copy's checksum.
    pub(super) fn alternate_lba(&self) -> Option<u64> {
        match self {
            Self::Absent | Self::Unreadable(_) => None,
            Self::Bad(_, lba) => Some(*lba),
            Self::Good(header) => Some(header.0.alternate_lba.get()),
        }
    }

    /// Why it cannot be used; `offset` is where it should be.
    pub(super) fn fault(&self, what: &'static str, offset: u64) -> Option<Fault> {
        match self {
            Self::Good(_) => None,
            Self::Bad(fault, _) | Self::Unreadable(fault) => Some((**fault).clone()),
            Self::Absent => Some(
                Fault::damaged(&codes::GPT_HEADER, what)
                    .at(offset)
                    .expected("signature EFI PART")
                    .found("no signature"),
            ),
        }
    }
}

impl Header {
    /// What a header would say of an array of the usual shape; it has no checksum for it.
    pub(super) fn usual() -> Self {
        let mut header = gpt::Header::new_zeroed();
        header.entry_count = USUAL_ENTRY_COUNT.into();
        header.entry_size = SMALLEST_ENTRY.into();
        Self(header)
    }

    /// Bytes of the entry array.
    pub(super) fn array_len(&self) -> u64 {
        let count = u64::from(self.0.entry_count.get());
        count.saturating_mul(self.0.entry_size.get().into())
    }

    /// Where the backup array lies, by a primary header: right before the backup header.
    pub(super) fn backup_entries_lba(&self, sector_size: u32) -> Option<u64> {
        let sectors = self.array_len().div_ceil(sector_size.into());
        self.0.alternate_lba.get().checked_sub(sectors)
    }
}

/// Checks a header that `sector` begins with; what was expected and what was found otherwise.
fn check(header: &gpt::Header, sector: &[u8], lba: u64) -> Result<(), (String, String)> {
    let number = |name: &str, expected: u64, found: u64| {
        let pair = || (format!("{name} {expected}"), found.to_string());
        (expected == found).then_some(()).ok_or_else(pair)
    };
    number(
        "revision",
        REVISION_MAJOR.into(),
        u64::from(header.revision.get() >> 16),
    )?;
    let crc = checksum(header, sector)?;
    if crc != header.header_crc.get() {
        return Err((
            format!("CRC-32 {:#010x}", header.header_crc.get()),
            format!("{crc:#010x}"),
        ));
    }
    number("its own sector number", lba, header.my_lba.get())?;
    let (count, size) = (header.entry_count.get(), header.entry_size.get());
    if !size.is_power_of_two() || !(SMALLEST_ENTRY..=LARGEST_ENTRY).contains(&size) {
        return Err((
            "an entry size of 128 times a power of two".into(),
            size.to_string(),
        ));
    }
    if count > MOST_ENTRIES {
        return Err((format!("at most {MOST_ENTRIES} entries"), count.to_string()));
    }
    let len = Header(*header).array_len();
    if len > LONGEST_ARRAY {
        return Err((
            format!("at most {LONGEST_ARRAY:#x} bytes of entries"),
            format!("{len:#x}"),
        ));
    }
    Ok(())
}

/// CRC-32 over the size that the header gives itself, its own field taken as zero.
fn checksum(header: &gpt::Header, sector: &[u8]) -> Result<u32, (String, String)> {
    let size = header.header_size.get();
    let tail = usize::try_from(size)
        .ok()
        .and_then(|size| sector.get(size_of::<gpt::Header>()..size));
    let tail = tail.ok_or_else(|| {
        (
            "a header size of 92 up to a sector".into(),
            size.to_string(),
        )
    })?;
    let mut zeroed = *header;
    zeroed.header_crc = 0.into();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(zeroed.as_bytes());
    hasher.update(tail);
    Ok(hasher.finalize())
}
