//! The codes of a restore: what stands in its way, and what its result lacks.

blockio::codes! {
    /// The machine's folder is there already.
    TARGET_TAKEN = "HV-E700": "the destination already has a folder for this machine, with something in it"
        => "nothing was written; choose an empty -o DIR, or --rename the machine to put it beside the other";
    /// The machine is there already, under another name.
    TARGET_SAME_ID = "HV-E701": "the destination already holds a machine with this id"
        => "nothing was written; restore to another folder, so that no host ever sees two sets of one machine side by side";
    /// An earlier run.
    TARGET_UNFINISHED = "HV-E702": "an earlier restore of this machine into this destination did not come to its end"
        => "say --resume to go on where it stopped, or remove its folder, whose name begins with a dot and ends in .hvrestore-part";
    /// An earlier run of something else.
    TARGET_OTHER = "HV-E703": "the unfinished restore in the destination was of other files or had other options"
        => "give the options of that run, or remove its folder, whose name begins with a dot and ends in .hvrestore-part, and start anew";
    /// Another run at work.
    TARGET_IN_USE = "HV-E704": "another run of hvrestore is restoring this machine into this destination"
        => "wait for it to end, or choose another destination";
    /// No room.
    TARGET_TOO_SMALL = "HV-E705": "the destination has less room than the machine takes"
        => "nothing was written; make room, choose another destination, or restore a single state (--as-of), which takes less";
    /// Destination within the source.
    TARGET_IN_SOURCE = "HV-E706": "the destination lies within the source"
        => "a source is never written; choose a folder that is neither SOURCE nor one of the folders of --search and --map, nor within them";
    /// A file with lost bytes.
    DISK_PARTLY = "HV-D707": "a disk could not be restored in full"
        => "it was saved as NAME.partial with the missing ranges in NAME.partial.json, so that nothing takes it for whole; restore an older state (--as-of), or the file again from the backup";
    /// A chain with lost bytes.
    DISK_DAMAGED = "HV-D708": "a restored disk has the damage that its source has"
        => "its file was copied as it is; chain shows what is wrong; restore an older state (--as-of) or get that file from another backup";
    /// The result differs.
    CHAIN_DIFFERS = "HV-D709": "a restored chain does not read as its source does"
        => "the result was not given its name and must not be used; run with --resume --verify, and look at the medium of the destination";
    /// Restored, and something is not in the backup.
    NOT_COMPLETE = "HV-W710": "restored, but parts of the machine are not in this backup"
        => "the list says what is missing and what to do about each part; import.ps1 takes it into account";
    /// Saved memory left out.
    MEMORY_DROPPED = "HV-W711": "saved memory is not kept, so that the guest starts as after a power failure"
        => "what the guest had not yet written to its disks is lost with it; leave out --no-saved-state to keep it where it fits its disks";
    /// A state that is none.
    NO_MACHINE_STATE = "HV-E712": "the machine has no state of that name"
        => "run inspect on the source: it lists every state with its number";
    /// A disk of the state is missing.
    STATE_LACKS_DISK = "HV-E713": "a disk of the state to be merged is not in the backup"
        => "a single state is merged from all its disks; restore with checkpoints kept, or add the folder that holds the disk with --search";
    /// A host that takes no configuration of the version.
    NEEDS_ONE_STATE = "HV-E716": "the host takes no configuration of this version, and a new machine around the disks has no checkpoints"
        => "choose the state that is to run there with --as-of (now, base, #N or a name); or import on 2016 or 2019 with all checkpoints, run Update-VMVersion there and move it on";
    /// A copy that cannot be told where its parent is.
    NOT_RELINKED = "HV-D714": "the place of its parent could not be written into the copy of a disk"
        => "the reason is given; restore a single state instead (--as-of), which needs no links";
    /// A configuration that cannot be edited.
    NOT_EDITED = "HV-D715": "a configuration could not be changed as asked for"
        => "leave out --windows-path, --rename and --no-saved-state: the configuration is then copied as it is, and import.ps1 does the rest";
}
