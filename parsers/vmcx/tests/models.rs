//! The configurations that Hyper-V wrote, of both formats, field by field. Ignored unless asked for.
//!
//! `HVRESTORE_FIXTURES` names the folder; without it `shared/fixtures` beside the workspace is
//! looked for.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail loudly"
)]

use std::fmt::Write;
use std::path::PathBuf;

use blockio::Memory;
use hvrestore_vmcx::{
    Adapter, AdapterKind, Attachment, Configuration, ControllerKind, Document, DriveKind, Edit,
    Format, Generation, Kind, Node, Text, Value, Version,
};
use sha2::{Digest, Sha256};
use testkit::configuration_xml::{self, Encoding};
use testkit::vmcx::Key;
use uuid::{Uuid, uuid};

const GENERATION_1: &str = "B90AC31B-C6F8-479F-9B91-07B894A6A3F6.xml";
const GENERATION_2: &str = "D351C151-DAC7-4042-B434-B72D522C1E4A.xml";
const CONTAINER: &str = "EC04F346-DB96-4700-AF5B-77B3C56C38BD.vmcx";
const IDE: Uuid = uuid!("83f8638b-8dca-4152-9eda-2ca8b33039b4");

fn fixture(name: &str) -> Vec<u8> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("HVRESTORE_FIXTURES").map_or(beside.into(), PathBuf::from);
    std::fs::read(folder.join("config").join(name)).unwrap()
}

fn open(bytes: Vec<u8>) -> Document {
    Document::open(&Memory::from(bytes), "test").unwrap()
}

fn configuration(name: &str) -> Configuration {
    let document = open(fixture(name));
    assert_eq!(document.notes(), []);
    assert!(document.is_configuration());
    let configuration = document.configuration();
    assert_eq!(configuration.oddities, []);
    configuration
}

/// Each key on a line, in the order of the file; what another reader of XML listed has the same digest.
fn listing(node: &Node, path: &str, lines: &mut String) {
    for key in &node.children {
        let path = format!("{path}/{}", key.name);
        let value = match &key.value {
            Value::Node => "node".to_owned(),
            Value::Int(number) => format!("integer {number}"),
            Value::Bool(yes) => format!("bool {yes}"),
            Value::Text(text) => format!("string {text}"),
            Value::Bytes(bytes) => bytes.iter().fold("bytes ".to_owned(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            }),
            other => panic!("not in these files: {other:?}"),
        };
        let end = if lines.is_empty() { "" } else { "\n" };
        write!(lines, "{end}{path} {value}").unwrap();
        listing(key, &path, lines);
    }
}

fn digest(name: &str) -> (usize, String) {
    let mut lines = String::new();
    listing(open(fixture(name)).root(), "", &mut lines);
    let digest = Sha256::digest(lines.as_bytes());
    let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    (lines.lines().count(), hex)
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn every_key_of_the_real_xml_is_what_another_reader_sees() {
    assert_eq!(
        digest(GENERATION_1),
        (
            333,
            "d9ab4769c665577591fed0884452fe2ff11838ff797367e5256816fe65bb9798".to_owned()
        )
    );
    assert_eq!(
        digest(GENERATION_2),
        (
            331,
            "5017cd982536580f2d0197d94f7de4e27451a7174d20d1b5e4cf0758c2ab1d7a".to_owned()
        )
    );
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn generation_1_of_2012_r2_has_its_ide_disk_though_no_manifest_names_it() {
    let found = configuration(GENERATION_1);
    let id = Some(uuid!("b90ac31b-c6f8-479f-9b91-07b894a6a3f6"));
    assert_eq!((found.id, found.machine_id), (id, id));
    assert_eq!(
        (found.kind, found.generation),
        (Kind::Machine, Generation::One)
    );
    assert_eq!(found.name.to_string(), "Default Generation 1");
    assert_eq!(found.version, Some(Version { major: 5, minor: 0 }));
    assert_eq!(found.created, None);
    assert_eq!(found.last_powered_off, Some(133_211_067_586_606_556));
    assert_eq!(found.last_powered_on, None);
    let owner = "S-1-5-21-3619263991-2333674034-4017385177-500";
    assert_eq!(found.owner, Some(owner.into()));
    assert_eq!(found.memory.startup, Some(512));
    assert_eq!(
        (found.memory.minimum, found.memory.maximum),
        (Some(512), Some(1_048_576))
    );
    assert!(!found.memory.dynamic && !found.highly_available && !found.disk_merge_pending);
    assert_eq!(found.processors.count, Some(1));
    assert_eq!(found.checkpoints.count, Some(0));
    assert_eq!((found.saved_state, found.replication), (None, None));
    assert_eq!(found.power.host_startup, Some(1));
    let order: Vec<_> = found
        .firmware
        .boot_order
        .iter()
        .map(Text::to_string)
        .collect();
    assert_eq!(order, ["Optical", "HardDrive", "Network", "Floppy"]);
    assert_eq!(
        found.firmware.bios_guid,
        Some(uuid!("5ab19138-bae3-417b-92cf-17eab4346c65"))
    );
    assert!(found.hints.is_empty(), "{:?}", found.hints);
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn drives_of_the_real_files_are_where_they_were_plugged_in() {
    for name in [GENERATION_1, CONTAINER] {
        let found = configuration(name);
        let mut controllers: Vec<_> = found
            .controllers
            .iter()
            .map(|c| (c.kind, c.number, c.drives.len()))
            .collect();
        controllers.sort_unstable();
        let expected = [
            (ControllerKind::Ide, 0, 1),
            (ControllerKind::Ide, 1, 1),
            (ControllerKind::Scsi, 0, 0),
            (ControllerKind::Floppy, 0, 1),
        ];
        assert_eq!(controllers, expected, "{name}");
        let (controller, disk) = found.disks().next().unwrap();
        assert_eq!((controller.instance, disk.location), (IDE, 0));
        assert_eq!(disk.key, format!("_{IDE}_/controller0/drive0"));
        let path = "C:\\Disks\\Default Generation 1.vhdx";
        assert_eq!(disk.attachment, Attachment::Disk(path.into()));
        let optical = found
            .controllers
            .iter()
            .flat_map(|c| &c.drives)
            .find(|d| d.kind == DriveKind::Optical);
        assert_eq!(optical.unwrap().attachment, Attachment::Empty);
    }
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn generation_2_of_2012_r2_has_one_scsi_controller_and_secure_boot() {
    let found = configuration(GENERATION_2);
    assert_eq!(found.generation, Generation::Two);
    assert!(found.firmware.secure_boot);
    let [controller] = &*found.controllers else {
        panic!("{:?}", found.controllers)
    };
    assert_eq!(
        (controller.kind, controller.number),
        (ControllerKind::Scsi, 0)
    );
    assert_eq!(
        controller.instance,
        uuid!("3afc77d9-23ab-4c97-be1c-f47a18ce3b4a")
    );
    let path = "C:\\Disks\\Default Generation 2.vhdx";
    assert_eq!(
        controller.drives[0].attachment,
        Attachment::Disk(path.into())
    );
    assert!(!controller.drives[0].shared);
    let expected = Adapter {
        instance: uuid!("761106cc-1c7c-42cd-b42d-fc1370654ef0"),
        kind: AdapterKind::Synthetic,
        name: "Network Adapter".into(),
        mac: None,
        mac_is_static: false,
        connected: false,
        switch: None,
        switch_id: None,
        has_vlan: false,
    };
    assert_eq!(found.adapters, [expected]);
    assert_eq!(found.devices, []);
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn a_configuration_of_9_0_says_where_its_guest_state_was() {
    let found = configuration(CONTAINER);
    assert_eq!(
        found.id,
        Some(uuid!("ec04f346-db96-4700-af5b-77b3c56c38bd"))
    );
    assert_eq!(found.version.unwrap().to_string(), "9.0");
    assert_eq!(found.created, Some(0x01d9_42f1_b438_ecfc));
    let state =
        "C:\\Hyper-V\\EasyToFind\\Virtual Machines\\EC04F346-DB96-4700-AF5B-77B3C56C38BD.vmgs";
    assert_eq!(found.guest_state_file, Some(state.into()));
    assert_eq!(found.checkpoints.user_type, Some(3));
    assert!(!found.checkpoints.automatic);
    assert_eq!(found.memory.startup, Some(1024));
    assert_eq!(found.firmware.secure_boot_template, None);
    assert!(!found.firmware.tpm_node && !found.firmware.key_protector);
    assert_eq!(found.adapters.len(), 1);
}

fn key(node: &Node) -> Key {
    let value = match &node.value {
        Value::Node => testkit::vmcx::Value::Node,
        Value::Int(number) => (*number).into(),
        Value::Bool(yes) => (*yes).into(),
        Value::Text(text) => text.to_string().into(),
        Value::Bytes(bytes) => bytes.clone().into(),
        other => panic!("not in these files: {other:?}"),
    };
    Key::new(&node.name, value).keys(node.children.iter().map(key))
}

/// The files that tests compose are as real ones are: written anew, a real one has the same bytes.
#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn the_testkit_writes_xml_as_hyper_v_does() {
    for name in [GENERATION_1, GENERATION_2] {
        let bytes = fixture(name);
        let root = key(&open(bytes.clone()).root().children[0]);
        assert!(
            configuration_xml::write(&root, Encoding::Utf16Le) == bytes,
            "{name}"
        );
    }
}

/// The XML in other encodings, as tools leave it that convert files without reading them.
fn converted(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let units: Vec<u16> = bytes[2..]
        .chunks(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let text = String::from_utf16(&units).unwrap();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    vec![
        ("UTF-16LE without a mark", bytes[2..].to_vec()),
        ("UTF-16BE", [&[0xfe, 0xff], &*big].concat()),
        ("UTF-16BE without a mark", big),
        ("UTF-8 that says it is UTF-16", text.clone().into_bytes()),
        (
            "UTF-8 with a mark",
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        ),
        ("padded with zeros", [bytes, &[0; 513]].concat()),
        ("line feeds alone", text.replace("\r\n", "\n").into_bytes()),
    ]
}

#[test]
#[ignore = "needs the real files that HVRESTORE_FIXTURES names"]
fn real_xml_reads_the_same_in_every_encoding_and_is_edited_in_it() {
    let original = open(fixture(GENERATION_2));
    let name = "configuration/properties/name";
    for (how, bytes) in converted(&fixture(GENERATION_2)) {
        let document = open(bytes.clone());
        assert_eq!(document.format(), Format::Xml);
        assert_eq!(document.root(), original.root(), "{how}");
        let there = document
            .edit(&[Edit::set(name, "Größe <&> \"1\"")])
            .unwrap();
        let changed = open(there);
        let read = changed.root().text_at(name).unwrap().to_string();
        assert_eq!(read, "Größe <&> \"1\"", "{how}");
        let back = changed.edit(&[Edit::set(name, "Default Generation 2")]);
        assert_eq!(back.unwrap(), bytes, "{how}");
    }
}
