//! The codes of relinking.

blockio::codes! {
    /// No relative path that Windows could follow.
    NO_PATH = "HV-E798": "no path that Windows can follow leads from the copy to its parent"
        => "put the copy on the drive that holds the parent, under names without \\ : and other characters that Windows has not";
    /// The copy does not lead to its parent.
    NOT_HELD = "HV-D799": "the copy was made, and does not open on its parent"
        => "nothing was left of it; look whether something else writes to the destination or to the parent, and run again";
}
