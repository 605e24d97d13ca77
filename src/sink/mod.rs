//! Where restored things go.
//!
//! A [`Sink`] takes a tree in walk order, parents before children. It knows the tree and the bytes,
//! never the file system they come from.
//!
//! | file | owns |
//! |---|---|
//! | `folder.rs` | [`Folder`]: a folder of this machine |
//! | `archive.rs` | [`Archive`]: one stream of members, |
//! | `tar.rs` | as tar, |
//! | `zip.rs` | or as zip |
//! | `host_name.rs` | names that a destination can hold |
//! | `names.rs` | which names were made, so that none is made twice |
//! | `conflict.rs` | what to do where something is there already |
//! | `plan.rs` | [`Plan`]: a folder that is not filled, to see what would be |
//! | `hashed.rs` | [`Hashed`]: checksums of what goes by |
//! | `verified.rs` | [`Verified`]: what was written, read back and compared |
//! | `journal.rs` | what a run has finished, for one that resumes it |
//! | `streams.rs` | where named streams go |
//! | `partial.rs` | a file with lost bytes |

use std::path::PathBuf;
use std::sync::Arc;

use blockio::{Code, ReadAt};
use tree::{Details, FileSystem, GuestPath, Link, Metadata, Name, NodeId};

use crate::hostfs::Parts;
use crate::progress::Watch;

mod archive;
pub mod codes;
mod conflict;
mod error;
mod folder;
mod hashed;
pub(crate) mod host_name;
mod journal;
mod names;
mod partial;
mod plan;
mod streams;
mod tar;
mod verified;
mod zip;

pub use archive::{Archive, ArchiveKind, ArchiveOptions, ArchivePlace, Carrier, Pipe};
pub(crate) use conflict::Verdict;
pub use conflict::{Conflict, Sources};
pub use error::{Error, Refusal};
pub use folder::{Folder, Journaled, Options};
pub use hashed::{Hashed, Manifest};
pub(crate) use host_name::{Rules, host_name, with_tail};
pub(crate) use names::lock;
pub use partial::Partial;
pub(crate) use partial::write_lost;
pub use plan::Plan;
pub use streams::StreamMode;
pub use verified::{Found, Verified};

/// Takes a tree in walk order, parents before children. Many threads may call it, unless it is
/// [`ordered`](Self::ordered).
pub trait Sink: Send + Sync {
    /// Whether it takes one thing at a time and in order, as an archive does.
    fn ordered(&self) -> bool;

    /// Whether named streams are wanted; items come without them otherwise.
    fn takes_streams(&self) -> bool {
        true
    }

    /// A directory, before anything in it. Its streams come with it, its times with
    /// [`leave_dir`](Self::leave_dir).
    ///
    /// # Errors
    /// The destination's; see [`Error`].
    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error>;

    /// A file with its data and streams.
    ///
    /// # Errors
    /// The destination's; never what the source lost, which is an [`Ending`].
    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error>;

    /// A link. `inside` is its target, where that is among what the sink is given too.
    ///
    /// # Errors
    /// The destination's.
    fn link(
        &self,
        item: &Item<'_>,
        target: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error>;

    /// One more name of the file that went to `to` and was written whole. A sink that cannot
    /// answers [`Ending::Declined`] and gets the file again with its data.
    ///
    /// # Errors
    /// The destination's.
    fn hard_link(&self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error>;

    /// All that is in the directory has been given.
    ///
    /// # Errors
    /// The destination's.
    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error>;

    /// A document of ours about what was given, `name` in the root of the output. Only a destination
    /// that nobody can write to beside the sink is asked to take one.
    ///
    /// # Errors
    /// The destination's; refused by default.
    fn attach(&self, name: &str, _data: &dyn ReadAt) -> Result<(), Error> {
        Err(Error::item(&codes::REFUSED, name, "it is no archive"))
    }

    /// That was all, of all volumes.
    ///
    /// # Errors
    /// The destination's.
    fn finish(&self) -> Result<(), Error>;
}

impl<S: Sink + ?Sized> Sink for &S {
    fn ordered(&self) -> bool {
        (**self).ordered()
    }
    fn takes_streams(&self) -> bool {
        (**self).takes_streams()
    }
    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        (**self).dir(item)
    }
    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        (**self).file(item)
    }
    fn link(
        &self,
        item: &Item<'_>,
        target: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error> {
        (**self).link(item, target, inside)
    }
    fn hard_link(&self, item: &Item<'_>, to: &GuestPath) -> Result<Outcome, Error> {
        (**self).hard_link(item, to)
    }
    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        (**self).leave_dir(item)
    }
    fn finish(&self) -> Result<(), Error> {
        (**self).finish()
    }
}

/// One thing to be restored.
pub struct Item<'a> {
    /// Its place in the output: the guest path, below a folder for the volume if there are several.
    pub path: &'a GuestPath,
    /// What is known of it.
    pub metadata: &'a Metadata,
    /// Its unnamed stream; none for what is no file.
    pub data: Option<Arc<dyn ReadAt>>,
    /// Its named streams.
    pub streams: Vec<Stream>,
    /// Where it comes from, for what only some sinks want of it.
    pub origin: Origin<'a>,
    /// Who is told of the bytes that go by, and whether to stop.
    pub watch: Watch<'a>,
}

/// Where an item comes from. Nothing is read before it is asked for.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The volume.
    pub fs: &'a dyn FileSystem,
    /// What it is there.
    pub node: NodeId,
}

/// A named stream with its bytes.
pub struct Stream {
    /// Its name, not empty.
    pub name: Name,
    /// Its bytes.
    pub data: Arc<dyn ReadAt>,
}

/// The target of a link that is restored too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its place in the output.
    pub path: GuestPath,
    /// Whether it is a directory.
    pub directory: bool,
}

/// What became of one item.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What became of it.
    pub ending: Ending,
    /// Where it is now, if the sink has places.
    pub place: Option<PathBuf>,
    /// Which of its parts the destination keeps itself; what it has not counts as kept.
    pub kept: Parts,
    /// Where its named streams went.
    pub streams: Vec<StreamPlace>,
    /// What else there is to say of it.
    pub notes: Vec<Note>,
}

/// Where one named stream went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPlace {
    /// Its name.
    pub name: Name,
    /// Its size in bytes.
    pub size: u64,
    /// Where it went.
    pub fate: StreamFate,
}

/// Where a named stream can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamFate {
    /// Into the file itself: as a stream, or an extended attribute `user.NAME`.
    Inside,
    /// Into a file beside it.
    Beside(PathBuf),
    /// Nowhere, or not whole.
    Lost,
}

/// How one item ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Restored, under the name it had.
    Written,
    /// Restored, under a name that the destination can hold.
    Renamed,
    /// Whole from an earlier run, which this one resumes.
    Present,
    /// Left alone, for this reason.
    Skipped(Note),
    /// A sink without hard links: give the data.
    Declined,
    /// Restored but for some bytes.
    Lost(Partial),
}

impl Ending {
    /// Whether it is there, with all its bytes.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Written | Self::Renamed | Self::Present)
    }
}

/// Something to be said of an item besides how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The stable code. Its letter tells a warning from a loss.
    pub code: &'static Code,
    /// The stream concerned, if it is not the whole item.
    pub stream: Option<Name>,
    /// The particulars.
    pub message: String,
}

impl Note {
    /// A note on the whole item.
    #[must_use]
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            stream: None,
            message: message.into(),
        }
    }
}

/// The outcome of a link that is not made, where it would be, and why.
fn left_out(link: &Link, place: PathBuf, reason: &str) -> Outcome {
    let shown = if link.print.is_empty() {
        &link.target
    } else {
        &link.print
    };
    let message = format!("link to {shown}: {reason}");
    Outcome {
        place: Some(place),
        ..Outcome::of(Ending::Skipped(Note::new(&codes::LINK_LEFT_OUT, message)))
    }
}

impl Item<'_> {
    /// Its security descriptor in self-relative form, read from the volume now.
    ///
    /// # Errors
    /// The volume's; see [`FileSystem::security`].
    pub fn security(&self) -> Result<Option<Arc<[u8]>>, tree::Error> {
        self.origin.fs.security(self.origin.node)
    }

    /// Its extended attributes, reparse data, object id and so on, read from the volume now.
    ///
    /// # Errors
    /// The volume's; see [`FileSystem::details`].
    pub fn details(&self) -> Result<Details, tree::Error> {
        self.origin.fs.details(self.origin.node)
    }

    /// Bytes of all its streams.
    #[must_use]
    pub fn size(&self) -> u64 {
        let streams = self.streams.iter().map(|stream| &stream.data);
        self.data
            .iter()
            .chain(streams)
            .map(|data| data.size())
            .sum()
    }
}

impl Outcome {
    /// An outcome with nothing more to say.
    #[must_use]
    pub fn of(ending: Ending) -> Self {
        Self {
            ending,
            place: None,
            kept: Parts::NONE,
            streams: Vec::new(),
            notes: Vec::new(),
        }
    }
}
