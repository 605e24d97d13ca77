//! The codes of host files (HV-x6xx).

crate::codes! {
    /// The operating system could not read bytes of a source.
    CANNOT_READ = "HV-E601": "the operating system could not read these bytes of the source"
        => "look at the medium that holds the source (cable, share, bad sectors); copy it with a tool that retries and run again on the copy";
    /// A source could not be opened.
    CANNOT_OPEN = "HV-E602": "the source could not be opened"
        => "check the path and that the account may read it (on Windows run as administrator, on Linux as root)";
    /// A source is shorter than when it was opened.
    SHORT_READ = "HV-E603": "the source ended before the bytes that were there when it was opened"
        => "something truncates the file while it is read; wait for the backup to finish or work on a copy";
    /// A source changed while it was read.
    SOURCE_CHANGED = "HV-W604": "a source file changed while it was read"
        => "the result may mix two states; stop what writes to the source (a running machine, a backup job) and run again";
}
