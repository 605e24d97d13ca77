//! What the model makes of keys that real files may hold.

use hvrestore_vmcx::{
    AdapterKind, Attachment, Configuration, ControllerKind, DeviceKind, DriveKind, Kind,
    RuntimeState, Version,
};
use testkit::configuration::{Configuration as Made, Drive, Plug};
use testkit::vmcx::{Key, Options, container};
use uuid::{Uuid, uuid};

use super::{both, machine, open, xml};

const OTHER: Uuid = uuid!("99999999-2222-3333-4444-555555555555");

fn drive(plug: Plug, kind: &str, path: &str) -> Drive {
    let (kind, path) = (kind.to_owned(), path.to_owned());
    Drive { plug, kind, path }
}

/// What both formats say of the keys, which must be the same.
fn meaning(keys: &Key) -> Configuration {
    let [xml, container] = both(keys).map(|document| document.configuration());
    assert_eq!(xml, container);
    xml
}

fn codes(configuration: &Configuration) -> Vec<&'static str> {
    configuration
        .oddities
        .iter()
        .map(|fault| fault.code.id)
        .collect()
}

#[test]
fn drives_are_named_by_controller_and_location() {
    let made = Made {
        drives: vec![
            drive(Plug::Scsi(1, 63), "vhd", r"\\fs\share\a.VHDS"),
            drive(Plug::Ide(1, 1), "ISO", r"C:\iso\win.iso"),
            drive(Plug::Scsi(0, 2), "PHYSICAL", r"\\.\PHYSICALDRIVE3"),
            drive(Plug::Scsi(0, 1), "NewWord", r"C:\vm\b.vhdx"),
        ],
        ..Made::new("web01", OTHER, 1)
    };
    let found = meaning(&made.keys());
    let drives: Vec<_> = found
        .controllers
        .iter()
        .flat_map(|c| {
            c.drives
                .iter()
                .map(move |d| (c.kind, c.number, d.location, d.kind))
        })
        .collect();
    let expected = [
        (ControllerKind::Floppy, 0, 0, DriveKind::Floppy),
        (ControllerKind::Ide, 1, 1, DriveKind::Optical),
        (ControllerKind::Scsi, 0, 1, DriveKind::Disk),
        (ControllerKind::Scsi, 0, 2, DriveKind::Other),
        (ControllerKind::Scsi, 1, 63, DriveKind::Disk),
    ];
    assert_eq!(drives, expected);
    let shared = found.disks().filter(|(_, drive)| drive.shared);
    assert_eq!(shared.count(), 1, "a VHD Set");
    let scsi = &found.controllers[3].drives;
    let physical = Attachment::Physical {
        word: "PHYSICAL".into(),
        path: r"\\.\PHYSICALDRIVE3".into(),
    };
    assert_eq!(scsi[1].attachment, physical);
    assert_eq!(scsi[1].key, Made::drive_key(Plug::Scsi(0, 2)));
}

#[test]
fn a_controller_that_the_manifest_does_not_name_is_left_out_and_noted() {
    let mut keys = machine().keys();
    keys.set(&format!("_{OTHER}_/controller0/drive0/type"), "VHD");
    keys.set(
        &format!("_{OTHER}_/controller0/drive0/pathname"),
        r"D:\old.vhdx",
    );
    let found = meaning(&keys);
    assert_eq!((found.disks().count(), codes(&found)), (1, vec!["HV-W966"]));
}

#[test]
fn without_a_manifest_every_controller_is_shown() {
    let mut keys = machine().keys();
    keys.keys.retain(|key| key.name != "manifest");
    let found = meaning(&keys);
    assert_eq!((found.disks().count(), codes(&found)), (1, vec!["HV-W967"]));
    assert_eq!(found.adapters.len(), 1);
}

#[test]
fn keys_of_another_type_are_left_out_and_noted() {
    let mut keys = machine().keys();
    keys.set("properties/version", "9.0");
    keys.set("properties/global_id", "not an id");
    keys.set("settings/memory/bank/size", -1);
    let found = meaning(&keys);
    assert_eq!(
        (found.version, found.id, found.memory.startup),
        (None, None, None)
    );
    assert_eq!(codes(&found), ["HV-W965"; 3]);
    let shown = open(xml(&keys)).configuration().oddities[0].to_string();
    assert!(
        shown.contains("key properties/") && shown.contains("web01.xml"),
        "{shown}"
    );
}

#[test]
fn nothing_at_all_is_a_configuration_of_nothing() {
    let found = meaning(&Key::node("configuration"));
    assert_eq!(
        (found.kind, found.id, found.version),
        (Kind::Unknown, None, None)
    );
    assert!(found.controllers.is_empty() && found.name.is_empty());
}

#[test]
fn a_checkpoint_knows_its_machine_and_leaves_hints_of_others() {
    let mut keys = Made {
        machine: super::ID,
        ..Made::new("before update", OTHER, 2)
    }
    .keys();
    let parent = uuid!("77777777-2222-3333-4444-555555555555");
    keys.set("properties/parent_something", format!("{{{parent}}}"));
    let found = meaning(&keys);
    assert_eq!((found.kind, found.id), (Kind::Checkpoint, Some(OTHER)));
    assert_eq!(found.machine_id, Some(super::ID));
    assert_eq!(found.created, Some(133_700_000_000_000_000));
    assert_eq!(found.hints, [parent]);
}

#[test]
fn what_ties_a_machine_to_its_host_is_listed() {
    let mut keys = machine().keys();
    let devices = [
        (
            "2fcc454e-a36a-4c77-bb5e-a2d75a51f02c",
            "Virtual Pci Express Port",
        ),
        ("99dcd00c-fbd6-42d3-9dfd-1b5ad7058f61", "GPU"),
        (
            "736e6aa9-a3f8-49c0-9550-a963214d259a",
            "Microsoft Virtual TPM Device",
        ),
        (
            "12345678-a3f8-49c0-9550-a963214d259a",
            "Synthetic FibreChannel Port",
        ),
    ];
    for (number, (device, name)) in (101..).zip(devices) {
        keys.set(&format!("manifest/vdev{number}/device"), device);
        keys.set(&format!("manifest/vdev{number}/name"), name);
    }
    keys.set("security/KeyProtector", vec![1, 2, 3]);
    let found = meaning(&keys);
    let kinds: Vec<_> = found.devices.iter().map(|device| device.kind).collect();
    use DeviceKind::{Assigned, FibreChannel, GpuPartition, Tpm};
    assert_eq!(kinds, [Assigned, GpuPartition, Tpm, FibreChannel]);
    assert!(found.firmware.key_protector && !found.firmware.tpm_node);
}

#[test]
fn adapters_tell_their_switch_and_that_they_had_a_vlan() {
    let mut made = machine();
    made.switch = Some("External".to_owned());
    let mut keys = made.keys();
    let vlan = "952C5004-4465-451C-8CB8-FA9AB382B773";
    keys.set(
        &format!("{}/Connection/Features/Id", Made::adapter_key()),
        vlan,
    );
    keys.set("manifest/vdev200/device", OTHER.to_string());
    keys.set(&format!("_{OTHER}_/MacAddress"), "00-15-5D-00-00-09");
    let found = meaning(&keys);
    assert_eq!(codes(&found), ["HV-W969"]);
    let [synthetic, legacy] = &*found.adapters else {
        panic!("{:?}", found.adapters)
    };
    assert_eq!(synthetic.switch, Some("External".into()));
    assert!(synthetic.has_vlan && synthetic.connected && synthetic.switch_id.is_some());
    assert_eq!(
        (synthetic.kind, legacy.kind),
        (AdapterKind::Synthetic, AdapterKind::Legacy)
    );
    assert_eq!(legacy.mac, Some("00-15-5D-00-00-09".into()));
}

#[test]
fn a_replica_says_where_it_ran_and_what_waits() {
    let mut keys = machine().keys();
    let replication = "global_settings/replication";
    keys.set(&format!("{replication}/settings/primary_server"), "hv01");
    keys.set(&format!("{replication}/tracker/resynchronize"), true);
    let log = "tracker/pending_delta_transfer/disk001/log_file_path";
    keys.set(&format!("{replication}/{log}"), r"D:\a.hrl");
    let found = meaning(&keys).replication.unwrap();
    assert_eq!(found.primary_server, Some("hv01".into()));
    assert!(found.resynchronize && found.pending_delta);
    assert_eq!(found.pending_logs, [r"D:\a.hrl".into()]);
    assert_eq!(meaning(&machine().keys()).replication, None);
}

#[test]
fn marks_of_a_backup_are_seen() {
    let mut keys = machine().keys();
    keys.set("hot_backup", true);
    keys.set("renamed_files/file1/renamed_file_name", "a.avhdx");
    let found = meaning(&keys);
    assert!(found.hot_backup);
    assert_eq!(found.renamed_files, ["a.avhdx".into()]);
}

#[test]
fn a_vmrs_tells_whether_memory_is_saved_in_it() {
    let mut configuration = Key::node("configuration");
    configuration.set("properties/version", 0x900);
    let mut saved = Key::node("savedstate");
    saved.set("type", "Snapshot");
    saved.set("VmVersion", 0x900);
    saved.set("RamMemoryBlock0", vec![7; 4096]);
    saved.set("RamBlock1", vec![7; 100]);
    saved.set("savedVM/partition_state", vec![1]);
    let off = container(&[configuration.clone()], &Options::default());
    let version = Some(Version { major: 9, minor: 0 });
    let found = RuntimeState::of(open(off.bytes).root());
    assert_eq!((found.version, found.saved), (version, None));
    let on = container(&[configuration, saved], &Options::default());
    let document = open(on.bytes);
    assert!(!document.is_configuration());
    let found = RuntimeState::of(document.root()).saved.unwrap();
    assert_eq!((found.blocks, found.bytes), (2, 4196));
    assert_eq!((found.version, found.kind), (version, "Snapshot".into()));
    assert!(found.has_processor_state);
}
