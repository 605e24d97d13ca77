//! Machines and their states by name: which one is read, all of its disks together, and what is said
//! of it.

mod contents;
mod inspect;
mod machines;
mod states;

use std::path::Path;

use crate::harness::machines::{Format, Machine, STATE_FILE};
use crate::harness::program::Ran;
use crate::harness::{Test, hvrestore};

pub(crate) fn tests() -> Vec<Test> {
    states::tests()
        .into_iter()
        .chain(machines::tests())
        .chain(inspect::tests())
        .chain(contents::tests())
        .collect()
}

/// The formats that a configuration has.
const FORMATS: [Format; 2] = [Format::Xml, Format::Vmcx];

/// `hvrestore COMMAND SOURCE more...`.
fn on(command: &str, source: &Path, more: &[&str]) -> Ran {
    let source = source.to_str().expect("a plain path");
    hvrestore([command, source].iter().chain(more))
}

/// What the disk `disk` reads as: the first line of the file that tells its state.
fn read(source: &Path, disk: usize, more: &[&str]) -> Ran {
    let path = format!("disk{disk}/part1{STATE_FILE}");
    on("cat", source, &[&[&*path], more].concat())
}

/// The same, where that must succeed.
fn text(source: &Path, disk: usize, more: &[&str]) -> String {
    let ran = read(source, disk, more).expect_code(0);
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

/// Two disks, two checkpoints one after the other, and then more.
fn two_disks(format: Format) -> Machine {
    let mut web = Machine::new("web01", format);
    let system = web.add_disk("web01.vhdx");
    let data = web.add_disk("data.vhdx");
    web.write_text(system, "system as installed");
    web.write_text(data, "data as installed");
    web.checkpoint("Before the update");
    web.write_text(system, "system updated");
    web.write_text(data, "data updated");
    web.checkpoint("After the update");
    web.write_text(system, "system now");
    web.write_text(data, "data now");
    web
}
