//! Where a parent is found, and where it is not looked for.

use super::{Folder, MIB, base, child, found, id, noise, read_as, reads, refused, run, stranger};
use crate::harness::{Outcome, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r13_in_a_search_folder_and_how_it_was_found),
        test!(right_name_with_another_identifier_does_not_end_the_search),
        test!(two_files_with_one_identifier),
        test!(an_absolute_path_is_followed_only_when_asked),
        test!(letter_case_of_the_recorded_name_does_not_matter),
        test!(the_second_identifier_is_as_good),
        test!(a_hundred_layers),
        test!(several_leaves_on_one_base),
        test!(files_that_are_no_disks_are_passed_over),
    ]
}

fn r13_in_a_search_folder_and_how_it_was_found() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let elsewhere = Folder::new().with("deep/down/moved.vhdx", &base()).done();
    let sources = Folder::new().with("leaf.avhdx", &leaf).done();
    let leaf_file = sources.path("leaf.avhdx");
    let broken = refused(&leaf_file, &[], "HV-E501");
    let fix = broken["fix"].as_str().expect("a fix");
    assert!(
        fix.contains("base.vhdx") && fix.contains("--search"),
        "{fix}"
    );
    let search = elsewhere.folder().to_str().expect("a plain path");
    let expected = leaf.model(&base().model(&[]));
    let chain = read_as(0, &leaf_file, &["--search", search], &expected);
    assert_eq!(found(&chain)[1], "moved.vhdx: identifier");
    Ok(())
}

fn right_name_with_another_identifier_does_not_end_the_search() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let sources = Folder::new()
        .with("base.vhdx", &stranger())
        .with("right/base.vhdx", &base())
        .with("leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    let chain = reads(&sources.path("leaf.avhdx"), &expected);
    assert_eq!(found(&chain)[1], "base.vhdx: identifier");
    let parent = chain["disks"][0]["layers"][1]["file"].as_str();
    assert!(
        parent.is_some_and(|path| path.contains("right")),
        "{parent:?}"
    );
    Ok(())
}

fn two_files_with_one_identifier() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let same = Folder::new()
        .with("a/one.vhdx", &base())
        .with("b/two.vhdx", &base())
        .with("leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    let chain = reads(&same.path("leaf.avhdx"), &expected);
    assert_eq!(found(&chain)[1], "one.vhdx: identifier");
    let mut changed = base();
    changed.write(3 * MIB, &noise(512, 4));
    let different = Folder::new()
        .with("a/one.vhdx", &base())
        .with("b/two.vhdx", &changed)
        .with("leaf.avhdx", &leaf)
        .done();
    let broken = refused(&different.path("leaf.avhdx"), &[], "HV-E503");
    let both = broken["refused"].to_string();
    assert!(
        both.contains("one.vhdx") && both.contains("two.vhdx"),
        "{both}"
    );
    // The operator's choice holds by its identifier: nothing to warn of.
    let two = different.path("b/two.vhdx");
    let word = format!("leaf.avhdx={}", two.display());
    let expected = leaf.model(&changed.model(&[]));
    let leaf_file = different.path("leaf.avhdx");
    read_as(0, &leaf_file, &["--accept-parent", &word], &expected);
    Ok(())
}

/// The path in the child is that of the disk in use on the host: it is there, it fits, and it is
/// not opened unless the operator says so.
fn an_absolute_path_is_followed_only_when_asked() -> Outcome {
    let live = temp_dir();
    let live_file = live.path().join("live.vhdx");
    base().build().write_to(&live_file)?;
    let mut leaf = child(&base(), "", 2);
    leaf.locator.retain(|(key, _)| key == "parent_linkage");
    let path = live_file.to_str().expect("a plain path").to_owned();
    leaf.locator.push(("absolute_win32_path".into(), path));
    let sources = Folder::new().with("leaf.avhdx", &leaf).done();
    let leaf_file = sources.path("leaf.avhdx");
    refused(&leaf_file, &[], "HV-E501");
    let expected = leaf.model(&base().model(&[]));
    let chain = read_as(0, &leaf_file, &["--allow-absolute-parents"], &expected);
    assert_eq!(found(&chain)[1], "live.vhdx: absolute path");
    Ok(())
}

fn letter_case_of_the_recorded_name_does_not_matter() -> Outcome {
    let leaf = child(&base(), r"..\BASE\Disk.VHDX", 2);
    let sources = Folder::new()
        .with("base/disk.vhdx", &base())
        .with("vm/leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    let chain = reads(&sources.path("vm/leaf.avhdx"), &expected);
    let how = found(&chain)[1].to_lowercase();
    assert_eq!(how, "disk.vhdx: relative path");
    Ok(())
}

fn the_second_identifier_is_as_good() -> Outcome {
    let mut leaf = child(&base(), r".\base.vhdx", 2);
    for (key, value) in &mut leaf.locator {
        match key.as_str() {
            "parent_linkage" => *value = format!("{{{}}}", id(77)),
            "parent_linkage2" => *value = format!("{{{}}}", id(1)),
            _ => {}
        }
    }
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    let chain = reads(&sources.path("leaf.avhdx"), &expected);
    assert_eq!(chain["disks"][0]["layers"][0]["link"], "matches-second");
    Ok(())
}

fn a_hundred_layers() -> Outcome {
    let mut folder = Folder::new().with("000.vhdx", &base());
    let (mut image, mut expected) = (base(), base().model(&[]));
    for number in 1..100_u64 {
        let parent = if number == 1 {
            "000.vhdx".into()
        } else {
            format!("{:03}.avhdx", number - 1)
        };
        image = image.child(&format!(r".\{parent}"), id(1 + u128::from(number)));
        image.write(number * 8 * 512, &noise(9 * 512, number));
        expected = image.model(&expected);
        folder = folder.with(&format!("{number:03}.avhdx"), &image);
    }
    let sources = folder.done();
    let chain = reads(sources.folder(), &expected);
    assert_eq!(found(&chain).len(), 100);
    Ok(())
}

/// Two states are newest and nothing says which: both are listed, none is taken, certainly not the
/// one that was written last.
fn several_leaves_on_one_base() -> Outcome {
    let (one, two) = (
        child(&base(), r".\base.vhdx", 2),
        child(&base(), r".\base.vhdx", 3),
    );
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("one.avhdx", &one)
        .with("two.avhdx", &two)
        .done();
    let out = temp_dir();
    let flat = out.path().join("flat.raw");
    let flat = flat.to_str().expect("a plain path");
    let listing = ["ls", "hash", "tree"].map(|command| run(command, sources.folder(), &[]));
    let moving = [["-o", flat], ["-o", "-"]].map(|to| run("flatten", sources.folder(), &to));
    for ran in listing.into_iter().chain(moving) {
        let ran = ran.expect_code(2);
        for part in ["one.avhdx", "two.avhdx", "HV-E805", "--checkpoint"] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
        assert!(ran.stdout.is_empty());
    }
    assert_eq!(std::fs::read_dir(out.path())?.count(), 0);
    // `chain` is there to show them all.
    let chain = run("chain", sources.folder(), &["--json"])
        .expect_code(0)
        .json();
    assert_eq!(chain["disks"].as_array().map(Vec::len), Some(2));
    for (asked, image) in [("one", &one), ("two.avhdx", &two), ("#2", &two)] {
        let more = ["-c", asked, "-o", "-"];
        let flat = run("flatten", sources.folder(), &more).expect_code(0);
        super::assert_same(&flat.stdout, &image.model(&base().model(&[])), asked);
    }
    // A file that is named is a choice.
    reads(&sources.path("two.avhdx"), &two.model(&base().model(&[])));
    Ok(())
}

fn files_that_are_no_disks_are_passed_over() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let sources = Folder::new()
        .with("vm/Virtual Hard Disks/base.vhdx", &base())
        .with("vm/Virtual Hard Disks/leaf.avhdx", &leaf)
        .with_bytes("vm/Virtual Machines/x.bin", b"memory")
        .with_bytes("vm/empty", b"")
        .with_bytes("log.txt", &noise(70_000, 6))
        .done();
    let chain = reads(sources.folder(), &leaf.model(&base().model(&[])));
    assert_eq!(chain["disks"].as_array().map(Vec::len), Some(1));
    assert_eq!(chain["orphans"], serde_json::json!([]));
    assert_eq!(chain["damaged"], serde_json::json!([]));
    Ok(())
}
