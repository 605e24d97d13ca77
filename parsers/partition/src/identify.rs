//! What a partition holds, by the signatures that file systems and volume managers leave.

mod bitlocker;
mod btrfs;
mod exfat;
mod ext;
mod fat;
mod luks;
mod lvm;
mod ntfs;
mod raid;
mod refs;
mod swap;
mod xfs;

use std::fmt;
use std::io;

use blockio::{Fault, ReadAt};

use crate::partition::TypeId;
use crate::probe::Probe;
use crate::{codes, text, types};

/// What a partition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An NTFS volume, recovery partitions included.
    Ntfs,
    /// Something else, named.
    Foreign(Foreign),
    /// Nothing that is recognised.
    Unknown(FirstBytes),
}

/// What an unrecognised partition begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstBytes {
    /// This many bytes, all zero.
    Zeros(u64),
    /// Bytes without a known signature.
    NoSignature,
    /// Bytes that could not be read.
    Unreadable,
}

/// A file system or volume manager that is not NTFS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What it is.
    pub kind: ForeignKind,
    /// Its label; of LVM the volume group's name, of Linux RAID the array's.
    pub label: Option<String>,
    /// How many bytes it says it spans.
    pub size: Option<u64>,
    /// Its UUID or serial, as its own tools print it.
    pub id: Option<String>,
}

/// The kinds of [`Foreign`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is named by `ForeignKind::name`")]
pub enum ForeignKind {
    Fat12,
    Fat16,
    Fat32,
    ExFat,
    Refs,
    BitLocker,
    BitLockerToGo,
    LdmMetadata,
    LdmData,
    StorageSpaces,
    Msr,
    Lvm2,
    LinuxRaid,
    Luks,
    Ext2,
    Ext3,
    Ext4,
    ExtJournal,
    Xfs,
    Btrfs,
    Swap,
}

impl ForeignKind {
    /// The name people know it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fat12 => "FAT12",
            Self::Fat16 => "FAT16",
            Self::Fat32 => "FAT32",
            Self::ExFat => "exFAT",
            Self::Refs => "ReFS",
            Self::BitLocker => "BitLocker volume",
            Self::BitLockerToGo => "BitLocker To Go volume",
            Self::LdmMetadata => "dynamic disk (LDM) metadata",
            Self::LdmData => "dynamic disk (LDM) data",
            Self::StorageSpaces => "Storage Spaces pool member",
            Self::Msr => "Microsoft reserved partition",
            Self::Lvm2 => "LVM2 physical volume",
            Self::LinuxRaid => "Linux RAID member",
            Self::Luks => "LUKS volume",
            Self::Ext2 => "ext2",
            Self::Ext3 => "ext3",
            Self::Ext4 => "ext4",
            Self::ExtJournal => "ext journal",
            Self::Xfs => "XFS",
            Self::Btrfs => "Btrfs",
            Self::Swap => "Linux swap",
        }
    }
}

impl Foreign {
    /// One of which nothing but the kind is known.
    pub(crate) fn of(kind: ForeignKind) -> Self {
        Self {
            kind,
            label: None,
            size: None,
            id: None,
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(label) = &self.label {
            write!(f, " '{label}'")?;
        }
        match self.size {
            Some(size) => write!(f, ", {}", text::size(size)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ntfs => f.write_str("NTFS"),
            Self::Foreign(foreign) => foreign.fmt(f),
            Self::Unknown(first) => write!(f, "unknown ({first})"),
        }
    }
}

impl fmt::Display for FirstBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zeros(len) => write!(f, "the first {} are zeros", text::size(*len)),
            Self::NoSignature => f.write_str("no known signature"),
            Self::Unreadable => f.write_str("its first bytes cannot be read"),
        }
    }
}

impl Content {
    /// Whether it was recognised.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

/// What `bytes`, a partition or a whole disk, holds by its signatures.
///
/// # Errors
/// Where bytes that could have told cannot be read, and no others did.
pub fn identify(bytes: &dyn ReadAt) -> io::Result<Content> {
    Ok(examine(Probe::new(bytes))?.0)
}

/// What a partition of this type holds. What the signatures cannot say, the type does.
pub(crate) fn of_partition(bytes: &dyn ReadAt, type_id: TypeId) -> (Content, Vec<Fault>) {
    if let Some(kind) = by_type_alone(type_id) {
        let size = Some(bytes.size());
        return (
            Content::Foreign(Foreign {
                size,
                ..Foreign::of(kind)
            }),
            Vec::new(),
        );
    }
    match examine(Probe::new(bytes)) {
        Ok((content, note)) => (content, note.into_iter().collect()),
        Err(error) => {
            let cause = Fault::from_io(&error, "first bytes");
            let note = Fault::cannot_read(&codes::UNREADABLE_START, "first bytes")
                .found(cause.to_string());
            (Content::Unknown(FirstBytes::Unreadable), vec![note])
        }
    }
}

/// What a type says for certain, whatever the bytes look like.
///
/// A dynamic disk's data may begin with the boot sector of a volume that goes on elsewhere, in
/// pieces: read as a plain volume, it would give wrong bytes for right ones.
fn by_type_alone(type_id: TypeId) -> Option<ForeignKind> {
    match type_id {
        TypeId::Gpt(types::MSR) => Some(ForeignKind::Msr),
        TypeId::Gpt(types::LDM_METADATA) => Some(ForeignKind::LdmMetadata),
        TypeId::Gpt(types::LDM_DATA) | TypeId::Mbr(types::MBR_LDM) => Some(ForeignKind::LdmData),
        TypeId::Gpt(types::STORAGE_SPACES | types::STORAGE_SPACES_DATA)
        | TypeId::Mbr(types::MBR_STORAGE_SPACES | types::MBR_STORAGE_SPACES_DATA) => {
            Some(ForeignKind::StorageSpaces)
        }
        _ => None,
    }
}

/// How one family is recognised: what it is, or nothing.
type Detector = fn(Probe<'_>) -> io::Result<Option<Foreign>>;

/// What keeps its signature where a live NTFS volume has its boot code: an NTFS boot sector beside
/// one of these is left over from an earlier use.
const BEFORE_NTFS: &[Detector] = &[lvm::detect, raid::detect_at_start];

/// The other families. FAT comes last: it has the weakest signature, in a place that others keep.
const AFTER_NTFS: &[Detector] = &[
    exfat::detect,
    refs::detect,
    bitlocker::detect,
    luks::detect,
    xfs::detect,
    btrfs::detect,
    raid::detect_at_end,
    ext::detect,
    swap::detect,
    fat::detect,
];

/// What the signatures say, and a note where NTFS is known by its boot sector's copy only.
///
/// Bytes that cannot be read hide one family and not the next; only if none is found, the first
/// error is the answer.
fn examine(probe: Probe<'_>) -> io::Result<(Content, Option<Fault>)> {
    let mut error = None;
    let mut first = |detectors: &[Detector]| {
        let mut answers = detectors.iter().map(|detector| detector(probe));
        answers.find_map(|answer| {
            let answer = answer.map_err(|e| error = error.take().or(Some(e)));
            answer.ok().flatten()
        })
    };
    if let Some(foreign) = first(BEFORE_NTFS) {
        return Ok((Content::Foreign(foreign), None));
    }
    let ntfs = ntfs::has_boot_sector(probe);
    if matches!(ntfs, Ok(true)) {
        return Ok((Content::Ntfs, None));
    }
    if let Some(foreign) = first(AFTER_NTFS) {
        return Ok((Content::Foreign(foreign), None));
    }
    if let Some(note) = ntfs::backup_boot_sector(probe)? {
        return Ok((Content::Ntfs, Some(note)));
    }
    match error.or(ntfs.err()) {
        Some(error) => Err(error),
        None => Ok((Content::Unknown(first_bytes(probe)?), None)),
    }
}

fn first_bytes(probe: Probe<'_>) -> io::Result<FirstBytes> {
    /// As far as the signatures lie that are looked for.
    const LOOKED_AT: u64 = 68 << 10;
    let bytes = probe.bytes(0, LOOKED_AT)?;
    if bytes.iter().all(|&byte| byte == 0) {
        return Ok(FirstBytes::Zeros(blockio::clamp(bytes.len())));
    }
    Ok(FirstBytes::NoSignature)
}

#[cfg(test)]
mod tests;
