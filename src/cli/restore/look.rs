//! What pre-flight finds about a machine that is restored, for its script and `RESTORED.md`.

use crate::cli::Context;
use crate::cli::args::MachineArgs;
use crate::cli::context::finding;
use crate::guest::{Guest, Role};
use crate::open::{Options, Source};
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
    let mut facts = Facts {
        machines: &source.vms().machines,
        host: choices.host,
        ..Facts::default()
    };
    let state = match choices.keep {
        Keep::Checkpoints => "now".to_owned(),
        Keep::AsOf(number) => {
            facts.state = Some(number);
            format!("#{number}")
        }
    };
    let options = Options {
        state,
        every_leaf: true,
        ..finding(&args.vms.vm, &args.finding)
    };
    match source.open(Some(machine), &options) {
        Ok(backup) => {
            facts.disks = gather::chains(&backup);
            facts.guests = gather::guests(&backup);
            facts.volumes = gather::volumes(&backup);
        }
        // The rows say which disks are missing.
        Err(error) => ctx.console.detail(&error.to_string()),
    }
    Looked {
        domain_controller: facts.guests.iter().any(is_domain_controller),
        rows: rows(machine, &facts),
    }
}

fn is_domain_controller(guest: &Guest) -> bool {
    let mut roles = guest.roles.iter();
    roles.any(|role| role.name == Role::DOMAIN_CONTROLLER)
}
