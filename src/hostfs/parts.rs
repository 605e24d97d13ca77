//! The parts of a node besides its bytes and streams, and which of them a destination can hold.

/// A part of a node that a destination may or may not be able to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// When it was created.
    Created = 1,
    /// When its record was last changed.
    Changed = 1 << 1,
    /// Attribute bits.
    Attributes = 1 << 2,
    /// The security descriptor, self-relative (MS-DTYP 2.4.6).
    Security = 1 << 3,
    /// Extended attributes: a list of FILE_FULL_EA_INFORMATION as NTFS stores it, each entry
    /// saying how long it is, the last one too.
    ExtendedAttributes = 1 << 4,
    /// The object id: 16 bytes, or 64 with where it was given.
    ObjectId = 1 << 5,
    /// A reparse point: tag, length and data (MS-FSCC 2.1.2).
    Reparse = 1 << 6,
    /// The short (8.3) name.
    ShortName = 1 << 7,
    /// When it was last written and read: what every file system holds.
    Times = 1 << 8,
}

impl Part {
    const ALL: [Self; 9] = [
        Self::Created,
        Self::Changed,
        Self::Attributes,
        Self::Security,
        Self::ExtendedAttributes,
        Self::ObjectId,
        Self::Reparse,
        Self::ShortName,
        Self::Times,
    ];

    /// The words for it in a message.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Created => "creation time",
            Self::Changed => "change time",
            Self::Attributes => "attributes",
            Self::Security => "security descriptor",
            Self::ExtendedAttributes => "extended attributes",
            Self::ObjectId => "object id",
            Self::Reparse => "reparse point",
            Self::ShortName => "short name",
            Self::Times => "times",
        }
    }
}

/// A set of parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(u16);

impl Parts {
    /// No part.
    pub const NONE: Self = Self(0);
    /// All parts.
    pub const ALL: Self = Self(0x1FF);

    /// The set of `parts`.
    #[must_use]
    pub fn of(parts: &[Part]) -> Self {
        parts.iter().fold(Self::NONE, |set, &part| set.with(part))
    }

    /// This set and `part`.
    #[must_use]
    pub fn with(self, part: Part) -> Self {
        Self(self.0 | part as u16)
    }

    /// This set and all of `other`.
    #[must_use]
    pub fn with_all(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set but for what is in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether `part` is one of them.
    #[must_use]
    pub fn has(self, part: Part) -> bool {
        self.0 & part as u16 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The parts in it.
    pub fn iter(self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(move |&part| self.has(part))
    }

    /// `creation time, attributes`: for a message.
    #[must_use]
    pub fn words(self) -> String {
        let words: Vec<_> = self.iter().map(Part::words).collect();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in_and_nothing_else() {
        let set = Parts::of(&[Part::Created, Part::ShortName]);
        assert_eq!(set.words(), "creation time, short name");
        assert!(set.has(Part::Created) && !set.has(Part::Security));
        assert_eq!(Parts::ALL.without(set).iter().count(), 7);
        assert!(set.without(Parts::ALL).is_empty());
        assert_eq!(Parts::ALL.and(set), set);
    }
}
