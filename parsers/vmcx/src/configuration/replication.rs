//! Hyper-V Replica. vmcx.md B.7.

use crate::keys::Keys;
use crate::{Text, Value};

/// Hyper-V Replica.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replication {
    /// Where the machine ran.
    pub primary_server: Option<Text>,
    /// Where its replica is.
    pub recovery_server: Option<Text>,
    /// Whether it had to be compared anew.
    pub resynchronize: bool,
    /// Whether received changes were waiting to be applied.
    pub pending_delta: bool,
    /// The logs that wait.
    pub pending_logs: Vec<Text>,
}

impl Replication {
    /// Keys of `settings` make a machine one that took part; a tracker that waits does too.
    pub(super) fn of(keys: &Keys<'_>) -> Option<Self> {
        let replication = keys.at("global_settings/replication")?;
        let settings = replication.at("settings").filter(has_keys);
        let pending = replication
            .at("tracker/pending_delta_transfer")
            .filter(has_keys);
        let resynchronize = replication.flag("tracker/resynchronize");
        if settings.is_none() && pending.is_none() && !resynchronize {
            return None;
        }
        let server = |name: &str| settings.as_ref()?.filled(name);
        Some(Self {
            primary_server: server("primary_server"),
            recovery_server: server("recovery_server"),
            resynchronize,
            pending_delta: pending.is_some(),
            pending_logs: pending.iter().flat_map(logs).collect(),
        })
    }
}

fn has_keys(keys: &Keys<'_>) -> bool {
    keys.node.value != Value::Node || !keys.node.children.is_empty()
}

fn logs(pending: &Keys<'_>) -> Vec<Text> {
    let log = |disk: Keys<'_>| disk.filled("log_file_path");
    pending.children().filter_map(log).collect()
}
