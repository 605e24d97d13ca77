//! Each kind of damage, by its code; what it does not hit is read.

use testkit::vmcx::{Built, Key, Options, container, mend};

use super::{compare, keys, noted, open};

fn built() -> Built {
    container(&keys(), &Options::default())
}

/// Opens with changes made and checksums right again; the notes, and the keys that are left.
fn mended(built: &Built, change: impl FnOnce(&mut Vec<u8>)) -> (Vec<&'static str>, usize) {
    let mut bytes = built.bytes.clone();
    change(&mut bytes);
    mend(&mut bytes);
    let file = open(&bytes).unwrap();
    (noted(&file), count(&file.root().children))
}

fn count(nodes: &[hvrestore_vmcx::Node]) -> usize {
    nodes.iter().map(|node| 1 + count(&node.children)).sum()
}

fn refused(bytes: &[u8]) -> &'static str {
    open(bytes).unwrap_err().fault().code.id
}

/// Code and text of the one note that a flipped byte leads to; the tree is the same.
fn flipped(at: usize) -> (&'static str, String) {
    let mut bytes = built().bytes;
    bytes[at] ^= 0x40;
    let file = open(&bytes).unwrap();
    compare(&file.root().children, &keys(), "");
    assert_eq!((file.notes().len(), file.counts().total().wrong), (1, 1));
    (file.notes()[0].code.id, file.notes()[0].to_string())
}

#[test]
fn one_header_is_enough() {
    for at in [0, 4, 45, 0x1000, 0x1004, 0x1020] {
        let (code, text) = flipped(at);
        assert_eq!(code, "HV-D951", "{at:#x}");
        let place = format!("file header at {:#x}", at & 0x1000);
        assert!(
            text.contains(&place) && text.contains("(web01.vmcx)"),
            "{text}"
        );
    }
}

#[test]
fn without_a_header_there_is_nothing() {
    let mut bytes = built().bytes;
    bytes[9] ^= 1;
    bytes[0x1009] ^= 1;
    assert_eq!(refused(&bytes), "HV-D950");
    for len in [0, 1, 45, 46, 0x1000] {
        let expected = if len < 46 { "HV-D950" } else { "HV-D953" };
        assert_eq!(refused(&built().bytes[..len]), expected, "{len}");
    }
    assert_eq!(
        refused(b"<?xml version=\"1.0\"?><configuration/>"),
        "HV-D950"
    );
}

#[test]
fn headers_of_one_sequence_are_told() {
    let (notes, _) = mended(&built(), |bytes| bytes[8] = 22);
    assert_eq!(notes, ["HV-D951"]);
}

#[test]
fn checksums_alone_are_told_and_what_they_cover_is_used() {
    let built = built();
    // A slot's, an empty slot's, a table's, and a key's.
    assert_eq!(flipped(0x2008 + 1).0, "HV-D954");
    assert_eq!(flipped(0x2008 + 200 * 18 + 1).0, "HV-D954");
    assert_eq!(flipped(built.tables[1] + 6).0, "HV-D955");
    let (code, text) = flipped(built.entries["configuration/properties/version"] + 12);
    assert_eq!(code, "HV-D956");
    assert!(text.starts_with("damaged: key \"version\" at 0x"), "{text}");
}

#[test]
fn a_first_table_of_objects_is_needed() {
    let mut bytes = built().bytes;
    bytes[0x2000] ^= 1;
    assert_eq!(refused(&bytes), "HV-D953");
}

#[test]
fn tables_of_objects_in_a_circle_end() {
    let chained = container(
        &keys(),
        &Options {
            slots: 1,
            ..Options::default()
        },
    );
    let whole = count(&open(&chained.bytes).unwrap().root().children);
    let second = chained.object_tables[1];
    let (notes, left) = mended(&chained, |bytes| {
        let slot = second + 8 + 226 * 18;
        bytes[slot + 5..slot + 13].copy_from_slice(&0x2000_u64.to_le_bytes());
    });
    assert_eq!(notes[0], "HV-D953");
    assert!(left < whole, "the other tables are not to be found");
    let (notes, _) = mended(&chained, |bytes| bytes[second] ^= 1);
    assert_eq!(notes[0], "HV-D953");
}

#[test]
fn tables_of_objects_in_each_other_are_not_read() {
    let chained = container(
        &keys(),
        &Options {
            slots: 1,
            ..Options::default()
        },
    );
    let second = chained.object_tables[1];
    // A table that the slots of another are made of: signature and number of slots as an offset.
    let within = second + 8 + 5;
    let mut bytes = chained.bytes;
    bytes[within..within + 4].copy_from_slice(&0x0111_0001_u32.to_le_bytes());
    bytes[within + 4..within + 8].copy_from_slice(&200_u32.to_le_bytes());
    let slot = second + 8 + 226 * 18;
    bytes[slot + 5..slot + 13].copy_from_slice(&(within as u64).to_le_bytes());
    let file = open(&bytes).unwrap();
    let codes: Vec<_> = file.notes().iter().map(|note| note.code.id).collect();
    let count = |id| codes.iter().filter(|code| **code == id).count();
    assert_eq!(
        count("HV-D954"),
        2,
        "the two slots that were changed: {codes:?}"
    );
    assert!(count("HV-D953") > 0, "{codes:?}");
}

#[test]
fn a_table_of_more_slots_than_it_has_room_for_is_read_to_its_end() {
    let (notes, left) = mended(&built(), |bytes| bytes[0x2004..0x2008].fill(0xff));
    assert_eq!(
        (notes, left),
        (
            vec!["HV-D953"],
            count(&open(&built().bytes).unwrap().root().children)
        )
    );
}

#[test]
fn a_table_of_keys_that_is_none_loses_its_keys() {
    let built = built();
    let last = *built.tables.last().unwrap();
    for change in [(0, 3_u8), (2, 0)] {
        let (notes, left) = mended(&built, |bytes| bytes[last + change.0] = change.1);
        assert_eq!(notes[0], "HV-D955", "{change:?}");
        assert!(left > 10);
    }
}

#[test]
fn a_table_that_lies_in_another_is_refused() {
    let built = built();
    let (first, second) = (built.tables[0], built.tables[1]);
    let slot = 0x2008 + 18;
    for offset in [first, first + 0x800, 0x2000] {
        let (notes, left) = mended(&built, |bytes| {
            bytes.copy_within(second..second + 10, offset.max(first + 0x800));
            bytes[slot + 5..slot + 13].copy_from_slice(&(offset as u64).to_le_bytes());
        });
        assert!(notes.contains(&"HV-D955"), "{offset:#x}: {notes:?}");
        assert!(left > 0);
    }
}

#[test]
fn of_two_tables_with_one_number_the_later_counts() {
    let keys: Vec<_> = (0..300).map(|n| Key::int(&format!("{n}"), n)).collect();
    let built = container(&keys, &Options::default());
    let second = built.tables[1];
    for (sequence, is_first) in [(0, true), (2, false)] {
        let mut bytes = built.bytes.clone();
        bytes[second + 2] = 1;
        bytes[second + 4] = sequence;
        mend(&mut bytes);
        let file = open(&bytes).unwrap();
        assert_eq!(noted(&file), ["HV-W961"]);
        assert_eq!(file.root().at("0").is_some(), is_first);
        assert_eq!(file.root().at("100").is_some(), !is_first);
        assert!(file.root().at("299").is_some());
    }
}

#[test]
fn an_entry_of_an_impossible_size_costs_the_rest_of_its_table() {
    let built = built();
    let whole = count(&open(&built.bytes).unwrap().root().children);
    let entry = built.entries["configuration/limit"];
    for size in [0_u32, 20, 0x2000, u32::MAX] {
        let (notes, left) = mended(&built, |bytes| {
            bytes[entry + 2..entry + 6].copy_from_slice(&size.to_le_bytes());
        });
        assert_eq!(notes, ["HV-D956"], "{size:#x}");
        assert!(left > 10 && left < whole, "{size:#x}: {left} of {whole}");
    }
}

#[test]
fn an_entry_of_an_unknown_type_or_too_little_data_is_left_out() {
    let built = built();
    let whole = count(&open(&built.bytes).unwrap().root().children);
    let entry = built.entries["configuration/data"];
    let (notes, left) = mended(&built, |bytes| bytes[entry] = 42);
    assert_eq!((notes, left), (vec!["HV-D956"], whole - 1));
    let (notes, left) = mended(&built, |bytes| bytes[entry + 21 + 5..][..4].fill(0xff));
    assert_eq!((notes, left), (vec!["HV-D956"], whole - 1));
    let (notes, left) = mended(&built, |bytes| bytes[entry + 20] = 255);
    assert_eq!((notes, left), (vec!["HV-D956"], whole - 1));
}

#[test]
fn keys_without_a_parent_and_in_circles_are_told() {
    let built = built();
    let whole = count(&open(&built.bytes).unwrap().root().children);
    let entry = built.entries["configuration/data"];
    let (notes, left) = mended(&built, |bytes| bytes[entry + 6] = 99);
    assert_eq!((notes, left), (vec!["HV-D957"], whole - 1));
    // A node below itself, with all that is below it.
    let entry = built.entries["configuration/properties"];
    let within = u32::try_from(entry - built.tables[0]).unwrap();
    let (notes, left) = mended(&built, |bytes| {
        bytes[entry + 8..entry + 12].copy_from_slice(&within.to_le_bytes());
    });
    assert_eq!((notes, left), (vec!["HV-D957"; 5], whole - 5));
}

#[test]
fn a_tree_deeper_than_any_machine_has_is_cut() {
    let deep = (0..100).fold(Key::int("end", 1), |key, n| {
        Key::node(&format!("{n}")).key(key)
    });
    let file = open(&container(&[deep], &Options::default()).bytes).unwrap();
    assert_eq!(noted(&file), vec!["HV-D957"; 101 - 64]);
    assert_eq!(count(&file.root().children), 64);
}

#[test]
fn a_value_beyond_the_end_is_told_and_not_made_up() {
    let built = built();
    let entry = built.entries["configuration/long data"];
    let mut bytes = built.bytes.clone();
    bytes[entry + 21 + 10 + 4..][..8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    mend(&mut bytes);
    let file = open(&bytes).unwrap();
    assert_eq!(noted(&file), ["HV-D958"]);
    let value = &file.root().at("configuration/long data").unwrap().value;
    assert_eq!(*value, hvrestore_vmcx::Value::Large(9000));
}

#[test]
fn a_log_is_applied_up_to_its_first_damage() {
    let state = |text: &str| {
        let keys = ["a", "b", "c"].map(|name| Key::text(name, text));
        container(&keys, &Options::default())
    };
    let (before, after) = (state("before"), state("behind"));
    let image = testkit::vmcx::pending(&before, &after);
    let texts = |bytes: &[u8]| {
        let file = open(bytes).unwrap();
        let texts = ["a", "b", "c"].map(|name| file.root().text_at(name).unwrap().to_string());
        (texts.concat(), noted(&file))
    };
    assert_eq!(texts(&image), ("behindbehindbehind".into(), vec![]));
    // The second key's: its checksum and its text are one run of bytes.
    let descriptor = before.log + 34 + 28;
    let mut damaged = image.clone();
    damaged[descriptor + 1] ^= 1;
    assert_eq!(
        texts(&damaged),
        ("behindbeforebefore".into(), vec!["HV-D959"])
    );
    let mut damaged = image.clone();
    damaged[descriptor + 25] ^= 1;
    assert_eq!(
        texts(&damaged),
        ("behindbeforebefore".into(), vec!["HV-D959"])
    );
    // The log's header, a count of more than there are, data beyond its end.
    let mut damaged = image.clone();
    damaged[before.log + 8] ^= 1;
    assert_eq!(
        texts(&damaged),
        ("beforebeforebefore".into(), vec!["HV-D959"])
    );
    for (at, bytes) in [
        (8, u32::MAX),
        (34 + 12, u32::MAX),
        (34 + 4, u32::MAX),
        (34, 0x8000_0000),
    ] {
        let mut damaged = image.clone();
        damaged[before.log + at..][..4].copy_from_slice(&bytes.to_le_bytes());
        mend(&mut damaged);
        assert!(texts(&damaged).1.contains(&"HV-D959"), "{at}");
    }
}

#[test]
fn more_keys_than_any_machine_has_are_refused() {
    let keys = (0..270_000)
        .map(|_| Key::bool("", true))
        .collect::<Vec<_>>();
    let options = Options {
        slack: 0,
        ..Options::default()
    };
    let error = open(&container(&keys, &options).bytes).unwrap_err();
    assert_eq!(error.fault().code.id, "HV-E960");
}

#[test]
fn notes_end_somewhere() {
    let built = container(
        &(0..1000)
            .map(|n| Key::int(&format!("{n}"), n))
            .collect::<Vec<_>>(),
        &Options::default(),
    );
    let mut bytes = built.bytes;
    for entry in built.entries.values() {
        bytes[entry + 12] ^= 1;
    }
    let file = open(&bytes).unwrap();
    assert_eq!((file.notes().len(), file.counts().keys.wrong), (200, 1000));
    let last = file.notes().last().unwrap().to_string();
    assert!(last.contains("and 800 faults more"), "{last}");
}
