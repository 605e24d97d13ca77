//! The codes of partition tables and what partitions hold (HV-x4xx).

blockio::codes! {
    /// One GPT header is unusable; the other copy was used.
    GPT_HEADER = "HV-D401": "one copy of the GPT header is damaged; the other copy was used"
        => "nothing to do for reading; before the disk is used again let gdisk or Windows rewrite the table on a copy";
    /// One GPT entry array is unusable; the other copy was used.
    GPT_ENTRIES = "HV-D402": "one copy of the GPT entry array is damaged; the other copy was used"
        => "nothing to do for reading; before the disk is used again let gdisk or Windows rewrite the table on a copy";
    /// Partitions were taken from a GPT whose checksums fail in every copy.
    GPT_UNVERIFIED = "HV-D403": "no copy of the GPT passes its checksum; partitions that look right were taken from what is left"
        => "check that names and sizes of the listed partitions are what you expect, or read the table from another checkpoint";
    /// The disk has a GPT and no copy of it can be used.
    GPT_LOST = "HV-D404": "the disk has a GPT, and neither copy can be used"
        => "try another checkpoint of the machine; otherwise flatten the disk to a raw image and search it with a partition recovery tool such as testdisk";
    /// A GPT without a protective MBR.
    NO_PROTECTIVE_MBR = "HV-W405": "the disk has a valid GPT and no protective MBR; the GPT was used"
        => "nothing to do for reading; Windows will show this disk as uninitialised until the protective MBR is written back on a copy";
    /// An MBR that lists partitions beside the GPT.
    HYBRID_MBR = "HV-W406": "the disk has a hybrid MBR: some partitions are listed in the MBR too; the GPT was used"
        => "nothing to do for reading; do not let Windows or a boot loader installer change this table on the original";
    /// The backup GPT is not at the end of the disk.
    BACKUP_NOT_AT_END = "HV-W407": "the backup GPT is not in the last sector of the disk; the disk was enlarged or cut after it was partitioned"
        => "nothing to do if the disk was enlarged; if it was cut, the partitions named in further notes are incomplete";
    /// A partition begins beyond the end of the disk.
    BEYOND_DISK = "HV-D408": "a partition begins beyond the end of the disk; it is not served"
        => "the disk is shorter than when it was partitioned: look for a complete copy or another checkpoint";
    /// A partition ends beyond the end of the disk.
    CUT_BY_DISK = "HV-D409": "a partition ends beyond the end of the disk; it is served as far as the disk goes"
        => "files that lie in the missing part will be reported as lost; look for a complete copy or another checkpoint";
    /// A partition entry contradicts itself.
    BAD_ENTRY = "HV-D410": "an entry of the partition table contradicts itself and was left out"
        => "if a partition is missing from the list, try another checkpoint";
    /// The chain of logical partitions breaks.
    LOGICAL_CHAIN = "HV-D411": "the chain of logical partitions is damaged; those before the break are served"
        => "if a logical partition is missing from the list, try another checkpoint";
    /// Two partitions share bytes.
    OVERLAP = "HV-W412": "two partitions overlap"
        => "one of the two entries is wrong: trust the volume whose files read well";
    /// A GPT beside an MBR that does not announce it.
    GPT_IGNORED = "HV-W413": "the disk has an MBR with partitions and a GPT that the MBR does not announce; the MBR was used, as Windows does"
        => "nothing to do if the listed partitions are right; the GPT is left over from an earlier use of the disk";
    /// The NTFS boot sector is damaged; its copy is not.
    NTFS_BOOT_SECTOR = "HV-D414": "the boot sector of an NTFS volume is damaged; its copy at the end of the volume was found"
        => "nothing to do for reading; Windows will show the volume as RAW until chkdsk or a boot sector repair runs on a copy";
    /// The table counts in another sector size than the disk was said to have.
    SECTOR_SIZE = "HV-W415": "the partition table counts in sectors of another size than the disk was said to have; the table's own size was used"
        => "nothing to do for reading; the image was probably copied from a disk with that sector size";
    /// A dynamic disk whose database cannot be found.
    LDM_DATABASE = "HV-D416": "this is a dynamic disk (LDM), and its database cannot be read, so its volumes are not known"
        => "try another checkpoint, or the other disks of the same machine: each dynamic disk holds a copy of the database";
    /// Some records of the LDM database are unreadable.
    LDM_RECORD = "HV-D417": "a record of the dynamic disk (LDM) database is damaged; the others were read"
        => "if a volume is missing from the list, read the database from another dynamic disk of the same machine or another checkpoint";
    /// The LDM database was being changed when the backup was made.
    LDM_UNFINISHED = "HV-W418": "the dynamic disk (LDM) database was being changed when the disk was saved; records not yet committed were left out"
        => "if a volume is missing from the list, try another checkpoint";
    /// The two copies of the GPT say different things.
    GPT_COPIES_DIFFER = "HV-W419": "both copies of the GPT are valid and differ; the first one was used, as Windows does"
        => "if a partition is missing from the list, the table was being changed when the disk was saved: try another checkpoint";
    /// What a partition holds could not be read.
    UNREADABLE_START = "HV-D420": "the first bytes of a partition cannot be read, so what it holds is not known"
        => "the fault named with it says why; try another checkpoint, where these bytes may be in another file";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_distinct_and_of_this_crate() {
        let mut ids: Vec<_> = ALL.iter().map(|code| code.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
        assert!(
            ids.iter()
                .all(|id| id.starts_with("HV-") && &id[4..5] == "4")
        );
    }
}
