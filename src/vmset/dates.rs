//! When guests last wrote, held against the tree: a disk that was changed below its child.

use blockio::Fault;
use tree::Time;

use super::choose::minutes;
use super::find::codes::NEWER_PARENT;
use super::{Machine, MachineState};

/// How far the clocks of guest and host may differ, in 100 ns: an hour.
pub(crate) const TOLERANCE: u64 = 3600 * 10_000_000;

/// A state that was written to after it should have been frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateWrite {
    /// Number of the state.
    pub state: usize,
    /// When its guest last wrote, in 100 ns since 1601.
    pub written: u64,
    /// What came before that.
    pub after: Later,
}

/// What a state was written to after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// The checkpoint was taken, at this time.
    Taken(u64),
    /// The guest wrote last in the state of this number, which builds on it, at this time.
    Child(usize, u64),
}

impl Machine {
    /// The states that were written to after their checkpoint was taken, or after a state that builds
    /// on them: what is on top of such a disk no longer fits it. `written` says when the guest last
    /// wrote as of a state, by its own volumes, in 100 ns since 1601; `None` where nothing tells.
    #[must_use]
    pub fn late_writes(&self, written: &dyn Fn(&MachineState) -> Option<u64>) -> Vec<LateWrite> {
        let times: Vec<Option<u64>> = self.states.iter().map(written).collect();
        let late = |state: &MachineState| self.late(state, &times);
        self.states.iter().filter_map(late).collect()
    }

    fn late(&self, state: &MachineState, times: &[Option<u64>]) -> Option<LateWrite> {
        let written = (*times.get(state.number)?)?;
        let is_before = |time: u64| time.saturating_add(TOLERANCE) < written;
        let taken = state
            .created
            .filter(|taken| is_before(*taken))
            .map(Later::Taken);
        let children = self
            .states
            .iter()
            .filter(|child| child.parent == Some(state.number));
        let mut children = children.filter_map(|child| Some((child.number, times[child.number]?)));
        let after = taken.or_else(|| {
            let child = children.find(|(_, time)| is_before(*time));
            child.map(|(number, time)| Later::Child(number, time))
        });
        after.map(|after| LateWrite {
            state: state.number,
            written,
            after,
        })
    }

    /// A late write as a message.
    #[must_use]
    pub fn late_write_fault(&self, late: &LateWrite) -> Fault {
        let name = |number: usize| {
            let state = self.states.get(number);
            state.map_or_else(String::new, |state| format!("#{number} {}", state.name))
        };
        let at = |time: u64| minutes(Time(i64::try_from(time).unwrap_or(i64::MAX)));
        let expected = match late.after {
            Later::Taken(time) => format!("nothing written after {}, when it was taken", at(time)),
            Later::Child(number, time) => format!(
                "nothing written after {}, when {}, which builds on it, was last written",
                at(time),
                name(number)
            ),
        };
        Fault::damaged(&NEWER_PARENT, format!("state {}", name(late.state)))
            .expected(expected)
            .found(format!("the guest wrote at {}", at(late.written)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vmset::StateKind;

    const HOUR: u64 = TOLERANCE;

    fn machine(parents: &[Option<usize>], created: &[Option<u64>]) -> Machine {
        let state = |(number, parent): (usize, &Option<usize>)| MachineState {
            number,
            kind: StateKind::Layer,
            name: format!("s{number}"),
            created: created[number],
            parent: *parent,
            configuration: None,
            disks: Vec::new(),
            memory: None,
        };
        Machine {
            states: parents.iter().enumerate().map(state).collect(),
            ..Machine::default()
        }
    }

    #[test]
    fn a_parent_written_after_its_child_is_told() {
        let machine = machine(&[None, Some(0), Some(1)], &[None; 3]);
        let late = |times: [u64; 3]| machine.late_writes(&|state| Some(times[state.number] * HOUR));
        assert!(late([1, 2, 3]).is_empty());
        assert!(late([3, 2, 3]).is_empty(), "clocks may differ by an hour");
        let found = late([9, 2, 3]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].after, Later::Child(1, 2 * HOUR));
        let fault = machine.late_write_fault(&found[0]);
        assert_eq!(fault.code.id, "HV-W887");
        let text = fault.to_string();
        assert!(text.contains("#0 s0") && text.contains("#1 s1"), "{text}");
    }

    #[test]
    fn a_checkpoint_written_after_it_was_taken_is_told() {
        let machine = machine(&[None, Some(0)], &[Some(5 * HOUR), None]);
        let found = machine.late_writes(&|state| Some([9, 10][state.number] * HOUR));
        assert_eq!(found[0].after, Later::Taken(5 * HOUR));
        assert!(machine.late_writes(&|_| None).is_empty());
    }
}
