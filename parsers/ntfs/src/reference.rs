//! File references: a file record's number and which of its lives is meant.

use std::fmt;

/// A file record's number (48 bits) and its sequence number (16 bits), as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileReference(pub(crate) u64);

impl FileReference {
    /// The number of the file record.
    pub(crate) fn record(self) -> u64 {
        self.0 & 0xFFFF_FFFF_FFFF
    }

    /// How often the record had been reused when the reference was made.
    pub(crate) fn sequence(self) -> u16 {
        let [.., low, high] = self.0.to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// Whether a freed record with the sequence number `now` is the one that this meant: freeing
    /// counts it on by one, and leaves out 0.
    pub(crate) fn meant_freed(self, now: u16) -> bool {
        let before = self.sequence();
        [before, before.checked_add(1).unwrap_or(1)].contains(&now)
    }

    /// The reference with this record number and sequence number.
    pub(crate) fn new(record: u64, sequence: u16) -> Self {
        Self(record & 0xFFFF_FFFF_FFFF | u64::from(sequence) << 48)
    }
}

impl fmt::Display for FileReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.record(), self.sequence())
    }
}

#[cfg(test)]
mod tests {
    use super::FileReference;

    #[test]
    fn splits_and_joins() {
        let reference = FileReference(0x0005_0000_0000_1234);
        assert_eq!((reference.record(), reference.sequence()), (0x1234, 5));
        assert_eq!(FileReference::new(0x1234, 5), reference);
        assert_eq!(reference.to_string(), "4660-5");
    }

    #[test]
    fn a_freed_record_has_the_next_sequence_number() {
        let meant = |before, now| FileReference::new(1, before).meant_freed(now);
        assert!(meant(1, 1) && meant(1, 2) && meant(u16::MAX, 1));
        assert!(!meant(1, 3) && !meant(u16::MAX, 0));
    }
}
