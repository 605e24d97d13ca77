//! Hives that lie.

use testkit::hive::{Key, begin_write, hive, mend};

use super::{noted, open, open_with};

/// Where the text `what` is in `bytes`, minus `before`.
fn place(bytes: &[u8], what: &[u8], before: usize) -> usize {
    bytes
        .windows(what.len())
        .position(|found| found == what)
        .expect("it is there")
        - before
}

fn sample() -> Vec<u8> {
    let one = Key::new("Broken").number("a", 1);
    let two = Key::new("Sound")
        .text("Name", "WEB01")
        .value("Data", 3, &[5; 100]);
    hive(&Key::new("ROOT").key(one).key(two), 1)
}

#[test]
fn what_is_no_hive_is_refused() {
    for bytes in [&[][..], &[0; 100], &[0; 8192], &[0xff; 8192]] {
        let fault = open(bytes).err().expect("refused").fault().clone();
        assert_eq!(fault.code.id, "HV-D901");
    }
}

#[test]
fn another_version_is_named() {
    let mut bytes = sample();
    bytes[20] = 2;
    mend(&mut bytes);
    let error = open(&bytes).err().expect("refused");
    assert_eq!(error.fault().code.id, "HV-E908");
    assert!(error.to_string().contains("version 2.5"), "{error}");
}

#[test]
fn a_wrong_checksum_is_said_and_the_hive_read() {
    let mut bytes = sample();
    bytes[100] ^= 1;
    let hive = open(&bytes).unwrap();
    assert_eq!(noted(&hive), ["HV-D902", "HV-W907"]);
    assert!(hive.find("Sound").unwrap().is_some());
}

#[test]
fn a_damaged_key_leaves_its_siblings() {
    let mut bytes = sample();
    let at = place(&bytes, b"Broken", 76);
    bytes[at] = b'x';
    let hive = open(&bytes).unwrap();
    assert!(hive.find("sound").unwrap().is_some());
    let error = hive.find("broken").expect_err("it may be the damaged one");
    assert_eq!(error.fault().code.id, "HV-D903");
    let root = hive.root().unwrap();
    let found: Vec<_> = root.subkeys().map(|key| key.is_ok()).collect();
    assert_eq!(found, [false, true]);
}

#[test]
fn a_damaged_value_leaves_the_others() {
    let mut bytes = sample();
    let at = place(&bytes, b"Data", 20);
    // The data is said to be longer than its cell.
    bytes[at + 4] = 0xff;
    let hive = open(&bytes).unwrap();
    let key = hive.find("sound").unwrap().unwrap();
    let error = key.value("data").expect_err("cut");
    assert_eq!(error.fault().code.id, "HV-D904");
    assert!(error.to_string().contains("'Data'"), "{error}");
    assert_eq!(
        key.value("name").unwrap().unwrap().text().as_deref(),
        Some("WEB01")
    );
}

#[test]
fn cells_that_are_free_or_leave_the_hive_are_damage() {
    for size in [8_i32, 0, -1, i32::MIN, -0x10_0000] {
        let mut bytes = sample();
        let at = place(&bytes, b"Sound", 80);
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        let error = open(&bytes).unwrap().find("sound").expect_err("damaged");
        assert_eq!(error.fault().code.id, "HV-D903", "{size}");
    }
}

#[test]
fn a_root_list_that_leads_to_itself_ends() {
    let keys = (0..4).fold(Key::new("ROOT"), |root, n| {
        root.key(Key::new(&n.to_string()))
    });
    let mut bytes = hive(&keys.listed_by(b"ri"), 1);
    let at = place(&bytes, b"ri", 0);
    let own = ((at - 4 - 4096) as u32).to_le_bytes();
    bytes[at + 4..at + 8].copy_from_slice(&own);
    let hive = open(&bytes).unwrap();
    assert!(hive.find("2").unwrap().is_some(), "the other leaf holds it");
    assert_eq!(
        hive.find("0")
            .expect_err("in the lost leaf")
            .fault()
            .code
            .id,
        "HV-D903"
    );
}

#[test]
fn lists_that_repeat_a_leaf_without_end_are_cut() {
    let keys = (0..4).fold(Key::new("ROOT"), |root, n| {
        root.key(Key::new(&n.to_string()))
    });
    let big = keys.value("Room", 3, &[0; 16_000]).listed_by(b"ri");
    let mut bytes = hive(&big, 1);
    let at = place(&bytes, b"ri", 0);
    let room = place(&bytes, &[0; 16_000], 0);
    let leaf: [u8; 4] = bytes[at + 4..at + 8].try_into().unwrap();
    // The list itself moves to where there is room for four thousand elements.
    bytes[room..room + 4].copy_from_slice(b"ri\xa0\x0f");
    for element in bytes[room + 4..room + 16_004 - 8].chunks_exact_mut(4) {
        element.copy_from_slice(&leaf);
    }
    let root = place(&bytes, b"nk", 0);
    bytes[root + 28..root + 32].copy_from_slice(&((room - 4 - 4096) as u32).to_le_bytes());
    let hive = open(&bytes).unwrap();
    let root = hive.root().unwrap();
    assert!(root.subkeys().count() < 1000);
    assert!(root.subkeys().any(|key| key.is_err()));
}

#[test]
fn logs_that_are_none_are_named() {
    let mut bytes = sample();
    begin_write(&mut bytes);
    let mut wrong_sum = bytes[..1024].to_vec();
    wrong_sum[40] ^= 1;
    let mut wrong_type = bytes[..1024].to_vec();
    wrong_type[28] = 5;
    mend(&mut wrong_type);
    for log in [&[0xff; 1024][..], &wrong_sum, &wrong_type, &bytes[..300]] {
        let hive = open_with(&bytes, &[log]).unwrap();
        assert_eq!(noted(&hive), ["HV-D905", "HV-W907"]);
    }
}
