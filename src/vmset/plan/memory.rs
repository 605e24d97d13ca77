//! Whose saved memory may stay.
//!
//! Memory that resumes over other disks than those it was saved with destroys the guest's file
//! systems. So it stays only where nothing at all speaks against those being the disks.

use super::{Choices, Plan, PlannedMemory};
use crate::vmset::{ConfigFormat, How, MachineState, SavedMemory, StateDisk, Tie};

/// Decides about the memory of each of `states`, whose disks are planned already.
pub(super) fn decide(plan: &mut Plan, states: &[&MachineState], choices: &Choices) {
    for state in states {
        let Some(memory) = &state.memory else {
            continue;
        };
        let dropped = why_dropped(plan, state, memory, choices);
        let in_container = state
            .configuration
            .as_ref()
            .is_some_and(|file| file.format == ConfigFormat::Vmcx);
        plan.memory.push(PlannedMemory {
            state: state.number,
            size: memory.size,
            by_script: dropped.is_some() && in_container,
            dropped,
        });
    }
}

fn why_dropped(
    plan: &Plan,
    state: &MachineState,
    memory: &SavedMemory,
    choices: &Choices,
) -> Option<String> {
    if choices.without_memory.has(state.number) {
        return Some("as asked for (--no-saved-state)".into());
    }
    if memory.incomplete {
        return Some("files of it are missing".into());
    }
    let unsure = state.disks.iter().find_map(unsure);
    unsure.or_else(|| changed(plan, state))
}

/// Why a disk may not be the one that the memory was saved with.
fn unsure(disk: &StateDisk) -> Option<String> {
    let place = disk
        .slot
        .map_or_else(|| "a disk".to_owned(), |slot| slot.to_string());
    match &disk.tie {
        Tie::Missing { .. } => Some(format!(
            "{place} is missing, one of the disks it was saved with"
        )),
        Tie::File { how, .. } => match how {
            How::RecordedPath | How::Name => None,
            How::Inferred(_) => Some(format!(
                "the file of {place} was inferred from its place in the chain"
            )),
            How::Assigned => Some(format!("the file of {place} was assigned by the operator")),
            How::Chain => Some(format!("no configuration says that {place} belongs to it")),
        },
    }
}

/// Why a disk of the result is not byte for byte the one that the memory was saved with.
fn changed(plan: &Plan, state: &MachineState) -> Option<String> {
    let of_state = plan.disks.iter().filter(|disk| disk.state == state.number);
    for disk in of_state {
        if disk.broken.is_some() {
            return Some("the chain of one of its disks is broken".into());
        }
        if disk.overridden {
            return Some("a link of its disks holds on the operator's word alone".into());
        }
    }
    None
}
