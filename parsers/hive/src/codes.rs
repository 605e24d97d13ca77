//! The codes of registry hives (HV-x9xx).

blockio::codes! {
    /// The base block of a hive cannot be used.
    BASE_BLOCK = "HV-D901": "the base block of a registry hive is damaged, and no transaction log holds a copy of it"
        => "the guest's settings cannot be read from this state; try another checkpoint";
    /// The base block fails its checksum.
    BASE_BLOCK_CHECKSUM = "HV-D902": "the base block of a registry hive fails its checksum"
        => "nothing to do where the copy in a transaction log was used; otherwise check what is said of the guest against another checkpoint";
    /// A cell, or what is in it, contradicts itself.
    CELL = "HV-D903": "a cell of a registry hive is damaged"
        => "the settings stored there are not known; the others are. Try another checkpoint for these";
    /// The data of a value is not all there.
    VALUE_DATA = "HV-D904": "the data of a registry value is damaged"
        => "this one setting is not known; try another checkpoint for it";
    /// A transaction log does not belong to the hive, or has no sound base block.
    LOG = "HV-D905": "a transaction log of a registry hive cannot be applied"
        => "settings that were changed in the last minutes before the backup may be shown as they were before";
    /// A log entry is damaged or out of sequence.
    LOG_ENTRY = "HV-D906": "an entry of a registry transaction log is damaged or out of sequence; those before it were applied"
        => "ordinary for the last entry of a machine that was saved while it ran; otherwise the newest changes of settings are not shown";
    /// A dirty hive without a log that fits.
    NOT_REPLAYED = "HV-W907": "a registry hive was being written and none of its transaction logs could be applied; it was read as it is"
        => "settings that were changed in the last minutes before the backup may be shown as they were before; try another checkpoint to be sure";
    /// A version of the format that is not read.
    VERSION = "HV-E908": "this version of the registry hive format is not read"
        => "the guest is older than Windows NT 4 or newer than this program; its settings are not shown, its files are read all the same";
}
