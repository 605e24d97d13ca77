//! The codes of VHD files (HV-x3xx).

blockio::codes! {
    /// There is no footer, neither at the end nor at the start.
    NO_FOOTER = "HV-D301": "this is no VHD file: it has a footer neither at its end nor at its start"
        => "take another copy of the file; if it was a fixed disk that was cut, copy it to a name ending in .img and read it as a raw image";
    /// A footer fails its own checks.
    FOOTER = "HV-D302": "a footer of the VHD file is damaged"
        => "nothing to do where the copy at the start was used; otherwise try another copy of the file, or, as a fixed disk's data is all but its last 512 bytes, copy those to a name ending in .img and read it as a raw image";
    /// The footer is sound and says what cannot be.
    FOOTER_FIELD = "HV-D303": "the footer of the VHD file says something that cannot be"
        => "try another checkpoint or another copy of the file";
    /// Not one of the versions and disk types that there are.
    UNKNOWN_KIND = "HV-E304": "the VHD file is of a version or disk type that is not known"
        => "look at what wrote the file; convert it there to a dynamic or fixed VHD";
    /// The dynamic disk header fails its checks.
    HEADER = "HV-D305": "the dynamic disk header of the VHD file is damaged"
        => "try another checkpoint or another copy of the file";
    /// The block allocation table does not fit the disk or the file.
    TABLE = "HV-D306": "the block allocation table of the VHD file does not fit the disk"
        => "try another checkpoint or another copy of the file";
    /// A block lies where no block can lie.
    BLOCK_PLACE = "HV-D307": "a block of the VHD file lies outside the file or over its own structures"
        => "the bytes of this block are lost, the rest is served; try another checkpoint or another copy of the file for them";
    /// The file ends within a block.
    BLOCK_CUT = "HV-D308": "the VHD file ends before the data of one of its blocks"
        => "the file was cut: take it from the backup again; what lies before the cut is served";
    /// Two blocks share bytes of the file.
    BLOCKS_OVERLAP = "HV-D309": "two blocks of the VHD file share bytes"
        => "one of the two blocks is wrong and nothing tells which; try another checkpoint or another copy of the file for them";
    /// A path to the parent cannot be read.
    LOCATOR = "HV-D310": "one of the paths to the parent that the VHD file holds is damaged"
        => "nothing to do where the parent is found by its unique id; otherwise give its folder with --search";
    /// A dynamic disk holds data in sectors that it marks as never written.
    HIDDEN_DATA = "HV-W311": "sectors marked as never written hold data; they read as zeros, as the format says"
        => "compare with the guest's view of these sectors; the program that wrote the file may not keep its bitmaps";
    /// The two footers differ.
    FOOTERS_DIFFER = "HV-W312": "the footer and its copy differ; the one at the end was used"
        => "the file was not closed properly; check the disk's size and the guest's file system";
    /// A table or bitmap could not be read from the medium.
    UNREADABLE = "HV-E313": "a table or bitmap of the VHD file could not be read"
        => "look at the medium that holds the file; the blocks that this table describes are lost, the rest is served";
    /// A disk without a parent was to be given another one.
    NOT_DIFFERENCING = "HV-E321": "the disk has no parent, so it cannot be given another one"
        => "name the differencing disk (.avhd) that lost its parent; chain on the source shows which files those are";
    /// A path is longer than its place.
    LOCATOR_ROOM = "HV-E322": "the new path to the parent is longer than the format can hold"
        => "restore into a folder with a shorter path, or write the state as one disk with flatten";
    /// The format has no sectors of 4,096 bytes.
    SECTOR_SIZE = "HV-E323": "a VHD has sectors of 512 bytes only, and the disk has others"
        => "write the disk as VHDX (--format vhdx), which can have sectors of 4,096 bytes";
    /// There can be no file of this shape.
    NEW_DISK_SHAPE = "HV-E324": "a VHD cannot hold a disk of this shape"
        => "write the disk as VHDX (--format vhdx) or as a raw image; --block-size of a VHD is 512K or 2M";
}
