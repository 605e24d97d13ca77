//! The sidecar: what a destination could not hold of what was restored into it.
//!
//! `DEST/.hvrestore-metadata.jsonl`, the last member of an archive, one JSON object a line. Runs add to its end, whole lines at a
//! time: where two lines are about one place, the later one counts, and a line that was torn by the
//! end of the machine is left out by the reader. Nothing in it is ever changed.
//!
//! | `type` | says |
//! |---|---|
//! | `header` | begins a run: `format` (1), `tool`, `written`, `source`, `state`, `volumes` (`name`, `label`, `serial`, and `folder` where each has one) |
//! | `security` | a descriptor, once for all that have it: `id`, made of its bytes; `sddl`; `raw`, its bytes, where the text does not say it all: then they count |
//! | `item` | one file, folder or link |
//!
//! An item has `path`, the guest's; `to`, its place in DEST with `/` between names; `kind`; `size` of
//! a file; `attribute_bits` (FILE_ATTRIBUTE_*); `created`, `modified`, `changed`, `accessed`. Where
//! they apply: `security` (the `id`), `short_name`, `object_id` and `reparse` (`tag`, `data`),
//! `extended_attributes` (`name`, `flags`, `value`), `streams` (`name`, `size`, `kept`: `inside`,
//! `beside` or `lost`, and `to`), `partial` (bytes of it are lost), `left_out` (a link that was not
//! made), `link_of` (one more name of the file at that place; nothing else is said of it). Bytes are
//! in base64. Names that are no valid Unicode come exactly as well, with `_wtf8` behind the field's
//! name.
//!
//! | file | owns |
//! |---|---|
//! | `writer.rs` | [`Writer`]: adds lines to the file |
//! | `spool.rs` | [`Spool`]: lines held in memory, for an archive |
//! | `line.rs` | how an item becomes a line |
//! | `sink.rs` | [`Recorded`]: a sink whose items are put on record |
//! | `read.rs` | [`read::Line`]: a line becomes an item again, whoever wrote it |

mod line;
pub mod read;
mod sink;
mod spool;
mod writer;

pub use sink::{Policy, Recorded};
pub use spool::Spool;
pub use writer::{Heading, HeadingVolume, Writer};

/// Name of the file in DEST.
pub const NAME: &str = ".hvrestore-metadata.jsonl";
/// The format that is written, and the latest that is read.
pub const FORMAT: u32 = 1;
