//! What pre-flight finds about a machine that is restored, for its script and `RESTORED.md`.

use crate::cli::Context;
use crate::cli::args::MachineArgs;
use crate::cli::context::finding;
use crate::guest::{Guest, Role};
use crate::open::{Error, Options, Source};
use crate::vmset::Machine;
use crate::vmset::plan::{Choices, Keep};
use crate::vmset::preflight::{Facts, Row, gather, rows};

/// What was found.
pub(super) struct Looked {
    /// The rows of pre-flight.
    pub(super) rows: Vec<Row>,
    /// Whether the guest is a domain controller.
    pub(super) domain_controller: bool,
}

/// Looks at the state of `machine` that is going to run.
pub(super) fn look(
    ctx: &Context,
    source: &Source,
    machine: &Machine,
    args: &MachineArgs,
    choices: &Choices,
) -> Looked {
    let (state, alone) = match choices.keep {
        Keep::Checkpoints => ("now".to_owned(), None),
        Keep::AsOf(number) => (format!("#{number}"), Some(number)),
    };
    let options = Options {
        state,
        ..finding(&args.vms.vm, &args.finding)
    };
    // The rows say which disks are missing.
    let detail = |error: &Error| ctx.console.detail(&error.to_string());
    let found = match gather::machine(source, machine, &options, alone.is_some()) {
        Ok(gathered) => {
            gathered.unopened.iter().for_each(detail);
            gathered.facts
        }
        Err(error) => {
            detail(&error);
            Facts {
                machines: &source.vms().machines,
                ..Facts::default()
            }
        }
    };
    let facts = Facts {
        host: choices.host,
        state: alone,
        ..found
    };
    Looked {
        domain_controller: facts.guests.iter().any(is_domain_controller),
        rows: rows(machine, &facts),
    }
}

fn is_domain_controller(guest: &Guest) -> bool {
    let mut roles = guest.roles.iter();
    roles.any(|role| role.name == Role::DOMAIN_CONTROLLER)
}
