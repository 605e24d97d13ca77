//! Hives that were being written, and their logs.

use testkit::hive::{Entry, Key, begin_write, changed_pages, hive, mend, new_log, old_log};

use super::{noted, open, open_with};
use crate::Hive;

/// The hive as it is on disk, and as it should become in three steps; each has a value of its number.
struct Story {
    disk: Vec<u8>,
    steps: [Vec<u8>; 3],
}

/// Sequence number of the first step.
const FIRST: u32 = 11;

fn state(number: u32) -> Vec<u8> {
    // Several pages lie between the two values.
    let filler = Key::new("Filler").value("Large", 3, &[7; 12_000]);
    let root = Key::new("ROOT").number("Step", number);
    let last = Key::new("Last").number("Step", number);
    hive(&root.key(last).key(filler), FIRST - 1)
}

fn story() -> Story {
    let mut disk = state(0);
    begin_write(&mut disk);
    Story {
        disk,
        steps: [1, 2, 3].map(state),
    }
}

impl Story {
    /// The log entry of step `number`, from 0.
    fn entry(&self, number: usize) -> Entry {
        let before = match number {
            0 => &self.disk,
            n => &self.steps[n - 1],
        };
        let after = &self.steps[number];
        Entry {
            sequence: FIRST + number as u32,
            bins_size: (after.len() - 4096) as u32,
            pages: changed_pages(before, after),
        }
    }

    fn log(&self, numbers: &[usize]) -> Vec<u8> {
        let entries: Vec<_> = numbers.iter().map(|&number| self.entry(number)).collect();
        new_log(&self.disk, &entries)
    }
}

/// Which step the hive shows, the same at both of its ends.
fn step(hive: &Hive) -> u64 {
    let of = |path| {
        hive.find(path)
            .unwrap()
            .unwrap()
            .value("step")
            .unwrap()
            .unwrap()
            .number()
            .unwrap()
    };
    assert_eq!(of(""), of("last"));
    of("")
}

#[test]
fn entries_of_both_logs_are_applied_in_their_order() {
    let story = story();
    for (one, two) in [(&[0, 1, 2][..], &[][..]), (&[0, 1], &[2]), (&[2], &[0, 1])] {
        let hive = open_with(&story.disk, &[&story.log(one), &story.log(two)]).unwrap();
        assert_eq!((step(&hive), noted(&hive)), (3, vec![]), "{one:?} {two:?}");
        let recovery = hive.recovery();
        assert_eq!(
            (recovery.dirty, recovery.entries, recovery.pages),
            (true, 3, 48)
        );
        assert!(recovery.to_string().contains("3 log entries"), "{recovery}");
    }
}

#[test]
fn entries_that_the_hive_has_already_are_left_out() {
    let story = story();
    let mut disk = story.steps[1].clone();
    // Written up to the second step, the third is under way.
    disk[4..8].copy_from_slice(&(FIRST + 2).to_le_bytes());
    disk[8..12].copy_from_slice(&(FIRST + 1).to_le_bytes());
    mend(&mut disk);
    let hive = open_with(&disk, &[&story.log(&[0, 1, 2])]).unwrap();
    assert_eq!((step(&hive), hive.recovery().entries), (3, 1));
}

#[test]
fn a_clean_hive_takes_nothing_from_its_logs() {
    let story = story();
    let hive = open_with(&state(0), &[&story.log(&[0, 1])]).unwrap();
    assert_eq!((step(&hive), hive.recovery().dirty), (0, false));
}

#[test]
fn replay_ends_before_a_torn_entry() {
    let story = story();
    let mut log = story.log(&[0, 1, 2]);
    *log.last_mut().unwrap() ^= 1;
    let hive = open_with(&story.disk, &[&log]).unwrap();
    assert_eq!((step(&hive), noted(&hive)), (2, vec!["HV-D906"]));
}

#[test]
fn replay_ends_before_an_entry_that_is_missing() {
    let story = story();
    let hive = open_with(&story.disk, &[&story.log(&[0, 2])]).unwrap();
    assert_eq!((step(&hive), noted(&hive)), (1, vec!["HV-D906"]));
}

#[test]
fn the_old_format_is_applied_too() {
    let story = story();
    let hive = open_with(&story.disk, &[&old_log(&story.disk, &story.steps[0])]).unwrap();
    assert_eq!((step(&hive), noted(&hive)), (1, vec![]));
    assert_eq!(hive.recovery().pages, 16);
}

#[test]
fn a_log_of_another_time_is_not_applied() {
    let story = story();
    let mut log = old_log(&story.disk, &story.steps[0]);
    log[12] ^= 1;
    mend(&mut log);
    let hive = open_with(&story.disk, &[&log]).unwrap();
    assert_eq!((step(&hive), noted(&hive)), (0, vec!["HV-D905", "HV-W907"]));
}

#[test]
fn a_dirty_hive_without_logs_is_read_as_it_is() {
    let hive = open(&story().disk).unwrap();
    assert_eq!((step(&hive), noted(&hive)), (0, vec!["HV-W907"]));
    assert!(hive.recovery().dirty && hive.recovery().to_string().contains("as it is"));
    let empty = open_with(&story().disk, &[&[0; 4096], &[]]).unwrap();
    assert_eq!(
        noted(&empty),
        ["HV-W907"],
        "a log that was never used says nothing"
    );
}

#[test]
fn a_torn_base_block_comes_from_the_log() {
    let story = story();
    let mut disk = story.disk.clone();
    disk[..512].fill(0);
    let hive = open_with(&disk, &[&story.log(&[0, 1])]).unwrap();
    assert_eq!((step(&hive), noted(&hive)), (2, vec!["HV-D902"]));
    let old = open_with(&disk, &[&old_log(&story.disk, &story.steps[0])]).unwrap();
    assert_eq!((step(&old), noted(&old)), (1, vec!["HV-D902"]));
}

#[test]
fn a_hive_that_grew_is_read_to_its_new_end() {
    let mut disk = hive(&Key::new("ROOT"), FIRST - 1);
    begin_write(&mut disk);
    let grown = state(1);
    let entry = Entry {
        sequence: FIRST,
        bins_size: (grown.len() - 4096) as u32,
        pages: changed_pages(&disk, &grown),
    };
    let hive = open_with(&disk, &[&new_log(&disk, &[entry])]).unwrap();
    assert_eq!(step(&hive), 1);
}
