//! The codes of trees (HV-D25x), whatever file system they come from.

blockio::codes! {
    /// A directory contains itself.
    CYCLE = "HV-D250": "a directory lies inside itself"
        => "the directory tree of the volume is damaged here; everything outside this directory was read, look for its files with find or in another checkpoint";
    /// Directories are nested deeper than any real volume has them.
    TOO_DEEP = "HV-D251": "directories are nested deeper than a path can be"
        => "the directory tree of the volume is damaged here; list the parts of the path one by one, or look in another checkpoint";
}
