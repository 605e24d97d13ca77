//! The program as its users run it, on made and on real images; and the project's own rules.
//!
//! One file per theme. Each has a function `tests` that names its tests and says what each
//! needs besides Rust; see [`harness`] for what happens when that is absent.

mod harness;

mod archives; // tar and zip: all that was written is there, and others unpack it
mod chains; // differencing disks: found, checked, read or refused
mod commands; // each command on the demo, for people and for scripts
mod control; // filters, conflicts, resumed and verified extractions
mod deleted; // what was deleted, and how much of it is left
mod demo; // the demo backup, state by state
mod destinations; // places that are full
mod doctor; // what stands in the way of an import
mod extraction; // whole volumes into folders: bytes, times, links, streams, names
mod failures; // wrong input, full disks, interruptions: exit codes and messages
mod fixtures; // real disks and volumes
mod guests; // letters and facts by the guest's registry
mod hidden; // what keeps its data elsewhere, or encrypted
mod hostile; // names that lead elsewhere, or fall together
mod layering; // which crate may know which
mod machines; // whole machines as backups hold them: what the tests compose is what it says
mod manifest; // what the program prints, held against a writer's word
mod metadata; // what is kept besides bytes: native, in the sidecar, put back
mod mutations; // damaged images, by the thousand
mod naming; // machines and their states by name, and what inspect says of them
mod oracles; // what other readers say of the same disks and volumes
mod readme; // what README.md and README.de.md show is what the program says
mod repository; // what is tracked, and under which sum
mod restore; // whole machines as Hyper-V imports them
#[cfg(not(windows))]
mod scripts; // what is written for PowerShell, by its grammar: no C compiler for it under Wine
mod volumes; // the committed NTFS volumes

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(worked) = mutations::asked_for() {
        return worked;
    }
    let themes = [
        harness::tests(),
        archives::tests(),
        chains::tests(),
        commands::tests(),
        control::tests(),
        deleted::tests(),
        demo::tests(),
        destinations::tests(),
        doctor::tests(),
        extraction::tests(),
        failures::tests(),
        fixtures::tests(),
        guests::tests(),
        hidden::tests(),
        hostile::tests(),
        layering::tests(),
        machines::tests(),
        metadata::tests(),
        mutations::tests(),
        naming::tests(),
        oracles::tests(),
        readme::tests(),
        repository::tests(),
        restore::tests(),
        #[cfg(not(windows))]
        scripts::tests(),
        volumes::tests(),
    ];
    harness::run(themes.into_iter().flatten())
}
