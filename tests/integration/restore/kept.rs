//! All checkpoints kept: every state reads as before, and files lie where import looks for them.

use std::fs;
use std::sync::Arc;

use blockio::Cache;
use disk::{Finder, Folders};

use super::{Web, last_line, names};
use crate::harness::machines::{Format, Layout, Machine, State};
use crate::harness::program::sha256;
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r26_every_state_reads_after_as_before_whatever_the_layout),
        test!(r28_files_lie_and_are_called_as_an_import_expects),
        test!(r10_the_newest_checkpoint_comes_with_its_line),
        test!(r26_the_live_parents_are_not_named_any_more),
        test!(r34_windows_paths_are_taken_with_either_slash),
        test!(r32_a_plan_writes_nothing),
        test!(r37_what_is_written_is_in_the_manifest_and_the_source_is_as_it_was),
        test!(another_name_is_the_folders_and_the_configurations),
        test!(all_machines_come_with_a_script_for_all),
        test!(a_domain_controller_is_told_beside_the_set),
    ]
}

const LAYOUTS: [Layout; 3] = [Layout::Exported, Layout::Flat, Layout::Original];

fn r26_every_state_reads_after_as_before_whatever_the_layout() -> Outcome {
    for format in [Format::Xml, Format::Vmcx] {
        for layout in LAYOUTS {
            let web = Web::new(format, layout);
            let ran = web.restore(&["--verify"]).expect_code(0);
            // On Windows the set is taken to stay where it is written.
            let expected = match cfg!(windows) {
                true => "wizard-ready: yes",
                false => "wizard-ready: no, because ",
            };
            assert!(last_line(&ran).starts_with(expected), "{}", ran.text());
            web.assert_reads(State::Now, "now");
            web.assert_reads(web.clean, "Clean install");
            web.assert_reads(web.update, "before update");
        }
    }
    Ok(())
}

fn r28_files_lie_and_are_called_as_an_import_expects() -> Outcome {
    for (format, end) in [(Format::Xml, "xml"), (Format::Vmcx, "vmcx")] {
        let web = Web::new(format, Layout::Flat);
        web.restore(&[]).expect_code(0);
        let found = names(&web.root());
        let machine = format!("Virtual Machines/{}.{end}", web.id());
        assert!(found.contains(&machine), "{found:?}");
        let checkpoints = found
            .iter()
            .filter(|name| name.starts_with("Snapshots/") && name.ends_with(&format!(".{end}")));
        assert_eq!(checkpoints.count(), 2, "{found:?}");
        let disks = found
            .iter()
            .filter(|name| name.starts_with("Virtual Hard Disks/"));
        assert_eq!(
            disks.count(),
            6,
            "two disks of a base and two leaves: {found:?}"
        );
        for (state, disk) in [(State::Now, web.system), (web.update, web.data)] {
            let recorded = web.made.recorded(state, disk);
            let name = recorded.rsplit('\\').next().expect("a name");
            assert!(
                found.contains(&format!("Virtual Hard Disks/{name}")),
                "{name}: {found:?}"
            );
        }
        for name in ["import.ps1", "RESTORED.md", "manifest.json"] {
            assert!(found.contains(&name.to_owned()), "{found:?}");
        }
    }
    Ok(())
}

fn r10_the_newest_checkpoint_comes_with_its_line() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Exported);
    web.restore(&[]).expect_code(0);
    for name in ["import.ps1", "RESTORED.md"] {
        let text = web.text(name);
        assert!(text.contains("Restore-VMSnapshot"), "{name}: {text}");
    }
    assert!(web.text("import.ps1").contains("before update"));
    Ok(())
}

fn r26_the_live_parents_are_not_named_any_more() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Exported);
    web.restore(&[]).expect_code(0);
    let disks = web.root().join("Virtual Hard Disks");
    let finder = Finder::new(Arc::new(Folders::around(&disks)), &Cache::default());
    for (state, disk) in [(State::Now, web.system), (web.update, web.data)] {
        let recorded = web.made.recorded(state, disk);
        let name = recorded.rsplit('\\').next().expect("a name");
        let chain = finder.chain(&disks.join(name)).expect("it is there");
        let link = chain.leaf().image.parent().expect("it has one");
        let parent = &*chain.layers[1].name;
        assert_eq!(link.relative, Some(format!(r".\{parent}")));
        // On Windows the set is taken to stay where it is written.
        let here = disks.join(parent).display().to_string();
        let here = cfg!(windows).then_some(here);
        assert_eq!(link.absolute, Vec::from_iter(here), "{link:?}");
    }
    let manifest = web.manifest();
    let files = manifest["files"].as_array().expect("a list");
    let relinked = files
        .iter()
        .filter(|file| file["action"] == "copied and relinked");
    for file in relinked {
        assert_eq!(file["changes"][0]["what"], "place of the parent", "{file}");
    }
    Ok(())
}

fn r34_windows_paths_are_taken_with_either_slash() -> Outcome {
    for path in [r"E:\VMs\web01", "E:/VMs/web01"] {
        for format in [Format::Xml, Format::Vmcx] {
            let web = Web::new(format, Layout::Flat);
            let ran = web.restore(&["--windows-path", path]).expect_code(0);
            assert_eq!(last_line(&ran), "wizard-ready: yes", "{}", ran.text());
            web.assert_reads(State::Now, "now");
            web.assert_reads(web.clean, "Clean install");
            let recorded = web.manifest();
            let files = recorded["files"].as_array().expect("a list");
            let edited = files
                .iter()
                .filter(|file| file["action"] == "copied and edited");
            assert_eq!(edited.count(), 3, "now and both checkpoints: {recorded}");
            let text = recorded.to_string();
            assert!(
                text.contains(r"E:\\VMs\\web01\\Virtual Hard Disks\\"),
                "{text}"
            );
        }
    }
    Web::new(Format::Xml, Layout::Flat)
        .restore(&["--windows-path", "VMs"])
        .expect_code(2);
    Ok(())
}

fn r32_a_plan_writes_nothing() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Exported);
    let ran = web.restore(&["--dry-run"]).expect_code(0);
    assert!(ran.text().contains("nothing was written"), "{}", ran.text());
    assert!(ran.text().contains("web01.vhdx"), "{}", ran.text());
    assert!(!web.out().exists());
    let json = web.restore(&["--dry-run", "--json"]).expect_code(0).json();
    assert_eq!(json["dry_run"], true);
    assert!(
        json["machines"][0]["files"]
            .as_array()
            .is_some_and(|files| files.len() >= 9)
    );
    Ok(())
}

fn r37_what_is_written_is_in_the_manifest_and_the_source_is_as_it_was() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Original);
    web.restore(&["--hash"]).expect_code(0);
    let manifest = web.manifest();
    let files = manifest["files"].as_array().expect("a list");
    let listed: Vec<_> = files
        .iter()
        .map(|file| file["file"].as_str().expect("a place").to_owned())
        .collect();
    let own = ["import.ps1", "RESTORED.md", "manifest.json"];
    for name in names(&web.root()) {
        assert!(
            listed.contains(&name) || own.contains(&&*name),
            "{name} is not listed"
        );
    }
    for (file, name) in files.iter().zip(&listed) {
        let bytes = fs::read(web.root().join(name))?;
        assert_eq!(file["sha256"], sha256(&bytes), "{name}");
        assert_eq!(file["size"], bytes.len(), "{name}");
    }
    Ok(())
}

fn another_name_is_the_folders_and_the_configurations() -> Outcome {
    for format in [Format::Xml, Format::Vmcx] {
        let web = Web::new(format, Layout::Flat);
        web.restore(&["--rename", "web02"]).expect_code(0);
        let root = web.out().join("web02");
        let inspected = super::run_on("inspect", &root, &["--json"]);
        assert!(inspected.text().contains("web02"), "{}", inspected.text());
    }
    Ok(())
}

fn all_machines_come_with_a_script_for_all() -> Outcome {
    let folder = temp_dir();
    for name in ["one", "two"] {
        let mut machine = crate::harness::machines::Machine::new(name, Format::Vmcx);
        let disk = machine.add_disk(&format!("{name}.vhdx"));
        machine.write_text(disk, name);
        let made = machine.write_to(&folder.path().join(name), &Layout::Exported);
        super::put_guest_state(&made, Format::Vmcx);
    }
    let sources = Sources::made(folder);
    let out = temp_dir();
    let dest = out.path().join("all");
    let listed = super::restore(sources.folder(), &dest, &[]).expect_code(2);
    assert!(listed.stderr.contains("two"), "{}", listed.stderr);
    super::restore(sources.folder(), &dest, &["--all"]).expect_code(0);
    let script = super::text_of(&dest.join("import-all.ps1"));
    assert!(
        script.contains("'one'") && script.contains("'two'"),
        "{script}"
    );
    assert!(dest.join("one").join("import.ps1").exists());
    assert!(dest.join("two").join("import.ps1").exists());
    // Whoever goes on finds both done.
    let again = super::restore(sources.folder(), &dest, &["--all", "--resume"]).expect_code(0);
    assert!(
        again.stderr.contains("restored by an earlier run"),
        "{}",
        again.stderr
    );
    Ok(())
}

/// By the guest's own registry, in the script and in the text beside it.
fn a_domain_controller_is_told_beside_the_set() -> Outcome {
    let windows = Sources::testdata(&["guest/system.vhdx.zst"]);
    for is_controller in [true, false] {
        let mut dc = Machine::new("dc02", Format::Vmcx);
        let disk = dc.add_disk("system.vhdx");
        let folder = temp_dir();
        let made = dc.write_to(folder.path(), &Layout::Exported);
        if is_controller {
            let file = made.disk_file(State::Now, disk);
            fs::remove_file(file)?;
            fs::copy(windows.path("system.vhdx"), file)?;
        }
        let sources = Sources::made(folder);
        let out = temp_dir();
        let dest = out.path().join("out");
        super::restore(sources.folder(), &dest, &[]);
        let text = |name: &str| fs::read_to_string(dest.join("dc02").join(name));
        let told = "domain controller: start it isolated";
        assert_eq!(text("RESTORED.md")?.contains(told), is_controller);
        let script = text("import.ps1")?;
        let entry = script
            .lines()
            .find(|line| line.contains("DomainController"));
        let entry = entry.expect("it is in the table");
        let expected = if is_controller { "$true" } else { "$false" };
        assert!(entry.contains(expected), "{entry}");
    }
    Ok(())
}
