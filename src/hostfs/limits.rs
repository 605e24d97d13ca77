//! What the file system of a destination can hold, by its own kind.

/// What a file system can hold, as far as its kind tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Its name; `None` where it is not known here, as behind a share or FUSE.
    pub file_system: Option<String>,
    /// Length of the longest file; `None` where there is no limit that a disk could meet.
    pub longest_file: Option<u64>,
    /// Whether files may have holes; `None` where that is not known.
    pub sparse: Option<bool>,
    /// Whether files of it can share blocks.
    pub shares_blocks: bool,
}

impl Limits {
    /// Of the file system that Windows calls by this name. That a volume has holes and shared blocks
    /// its flags say better.
    #[cfg_attr(
        not(any(windows, test)),
        expect(dead_code, reason = "Linux knows them by numbers")
    )]
    pub(super) fn of_name(name: &str) -> Self {
        let longest_file = match name {
            "FAT" | "FAT32" => Some(u64::from(u32::MAX)),
            _ => None,
        };
        Self {
            file_system: (!name.is_empty()).then(|| name.to_owned()),
            longest_file,
            ..Self::default()
        }
    }

    /// Of the file system that Linux knows by this number (`f_type` of statfs).
    #[cfg_attr(
        not(any(target_os = "linux", test)),
        expect(dead_code, reason = "only Linux knows them by numbers")
    )]
    pub(super) fn of_magic(magic: u64) -> Self {
        // Name, longest file, holes, shared blocks.
        let (name, longest_file, sparse, shares_blocks) = match magic {
            0x4D44 => ("FAT", Some(u64::from(u32::MAX)), false, false),
            0x2011_BAB0 => ("exFAT", None, false, false),
            0x5346_544E | 0x7366_746E => ("NTFS", None, true, false),
            // With blocks of 4 KiB.
            0xEF53 => ("ext4", Some((1 << 44) - 1), true, false),
            0x5846_5342 => ("XFS", None, true, true),
            0x9123_683E => ("Btrfs", None, true, true),
            0x2FC1_2FC1 => ("ZFS", None, true, false),
            0x0102_1994 => ("tmpfs", None, true, false),
            _ => return Self::default(),
        };
        Self {
            file_system: Some(name.into()),
            longest_file,
            sparse: Some(sparse),
            shares_blocks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r32_fat_ends_at_4_gib_and_has_no_holes() {
        let fat = Limits::of_magic(0x4D44);
        assert_eq!(
            (fat.longest_file, fat.sparse),
            (Some(u64::from(u32::MAX)), Some(false))
        );
        assert_eq!(Limits::of_name("FAT32").longest_file, fat.longest_file);
        let exfat = Limits::of_magic(0x2011_BAB0);
        assert_eq!((exfat.longest_file, exfat.sparse), (None, Some(false)));
        assert_eq!(Limits::of_name("NTFS").longest_file, None);
    }

    #[test]
    fn what_is_not_known_is_left_open() {
        assert_eq!(Limits::of_magic(0x6573_5546), Limits::default(), "FUSE");
        assert_eq!(Limits::of_name(""), Limits::default());
    }
}
