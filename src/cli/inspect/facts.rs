//! What a restore has to know of a machine besides its parts: hosts, replica, cluster, devices, and
//! disks that the guest had elsewhere.

use vmcx::{Configuration, DeviceKind};

use super::branch::Branch;
use super::guests::Found;
use crate::cli::text::{self, escape};
use crate::codes::cli::IN_GUEST_ISCSI;
use crate::vmset::consistency::is_on_cluster;
use crate::vmset::hosts as table;

/// Which Windows hosts accept the version.
pub(super) fn hosts(configuration: &Configuration) -> Option<String> {
    let version = configuration.version?;
    Some(match table::in_words(version) {
        Some(hosts) => format!("version {version} is accepted by {hosts}"),
        None => format!("no released Windows is known to accept version {version}"),
    })
}

/// That it was a replica, and what that means.
pub(super) fn replica(configuration: &Configuration) -> Vec<String> {
    let Some(replication) = &configuration.replication else {
        return Vec::new();
    };
    let server = |word: &str, server: &Option<vmcx::Text>| {
        let server = server.as_ref().filter(|server| !server.is_empty())?;
        Some(format!(", {word} {}", escape(&server.to_string())))
    };
    let servers = [
        server("primary", &replication.primary_server),
        server("replica", &replication.recovery_server),
    ];
    let servers: String = servers.into_iter().flatten().collect();
    let mut told = vec![format!(
        "Hyper-V Replica{servers}: a backup from a replica is only ever crash-consistent; replication \
         is to be removed after the import"
    )];
    if replication.resynchronize {
        told.push("REPLICA HAD TO BE RESYNCHRONIZED: the disk may be mid-apply".into());
    }
    if replication.pending_delta {
        let logs = text::count(replication.pending_logs.len() as u64, "log");
        told.push(format!(
            "REPLICA HAD CHANGES PENDING ({logs}): the disk may be mid-apply"
        ));
    }
    told
}

/// That it was a role of a cluster, by its own word or by its paths.
pub(super) fn cluster(configuration: &Configuration) -> Option<String> {
    let paths = is_on_cluster(configuration);
    let why = match (configuration.highly_available, paths) {
        (true, _) => "the configuration says so",
        (false, true) => "its disks are under ClusterStorage",
        (false, false) => return None,
    };
    Some(format!(
        "failover cluster ({why}): take its role offline before a restore, and add it again with \
         Add-ClusterVirtualMachineRole"
    ))
}

/// Devices of the host that it was given.
pub(super) fn devices(configuration: &Configuration) -> Vec<String> {
    let devices = configuration.devices.iter().filter_map(|device| {
        let word = match device.kind {
            DeviceKind::Assigned => "a device of the host (DDA)",
            DeviceKind::GpuPartition => "a part of a GPU",
            DeviceKind::FibreChannel => "a Fibre Channel adapter",
            DeviceKind::Tpm => return None,
        };
        Some(format!("{word}: {}", escape(&device.name.to_string())))
    });
    devices.collect()
}

/// Disks that the guest reached over the network by itself.
pub(super) fn in_guest(found: &Found<'_>) -> Vec<Branch> {
    let targets = &found.guest().iscsi_targets;
    let lines = targets.iter().map(|target| {
        let title = format!(
            "iSCSI disk inside the guest: {} (registry of {}) [{}]",
            escape(&target.name),
            found.volume_name(),
            IN_GUEST_ISCSI.id
        );
        Branch::new(title).with([format!("remedy: {}", IN_GUEST_ISCSI.remedy)])
    });
    lines.collect()
}
