//! Links that do not hold: refused, explained, each with its fix.

use testkit::vhd;
use testkit::vhdx::{FILE_PARAMETERS, Image, PARENT_LOCATOR, VHDX_LOCATOR};
use uuid::Uuid;

use super::{Folder, MIB, base, child, id, read_as, refused, run, stranger};
use crate::harness::{Outcome, Sources, Test, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(the_base_is_missing),
        test!(the_layer_in_the_middle_is_missing),
        test!(the_chain_is_a_cycle),
        test!(the_parent_has_sectors_of_another_size),
        test!(the_parent_is_of_another_format),
        test!(the_parent_cannot_be_opened),
        test!(the_accepted_parent_is_not_there),
        test!(the_word_holds_for_one_link_only),
        test!(the_locator_is_wrong),
        test!(the_other_disks_of_the_folder_are_served),
    ]
}

fn leaf() -> Image {
    child(&base(), r".\base.vhdx", 2)
}

fn the_base_is_missing() -> Outcome {
    let sources = Folder::new().with("leaf.avhdx", &leaf()).done();
    for source in [sources.path("leaf.avhdx"), sources.folder().to_owned()] {
        let broken = refused(&source, &[], "HV-E501");
        let message = broken["message"].as_str().expect("a message");
        for part in ["leaf.avhdx", "base.vhdx", &id(1).to_string()] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert_eq!(broken["wanted_ids"][0], id(1).to_string());
    }
    let chain = run("chain", sources.folder(), &["--json"]).expect_code(11);
    let orphans = chain.json()["orphans"].to_string();
    assert!(orphans.contains("leaf.avhdx"), "{orphans}");
    Ok(())
}

fn the_layer_in_the_middle_is_missing() -> Outcome {
    let middle = leaf();
    let top = child(&middle, r".\middle.avhdx", 3);
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("top.avhdx", &top)
        .done();
    let broken = refused(&sources.path("top.avhdx"), &[], "HV-E501");
    assert_eq!(broken["wanted_ids"][0], id(2).to_string());
    Ok(())
}

fn the_chain_is_a_cycle() -> Outcome {
    let mut one = Image::differencing(4 * MIB, id(12), r".\two.avhdx");
    one.data_write_guid = id(11);
    let two = one.child(r".\one.avhdx", id(12));
    let mut itself = Image::differencing(4 * MIB, id(13), r".\self.avhdx");
    itself.data_write_guid = id(13);
    let sources = Folder::new()
        .with("one.avhdx", &one)
        .with("two.avhdx", &two)
        .with("self.avhdx", &itself)
        .done();
    for name in ["one.avhdx", "two.avhdx", "self.avhdx"] {
        let broken = refused(&sources.path(name), &[], "HV-E504");
        let message = broken["message"].as_str().expect("a message");
        assert!(message.contains(".avhdx"), "{message}");
    }
    Ok(())
}

fn the_parent_has_sectors_of_another_size() -> Outcome {
    let mut parent = base();
    parent.logical_sector_size = 4096;
    let sources = pair(&parent);
    refused(&sources.path("leaf.avhdx"), &[], "HV-E506");
    let word = ["--accept-parent", "leaf.avhdx=base.vhdx"];
    refused(&sources.path("leaf.avhdx"), &word, "HV-E506");
    Ok(())
}

fn the_parent_is_of_another_format() -> Outcome {
    let mut parent = vhd::Image::new(vhd::Kind::Dynamic, 4 * MIB, 1 << 20);
    parent.unique_id = id(1);
    let sources = Folder::new()
        .with_bytes("base.vhdx", &parent.to_bytes())
        .with("leaf.avhdx", &leaf())
        .done();
    let word = ["--accept-parent", "leaf.avhdx=base.vhdx"];
    for more in [&[][..], &word] {
        refused(&sources.path("leaf.avhdx"), more, "HV-E507");
    }
    Ok(())
}

fn the_parent_cannot_be_opened() -> Outcome {
    let mut damaged = base().build();
    for header in [64 << 10, 128 << 10] {
        damaged.spoil(header + 20);
    }
    let sources = Folder::new()
        .with_file("base.vhdx", &damaged)
        .with("leaf.avhdx", &leaf())
        .done();
    let broken = refused(&sources.path("leaf.avhdx"), &[], "HV-E508");
    let message = broken["message"].as_str().expect("a message");
    assert!(
        message.contains("HV-D1"),
        "the reason given by the file: {message}"
    );
    Ok(())
}

fn the_accepted_parent_is_not_there() -> Outcome {
    let sources = pair(&stranger());
    let word = ["--accept-parent", "leaf.avhdx=nowhere.vhdx"];
    let broken = refused(&sources.path("leaf.avhdx"), &word, "HV-E508");
    assert!(broken.to_string().contains("nowhere.vhdx"), "{broken}");
    Ok(())
}

fn the_word_holds_for_one_link_only() -> Outcome {
    let middle = leaf();
    let top = child(&middle, r".\middle.avhdx", 3);
    let mut other = child(&stranger(), r".\base.vhdx", 98);
    other.write(0, &super::noise(1024, 98));
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("middle.avhdx", &other)
        .with("top.avhdx", &top)
        .done();
    let top_file = sources.path("top.avhdx");
    let first = "top.avhdx=middle.avhdx";
    let second = "middle.avhdx=base.vhdx";
    refused(&top_file, &["--accept-parent", second], "HV-E502");
    refused(&top_file, &["--accept-parent", first], "HV-E502");
    let expected = top.model(&other.model(&base().model(&[])));
    let both = ["--accept-parent", first, "--accept-parent", second];
    read_as(3, &top_file, &both, &expected);
    for malformed in ["top.avhdx", "=base.vhdx", "top.avhdx="] {
        run("chain", &top_file, &["--accept-parent", malformed]).expect_code(2);
    }
    Ok(())
}

/// What makes a file wrong.
type Spoil<'a> = &'a dyn Fn(&mut testkit::vhdx::Built);

/// A child whose parent locator is of another type, reaches beyond its item, has no entries, or is
/// gone is damaged itself: no parent is guessed for it.
fn the_locator_is_wrong() -> Outcome {
    let linkage = format!("{{{}}}", id(1));
    let entries = [
        ("parent_linkage", &*linkage),
        ("relative_path", r".\base.vhdx"),
    ];
    let wrong: [(&str, Spoil<'_>); 4] = [
        ("type", &|file| {
            file.put_locator(Uuid::from_u128(7), &entries)
        }),
        ("beyond", &|file| {
            file.put_locator(VHDX_LOCATOR, &entries);
            file.put_item(PARENT_LOCATOR, &beyond());
        }),
        ("empty", &|file| file.put_locator(VHDX_LOCATOR, &[])),
        ("gone", &|file| {
            file.edit_item_entry(PARENT_LOCATOR, |entry| entry[..16].fill(0x55));
            file.edit_item_entry(FILE_PARAMETERS, |_| {});
        }),
    ];
    for (what, spoil) in wrong {
        let mut file = leaf().build();
        spoil(&mut file);
        let sources = Folder::new()
            .with("base.vhdx", &base())
            .with_file("leaf.avhdx", &file)
            .done();
        let leaf_file = sources.path("leaf.avhdx");
        let ran = run("flatten", &leaf_file, &["-o", "-"]);
        assert!(
            matches!(ran.code, Some(11 | 13 | 15)),
            "{what}: {:?} {}",
            ran.code,
            ran.stderr
        );
        assert!(ran.stdout.is_empty(), "{what}");
        assert!(ran.stderr.contains("leaf.avhdx"), "{what}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("what to do: "),
            "{what}: {}",
            ran.stderr
        );
    }
    Ok(())
}

/// The begin of a locator whose first key lies beyond its item.
fn beyond() -> Vec<u8> {
    let mut item = VHDX_LOCATOR.to_bytes_le().to_vec();
    item.extend([0, 0, 1, 0]);
    item.extend(0x00ff_0000_u32.to_le_bytes());
    item
}

fn the_other_disks_of_the_folder_are_served() -> Outcome {
    let demo = std::fs::read_dir("testdata/demo/web01/Virtual Hard Disks")?;
    let mut folder = Folder::new().with("orphan.avhdx", &leaf());
    for file in demo {
        let path = file?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain name");
        folder = folder.with_bytes(&format!("vm/{name}"), &std::fs::read(&path)?);
    }
    let sources = folder.done();
    let ran = run("ls", sources.folder(), &[r"C:\Users"]).expect_code(3);
    assert!(ran.text().contains("ana"), "{}", ran.text());
    assert!(
        ran.stderr.contains("HV-E501") && ran.stderr.contains("orphan.avhdx"),
        "{}",
        ran.stderr
    );
    Ok(())
}

fn pair(parent: &Image) -> Sources {
    Folder::new()
        .with("base.vhdx", parent)
        .with("leaf.avhdx", &leaf())
        .done()
}
