//! How things are put into the destination: conflicts, streams, files with gaps.

use clap::ValueEnum;

use crate::cli::{Exit, Stop};
use crate::codes;
use crate::sink::{self, ArchiveOptions, Conflict, Sources, StreamMode};

/// How things are put into the destination.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct WritingArgs {
    /// Where a file of that name is in DEST already
    #[arg(long, value_enum, default_value_t, value_name = "RULE")]
    on_conflict: Rule,
    /// The same as --on-conflict overwrite
    #[arg(long, conflicts_with_all = ["on_conflict", "skip_existing"])]
    overwrite: bool,
    /// The same as --on-conflict skip
    #[arg(long, conflicts_with = "on_conflict")]
    skip_existing: bool,
    /// Where named streams go: into the file itself (extended attributes user.NAME, which tar restores
    /// with --xattrs; native on Windows), into files beside it called FILE:STREAM, or nowhere
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    ads: Ads,
    /// What becomes of files that the guest encrypted (EFS): they are named and left out, or their
    /// ciphertext is saved as NAME.efs-raw, their keys as NAME.efs-metadata, and who can decrypt them
    /// in NAME.efs.json (explain HV-W788 says what can be done with these)
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    efs: EfsFiles,
    /// Save nothing of a file that cannot be read in full
    #[arg(long)]
    no_partial: bool,
}

/// What to do where something of that name is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// Leave it and count the file as not restored
    #[default]
    Fail,
    /// Leave it
    Skip,
    /// Replace it
    Overwrite,
    /// Put the new one beside it
    Rename,
    /// Replace it if the guest's was written later
    Newer,
}

/// Where named streams go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Ads {
    /// Into the file itself, where DEST can; else beside it
    #[default]
    Native,
    /// Into files beside it
    Files,
    /// Nowhere
    None,
}

/// What becomes of encrypted files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum EfsFiles {
    /// Named and left out
    #[default]
    None,
    /// Saved as ciphertext
    Raw,
}

impl WritingArgs {
    /// Whether encrypted files are taken along as ciphertext.
    pub(super) fn ciphertext(&self) -> bool {
        self.efs == EfsFiles::Raw
    }

    /// How the folder sink is to be set up, which never replaces a file of `sources`.
    pub(super) fn folder(&self, sources: Sources) -> sink::Options {
        sink::Options {
            conflict: match self.rule() {
                Rule::Fail => Conflict::Fail,
                Rule::Skip => Conflict::Skip,
                Rule::Overwrite => Conflict::Overwrite,
                Rule::Rename => Conflict::Rename,
                Rule::Newer => Conflict::Newer,
            },
            streams: self.streams(),
            partial: !self.no_partial,
            native: true,
            sources,
        }
    }

    /// How an archive is to be set up.
    pub(super) fn archive(&self) -> ArchiveOptions {
        ArchiveOptions {
            streams: self.streams(),
            partial: !self.no_partial,
        }
    }

    /// Whether a file that is there may go.
    pub(super) fn overwrites(&self) -> bool {
        self.rule() == Rule::Overwrite
    }

    /// An archive is new, or takes the place of another one: the other rules are about what is in a
    /// folder.
    pub(super) fn refuse_rules_of_folders(&self) -> Result<(), Stop> {
        match self.rule() {
            Rule::Fail | Rule::Overwrite => Ok(()),
            Rule::Skip | Rule::Rename | Rule::Newer => {
                let text = "this rule for conflicts is for folders; an archive takes --overwrite";
                Err(Stop::new(Exit::Usage, &codes::cli::USAGE, text))
            }
        }
    }

    fn rule(&self) -> Rule {
        match self.on_conflict {
            _ if self.overwrite => Rule::Overwrite,
            _ if self.skip_existing => Rule::Skip,
            rule => rule,
        }
    }

    fn streams(&self) -> StreamMode {
        match self.ads {
            Ads::Native => StreamMode::Native,
            Ads::Files => StreamMode::Files,
            Ads::None => StreamMode::Leave,
        }
    }
}
