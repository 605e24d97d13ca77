//! The tree of checkpoints, drawn for people.

use super::branch::Branch;
use super::look::Look;
use crate::cli::text::{self, escape};
use crate::codes::cli::PARENT_NEWER;
use crate::vmset::choose::minutes;
use crate::vmset::{Machine, MachineState, StateKind};

/// A line for each state, further in than the one that it builds on, as Hyper-V Manager draws it.
pub(super) fn tree(look: &Look<'_>, machine: &Machine) -> Vec<Branch> {
    let mut roots = Vec::new();
    // From the newest back: a state comes behind the one that it builds on.
    let mut open: Vec<Vec<Branch>> = machine.states.iter().map(|_| Vec::new()).collect();
    for state in machine.states.iter().rev() {
        let mut branch = of_state(look, machine, state);
        branch.below = std::mem::take(&mut open[state.number]);
        let parent = parent(machine, state).filter(|_| depth(machine, state) <= DEEPEST);
        let beside = parent.map_or(&mut roots, |parent| &mut open[parent.number]);
        beside.insert(0, branch);
    }
    roots
}

/// The state that `state` builds on, where that is another one that comes before it.
fn parent<'a>(machine: &'a Machine, state: &MachineState) -> Option<&'a MachineState> {
    let parent = state.parent.filter(|parent| *parent < state.number)?;
    machine.states.get(parent)
}

/// Deeper than this a state is drawn at the edge again: no terminal is wider.
const DEEPEST: usize = 30;

/// How many states it builds on.
fn depth(machine: &Machine, state: &MachineState) -> usize {
    let below = std::iter::successors(parent(machine, state), |state| parent(machine, state));
    below.take(DEEPEST + 1).count()
}

fn of_state(look: &Look<'_>, machine: &Machine, state: &MachineState) -> Branch {
    let mark = match state.kind {
        StateKind::Now => " <- the running state",
        _ => "",
    };
    let taken = state
        .taken()
        .map(|taken| format!(", taken {}", minutes(taken)));
    let size = text::size(size_of(look, state));
    let memory = match &state.memory {
        Some(memory) if memory.incomplete => ", saved memory MISSING".into(),
        Some(memory) => format!(", saved memory {}", text::size(memory.size)),
        None => String::new(),
    };
    let title = format!(
        "#{} {}{}, {size}{memory}{mark}",
        state.number,
        escape(&state.label()),
        taken.unwrap_or_default()
    );
    Branch::new(title).with(remarks(look, machine, state))
}

fn remarks(look: &Look<'_>, machine: &Machine, state: &MachineState) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(facts) = look.facts_of(state) {
        let written = facts.written.iter();
        remarks.extend(written.map(|(volume, written)| {
            let (when, by) = (minutes(written.time), &written.evidence);
            let wrote = match facts.is_exact() {
                true => "last wrote",
                false => "wrote at or after",
            };
            format!("guest {wrote} {when} ({volume}, {})", escape(by))
        }));
    }
    remarks.extend(look.consistency(machine, state).map(|found| {
        let evidence = escape(&found.evidence.join("; ")).into_owned();
        format!("consistency: {} ({evidence})", found.verdict.words())
    }));
    if look.is_newer_than_child(machine, state) {
        remarks.push(format!(
            "WRITTEN AFTER what builds on it: these are of different times [{}]",
            PARENT_NEWER.id
        ));
    }
    let missing = state
        .disks
        .iter()
        .filter(|disk| disk.path().is_none())
        .count();
    if missing > 0 {
        remarks.push(format!("{} MISSING", text::count(missing as u64, "disk")));
    }
    remarks
}

/// Bytes of the files that are the state's own: the leaves of its disks.
pub(super) fn size_of(look: &Look<'_>, state: &MachineState) -> u64 {
    let paths: Vec<_> = state.disks.iter().filter_map(|disk| disk.path()).collect();
    let files = look.backup.survey.files.iter();
    let own = files.filter(|file| paths.contains(&&*file.path));
    own.map(|file| file.file_size).sum()
}
