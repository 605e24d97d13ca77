//! What is gathered of one machine before anything is shown.

use super::counts::{self, Counts};
use super::guests::{self, Found};
use crate::cli::Context;
use crate::open::{Backup, Source, StateFacts};
use crate::vmset::{Consistency, Machine, MachineState};

/// More states than these are not opened one by one: each is a chain of its own, and the files to be
/// opened grow with the square of their number.
const MOST_STATES: usize = 24;

/// Of more states than these, the newest, not all files are looked at.
const MOST_GONE_THROUGH: usize = 8;

/// One machine, or the disks without one, in the state that is shown.
pub(super) struct Look<'a> {
    /// The machine; none of a source that is one disk file.
    pub(super) machine: Option<&'a Machine>,
    /// Its disks in the state that is shown.
    pub(super) backup: &'a Backup,
    /// What its volumes hold.
    pub(super) counts: Vec<Counts>,
    /// The guests on them.
    pub(super) guests: Vec<Found<'a>>,
    /// What the guest's volumes say of each state of the machine, by its number.
    pub(super) facts: Vec<Option<StateFacts>>,
}

impl<'a> Look<'a> {
    pub(super) fn at(
        source: &Source,
        machine: Option<&'a Machine>,
        backup: &'a Backup,
        with_counts: bool,
        ctx: &Context,
    ) -> Self {
        let counts = match with_counts {
            true => counts::count(backup, ctx),
            false => Vec::new(),
        };
        let states = machine.map_or(&[][..], |machine| &machine.states);
        let facts = |state: &MachineState| {
            let few = states.len() <= MOST_STATES && !ctx.cancelled();
            let is_shown = backup
                .state()
                .is_some_and(|shown| shown.number == state.number);
            let is_new = states.len() - state.number <= MOST_GONE_THROUGH;
            let stop = || ctx.cancelled();
            match is_shown {
                true => Some(with_files(StateFacts::of(backup), &counts)),
                false if few && is_new && with_counts => {
                    Some(source.facts_of_every_file(machine?, state.number, &stop))
                }
                false if few => Some(source.facts(machine?, state.number)),
                false => None,
            }
        };
        Self {
            machine,
            backup,
            facts: states.iter().map(facts).collect(),
            guests: guests::find(backup),
            counts,
        }
    }

    pub(super) fn facts_of(&self, state: &MachineState) -> Option<&StateFacts> {
        self.facts.get(state.number)?.as_ref()
    }

    /// How consistent `state` is, where its disks could be looked at.
    pub(super) fn consistency(
        &self,
        machine: &Machine,
        state: &MachineState,
    ) -> Option<Consistency> {
        let own = state.configuration.as_ref().or(machine.configuration());
        let told = own.map(|file| &*file.configuration);
        let signs = self.facts_of(state).map(StateFacts::signs);
        let signs = signs.unwrap_or_default();
        let is_known = self.facts_of(state).is_some() || state.memory.is_some();
        is_known.then(|| Consistency::of(state, told, &signs))
    }

    /// Whether the guest wrote to `state` after what builds on it was begun: then those are of different
    /// times, and the states behind it cannot be trusted.
    pub(super) fn is_newer_than_child(&self, machine: &Machine, state: &MachineState) -> bool {
        let written = |state: &MachineState| {
            let facts = self.facts_of(state)?;
            Some((facts.written.as_ref()?.1.time, facts.is_exact()))
        };
        let children = machine
            .states
            .iter()
            .filter(|child| child.parent == Some(state.number));
        let mut times = children.filter_map(written);
        // All files of one against few of the other would compare different things.
        written(state).is_some_and(|(own, exact)| {
            times.any(|(child, child_exact)| own > child && (child_exact || !exact))
        })
    }
}

/// `facts` with what the files say that were counted.
fn with_files(mut facts: StateFacts, counts: &[Counts]) -> StateFacts {
    for counts in counts {
        facts.every_file(&counts.volume, &counts.written);
    }
    facts
}
