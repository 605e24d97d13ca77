//! The codes of NTFS volumes (HV-x2xx, below 250).

blockio::codes! {
    /// Neither boot sector describes an NTFS volume.
    BOOT_SECTOR = "HV-D200": "the volume has no intact NTFS boot sector, at its start or its end"
        => "the volume is damaged or is no NTFS volume; try another checkpoint, or look with inspect at what the partition holds";
    /// The master file table cannot be found.
    MFT = "HV-D201": "the master file table ($MFT) cannot be found"
        => "the volume's central table is damaged; try another checkpoint of this disk";
    /// A file record is no file record, or was torn while it was written.
    FILE_RECORD = "HV-D202": "a file record is damaged"
        => "this one file or directory cannot be read here, the rest can; look for it in another checkpoint";
    /// An attribute of a file record leaves its record or contradicts itself.
    ATTRIBUTE = "HV-D203": "an attribute of a file record is damaged"
        => "this one file or directory cannot be read here, the rest can; look for it in another checkpoint";
    /// The list of a file's attributes is damaged.
    ATTRIBUTE_LIST = "HV-D204": "the attribute list of a file is damaged"
        => "parts of this one file cannot be found; look for it in another checkpoint";
    /// A reference names a file record that holds something else by now.
    STALE_REFERENCE = "HV-D205": "a reference names a file record that holds another file by now"
        => "the guest was writing when the copy was made and this entry is half changed; look for the file in another checkpoint";
    /// Data runs cannot be decoded.
    DATA_RUN = "HV-D206": "the data runs of a stream cannot be decoded"
        => "the stream is lost from there on; look for the file in another checkpoint";
    /// A data run lies beyond the end of the volume.
    DATA_RUN_RANGE = "HV-D207": "a data run lies outside the volume"
        => "these bytes of the file are lost, the rest was read; look for it in another checkpoint";
    /// A part of a stream is described by no data run.
    MISSING_RUNS = "HV-D208": "a part of a stream is described by no data run"
        => "these bytes of the file are lost, the rest was read; look for it in another checkpoint";
    /// The volume is shorter than its boot sector says.
    VOLUME_END = "HV-D209": "the volume ends before these bytes"
        => "the disk was cut off or grew without its last layer; check with chain that every layer is there, or look in another checkpoint";
    /// A compression unit cannot be decoded.
    COMPRESSION_UNIT = "HV-D210": "a compressed part of a file cannot be unpacked"
        => "these bytes of the file are lost, the rest was read; look for it in another checkpoint";
    /// A name that no file can have.
    FILE_NAME = "HV-D211": "a name in a directory is none that a file can have"
        => "the entry is damaged or was made to mislead; it was left out, the rest was listed";
    /// A reparse point cannot be understood.
    REPARSE_POINT = "HV-D212": "the reparse point of a file is damaged"
        => "where the link points is lost; look for it in another checkpoint";
    /// A directory's index is damaged.
    INDEX = "HV-D213": "the index of a directory is damaged"
        => "its files were found by their own records where those are intact, and are marked as unindexed; compare with another checkpoint";
    /// A file's security descriptor cannot be had.
    SECURITY_DESCRIPTOR = "HV-D240": "the security descriptor of a file is damaged"
        => "its content is not touched by this; take its owner and permissions from another checkpoint, or let it inherit those of its folder";
    /// Extended attributes cannot be understood.
    EXTENDED_ATTRIBUTES = "HV-D241": "the extended attributes of a file are damaged"
        => "its content is not touched by this; take them from another checkpoint if a program needs them";
    /// An object id is none.
    OBJECT_ID = "HV-D242": "the object id of a file is damaged"
        => "its content is not touched by this; only the tracking of links to it is lost";
    /// Bytes of a deleted file that the guest gave back.
    TRIMMED = "HV-D260": "a part of a deleted file is stored nowhere any more"
        => "the guest gave these clusters back when it deleted the file (TRIM); an older checkpoint in which the file is still there has them";
    /// Bytes of a deleted file whose clusters another has.
    USED_AGAIN = "HV-D261": "a part of a deleted file was overwritten by another"
        => "these bytes are gone in this state; an older checkpoint in which the file is still there has them";
    /// A chunk of a file compressed by WOF cannot be decompressed.
    WOF_CHUNK = "HV-D226": "a chunk of a file that WOF compressed (CompactOS) cannot be unpacked"
        => "these bytes of the file are lost, the rest was read; look for it in another checkpoint, or on any Windows of the same build if it is a system file";
    /// The chunk table of a file compressed by WOF is damaged.
    WOF_TABLE = "HV-D227": "the chunks of a file that WOF compressed (CompactOS) cannot be found"
        => "these bytes of the file are lost; look for it in another checkpoint, or on any Windows of the same build if it is a system file";
    /// A file is kept by WOF in a way that is not read.
    WOF = "HV-E220": "the file is kept by WOF in a WIM image, or compressed in a way that is not known"
        => "attach the disk to a Windows machine to read this file, or take it from another copy";
    /// A file lies in a chunk store.
    DEDUP = "HV-E221": "the file's content is in the chunk store of Data Deduplication, which is not supported"
        => "make one disk of the chain with flatten, turn it into a VHDX (qemu-img convert -O vhdx), attach that read-only (Mount-VHD -ReadOnly) to a Windows Server that has the feature Data Deduplication (FS-Data-Deduplication), and copy the file there";
    /// A file is encrypted.
    EFS = "HV-E222": "the file is encrypted by EFS and its key is not in the backup"
        => "restore the whole machine and open the file as one of the users that the message names, or take its ciphertext along with extract --efs raw for whoever has the certificate's private key (.pfx)";
    /// A file is a cloud placeholder.
    CLOUD = "HV-E223": "the file is a placeholder; its content is in the cloud"
        => "download it from the cloud service with the account it belongs to";
    /// A file was moved to other storage.
    HSM = "HV-E224": "the file is a stub; its content was moved to other storage"
        => "recall it through the storage system that moved it";
    /// A reparse point of an unknown kind hides a file's content.
    HIDDEN = "HV-E225": "a reparse point of a kind that is not supported hides the file's content"
        => "attach the disk read-only to a machine with the software that owns the tag (the message names the tag), and copy the file there";
    /// The backup boot sector was used.
    BACKUP_BOOT_SECTOR = "HV-W230": "the boot sector is damaged; its copy at the end of the volume was used"
        => "nothing to do for reading; the first sector of the partition was overwritten, so check what else changed there; Windows shows such a volume as RAW until its boot sector is repaired, on a copy";
    /// The disk ends before the volume.
    CUT_OFF = "HV-W219": "the disk ends before the volume on it does"
        => "what lies in the part that is there is read and the rest is lost; check that the file was copied whole, with chain that every layer is there, or look in another checkpoint";
    /// The mirror of the first file records was used.
    MFT_MIRROR = "HV-W231": "a file record of the system is damaged; its copy in $MFTMirr was used"
        => "the master file table has damage; compare the listing with another checkpoint";
    /// The mirror copy of security descriptors was used.
    SECURITY_MIRROR = "HV-W243": "a security descriptor in $Secure is damaged; its mirror copy was used"
        => "the descriptors are right, as their hashes say; the volume has damage: compare the listing with another checkpoint";
    /// The case table is damaged.
    UPCASE = "HV-W232": "the case table ($UpCase) is damaged; the standard one was used"
        => "names with rare letters may not be found by another case; list the directory to see their exact spelling";
}
