//! Whether the import wizard of Hyper-V Manager can be trusted with a set.
//!
//! The wizard binds whatever the recorded paths name on that host, which may be the live disks; it
//! knows nothing of checkpoints that are absent, and copies no decision that the script makes.

use super::facts::{Content, Facts, Fate, MemoryFate, StateFacts, Way};

/// Why the wizard would go wrong, a clause each.
pub(super) fn stops(facts: &Facts) -> Vec<String> {
    let mut stops = Vec::new();
    if !facts.is_whole {
        stops.push("a disk was not restored in full".to_owned());
    }
    if let Way::Anew { why } = &facts.way {
        stops.push(why.clone());
    }
    if facts.fits.is_none() {
        stops.push("the configuration names the places that the machine came from".to_owned());
    }
    if facts.new_id {
        stops.push("the machine gets its new id from the script".to_owned());
    }
    if facts.replication.is_some() {
        stops.push("it took part in replication, which has to be removed".to_owned());
    }
    stops.extend(facts.states.iter().flat_map(of_state));
    stops
}

/// Why it would go wrong because of one configuration.
fn of_state(state: &StateFacts) -> Vec<String> {
    match state.fate {
        Fate::Kept => of_kept(state),
        Fate::Absent => vec![format!(
            "checkpoint \"{}\" is not in the backup",
            state.name
        )],
        Fate::MergedAway => vec![format!(
            "checkpoint \"{}\" is not in this set, which has a single state",
            state.name
        )],
    }
}

/// Why it would go wrong because of a configuration that is in the set.
fn of_kept(state: &StateFacts) -> Vec<String> {
    let mut stops: Vec<String> = state
        .drives
        .iter()
        .filter_map(|drive| {
            let slot = drive.slot;
            match &drive.content {
                Content::Physical { .. } => Some(format!("{slot} is a disk of its old host")),
                Content::Disk { file: None, .. } => {
                    Some(format!("the disk of {slot} is not in the backup"))
                }
                _ => None,
            }
        })
        .collect();
    if let MemoryFate::Drop { why } = &state.memory {
        stops.push(format!(
            "the saved state of \"{}\" has to be dropped: {why}",
            state.name
        ));
    }
    stops
}
