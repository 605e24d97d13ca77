//! Saved memory in a .vmrs, and other files that go with a .vmcx.

use testkit::configuration::Configuration;
use testkit::vmcx::{Key, Options, container};

use super::absent;
use super::made::{Folder, config_id, find};
use crate::vmset::{AbsenceKind, Machine};

/// A machine without disks in a .vmcx, with the keys that `change` sets; the stem of its file.
fn web(change: impl FnOnce(&mut Key)) -> (Folder, String) {
    let id = config_id(1);
    let mut keys = Configuration::new("web", id, 2).keys();
    change(&mut keys);
    let stem = id.to_string().to_uppercase();
    let bytes = container(&[keys], &Options::default()).bytes;
    (Folder::new().file(&format!("{stem}.vmcx"), &bytes), stem)
}

fn vmrs(saved: bool) -> Vec<u8> {
    let version =
        Key::node("configuration").key(Key::node("properties").key(Key::int("version", 0x900)));
    let mut keys = vec![version];
    if saved {
        let block = Key::bytes("RamMemoryBlock0", &[7; 512]);
        keys.push(
            Key::node("savedstate")
                .key(Key::text("type", "Normal"))
                .key(block),
        );
    }
    container(&keys, &Options::default()).bytes
}

fn machine(folder: &Folder) -> Machine {
    find(folder).machines.remove(0)
}

#[test]
fn r1_r30_memory_is_there_when_the_runtime_file_has_it() {
    let (folder, stem) = web(|_| {});
    let folder = folder.file(&format!("{stem}.VMRS"), &vmrs(true));
    let found = machine(&folder);
    let memory = found.states[0].memory.as_ref().unwrap();
    assert!(!memory.incomplete && memory.files.len() == 1);
    assert!(memory.evidence.contains("1 block"), "{}", memory.evidence);
    assert!(absent(&found, AbsenceKind::Memory).is_empty());
}

#[test]
fn r14_a_machine_that_was_off_has_none() {
    let (folder, stem) = web(|_| {});
    let folder = folder.file(&format!("{stem}.vmrs"), &vmrs(false));
    let found = machine(&folder);
    assert!(found.states[0].memory.is_none());
    assert!(absent(&found, AbsenceKind::Memory).is_empty());
}

#[test]
fn without_a_runtime_file_nothing_tells() {
    let found = machine(&web(|_| {}).0);
    assert!(found.states[0].memory.is_none());
    assert_eq!(absent(&found, AbsenceKind::Memory)[0].code.id, "HV-W848");
}

#[test]
fn a_damaged_runtime_file_is_incomplete_memory() {
    let (folder, stem) = web(|_| {});
    let folder = folder.file(&format!("{stem}.vmrs"), &[0; 8192]);
    let found = machine(&folder);
    let memory = found.states[0].memory.as_ref().unwrap();
    assert!(memory.incomplete && memory.evidence.contains("cannot be told"));
    assert_eq!(absent(&found, AbsenceKind::Memory)[0].code.id, "HV-W848");
}

#[test]
fn the_guest_state_file_is_found_by_its_id_or_absent() {
    let (folder, stem) = web(|_| {});
    let lacking = machine(&folder);
    assert_eq!(
        absent(&lacking, AbsenceKind::GuestState)[0].code.id,
        "HV-W849"
    );
    let folder = folder.file(&format!("{stem}.vmgs"), b"GUESTRTS");
    let found = machine(&folder);
    assert!(
        found
            .guest_state
            .as_ref()
            .is_some_and(|path| path.ends_with(format!("{stem}.vmgs")))
    );
    assert!(absent(&found, AbsenceKind::GuestState).is_empty());
}

/// Adds a device that is passed through to the manifest.
fn device(keys: &mut Key) {
    let kind = "2fcc454e-a36a-4c77-bb5e-a2d75a51f02c";
    for (key, value) in [
        ("device", kind),
        ("instance", kind),
        ("name", "some device"),
    ] {
        keys.set(&format!("manifest/vdev020/{key}"), value);
    }
    keys.set("manifest/size", 20);
}

#[test]
fn r21_devices_of_the_host_are_absent() {
    let found = machine(&web(device).0);
    let devices = absent(&found, AbsenceKind::Device);
    assert_eq!(
        (devices[0].code.id, devices[0].what.as_str()),
        ("HV-W842", "some device")
    );
}
