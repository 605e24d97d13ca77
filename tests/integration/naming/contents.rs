//! What `inspect` says of what it cannot give back: other file systems, dynamic disks, what lies elsewhere.

use std::path::Path;

use serde_json::Value;
use testkit::configuration::Plug;
use testkit::ldm::{Extent, Group, Plex, Volume};
use testkit::partition::{Gpt, GptPart, ntfs_boot_sectors};
use testkit::vhdx::Image;
use uuid::Uuid;

use crate::harness::machines::{Format, Layout, Machine, State};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

use super::{on, text, two_disks};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r15_other_file_systems_are_named_with_size_and_label),
        test!(a_volume_that_cannot_be_opened_is_left_out),
        test!(r16_volumes_of_a_dynamic_disk_are_named),
        test!(r21_shared_disks_and_devices_of_the_host_are_absent),
        test!(r25_paths_of_every_style_are_read_and_never_opened),
        test!(r25_a_missing_disk_names_its_volume_in_its_style),
    ]
}

const MIB: usize = 1 << 20;

/// A folder with one disk of these bytes.
fn disk(contents: &[u8]) -> Sources {
    let folder = temp_dir();
    let mut image = Image::dynamic(contents.len() as u64);
    image.write(0, contents);
    let built = image.build();
    built
        .write_to(&folder.path().join("disk.vhdx"))
        .expect("a disk can be written");
    Sources::made(folder)
}

fn json(source: &Path) -> Value {
    on("inspect", source, &["--json"]).expect_code(0).json()
}

/// A partition of 16 MiB that begins with these bytes at these places.
fn partition(name: &str, marks: &[(usize, &[u8])]) -> GptPart {
    let mut bytes = vec![0; 16 * MIB];
    for (offset, mark) in marks {
        bytes[*offset..][..mark.len()].copy_from_slice(mark);
    }
    GptPart::data(name, bytes)
}

fn r15_other_file_systems_are_named_with_size_and_label() -> Outcome {
    let ext4: &[(usize, &[u8])] = &[
        (1024, &[0x00, 0x10]),
        (1028, &16_384_u32.to_le_bytes()),
        (1080, &[0x53, 0xef]),
        (1116, &[0x3c]),
        (1120, &[0xc2]),
        (1124, &[0x6b]),
        (1144, b"data4"),
    ];
    let refs: &[(usize, &[u8])] = &[
        (3, b"ReFS"),
        (16, b"FSRS"),
        (24, &32_768_u64.to_le_bytes()),
        (32, &512_u32.to_le_bytes()),
    ];
    let parts = vec![partition("Linux", ext4), partition("Archive", refs)];
    let sources = disk(&Gpt::new(parts).build());
    let document = json(sources.folder());
    let partitions = &document["disks"][0]["partitions"];
    for (number, kind, label) in [(0, "ext4", Value::from("data4")), (1, "ReFS", Value::Null)] {
        let content = &partitions[number]["content"];
        assert_eq!(content["kind"], kind, "{partitions:#}");
        assert_eq!(content["label"], label);
        assert_eq!(content["size"], 16 * MIB);
    }
    let drawn = on("inspect", sources.folder(), &[]).expect_code(0);
    for line in [
        "ext4 'data4', 16.0 MiB (not read)",
        "ReFS, 16.0 MiB (not read)",
    ] {
        assert!(drawn.text().contains(line), "{line}: {}", drawn.text());
    }
    // Nothing that reads files takes it for an empty disk.
    let listed = on("ls", sources.folder(), &[]);
    assert_eq!(listed.text(), "");
    assert!(listed.code != Some(0) && !listed.stderr.is_empty());
    Ok(())
}

/// The boot sectors are sound, and there is no $MFT where they say.
fn a_volume_that_cannot_be_opened_is_left_out() -> Outcome {
    let parts = vec![GptPart::data("Windows", ntfs_boot_sectors(MIB))];
    let sources = disk(&Gpt::new(parts).build());
    let ran = on("ls", sources.folder(), &[]);
    assert!(ran.code != Some(0));
    for part in ["disk0/part1 left out", "[HV-W811]"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    Ok(())
}

fn r16_volumes_of_a_dynamic_disk_are_named() -> Outcome {
    let extent = Extent {
        disk: 0,
        start: 0,
        offset: 0,
        len: 64,
        column: 0,
    };
    let group = Group {
        name: "Web01Dg0".into(),
        guid: Uuid::from_u128(0xa0),
        disks: vec![("Disk1".into(), Uuid::from_u128(0xb0))],
        volumes: vec![Volume {
            name: "Volume1".into(),
            drive: Some("D:".into()),
            size: 64,
            guid: Uuid::from_u128(0xa1),
            plexes: vec![Plex {
                layout: 2,
                stripe: None,
                extents: vec![extent],
            }],
        }],
    };
    let data = ntfs_boot_sectors(64 << 10);
    for bytes in [group.mbr_disk(0, &data), group.gpt_disk(0, &data)] {
        let sources = disk(&bytes);
        let document = json(sources.folder());
        let table = &document["disks"][0]["table"]["dynamic_disk"];
        assert_eq!(table["group"], "Web01Dg0", "{document:#}");
        let drawn = on("inspect", sources.folder(), &[]).expect_code(0);
        let line = drawn.text().lines().find(|line| line.contains("Volume1"));
        let line = line.expect("the volume is named");
        for part in ["dynamic disk (LDM) volume", "D:", "(not read)"] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    Ok(())
}

fn r21_shared_disks_and_devices_of_the_host_are_absent() -> Outcome {
    let mut web = two_disks(Format::Vmcx);
    web.plug(Plug::Scsi(0, 5), "VHD", r"S:\group\quorum.vhds");
    let assigned = "2fcc454e-a36a-4c77-bb5e-a2d75a51f02c";
    let other = "12345678-0000-4000-8000-000000000001";
    for (number, kind, name) in [
        (20, assigned, "Discrete device"),
        (21, other, "Synthetic Fibre Channel Adapter"),
    ] {
        for (key, value) in [("device", kind), ("instance", kind), ("name", name)] {
            web.set(&format!("manifest/vdev{number:03}/{key}"), value);
        }
    }
    web.set("manifest/size", 21);
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let document = json(sources.folder());
    let absent = document["machines"][0]["absent"].clone();
    let absent = absent.as_array().expect("a list");
    let drawn = on("inspect", sources.folder(), &[]).expect_code(0);
    let rows = on("doctor", sources.folder(), &["--json"]).json();
    let rows = rows["machines"][0]["rows"].as_array().expect("a list");
    for (code, kind, what) in [
        ("HV-W841", "shared", "quorum.vhds"),
        ("HV-W842", "device", "Discrete device"),
        ("HV-W843", "device", "Synthetic Fibre Channel Adapter"),
    ] {
        let found = absent.iter().find(|absence| absence["code"] == code);
        let found = found.unwrap_or_else(|| panic!("{code}: {absent:#?}"));
        assert_eq!(found["kind"], kind);
        assert!(found["what"].to_string().contains(what), "{found}");
        assert!(found["remedy"].as_str().is_some_and(|text| text.len() > 20));
        assert!(drawn.text().contains(what), "{what}: {}", drawn.text());
        assert!(
            rows.iter().any(|row| row["code"] == code),
            "{code}: {rows:#?}"
        );
    }
    assert_eq!(
        text(sources.folder(), 0, &[]),
        "system now",
        "the rest is read"
    );
    Ok(())
}

/// Folders of a host as configurations and locators spell them.
const STYLES: [(&str, &str); 4] = [
    (r"D:\Hyper-V\web01", "D:"),
    (
        r"C:\ClusterStorage\Volume1\web01",
        r"C:\ClusterStorage\volume1",
    ),
    (r"\\fs01\vms\web01", r"\\fs01\vms"),
    (
        r"\\?\Volume{0a1b2c3d-0000-4000-8000-00000000abcd}\web01",
        r"\\?\volume{0a1b2c3d-0000-4000-8000-00000000abcd}",
    ),
];

/// `web01` with a home of this style.
fn at(home: &str, format: Format) -> Machine {
    let mut web = Machine::new("web01", format);
    web.home = home.into();
    let system = web.add_disk("web01.vhdx");
    web.add_disk("data.vhdx");
    web.write_text(system, "before");
    web.checkpoint("Before");
    web.write_text(system, "now");
    web
}

fn r25_paths_of_every_style_are_read_and_never_opened() -> Outcome {
    for (home, _) in STYLES {
        for format in super::FORMATS {
            let folder = temp_dir();
            at(home, format).write_to(folder.path(), &Layout::Flat);
            let sources = Sources::made(folder);
            for (state, expected) in [("now", "now"), ("Before", "before")] {
                let found = text(sources.folder(), 0, &["-c", state]);
                assert_eq!(found, expected, "{home}");
            }
        }
    }
    Ok(())
}

fn r25_a_missing_disk_names_its_volume_in_its_style() -> Outcome {
    for (home, volume) in STYLES {
        let mut web = at(home, Format::Vmcx);
        let path = format!(r"{home}\gone\lost.vhdx");
        let gone = web.add_disk_at(Plug::Scsi(0, 5), &path);
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &Layout::Exported);
        std::fs::remove_file(made.disk_file(State::Now, gone))?;
        let sources = Sources::made(folder);
        let document = json(sources.folder());
        let absent = document["machines"][0]["absent"].to_string().to_lowercase();
        let volume = volume.to_lowercase().replace('\\', r"\\");
        assert!(absent.contains(&volume), "{volume}: {absent}");
        assert!(absent.contains("lost.vhdx"), "{absent}");
    }
    Ok(())
}
