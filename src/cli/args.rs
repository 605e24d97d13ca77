//! What every command takes: where the backup is, which state of it, how to talk.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, ColorChoice, ValueEnum};

use crate::checksum;

/// Options every command has.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Print JSON: one document, or one object a line for listings
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Say nothing but errors
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Output",
        conflicts_with = "verbose"
    )]
    pub quiet: bool,
    /// Say more: which file was opened why, how bytes were moved
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// Show no progress bar
    #[arg(long, global = true, help_heading = "Output")]
    pub no_progress: bool,
    /// Color messages
    #[arg(
        long,
        global = true,
        help_heading = "Output",
        value_name = "WHEN",
        default_value_t
    )]
    pub color: ColorChoice,
}

/// Where the backup is and which state of it to read.
#[derive(Clone, Debug, Args)]
pub struct SourceArgs {
    /// Folder with the restored files, or one disk: .vhdx, .avhdx, .vhd, .avhd, .vhds, raw image
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    #[command(flatten)]
    /// Which state, and how parents are found.
    pub state: StateArgs,
}

/// Which state of the machine to read, and how parents are found.
#[derive(Clone, Debug, Args)]
pub struct StateArgs {
    /// State to read: now, base, #N (counted from base, which is #0), or a chain file's name or part of it
    #[arg(
        short,
        long,
        value_name = "STATE",
        default_value = "now",
        help_heading = "Source"
    )]
    pub checkpoint: String,
    /// Another folder to look in for parents (repeatable); SOURCE itself is always searched
    #[arg(long, value_name = "DIR", help_heading = "Source")]
    pub search: Vec<PathBuf>,
    /// Read only this disk: its number in `inspect`, or the name of a file of its chain
    #[arg(long, value_name = "N|FILE", help_heading = "Source")]
    pub disk: Option<String>,
    /// Accept one link of a chain although the identifiers differ (file names); ends with exit 3
    #[arg(long, value_name = "CHILD=PARENT", value_parser = parse_link, help_heading = "Source")]
    pub accept_parent: Vec<(String, String)>,
    /// Also open parents by the absolute path stored in the child; on the host the backup came from
    /// that is the LIVE disk
    #[arg(long, help_heading = "Source")]
    pub allow_absolute_parents: bool,
}

/// The source, and places in the guest.
#[derive(Clone, Debug, Args)]
pub struct PlaceArgs {
    /// Where the backup is and which state of it to read.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Paths in the guest: 'C:\Users', disk0/part2/x, label=Data/x, /x; globs * ** ? [..] {a,b}
    #[arg(value_name = "GUEST-PATH")]
    pub paths: Vec<String>,
    /// Which volume they are on, unless they say so themselves.
    #[command(flatten)]
    pub volume: VolumeArgs,
    /// Which files of it.
    #[command(flatten)]
    pub trash: DeletedArgs,
}

/// Whether live or deleted files are meant.
#[derive(Clone, Copy, Debug, Args)]
pub struct DeletedArgs {
    /// What was deleted, instead of what is there: from an older checkpoint where that still has it,
    /// else what its clusters hold now, which nobody can vouch for (unverified)
    #[arg(long, help_heading = "Source")]
    pub deleted: bool,
}

/// The volume of guest paths that name none.
#[derive(Clone, Debug, Args)]
pub struct VolumeArgs {
    /// Volume: a letter (C:), a number, disk0/part2, a partition GUID, or a label
    #[arg(long, value_name = "VOLUME", help_heading = "Source")]
    pub volume: Option<String>,
}

/// Hash algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Algorithm {
    /// SHA-256
    #[default]
    Sha256,
    /// BLAKE3, several times faster
    Blake3,
}

impl From<Algorithm> for checksum::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256,
            Algorithm::Blake3 => Self::Blake3,
        }
    }
}

/// A number of threads or files at a time.
///
/// # Errors
/// What is expected instead, for people.
pub(crate) fn parse_jobs(text: &str) -> Result<NonZero<usize>, &'static str> {
    text.parse().map_err(|_| "expected a number, 1 or more")
}

fn parse_link(text: &str) -> Result<(String, String), String> {
    let (child, parent) = text
        .split_once('=')
        .ok_or("expected CHILD=PARENT, two file names")?;
    if child.is_empty() || parent.is_empty() {
        return Err("expected CHILD=PARENT, two file names".into());
    }
    Ok((child.into(), parent.into()))
}
