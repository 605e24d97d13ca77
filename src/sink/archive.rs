//! Archives: one stream of members, in whatever format.
//!
//! Names are made as for a folder, so that an archive unpacks to what `extract` would have written
//! into a folder; [`ArchiveKind`] says by which rules.
//!
//! # Lost bytes
//!
//! A member must have its name and size before its bytes, and what is lost shows while they are
//! read. Still no lost byte ever stands under the file's own name, not as zeros either: such a file
//! is `NAME.partial`, with the list in `NAME.partial.json`. How:
//! - files up to 1 MiB are read before anything of them is written;
//! - in a file on this machine, a tar member that turns out to lack bytes is cut off again and written
//!   anew as partial;
//! - on the way to a pipe, each larger file is asked first where its bytes are, and what is compressed
//!   is decompressed once to see that it can be: so everything that is wrong with the *backup* is known
//!   before the member begins. What is left is a medium that fails to give a sector of plain data. Then
//!   the archive ends in the middle of that member, where every reader says so, and the run with it;
//! - a zip is read by the directory at its end, in which a member that lacks bytes is left out before
//!   it is written anew as partial. Nothing ends it.
//!
//! | file | owns |
//! |---|---|
//! | `archive/format.rs` | what a format does |
//! | `archive/work.rs` | a file with its streams, whole or partial |
//! | `archive/body.rs` | the bytes of one member, run by run |
//! | `archive/out.rs` | [`Carrier`]: the file or pipe that it goes to |
//! | `archive/place.rs` | [`ArchivePlace`]: an archive as a file |

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use blockio::ReadAt;
use tree::{GuestPath, Link};

use super::names::lock;
use super::tar::Tar;
use super::zip::Zip;
use super::{Ending, Error, Item, Outcome, Sink, StreamMode, Target};

pub(super) mod body;
pub(super) mod format;
pub(super) mod out;
mod place;
mod work;

use format::Format;
use out::Out;
pub use out::{Carrier, Pipe};
pub use place::ArchivePlace;
use work::Work;

/// Formats of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveKind {
    /// PAX tar. Names by the rules of Unix.
    Tar,
    /// Zip. Names that Windows takes, too, none of them differing from another in case only.
    Zip {
        /// 0: stored; 1 to 9: deflated, the faster or the smaller.
        level: u32,
    },
}

/// How an archive is filled.
#[derive(Clone, Debug)]
pub struct ArchiveOptions {
    /// Where named streams go. [`StreamMode::Native`]: tar has small ones as extended attributes
    /// `user.NAME`, zip has no such place.
    pub streams: StreamMode,
    /// Whether files with lost bytes are saved, as `NAME.partial`.
    pub partial: bool,
}

/// A sink that fills an archive.
pub struct Archive<'a> {
    work: Mutex<Work<'a>>,
    streams: StreamMode,
}

impl<'a> Archive<'a> {
    /// An archive that goes to `carrier`, which errors call `place`.
    pub fn new(
        kind: ArchiveKind,
        place: &Path,
        carrier: impl Carrier + 'a,
        options: &ArchiveOptions,
    ) -> Self {
        let format: Box<dyn Format> = match kind {
            ArchiveKind::Tar => Box::new(Tar),
            ArchiveKind::Zip { level } => Box::new(Zip::new(level)),
        };
        let out = Out::new(Box::new(carrier));
        Self {
            work: Mutex::new(Work::new(format, out, place, options)),
            streams: options.streams,
        }
    }
}

impl Sink for Archive<'_> {
    fn ordered(&self) -> bool {
        true
    }

    fn takes_streams(&self) -> bool {
        self.streams != StreamMode::Leave
    }

    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        lock(&self.work).dir(item)
    }

    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        lock(&self.work).file(item)
    }

    fn link(
        &self,
        item: &Item<'_>,
        link: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error> {
        match inside {
            None => lock(&self.work).leave_out(item, link),
            Some(target) => lock(&self.work).link(item, target),
        }
    }

    fn hard_link(&self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error> {
        lock(&self.work).hard_link(item, to)
    }

    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        lock(&self.work).leave_dir(item.path);
        Ok(Outcome::of(Ending::Written))
    }

    fn attach(&self, name: &str, data: &dyn ReadAt) -> Result<(), Error> {
        lock(&self.work).attach(name, data)
    }

    fn finish(&self) -> Result<(), Error> {
        lock(&self.work).finish()
    }
}

/// The outcome of what is `name` in the archive now.
fn written(name: String, renamed: bool) -> Outcome {
    let ending = if renamed {
        Ending::Renamed
    } else {
        Ending::Written
    };
    Outcome {
        place: Some(PathBuf::from(name)),
        ..Outcome::of(ending)
    }
}

#[cfg(test)]
mod tests;
