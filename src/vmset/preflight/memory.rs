//! Saved memory, and the processor it was saved on.

use super::codes::{MEMORY_MISSING, OTHER_CPU, SAVED_STATE};
use super::{Facts, Level, Maker, Row, Topic, name_of, states};
use crate::vmset::{Machine, MachineState, SavedMemory};

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    let begin = rows.len();
    for state in states(machine, facts) {
        if let Some(memory) = &state.memory {
            rows.push(of_state(machine, facts, state, memory));
        }
    }
    if rows.len() == begin && machine.configuration().is_some() {
        let why = "no saved memory: the machine starts from its disks, on any processor";
        rows.push(Row::pass(Topic::Memory, why));
    }
}

fn of_state(
    machine: &Machine,
    facts: &Facts<'_>,
    state: &MachineState,
    memory: &SavedMemory,
) -> Row {
    let place = name_of(state);
    if memory.incomplete {
        let why = format!(
            "{place} has saved memory ({}), and not all of its files are here",
            memory.evidence
        );
        return Row::block(Topic::Memory, &MEMORY_MISSING, why);
    }
    let why = format!("{place} has saved memory ({})", memory.evidence);
    let row = of_processor(machine, facts, &why);
    // A checkpoint's memory is only needed by who applies it.
    let is_only_a_checkpoint = facts.state.is_none() && state.kind != crate::vmset::StateKind::Now;
    match row.level {
        Level::Block if is_only_a_checkpoint => Row {
            level: Level::Warn,
            ..row
        },
        _ => row,
    }
}

fn of_processor(machine: &Machine, facts: &Facts<'_>, why: &str) -> Row {
    let saved = facts
        .guests
        .iter()
        .find_map(|guest| guest.processor.identifier.as_deref());
    let Some((identifier, maker)) = saved.and_then(|id| Some((id, Maker::of(id)?))) else {
        let why = format!("{why}; the guest does not tell on which processor");
        return Row::warn(Topic::Memory, &SAVED_STATE, why);
    };
    let why = format!("{why}, saved on {identifier}");
    match facts.cpu {
        Some(cpu) if cpu != maker => {
            let why = format!("{why}; the host's is {}", cpu.word());
            Row::block(Topic::Memory, &OTHER_CPU, why)
        }
        Some(_) if is_compatible(machine) => {
            let why = format!(
                "{why}; the host's is of the same maker, and processor compatibility is on"
            );
            Row::pass(Topic::Memory, why)
        }
        Some(_) => {
            let why = format!(
                "{why}; the host's is of the same maker, and must have all that processor could"
            );
            Row::pass(Topic::Memory, why)
        }
        None => Row::warn(Topic::Memory, &SAVED_STATE, why),
    }
}

/// Whether what differs between processors was hidden from the guest.
fn is_compatible(machine: &Machine) -> bool {
    let file = machine.configuration();
    file.is_some_and(|file| file.configuration.processors.compatible)
}

#[cfg(test)]
mod tests {
    use super::super::rows;
    use super::super::sample::{checkpoint, level_of, level_with, machine, saved};
    use super::*;
    use crate::guest::Guest;

    fn guest(identifier: &str) -> Guest {
        let mut guest = Guest::default();
        guest.processor.identifier = Some(identifier.into());
        guest
    }

    const XEON: &str = "Intel64 Family 6 Model 85 Stepping 7, GenuineIntel";

    #[test]
    fn r29_a_processor_of_another_maker_blocks_with_both_remedies() {
        let mut machine = machine(|_| ());
        machine.states[0].memory = Some(saved(false));
        let facts = Facts {
            guests: vec![guest(XEON)],
            cpu: Some(Maker::Amd),
            ..Facts::default()
        };
        let found = rows(&machine, &facts);
        let row = found.iter().find(|row| row.topic == Topic::Memory).unwrap();
        assert_eq!((row.level, row.code), (Level::Block, Some(&OTHER_CPU)));
        assert!(row.reason.contains(XEON) && row.reason.contains("AuthenticAMD"));
        let remedy = row.remedy.as_deref().unwrap();
        for part in [
            "(A)",
            "Turn Off",
            "Power off",
            "not Shut Down",
            "(B)",
            "--no-saved-state",
            "lose",
        ] {
            assert!(remedy.contains(part), "{part}: {remedy}");
        }
    }

    #[test]
    fn r29_the_same_maker_passes_and_an_unknown_one_warns() {
        let mut machine = machine(|_| ());
        machine.states[0].memory = Some(saved(false));
        let of = |guests, cpu| {
            let facts = Facts {
                guests,
                cpu,
                ..Facts::default()
            };
            let found = rows(&machine, &facts);
            let row = found.into_iter().find(|row| row.topic == Topic::Memory);
            row.unwrap().level
        };
        assert_eq!(of(vec![guest(XEON)], Some(Maker::Intel)), Level::Pass);
        assert_eq!(of(vec![guest(XEON)], None), Level::Warn);
        assert_eq!(of(Vec::new(), Some(Maker::Intel)), Level::Warn);
        assert_eq!(
            of(vec![guest("ARMv8 (64-bit) Family 8")], None),
            Level::Warn
        );
    }

    #[test]
    fn r30_a_checkpoints_memory_is_told_and_does_not_block_now() {
        let mut machine = machine(|_| ());
        checkpoint(&mut machine, "old", |_| ());
        machine.states[0].memory = Some(saved(false));
        let mut facts = Facts {
            guests: vec![guest("AMD64 Family 25, AuthenticAMD")],
            cpu: Some(Maker::Intel),
            ..Facts::default()
        };
        assert_eq!(level_with(&machine, &facts, &OTHER_CPU), Some(Level::Warn));
        facts.state = Some(0);
        assert_eq!(level_with(&machine, &facts, &OTHER_CPU), Some(Level::Block));
        facts.state = Some(1);
        assert_eq!(level_with(&machine, &facts, &OTHER_CPU), None);
    }

    #[test]
    fn memory_whose_files_are_missing_blocks() {
        let mut machine = machine(|_| ());
        machine.states[0].memory = Some(saved(true));
        assert_eq!(level_of(&machine, &MEMORY_MISSING), Some(Level::Block));
    }
}
