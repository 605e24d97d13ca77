//! One state merged into new disks.

use std::process::Command;

use super::{Web, last_line, names};
use crate::harness::machines::{Format, Layout, State};
use crate::harness::{Outcome, Test, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(each_state_can_be_merged_and_reads_as_it_did),
        test!(a_checkpoints_own_configuration_becomes_the_machines),
        test!(merged_disks_are_sound_to_others)
            .needs_tool("qemu-img")
            .needs_tool("ntfsfix"),
        test!(a_host_that_takes_no_such_version_needs_one_state),
        test!(r9_a_state_that_is_not_there_lists_those_that_are),
    ]
}

fn each_state_can_be_merged_and_reads_as_it_did() -> Outcome {
    for format in [Format::Xml, Format::Vmcx] {
        for word in ["now", "Clean install", "before update"] {
            let web = Web::new(format, Layout::Flat);
            let state = match word {
                "now" => State::Now,
                "Clean install" => web.clean,
                _ => web.update,
            };
            let ran = web.restore(&["--as-of", word, "--verify"]).expect_code(0);
            assert!(
                last_line(&ran).starts_with("wizard-ready: no"),
                "{}",
                ran.text()
            );
            let disks = names(&web.root().join("Virtual Hard Disks"));
            assert_eq!(disks, ["data.vhdx", "web01.vhdx"]);
            for (name, disk) in [("web01.vhdx", web.system), ("data.vhdx", web.data)] {
                let file = web.root().join("Virtual Hard Disks").join(name);
                let ran = super::run_on("flatten", &file, &["-o", "-", "-q"]).expect_code(0);
                assert!(
                    ran.stdout == web.made.contents(state, disk),
                    "{name} of {word}"
                );
            }
            assert_eq!(names(&web.root().join("Snapshots")), [""; 0]);
        }
    }
    Ok(())
}

fn a_checkpoints_own_configuration_becomes_the_machines() -> Outcome {
    for (format, end) in [(Format::Xml, "xml"), (Format::Vmcx, "vmcx")] {
        let web = Web::new(format, Layout::Exported);
        web.restore(&["--as-of", "Clean install"]).expect_code(0);
        let machines = names(&web.root().join("Virtual Machines"));
        assert!(
            machines.contains(&format!("{}.{end}", web.id())),
            "{machines:?}"
        );
        let manifest = web.manifest();
        assert_eq!(manifest["name"], "web01");
        let files = manifest["files"].as_array().expect("a list");
        let configuration = files.iter().find(|file| file["role"] == "configuration");
        let source = configuration.and_then(|file| file["source"].as_str());
        let own = web.made.configuration(web.clean).display().to_string();
        assert_eq!(source, Some(&*own), "never now's");
        let changes = configuration.expect("there")["changes"].to_string();
        for key in [
            "properties/name",
            "properties/type_id",
            "properties/global_id",
        ] {
            assert!(changes.contains(key), "{changes}");
        }
    }
    Ok(())
}

fn merged_disks_are_sound_to_others() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Flat);
    web.restore(&["--as-of", "now"]).expect_code(0);
    for name in ["web01.vhdx", "data.vhdx"] {
        let file = web.root().join("Virtual Hard Disks").join(name);
        let checked = Command::new("qemu-img").arg("check").arg(&file).output()?;
        assert!(checked.status.success(), "{name}: {checked:?}");
    }
    // The volume, cut out of the disk, for a tool that takes no other.
    let raw = web.out.path().join("volume");
    let disk = web.made.contents(State::Now, web.system);
    let start = disk
        .windows(8)
        .position(|bytes| bytes == b"NTFS    ")
        .expect("a volume")
        - 3;
    let sectors: [u8; 8] = disk[start + 0x28..][..8].try_into().expect("eight bytes");
    let size = (u64::from_le_bytes(sectors) as usize + 1) * 512;
    std::fs::write(&raw, &disk[start..][..size])?;
    let checked = Command::new("ntfsfix").arg("-n").arg(&raw).output()?;
    assert!(checked.status.success(), "{checked:?}");
    Ok(())
}

fn a_host_that_takes_no_such_version_needs_one_state() -> Outcome {
    let web = Web::new(Format::Xml, Layout::Exported);
    let ran = web.restore(&["--host", "2022"]).expect_code(2);
    assert!(ran.stderr.contains("[HV-E716]"), "{}", ran.stderr);
    assert!(ran.stderr.contains("before update"), "{}", ran.stderr);
    assert!(!web.out().exists());
    web.restore(&["--host", "2019"]).expect_code(0);
    let web = Web::new(Format::Xml, Layout::Exported);
    let ran = web
        .restore(&["--host", "2022", "--as-of", "now"])
        .expect_code(0);
    assert!(
        last_line(&ran).contains("takes no configuration"),
        "{}",
        ran.text()
    );
    assert!(
        web.text("import.ps1").contains("New-VM"),
        "a new machine around the disks"
    );
    Ok(())
}

fn r9_a_state_that_is_not_there_lists_those_that_are() -> Outcome {
    let web = Web::new(Format::Xml, Layout::Flat);
    let ran = web.restore(&["--as-of", "yesterday"]).expect_code(2);
    assert!(
        ran.stderr.contains("[HV-E712]") && ran.stderr.contains("Clean install"),
        "{}",
        ran.stderr
    );
    Ok(())
}
