//! Facts in words, for the script and for `RESTORED.md`.

use vmcx::Version;

use super::facts::Facts;
use crate::vmset::{Absence, AbsenceKind};

/// The first version that every later host takes.
const EIGHT: Version = Version { major: 8, minor: 0 };

/// `9.0`.
pub(super) fn version(version: Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

/// What to do with a host that does not take the machine's version.
pub(super) fn version_remedy(facts: &Facts) -> String {
    let hosts = if facts.hosts.is_empty() {
        "no host that is known takes it".to_owned()
    } else {
        format!("import it on one of: {}", facts.hosts.join(", "))
    };
    if facts.version.is_some_and(|version| version < EIGHT) {
        format!(
            "{hosts}; on Windows Server 2016 or 2019, Update-VMVersion then makes it fit for later hosts; \
             or restore one state for this host: hvrestore restore SOURCE --as-of STATE --host HOST, which makes a new machine around its disks"
        )
    } else {
        hosts
    }
}

/// `2026-03-01 18:00:05 UTC`, of 100 ns since 1601.
pub(super) fn time(filetime: Option<u64>) -> String {
    /// 1970 in seconds since 1601.
    const UNIX: i64 = 11_644_473_600;
    let seconds = filetime.and_then(|time| i64::try_from(time / 10_000_000).ok());
    let stamp = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds - UNIX).ok());
    stamp.map_or_else(
        || "a time that is not recorded".to_owned(),
        |stamp| stamp.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// What is absent: `SCSI 0:1, disk of the host: \\.\PHYSICALDRIVE2`.
pub(super) fn absence(absence: &Absence) -> String {
    let kind = match absence.kind {
        AbsenceKind::PassThrough => "disk of the host",
        AbsenceKind::Shared => "shared disk",
        AbsenceKind::DiskFile => "disk",
        AbsenceKind::Parent => "parent of a disk",
        AbsenceKind::Checkpoint => "checkpoint",
        AbsenceKind::Configuration => "configuration of the machine",
        AbsenceKind::Memory => "saved memory",
        AbsenceKind::GuestState => "guest state file",
        AbsenceKind::Device => "device",
        AbsenceKind::Image => "image of a CD or diskette",
        AbsenceKind::InGuest => "disk over the network",
    };
    match absence.slot {
        Some(slot) => format!("{slot}, {kind}: {}", absence.what),
        None => format!("{kind}: {}", absence.what),
    }
}
