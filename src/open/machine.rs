//! The disks of a machine, all of them in one of its states.

use super::disks::Chosen;
use super::state::{Choice, Family};
use super::{Error, Options, Source, State};
use crate::vmset::{Machine, MachineState, Slot, StateDisk};

/// A family of the machine, by its number.
pub(super) struct Numbered {
    pub(super) number: usize,
    pub(super) family: Family,
    /// The drive that it is in: now, or else in the first state that has it.
    pub(super) slot: Option<Slot>,
}

/// What was asked for, for one machine.
pub(super) enum Meant<'a> {
    /// This state of all its disks.
    State(&'a MachineState),
    /// A file of a chain that no state of the machine names, or the bases below all of them.
    Layer,
}

/// The families of a configured `machine`, numbered by the drives of now, then by those of older states:
/// a disk has the same number in every state.
pub(super) fn families_of(machine: &Machine, all: &[Family]) -> Vec<Numbered> {
    let mut found: Vec<Numbered> = Vec::new();
    let now = machine.now().into_iter();
    for disk in now.chain(&machine.states).flat_map(|state| &state.disks) {
        let Some(path) = disk.path() else {
            continue;
        };
        if found.iter().any(|old| old.family.state_at(path).is_some()) {
            continue;
        }
        let family = all.iter().find(|family| family.state_at(path).is_some());
        found.push(Numbered {
            number: found.len(),
            family: family.cloned().unwrap_or_else(|| Family::single(path)),
            slot: disk.slot,
        });
    }
    found
}

/// The families that no configured machine has, numbered among all.
pub(super) fn unowned(source: &Source, all: Vec<Family>) -> Vec<Numbered> {
    let states = source
        .vms()
        .configured()
        .flat_map(|machine| &machine.states);
    let disks = states.flat_map(|state| &state.disks);
    let paths: Vec<_> = disks.filter_map(StateDisk::path).collect();
    let is_free = |family: &Family| !paths.iter().any(|path| family.state_at(path).is_some());
    let free = all.into_iter().filter(is_free).enumerate();
    free.map(|(number, family)| Numbered {
        number,
        family,
        slot: None,
    })
    .collect()
}

/// The state of `machine` that was asked for.
pub(super) fn meant<'a>(
    source: &Source,
    machine: &'a Machine,
    families: &[Numbered],
    options: &Options,
) -> Result<Meant<'a>, Error> {
    if let Some(time) = options.at {
        let when = crate::vmset::choose::minutes(time);
        let what = format!(
            "no checkpoint of {} was taken at {when} or before",
            machine.name
        );
        let found = machine.at(time).map(Meant::State);
        return found.ok_or_else(|| no_state(machine, what));
    }
    let is_default = ["now", "latest"].contains(&&*options.state.to_lowercase());
    if let Some(number) = source.state_of_source(machine).filter(|_| is_default) {
        return Ok(Meant::State(&machine.states[number]));
    }
    let found = machine.asked(&options.state);
    let is_layer = || {
        families
            .iter()
            .any(|of| !matches!(of.family.choose(&options.state), Choice::None))
    };
    match &found[..] {
        // The bases may lie deeper than the first state that a configuration tells of.
        [first] if is_base(&options.state) && !is_whole_base(first, families) => Ok(Meant::Layer),
        [one] => Ok(Meant::State(one)),
        [] if is_layer() => Ok(Meant::Layer),
        [] => {
            let what = format!("{} has no state '{}'", machine.name, options.state);
            Err(no_state(machine, what))
        }
        several => Err(Error::Ambiguous {
            what: format!(
                "{} states fit --checkpoint '{}'",
                several.len(),
                options.state
            ),
            candidates: lines_of(machine, several),
        }),
    }
}

fn no_state(machine: &Machine, what: String) -> Error {
    Error::NoState {
        what,
        candidates: machine.state_lines(),
    }
}

fn lines_of(machine: &Machine, states: &[&MachineState]) -> Vec<String> {
    let lines = machine.state_lines();
    let lines = states.iter().filter_map(|state| lines.get(state.number));
    lines.cloned().collect()
}

fn is_base(asked: &str) -> bool {
    asked.eq_ignore_ascii_case("base")
}

/// Whether all disks of the state are bases of their chains.
fn is_whole_base(state: &MachineState, families: &[Numbered]) -> bool {
    let mut paths = state.disks.iter().filter_map(StateDisk::path);
    paths.all(|path| {
        let mut found = families.iter().filter_map(|of| of.family.state_at(path));
        found.all(|state| state.depth == 0)
    })
}

/// The disks of `state` that are here, each to be opened as the state names it.
pub(super) fn disks_of(state: &MachineState, families: &[Numbered]) -> Vec<Chosen> {
    let chosen = |disk: &StateDisk| {
        let path = disk.path()?;
        let found = families.iter().find_map(|of| {
            let state: &State = of.family.state_at(path)?;
            Some((of, state.clone()))
        });
        let (of, state) = found?;
        Some(Chosen {
            number: of.number,
            slot: disk.slot.or(of.slot),
            family: of.family.clone(),
            state,
            chain: None,
        })
    };
    let mut disks: Vec<_> = state.disks.iter().filter_map(chosen).collect();
    disks.sort_by_key(|disk| disk.number);
    disks
}
