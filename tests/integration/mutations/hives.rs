//! Registry hives with their logs behind them in one image: a clean one, and one being written for
//! each format of logs.

use std::sync::Arc;

use blockio::{ReadAt, Slice};
use hive::{Hive, Key};
use testkit::hive::{self as writer, Entry, begin_write, changed_pages, new_log, old_log};

use super::base::{Base, holds_something};

/// Room of the hive and of each of its logs.
const ROOM: usize = 64 << 10;
/// Where the logs are.
const LOGS: [usize; 2] = [ROOM, 2 * ROOM];
/// Keys that one image is asked for; a damaged one may have any number.
const MOST_KEYS: usize = 2_000;

pub(super) fn bases() -> Vec<Base> {
    let (before, after) = (state(0), state(1));
    let mut dirty = before.clone();
    begin_write(&mut dirty);
    let pages = changed_pages(&before, &after);
    let entry = |sequence| Entry {
        sequence,
        bins_size: u32::try_from(after.len() - 4096).expect("a small hive"),
        pages: pages.clone(),
    };
    let new = [11, 12].map(|sequence| new_log(&dirty, &[entry(sequence)]));
    let old = old_log(&dirty, &after);
    [
        image(&before, &[]),
        image(&dirty, &new),
        image(&dirty, &[old]),
    ]
    .map(|image| Base::new(image, holds_something))
    .into()
}

fn state(step: u32) -> Vec<u8> {
    let keys = |list: &[u8; 2]| {
        let key = |n: u32| writer::Key::new(&format!("Key {n}")).number("Step", n * step);
        let name = String::from_utf8_lossy(list).into_owned();
        let all = (0..5).fold(writer::Key::new(&name), |all, n| all.key(key(n)));
        all.listed_by(list)
    };
    let root = writer::Key::new("ROOT")
        .text("Text", "W\u{e4}rme")
        .value("\u{65e5}\u{672c}", 7, b"a\0b\0\0\0")
        .value("Large", 3, &[7; 17_000])
        .number("Step", step);
    let lists = [b"lh", b"lf", b"li", b"ri"].map(keys);
    writer::hive(&lists.into_iter().fold(root, writer::Key::key), 10)
}

fn image(hive: &[u8], logs: &[Vec<u8>]) -> Vec<u8> {
    let mut image = hive.to_vec();
    for (log, at) in logs.iter().zip(LOGS) {
        image.resize(at, 0);
        image.extend(log);
    }
    image
}

/// Makes checksums and hashes right.
pub(super) fn mend(image: &mut [u8]) {
    writer::mend(image);
    for at in LOGS {
        if let Some(log) = image.get_mut(at..) {
            let len = log.len().min(ROOM);
            writer::mend_log(&mut log[..len]);
        }
    }
}

/// Opens the image and asks everything of it; whether it could be opened.
pub(super) fn ask(image: Arc<dyn ReadAt>) -> bool {
    let part = |at: usize| -> Arc<dyn ReadAt> {
        Arc::new(Slice::new(Arc::clone(&image), at as u64, ROOM as u64))
    };
    let logs = LOGS.map(|at| (format!("log at {at:#x}"), part(at)));
    let Ok(hive) = Hive::open(part(0), &logs, "damaged") else {
        return false;
    };
    let _ = (hive.recovery().to_string(), hive.last_written());
    for fault in hive.notes() {
        assert!(fault.to_string().contains(fault.code.id), "{fault:?}");
    }
    let _ = hive
        .find(r"ri\key 4")
        .map(|key| key.map(|key| key.value("step").is_ok()));
    let mut open: Vec<Key<'_>> = hive.root().into_iter().collect();
    let mut asked = 0;
    while let Some(key) = open.pop().filter(|_| asked < MOST_KEYS) {
        asked += 1;
        for value in key.values().into_iter().flatten().flatten() {
            let _ = (value.text(), value.texts(), value.number());
        }
        open.extend(key.subkeys().flatten().take(MOST_KEYS));
    }
    true
}
