//! Configurations that are damaged, or made to do harm, beside a machine that is sound: it is served as if
//! they were not there, each of them is named, and none takes long.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use testkit::configuration::{Configuration, upper};
use testkit::vmcx::{Built, Options, container, mend};
use uuid::Uuid;

use crate::harness::machines::{Format, Layout, Machine, State};
use crate::harness::program::Ran;
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r6_bad_configurations_beside_a_machine_are_named_and_it_is_restored),
        test!(r37_a_bad_configuration_is_never_answered_with_another_machine),
        test!(r27_of_two_copies_the_sound_one_is_used),
        test!(r5_two_thousand_machines_in_one_folder_are_told_apart_soon),
        test!(r3_a_machine_among_thousands_of_other_files_is_found_soon),
    ]
}

/// Longer than it takes without optimization on a busy computer, and far less than what grows with the
/// square of the number of files does.
const SOON: Duration = Duration::from_secs(60);

/// A file whose name says that it is a configuration, and the code that says what is wrong with it.
struct Bad {
    ending: &'static str,
    bytes: Vec<u8>,
    code: &'static str,
}

fn bad(ending: &'static str, bytes: impl Into<Vec<u8>>, code: &'static str) -> Bad {
    let bytes = bytes.into();
    Bad {
        ending,
        bytes,
        code,
    }
}

fn sound() -> Built {
    let keys = Configuration::new("harmless", Uuid::from_u128(0xBAD), 2).keys();
    container(&[keys], &Options::default())
}

/// Containers that are cut, flipped, cyclic.
fn containers() -> Vec<Bad> {
    let sound = sound();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = sound.bytes.clone();
        change(&mut bytes);
        bytes
    };
    let cut = |len| changed(&|bytes| bytes.truncate(len));
    let headers = changed(&|bytes| {
        for at in [10, 4096 + 10] {
            bytes[at] ^= 1;
        }
    });
    vec![
        bad("vmcx", "", "HV-E962"),
        bad("vmcx", cut(20), "HV-D950"),
        bad("vmcx", cut(4096), "HV-D953"),
        bad("vmcx", cut(8192 + 7), "HV-D953"),
        bad("vmcx", vec![0; 65536], "HV-E962"),
        bad("vmcx", headers, "HV-D950"),
    ]
}

/// XML that grows without bound where it is believed, or ends early.
fn texts() -> Vec<Bad> {
    let entities: String = (b'b'..b'z')
        .map(|name| {
            let (name, below) = (char::from(name), char::from(name - 1));
            format!("<!ENTITY {name} \"&{below};&{below};&{below};&{below};\">")
        })
        .collect();
    let bomb =
        format!("<!DOCTYPE c [<!ENTITY a \"aaaa\">{entities}]><configuration>&y;</configuration>");
    let outside = r#"<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]><configuration>&a;</configuration>"#;
    let deep = format!("<configuration>{}", "<a>".repeat(200_000));
    let many = format!("<configuration>{}</configuration>", "<a/>".repeat(300_000));
    let long = format!("<configuration>{}", "x".repeat(17 << 20));
    vec![
        bad("xml", bomb, "HV-E964"),
        bad("xml", outside, "HV-E964"),
        bad("xml", deep, "HV-E964"),
        bad("xml", many, "HV-E964"),
        bad("xml", long, "HV-E962"),
        bad("xml", *b"<configuration>\xff\xfe\x80", "HV-D963"),
    ]
}

/// Puts them into `folder`; their names.
fn put(folder: &Path, all: &[Bad]) -> Vec<String> {
    let put = |(number, bad): (usize, &Bad)| {
        let id = Uuid::from_u128(0xBAD << 64 | number as u128);
        let name = format!("{}.{}", upper(id), bad.ending);
        fs::write(folder.join(&name), &bad.bytes).expect("written");
        name
    };
    all.iter().enumerate().map(put).collect()
}

/// The machine of these tests in `folder`, and the file that it is read by.
fn web(folder: &Path) -> crate::harness::machines::Made {
    let mut web = Machine::new("web01", Format::Vmcx);
    let disk = web.add_disk("web01.vhdx");
    web.write_text(disk, "as it was");
    web.checkpoint("Before");
    web.write_text(disk, "as it is");
    let made = web.write_to(folder, &Layout::Flat);
    for state in [State::Now, State::Checkpoint(0)] {
        let place = made.configuration(state).with_extension("vmgs");
        fs::write(place, b"firmware").expect("written");
    }
    made
}

fn on(command: &str, source: &Path, more: &[&str]) -> Ran {
    let source = source.to_str().expect("a plain path");
    hvrestore([command, source].iter().chain(more))
}

fn r6_bad_configurations_beside_a_machine_are_named_and_it_is_restored() -> Outcome {
    let folder = temp_dir();
    web(folder.path());
    let all: Vec<_> = containers().into_iter().chain(texts()).collect();
    let names = put(folder.path(), &all);
    let sources = Sources::made(folder);
    let out = temp_dir();
    let dest = out.path().join("out");
    let begun = Instant::now();
    let restored = on(
        "restore",
        sources.folder(),
        &["-o", dest.to_str().expect("plain")],
    );
    let inspected = on("inspect", sources.folder(), &[]);
    let raw = on("inspect", sources.folder(), &["--raw"]).expect_code(0);
    let doctor = on("doctor", sources.folder(), &[]);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    for ran in [&restored, &inspected, &raw, &doctor] {
        for (name, bad) in names.iter().zip(&all) {
            let mut lines = ran.stderr.lines();
            let told = lines.find(|line| line.contains(&**name) && line.contains(bad.code));
            assert!(told.is_some(), "{name}, {}: {}", bad.code, ran.stderr);
            let remedy = lines.next().unwrap_or_default();
            assert!(remedy.contains("what to do: "), "{name}: {remedy}");
        }
    }
    let restored = restored.expect_code(0);
    assert!(restored.stdout.starts_with(b"web01"), "{}", restored.text());
    assert!(inspected.text().contains("web01"), "{}", inspected.text());
    let told = on("inspect", sources.folder(), &["--json"]).json();
    let unreadable = told["unreadable"].as_array().expect("a list");
    assert_eq!(unreadable.len(), all.len(), "{unreadable:?}");
    for (word, text) in [("now", "as it is"), ("Before", "as it was")] {
        let path = "disk0/part1/one-cluster.bin";
        let read = on("cat", &dest.join("web01"), &[path, "-c", word]).expect_code(0);
        assert!(read.stdout.starts_with(text.as_bytes()), "{word}");
    }
    Ok(())
}

/// Who names a file wants what is in that file.
fn r37_a_bad_configuration_is_never_answered_with_another_machine() -> Outcome {
    let folder = temp_dir();
    web(folder.path());
    let names = put(folder.path(), &texts());
    let sources = Sources::made(folder);
    let out = temp_dir();
    let dest = out.path().join("out");
    let source = sources.path(&names[0]);
    for (command, more) in [
        ("restore", &["-o", dest.to_str().expect("plain")][..]),
        ("inspect", &[]),
        ("doctor", &[]),
        ("ls", &[]),
    ] {
        let ran = on(command, &source, more);
        assert!(
            matches!(ran.code, Some(13 | 15)),
            "{command}: {:?}",
            ran.code
        );
        assert!(
            ran.stderr.contains("error: ") && ran.stderr.contains("HV-E964"),
            "{}",
            ran.stderr
        );
    }
    assert!(!dest.exists());
    Ok(())
}

fn r27_of_two_copies_the_sound_one_is_used() -> Outcome {
    let folder = temp_dir();
    let made = web(folder.path());
    let configuration = made.configuration(State::Now);
    let mut copy = fs::read(configuration)?;
    let end = copy.len();
    // The last table of keys is gone; where it lies counts for the copy.
    copy[end - 4096..].fill(0);
    mend(&mut copy);
    let place = folder.path().join("Virtual Machines");
    fs::create_dir(&place)?;
    fs::write(place.join(configuration.file_name().expect("one")), copy)?;
    let sources = Sources::made(folder);
    let told = on("inspect", sources.folder(), &["--json"]).json();
    assert_eq!(told["machines"][0]["parts"]["disks"]["status"], "present");
    let problems = &told["machines"][0]["configuration"]["problems"];
    assert_eq!(problems.as_array().map(Vec::len), Some(0), "{problems}");
    Ok(())
}

fn r5_two_thousand_machines_in_one_folder_are_told_apart_soon() -> Outcome {
    const COUNT: u128 = 2000;
    let folder = temp_dir();
    let options = Options {
        log_pages: 1,
        ..Options::default()
    };
    for number in 0..COUNT {
        let id = Uuid::from_u128(0x5eed << 64 | number);
        let keys = Configuration::new(&format!("vm{number}"), id, 2).keys();
        let place = folder.path().join(format!("{}.vmcx", upper(id)));
        fs::write(place, container(&[keys], &options).bytes)?;
    }
    web(folder.path());
    let begun = Instant::now();
    let listed = on("ls", folder.path(), &[]).expect_code(2);
    let found = on("ls", folder.path(), &["--vm", "web01"]).expect_code(0);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(
        listed.stderr.contains("2001 machines"),
        "{}",
        &listed.stderr[..200]
    );
    assert!(!found.stdout.is_empty());
    Ok(())
}

/// Wine takes minutes for what Linux and Windows do in a second.
const STRANGERS: usize = if cfg!(windows) { 500 } else { 20_000 };

fn r3_a_machine_among_thousands_of_other_files_is_found_soon() -> Outcome {
    let folder = temp_dir();
    let sound = folder.path().join("deep/within");
    fs::create_dir_all(&sound)?;
    web(&sound);
    for number in 0..STRANGERS {
        let place = folder.path().join(format!("{}", number % 50));
        if number < 50 {
            fs::create_dir(&place)?;
        }
        let ending = ["txt", "dat", "", "pdf"][number / 50 % 4];
        fs::write(place.join(format!("{number}.{ending}")), b"nothing")?;
    }
    let begun = Instant::now();
    let found = on("ls", folder.path(), &[]).expect_code(0);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(!found.stdout.is_empty());
    Ok(())
}
