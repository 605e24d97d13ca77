//! Disks that cannot be opened: named, with the place, what was expected and what was found.

use testkit::vhdx::{
    BAT_REGION, Built, FILE_PARAMETERS, Image, LOGICAL_SECTOR_SIZE, MIB, REQUIRED,
    VIRTUAL_DISK_SIZE,
};
use uuid::Uuid;

use super::{demo_disks, run, stops};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    let cases = CASES.iter().map(|case| {
        let name = format!("failures::disks::refuses::{}", case.what);
        Test::new(name, || refuses(case))
    });
    let others = [
        test!(other_disks_of_the_folder_are_served),
        test!(nothing_but_zeros),
        test!(a_volume_whose_first_bytes_are_lost),
        test!(the_only_reason_is_said_once),
    ];
    cases.chain(others).collect()
}

/// One way in which a disk can be wrong as a whole.
struct Case {
    what: &'static str,
    exit: i32,
    code: &'static str,
    /// What the message says of the place.
    place: &'static str,
    spoil: fn(&mut Built),
}

const CASES: &[Case] = &[
    Case {
        what: "bad_file_identifier",
        exit: 13,
        code: "HV-D101",
        place: "0x0",
        spoil: |file| file.put(0, b"VHDXFILE"),
    },
    Case {
        what: "both_headers",
        exit: 13,
        code: "HV-D103",
        place: "header",
        spoil: |file| {
            file.spoil((64 << 10) + 30);
            file.spoil((128 << 10) + 30);
        },
    },
    Case {
        what: "headers_that_disagree",
        exit: 13,
        code: "HV-D104",
        place: "header",
        spoil: |file| {
            file.edit_headers(|header| header[8..16].copy_from_slice(&9_u64.to_le_bytes()));
            file.edit_header(1, |header| header[16] ^= 1);
        },
    },
    Case {
        what: "unknown_version",
        exit: 15,
        code: "HV-E105",
        place: "header",
        spoil: |file| file.edit_headers(|header| header[66] = 2),
    },
    Case {
        what: "both_region_tables",
        exit: 13,
        code: "HV-D106",
        place: "region table",
        spoil: |file| {
            file.spoil((192 << 10) + 20);
            file.spoil((256 << 10) + 20);
        },
    },
    Case {
        what: "region_beyond_the_file",
        exit: 13,
        code: "HV-D107",
        place: "region",
        spoil: |file| file.move_region(BAT_REGION, 1 << 40, 1 << 20),
    },
    Case {
        what: "unknown_required_region",
        exit: 15,
        code: "HV-E108",
        place: "region",
        spoil: |file| {
            let end = file.end();
            file.truncate(end + MIB);
            file.add_region(Uuid::from_u128(7), end..end + MIB, true);
        },
    },
    Case {
        what: "metadata_table",
        exit: 13,
        code: "HV-D110",
        place: "metadata",
        spoil: |file| file.put(file.layout.metadata.start, b"METADATA"),
    },
    Case {
        what: "unknown_required_item",
        exit: 15,
        code: "HV-E111",
        place: "metadata",
        spoil: |file| file.add_item(Uuid::from_u128(8), REQUIRED, b"new"),
    },
    Case {
        what: "block_size_of_3_mib",
        exit: 13,
        code: "HV-D113",
        place: "block size",
        spoil: |file| file.put_item(FILE_PARAMETERS, &(3_u32 << 20).to_le_bytes()),
    },
    Case {
        what: "sector_size_of_520",
        exit: 13,
        code: "HV-D113",
        place: "sector size",
        spoil: |file| file.put_item(LOGICAL_SECTOR_SIZE, &520_u32.to_le_bytes()),
    },
    Case {
        what: "disk_size_of_all_ones",
        exit: 13,
        code: "HV-D113",
        place: "disk size",
        spoil: |file| file.put_item(VIRTUAL_DISK_SIZE, &u64::MAX.to_le_bytes()),
    },
    Case {
        what: "table_too_small_for_the_disk",
        exit: 13,
        code: "HV-D114",
        place: "BAT at 0x300000",
        spoil: |file| file.put_item(VIRTUAL_DISK_SIZE, &(1_u64 << 44).to_le_bytes()),
    },
    Case {
        what: "cut_before_the_metadata",
        exit: 13,
        code: "HV-D10",
        place: "0x4b000",
        spoil: |file| file.truncate(300 << 10),
    },
];

fn refuses(case: &Case) -> Outcome {
    let mut image = Image::dynamic(4 << 20);
    image.write(0, &[7; 4096]);
    let mut file = image.build();
    (case.spoil)(&mut file);
    let folder = temp_dir();
    file.write_to(&folder.path().join("spoiled.vhdx"))?;
    let sources = Sources::made(folder);
    for source in [sources.path("spoiled.vhdx"), sources.folder().to_owned()] {
        let ran = run("flatten", &source, &["-o", "-"]);
        let ran = stops(ran, case.exit, case.code, &["spoiled.vhdx", case.place]);
        assert!(ran.stdout.is_empty());
        stops(
            run("ls", &source, &[]),
            case.exit,
            case.code,
            &["spoiled.vhdx"],
        );
        let inspected = run("inspect", &source, &[]);
        assert_eq!(inspected.code, Some(case.exit), "{}", inspected.stderr);
        let said = inspected.stderr.clone() + inspected.text();
        assert!(
            said.contains(case.code) && said.contains("spoiled.vhdx"),
            "{said}"
        );
    }
    Ok(())
}

fn nothing_but_zeros() -> Outcome {
    let folder = temp_dir();
    for name in ["x.vhdx", "x.avhdx", "x.vhd"] {
        std::fs::write(folder.path().join(name), vec![0; 70_000])?;
    }
    let sources = Sources::made(folder);
    for name in ["x.vhdx", "x.avhdx", "x.vhd"] {
        let source = sources.path(name);
        for command in ["ls", "hash"] {
            stops(run(command, &source, &[]), 13, "HV-D", &[name]);
        }
    }
    Ok(())
}

/// What can be served is served, what cannot is named, and that is exit 3.
fn other_disks_of_the_folder_are_served() -> Outcome {
    let folder = temp_dir();
    for entry in std::fs::read_dir(demo_disks())? {
        let path = entry?.path();
        std::fs::copy(&path, folder.path().join(path.file_name().expect("a name")))?;
    }
    std::fs::write(folder.path().join("data.vhdx"), vec![0; 70_000])?;
    let sources = Sources::made(folder);
    let ran = run("ls", sources.folder(), &[r"C:\Users\ana"]);
    assert!(ran.text().contains("Documents/"), "{}", ran.text());
    assert!(
        ran.stderr.contains("data.vhdx") && ran.stderr.contains("HV-D101"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("what to do: "), "{}", ran.stderr);
    Ok(())
}

/// A base that was cut off: what its volume was cannot be told, which is damage and no answer.
fn a_volume_whose_first_bytes_are_lost() -> Outcome {
    let folder = temp_dir();
    let short = folder.path().join("web01.vhdx");
    std::fs::copy(demo_disks().join("web01.vhdx"), &short)?;
    let file = std::fs::OpenOptions::new().write(true).open(&short)?;
    file.set_len(5 * MIB)?;
    let sources = Sources::made(folder);
    for command in ["ls", "tree", "find", "hash"] {
        let ran = run(command, sources.folder(), &[]);
        let ran = stops(
            ran,
            13,
            "HV-D420",
            &["disk0", "HV-D123", "copy the file again"],
        );
        assert!(ran.stdout.is_empty(), "{command}");
    }
    for command in ["inspect", "chain"] {
        let ran = run(command, sources.folder(), &[]).expect_code(3);
        assert!(ran.stderr.contains("HV-D420"), "{command}: {}", ran.stderr);
    }
    Ok(())
}

fn the_only_reason_is_said_once() -> Outcome {
    let folder = temp_dir();
    let leaf = "web01_CE235999-FD3C-5562-B631-585FE5FD80B5.avhdx";
    std::fs::copy(demo_disks().join(leaf), folder.path().join(leaf))?;
    let sources = Sources::made(folder);
    let ran = stops(run("ls", sources.folder(), &[]), 11, "HV-E501", &[leaf]);
    assert_eq!(ran.stderr.matches("[HV-E501]").count(), 1, "{}", ran.stderr);
    Ok(())
}
