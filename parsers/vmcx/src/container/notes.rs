//! What was found wrong, and what was checked.

use blockio::Fault;

/// Faults of one file that are kept; the rest are counted only.
const MOST: usize = 200;

/// How many checksums of a container were right and how many were wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Copies of the header.
    pub headers: Tally,
    /// Slots of the tables of objects, empty ones included.
    pub slots: Tally,
    /// Headers of tables of keys.
    pub tables: Tally,
    /// Keys.
    pub keys: Tally,
    /// The replay log: its header, and the entries to be applied with their data.
    pub log: Tally,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> Tally {
        let all = [self.headers, self.slots, self.tables, self.keys, self.log];
        all.into_iter().fold(Tally::default(), Tally::plus)
    }
}

/// Checksums of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that were right.
    pub right: u64,
    /// Those that were wrong.
    pub wrong: u64,
}

impl Tally {
    /// Counts a checksum; passes on whether it is right.
    pub(crate) fn count(&mut self, is_right: bool) -> bool {
        let counter = if is_right {
            &mut self.right
        } else {
            &mut self.wrong
        };
        *counter = counter.saturating_add(1);
        is_right
    }

    fn plus(self, other: Self) -> Self {
        Self {
            right: self.right.saturating_add(other.right),
            wrong: self.wrong.saturating_add(other.wrong),
        }
    }
}

/// What reading has found so far.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) counts: Counts,
    faults: Vec<Fault>,
    more: u64,
}

impl Notes {
    pub(crate) fn add(&mut self, fault: Fault) {
        if self.faults.len() < MOST {
            self.faults.push(fault);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// The faults, in the file `name`; where there were too many, the last one says how many more.
    pub(crate) fn into_faults(mut self, name: &str) -> Vec<Fault> {
        if let Some(last) = self.faults.last_mut().filter(|_| self.more > 0) {
            last.found = format!("{}, and {} faults more", last.found, self.more).into();
        }
        let in_file = |fault: Fault| fault.in_file(name);
        self.faults.into_iter().map(in_file).collect()
    }
}
