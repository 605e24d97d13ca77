//! The codes of configurations (HV-x95x).

blockio::codes! {
    /// Neither header can be used.
    HEADER = "HV-D950": "neither header of a .vmcx or .vmrs file can be used"
        => "this file says nothing of its machine any more; take it from another backup or checkpoint. The disks are read without it";
    /// One header of the two.
    HEADER_COPY = "HV-D951": "one of the two headers of a .vmcx or .vmrs file is damaged; the other one was used"
        => "nothing to do for reading; what was changed last may be missing";
    /// A version of the container that is not read.
    VERSION = "HV-E952": "this version of the .vmcx and .vmrs format is not read, or not written"
        => "the file is of a preview or of a later Hyper-V than this program knows; the disks are read without it";
    /// A table of objects.
    OBJECT_TABLE = "HV-D953": "a table of objects of a .vmcx or .vmrs file is damaged"
        => "keys that it led to are missing; take the file from another backup or checkpoint";
    /// A slot of such a table.
    OBJECT = "HV-D954": "a slot in the table of objects of a .vmcx or .vmrs file is damaged"
        => "keys that it led to may be missing; compare with another backup or checkpoint";
    /// A table of keys.
    KEY_TABLE = "HV-D955": "a table of keys of a .vmcx or .vmrs file is damaged"
        => "some settings of the machine are missing; compare with another backup or checkpoint";
    /// One key.
    KEY = "HV-D956": "a key of a .vmcx or .vmrs file is damaged"
        => "do not rely on this setting; compare with another backup or checkpoint";
    /// A key that hangs nowhere.
    ORPHAN = "HV-D957": "a key of a .vmcx or .vmrs file belongs to no other that is there"
        => "the setting is left out; compare with another backup or checkpoint";
    /// A value that is stored outside of the tables.
    FILE_OBJECT = "HV-D958": "a large value of a .vmcx or .vmrs file is not all there"
        => "this one value is lost, in a .vmrs part of the saved memory: the saved state cannot be resumed";
    /// The log.
    LOG = "HV-D959": "the replay log of a .vmcx or .vmrs file is damaged; what stands before the damage was applied"
        => "settings that were changed just before the backup may be as they were before; check the restored machine's";
    /// More than a configuration ever holds.
    TOO_MUCH = "HV-E960": "a .vmcx or .vmrs file holds more keys than any machine has"
        => "it is damaged or made to do harm; take the file from another backup or checkpoint";
    /// Two tables of one number.
    SAME_TABLE = "HV-W961": "two tables of keys of a .vmcx or .vmrs file have one number; the later one was used"
        => "nothing to do if the settings shown are the expected ones; otherwise compare with another backup or checkpoint";
}
