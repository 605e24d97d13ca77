//! One machine: its states by every way to ask for them.

use std::fs;

use crate::harness::machines::{Format, Layout, Machine, State};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

use super::{FORMATS, on, read, text, two_disks};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r9_each_way_to_ask_for_a_state_switches_all_disks),
        test!(r9_several_states_are_listed_and_none_is_read),
        test!(r9_a_time_means_the_newest_checkpoint_before_it),
        test!(r8_an_older_state_says_what_is_newer_once_for_all_disks),
        test!(r8_now_is_named_with_its_checkpoint),
        test!(r36_old_words_are_understood),
        test!(r9_now_is_decided_by_the_configuration_where_leaves_are_several),
        test!(r9_a_checkpoint_has_the_disks_of_its_own_configuration),
        test!(r14_a_machine_without_checkpoints_is_read),
        test!(r9_a_configuration_as_the_source_means_its_own_state),
        test!(r13_a_renamed_disk_is_read_by_the_operators_word),
        test!(r12_what_a_backup_left_is_offered_and_never_taken_silently),
    ]
}

fn r9_each_way_to_ask_for_a_state_switches_all_disks() -> Outcome {
    for format in FORMATS {
        let folder = temp_dir();
        let made = two_disks(format).write_to(folder.path(), &Layout::Exported);
        let sources = Sources::made(folder);
        let stem = |state| {
            let path = made.configuration(state);
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        };
        let (first, second) = (stem(State::Checkpoint(0)), stem(State::Checkpoint(1)));
        let braces = format!("{{{}}}", first.to_lowercase());
        let asked = [
            ("now", "now"),
            ("LATEST", "now"),
            ("#2", "now"),
            ("base", "as installed"),
            ("#0", "as installed"),
            ("before THE update", "as installed"),
            ("Before", "as installed"),
            (&first, "as installed"),
            (&braces, "as installed"),
            ("web01.vhdx", "as installed"),
            ("data", "as installed"),
            ("#1", "updated"),
            ("after", "updated"),
            (&second, "updated"),
        ];
        for (asked, expected) in asked {
            for (disk, word) in [(0, "system"), (1, "data")] {
                let found = text(sources.folder(), disk, &["-c", asked]);
                assert_eq!(found, format!("{word} {expected}"), "{format:?} -c {asked}");
            }
        }
    }
    Ok(())
}

fn r9_several_states_are_listed_and_none_is_read() -> Outcome {
    let folder = temp_dir();
    two_disks(Format::Vmcx).write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let ran = read(sources.folder(), 0, &["-c", "update"]).expect_code(2);
    assert_eq!(ran.stdout, b"");
    for part in [
        "HV-E805",
        "#0 'Before the update', taken ",
        "#1 'After the update'",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let ran = read(sources.folder(), 0, &["-c", "nothing like it"]).expect_code(2);
    for part in ["HV-E806", "'Before the update'", "#2 now"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    Ok(())
}

/// The checkpoints are of 2024-09-05 and 2024-09-06.
fn r9_a_time_means_the_newest_checkpoint_before_it() -> Outcome {
    let folder = temp_dir();
    two_disks(Format::Xml).write_to(folder.path(), &Layout::Flat);
    let sources = Sources::made(folder);
    let inspected = on("inspect", sources.folder(), &["--json"])
        .expect_code(0)
        .json();
    let taken = |number: usize| {
        let created = &inspected["machines"][0]["states"][number]["created"];
        created.as_str().expect("a time").to_owned()
    };
    for (time, expected) in [
        (taken(0), "system as installed"),
        (taken(1), "system updated"),
        ("2999-01-01".into(), "system updated"),
    ] {
        assert_eq!(
            text(sources.folder(), 0, &["--at", &time]),
            expected,
            "{time}"
        );
    }
    let early = read(sources.folder(), 0, &["--at", "2001-01-01"]).expect_code(2);
    assert!(
        early.stderr.contains("2001-01-01 00:00Z"),
        "{}",
        early.stderr
    );
    assert!(
        early.stderr.contains("'Before the update', taken"),
        "{}",
        early.stderr
    );
    let both = read(sources.folder(), 0, &["--at", "2001-01-01", "-c", "#0"]);
    both.expect_code(2);
    Ok(())
}

fn r8_an_older_state_says_what_is_newer_once_for_all_disks() -> Outcome {
    let folder = temp_dir();
    two_disks(Format::Vmcx).write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let ran = read(sources.folder(), 1, &["-c", "base"]).expect_code(0);
    let told: Vec<_> = ran
        .stderr
        .lines()
        .filter(|line| line.contains("HV-W810"))
        .collect();
    let [line] = told[..] else {
        panic!("one line for both disks: {}", ran.stderr);
    };
    for part in [
        "web01: reading checkpoint #0 'Before the update', taken 20",
        "newer: #1 'After the update', now",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    Ok(())
}

fn r8_now_is_named_with_its_checkpoint() -> Outcome {
    let folder = temp_dir();
    two_disks(Format::Vmcx).write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let ran = read(sources.folder(), 0, &[]).expect_code(0);
    let expected = "web01: reading now, after checkpoint #1 'After the update', taken 20";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert!(!ran.stderr.contains("HV-W810"), "{}", ran.stderr);
    Ok(())
}

fn r36_old_words_are_understood() -> Outcome {
    let folder = temp_dir();
    two_disks(Format::Vmcx).write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let old = text(sources.folder(), 0, &["--snapshot", "before"]);
    assert_eq!(old, "system as installed");
    Ok(())
}

/// An applied checkpoint leaves another line of states, whose newest file looks like now too.
fn r9_now_is_decided_by_the_configuration_where_leaves_are_several() -> Outcome {
    for format in FORMATS {
        let mut web = Machine::new("web01", format);
        let system = web.add_disk("web01.vhdx");
        web.write_text(system, "first");
        let first = web.checkpoint("First");
        web.write_text(system, "second");
        web.checkpoint("Second");
        web.apply(first);
        web.write_text(system, "another way");
        let folder = temp_dir();
        web.write_to(folder.path(), &Layout::Exported);
        let sources = Sources::made(folder);
        assert_eq!(text(sources.folder(), 0, &[]), "another way", "{format:?}");
        assert_eq!(text(sources.folder(), 0, &["-c", "second"]), "second");
        assert_eq!(text(sources.folder(), 0, &["-c", "first"]), "first");
    }
    Ok(())
}

fn r9_a_checkpoint_has_the_disks_of_its_own_configuration() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let system = web.add_disk("web01.vhdx");
    let old = web.add_disk("old.vhdx");
    web.write_text(system, "system before");
    web.write_text(old, "old before");
    web.checkpoint("With both");
    web.remove_disk(old);
    web.write_text(system, "system after");
    let folder = temp_dir();
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    assert_eq!(text(sources.folder(), 0, &[]), "system after");
    read(sources.folder(), 1, &[]).expect_code(2);
    assert_eq!(text(sources.folder(), 0, &["-c", "both"]), "system before");
    assert_eq!(text(sources.folder(), 1, &["-c", "both"]), "old before");
    let slot = ["-c", "both", "--disk", "SCSI 0:1"];
    assert_eq!(text(sources.folder(), 1, &slot), "old before");
    Ok(())
}

fn r14_a_machine_without_checkpoints_is_read() -> Outcome {
    for format in FORMATS {
        let mut web = Machine::new("web01", format);
        let system = web.add_disk("web01.vhdx");
        web.write_text(system, "the only state");
        let folder = temp_dir();
        web.write_to(folder.path(), &Layout::Exported);
        let sources = Sources::made(folder);
        for state in ["now", "base", "#0"] {
            assert_eq!(text(sources.folder(), 0, &["-c", state]), "the only state");
        }
        let inspected = on("inspect", sources.folder(), &["--json"])
            .expect_code(0)
            .json();
        let machine = &inspected["machines"][0];
        assert_eq!(
            machine["mode"]["kind"], "no-checkpoints",
            "{}",
            machine["mode"]
        );
        assert_eq!(machine["parts"]["checkpoints"]["status"], "not applicable");
    }
    Ok(())
}

fn r9_a_configuration_as_the_source_means_its_own_state() -> Outcome {
    for format in FORMATS {
        let folder = temp_dir();
        let made = two_disks(format).write_to(folder.path(), &Layout::Exported);
        let _sources = Sources::made(folder);
        let now = made.configuration(State::Now);
        assert_eq!(text(now, 0, &[]), "system now");
        assert_eq!(text(now, 1, &["-c", "after"]), "data updated");
        let first = made.configuration(State::Checkpoint(0));
        assert_eq!(text(first, 1, &[]), "data as installed");
        assert_eq!(text(first, 1, &["-c", "#1"]), "data updated");
    }
    Ok(())
}

fn r13_a_renamed_disk_is_read_by_the_operators_word() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Vmcx);
    let system = web.add_disk("web01.vhdx");
    web.write_text(system, "as it was");
    let made = web.write_to(folder.path(), &Layout::Exported);
    let file = made.disk_file(State::Now, system);
    fs::rename(file, file.with_file_name("renamed.vhdx"))?;
    let sources = Sources::made(folder);
    let assigned = text(sources.folder(), 0, &["--assign", "now=renamed.vhdx"]);
    assert_eq!(assigned, "as it was");
    Ok(())
}

fn r12_what_a_backup_left_is_offered_and_never_taken_silently() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Xml);
    let system = web.add_disk("web01.vhdx");
    web.checkpoint("Before");
    web.write_text(system, "asked by VSS");
    web.auto_recovery = true;
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    read(sources.folder(), 0, &[]).expect_code(2);
    let inspected = on("inspect", sources.folder(), &["--json"]).json();
    let offer = &inspected["machines"][0]["offers"][0];
    assert_eq!(offer["slot"], "SCSI 0:0", "{offer}");
    let file = offer["file"].as_str().expect("a path");
    assert!(file.ends_with("-AutoRecovery.avhdx"), "{file}");
    let drawn = on("inspect", sources.folder(), &[]);
    let told = drawn
        .text()
        .split_once("--assign '")
        .expect("the option is told");
    let word = told.1.split_once('\'').expect("in quotes").0;
    assert!(word.starts_with("now/SCSI 0:0="), "{word}");
    assert_eq!(
        text(sources.folder(), 0, &["--assign", word]),
        "asked by VSS"
    );
    Ok(())
}
