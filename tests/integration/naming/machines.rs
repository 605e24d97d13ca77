//! Several machines in one source, and files of one machine in several places.

use std::fs;

use crate::harness::machines::{Format, Layout, Machine, State};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

use super::{on, read, text, two_disks};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r5_more_than_one_machine_is_a_choice),
        test!(r5_a_machine_by_name_guid_and_pattern),
        test!(r5_two_machines_of_one_name_are_told_apart_by_their_ids),
        test!(r5_chain_and_inspect_show_all_machines),
        test!(r3_every_layout_reads_the_same),
        test!(r3_disks_in_another_folder_are_found_by_search),
        test!(r24_a_folder_of_the_host_is_mapped),
        test!(disks_of_no_configuration_are_beside_a_machine),
        test!(r34_names_of_windows_are_read_everywhere),
    ]
}

/// `web01` and `web02`, each with one disk and one checkpoint.
fn two_machines() -> Sources {
    let folder = temp_dir();
    for (name, format) in [("web01", Format::Vmcx), ("web02", Format::Xml)] {
        let mut machine = Machine::new(name, format);
        let system = machine.add_disk(&format!("{name}.vhdx"));
        machine.write_text(system, &format!("{name} before"));
        machine.checkpoint("Before");
        machine.write_text(system, &format!("{name} now"));
        machine.write_to(folder.path(), &Layout::Exported);
    }
    Sources::made(folder)
}

fn id(name: &str) -> String {
    Machine::new(name, Format::Xml)
        .id
        .to_string()
        .to_uppercase()
}

fn r5_more_than_one_machine_is_a_choice() -> Outcome {
    let sources = two_machines();
    for command in ["ls", "find", "tree", "hash", "extract", "flatten"] {
        let out = temp_dir();
        let out = out.path().join("out");
        let out = out.to_str().expect("a plain path");
        let more = match command {
            "extract" | "flatten" => vec!["-o", out],
            _ => vec![],
        };
        let ran = on(command, sources.folder(), &more).expect_code(2);
        for part in ["HV-E805", "--vm", &id("web01"), &id("web02")] {
            assert!(
                ran.stderr.contains(part),
                "{command} {part}: {}",
                ran.stderr
            );
        }
    }
    Ok(())
}

fn r5_a_machine_by_name_guid_and_pattern() -> Outcome {
    let sources = two_machines();
    let (first, second) = (id("web01"), id("web02").to_lowercase());
    for (asked, name) in [
        ("web01", "web01"),
        ("WEB02", "web02"),
        (&*first, "web01"),
        (&*second, "web02"),
        ("*2", "web02"),
    ] {
        let now = text(sources.folder(), 0, &["--vm", asked]);
        assert_eq!(now, format!("{name} now"), "{asked}");
        let before = text(sources.folder(), 0, &["--vm", asked, "-c", "before"]);
        assert_eq!(before, format!("{name} before"), "{asked}");
    }
    let both = read(sources.folder(), 0, &["--vm", "web*"]).expect_code(2);
    assert!(both.stderr.contains("HV-E805"), "{}", both.stderr);
    let none = read(sources.folder(), 0, &["--vm", "web"]).expect_code(2);
    for part in ["HV-E831", "web01", "web02"] {
        assert!(none.stderr.contains(part), "{part}: {}", none.stderr);
    }
    Ok(())
}

fn r5_two_machines_of_one_name_are_told_apart_by_their_ids() -> Outcome {
    let folder = temp_dir();
    let mut ids = Vec::new();
    for number in 0..2 {
        let mut machine = Machine::new(&format!("made-{number}"), Format::Vmcx);
        machine.set("properties/name", "web01");
        let system = machine.add_disk(&format!("system-{number}.vhdx"));
        machine.write_text(system, &format!("number {number}"));
        ids.push(machine.id.to_string().to_uppercase());
        machine.write_to(folder.path(), &Layout::Exported);
    }
    let sources = Sources::made(folder);
    let ran = read(sources.folder(), 0, &["--vm", "web01"]).expect_code(2);
    assert!(
        ids.iter().all(|id| ran.stderr.contains(&**id)),
        "{}",
        ran.stderr
    );
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(
            text(sources.folder(), 0, &["--vm", id]),
            format!("number {number}")
        );
    }
    Ok(())
}

fn r5_chain_and_inspect_show_all_machines() -> Outcome {
    let sources = two_machines();
    for command in ["chain", "inspect"] {
        let all = on(command, sources.folder(), &[]).expect_code(0);
        assert!(all.text().contains(&id("web01")) && all.text().contains(&id("web02")));
        let one = on(command, sources.folder(), &["--vm", "web02"]).expect_code(0);
        assert!(!one.text().contains(&id("web01")) && one.text().contains(&id("web02")));
        let json = on(command, sources.folder(), &["--json"])
            .expect_code(0)
            .json();
        let names: Vec<_> = json["disks"].as_array().expect("a list").iter().collect();
        let names: Vec<_> = names.iter().map(|disk| disk["vm"].as_str()).collect();
        assert_eq!(names, [Some("web01"), Some("web02")], "{command}");
    }
    Ok(())
}

fn r3_every_layout_reads_the_same() -> Outcome {
    for layout in [Layout::Exported, Layout::Flat, Layout::Original] {
        let folder = temp_dir();
        two_disks(Format::Xml).write_to(folder.path(), &layout);
        let sources = Sources::made(folder);
        for (state, expected) in [("now", "now"), ("#1", "updated"), ("#0", "as installed")] {
            for (disk, word) in [(0, "system"), (1, "data")] {
                let found = text(sources.folder(), disk, &["-c", state]);
                assert_eq!(found, format!("{word} {expected}"), "{layout:?} {state}");
            }
        }
    }
    Ok(())
}

fn r3_disks_in_another_folder_are_found_by_search() -> Outcome {
    let folder = temp_dir();
    let elsewhere = temp_dir();
    two_disks(Format::Vmcx).write_to(folder.path(), &Layout::Exported);
    let disks = folder.path().join("web01").join("Virtual Hard Disks");
    fs::rename(&disks, elsewhere.path().join("disks"))?;
    let (sources, others) = (Sources::made(folder), Sources::made(elsewhere));
    let without = read(sources.folder(), 0, &[]).expect_code(2);
    assert!(without.stderr.contains("HV-E806"), "{}", without.stderr);
    let search = others.folder().to_str().expect("a plain path");
    assert_eq!(
        text(sources.folder(), 1, &["--search", search, "-c", "after"]),
        "data updated"
    );
    Ok(())
}

/// Two disks of one name, told apart by the host's folders alone.
fn r24_a_folder_of_the_host_is_mapped() -> Outcome {
    let folder = temp_dir();
    let (one, two) = (temp_dir(), temp_dir());
    let mut web = Machine::new("web01", Format::Vmcx);
    let paths = [
        r"C:\ClusterStorage\Volume1\disk.vhdx",
        r"C:\ClusterStorage\Volume2\disk.vhdx",
    ];
    let disks = [0, 1].map(|number| {
        let plug = testkit::configuration::Plug::Scsi(0, number);
        let disk = web.add_disk_at(plug, paths[number as usize]);
        web.write_text(disk, &format!("volume {}", number + 1));
        disk
    });
    let made = web.write_to(folder.path(), &Layout::Original);
    for (disk, to) in disks.iter().zip([&one, &two]) {
        fs::rename(
            made.disk_file(State::Now, *disk),
            to.path().join("disk.vhdx"),
        )?;
    }
    let sources = Sources::made(folder);
    let others = [Sources::made(one), Sources::made(two)];
    let map = |number: usize, to: usize| {
        let to = others[to].folder().display();
        format!(r"c:\clusterstorage\volume{number}={to}")
    };
    for (first, second) in [(0, 1), (1, 0)] {
        let (first_map, second_map) = (map(1, first), map(2, second));
        let maps = ["--map", &first_map, "--map", &second_map];
        let found = [0, 1].map(|disk| text(sources.folder(), disk, &maps));
        let expected = [first, second].map(|number| format!("volume {}", number + 1));
        assert_eq!(found, expected, "the operator's word counts");
    }
    Ok(())
}

fn disks_of_no_configuration_are_beside_a_machine() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Vmcx);
    let system = web.add_disk("web01.vhdx");
    web.write_text(system, "configured");
    web.write_to(folder.path(), &Layout::Exported);
    let mut stray = Machine::new("stray", Format::Vmcx);
    let disk = stray.add_disk("stray.vhdx");
    stray.write_text(disk, "without");
    let made = stray.write_to(folder.path(), &Layout::Exported);
    fs::remove_file(made.configuration(State::Now))?;
    let sources = Sources::made(folder);
    let ran = read(sources.folder(), 0, &[]).expect_code(0);
    assert!(ran.stdout.starts_with(b"configured\n"));
    assert!(ran.stderr.contains("--vm 'stray.vhdx'"), "{}", ran.stderr);
    assert_eq!(
        text(sources.folder(), 0, &["--vm", "stray.vhdx"]),
        "without"
    );
    Ok(())
}

/// Names of any script, and paths with either slash.
fn r34_names_of_windows_are_read_everywhere() -> Outcome {
    let folder = temp_dir();
    let name = "Größe 数据 'x' $(y)";
    let mut web = Machine::new(name, Format::Vmcx);
    let system = web.add_disk("Größe 数据.vhdx");
    web.write_text(system, "vorher");
    web.checkpoint("Vor dem Update: 100 %");
    web.write_text(system, "jetzt");
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    assert_eq!(text(sources.folder(), 0, &["--vm", name]), "jetzt");
    assert_eq!(
        text(sources.folder(), 0, &["-c", "vor dem update: 100 %"]),
        "vorher"
    );
    for path in [
        r"disk0\part1\one-cluster.bin",
        "disk0/part1/one-cluster.bin",
    ] {
        let ran = on("cat", sources.folder(), &[path]).expect_code(0);
        assert!(ran.stdout.starts_with(b"jetzt\n"));
    }
    Ok(())
}
