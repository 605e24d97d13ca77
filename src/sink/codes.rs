//! The codes of destinations: what could not be put where it belongs, and what was put elsewhere.

blockio::codes! {
    /// Something of that name is there already.
    EXISTS = "HV-E751": "the destination has something of this name already"
        => "nothing was overwritten; choose another place, or say --overwrite (extract also takes --skip-existing and --on-conflict rename)";
    /// The destination is full.
    FULL = "HV-E752": "the destination is full"
        => "make room or choose another destination; what was finished in a folder is whole and stays, and extract --resume goes on from there";
    /// The destination refused.
    REFUSED = "HV-E753": "the destination refused to take this"
        => "look at the reason given: permissions, a read-only or failing medium, a share that is gone; then run again (extract into a folder goes on with --resume)";
    /// The output is a source.
    IS_SOURCE = "HV-E754": "the destination is a file or folder of the source"
        => "a source is never written; choose another destination";
    /// A link or a file stands where a folder is needed.
    DETOUR = "HV-E755": "a link or a file stands in the destination where a folder is needed"
        => "links in the destination are never followed, because they may lead anywhere; remove it or choose an empty folder";
    /// The destination cannot hold a file this large.
    TOO_LARGE = "HV-E756": "the destination cannot hold a file this large"
        => "choose a destination with another file system (FAT ends at 4 GiB)";
    /// The folder that holds it could not be made.
    NO_FOLDER = "HV-E757": "the folder could not be made, so nothing in it was restored"
        => "look at the reason given, or choose another destination";
    /// Put under another name.
    RENAMED = "HV-W758": "restored under another name, because the destination cannot hold the guest's"
        => "nothing is lost; the report lists both names";
    /// A link that leads elsewhere.
    LINK_LEFT_OUT = "HV-W759": "a link was not created, because its target is not among what was restored"
        => "select the target as well, or make the link by hand; the report lists its target";
    /// A stream kept beside its file.
    STREAM_BESIDE = "HV-W760": "a named stream was kept as a file of its own, FILE:STREAM"
        => "nothing is lost; the destination holds no such stream (or none this large) in the file itself";
    /// Times or attributes were refused.
    NOT_KEPT = "HV-W761": "the destination did not take times, attributes or a second name"
        => "the content is whole; choose a destination with a native file system to keep the rest";
    /// A file left alone.
    SKIPPED = "HV-W762": "left alone, because the destination has it already"
        => "as asked for by --skip-existing or --on-conflict; nothing was written";
    /// A node that is no file, folder or link.
    NOT_A_FILE = "HV-W763": "not restored, because it is no file, folder or link"
        => "sockets, devices and reparse points without data have nothing to restore; stat shows what it is";
    /// A gap in what must be passed on without one.
    GAP = "HV-E764": "bytes that cannot be had lie within what is passed on as one stream"
        => "zeros are never passed off as data; write to a file instead, where the gap is kept and listed";
    /// Streams of what has no place for them.
    STREAM_LEFT_OUT = "HV-W767": "a named stream was left out, because what it belongs to is restored as a link or not at all"
        => "read it with cat, as PATH:STREAM";
    /// A folder that is not all here.
    FOLDER_ELSEWHERE = "HV-E786": "a folder shows only what is on this disk; more of what belongs into it may be elsewhere"
        => "what is here was restored; look for the rest with the software that the folder belongs to (cloud service, storage system)";
    /// Encrypted, and without keys.
    NO_KEYS = "HV-D787": "the file is marked as encrypted and has no $EFS attribute that can be read, so nobody can decrypt it"
        => "its ciphertext was saved, which alone is of no use; look for the file in another checkpoint";
    /// Taken along as ciphertext.
    CIPHERTEXT = "HV-W788": "the file is encrypted and was saved as ciphertext: NAME.efs-raw, with its keys in NAME.efs-metadata"
        => "NAME.efs.json names who can decrypt it and by which certificate; to have the file again, put both back onto an NTFS volume with ntfs-3g -o efs_raw (ciphertext and two bytes that count its padding, then the attribute system.ntfs_efsinfo) and open it on Windows as that user, or hand both to a recovery tool with the user's .pfx";
    /// The volume contradicts itself.
    INCONSISTENT = "HV-D766": "the volume names something that it does not have"
        => "the file system was damaged or in the middle of a change; look for the file in another checkpoint";
    /// A deleted file whose content nobody can vouch for.
    NOT_VOUCHED = "HV-W797": "the file was deleted and its clusters are free: what they hold may be another file's by now"
        => "it was saved as NAME.unverified; look whether its content makes sense before you rely on it, and compare with an older checkpoint";
    /// Two runs at one place.
    IN_USE = "HV-E770": "another run of hvrestore is filling this destination"
        => "wait for it to end, or choose another destination";
    /// A run that was interrupted.
    UNFINISHED = "HV-W771": "an earlier run into this destination did not come to its end"
        => "the same command with --resume goes on where it stopped; it also removes the temporary files that were left";
    /// A plan that does not fit.
    NO_ROOM = "HV-E772": "the destination has less room than all this takes"
        => "choose another destination, make room, or extract less of it (--exclude, --size); nothing was written";
    /// Bytes that differ when they are read back.
    MISMATCH = "HV-D773": "what was written is not what is read back"
        => "the destination, or the memory of this machine, changes bytes: do not trust it; restore to another destination";
    /// A file that could not be compared.
    UNVERIFIED = "HV-W774": "what was written could not be compared with the source"
        => "look at the reason given; the file is restored, and was not read back";
    /// A pattern that is none.
    PATTERN = "HV-E765": "the pattern is not valid"
        => "check its braces and brackets; a name that holds such characters matches itself as it is";
    /// A sidecar's name is taken.
    NOT_OURS = "HV-E780": "a file of the name that the sidecar has is there, and is none"
        => "move it away, choose another destination, or say --metadata none to do without the record of what the destination cannot hold";
    /// Parts that the destination does not hold, where no sidecar is wanted.
    NATIVE_ONLY = "HV-E781": "the destination did not keep all that belongs to this item, and --metadata native allows no sidecar"
        => "content and streams are whole; choose an NTFS destination (and an elevated prompt on Windows), or leave out --metadata native to have the rest in a sidecar";
}
