//! What a configuration says about checkpoints, and what a backup wrote into it. vmcx.md B.6, B.7.

use uuid::Uuid;

use crate::keys::{Keys, parse_uuid};
use crate::{Text, Value};

/// What a configuration says about checkpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoints {
    /// How many the machine had (`list/size`).
    pub count: Option<u64>,
    /// What the next one would be: 2 none, 3 production, 4 production only, 5 standard.
    pub user_type: Option<i64>,
    /// Whether they are made by themselves.
    pub automatic: bool,
}

impl Checkpoints {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        let Some(snapshots) = keys.at("global_settings/snapshots") else {
            return Self::default();
        };
        Self {
            count: snapshots.uint("list/size"),
            user_type: snapshots.int("user_type"),
            automatic: snapshots.flag("enable_automatic"),
        }
    }
}

/// All ids among the keys of checkpoints and properties but the configuration's own: the key that names
/// the parent is not public.
pub(super) fn hints(keys: &Keys<'_>) -> Vec<Uuid> {
    let own = ["properties/global_id", "settings/global/logical_id"];
    let own = own.map(|path| keys.node.text_at(path).and_then(parse_uuid));
    let places = ["global_settings/snapshots", "properties"];
    let mut open: Vec<_> = places
        .iter()
        .filter_map(|path| keys.node.at(path))
        .collect();
    let mut hints = Vec::new();
    while let Some(node) = open.pop() {
        if let Value::Text(text) = &node.value {
            hints.extend(parse_uuid(text).filter(|id| !id.is_nil() && !own.contains(&Some(*id))));
        }
        open.extend(&node.children);
    }
    hints.sort_unstable();
    hints.dedup();
    hints
}

/// The names that a backup gave to files in its snapshot.
pub(super) fn renamed_files(keys: &Keys<'_>) -> Vec<Text> {
    let Some(renamed) = keys.at("renamed_files") else {
        return Vec::new();
    };
    let name = |file: Keys<'_>| file.filled("renamed_file_name");
    renamed.children().filter_map(name).collect()
}

/// Whether the VSS writer left its mark: the key is there, unless it says no.
pub(super) fn is_hot_backup(keys: &Keys<'_>) -> bool {
    keys.node
        .at("hot_backup")
        .is_some_and(|mark| mark.value != Value::Bool(false))
}
