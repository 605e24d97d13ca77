//! What is kept of a file besides its bytes, and where.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::args::SourceArgs;
use crate::open::{Backup, Volume};
use crate::sidecar::{Heading, HeadingVolume, Policy, Recorded, Writer};
use crate::sink::{Error, Sink};

/// What is kept of a file besides its bytes, and where.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct MetadataArgs {
    /// Where security, attributes, all four times, extended attributes, object ids, short names and
    /// reparse data go; streams have --ads
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    metadata: How,
}

/// Where metadata goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum How {
    /// Into DEST itself as far as it goes, the rest into DEST/.hvrestore-metadata.jsonl, from where
    /// apply-metadata puts it back
    #[default]
    Auto,
    /// Into DEST itself only; what it does not hold is a loss (exit 3)
    Native,
    /// Into DEST/.hvrestore-metadata.jsonl only, besides times of writing and reading
    Sidecar,
    /// Nowhere, besides times of writing and reading
    None,
}

impl MetadataArgs {
    /// Whether the destination itself is to hold what it can.
    pub(super) fn native(&self) -> bool {
        matches!(self.metadata, How::Auto | How::Native)
    }

    /// `sink`, which fills the folder `destination`, with a place for what that does not hold.
    ///
    /// # Errors
    /// Where something else has the sidecar's name.
    pub(super) fn sink<'s>(
        &self,
        sink: impl Sink + 's,
        destination: &Path,
        heading: &Heading,
    ) -> Result<Box<dyn Sink + 's>, Error> {
        self.sink_with(sink, destination, || Writer::open(destination, heading))
    }

    /// `archive`, with the sidecar as its last member.
    ///
    /// # Errors
    /// None; what goes wrong does when it is written.
    pub(super) fn archive<'s>(
        &self,
        archive: impl Sink + 's,
        heading: &Heading,
    ) -> Result<Box<dyn Sink + 's>, Error> {
        self.sink_with(archive, Path::new(""), || Ok(Writer::in_memory(heading)))
    }

    fn sink_with<'s>(
        &self,
        sink: impl Sink + 's,
        destination: &Path,
        writer: impl FnOnce() -> Result<Writer, Error>,
    ) -> Result<Box<dyn Sink + 's>, Error> {
        let policy = match self.metadata {
            How::None => return Ok(Box::new(sink)),
            How::Native => Policy::Tell,
            How::Auto | How::Sidecar => Policy::Sidecar(Box::new(writer()?)),
        };
        Ok(Box::new(Recorded::new(sink, destination, policy)))
    }
}

/// What the sidecar says of this run.
pub(super) fn heading<'a>(
    source: &SourceArgs,
    backup: &Backup,
    volumes: impl IntoIterator<Item = &'a Volume>,
) -> Heading {
    let volumes: Vec<_> = volumes.into_iter().collect();
    let several = volumes.len() > 1;
    let of = |volume: &&Volume| {
        let info = volume.fs.info();
        HeadingVolume {
            name: volume.name.clone(),
            label: info.label,
            serial: info.serial,
            folder: several.then(|| backup.folder_of(volume)),
        }
    };
    let disks = backup.disks.iter().map(|disk| disk.state.file_name());
    let state: Vec<_> = disks.collect();
    Heading {
        source: source.source.display().to_string(),
        state: state.join(", "),
        volumes: volumes.iter().map(of).collect(),
    }
}
