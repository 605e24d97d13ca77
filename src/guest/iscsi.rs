//! Disks that the guest reaches over the network by itself: no backup of the machine's files has them.

use hive::Key;

use super::settings::Settings;

/// The class of storage adapters; the initiator is one of them.
const ADAPTERS: &str = r"Control\Class\{4D36E97B-E325-11CE-BFC1-08002BE10318}";
/// Where the initiator keeps the targets that it logs on to at every start ("favorite targets").
const TARGETS: &str = "PersistentTargets";

/// A target that the guest's iSCSI initiator logs on to at every start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IscsiTarget {
    /// As the initiator keeps it: the target's name, and what tells its logons apart.
    pub name: String,
}

/// The targets of every adapter, sorted.
pub(super) fn of(settings: &Settings<'_>) -> Vec<IscsiTarget> {
    let Some(class) = settings.key(ADAPTERS) else {
        return Vec::new();
    };
    let mut targets: Vec<_> = below(settings, &class)
        .iter()
        .flat_map(|adapter| of_adapter(settings, adapter))
        .collect();
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    targets.dedup();
    targets
}

fn of_adapter(settings: &Settings<'_>, adapter: &Key<'_>) -> Vec<IscsiTarget> {
    let is_list = |key: &&Key<'_>| key.name().eq_ignore_ascii_case(TARGETS);
    let lists = below(settings, adapter);
    let targets = lists.iter().filter(is_list);
    let targets = targets.flat_map(|list| below(settings, list));
    targets
        .map(|target| IscsiTarget {
            name: target.name().to_owned(),
        })
        .collect()
}

fn below<'h>(settings: &Settings<'h>, key: &Key<'h>) -> Vec<Key<'h>> {
    let keys = key.subkeys();
    keys.filter_map(|key| settings.known(key)).collect()
}
