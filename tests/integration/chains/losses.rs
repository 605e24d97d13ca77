//! Damage in a layer: what it costs, to the byte, and what it does not.

use std::ops::Range;

use serde_json::Value;
use testkit::vhdx::{Built, Log, state};

use super::{Folder, MIB, base, child, id, noise, reads, reads_with_findings, run};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(a_lost_block_of_the_child_is_not_its_parents),
        test!(a_reserved_state_costs_its_block),
        test!(a_missing_bitmap_costs_its_blocks),
        test!(a_partial_block_without_a_parent_is_lost),
        test!(a_parent_that_was_cut_short_costs_what_shows_through),
        test!(what_the_child_covers_is_not_missed),
        test!(nothing_is_saved_where_partial_files_are_not_wanted),
        test!(one_of_two_headers_is_enough),
        test!(one_of_two_region_tables_is_enough),
        test!(a_log_that_cannot_be_replayed_is_refused),
    ]
}

/// A leaf over [`base`], spoiled by `spoil`, and what it holds when it is whole.
fn spoiled(spoil: impl FnOnce(&mut Built)) -> (Sources, Vec<u8>) {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let mut file = leaf.build();
    spoil(&mut file);
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with_file("leaf.avhdx", &file)
        .done();
    (sources, leaf.model(&base().model(&[])))
}

/// The disk is saved as FILE.partial, exit 3: `lost` is listed in FILE.partial.json and is a hole,
/// all other bytes are `expected`. A pipe, which has no holes, ends where the first byte is lost.
fn loses(sources: &Sources, leaf: &str, expected: &[u8], lost: Range<u64>, code: &str) {
    let leaf = sources.path(leaf);
    let out = temp_dir();
    let flat = out.path().join("flat.raw");
    let ran = run(
        "flatten",
        &leaf,
        &["-o", flat.to_str().expect("a plain path")],
    )
    .expect_code(3);
    for part in [code, "flat.raw.partial", "what to do: "] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!flat.exists(), "nothing under the name of a whole disk");
    let list = std::fs::read(out.path().join("flat.raw.partial.json")).expect("the list");
    let list: Value = serde_json::from_slice(&list).expect("valid JSON");
    let ranges: Vec<_> = list["lost"]
        .as_array()
        .expect("ranges")
        .iter()
        .map(range)
        .collect();
    assert_eq!(ranges, std::slice::from_ref(&lost));
    assert_eq!(list["size"], expected.len());
    assert!(
        list["lost"]
            .as_array()
            .expect("ranges")
            .iter()
            .all(|range| range["code"] == code)
    );
    let mut expected = expected.to_vec();
    expected[to_usize(&lost)].fill(0);
    let saved = std::fs::read(out.path().join("flat.raw.partial")).expect("the partial disk");
    super::assert_same(&saved, &expected, "flat.raw.partial");
    assert_eq!(std::fs::read_dir(out.path()).expect("a folder").count(), 2);
    let first = to_usize(&lost).start;
    let code = if first == 0 { 13 } else { 3 };
    let streamed = run("flatten", &leaf, &["-o", "-"]).expect_code(code);
    assert!(
        streamed.stdout.len() == first,
        "all before it, and no byte in its place"
    );
    assert!(streamed.stdout == expected[..streamed.stdout.len()]);
    assert!(
        streamed.stderr.contains("what to do: "),
        "{}",
        streamed.stderr
    );
}

fn range(range: &Value) -> Range<u64> {
    let number = |key| range[key].as_u64().expect("a number");
    number("offset")..number("offset") + number("length")
}

fn to_usize(range: &Range<u64>) -> Range<usize> {
    let number = |number: u64| usize::try_from(number).expect("small disks");
    number(range.start)..number(range.end)
}

fn a_lost_block_of_the_child_is_not_its_parents() -> Outcome {
    // Beyond the end of the file, at its very begin, in its log.
    for (place, code) in [(1 << 40, "HV-D123"), (0, "HV-D122"), (MIB, "HV-D122")] {
        let (sources, expected) = spoiled(|file| file.set_bat_entry(2, state::PRESENT, place));
        loses(&sources, "leaf.avhdx", &expected, 2 * MIB..3 * MIB, code);
    }
    Ok(())
}

fn a_reserved_state_costs_its_block() -> Outcome {
    let (sources, expected) = spoiled(|file| file.set_bat_entry(0, 5, 0));
    loses(&sources, "leaf.avhdx", &expected, 0..MIB, "HV-D121");
    Ok(())
}

/// Which sectors the child has cannot be known, so none may be taken from the parent either.
fn a_missing_bitmap_costs_its_blocks() -> Outcome {
    let (sources, expected) = spoiled(|file| file.set_bitmap_entry(0, state::NOT_PRESENT, 0));
    loses(&sources, "leaf.avhdx", &expected, 0..3 * MIB, "HV-D125");
    Ok(())
}

fn a_partial_block_without_a_parent_is_lost() -> Outcome {
    let mut image = base();
    image.data_write_guid = id(2);
    let mut file = image.build();
    let place = file.layout.places[&1];
    file.set_bat_entry(1, state::PARTIALLY_PRESENT, place);
    let sources = Folder::new().with_file("base.vhdx", &file).done();
    let expected = image.model(&[]);
    loses(&sources, "base.vhdx", &expected, MIB..2 * MIB, "HV-D124");
    Ok(())
}

fn a_parent_that_was_cut_short_costs_what_shows_through() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let mut parent = base().build();
    // Of block 2, the first 4 KiB and 256 bytes are left.
    parent.truncate(parent.layout.places[&2] + 0x1100);
    let sources = Folder::new()
        .with_file("base.vhdx", &parent)
        .with("leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    // The leaf has two sectors at 4 KiB of that block: they are its own and there.
    let lost = 2 * MIB + 4096 + 1024..4 * MIB;
    loses(&sources, "leaf.avhdx", &expected, lost, "HV-D123");
    Ok(())
}

fn what_the_child_covers_is_not_missed() -> Outcome {
    let mut leaf = base().child(r".\base.vhdx", id(2));
    leaf.write(2 * MIB, &noise(2 * MIB, 7));
    let mut parent = base().build();
    parent.truncate(parent.layout.places[&2]);
    let sources = Folder::new()
        .with_file("base.vhdx", &parent)
        .with("leaf.avhdx", &leaf)
        .done();
    reads(&sources.path("leaf.avhdx"), &leaf.model(&base().model(&[])));
    Ok(())
}

fn nothing_is_saved_where_partial_files_are_not_wanted() -> Outcome {
    let (sources, _) = spoiled(|file| file.set_bat_entry(2, state::PRESENT, 1 << 40));
    let out = temp_dir();
    let flat = out.path().join("flat.raw");
    let more = ["--no-partial", "-o", flat.to_str().expect("a plain path")];
    run("flatten", &sources.path("leaf.avhdx"), &more).expect_code(13);
    assert_eq!(std::fs::read_dir(out.path())?.count(), 0);
    Ok(())
}

fn one_of_two_headers_is_enough() -> Outcome {
    for header in [64 << 10, 128 << 10] {
        let (sources, expected) = spoiled(|file| file.spoil(header + 20));
        let chain = reads_with_findings(&sources.path("leaf.avhdx"), &expected);
        let notes = chain["disks"][0]["layers"][0]["notes"].to_string();
        assert!(notes.contains("HV-W131"), "{notes}");
    }
    Ok(())
}

fn one_of_two_region_tables_is_enough() -> Outcome {
    for (table, is_read) in [(192 << 10, true), (256 << 10, false)] {
        let (sources, expected) = spoiled(|file| file.spoil(table + 20));
        let show = if is_read { reads_with_findings } else { reads };
        let chain = show(&sources.path("leaf.avhdx"), &expected);
        let notes = chain["disks"][0]["layers"][0]["notes"].to_string();
        assert_eq!(notes.contains("HV-W132"), is_read, "{notes}");
    }
    Ok(())
}

fn a_log_that_cannot_be_replayed_is_refused() -> Outcome {
    let (sources, _) = spoiled(|file| {
        let mut log = Log::new(0);
        log.entry().page(file.layout.bat.start, &[0; 4096]);
        file.write_log(&log);
        let log = file.layout.log.clone();
        file.spoil(log.start + 8192 - 100);
    });
    let ran = run("flatten", &sources.path("leaf.avhdx"), &["-o", "-"]).expect_code(13);
    assert!(ran.stdout.is_empty(), "stale bytes are not data");
    for part in ["leaf.avhdx", "log", "HV-D1", "what to do: "] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    Ok(())
}
