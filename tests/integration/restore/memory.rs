//! Saved memory: kept only with exactly its disks, dropped otherwise, left out on request.

use std::fs;

use super::{Web, last_line, names};
use crate::harness::machines::{Format, Layout, State};
use crate::harness::{Outcome, Test, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r30_memory_is_kept_with_its_disks),
        test!(r29_without_saved_state_xml_loses_the_element_and_its_files),
        test!(r29_without_saved_state_the_script_removes_it_from_a_vmrs),
        test!(r30_a_merged_checkpoint_has_its_own_memory),
        test!(r30_memory_is_dropped_over_a_renamed_disk),
    ]
}

fn saved(format: Format) -> Web {
    Web::changed(
        format,
        Layout::Exported,
        |web, _| web.save_memory(),
        |_, _| {},
    )
}

fn r30_memory_is_kept_with_its_disks() -> Outcome {
    for format in [Format::Xml, Format::Vmcx] {
        let web = saved(format);
        web.restore(&[]).expect_code(0);
        let manifest = web.manifest();
        assert_eq!(manifest["saved_state"][0]["kept"], true, "{manifest}");
        for file in web.made.memory(State::Now) {
            let end = file
                .extension()
                .expect("one")
                .to_string_lossy()
                .into_owned();
            let found = names(&web.root().join("Virtual Machines"));
            let name = found
                .iter()
                .find(|name| name.ends_with(&end))
                .expect("it is there");
            let restored = fs::read(web.root().join("Virtual Machines").join(name))?;
            assert!(restored == fs::read(file)?, "{name}");
        }
    }
    Ok(())
}

fn r29_without_saved_state_xml_loses_the_element_and_its_files() -> Outcome {
    let web = saved(Format::Xml);
    let ran = web.restore(&["--no-saved-state"]).expect_code(0);
    assert!(
        ran.stderr.contains("[HV-W711]"),
        "what that loses is said: {}",
        ran.stderr
    );
    let found = names(&web.root());
    let is_memory = |name: &&String| name.ends_with(".bin") || name.ends_with(".vsv");
    assert_eq!(found.iter().find(is_memory), None);
    let text = web.text(&format!("Virtual Machines/{}.xml", web.id()));
    assert!(!text.contains("savedstate"), "{text}");
    assert!(text_of_source(&web).contains("savedstate"));
    Ok(())
}

fn text_of_source(web: &Web) -> String {
    super::text_of(web.made.configuration(State::Now))
}

fn r29_without_saved_state_the_script_removes_it_from_a_vmrs() -> Outcome {
    let web = saved(Format::Vmcx);
    let ran = web
        .restore(&["--no-saved-state", "--windows-path", r"D:\VMs\web01"])
        .expect_code(0);
    let found = names(&web.root().join("Virtual Machines"));
    let name = found
        .iter()
        .find(|name| name.to_lowercase().ends_with(".vmrs"));
    assert!(name.is_some(), "it stays: {found:?}");
    assert!(last_line(&ran).contains("saved state"), "{}", ran.text());
    assert_eq!(web.manifest()["saved_state"][0]["removed_by_script"], true);
    Ok(())
}

fn r30_a_merged_checkpoint_has_its_own_memory() -> Outcome {
    let mut names_of = Vec::new();
    for word in ["with memory", "now"] {
        let web = Web::changed(
            Format::Xml,
            Layout::Flat,
            |web, _| {
                web.checkpoint_with_memory("with memory");
                web.save_memory();
            },
            |_, _| {},
        );
        web.restore(&["--as-of", word]).expect_code(0);
        let place = format!("Virtual Machines/{0}/{0}.bin", web.id());
        let bytes = fs::read(web.root().join(place))?;
        let end = bytes.iter().position(|byte| *byte == 0x5a).unwrap_or(0);
        names_of.push(String::from_utf8_lossy(&bytes[..end]).into_owned());
    }
    assert!(names_of[0].contains("with memory"), "{names_of:?}");
    assert!(names_of[1].contains("web01"), "{names_of:?}");
    Ok(())
}

fn r30_memory_is_dropped_over_a_renamed_disk() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |web, _| web.save_memory(),
        |made, folder| {
            let system = super::machine(Format::Vmcx).1[0];
            let leaf = made.disk_file(State::Now, system);
            fs::rename(leaf, folder.join("renamed.avhdx")).expect("renamed");
        },
    );
    let ran = web.restore(&[]);
    assert!(ran.stderr.contains("[HV-W711]"), "{}", ran.stderr);
    let manifest = web.manifest();
    assert_eq!(manifest["saved_state"][0]["kept"], false, "{manifest}");
    // And the disk is called again what the configuration calls it.
    let recorded = web.made.recorded(State::Now, web.system);
    let name = recorded.rsplit('\\').next().expect("a name");
    assert!(web.root().join("Virtual Hard Disks").join(name).exists());
    web.assert_reads(State::Now, "now");
    Ok(())
}
