//! The key-value container of .vmcx, .vmrs and the host's data.vmcx ("Hyper-V storage", version 4.0).
//!
//! A reader that goes on after damage: a wrong checksum, a key without a parent, a log that is cut off
//! are told in [`File::notes`]. What may be enormous is never loaded.
//!
//! | module | owns |
//! |---|---|
//! | [`File`], [`Counts`], [`Tally`] | a container, read; which checksums were right |
//! | `format` | constants and on-disk structures, no logic |
//! | `header`, `replay`, `image` | which header is in force; the replay log; the bytes with it applied |
//! | `object_table`, `key_table`, `entry`, `value` | what lies where, down to one value |
//! | `link` | the tree |
//! | `write`, `plan`, `encode` | a whole container from a tree; what lies where in it; structures as bytes |
//! | [`Editor`], `room` | single values changed on a copy; where there is room for more |
//! | `checksum`, `notes` | the one checksum; what was found |

mod checksum;
mod edit;
mod encode;
mod entry;
mod file;
mod format;
mod header;
mod image;
mod key_table;
mod link;
mod notes;
mod object_table;
mod plan;
mod replay;
mod room;
mod value;
mod write;

pub use edit::Editor;
pub use file::File;
pub use notes::{Counts, Tally};
pub use write::write;
