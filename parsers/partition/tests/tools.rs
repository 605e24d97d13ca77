//! Disks of the testkit, read as `sfdisk` and `ldmtool` read them. Ignored unless asked for.

#![cfg(unix)]
#![expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "tests fail loudly, and count in what is at hand"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use blockio::{Memory, ReadAt};
use hvrestore_partition::{Table, ldm, read};
use testkit::ldm::{Extent, Group, Plex, Volume};
use testkit::mutate::Chance;
use testkit::partition::{Mbr, MbrPart};
use uuid::Uuid;

/// What a program prints.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn table(disk: Vec<u8>) -> Table {
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(disk));
    read(&disk, 512).expect("a sound disk")
}

/// The number behind `name` in a line of `sfdisk --dump`.
fn field(line: &str, name: &str, radix: u32) -> u64 {
    let (_, rest) = line.split_once(name).expect("the field is there");
    let digits = rest.trim_start().split(',').next().expect("a value");
    u64::from_str_radix(digits.trim(), radix).expect("a number")
}

#[test]
#[ignore = "needs sfdisk"]
fn sfdisk_reads_primary_and_logical_partitions_alike() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("disk");
    let mut chance = Chance::new(11);
    for _ in 0..20 {
        let mut part = || MbrPart {
            type_id: chance.one_of(&[0x07, 0x0c, 0x27, 0x83, 0x82, 0x8e]),
            active: false,
            bytes: vec![0; 512 * (1 + chance.below(40))],
        };
        let primaries = (0..3).map(|_| part()).collect();
        let logicals = (0..4).map(|_| part()).collect();
        let disk = Mbr::new(primaries, logicals).build();
        std::fs::write(&path, &disk).expect("it is written");
        let name = path.to_str().expect("UTF-8");
        let dump = run("sfdisk", &["--dump", name]);
        let lines = dump.lines().filter(|line| line.contains("start="));
        let theirs = lines.map(|line| {
            let (number, _) = line[name.len()..].split_once(':').expect("a number");
            let number = number.trim().parse::<u64>().expect("a number");
            (
                number,
                field(line, "start=", 10),
                field(line, "size=", 10),
                field(line, "type=", 16),
            )
        });
        // The container, which is no partition of ours.
        let theirs: Vec<_> = theirs
            .filter(|(_, _, _, type_id)| *type_id != 0x0f)
            .collect();
        let ours = table(disk).partitions.into_iter().map(|part| {
            let hvrestore_partition::TypeId::Mbr(type_id) = part.type_id else {
                panic!("{part:?}")
            };
            (
                part.number.into(),
                part.start / 512,
                part.len / 512,
                type_id.into(),
            )
        });
        assert_eq!(ours.collect::<Vec<_>>(), theirs);
    }
}

fn group() -> Group {
    let extent = |disk, start, offset, len, column| Extent {
        disk,
        start,
        offset,
        len,
        column,
    };
    let concatenated = |extents| Plex {
        layout: 2,
        stripe: None,
        extents,
    };
    let columns = |layout, count| Plex {
        layout,
        stripe: Some(128),
        extents: (0..count)
            .map(|n| extent(n, 4000, 0, 1024, n as u64))
            .collect(),
    };
    let volume = |name: &str, drive: Option<&str>, size, plexes| Volume {
        name: name.into(),
        drive: drive.map(Into::into),
        size,
        guid: Uuid::from_u128(size.into()),
        plexes,
    };
    Group {
        name: "HOST-Dg0".into(),
        guid: Uuid::from_u128(0xabcd_ef01_2345),
        disks: (1..=3)
            .map(|n| (format!("Disk{n}"), Uuid::from_u128(n)))
            .collect(),
        volumes: vec![
            volume(
                "Volume1",
                Some("D:"),
                1000,
                vec![concatenated(vec![extent(0, 1, 0, 1000, 0)])],
            ),
            volume(
                "Volume2",
                None,
                2000,
                vec![concatenated(vec![
                    extent(0, 1001, 0, 1200, 0),
                    extent(1, 1, 1200, 800, 0),
                ])],
            ),
            volume("Stripe1", Some("E:"), 2048, vec![columns(1, 2)]),
            volume(
                "Mirror with a name so long that its record takes several fragments",
                Some("F:"),
                512,
                vec![
                    concatenated(vec![extent(0, 6000, 0, 512, 0)]),
                    concatenated(vec![extent(2, 6000, 0, 512, 0)]),
                ],
            ),
            volume("Raid1", Some("G:"), 2049, vec![columns(3, 3)]),
        ],
    }
}

/// What `ldmtool show volume` prints, by our own reading.
fn described(ldm: &ldm::Database, volume: &ldm::Volume) -> Vec<String> {
    let quoted = |name: &str, value: &str| format!("\"{name}\" : \"{value}\"");
    let mut lines = vec![
        quoted("name", &volume.name),
        quoted("guid", &volume.guid.to_string()),
        quoted("type", &volume.kind.name().replace('-', "")),
        format!("\"size\" : {}", volume.size / 512),
    ];
    lines.extend(volume.drive.iter().map(|drive| quoted("hint", drive)));
    let extents = volume.plexes.iter().flat_map(|plex| &plex.extents);
    // The testkit calls partitions by their disk.
    lines.extend(extents.map(|extent| {
        let disk = extent.disk.expect("its disk is known");
        format!("\"{}-", ldm.disks[disk].name)
    }));
    lines
}

#[test]
#[ignore = "needs ldmtool"]
fn ldmtool_lists_the_same_volumes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let group = group();
    let data = vec![0; 8000 * 512];
    for (kind, disks) in [
        ("mbr", [0, 1, 2].map(|disk| group.mbr_disk(disk, &data))),
        ("gpt", [0, 1, 2].map(|disk| group.gpt_disk(disk, &data))),
    ] {
        let paths: Vec<_> = (0..3)
            .map(|disk| folder.path().join(format!("{kind}{disk}")))
            .collect();
        for (path, disk) in paths.iter().zip(&disks) {
            std::fs::write(path, disk).expect("it is written");
        }
        for disk in disks {
            let ldm = table(disk).ldm.expect("a dynamic disk");
            assert_eq!(ldm.volumes.len(), group.volumes.len());
            for volume in &ldm.volumes {
                let theirs = show(&paths, &group, &volume.name);
                for line in described(&ldm, volume) {
                    assert!(theirs.contains(&line), "{kind}: {line} in {theirs}");
                }
            }
        }
    }
}

fn show(disks: &[impl AsRef<Path>], group: &Group, volume: &str) -> String {
    let mut arguments = Vec::new();
    for disk in disks {
        arguments.extend(["-d", disk.as_ref().to_str().expect("UTF-8")]);
    }
    let guid = group.guid.to_string();
    arguments.extend(["show", "volume", &guid, volume]);
    run("ldmtool", &arguments)
}
