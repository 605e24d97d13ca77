//! Whole machines as backups hold them: what the tests compose is what it says, and what is found of it.

mod found;

use std::fs;

use blockio::Memory;
use testkit::configuration::Plug;
use vmcx::{Attachment, Document, Generation, Kind, RuntimeState};

use crate::harness::machines::{Format, Layout, Machine, Made, STATE_FILE, State};
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let mut tests = vec![
        test!(every_state_of_a_composed_machine_reads_as_it_was_written),
        test!(configurations_name_the_files_that_are_there),
        test!(an_applied_checkpoint_begins_a_branch),
        test!(a_latest_state_backup_counts_checkpoints_that_it_has_not),
        test!(a_disk_taken_out_stays_in_checkpoints),
        test!(keys_that_a_test_sets_are_in_the_configuration),
        test!(a_state_file_has_the_time_it_was_written_at),
        test!(auto_recovery_gives_the_running_disks_other_names),
    ];
    tests.extend(found::tests());
    tests
}

const FORMATS: [Format; 2] = [Format::Xml, Format::Vmcx];

/// The keys of a file, typed.
fn configuration(made: &Made, state: State) -> vmcx::Configuration {
    let path = made.configuration(state);
    let bytes = Memory::from(fs::read(path).expect("a configuration"));
    let document = Document::open(&bytes, "test").expect("it can be read");
    assert_eq!(document.notes(), []);
    let configuration = document.configuration();
    assert_eq!(configuration.oddities, []);
    configuration
}

fn paths(made: &Made, state: State) -> Vec<String> {
    let configuration = configuration(made, state);
    let path = |drive: &vmcx::Drive| match &drive.attachment {
        Attachment::Disk(path) => path.to_string(),
        other => panic!("no disk: {other:?}"),
    };
    configuration
        .disks()
        .map(|(_, drive)| path(drive))
        .collect()
}

fn every_state_of_a_composed_machine_reads_as_it_was_written() -> Outcome {
    let mut web = Machine::new("web01", Format::Xml);
    let system = web.add_disk("web01.vhdx");
    web.write_text(system, "as installed");
    let clean = web.checkpoint("Clean install");
    web.write_text(system, "patched");
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    for (state, expected) in [(clean, "as installed"), (State::Now, "patched")] {
        assert_eq!(made.text(state, system), expected);
        let disk = made.disk_file(state, system).as_os_str();
        let ran = hvrestore(["cat".as_ref(), disk, STATE_FILE.as_ref()]).expect_code(0);
        assert!(
            ran.text().starts_with(&format!("{expected}\n")),
            "{}",
            ran.text()
        );
    }
    assert!(sources.path("web01").is_dir());
    Ok(())
}

fn configurations_name_the_files_that_are_there() -> Outcome {
    for format in FORMATS {
        let mut web = Machine::new("web01", format);
        web.generation = 1;
        let disks = [
            web.add_disk("system.vhdx"),
            web.add_disk_at(Plug::Scsi(1, 3), r"S:\Data\data.vhdx"),
        ];
        web.plug(Plug::Ide(1, 0), "ISO", r"D:\iso\win.iso");
        let before = web.checkpoint_with_memory("before <update> & co");
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &Layout::Original);
        for state in [before, State::Now] {
            let recorded = disks.map(|disk| made.recorded(state, disk));
            assert_eq!(paths(&made, state), recorded);
            for (disk, path) in disks.iter().zip(&recorded) {
                let below = path.replace(':', "").replace('\\', "/");
                assert_eq!(made.disk_file(state, *disk), folder.path().join(below));
            }
            let found = configuration(&made, state);
            assert_eq!(found.name.to_string(), made.name(state));
            assert_eq!(found.machine_id, Some(made.machine().id));
            assert_eq!(
                (found.generation, found.checkpoints.count),
                (Generation::One, Some(1))
            );
            let kind = if state == before {
                Kind::Checkpoint
            } else {
                Kind::Machine
            };
            assert_eq!(found.kind, kind);
        }
        assert!(has_memory(&made, before) && !has_memory(&made, State::Now));
    }
    Ok(())
}

fn has_memory(made: &Made, state: State) -> bool {
    let says = configuration(made, state).saved_state.is_some();
    match made.memory(state) {
        [runtime] => {
            let bytes = Memory::from(fs::read(runtime).expect("a .vmrs"));
            let document = Document::open(&bytes, "test").expect("it can be read");
            let saved = RuntimeState::of(document.root()).saved;
            saved.is_some_and(|saved| saved.blocks == 1 && saved.bytes == 64 << 10)
        }
        files => says && files.len() == 2,
    }
}

fn an_applied_checkpoint_begins_a_branch() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let disk = web.add_disk("web01.vhdx");
    web.write_text(disk, "one");
    let first = web.checkpoint("first");
    web.write_text(disk, "two");
    let second = web.checkpoint("second");
    web.write_text(disk, "lost");
    web.apply(first);
    web.write_text(disk, "other branch");
    let third = web.checkpoint("third");
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Flat);
    let states = [first, second, third, State::Now];
    let texts = states.map(|state| made.text(state, disk));
    assert_eq!(texts, ["one", "two", "other branch", "other branch"]);
    // A base and two checkpoints' files, now's, five configurations' files less one .vmrs a state.
    let disks = fs::read_dir(folder.path())?.filter_map(Result::ok);
    let disks = disks.filter(|file| file.path().extension().is_some_and(|e| e == "avhdx"));
    assert_eq!(disks.count(), 3, "the leaf that was left is gone");
    Ok(())
}

fn a_latest_state_backup_counts_checkpoints_that_it_has_not() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let disk = web.add_disk("web01.vhdx");
    web.checkpoint("first");
    web.write_text(disk, "newest");
    web.latest_state = true;
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Exported);
    assert_eq!(configuration(&made, State::Now).checkpoints.count, Some(1));
    let file = made.disk_file(State::Now, disk).as_os_str();
    let ran = hvrestore(["cat".as_ref(), file, STATE_FILE.as_ref()]).expect_code(0);
    assert!(ran.text().starts_with("newest\n"));
    assert!(!folder.path().join("web01/Snapshots").exists());
    Ok(())
}

fn auto_recovery_gives_the_running_disks_other_names() -> Outcome {
    let mut web = Machine::new("web01", Format::Xml);
    let disk = web.add_disk("web01.vhdx");
    web.checkpoint("by the backup");
    web.auto_recovery = true;
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Exported);
    let file = made.disk_file(State::Now, disk);
    assert!(file.ends_with("web01-AutoRecovery.avhdx") && file.exists());
    assert!(!paths(&made, State::Now)[0].contains("AutoRecovery"));
    Ok(())
}

fn a_disk_taken_out_stays_in_checkpoints() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let system = web.add_disk("web01.vhdx");
    let data = web.add_disk("data.vhdx");
    web.write(data, 0, &[7; 512]);
    let before = web.checkpoint("before");
    web.remove_disk(data);
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Flat);
    assert_eq!(
        paths(&made, State::Now),
        [made.recorded(State::Now, system)]
    );
    assert_eq!(paths(&made, before).len(), 2);
    let contents = made.contents(before, data);
    assert_eq!(contents[..512], [7; 512]);
    let flat = folder.path().join("flat.raw");
    let disk = made.disk_file(before, data).as_os_str();
    hvrestore(["flatten".as_ref(), disk, "-o".as_ref(), flat.as_os_str()]).expect_code(0);
    assert!(fs::read(flat)? == contents, "not what was written");
    Ok(())
}

fn keys_that_a_test_sets_are_in_the_configuration() -> Outcome {
    for format in FORMATS {
        let mut web = Machine::new("web01", format);
        web.home = r"C:\ClusterStorage\Volume1\web01".to_owned();
        let disk = web.add_disk("web01.vhdx");
        let before = web.checkpoint("before");
        web.save_memory();
        web.set("properties/highly_available", true);
        let server = "global_settings/replication/settings/primary_server";
        web.set(server, "hv01.example.com");
        web.set_in(before, "global_settings/disk_merge_pending", true);
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &Layout::Exported);
        let (now, then) = (
            configuration(&made, State::Now),
            configuration(&made, before),
        );
        assert!(now.highly_available && !now.disk_merge_pending);
        assert!(!then.highly_available && then.disk_merge_pending);
        let server = now.replication.expect("it took part").primary_server;
        assert_eq!(server, Some("hv01.example.com".into()));
        assert!(
            made.recorded(before, disk)
                .starts_with(r"C:\ClusterStorage\Volume1")
        );
        assert!(has_memory(&made, State::Now) && !has_memory(&made, before));
    }
    Ok(())
}

fn a_state_file_has_the_time_it_was_written_at() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let disk = web.add_disk("web01.vhdx");
    let before = web.checkpoint("before");
    let clock = web.clock();
    web.write_text_at(State::Now, disk, "now", clock);
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Exported);
    let modified = |state| {
        let file = made.disk_file(state, disk).as_os_str();
        let ran = hvrestore([
            "stat".as_ref(),
            file,
            STATE_FILE.as_ref(),
            "--json".as_ref(),
        ]);
        ran.expect_code(0).json()["modified"].clone()
    };
    assert_eq!(modified(State::Now), "2024-09-06T08:53:20.0000000Z");
    assert_ne!(modified(before), modified(State::Now));
    Ok(())
}
