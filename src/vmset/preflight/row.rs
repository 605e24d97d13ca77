//! One finding.

use blockio::Code;

/// How much a finding matters to the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// In order, or good to know.
    Pass,
    /// The import works, or works with a fix; somebody has to know or to decide.
    Warn,
    /// The import fails, or what it makes must not be used.
    Block,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}

/// What a finding is about; rows come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Version of the configuration against the host.
    Version,
    /// Damage of a configuration.
    Configuration,
    /// Processors and memory that the host must have.
    Resources,
    /// Disks: which files they are, their chains, logs and merges.
    Disks,
    /// What the machine has and the backup has not.
    Absent,
    /// Saved memory.
    Memory,
    /// Virtual switches.
    Network,
    /// CD and diskette images.
    Media,
    /// The virtual TPM.
    Tpm,
    /// Ids and names that something else has.
    Identity,
    /// Rights of the machine's account on its files.
    Rights,
    /// Hyper-V Replica.
    Replication,
    /// Failover clusters.
    Cluster,
    /// What the guest does.
    Role,
    /// What a backup left.
    Leftovers,
    /// Lengths of paths, and names.
    Paths,
    /// Room and file system of the destination.
    Destination,
    /// Why the guest could not be quiesced.
    Guest,
}

impl Topic {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Configuration => "configuration",
            Self::Resources => "resources",
            Self::Disks => "disks",
            Self::Absent => "not in backup",
            Self::Memory => "saved state",
            Self::Network => "network",
            Self::Media => "media",
            Self::Tpm => "vTPM",
            Self::Identity => "identity",
            Self::Rights => "rights",
            Self::Replication => "replication",
            Self::Cluster => "cluster",
            Self::Role => "role",
            Self::Leftovers => "leftovers",
            Self::Paths => "paths",
            Self::Destination => "destination",
            Self::Guest => "guest",
        }
    }

    /// Whether only the host of the import can decide it: which switches, processors, keys and ids it
    /// has, and whether the path of an image exists there. `import.ps1 -Check` looks at these again.
    #[must_use]
    pub fn is_for_the_host(self) -> bool {
        matches!(
            self,
            Self::Version
                | Self::Resources
                | Self::Memory
                | Self::Network
                | Self::Media
                | Self::Tpm
                | Self::Identity
                | Self::Rights
        )
    }
}

/// One finding about the import of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How much it matters.
    pub level: Level,
    /// What it is about.
    pub topic: Topic,
    /// Its stable code; none where all is in order.
    pub code: Option<&'static Code>,
    /// What was found, for people. Names in it are as they are: escape it for a terminal.
    pub reason: String,
    /// What to do, for people; none where there is nothing to do.
    pub remedy: Option<String>,
    /// The line of PowerShell, or of another shell of Windows, that does it by hand.
    pub command: Option<String>,
}

impl Row {
    /// All is in order.
    pub(super) fn pass(topic: Topic, reason: impl Into<String>) -> Self {
        Self {
            level: Level::Pass,
            topic,
            code: None,
            reason: reason.into(),
            remedy: None,
            command: None,
        }
    }

    /// Somebody has to know, and to do what `code` says.
    pub(super) fn warn(topic: Topic, code: &'static Code, reason: impl Into<String>) -> Self {
        Self {
            level: Level::Warn,
            code: Some(code),
            remedy: Some(code.remedy.into()),
            ..Self::pass(topic, reason)
        }
    }

    /// The import must not be tried before what `code` says is done.
    pub(crate) fn block(topic: Topic, code: &'static Code, reason: impl Into<String>) -> Self {
        Self {
            level: Level::Block,
            ..Self::warn(topic, code, reason)
        }
    }

    /// The same with this remedy, instead of the code's.
    pub(super) fn do_this(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same with a command that does it by hand.
    pub(super) fn by_hand(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}

/// The level of the worst of `rows`.
#[must_use]
pub fn worst(rows: &[Row]) -> Level {
    rows.iter()
        .map(|row| row.level)
        .max()
        .unwrap_or(Level::Pass)
}
