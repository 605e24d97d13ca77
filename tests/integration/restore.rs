//! Whole machines restored: the set that Hyper-V imports, from backups of every shape.
//!
//! | module | holds |
//! |---|---|
//! | [`kept`] | all checkpoints kept: every state reads as before, files lie where import looks |
//! | [`merged`] | one state merged into new disks |
//! | [`marks`] | NTFS volumes: no disk file is marked as sparse or compressed |
//! | [`memory`] | saved memory: kept, dropped, left out |
//! | [`incomplete`] | what is absent, renamed, damaged, or left by a backup |
//! | [`refused`] | destinations that are not taken, runs that end early |

mod incomplete;
mod kept;
mod marks;
mod memory;
mod merged;
mod refused;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::machines::{DiskId, Format, Layout, Machine, Made, State};
use crate::harness::program::Ran;
use crate::harness::{Sources, Test, hvrestore, temp_dir};

const MIB: u64 = 1 << 20;

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let modules = [
        kept::tests(),
        merged::tests(),
        marks::tests(),
        memory::tests(),
        incomplete::tests(),
        refused::tests(),
    ];
    modules.into_iter().flatten().collect()
}

/// A machine in a backup, with the two disks and the states that most tests use.
struct Web {
    made: Made,
    system: DiskId,
    data: DiskId,
    clean: State,
    update: State,
    sources: Sources,
    out: tempfile::TempDir,
}

/// Puts the file of firmware variables beside a configuration that names one.
fn put_guest_state(made: &Made, format: Format) {
    if format == Format::Vmcx {
        let place = made.configuration(State::Now).with_extension("vmgs");
        fs::write(place, b"GUESTRTS and what the firmware keeps").expect("written");
    }
}

/// A machine with two disks and two checkpoints, the second of which is not in now's past.
fn machine(format: Format) -> (Machine, [DiskId; 2], [State; 2]) {
    let mut web = Machine::new("web01", format);
    let system = web.add_disk("web01.vhdx");
    let data = web.add_disk("data.vhdx");
    web.switch = Some("LAN".into());
    web.write_text(system, "as installed");
    let clean = web.checkpoint("Clean install");
    web.write_text(system, "patched");
    web.write(data, 4 * MIB, &[0xD1; 4096]);
    let update = web.checkpoint("before update");
    web.apply(clean);
    web.write_text(system, "went another way");
    web.write(data, 5 * MIB, &[0xD2; 4096]);
    (web, [system, data], [clean, update])
}

impl Web {
    fn new(format: Format, layout: Layout) -> Self {
        Self::changed(format, layout, |_, _| {}, |_, _| {})
    }

    /// The machine after `live`, its files after `spoil`.
    fn changed(
        format: Format,
        layout: Layout,
        live: impl FnOnce(&mut Machine, [DiskId; 2]),
        spoil: impl FnOnce(&Made, &Path),
    ) -> Self {
        let (mut web, disks, [clean, update]) = machine(format);
        live(&mut web, disks);
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &layout);
        put_guest_state(&made, format);
        spoil(&made, folder.path());
        Self {
            made,
            system: disks[0],
            data: disks[1],
            clean,
            update,
            sources: Sources::made(folder),
            out: temp_dir(),
        }
    }

    fn out(&self) -> PathBuf {
        self.out.path().join("restored")
    }

    /// The machine's folder in the result.
    fn root(&self) -> PathBuf {
        self.out().join("web01")
    }

    fn restore(&self, more: &[&str]) -> Ran {
        restore(self.sources.folder(), &self.out(), more)
    }

    fn id(&self) -> String {
        self.made.machine().id.to_string().to_uppercase()
    }

    /// The result reads as the machine did, in the state that `word` means there.
    fn assert_reads(&self, state: State, word: &str) {
        for (number, disk) in [(0, self.system), (1, self.data)] {
            let number = number.to_string();
            let args = ["-c", word, "--disk", &number, "-o", "-", "-q"];
            let ran = run_on("flatten", &self.root(), &args).expect_code(0);
            let expected = self.made.contents(state, disk);
            assert!(ran.stdout == expected, "disk {number} of {word}");
        }
    }

    /// A file of the result as text.
    fn text(&self, place: &str) -> String {
        text_of(&self.root().join(place))
    }

    fn manifest(&self) -> serde_json::Value {
        serde_json::from_str(&self.text("manifest.json")).expect("valid JSON")
    }
}

fn restore(source: &Path, out: &Path, more: &[&str]) -> Ran {
    let out = out.to_string_lossy().into_owned();
    let args: Vec<&str> = ["-o", &out]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    run_on("restore", source, &args)
}

fn run_on(command: &str, source: &Path, more: &[&str]) -> Ran {
    let mut args: Vec<OsString> = vec![command.into(), source.into()];
    args.extend(more.iter().map(OsString::from));
    hvrestore(args)
}

/// A text in UTF-8 or, with its mark, in UTF-16.
fn text_of(place: &Path) -> String {
    let bytes = fs::read(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    if bytes.starts_with(&[0xFF, 0xFE]) {
        let units = bytes[2..].chunks_exact(2);
        let units: Vec<_> = units
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .collect();
        return String::from_utf16(&units).expect("UTF-16");
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Every file below `folder`, with slashes.
fn names(folder: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it");
                found.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The last line of standard output.
fn last_line(ran: &Ran) -> &str {
    ran.text().lines().last().unwrap_or_default()
}
