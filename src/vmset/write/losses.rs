//! What of a machine was not restored in full, and what follows from that.
//!
//! Damage shows only while bytes are read. Memory that was saved with such a disk must not resume over it.

use std::collections::BTreeSet;

use super::Written;
use crate::vmset::Machine;
use crate::vmset::codes::{DISK_DAMAGED, DISK_PARTLY};
use crate::vmset::plan::{Choices, Plan, SetPath};
use crate::vmset::preflight::{Row, Topic};

/// Why memory is dropped.
const WHY: &str = "a disk that it was saved with was not restored in full";

impl Written {
    /// What was not restored in full, a row each: nothing of it should be imported as it is.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let partial = self.files.iter().filter_map(|file| {
            let partial = file.partial.as_ref()?;
            let why = format!("{}: {}", file.place, partial.message());
            Some(Row::block(Topic::Disks, &DISK_PARTLY, why))
        });
        let changed = self.changed.iter().map(|file| {
            let why = format!("{} changed while it was read", file.display());
            Row::block(Topic::Disks, &blockio::codes::SOURCE_CHANGED, why)
        });
        let damaged = self.damaged.iter().map(|(_, fault)| {
            let text = fault.to_string();
            let why = text.trim_end_matches(&format!(" [{}]", fault.code));
            Row::block(Topic::Disks, &DISK_DAMAGED, why)
        });
        partial.chain(changed).chain(damaged).collect()
    }

    /// The files of `plan` that are not what they should be.
    fn lossy(&self, plan: &Plan) -> BTreeSet<SetPath> {
        let pairs = plan.files.iter().zip(&self.files);
        let is_lossy = |file: &crate::vmset::plan::PlannedFile, written: &super::WrittenFile| {
            written.partial.is_some() || self.changed.contains(&file.from)
        };
        let files = pairs.filter(|(file, written)| is_lossy(file, written));
        let files = files.map(|(file, _)| file.place.clone());
        let damaged = self.damaged.iter().map(|(place, _)| place.clone());
        files.chain(damaged).collect()
    }
}

impl Plan {
    /// The plan as it turned out: memory is dropped, by the script, that was saved with a disk that was not
    /// restored in full.
    #[must_use]
    pub fn after(&self, machine: &Machine, choices: &Choices, written: &Written) -> Self {
        let lossy = written.lossy(self);
        let mut plan = self.clone();
        let is_spoiled = |state: usize| {
            let mut disks = self.disks.iter().filter(|disk| disk.state == state);
            disks.any(|disk| disk.chain.iter().any(|place| lossy.contains(place)))
        };
        let kept = plan
            .memory
            .iter_mut()
            .filter(|memory| memory.dropped.is_none());
        for memory in kept.filter(|memory| is_spoiled(memory.state)) {
            memory.dropped = Some(WHY.into());
            memory.by_script = true;
        }
        plan.hindrances = plan.why_no_wizard(&plan.facts(machine, choices));
        plan
    }
}
