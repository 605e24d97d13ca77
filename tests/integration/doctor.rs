//! `doctor`: what stands in the way of an import, on machines as backups hold them.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use testkit::configuration::Plug;
use testkit::hive::{Key, hive};

use crate::harness::machines::{Format, Layout, Machine, Made, State};
use crate::harness::program::Ran;
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};
use crate::manifest::text;

pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(a_machine_in_order_passes),
        test!(r4_an_xml_machine_is_told_where_it_cannot_go_and_how_it_can),
        test!(r4_a_newer_version_is_refused_by_an_older_host),
        test!(r2_checkpoints_of_a_latest_state_backup_do_not_block),
        test!(a_missing_disk_and_a_broken_chain_block),
        test!(r16_r18_the_guest_tells_why_it_was_not_quiesced),
        test!(r19_a_pass_through_disk_comes_with_the_line_that_removes_it),
        test!(r20_disks_that_the_guest_has_from_the_network_are_told),
        test!(r22_a_replica_warns_and_one_mid_apply_blocks),
        test!(r24_a_machine_of_a_cluster_has_its_own_steps),
        test!(r29_saved_memory_needs_the_like_of_its_processor),
        test!(r31_switches_and_images_are_listed),
        test!(r32_a_destination_is_looked_at),
        test!(r33_the_account_that_needs_rights_is_named),
        test!(a_checkpoint_alone_is_judged_by_itself),
        test!(several_machines_are_a_choice_or_all),
        test!(hostile_names_are_spelled_out),
        test!(wrong_hosts_and_states_are_refused),
    ]
}

/// A machine of version 9.0 with one disk.
fn web() -> Machine {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk("web01.vhdx");
    web
}

/// The machine in a backup, after `change` was done to its files.
fn backup(machine: &Machine, change: impl FnOnce(&Made)) -> Sources {
    let folder = temp_dir();
    change(&whole(machine, &folder));
    Sources::made(folder)
}

/// All files of the machine, the one of firmware settings (.vmgs) among them.
fn whole(machine: &Machine, folder: &TempDir) -> Made {
    let made = machine.write_to(folder.path(), &Layout::Exported);
    let settings = made.configuration(State::Now).with_extension("vmgs");
    fs::write(settings, b"GUESTRTS").expect("it can be written");
    made
}

fn doctor(sources: &Sources, more: &[&str]) -> Ran {
    let folder = sources.folder().to_str().expect("a plain path");
    hvrestore(["doctor", folder].iter().chain(more))
}

/// The rows of the only machine, ending with `code`.
fn rows(sources: &Sources, more: &[&str], code: i32) -> Vec<Value> {
    let more: Vec<_> = more.iter().copied().chain(["--json"]).collect();
    let document = doctor(sources, &more).expect_code(code).json();
    assert_eq!(document["type"], "doctor");
    let machines = document["machines"].as_array().expect("a list");
    assert_eq!(machines.len(), 1);
    assert_eq!(machines[0]["level"], document["level"]);
    machines[0]["rows"].as_array().expect("a list").clone()
}

/// The one row with this code.
fn only<'r>(rows: &'r [Value], code: &str) -> &'r Value {
    let found: Vec<_> = rows.iter().filter(|row| row["code"] == code).collect();
    assert_eq!(found.len(), 1, "{code}: {rows:#?}");
    found[0]
}

fn has(row: &Value, field: &str, parts: &[&str]) {
    let said = text(&row[field]);
    for part in parts {
        assert!(said.contains(part), "{part}: {said}");
    }
}

fn a_machine_in_order_passes() -> Outcome {
    let sources = backup(&web(), |_| ());
    let ran = doctor(&sources, &["--host", "2022"]).expect_code(0);
    for part in [
        "web01  ",
        "  pass   version       Windows Server 2022 accepts version 9.0",
        "1 chain, 1 file: every file is here and every link holds",
        "nothing is in the way",
        "next: hvrestore restore ",
    ] {
        assert!(ran.text().contains(part), "{part}: {}", ran.text());
    }
    let alias = sources.folder().to_str().expect("a plain path");
    hvrestore(["preflight", alias]).expect_code(0);
    Ok(())
}

fn r4_an_xml_machine_is_told_where_it_cannot_go_and_how_it_can() -> Outcome {
    let mut old = Machine::new("web01", Format::Xml);
    old.add_disk("web01.vhdx");
    let sources = backup(&old, |_| ());
    for host in ["2022", "2025", "azurelocal", "22631"] {
        let rows = rows(&sources, &["--host", host], 5);
        let row = only(&rows, "HV-E850");
        assert_eq!(
            (&row["level"], &row["topic"]),
            (&"block".into(), &"version".into())
        );
        has(
            row,
            "remedy",
            &["--as-of", "2016 or 2019", "Update-VMVersion"],
        );
    }
    for host in ["2012r2", "2016", "2019", "14393"] {
        rows(&sources, &["--host", host], 0);
    }
    let open = rows(&sources, &[], 4);
    has(
        only(&open, "HV-W851"),
        "reason",
        &["5.0", "Windows Server 2012 R2"],
    );
    let drawn = doctor(&sources, &["--host", "2025"]).expect_code(5);
    assert!(drawn.text().contains("  BLOCK  version") && drawn.text().contains(" --as-of now "));
    Ok(())
}

fn r4_a_newer_version_is_refused_by_an_older_host() -> Outcome {
    let sources = backup(&web(), |_| ());
    for host in ["2012r2", "2016"] {
        let rows = rows(&sources, &["--host", host], 5);
        has(only(&rows, "HV-E850"), "remedy", &["Windows Server 2019"]);
    }
    Ok(())
}

fn r2_checkpoints_of_a_latest_state_backup_do_not_block() -> Outcome {
    let mut web = web();
    web.checkpoint("one");
    web.checkpoint("two");
    web.latest_state = true;
    let sources = backup(&web, |_| ());
    let ran = doctor(&sources, &["--json"]).json();
    assert_ne!(ran["level"], "block", "{ran:#}");
    Ok(())
}

fn a_missing_disk_and_a_broken_chain_block() -> Outcome {
    let mut web = web();
    let data = web.add_disk("data.vhdx");
    let remove =
        |made: &Made| fs::remove_file(made.disk_file(State::Now, data)).expect("it is there");
    let found = rows(&backup(&web, remove), &[], 5);
    let missing =
        |row: &&Value| row["level"] == "block" && text(&row["reason"]).contains("data.vhdx");
    let row = found.iter().find(missing).expect("the disk has a row");
    assert_eq!(row["topic"], "disks");
    let old = web.checkpoint("old");
    let remove = |made: &Made| fs::remove_file(made.disk_file(old, data)).expect("it is there");
    let found = rows(&backup(&web, remove), &[], 5);
    let broken = |row: &&Value| row["level"] == "block" && text(&row["code"]).starts_with("HV-E5");
    assert!(found.iter().any(|row| broken(&row)), "{found:#?}");
    Ok(())
}

/// Puts the committed installation of Windows into the place of a machine's first disk.
fn with_windows(web: &Machine, disk: crate::harness::machines::DiskId) -> Sources {
    let windows = Sources::testdata(&["guest/system.vhdx.zst"]);
    backup(web, |made| {
        let file = made.disk_file(State::Now, disk);
        fs::remove_file(file).expect("it is there");
        fs::copy(windows.path("system.vhdx"), file).expect("it can be copied");
    })
}

fn r16_r18_the_guest_tells_why_it_was_not_quiesced() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let disk = web.add_disk("web01.vhdx");
    let sources = with_windows(&web, disk);
    let rows_of_guest = |rows: &[Value]| {
        let guest = rows.iter().filter(|row| row["topic"] == "guest");
        guest.cloned().collect::<Vec<_>>()
    };
    let unasked = rows(&sources, &[], 4); // it is a domain controller
    assert!(rows_of_guest(&unasked).is_empty());
    has(
        only(&unasked, "HV-W868"),
        "remedy",
        &["never apply an old checkpoint", "isolated"],
    );
    let asked = rows_of_guest(&rows(&sources, &["--guest"], 4));
    let said: Vec<_> = asked.iter().map(|row| text(&row["reason"])).collect();
    for part in [
        "not installed: Hyper-V Volume Shadow Copy Requestor (vmicvss)",
        "not installed: Volume Shadow Copy (VSS)",
        "300 MB",
    ] {
        assert!(
            said.iter().any(|said| said.contains(part)),
            "{part}: {said:#?}"
        );
    }
    assert!(
        asked
            .iter()
            .all(|row| row["code"] == "HV-W873" || row["level"] == "pass")
    );
    Ok(())
}

fn r19_a_pass_through_disk_comes_with_the_line_that_removes_it() -> Outcome {
    let mut web = web();
    web.plug(Plug::Scsi(0, 5), "PhysicalDrive", "disk 2");
    let rows = rows(&backup(&web, |_| ()), &[], 4);
    let row = only(&rows, "HV-W840");
    has(row, "reason", &["SCSI 0:5"]);
    let line = "Remove-VMHardDiskDrive -VMName 'web01' -ControllerType SCSI -ControllerNumber 0 -ControllerLocation 5";
    has(row, "remedy", &["inside the guest"]);
    assert_eq!(row["command"], line);
    Ok(())
}

/// A registry whose initiator logs on to a target at every start, in the place of the guest's.
fn r20_disks_that_the_guest_has_from_the_network_are_told() -> Outcome {
    const TARGET: &str = "iqn.2005-10.org.example:sql-data";
    let below = |name: &str, key: Key| Key::new(name).key(key);
    let targets = below("PersistentTargets", Key::new(TARGET));
    let class = below(
        "{4d36e97b-e325-11ce-bfc1-08002be10318}",
        below("0001", targets),
    );
    let control = below("Control", below("Class", class));
    let root = below("ROOT", below("ControlSet001", control));
    let registry = hive(&root.key(Key::new("Select").number("Current", 1)), 1);
    let mut web = Machine::new("web01", Format::Vmcx);
    let disk = web.add_disk("web01.vhdx");
    let windows = Sources::testdata(&["guest/system.vhdx.zst"]);
    let sources = backup(&web, |made| {
        let mut image = fs::read(windows.path("system.vhdx")).expect("it is there");
        let hives = image.windows(4).enumerate();
        let mut hives = hives.filter(|(_, bytes)| *bytes == b"regf");
        let is_system = |at: usize| {
            let bytes = &image[at..][..SIZE_OF_HIVE];
            bytes.windows(14).any(|name| name == b"MountedDevices")
        };
        let place = hives.find_map(|(at, _)| is_system(at).then_some(at));
        let place = &mut image[place.expect("a registry")..][..SIZE_OF_HIVE];
        place.fill(0);
        place[..registry.len()].copy_from_slice(&registry);
        fs::write(made.disk_file(State::Now, disk), image).expect("it can be written");
    });
    let found = rows(&sources, &[], 4);
    let row = only(&found, "HV-W836");
    has(row, "reason", &[TARGET]);
    has(row, "remedy", &["inside the guest"]);
    let folder = sources.folder().to_str().expect("a plain path");
    let inspected = hvrestore(["inspect", folder, "--json"]).expect_code(0);
    let absent = inspected.json()["machines"][0]["absent"].clone();
    let is_told = |absence: &Value| {
        absence["kind"] == "in-guest" && absence["what"] == TARGET && absence["code"] == "HV-W836"
    };
    let absent = absent.as_array().expect("a list");
    assert!(absent.iter().any(is_told), "{absent:#?}");
    Ok(())
}

/// Bytes of each registry file of `testdata/guest`.
const SIZE_OF_HIVE: usize = 12 << 10;

fn r22_a_replica_warns_and_one_mid_apply_blocks() -> Outcome {
    let mut web = web();
    web.set("global_settings/replication/settings/primary_server", "hv1");
    let replica = rows(&backup(&web, |_| ()), &[], 4);
    has(only(&replica, "HV-W866"), "reason", &["hv1"]);
    web.set("global_settings/replication/tracker/resynchronize", true);
    let torn = rows(&backup(&web, |_| ()), &[], 5);
    has(
        only(&torn, "HV-E865"),
        "reason",
        &["the disk may be mid-apply"],
    );
    Ok(())
}

fn r24_a_machine_of_a_cluster_has_its_own_steps() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.home = r"C:\ClusterStorage\Volume1\web01".into();
    web.add_disk("web01.vhdx");
    let rows = rows(&backup(&web, |_| ()), &[], 4);
    let row = only(&rows, "HV-W867");
    has(row, "reason", &[r"C:\ClusterStorage\Volume1"]);
    has(row, "remedy", &["offline in Failover Cluster Manager"]);
    has(
        row,
        "command",
        &["Add-ClusterVirtualMachineRole -VirtualMachine 'web01'"],
    );
    Ok(())
}

fn r29_saved_memory_needs_the_like_of_its_processor() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let disk = web.add_disk("web01.vhdx");
    web.save_memory();
    let known = with_windows(&web, disk);
    let maker = rows(&known, &[], 4);
    let row = only(&maker, "HV-W857");
    let said = text(&row["reason"]);
    let (like, other) = match said.contains("GenuineIntel") {
        true => ("intel", "amd"),
        false => ("amd", "intel"),
    };
    let blocked = rows(&known, &["--cpu", other], 5);
    let row = only(&blocked, "HV-E858");
    has(
        row,
        "remedy",
        &[
            "(A)",
            "Turn Off",
            "Power off",
            "not Shut Down",
            "(B)",
            "--no-saved-state",
        ],
    );
    let same = rows(&known, &["--cpu", like], 4);
    assert!(
        same.iter()
            .any(|row| row["topic"] == "saved state" && row["level"] == "pass")
    );
    let next = doctor(&known, &["--cpu", other]).expect_code(5);
    assert!(
        next.text().contains(" --no-saved-state "),
        "{}",
        next.text()
    );
    // No registry tells of the processor.
    let mut plain = self::web();
    plain.save_memory();
    let unknown = rows(&backup(&plain, |_| ()), &["--cpu", "amd"], 4);
    has(only(&unknown, "HV-W857"), "reason", &["does not tell"]);
    Ok(())
}

fn r31_switches_and_images_are_listed() -> Outcome {
    let mut web = web();
    web.switch = Some("Lab LAN".into());
    web.plug(Plug::Scsi(0, 7), "ISO", r"D:\iso\win.iso");
    let rows = rows(&backup(&web, |_| ()), &[], 4);
    let switch = only(&rows, "HV-W860");
    has(switch, "reason", &["'Lab LAN'"]);
    has(switch, "remedy", &["-SwitchMap"]);
    assert_eq!(switch["for_the_host"], true);
    let image = only(&rows, "HV-W861");
    has(image, "reason", &["SCSI 0:7", r"D:\iso\win.iso"]);
    has(image, "command", &["Set-VMDvdDrive", "-Path $null"]);
    Ok(())
}

fn r32_a_destination_is_looked_at() -> Outcome {
    let sources = backup(&web(), |_| ());
    let empty = temp_dir();
    let out = empty.path().join("not/there/yet");
    let out = out.to_str().expect("a plain path");
    let room = doctor(&sources, &["-o", out, "--json"]);
    // Wine's volumes say of themselves that they have no sparse files.
    assert!(
        room.code == Some(0) || (cfg!(windows) && room.code == Some(4)),
        "{:?}",
        room.code
    );
    let room = room.json()["machines"][0]["rows"].clone();
    let row = room
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["topic"] == "destination"));
    let row = row.expect("it has a row");
    assert!(
        row["code"] == "HV-W871" || text(&row["reason"]).contains("takes the set"),
        "{row}"
    );
    fs::write(empty.path().join("x"), "x").expect("it can be written");
    let out = empty.path().to_str().expect("a plain path");
    let occupied = rows(&sources, &["-o", out], 4);
    only(&occupied, "HV-E872");
    let mut long = Machine::new("web01", Format::Vmcx);
    long.add_disk(&format!("{}.vhdx", "w".repeat(190)));
    let paths = rows(&backup(&long, |_| ()), &[], 4);
    has(
        only(&paths, "HV-W870"),
        "reason",
        &["characters for the folder on the host"],
    );
    Ok(())
}

fn r33_the_account_that_needs_rights_is_named() -> Outcome {
    let web = web();
    let rows = rows(&backup(&web, |_| ()), &[], 0);
    let row = rows.iter().find(|row| row["topic"] == "rights");
    let account = format!(r"NT VIRTUAL MACHINE\{}", web.id.to_string().to_uppercase());
    has(row.expect("it has a row"), "command", &["icacls", &account]);
    Ok(())
}

fn a_checkpoint_alone_is_judged_by_itself() -> Outcome {
    let mut web = web();
    web.checkpoint_with_memory("with memory");
    web.checkpoint("without");
    let sources = backup(&web, |_| ());
    only(&rows(&sources, &["-c", "with memory"], 4), "HV-W857");
    let without = rows(&sources, &["--checkpoint", "without"], 0);
    assert!(without.iter().all(|row| row["level"] == "pass"));
    let drawn = doctor(&sources, &["-c", "without"]).expect_code(0);
    assert!(
        drawn.text().contains("state #1 without"),
        "{}",
        drawn.text()
    );
    assert!(drawn.text().contains("--as-of without"), "{}", drawn.text());
    Ok(())
}

fn several_machines_are_a_choice_or_all() -> Outcome {
    let folder = temp_dir();
    for name in ["web01", "db 01"] {
        let mut machine = Machine::new(name, Format::Vmcx);
        machine.add_disk(&format!("{name}.vhdx"));
        whole(&machine, &folder);
    }
    let sources = Sources::made(folder);
    let choice = doctor(&sources, &[]).expect_code(2);
    assert!(
        choice.stderr.contains("web01") && choice.stderr.contains("db 01"),
        "{}",
        choice.stderr
    );
    let all = doctor(&sources, &["--all", "--json"]).expect_code(0).json();
    assert_eq!(all["machines"].as_array().map(Vec::len), Some(2));
    let one = doctor(&sources, &["--vm", "db 01"]).expect_code(0);
    assert!(
        one.text().contains("db 01") && !one.text().contains("web01  "),
        "{}",
        one.text()
    );
    assert!(one.text().contains("--vm"), "{}", one.text());
    Ok(())
}

fn hostile_names_are_spelled_out() -> Outcome {
    let mut evil = Machine::new("web\u{1b}[2J\u{202e}'$(x)\n01", Format::Vmcx);
    evil.add_disk("web01.vhdx");
    evil.plug(Plug::Scsi(0, 7), "ISO", "D:\\a\u{1b}]0;x.iso");
    let sources = backup(&evil, |_| ());
    let drawn = doctor(&sources, &[]).expect_code(4);
    assert!(
        !drawn.text().contains(['\u{1b}', '\u{202e}']),
        "{}",
        drawn.text()
    );
    let rows = rows(&sources, &[], 4);
    has(only(&rows, "HV-W861"), "reason", &["\u{1b}]0;x.iso"]);
    has(only(&rows, "HV-W861"), "command", &["''$(x)"]);
    Ok(())
}

fn wrong_hosts_and_states_are_refused() -> Outcome {
    let sources = backup(&web(), |_| ());
    let host = doctor(&sources, &["--host", "vista"]).expect_code(2);
    assert!(host.stderr.contains("2012r2"), "{}", host.stderr);
    doctor(&sources, &["--cpu", "arm"]).expect_code(2);
    let state = doctor(&sources, &["-c", "nothing of that name"]).expect_code(2);
    assert!(state.stderr.contains("HV-E806"), "{}", state.stderr);
    let empty = Sources::made(temp_dir());
    doctor(&empty, &[]).expect_code(10);
    Ok(())
}
