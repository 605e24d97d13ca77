//! What stands in the way of an import, told before anybody carries files to a host.
//!
//! [`rows`] looks at one [`Machine`] and at the [`Facts`] that a caller has gathered; it opens nothing.
//! Each [`Row`] passes, warns or blocks, with the reason and what to do. What only the host itself can
//! decide (its switches, its memory, the ids it knows) is told as far as the files tell it; see
//! [`Topic::is_for_the_host`].
//!
//! | module | owns |
//! |---|---|
//! | [`Row`], [`Level`], [`Topic`] | one finding |
//! | [`Facts`] and its parts | what is known besides the machine |
//! | [`gather`] | what an opened backup and a destination tell |
//! | `version` | which hosts take the configuration, and what they must have |
//! | `disks`, `absent` | disks that are missing, broken, unmerged; what is not in the backup |
//! | `memory` | saved memory and its processor |
//! | `devices` | switches, images in drives, virtual TPM |
//! | `place` | path lengths, names, room at the destination |
//! | `identity`, `origin` | ids and names that are there twice; replicas, clusters, domain controllers |
//! | `guest` | why the guest could not be quiesced |
//! | [`codes`] | the code of every row |

mod absent;
pub mod codes;
mod devices;
mod disks;
mod facts;
pub mod gather;
mod guest;
mod identity;
mod memory;
mod origin;
mod place;
mod row;
mod version;

#[cfg(test)]
mod sample;

pub use facts::{ChainFile, Destination, DiskFacts, Facts, Maker, Purpose, VolumeFacts};
pub use row::{Level, Row, Topic, worst};

use super::{Machine, MachineState};

/// Every row of `machine`, in the order of the topics.
#[must_use]
pub fn rows(machine: &Machine, facts: &Facts<'_>) -> Vec<Row> {
    let parts: [fn(&Machine, &Facts<'_>, &mut Vec<Row>); 9] = [
        version::rows,
        disks::rows,
        absent::rows,
        memory::rows,
        devices::rows,
        identity::rows,
        origin::rows,
        place::rows,
        guest::rows,
    ];
    let mut rows = Vec::new();
    for part in parts {
        part(machine, facts, &mut rows);
    }
    rows.sort_by_key(|row| row.topic);
    rows
}

/// The states that a restore would carry: the one that `facts` name, else all.
fn states<'m>(
    machine: &'m Machine,
    facts: &Facts<'_>,
) -> impl Iterator<Item = &'m MachineState> + use<'m> {
    let only = facts.state;
    machine
        .states
        .iter()
        .filter(move |state| only.is_none_or(|number| number == state.number))
}

/// The state as messages name it: `now`, `the checkpoint 'before the update'`.
fn name_of(state: &MachineState) -> String {
    match state.kind {
        super::StateKind::Now => "now".into(),
        super::StateKind::Checkpoint(_) => format!("the checkpoint '{}'", state.name),
        super::StateKind::Layer => format!("the state of {}", state.name),
    }
}

/// `text` between quotes as PowerShell reads it back, whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for char in text.chars() {
        quoted.push(char);
        // PowerShell takes the typographic ones for quotes too.
        if matches!(char, '\'' | '\u{2018}'..='\u{201B}') {
            quoted.push(char);
        }
    }
    quoted.push('\'');
    quoted
}
