//! What is known of a node without reading its data.

use crate::Time;

/// What is known of a node without reading its data. From the file record, never from the stale
/// copies in an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// The volume's own number for it: the file record on NTFS.
    pub number: u64,
    /// Size of the unnamed stream in bytes; 0 where there is none.
    pub size: u64,
    /// Bytes that the unnamed stream takes up on the volume.
    pub allocated: u64,
    /// Attribute bits as Windows names them.
    pub attributes: Attributes,
    /// When it was created.
    pub created: Time,
    /// When its data was last written.
    pub modified: Time,
    /// When its record was last changed.
    pub changed: Time,
    /// When it was last read, as far as the guest kept count.
    pub accessed: Time,
    /// How many names it has; a DOS twin is not a second one.
    pub links: u32,
    /// Tag of its reparse point, if it has one.
    pub reparse_tag: Option<u32>,
    /// How its content is kept.
    pub storage: Storage,
    /// Whether it belongs to the file system itself, as `$MFT` does; hidden unless asked for.
    pub system: bool,
    /// Whether it was deleted, and what that means for its content.
    pub deleted: Option<Deleted>,
}

/// What the content of a deleted file is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deleted {
    /// It is that of an earlier state of the disk, in which the file was there.
    Earlier,
    /// It is what its clusters hold now. They are free, and another file may have had them since.
    Unverified,
}

impl Deleted {
    /// The word for it in listings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Earlier => "earlier",
            Self::Unverified => "unverified",
        }
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A file with data.
    #[default]
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A junction, or a mounted volume.
    Junction,
    /// Something else: a socket, a device, a reparse point without data.
    Other,
}

impl Kind {
    /// The word for it in listings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "dir",
            Self::Symlink => "symlink",
            Self::Junction => "junction",
            Self::Other => "other",
        }
    }
}

/// How the content of a file is kept; all but the first three hide it from who reads the volume. Of a
/// directory: whether some of its entries may be elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Storage {
    /// As it is.
    #[default]
    Plain,
    /// Compressed by NTFS (LZNT1).
    Compressed,
    /// Compressed behind a reparse point (WOF, CompactOS), or there in an image file elsewhere.
    Wof,
    /// In the chunk store of Data Deduplication.
    Dedup,
    /// Encrypted (EFS).
    Efs,
    /// In the cloud (OneDrive and others); here is a placeholder.
    Cloud,
    /// Moved to other storage (HSM); here is a stub.
    Hsm,
    /// Behind a reparse point of a kind that is not known here; the tag says whose.
    Foreign,
}

impl Storage {
    /// The word for it in listings, where that is worth a word.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Compressed => Some("compressed"),
            Self::Wof => Some("wof"),
            Self::Dedup => Some("dedup"),
            Self::Efs => Some("efs"),
            Self::Cloud => Some("cloud"),
            Self::Hsm => Some("hsm"),
            Self::Foreign => Some("foreign"),
        }
    }
}

/// Attribute bits as Windows defines them (FILE_ATTRIBUTE_*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attributes(pub u32);

/// Bit and name of each attribute, in the order of their bits.
const ATTRIBUTE_NAMES: [(u32, &str); 19] = [
    (0x1, "readonly"),
    (0x2, "hidden"),
    (0x4, "system"),
    (0x10, "directory"),
    (0x20, "archive"),
    (0x40, "device"),
    (0x80, "normal"),
    (0x100, "temporary"),
    (0x200, "sparse"),
    (0x400, "reparse"),
    (0x800, "compressed"),
    (0x1000, "offline"),
    (0x2000, "not-indexed"),
    (0x4000, "encrypted"),
    (0x8000, "integrity"),
    (0x2_0000, "no-scrub"),
    (0x4_0000, "recall-on-open"),
    (0x8_0000, "pinned"),
    (0x40_0000, "recall-on-data-access"),
];

impl Attributes {
    /// The names of the bits that are set, in the order of the bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ATTRIBUTE_NAMES
            .into_iter()
            .filter(move |(bit, _)| self.contains(*bit))
            .map(|(_, name)| name)
    }

    /// Whether all of `bits` are set.
    #[must_use]
    pub fn contains(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

#[cfg(test)]
mod tests {
    use super::Attributes;

    #[test]
    fn attributes_are_named_in_order() {
        let names: Vec<_> = Attributes(0x826).names().collect();
        assert_eq!(names, ["hidden", "system", "archive", "compressed"]);
        assert_eq!(Attributes(0).names().count(), 0);
    }
}
