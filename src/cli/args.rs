//! What every command takes: where the backup is, which state of it, how to talk.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, ColorChoice, ValueEnum};

use crate::checksum;
use crate::cli::filter::When;

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
    /// Folder with the restored files, a configuration (.vmcx, .xml), or one disk: .vhdx, .avhdx, .vhd,
    /// .avhd, .vhds, raw image
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    #[command(flatten)]
    /// Which state, and how parents are found.
    pub state: StateArgs,
}

/// Which state of which machine to read, and how files are found.
#[derive(Clone, Debug, Args)]
pub struct StateArgs {
    /// Which machine.
    #[command(flatten)]
    pub vm: VmArgs,
    /// State to read: now, base, #N (counted from base, which is #0), a checkpoint's name or part of it,
    /// its GUID or the beginning of it, or a chain file's name or part of it
    #[arg(
        short,
        long,
        alias = "snapshot",
        value_name = "STATE",
        default_value = "now",
        help_heading = "Source"
    )]
    pub checkpoint: String,
    /// Read the newest checkpoint taken at TIME or before: 2026-11-01, 2026-11-01T12:00 (UTC unless it
    /// says else), or an age like 7d, 12h
    #[arg(
        long,
        value_name = "TIME",
        conflicts_with = "checkpoint",
        help_heading = "Source"
    )]
    pub at: Option<When>,
    /// Read only this disk: its number in `inspect`, its drive ('SCSI 0:1'), or the name of a file of
    /// its chain
    #[arg(long, value_name = "N|DRIVE|FILE", help_heading = "Source")]
    pub disk: Option<String>,
    /// How files are found.
    #[command(flatten)]
    pub finding: FindingArgs,
}

/// Which machine of the source.
#[derive(Clone, Debug, Args)]
pub struct VmArgs {
    /// Machine to read where SOURCE holds several: its name, its GUID, or a pattern with * and ?
    /// (repeatable where several make sense)
    #[arg(long, value_name = "NAME|GUID", help_heading = "Source")]
    pub vm: Vec<String>,
}

/// Which machines of the source, for commands that take several.
#[derive(Clone, Debug, Args)]
pub struct VmsArgs {
    /// Machine, by its name, its GUID, or a pattern with * and ? (repeatable)
    #[arg(long, value_name = "NAME|GUID", help_heading = "Source")]
    pub vm: Vec<String>,
    /// Every machine of SOURCE
    #[arg(long, conflicts_with = "vm", help_heading = "Source")]
    pub all: bool,
}

/// How the files of machines and chains are found.
#[derive(Clone, Debug, Args)]
pub struct FindingArgs {
    /// Another folder to look in for files of the machine and for parents (repeatable); SOURCE itself
    /// is always searched
    #[arg(long, value_name = "DIR", help_heading = "Source")]
    pub search: Vec<PathBuf>,
    /// Where a folder of the host is here: 'C:\ClusterStorage\Volume1=DIR' (repeatable)
    #[arg(long, value_name = "PATH=DIR", value_parser = parse_map, help_heading = "Source")]
    pub map: Vec<(String, PathBuf)>,
    /// Which file is the disk of a checkpoint, where names do not tell: 'CHECKPOINT=FILE', CHECKPOINT
    /// now, its name or its GUID; of several disks 'CHECKPOINT/SCSI 0:1=FILE' (repeatable)
    #[arg(long, value_name = "CHECKPOINT=FILE", value_parser = parse_assigned, help_heading = "Source")]
    pub assign: Vec<(String, String)>,
    /// Accept one link of a chain although the identifiers differ (file names); ends with exit 3
    #[arg(long, value_name = "CHILD=PARENT", value_parser = parse_link, help_heading = "Source")]
    pub accept_parent: Vec<(String, String)>,
    /// Also open parents by the absolute path stored in the child; on the host the backup came from
    /// that is the LIVE disk
    #[arg(long, help_heading = "Source")]
    pub allow_absolute_parents: bool,
}

/// A source, and which whole machines of it: what `doctor` and `restore` take.
///
/// [`Context::look`](crate::cli::Context::look) opens it, [`Context::chosen`](crate::cli::Context::chosen)
/// are the machines that are meant.
#[derive(Clone, Debug, Args)]
pub struct MachineArgs {
    /// Folder with the restored files, or a configuration (.vmcx, .xml)
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    /// Which machines.
    #[command(flatten)]
    pub vms: VmsArgs,
    /// How files are found.
    #[command(flatten)]
    pub finding: FindingArgs,
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
    pair(
        text.split_once('='),
        "expected CHILD=PARENT, two file names",
    )
}

/// The last `=` counts: a checkpoint's name may well have one.
fn parse_assigned(text: &str) -> Result<(String, String), String> {
    pair(
        text.rsplit_once('='),
        "expected CHECKPOINT=FILE, a state and a file name",
    )
}

fn parse_map(text: &str) -> Result<(String, PathBuf), String> {
    let expected = "expected PATH=DIR, a path of the host and a folder here";
    let (path, folder) = pair(text.split_once('='), expected)?;
    Ok((path, folder.into()))
}

fn pair(found: Option<(&str, &str)>, expected: &str) -> Result<(String, String), String> {
    match found {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => {
            Ok((left.into(), right.into()))
        }
        _ => Err(expected.into()),
    }
}
