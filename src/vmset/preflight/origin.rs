//! Replicas, clusters, domain controllers, and what backups left.

use vmcx::{Attachment, Configuration};

use super::codes::{CLUSTER, DOMAIN_CONTROLLER, LEFTOVER, MID_APPLY, REPLICA};
use super::{Facts, Row, Topic, quoted};
use crate::guest::Role;
use crate::vmset::{Leftover, LeftoverKind, Machine, StateKind};

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    rows.extend(replication(machine));
    rows.extend(cluster(machine));
    rows.extend(domain_controller(machine, facts));
    rows.extend(leftovers(machine));
}

fn replication(machine: &Machine) -> Option<Row> {
    let logs = machine.leftovers.iter();
    let logs = logs
        .filter(|file| file.kind == LeftoverKind::ReplicaLog)
        .count();
    let file = machine.configuration();
    let Some(replication) = file.and_then(|file| file.configuration.replication.as_ref()) else {
        let why = "logs of a replication (.hrl) are beside the disks, and were not applied";
        return (logs > 0).then(|| Row::warn(Topic::Replication, &REPLICA, why));
    };
    if replication.resynchronize || replication.pending_delta {
        let what = match replication.resynchronize {
            true => "a resynchronization was due",
            false => "received changes waited to be applied",
        };
        let why = format!("{what}: the disk may be mid-apply");
        return Some(Row::block(Topic::Replication, &MID_APPLY, why));
    }
    let server = |word: &str, server: &Option<vmcx::Text>| {
        let server = server.as_ref().filter(|server| !server.is_empty())?;
        Some(format!("{word} {server}"))
    };
    let servers = [
        server("primary", &replication.primary_server),
        server("replica", &replication.recovery_server),
    ];
    let servers: Vec<_> = servers.into_iter().flatten().collect();
    let mut why = String::from("the machine was replicated");
    if !servers.is_empty() {
        why += &format!(" ({})", servers.join(", "));
    }
    if logs > 0 {
        why += "; logs that wait (.hrl) were not applied";
    }
    let command = format!("Remove-VMReplication -VMName {}", quoted(&machine.name));
    Some(Row::warn(Topic::Replication, &REPLICA, why).by_hand(command))
}

fn cluster(machine: &Machine) -> Option<Row> {
    let configuration = &machine.configuration()?.configuration;
    let on_csv = paths(configuration).find(|path| is_clustered(path));
    let why = match (configuration.highly_available, on_csv) {
        (true, _) => "the configuration says that the machine is highly available".into(),
        (false, Some(path)) => format!("its files were on a cluster's storage: {path}"),
        (false, None) => return None,
    };
    let name = quoted(&machine.name);
    let command = format!("Add-ClusterVirtualMachineRole -VirtualMachine {name}");
    Some(Row::warn(Topic::Cluster, &CLUSTER, why).by_hand(command))
}

/// Where the configuration says that files of the machine were.
fn paths(configuration: &Configuration) -> impl Iterator<Item = String> {
    let drives = configuration.controllers.iter().flat_map(|one| &one.drives);
    let disks = drives.filter_map(|drive| match &drive.attachment {
        Attachment::Disk(path) => Some(path),
        _ => None,
    });
    let roots = [&configuration.data_root, &configuration.checkpoint_root];
    disks
        .chain(roots.into_iter().flatten())
        .map(ToString::to_string)
}

fn is_clustered(path: &str) -> bool {
    let path = path.trim_start_matches(r"\\?\").to_ascii_lowercase();
    path.get(1..)
        .is_some_and(|rest| rest.starts_with(r":\clusterstorage\"))
}

fn domain_controller(machine: &Machine, facts: &Facts<'_>) -> Option<Row> {
    let roles = facts.guests.iter().flat_map(|guest| &guest.roles);
    let role = roles
        .into_iter()
        .find(|role| role.name == Role::DOMAIN_CONTROLLER)?;
    let evidence = &role.evidence;
    let is_older = facts.state.is_some_and(|number| {
        let now = machine
            .states
            .iter()
            .find(|state| state.kind == StateKind::Now);
        now.is_some_and(|now| now.number != number)
    });
    let checkpoints = machine.states.iter();
    let checkpoints = checkpoints.filter(|state| matches!(state.kind, StateKind::Checkpoint(_)));
    let why = match (is_older, checkpoints.count()) {
        (true, _) => {
            format!("the guest is a domain controller ({evidence}), and an older state was chosen")
        }
        (false, 0) => format!("the guest is a domain controller ({evidence})"),
        (false, _) => format!(
            "the guest is a domain controller ({evidence}) with checkpoints that must not be applied"
        ),
    };
    Some(Row::warn(Topic::Role, &DOMAIN_CONTROLLER, why))
}

fn leftovers(machine: &Machine) -> Vec<Row> {
    let mut rows: Vec<_> = machine.leftovers.iter().filter_map(leftover).collect();
    let is_plain = |left: &&Leftover| {
        matches!(
            left.kind,
            LeftoverKind::BackupSnapshot | LeftoverKind::ChangeTracking
        )
    };
    let plain = machine.leftovers.iter().filter(is_plain).count();
    if plain > 0 {
        let why = format!(
            "{plain} files of change tracking (.rct, .mrt) or of the backup itself: not needed, and not restored"
        );
        rows.push(Row::pass(Topic::Leftovers, why));
    }
    rows
}

fn leftover(left: &Leftover) -> Option<Row> {
    let what = match left.kind {
        LeftoverKind::AutoRecovery => {
            "the application-consistent state that a backup of 2012 R2 left beside the disk"
        }
        LeftoverKind::RecoveryCheckpoint => "the checkpoint that a backup made for itself",
        LeftoverKind::ReplicaUndo => "the undo log of a replica's recovery point, not applied",
        // Told with the replication, or together.
        LeftoverKind::ReplicaLog | LeftoverKind::BackupSnapshot | LeftoverKind::ChangeTracking => {
            return None;
        }
    };
    let why = format!("{}: {what}", left.path.display());
    Some(Row::warn(Topic::Leftovers, &LEFTOVER, why))
}

#[cfg(test)]
mod tests {
    use vmcx::{Replication, Text};

    use super::super::sample::{checkpoint, level_of, level_with, machine};
    use super::super::{Level, rows};
    use super::*;
    use crate::guest::Guest;

    #[test]
    fn r22_a_replica_warns_and_one_that_was_being_written_blocks() {
        let replica = machine(|configuration| {
            configuration.replication = Some(Replication {
                primary_server: Some(Text::from("hv1")),
                ..Replication::default()
            });
        });
        let found = rows(&replica, &Facts::default());
        let row = found.iter().find(|row| row.code == Some(&REPLICA)).unwrap();
        assert!(row.reason.contains("primary hv1"));
        assert!(row.remedy.as_ref().unwrap().contains("crash-consistent"));
        for set in [
            |replication: &mut Replication| replication.resynchronize = true,
            |replication: &mut Replication| replication.pending_delta = true,
        ] {
            let mut replication = Replication::default();
            set(&mut replication);
            let machine = machine(|one| one.replication = Some(replication));
            let found = rows(&machine, &Facts::default());
            let row = found
                .iter()
                .find(|row| row.code == Some(&MID_APPLY))
                .unwrap();
            assert_eq!(row.level, Level::Block);
            assert!(row.reason.contains("the disk may be mid-apply"));
        }
    }

    #[test]
    fn r22_logs_of_a_replication_are_told_without_its_settings() {
        let mut machine = machine(|_| ());
        let left = |name: &str, kind| Leftover {
            path: name.into(),
            kind,
        };
        machine.leftovers = vec![left("a.hrl", LeftoverKind::ReplicaLog)];
        assert_eq!(level_of(&machine, &REPLICA), Some(Level::Warn));
        assert_eq!(level_of(&machine, &LEFTOVER), None);
    }

    #[test]
    fn r24_a_role_of_a_cluster_is_known_by_its_flag_or_its_paths() {
        let flagged = machine(|configuration| configuration.highly_available = true);
        let found = rows(&flagged, &Facts::default());
        let row = found.iter().find(|row| row.code == Some(&CLUSTER)).unwrap();
        for part in [
            "offline in Failover Cluster Manager",
            "Add-ClusterVirtualMachineRole",
        ] {
            assert!(row.remedy.as_ref().unwrap().contains(part), "{part}");
        }
        for (root, level) in [
            (r"C:\ClusterStorage\Volume1\web01", Some(Level::Warn)),
            (r"\\?\c:\clusterstorage\v\x", Some(Level::Warn)),
            (r"D:\VMs\ClusterStorage", None),
            (r"C", None),
        ] {
            let machine = machine(|one| one.data_root = Some(Text::from(root)));
            assert_eq!(level_of(&machine, &CLUSTER), level, "{root}");
        }
    }

    #[test]
    fn a_domain_controller_is_used_now_or_never() {
        let role = Role {
            name: Role::DOMAIN_CONTROLLER,
            evidence: "ntds.dit".into(),
        };
        let guest = Guest {
            roles: vec![role],
            ..Guest::default()
        };
        let mut machine = machine(|_| ());
        let mut facts = Facts {
            guests: vec![guest],
            ..Facts::default()
        };
        assert_eq!(
            level_with(&machine, &facts, &DOMAIN_CONTROLLER),
            Some(Level::Warn)
        );
        checkpoint(&mut machine, "old", |_| ());
        facts.state = Some(0);
        let found = rows(&machine, &facts);
        let row = found
            .iter()
            .find(|row| row.code == Some(&DOMAIN_CONTROLLER))
            .unwrap();
        assert!(row.reason.contains("an older state was chosen"));
        for part in ["use it now", "never apply an old checkpoint", "isolated"] {
            assert!(row.remedy.as_ref().unwrap().contains(part), "{part}");
        }
    }

    #[test]
    fn r12_what_a_backup_left_is_labelled() {
        let mut machine = machine(|_| ());
        let left = |name: &str, kind| Leftover {
            path: name.into(),
            kind,
        };
        machine.leftovers = vec![
            left("a-AutoRecovery.avhdx", LeftoverKind::AutoRecovery),
            left("a.rct", LeftoverKind::ChangeTracking),
        ];
        let found = rows(&machine, &Facts::default());
        let found: Vec<_> = found
            .iter()
            .filter(|row| row.topic == Topic::Leftovers)
            .collect();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].level, found[1].level), (Level::Warn, Level::Pass));
    }
}
