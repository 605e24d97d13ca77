//! The codes of VHDX files (HV-x1xx).

blockio::codes! {
    /// The file identifier is not there.
    NOT_VHDX = "HV-D101": "the file does not begin with the identifier of a VHDX file"
        => "check that this is the right file; if it is, its first sector is overwritten: take another copy or checkpoint";
    /// A structure that is needed lies beyond the end of the file.
    TRUNCATED = "HV-D102": "the file ends before a structure that is needed"
        => "the copy is incomplete: copy the file again or take another backup";
    /// Neither header can be used.
    HEADERS = "HV-D103": "both headers of the file are damaged"
        => "take another copy of the file, or another checkpoint of the disk";
    /// Two headers claim to be the newest and say different things.
    HEADERS_DISAGREE = "HV-D104": "both headers have the same sequence number and different contents"
        => "which one holds cannot be told: take another copy of the file, or another checkpoint of the disk";
    /// The active header names another format version.
    VERSION = "HV-E105": "the file has a format version that is not known"
        => "look for a newer release of this program that knows this version";
    /// Neither region table can be used.
    REGION_TABLES = "HV-D106": "both region tables of the file are damaged"
        => "take another copy of the file, or another checkpoint of the disk";
    /// A region is where no region may be.
    REGION_MISPLACED = "HV-D107": "a region lies outside the file, across another one, or unaligned"
        => "if the file is shorter than the original, copy it again; otherwise take another copy or checkpoint";
    /// A region that must be understood is not known.
    REGION_UNKNOWN = "HV-E108": "the file has a required region of a kind that is not known"
        => "look for a newer release of this program; the file was made by newer or other software";
    /// The BAT or the metadata region is not listed.
    REGION_MISSING = "HV-D109": "the file lists no block allocation table or no metadata"
        => "take another copy of the file, or another checkpoint of the disk";
    /// The metadata table is damaged.
    METADATA_TABLE = "HV-D110": "the metadata table of the file is damaged"
        => "take another copy of the file, or another checkpoint of the disk";
    /// A metadata item that must be understood is not known.
    METADATA_UNKNOWN = "HV-E111": "the file has a required metadata item of a kind that is not known"
        => "look for a newer release of this program; the file was made by newer or other software";
    /// A metadata item is missing, out of its region, or of the wrong length.
    METADATA_ITEM = "HV-D112": "a metadata item of the file is missing or damaged"
        => "take another copy of the file, or another checkpoint of the disk";
    /// Block size, sector size or disk size have a value that no disk has.
    DISK_SHAPE = "HV-D113": "block size, sector size or disk size have a value that is not allowed"
        => "the metadata is damaged: take another copy of the file, or another checkpoint of the disk";
    /// The BAT region cannot hold the entries that the disk needs.
    BAT_TOO_SMALL = "HV-D114": "the block allocation table is too small for the disk"
        => "the metadata is damaged: take another copy of the file, or another checkpoint of the disk";
    /// The parent locator is missing or damaged.
    LOCATOR = "HV-D115": "the parent locator of a differencing disk is missing or damaged"
        => "take another copy of the file, or another checkpoint of the disk";
    /// The parent is of a kind that no one has specified.
    LOCATOR_TYPE = "HV-E116": "the parent locator is of a type that is not known"
        => "the parent is not a VHDX file; restore with the software that made this disk";
    /// The log is where no log may be, and has to be replayed.
    LOG_MISPLACED = "HV-D117": "the log lies outside the file, across a region, or unaligned"
        => "if the file is shorter than the original, copy it again; otherwise take another copy or checkpoint";
    /// The log has to be replayed and is of a version or size that is not known.
    LOG_UNSUPPORTED = "HV-E118": "the pending log has a version or size that is not known"
        => "attach the disk once on a copy of the file with Hyper-V, which replays the log, then run again";
    /// The log has to be replayed and holds no complete sequence.
    LOG_NOT_REPLAYABLE = "HV-D119": "the file has a pending log with no complete sequence in it"
        => "the file was copied while in use, or its log is damaged: take another copy or checkpoint";
    /// A BAT entry has a state that does not exist.
    BLOCK_STATE = "HV-D121": "a block has a reserved state in the block allocation table"
        => "this block is lost, the rest of the disk is not; look for its files in another checkpoint";
    /// A BAT entry points to where no block may be.
    BLOCK_MISPLACED = "HV-D122": "a block lies across the header, a region or the log of its file"
        => "this block is lost, the rest of the disk is not; look for its files in another checkpoint";
    /// A block lies, wholly or in part, beyond the end of the file.
    BLOCK_BEYOND_END = "HV-D123": "the file ends before the end of a block"
        => "the copy is incomplete: copy the file again; until then the bytes beyond its end are lost, the rest is not";
    /// A block is partially present in a disk that has no parent.
    BLOCK_WITHOUT_PARENT = "HV-D124": "a block is partially present, but the disk has no parent"
        => "this block is lost, the rest of the disk is not; look for its files in another checkpoint";
    /// The sector bitmap of a partially present block cannot be had.
    BITMAP = "HV-D125": "the sector bitmap of a partially present block is missing or misplaced"
        => "the blocks of this chunk that mix with the parent are lost, the rest is not; look for their files in another checkpoint";
    /// Two blocks share bytes of the file.
    BLOCKS_OVERLAP = "HV-D126": "two blocks lie at the same place of the file"
        => "at least one of them holds wrong bytes: compare the files in them with another checkpoint";
    /// One header was bad, the other was used.
    HEADER_RECOVERED = "HV-W131": "one header is damaged; the other was used"
        => "nothing to do for this restore; a host that stopped while writing leaves this, a failing medium too: check it";
    /// The first region table was bad, the second was used.
    REGION_TABLE_RECOVERED = "HV-W132": "one region table is damaged; the other was used"
        => "nothing to do for this restore; check the medium that holds the file";
    /// The log lies where no log may be, but nothing is pending in it.
    LOG_IGNORED = "HV-W133": "the log is misplaced; nothing is pending in it, so it was not needed"
        => "nothing to do for this restore; do not attach this file for writing";
    /// The pending log says that the file was longer.
    FILE_WAS_LONGER = "HV-W134": "the file is shorter than it was when its log was written"
        => "the copy is incomplete: copy the file again; until then what lay beyond its end is lost, the rest is not";
    /// A BAT entry sets bits that must be zero.
    RESERVED_BITS = "HV-W135": "a block's entry in the block allocation table sets reserved bits"
        => "compare the files in this block with another checkpoint";
    /// Blocks lie too far out for the overlap check.
    OVERLAP_UNCHECKED = "HV-W136": "blocks lie so far out in the file that they were not checked for overlaps"
        => "the file is longer than any disk needs: compare the files of this disk with another checkpoint";
    /// A disk without a parent was to be given another one.
    NOT_DIFFERENCING = "HV-E141": "the disk has no parent, so it cannot be given another one"
        => "name the differencing disk (.avhdx) that lost its parent; chain on the source shows which files those are";
    /// The new locator does not fit.
    LOCATOR_ROOM = "HV-E142": "the new parent locator does not fit into the file"
        => "restore into a folder with a shorter path, or write the state as one disk with flatten";
    /// The log cannot be replayed into a file that was cut.
    LOG_CUT = "HV-E143": "the pending log cannot be replayed into the copy, because bytes that the file had are missing"
        => "copy the file from the backup again; extract and flatten still read what is there and name what is lost";
    /// The log writes over the headers or over itself.
    LOG_OVER_ITSELF = "HV-D144": "the pending log writes over the headers or over itself and cannot be replayed into the copy"
        => "write the state as one disk with flatten, which replays the log in memory";
    /// There can be no file of this shape.
    NEW_DISK_SHAPE = "HV-E145": "the format cannot hold a disk of this shape"
        => "choose another block size (1M to 256M, a power of two), or write the disk with --format raw";
    /// The disk does not end with a sector.
    UNEVEN_DISK = "HV-E146": "the disk does not end with a whole sector, so the format cannot hold it"
        => "write it with --format raw; a raw image that was cut is to be copied again";
}
