//! What `inspect` says of whole machines.

use std::fs;

use serde_json::Value;
use testkit::configuration::Plug;

use crate::harness::machines::{Format, Layout, Machine, State};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

use super::{FORMATS, on, two_disks};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r1_the_four_parts_are_told),
        test!(r1_a_part_that_is_not_there_is_told),
        test!(r2_the_mode_is_told_with_its_evidence),
        test!(r4_the_hosts_that_accept_it_are_told),
        test!(r7_sizes_of_each_layer_are_told),
        test!(r11_each_state_has_a_verdict_with_its_evidence),
        test!(r19_a_disk_of_the_host_is_absent_with_a_remedy),
        test!(the_tree_of_checkpoints_is_drawn),
        test!(every_key_is_shown_raw),
        test!(disks_without_a_configuration_have_the_parts_too),
    ]
}

fn inspected(sources: &Sources) -> Value {
    let json = on("inspect", sources.folder(), &["--json"])
        .expect_code(0)
        .json();
    json["machines"][0].clone()
}

fn drawn(sources: &Sources) -> String {
    on("inspect", sources.folder(), &[])
        .expect_code(0)
        .text()
        .to_owned()
}

fn r1_the_four_parts_are_told() -> Outcome {
    for format in FORMATS {
        let folder = temp_dir();
        let mut web = two_disks(format);
        web.save_memory();
        web.write_to(folder.path(), &Layout::Exported);
        let sources = Sources::made(folder);
        let parts = inspected(&sources)["parts"].clone();
        for part in ["configuration", "disks", "memory", "checkpoints"] {
            assert_eq!(
                parts[part]["status"], "present",
                "{format:?} {part}: {parts}"
            );
        }
        assert_eq!(parts["disks"]["present"], 2);
        assert_eq!(parts["checkpoints"]["present"], 2);
        assert!(
            parts["memory"]["size"].as_u64() >= Some(64 << 10),
            "{parts}"
        );
        let text = drawn(&sources);
        for part in [
            "configuration: present, ",
            "disks: present, 2",
            "memory: present, saved with 1 state",
            "checkpoint tree: present, 2 checkpoints",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    Ok(())
}

fn r1_a_part_that_is_not_there_is_told() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Xml);
    web.add_disk("web01.vhdx");
    let gone = web.add_disk_at(Plug::Scsi(0, 1), r"S:\Data\gone.vhdx");
    let made = web.write_to(folder.path(), &Layout::Exported);
    fs::remove_file(made.disk_file(State::Now, gone))?;
    let sources = Sources::made(folder);
    let machine = inspected(&sources);
    assert_eq!(machine["parts"]["disks"]["status"], "partly present");
    assert_eq!(machine["parts"]["memory"]["status"], "not applicable");
    let absent = machine["absent"].as_array().expect("a list");
    let disk = absent
        .iter()
        .find(|absent| absent["kind"] == "disk-file")
        .expect("it is told");
    assert_eq!(disk["slot"], "SCSI 0:1");
    let told = disk.to_string();
    assert!(
        told.contains("gone.vhdx") && told.contains("S:"),
        "the volume it was on: {told}"
    );
    let text = drawn(&sources);
    for part in ["disks: 1 of 2 present", "NOT IN THIS BACKUP", "remedy: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    Ok(())
}

fn r2_the_mode_is_told_with_its_evidence() -> Outcome {
    for (latest, kind) in [(false, "all-checkpoints"), (true, "latest-state")] {
        let folder = temp_dir();
        let mut web = two_disks(Format::Vmcx);
        web.latest_state = latest;
        web.write_to(folder.path(), &Layout::Exported);
        let sources = Sources::made(folder);
        let json = on("inspect", sources.folder(), &["--json"]).json();
        let mode = &json["machines"][0]["mode"];
        assert_eq!(mode["kind"], kind, "{mode}");
        assert!(
            !mode["evidence"].as_array().expect("a list").is_empty(),
            "{mode}"
        );
        assert_eq!(mode["named"], 2, "{mode}");
    }
    Ok(())
}

fn r4_the_hosts_that_accept_it_are_told() -> Outcome {
    for (format, text, words) in [
        (
            Format::Xml,
            "version 5.0 is accepted by Windows Server 2012 R2, 2016, 2019",
            vec!["2012r2", "2016", "2019"],
        ),
        (
            Format::Vmcx,
            "version 9.0 is accepted by Windows Server 2019, 2022",
            vec!["2019", "2022", "azurelocal", "2025"],
        ),
    ] {
        let folder = temp_dir();
        two_disks(format).write_to(folder.path(), &Layout::Exported);
        let sources = Sources::made(folder);
        let drawn = drawn(&sources);
        assert!(drawn.contains(text), "{text}: {drawn}");
        let machine = inspected(&sources);
        let hosts = machine["configuration"]["hosts"]
            .as_array()
            .expect("a list")
            .iter();
        let found: Vec<_> = hosts.filter_map(|host| host["host"].as_str()).collect();
        assert_eq!(found, words);
    }
    Ok(())
}

fn r7_sizes_of_each_layer_are_told() -> Outcome {
    let folder = temp_dir();
    let made = two_disks(Format::Vmcx).write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let json = on("inspect", sources.folder(), &["--json"])
        .expect_code(0)
        .json();
    let disk = &json["disks"][0];
    let used = disk["used"].as_u64().expect("a size");
    assert!(used > 0 && used < disk["size"].as_u64().expect("a size"));
    for layer in disk["layers"].as_array().expect("a list") {
        let file = layer["file"].as_str().expect("a path");
        assert_eq!(layer["file_size"].as_u64(), Some(fs::metadata(file)?.len()));
        assert_eq!(layer["virtual_size"], disk["size"]);
        assert!(layer["allocated"].as_u64().expect("a size") > 0);
    }
    let state = &json["machines"][0]["states"][0];
    let sizes = state["disks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|disk| {
            let file = disk["file"].as_str().expect("a path");
            fs::metadata(file).expect("it is there").len()
        });
    assert_eq!(state["size"].as_u64(), Some(sizes.sum()));
    assert_eq!(made.name(State::Now), "web01");
    let text = drawn(&sources);
    assert!(text.contains("virtual 5.0 MiB, file "), "{text}");
    Ok(())
}

fn r11_each_state_has_a_verdict_with_its_evidence() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk("web01.vhdx");
    web.checkpoint_with_memory("Running");
    web.checkpoint("Disks alone");
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let machine = inspected(&sources);
    let states = machine["states"].as_array().expect("a list");
    let verdicts: Vec<_> = states
        .iter()
        .map(|state| &state["consistency"]["verdict"])
        .collect();
    // The volume was cleanly unmounted and holds no Windows: nothing proves more.
    assert_eq!(
        verdicts,
        ["saved with its memory", "not provable", "not provable"]
    );
    for state in states {
        assert!(
            !state["consistency"]["evidence"]
                .as_array()
                .expect("a list")
                .is_empty()
        );
        assert!(
            state["guest"]["last_written"]["time"].is_string(),
            "{state}"
        );
    }
    Ok(())
}

fn r19_a_disk_of_the_host_is_absent_with_a_remedy() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Xml);
    web.add_disk("web01.vhdx");
    web.plug(Plug::Scsi(0, 5), "PHYSICAL", r"\\.\PHYSICALDRIVE3");
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let machine = inspected(&sources);
    let absent = &machine["absent"][0];
    assert_eq!(
        (&absent["kind"], &absent["slot"]),
        (&"pass-through".into(), &"SCSI 0:5".into())
    );
    assert!(
        absent["remedy"].as_str().expect("a text").len() > 20,
        "{absent}"
    );
    let text = drawn(&sources);
    assert!(text.contains("SCSI 0:5"), "{text}");
    Ok(())
}

fn the_tree_of_checkpoints_is_drawn() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Vmcx);
    let system = web.add_disk("web01.vhdx");
    let first = web.checkpoint("First");
    web.write_text(system, "second");
    web.checkpoint("Second");
    web.apply(first);
    web.write_text(system, "another way");
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let text = drawn(&sources);
    let line = |part: &str| {
        let found = text.lines().find(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("{part}: {text}")).to_owned()
    };
    let indent = |part: &str| line(part).find('#').expect("a number");
    let (first, second, now) = ("'First', taken 20", "'Second', taken 20", "now, ");
    assert!(indent(first) < indent(second), "{text}");
    assert_eq!(indent(second), indent("<- the running state"), "{text}");
    assert!(line("<- the running state").contains(now), "{text}");
    assert!(
        line(second).contains(" MiB") || line(second).contains(" KiB"),
        "{text}"
    );
    assert!(text.contains("guest last wrote 20"), "{text}");
    Ok(())
}

fn every_key_is_shown_raw() -> Outcome {
    for format in FORMATS {
        let folder = temp_dir();
        let mut web = two_disks(format);
        web.set("settings/nobody/knows_this", "a value");
        web.write_to(folder.path(), &Layout::Exported);
        let sources = Sources::made(folder);
        let text = on("inspect", sources.folder(), &["--raw"]).expect_code(0);
        let text = text.text();
        assert!(
            text.contains("/settings/nobody/knows_this = \"a value\"\n"),
            "{text}"
        );
        assert_eq!(
            text.lines().filter(|line| line.starts_with("# ")).count(),
            3
        );
        let json = on("inspect", sources.folder(), &["--raw", "--json"])
            .expect_code(0)
            .json();
        let keys = json["configurations"].as_array().expect("a list").iter();
        let mut keys = keys.flat_map(|file| file["keys"].as_array().expect("a list"));
        assert!(keys.any(|key| key["value"] == "a value" && key["type"] == "string"));
    }
    Ok(())
}

fn disks_without_a_configuration_have_the_parts_too() -> Outcome {
    let folder = temp_dir();
    let mut web = two_disks(Format::Vmcx);
    web.latest_state = true;
    let made = web.write_to(folder.path(), &Layout::Exported);
    fs::remove_file(made.configuration(State::Now))?;
    let sources = Sources::made(folder);
    let machine = inspected(&sources);
    assert_eq!(machine["configured"], false);
    assert_eq!(machine["parts"]["configuration"]["status"], "missing");
    assert_eq!(machine["parts"]["disks"]["status"], "present");
    assert!(drawn(&sources).contains("configuration: missing"));
    Ok(())
}
