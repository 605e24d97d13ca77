//! The codes of putting metadata back.

blockio::codes! {
    /// The manifest or the folder.
    CANNOT_OPEN = "HV-E785": "the manifest or the folder that it is about cannot be opened"
        => "name DEST/.hvrestore-metadata.jsonl and the folder that extract filled, or the place it was copied to";
    /// A line that is no line of a manifest.
    BAD_LINE = "HV-E793": "a line of the manifest cannot be used"
        => "the others were; a line that is cut off stands where a run was ended by force, extract the item again to have it";
    /// A place that leads elsewhere.
    LEADS_OUT = "HV-E794": "a line of the manifest leads out of the folder"
        => "no extraction writes such a line: find out who changed the manifest before you use any of it";
    /// Nothing at that place.
    MISSING = "HV-E795": "what a line of the manifest is about is not there, or is something else"
        => "name the folder that the extraction filled; what was moved or renamed since has to be extracted again";
    /// The system refused.
    NOT_PUT_BACK = "HV-E789": "the system refused a part of what was to be put back"
        => "on Windows use an elevated prompt (backup and restore privileges); the manifest keeps all of it";
    /// The file system cannot.
    NOT_HELD = "HV-W790": "the file system of the folder holds no such thing"
        => "run apply-metadata where the folder lies on NTFS, on Windows or under ntfs-3g; the manifest keeps all of it";
    /// SIDs of nobody.
    UNKNOWN_SID = "HV-W791": "a SID is nobody's on this machine"
        => "run on a member of the guest's domain, or say with --sid-map who takes its place";
    /// A file that says which SID becomes which.
    BAD_MAP = "HV-E792": "the list of SIDs cannot be read"
        => "one pair a line, S-1-5-21-1-2-3-1001=S-1-5-21-4-5-6-1105 or with a comma between them; lines that begin with # are left out";
}
