//! What to do where something is there already.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use same_file::Handle;
use tree::Time;

use super::Error;
use super::codes::{EXISTS, IS_SOURCE};
use crate::hostfs::{Dir, HostKind, Status};
use crate::sink::error::Refusal;

/// What to do where the destination has something of that name already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    /// Leave it and say that the item was not restored.
    #[default]
    Fail,
    /// Leave it.
    Skip,
    /// Replace it, if it is a file.
    Overwrite,
    /// Put the new one beside it, as `NAME (2)`.
    Rename,
    /// Replace it if the guest's was written later.
    Newer,
}

/// What the rule says of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is there.
    Free,
    /// A file is there and may go.
    Replace,
    /// Leave it.
    Keep,
    /// Try another name.
    Another,
}

/// The files being read from, by what they are and not by how they are called.
#[derive(Debug, Default)]
pub struct Sources(Vec<Handle>);

impl Sources {
    /// The files at `paths`.
    ///
    /// # Errors
    /// Where one of them cannot be opened.
    pub fn at<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> io::Result<Self> {
        paths
            .into_iter()
            .map(Handle::from_path)
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Whether `name` in `dir` is one of them.
    pub(super) fn hold(&self, dir: &Dir, name: &OsStr) -> bool {
        let found = dir.open_file(name).and_then(Handle::from_file);
        found.is_ok_and(|found| self.0.contains(&found))
    }
}

impl Conflict {
    /// What to do about `name` in `dir`, for a guest's file that was written at `modified`.
    ///
    /// A source is refused whatever the rule; what is no file is never replaced.
    pub(crate) fn judge(
        self,
        dir: &Dir,
        name: &OsStr,
        place: &Path,
        modified: Time,
        sources: &Sources,
    ) -> Result<Verdict, Error> {
        let status = dir
            .status(name)
            .map_err(|error| Error::writing(place, &error))?;
        let Some(status) = status else {
            return Ok(Verdict::Free);
        };
        if status.kind == HostKind::File && sources.hold(dir, name) {
            let reason = "it is a source of this run".into();
            let place = place.into();
            return Err(Error::Stop(Refusal {
                code: &IS_SOURCE,
                place,
                reason,
            }));
        }
        match self {
            Self::Skip => Ok(Verdict::Keep),
            Self::Rename => Ok(Verdict::Another),
            Self::Newer if !is_older(&status, modified) => Ok(Verdict::Keep),
            Self::Newer | Self::Overwrite if status.kind == HostKind::File => Ok(Verdict::Replace),
            Self::Newer | Self::Overwrite => {
                let reason = format!("{} is there, which is never replaced", word(status.kind));
                Err(Error::item(&EXISTS, place, reason))
            }
            Self::Fail => Err(Error::item(&EXISTS, place, "exists already")),
        }
    }
}

fn is_older(status: &Status, than: Time) -> bool {
    status.modified < than.unix()
}

fn word(kind: HostKind) -> &'static str {
    match kind {
        HostKind::File => "a file",
        HostKind::Directory => "a folder",
        HostKind::Link => "a link",
        HostKind::Other => "a device or the like",
    }
}
