//! The codes of disks and chains (HV-x5xx).

blockio::codes! {
    /// No file that could be the parent.
    PARENT_MISSING = "HV-E501": "the parent of a differencing disk is not among the files at hand"
        => "take the parent from the backup too, or give the folder it is in with --search DIR";
    /// Files of the right name, none with the right id.
    PARENT_DIFFERS = "HV-E502": "the file at the parent's place is not the one the child was made on: the identifiers differ"
        => "look for the parent in the same backup run; where it is known to hold the same data, open the one link with --accept-parent CHILD=PARENT";
    /// Two files with the id, or with the name that the operator gave, of different content.
    PARENT_AMBIGUOUS = "HV-E503": "two different files have the identifier of the parent, or the name given for it"
        => "move the wrong one away, or choose by its path with --accept-parent CHILD=PARENT";
    /// A file is its own ancestor.
    CYCLE = "HV-E504": "the chain of parents comes back to one of its own files"
        => "one of the files was relinked wrongly: look for the base in the backup and choose it with --accept-parent CHILD=PARENT";
    /// More layers than any host makes.
    TOO_LONG = "HV-E505": "the chain has more than 1,000 layers"
        => "open a file further down the chain, or merge checkpoints on the host";
    /// Sector sizes of child and parent differ.
    SECTOR_SIZE = "HV-E506": "the logical sector sizes of child and parent differ"
        => "the parent is not the one the child was made on: look for the right one in the same backup run";
    /// A VHD in a chain of VHDX files, or the other way round.
    PARENT_FORMAT = "HV-E507": "the parent is of another format than the child"
        => "a .avhdx needs a .vhdx as its parent, a .avhd a .vhd: look for the file of that format";
    /// The parent is there and cannot be opened.
    PARENT_UNREADABLE = "HV-E508": "the file at the parent's place could not be opened"
        => "see the reason given for the file; take it from the backup again, or read the layers at hand only";
    /// The backing file of a VHD Set is not there.
    SET_BACKING_MISSING = "HV-E509": "the backing file of the VHD Set is not beside it"
        => "a .vhds holds no data: take the .avhdx file of the same name from the backup too";
    /// The backing file of a VHD Set is not the only one.
    SET_BACKING_AMBIGUOUS = "HV-E510": "the VHD Set has several backing files and nothing says which is its latest"
        => "open the .avhdx that is meant instead of the .vhds";
    /// The search stopped before it saw everything.
    SEARCH_CUT = "HV-W511": "the search for disk files stopped at its limit"
        => "give the folder that holds the files instead of one far above it";
    /// A folder could not be listed.
    FOLDER_UNREADABLE = "HV-W512": "a folder could not be listed"
        => "check that the account may read it; files in it were not found";
    /// A link was opened although the identifiers differ.
    LINK_OVERRIDDEN = "HV-W513": "a link of the chain was opened on the operator's word, although the identifiers differ"
        => "check the restored data: if the parent was changed since the child was made, they mix two states";
    /// Not a file that disks are read from.
    NOT_A_FILE = "HV-E514": "this is neither a regular file nor a block device"
        => "give the path of a disk file or of a folder that holds some";
    /// The file that is to be the parent is another.
    OTHER_PARENT = "HV-E515": "the file given as the parent is not the one the child was made on: the identifiers differ"
        => "give the parent of the same backup run (chain on the backup names it); where its data is known not to have changed since, relink takes it with --accept-mismatch";
}

/// Whether `code` says that a chain is broken: a parent is missing, is another, or cannot be opened.
#[must_use]
pub fn is_chain_broken(code: &blockio::Code) -> bool {
    let broken = [
        &PARENT_MISSING,
        &PARENT_DIFFERS,
        &OTHER_PARENT,
        &PARENT_AMBIGUOUS,
        &CYCLE,
        &TOO_LONG,
        &SECTOR_SIZE,
        &PARENT_FORMAT,
        &PARENT_UNREADABLE,
        &SET_BACKING_MISSING,
    ];
    broken.contains(&code)
}
