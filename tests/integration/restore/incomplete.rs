//! What is absent, of another name, damaged, or left by a backup.

use std::fs;

use testkit::configuration::Plug;

use super::{Web, last_line, names};
use crate::harness::machines::{Format, Layout, Machine, State};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r19_what_is_not_in_the_backup_is_named_and_ends_with_4),
        test!(r2_a_backup_of_the_latest_state_is_restored_without_its_checkpoints),
        test!(a_missing_disk_costs_what_needs_it),
        test!(a_state_is_not_merged_without_one_of_its_disks),
        test!(change_tracking_and_logs_of_replicas_stay_behind),
        test!(two_disks_of_one_name_get_folders_of_their_own),
        test!(a_damaged_disk_is_never_presented_as_whole),
        test!(a_merged_disk_with_damage_is_partial),
        test!(an_accepted_parent_is_linked_and_told),
        test!(r35_names_of_any_kind_stay_names),
        test!(disks_without_configuration_are_restored_for_a_new_machine),
    ]
}

fn r19_what_is_not_in_the_backup_is_named_and_ends_with_4() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Exported,
        |web, _| web.plug(Plug::Scsi(0, 5), "Physical", "disk 3"),
        |_, _| {},
    );
    let ran = web.restore(&[]).expect_code(4);
    assert!(
        ran.text().contains("RESTORED, NOT COMPLETE [HV-W710]"),
        "{}",
        ran.text()
    );
    assert!(
        last_line(&ran).starts_with("wizard-ready: no, because"),
        "{}",
        ran.text()
    );
    assert!(ran.stderr.contains("SCSI 0:5"), "{}", ran.stderr);
    assert_eq!(web.manifest()["absent"][0]["kind"], "pass-through");
    web.assert_reads(State::Now, "now");
    Ok(())
}

fn r2_a_backup_of_the_latest_state_is_restored_without_its_checkpoints() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |web, _| web.latest_state = true,
        |_, _| {},
    );
    let ran = web.restore(&[]);
    assert!(
        [Some(0), Some(4)].contains(&ran.code),
        "{:?} {}",
        ran.code,
        ran.stderr
    );
    for (number, disk) in [("0", web.system), ("1", web.data)] {
        let args = ["--disk", number, "-o", "-", "-q"];
        let ran = super::run_on("flatten", &web.root(), &args).expect_code(0);
        assert!(
            ran.stdout == web.made.contents(State::Now, disk),
            "disk {number}"
        );
    }
    Ok(())
}

fn a_missing_disk_costs_what_needs_it() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |_, _| {},
        |made, _| {
            let (_, [_, data], [_, update]) = super::machine(Format::Vmcx);
            fs::remove_file(made.disk_file(update, data)).expect("removed");
        },
    );
    let ran = web.restore(&[]).expect_code(4);
    assert!(
        ran.text().contains("RESTORED, NOT COMPLETE"),
        "{}",
        ran.text()
    );
    web.assert_reads(web.clean, "Clean install");
    let merged = temp_dir();
    let out = merged.path().join("out");
    let args = ["--as-of", "before update"];
    let refused = super::restore(web.sources.folder(), &out, &args);
    assert!(
        matches!(refused.code, Some(11 | 17)),
        "{:?} {}",
        refused.code,
        refused.stderr
    );
    assert!(!out.join("web01").exists());
    super::restore(web.sources.folder(), &out, &["--as-of", "Clean install"]);
    assert!(out.join("web01").exists());
    Ok(())
}

fn a_state_is_not_merged_without_one_of_its_disks() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk("web01.vhdx");
    let data = web.add_disk("data.vhdx");
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Exported);
    fs::remove_file(made.disk_file(State::Now, data))?;
    let sources = Sources::made(folder);
    let out = temp_dir();
    let dest = out.path().join("out");
    let ran = super::restore(sources.folder(), &dest, &["--as-of", "now"]).expect_code(17);
    for part in ["HV-E713", "SCSI 0:1", "data.vhdx"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!dest.join("web01").exists());
    Ok(())
}

fn change_tracking_and_logs_of_replicas_stay_behind() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |_, _| {},
        |_, folder| {
            for name in ["web01.vhdx.rct", "web01.vhdx.mrt", "web01.hrl"] {
                fs::write(folder.join(name), [7; 4096]).expect("written");
            }
        },
    );
    let ran = web.restore(&[]);
    assert!(
        [Some(0), Some(4)].contains(&ran.code),
        "{:?} {}",
        ran.code,
        ran.stderr
    );
    let found = names(&web.root());
    let ends = [".rct", ".mrt", ".hrl"];
    assert!(
        !found
            .iter()
            .any(|name| ends.iter().any(|end| name.ends_with(end))),
        "{found:?}"
    );
    Ok(())
}

fn two_disks_of_one_name_get_folders_of_their_own() -> Outcome {
    let mut web = Machine::new("web01", Format::Vmcx);
    let one = web.add_disk_at(Plug::Scsi(0, 0), r"D:\one\disk.vhdx");
    let two = web.add_disk_at(Plug::Scsi(0, 1), r"D:\two\disk.vhdx");
    web.write_text(one, "the first");
    web.write_text(two, "the second");
    let folder = temp_dir();
    let made = web.write_to(folder.path(), &Layout::Original);
    super::put_guest_state(&made, Format::Vmcx);
    let sources = Sources::made(folder);
    let out = temp_dir();
    let dest = out.path().join("out");
    super::restore(sources.folder(), &dest, &[]).expect_code(0);
    let disks = dest.join("web01").join("Virtual Hard Disks");
    assert_eq!(names(&disks), ["2/disk.vhdx", "disk.vhdx"]);
    for (name, disk) in [("disk.vhdx", one), ("2/disk.vhdx", two)] {
        let ran = super::run_on("flatten", &disks.join(name), &["-o", "-", "-q"]).expect_code(0);
        assert!(ran.stdout == made.contents(State::Now, disk), "{name}");
    }
    Ok(())
}

/// Cuts the end off the leaf of the system's disk in now, which was saved while it ran.
fn cut() -> Web {
    Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |web, _| web.save_memory(),
        |made, _| {
            let system = super::machine(Format::Vmcx).1[0];
            let leaf = made.disk_file(State::Now, system);
            let file = fs::File::options().write(true).open(leaf).expect("there");
            let size = file.metadata().expect("there").len();
            file.set_len(size - (1 << 20)).expect("cut");
        },
    )
}

fn a_damaged_disk_is_never_presented_as_whole() -> Outcome {
    let web = cut();
    let ran = web.restore(&[]).expect_code(3);
    assert!(
        ran.text().contains("RESTORED, NOT COMPLETE"),
        "{}",
        ran.text()
    );
    assert!(
        last_line(&ran).starts_with("wizard-ready: no, because a disk was not restored in full")
    );
    assert!(ran.stderr.contains("[HV-D708]"), "{}", ran.stderr);
    is_told_as_not_whole(&web);
    web.assert_reads(web.clean, "Clean install");
    Ok(())
}

/// Every file of the set that tells of it says so, and memory does not resume over the disk.
fn is_told_as_not_whole(web: &Web) {
    let manifest = web.manifest();
    assert_eq!(manifest["complete"], false);
    assert_eq!(manifest["wizard_ready"], false);
    assert_eq!(manifest["saved_state"][0]["kept"], false, "{manifest}");
    assert_eq!(manifest["saved_state"][0]["removed_by_script"], true);
    let restored = web.text("RESTORED.md");
    assert!(
        restored.contains("**RESTORED, NOT COMPLETE**"),
        "{restored}"
    );
    assert!(restored.contains("block: disks: "), "{restored}");
    let script = web.text("import.ps1");
    assert!(
        script.contains("'disks'") && script.contains("'block'"),
        "{script}"
    );
}

fn a_merged_disk_with_damage_is_partial() -> Outcome {
    let web = cut();
    let ran = web.restore(&["--as-of", "now"]).expect_code(3);
    assert!(ran.stderr.contains("[HV-D707]"), "{}", ran.stderr);
    is_told_as_not_whole(&web);
    let found = names(&web.root().join("Virtual Hard Disks"));
    assert_eq!(
        found,
        ["data.vhdx", "web01.vhdx.partial", "web01.vhdx.partial.json"]
    );
    Ok(())
}

fn an_accepted_parent_is_linked_and_told() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |web, _| web.save_memory(),
        |made, _| {
            let (_, [system, _], [clean, _]) = super::machine(Format::Vmcx);
            let mut base = testkit::vhdx::Image::dynamic(made.contents(clean, system).len() as u64);
            base.data_write_guid = uuid::Uuid::from_u128(0xBAD);
            base.write(0, &made.contents(clean, system));
            base.build()
                .write_to(made.disk_file(clean, system))
                .expect("written");
        },
    );
    let leaf = web.made.disk_file(State::Now, web.system);
    let other = web.made.disk_file(web.update, web.system);
    let name = |path: &std::path::Path| {
        path.file_name()
            .expect("one")
            .to_string_lossy()
            .into_owned()
    };
    let links = [leaf, other].map(|child| format!("{}=web01.vhdx", name(child)));
    let args = ["--accept-parent", &links[0], "--accept-parent", &links[1]];
    let ran = web.restore(&args).expect_code(3);
    assert!(ran.stderr.contains("operator's word"), "{}", ran.stderr);
    assert_eq!(web.manifest()["saved_state"][0]["kept"], false);
    // The copy names it, so that it opens without a word.
    web.assert_reads(State::Now, "now");
    Ok(())
}

fn r35_names_of_any_kind_stay_names() -> Outcome {
    for name in [
        r"..\..\evil",
        "quote ' \" $(calc)",
        "Büro – Server 2",
        "tab\tand\nline",
    ] {
        let mut web = Machine::new(name, Format::Vmcx);
        let disk = web.add_disk("a.vhdx");
        web.write_text(disk, name.lines().next().expect("a line"));
        let folder = temp_dir();
        let made = web.write_to(folder.path(), &Layout::Flat);
        super::put_guest_state(&made, Format::Vmcx);
        let sources = Sources::made(folder);
        let out = temp_dir();
        let dest = out.path().join("out");
        let json = super::restore(sources.folder(), &dest, &["--json"])
            .expect_code(0)
            .json();
        assert_eq!(json["machines"][0]["name"], name);
        let entries: Vec<_> = fs::read_dir(&dest)?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        assert_eq!(entries.len(), 1, "{entries:?}");
        let file = entries[0].join("Virtual Hard Disks").join("a.vhdx");
        let ran = super::run_on("flatten", &file, &["-o", "-", "-q"]).expect_code(0);
        assert!(ran.stdout == made.contents(State::Now, disk), "{name}");
        assert_eq!(fs::read_dir(out.path())?.count(), 1, "nothing beside it");
    }
    Ok(())
}

fn disks_without_configuration_are_restored_for_a_new_machine() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |_, _| {},
        |_, folder| {
            for name in names(folder) {
                if name.ends_with(".vmcx") || name.ends_with(".vmrs") {
                    fs::remove_file(folder.join(name)).expect("removed");
                }
            }
        },
    );
    let ran = web.restore(&[]);
    assert!(
        [Some(0), Some(4)].contains(&ran.code),
        "{:?} {}",
        ran.code,
        ran.stderr
    );
    assert!(
        last_line(&ran).contains("no configuration"),
        "{}",
        ran.text()
    );
    let folders: Vec<_> = fs::read_dir(web.out())?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    assert_eq!(names(&folders[0].join("Virtual Hard Disks")).len(), 6);
    Ok(())
}
