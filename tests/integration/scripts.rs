//! The scripts beside a restored set, as a grammar of PowerShell reads them: their tables say what the
//! set holds.

#[path = "../../src/vmset/script/grammar.rs"]
mod grammar;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::Cache;
use disk::{Finder, Folders};
use grammar::{Script, Value};

use crate::harness::machines::{DiskId, Format, Layout, Machine, Made, State};
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(r35_tables_name_every_state_by_its_own_name_to_the_letter),
        test!(every_recorded_path_of_every_state_is_mapped_to_the_file_that_it_was),
        test!(every_disk_file_of_the_set_is_in_the_table_with_its_real_parent),
        test!(the_script_for_all_names_folders_that_are_there),
    ]
}

/// Quotes of both kinds, a line end, what PowerShell would run, and what reorders text.
const NAME: &str = "it's $(calc) \u{2019}; `x\r\n#> \u{202E}web";

/// A machine of two disks and two checkpoints with hostile names, restored from a flat folder.
struct Restored {
    made: Made,
    disks: [DiskId; 2],
    states: Vec<State>,
    root: PathBuf,
    _source: Sources,
    _out: tempfile::TempDir,
}

impl Restored {
    fn new() -> Self {
        let mut web = Machine::new(NAME, Format::Vmcx);
        let disks = [web.add_disk("web01.vhdx"), web.add_disk("it's $data.vhdx")];
        web.switch = Some(format!("LAN {NAME}"));
        let first = web.checkpoint(&format!("1 {NAME}"));
        web.write_text(disks[0], "patched");
        let second = web.checkpoint(&format!("2 {NAME}"));
        web.write_text(disks[0], "as it is now");
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &Layout::Flat);
        put_guest_state(&made);
        let (source, out) = (Sources::made(folder), temp_dir());
        restore(source.folder(), out.path());
        Self {
            made,
            disks,
            states: vec![State::Now, first, second],
            root: only_folder(&out.path().join("restored")),
            _source: source,
            _out: out,
        }
    }

    fn script(&self) -> Script {
        parsed(&self.root.join("import.ps1"))
    }
}

/// Without the file of firmware variables the machine is not complete.
fn put_guest_state(made: &Made) {
    let place = made.configuration(State::Now).with_extension("vmgs");
    fs::write(place, b"GUESTRTS and what the firmware keeps").expect("written");
}

fn restore(source: &Path, out: &Path) {
    let out = out.join("restored");
    hvrestore([
        "restore".as_ref(),
        source.as_os_str(),
        "--all".as_ref(),
        "-o".as_ref(),
        out.as_os_str(),
    ])
    .expect_code(0);
}

fn only_folder(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut folders = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    let only = folders.next().expect("a machine's folder");
    assert_eq!(folders.next(), None);
    only
}

fn parsed(path: &Path) -> Script {
    let script = Script::parse(&fs::read_to_string(path).expect("UTF-8"));
    assert_eq!(script.errors(), Vec::<String>::new());
    script
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(units) => String::from_utf16(units).expect("valid Unicode"),
        other => panic!("{other:?} is no text"),
    }
}

/// A path of the set, which is written with `\`.
fn below(root: &Path, path: &str) -> PathBuf {
    path.split('\\')
        .fold(root.to_owned(), |path, name| path.join(name))
}

fn r35_tables_name_every_state_by_its_own_name_to_the_letter() -> Outcome {
    let restored = Restored::new();
    let script = restored.script();
    assert_eq!(text(script.table("Machine").at("Name")), NAME);
    let states = script.table("States");
    assert_eq!(states.rows().len(), restored.states.len());
    for (row, state) in states.rows().iter().zip(&restored.states) {
        assert_eq!(text(row.at("Name")), restored.made.name(*state));
        assert_eq!(*row.at("Fate"), Value::text("Kept"));
    }
    let adapters = script.table("Adapters");
    assert_eq!(text(adapters.rows()[0].at("Switch")), format!("LAN {NAME}"));
    Ok(())
}

fn every_recorded_path_of_every_state_is_mapped_to_the_file_that_it_was() -> Outcome {
    let restored = Restored::new();
    let drives = restored.script().table("Drives");
    let mut rows = drives.rows().iter();
    for state in &restored.states {
        for disk in restored.disks {
            let row = rows.next().expect("a drive for each disk of each state");
            assert_eq!(
                text(row.at("Recorded")),
                restored.made.recorded(*state, disk)
            );
            let file = below(&restored.root, &text(row.at("File")));
            let was = restored.made.disk_file(*state, disk);
            assert_eq!(file.file_name(), was.file_name());
            assert!(file.is_file(), "{}", file.display());
        }
    }
    assert_eq!(rows.next(), None);
    Ok(())
}

fn every_disk_file_of_the_set_is_in_the_table_with_its_real_parent() -> Outcome {
    let restored = Restored::new();
    let folder = restored.root.join("Virtual Hard Disks");
    let finder = Finder::new(Arc::new(Folders::around(&folder)), &Cache::default());
    let files = restored.script().table("Files");
    let mut listed: Vec<PathBuf> = Vec::new();
    for row in files.rows() {
        let file = below(&restored.root, &text(row.at("Path")));
        let chain = finder.chain(&file).expect("it is there");
        let parent = chain.layers.get(1).map(|layer| folder.join(&*layer.name));
        match row.at("Parent") {
            Value::Null => assert_eq!(parent, None),
            named => {
                let named = below(&restored.root, &text(named));
                assert_eq!(parent.as_ref(), Some(&named));
                assert!(listed.contains(&named), "the parent comes first");
            }
        }
        listed.push(file);
    }
    listed.sort();
    let mut there: Vec<PathBuf> = fs::read_dir(&folder)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    there.sort();
    assert_eq!(listed, there);
    Ok(())
}

fn the_script_for_all_names_folders_that_are_there() -> Outcome {
    let folder = temp_dir();
    for name in ["db's", "web $x"] {
        let mut machine = Machine::new(name, Format::Vmcx);
        machine.add_disk(&format!("{name}.vhdx"));
        put_guest_state(&machine.write_to(folder.path(), &Layout::Exported));
    }
    let (source, out) = (Sources::made(folder), temp_dir());
    restore(source.folder(), out.path());
    let root = out.path().join("restored");
    let machines = parsed(&root.join("import-all.ps1")).table("Machines");
    let names: Vec<String> = machines
        .rows()
        .iter()
        .map(|row| text(row.at("Name")))
        .collect();
    assert_eq!(names, ["db's", "web $x"]);
    for row in machines.rows() {
        let script = below(&root, &text(row.at("Folder"))).join("import.ps1");
        parsed(&script);
    }
    Ok(())
}
