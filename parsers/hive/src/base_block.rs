//! The base block of a hive or a log, as far as it can be trusted.

use zerocopy::FromBytes;

use crate::format::{self, BASE_BLOCK_SIGNATURE, CHECKED};

/// A base block with the right signature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BaseBlock {
    raw: format::BaseBlock,
    checksum: u32,
}

impl BaseBlock {
    /// The base block that `bytes` begin with; `None` without its signature.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (raw, _) = format::BaseBlock::read_from_prefix(bytes).ok()?;
        let checksum = checksum(bytes.get(..CHECKED)?);
        (raw.signature == BASE_BLOCK_SIGNATURE).then_some(Self { raw, checksum })
    }

    /// Whether the checksum holds.
    pub(crate) fn is_sound(&self) -> bool {
        self.raw.checksum.get() == self.checksum
    }

    /// What the checksum should be, and is.
    pub(crate) fn checksums(&self) -> (u32, u32) {
        (self.checksum, self.raw.checksum.get())
    }

    /// Whether nothing was being written.
    pub(crate) fn is_clean(&self) -> bool {
        self.is_sound() && self.raw.primary_sequence == self.raw.secondary_sequence
    }

    /// Whether the two sequence numbers of a log agree, as they do once it is written.
    pub(crate) fn is_complete(&self) -> bool {
        self.raw.primary_sequence == self.raw.secondary_sequence
    }

    pub(crate) fn sequence(&self) -> u32 {
        self.raw.primary_sequence.get()
    }

    pub(crate) fn last_written(&self) -> u64 {
        self.raw.last_written.get()
    }

    pub(crate) fn version(&self) -> (u32, u32) {
        (self.raw.major_version.get(), self.raw.minor_version.get())
    }

    pub(crate) fn file_type(&self) -> u32 {
        self.raw.file_type.get()
    }

    pub(crate) fn root_cell(&self) -> u32 {
        self.raw.root_cell.get()
    }

    pub(crate) fn bins_size(&self) -> u32 {
        self.raw.bins_size.get()
    }

    /// Bytes of a sector of the guest's disk, after which a log's content begins.
    pub(crate) fn sector(&self) -> u64 {
        let sectors = self.raw.clustering.get().clamp(1, 8);
        u64::from(sectors).saturating_mul(512)
    }
}

/// XOR of the words; two values that mean "none" in memory are moved aside. "Base block", note 2.
fn checksum(bytes: &[u8]) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    let sum = words
        .iter()
        .fold(0, |sum, word| sum ^ u32::from_le_bytes(*word));
    match sum {
        u32::MAX => u32::MAX.wrapping_sub(1),
        0 => 1,
        sum => sum,
    }
}
