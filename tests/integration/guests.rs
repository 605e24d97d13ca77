//! Drive letters and what `inspect` says of the guest, by its own registry: `testdata/guest`, a machine
//! with two disks whose letters changed between its two states.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::program::run;
use crate::harness::{Outcome, Sources, Test, hvrestore, repository, test};
use crate::manifest::text;

pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(r17_letters_are_the_guests_own_in_each_state),
        test!(a_letter_of_another_disk_is_said_to_be_so),
        test!(a_letter_that_nobody_knows_is_a_choice),
        test!(inspect_tells_of_the_guest),
        test!(two_installations_that_know_as_much_are_a_guess),
        test!(a_registry_that_cannot_be_read_leaves_a_guess),
        test!(a_letter_of_what_is_no_volume_says_so),
        test!(links_follow_the_letter),
        test!(other_readers_agree)
            .needs_tool("hivexget")
            .needs_tool("regipy-process-transaction-logs"),
    ]
}

const FILES: [&str; 3] = [
    "guest/data.vhdx.zst",
    "guest/system.vhdx.zst",
    "guest/system_now.avhdx.zst",
];

fn machine() -> Sources {
    Sources::testdata(&FILES)
}

fn ls(sources: &Sources, more: &[&str]) -> crate::harness::program::Ran {
    let folder = sources.folder().to_str().expect("a plain path");
    hvrestore(["ls", folder].iter().chain(more))
}

/// The running state's letters are in the logs of its registry.
fn r17_letters_are_the_guests_own_in_each_state() -> Outcome {
    let sources = machine();
    for (state, d, f) in [("now", "second", "first"), ("base", "first", "second")] {
        for (letter, label) in [("D:", d), ("F:", f)] {
            let listed = ls(&sources, &[letter, "-c", state]).expect_code(0);
            assert_eq!(listed.text(), format!("{label}.txt\n"), "{letter} {state}");
        }
        let system = ls(&sources, &["C:", "-c", state]).expect_code(0);
        assert_eq!(system.text(), "Windows/\n");
    }
    let said = ls(&sources, &["d:", "-v"]).expect_code(0);
    assert!(
        said.stderr
            .contains("D: is disk0/part2 'second', by the registry on disk1/part1")
    );
    Ok(())
}

fn a_letter_of_another_disk_is_said_to_be_so() -> Outcome {
    let sources = machine();
    let ran = ls(&sources, &[r"E:\x"]).expect_code(17);
    assert!(
        ran.stderr
            .contains("0x100000 of the MBR disk with signature 0badd15c"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("HV-E830") && ran.stderr.contains("disk0/part2 (D:)"));
    // A disk that is left out is not in the backup.
    let system = Sources::testdata(&FILES[1..]);
    let ran = ls(&system, &["D:"]).expect_code(17);
    assert!(ran.stderr.contains("signature 1d5ea5ed"), "{}", ran.stderr);
    Ok(())
}

fn a_letter_that_nobody_knows_is_a_choice() -> Outcome {
    let ran = ls(&machine(), &["G:"]).expect_code(2);
    assert!(ran.stderr.contains("HV-E807") && ran.stderr.contains("disk1/part1 (C:)"));
    let data = Sources::testdata(&FILES[..1]);
    let ran = ls(&data, &["C:"]).expect_code(0);
    assert!(
        ran.stderr.contains("no Windows installation was found"),
        "{}",
        ran.stderr
    );
    Ok(())
}

fn inspect(folder: &str, more: &[&str]) -> Value {
    hvrestore(
        ["inspect", "--json", "--no-counts", folder]
            .iter()
            .chain(more),
    )
    .expect_code(0)
    .json()
}

fn inspect_tells_of_the_guest() -> Outcome {
    let sources = machine();
    let folder = sources.folder().to_str().expect("a plain path");
    let document = inspect(folder, &[]);
    assert_eq!(document["letters"]["volume"], "disk1/part1");
    let guest = &document["guests"][0];
    assert_eq!(guest["volume"], "disk1/part1");
    assert_eq!(guest["os"]["product"], "Windows Server 2022 Standard");
    assert_eq!(guest["os"]["build"], "20348.2402");
    assert_eq!(guest["os"]["installed"], "2024-02-01T09:00:00.0000000Z");
    assert_eq!(
        (&guest["host_name"], &guest["domain"]),
        (&"dc02".into(), &"corp.example".into())
    );
    assert_eq!(guest["processor"]["architecture"], "AMD64");
    let roles: Vec<_> = guest["roles"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|role| &role["role"])
        .collect();
    assert_eq!(roles, ["SQL Server", "domain controller"]);
    assert_eq!(
        (
            &guest["hives"][0]["dirty"],
            &guest["hives"][0]["log_entries_applied"]
        ),
        (&true.into(), &2.into())
    );
    let letter =
        |disk: usize, part: usize| &document["disks"][disk]["partitions"][part]["volume"]["letter"];
    assert_eq!([letter(0, 0), letter(0, 1), letter(1, 0)], ["F", "D", "C"]);
    let base = inspect(folder, &["-c", "base"]);
    assert_eq!(base["guests"][0]["hives"][0]["dirty"], false);
    let drawn = hvrestore(["inspect", folder])
        .expect_code(0)
        .text()
        .to_owned();
    for line in [
        "D: is disk0/part2",
        "E: is not in this backup",
        "role: domain controller",
        "2 log entries",
    ] {
        assert!(drawn.contains(line), "{line}: {drawn}");
    }
    Ok(())
}

/// The same machine twice: neither registry counts more than the other.
fn two_installations_that_know_as_much_are_a_guess() -> Outcome {
    let demo = repository().join("testdata/demo/web01/Virtual Hard Disks/web01.vhdx");
    let folder = crate::harness::temp_dir();
    for name in ["one.vhdx", "two.vhdx"] {
        std::fs::copy(&demo, folder.path().join(name))?;
    }
    let sources = Sources::made(folder);
    let ran = ls(&sources, &["C:"]);
    assert!(
        ran.stderr.contains("more than one Windows installation"),
        "{}",
        ran.stderr
    );
    Ok(())
}

/// A folder with a copy of each image, in which the bytes given with it are zeros wherever they stand.
fn without(images: &[(&Path, Option<&[u8]>)]) -> Sources {
    let folder = crate::harness::temp_dir();
    for (image, what) in images {
        let mut bytes = std::fs::read(image).expect("an image");
        for place in what.map_or_else(Vec::new, |what| places(&bytes, what)) {
            bytes[place].fill(0);
        }
        let name = image.file_name().expect("an image has a name");
        std::fs::write(folder.path().join(name), bytes).expect("a copy");
    }
    Sources::made(folder)
}

fn places(bytes: &[u8], what: &[u8]) -> Vec<Range<usize>> {
    let windows = bytes.windows(what.len()).enumerate();
    let found = windows.filter(|(_, found)| *found == what);
    found.map(|(at, _)| at..at + what.len()).collect()
}

fn a_registry_that_cannot_be_read_leaves_a_guess() -> Outcome {
    let demo = repository().join("testdata/demo/web01/Virtual Hard Disks/web01.vhdx");
    let sources = without(&[(&demo, Some(b"regf"))]);
    let ran = ls(&sources, &["C:", "-v"]).expect_code(0);
    for said in [r"it holds \Windows; its registry cannot be read", "HV-D901"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    let folder = sources.folder().to_str().expect("a plain path");
    let guest = &inspect(folder, &[])["guests"][0];
    assert_eq!(guest["notes"][0]["code"], "HV-D901");
    assert_eq!(guest["os"]["product"], Value::Null, "nothing is made up");
    Ok(())
}

/// `D:` is known, its partition is here, and its boot sectors are gone.
fn a_letter_of_what_is_no_volume_says_so() -> Outcome {
    let machine = machine();
    let images = ["data.vhdx", "system.vhdx"].map(|name| machine.path(name));
    let [data, system] = &images;
    let sources = without(&[(data, Some(b"\xebR\x90NTFS    ")), (system, None)]);
    let ran = ls(&sources, &["D:"]).expect_code(15);
    assert!(ran.stderr.contains("D: is disk0/part1"), "{}", ran.stderr);
    Ok(())
}

/// `\Documents and Settings` of the demo leads to `C:\Users`, which comes along.
fn links_follow_the_letter() -> Outcome {
    let out = crate::harness::temp_dir();
    let dest = out.path().join("out");
    let dest = dest.to_str().expect("a plain path");
    hvrestore(["extract", "testdata/demo", "/", "-o", dest]).expect_code(0);
    // On Windows it takes a privilege to make links, and Wine has none.
    let ana = format!("{dest}/Documents and Settings/ana");
    assert!(cfg!(windows) || std::fs::metadata(ana)?.is_dir());
    Ok(())
}

/// regipy applies the logs, hivex reads the values: both know the devices that we do.
fn other_readers_agree() -> Outcome {
    let sources = machine();
    let folder = sources.folder().to_str().expect("a plain path");
    let out = crate::harness::temp_dir();
    let dest = out.path().join("out");
    let files = r"C:\Windows\System32\config\SYSTEM*";
    let arguments = [
        "extract",
        folder,
        files,
        "-o",
        dest.to_str().expect("a plain path"),
    ];
    hvrestore(arguments).expect_code(0);
    let config = dest.join("Windows/System32/config");
    // One after the other: given both at once, regipy takes the second log first.
    let mut hive = config.join("SYSTEM");
    for log in ["SYSTEM.LOG1", "SYSTEM.LOG2"] {
        let replayed = config.join(format!("after {log}"));
        let mut regipy = Command::new("regipy-process-transaction-logs");
        regipy
            .arg(&hive)
            .arg("-p")
            .arg(config.join(log))
            .arg("-o")
            .arg(&replayed);
        run(regipy).expect_code(0);
        hive = replayed;
    }
    // regipy leaves the checksum of the base block as it was, and hivex insists on it.
    let mut bytes = std::fs::read(&hive)?;
    testkit::hive::mend(&mut bytes);
    std::fs::write(&hive, bytes)?;
    let mut hivexget = Command::new("hivexget");
    hivexget.arg(&hive).arg("MountedDevices");
    let theirs: BTreeSet<_> = run(hivexget)
        .expect_code(0)
        .text()
        .lines()
        .map(device)
        .collect();
    let document = inspect(folder, &[]);
    let ours = document["guests"][0]["mounted"].as_array().expect("a list");
    let ours = ours
        .iter()
        .map(|mounted| (text(&mounted["letter"]), text(&mounted["device"])));
    assert_eq!(theirs, ours.collect());
    assert_eq!(theirs.len(), 4);
    Ok(())
}

/// A line of hivexget, `"\\DosDevices\\C:"=hex(3):01,..`, as the letter and what inspect calls the device.
fn device(line: &str) -> (String, String) {
    let (name, data) = line.split_once("=hex(3):").expect("a binary value");
    let letter = name.trim_matches('"').trim_end_matches(':').chars().last();
    let bytes = data
        .split(',')
        .map(|byte| u8::from_str_radix(byte, 16).expect("hex"));
    let bytes: Vec<u8> = bytes.collect();
    let device = match bytes.strip_prefix(b"DMIO:ID:") {
        Some(id) => {
            let id = uuid::Uuid::from_bytes_le(id.try_into().expect("a GUID"));
            format!("the partition or volume {id}")
        }
        None => {
            let signature = u32::from_le_bytes(bytes[..4].try_into().expect("four bytes"));
            let offset = u64::from_le_bytes(bytes[4..].try_into().expect("eight bytes"));
            format!("the partition at {offset:#x} of the MBR disk with signature {signature:08x}")
        }
    };
    (letter.map(String::from).expect("a letter"), device)
}
