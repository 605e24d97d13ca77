//! The codes of configurations (HV-x95x to HV-x96x).

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
    /// Neither a container nor the XML of a configuration.
    NOT_A_CONFIGURATION = "HV-E962": "this is no configuration of a Hyper-V machine"
        => "nothing to do if it belongs to something else, such as Windows Virtual PC; otherwise take the file from the backup again, or use the machine's disks without it";
    /// XML that stops making sense.
    XML = "HV-D963": "the XML of a configuration is damaged or ends early; the keys before that place are used"
        => "take the file from the backup again, or try another checkpoint's; what the lost keys said (often which disks, which name) has to be checked by hand";
    /// XML that could only be meant to do harm.
    XML_REFUSED = "HV-E964": "the XML has what no configuration has: a document type, or more keys or deeper ones than any machine"
        => "Hyper-V did not write this file: do not import it. Take the configuration from another backup, or use the machine's disks without it";
    /// A value that is not what its key should hold.
    ODD_VALUE = "HV-W965": "a key of a configuration holds something else than it should, and was left out"
        => "inspect --raw shows what it holds; compare what is said of the machine with another checkpoint's configuration";
    /// A controller that the manifest does not name.
    NOT_IN_MANIFEST = "HV-W966": "a configuration has keys of a controller that its list of devices does not name: the machine never had it, or no longer"
        => "nothing to do; if a disk is missed, inspect --raw shows the keys";
    /// No manifest.
    NO_MANIFEST = "HV-W967": "the list of devices is missing from a configuration: every controller that it has keys of is shown"
        => "the file is incomplete: compare the drives with another checkpoint's configuration, and take the file from the backup again";
    /// An edit that cannot be made.
    EDIT = "HV-E968": "this change of a configuration cannot be made"
        => "restore without it (leave out --windows-path, --rename and --new-id) and let import.ps1 make the change on the host";
    /// VLANs, whose bytes are not public.
    VLAN = "HV-W969": "a network adapter had VLAN settings, which only Hyper-V itself can read"
        => "an import keeps them; where a new machine is made around the disks, set the VLAN again with Set-VMNetworkAdapterVlan";
    /// A tree that no container holds.
    UNWRITABLE = "HV-E970": "this cannot be written to a .vmcx or .vmrs file"
        => "change it on the host after the import, with Hyper-V Manager or the cmdlets; the file read is as it was";
    /// A key that is to be changed and is not there.
    NO_KEY = "HV-E971": "the key that was to be changed is not in the .vmcx or .vmrs file"
        => "change the setting on the host after the import, with Hyper-V Manager or the cmdlets; the file read is as it was";
}
