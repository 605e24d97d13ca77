//! Of what a configuration is, and which hosts may understand it. vmcx.md B.1.

use std::fmt;

use crate::keys::Keys;

/// Of what a configuration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A machine as it is now.
    Machine,
    /// A checkpoint.
    Checkpoint,
    /// A machine or checkpoint that was being imported.
    Planned,
    /// It does not say, or says something else.
    Unknown,
}

/// Which hardware a guest sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// BIOS and IDE.
    One,
    /// UEFI and SCSI.
    Two,
}

/// Version of a configuration, such as 9.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Before the dot.
    pub major: u8,
    /// Behind it.
    pub minor: u8,
}

impl Kind {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        let word = keys.text("properties/type_id").unwrap_or_default();
        match word.to_string().to_ascii_lowercase().as_str() {
            "virtual machines" => Self::Machine,
            "snapshots" => Self::Checkpoint,
            "planned virtual machines" | "planned snapshots" => Self::Planned,
            _ => Self::Unknown,
        }
    }
}

impl Generation {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        match keys.int("properties/subtype") {
            Some(1) => Self::Two,
            _ => Self::One,
        }
    }
}

impl Version {
    pub(super) fn of(keys: &Keys<'_>) -> Option<Self> {
        keys.int("properties/version").and_then(Self::from_number)
    }

    /// The version that `properties/version` spells as a number: 0x900 is 9.0.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        let [major, minor] = u16::try_from(number).ok()?.to_be_bytes();
        (major != 0).then_some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
