//! When a guest last wrote to a volume, by the volume itself.
//!
//! A file of the host has the time of the restore; what the guest wrote has the guest's. Reading every
//! file record would be certain and slow, so the newest of these counts, all of them set by the guest's
//! system and not by its programs:
//! - the last record of the change journal (`$Extend\$UsnJrnl`), where there is one: Windows adds to it
//!   with every change;
//! - the times of the last change of the root, of what lies in it, in `System Volume Information`, in
//!   `$Extend` and among the registry's files, which a running Windows rewrites at least every hour.
//!
//! The guest wrote at that time; whether it also wrote later, nothing cheap tells.

use blockio::ReadAt;
use tree::{Cursor, FileSystem, GuestPath, NodeId, Time, resolve};

/// Folders whose entries a running Windows keeps changing; the empty path is the root.
const FOLDERS: [&str; 4] = [
    "",
    "System Volume Information",
    "$Extend",
    "Windows/System32/config",
];
/// The most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 1000;

/// When a guest last wrote to a volume, as far as it is cheap to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWritten {
    /// The time.
    pub time: Time,
    /// What says so, for people: `change journal`, `\System Volume Information`.
    pub evidence: String,
}

/// When the guest last wrote to `fs`; `None` where nothing of it can be read.
#[must_use]
pub fn last_written(fs: &dyn FileSystem) -> Option<LastWritten> {
    let journal = journal(fs).map(|time| LastWritten {
        time,
        evidence: "change journal".into(),
    });
    let folders = FOLDERS
        .into_iter()
        .filter_map(|folder| of_folder(fs, folder));
    let all = journal.into_iter().chain(folders);
    all.max_by_key(|found| found.time)
}

/// The newest change of a folder and of what lies in it.
fn of_folder(fs: &dyn FileSystem, folder: &str) -> Option<LastWritten> {
    let node = resolve(fs, &GuestPath::from(folder)).ok()?;
    let changed = |node: NodeId| Some(fs.metadata(node).ok()?.changed);
    let entries = fs.read_dir(node, Cursor::START).into_iter().flatten();
    let entries = entries.take(MOST_ENTRIES).filter_map(Result::ok);
    let times = entries.filter_map(|entry| changed(entry.node));
    let time = times.chain(changed(node)).max()?;
    Some(LastWritten {
        time,
        evidence: format!("\\{}", folder.replace('/', "\\")),
    })
}

/// A page of the journal; no record goes across its end.
const PAGE: u64 = 4096;
/// The most pages that are looked at from the end.
const MOST_PAGES: u64 = 16;
/// The shortest record that has a time. MS-FSCC: USN_RECORD_V2.
const SHORTEST_RECORD: usize = 60;

/// The time of the last record of the change journal.
fn journal(fs: &dyn FileSystem) -> Option<Time> {
    let node = resolve(fs, &GuestPath::from("$Extend/$UsnJrnl")).ok()?;
    let records = fs.open(node, Some(&"$J".into())).ok()?;
    let end = records.size();
    let pages = (0..end.div_ceil(PAGE))
        .rev()
        .take(usize::try_from(MOST_PAGES).ok()?);
    pages.into_iter().find_map(|page| {
        let offset = page * PAGE;
        let len = usize::try_from(PAGE.min(end - offset)).ok()?;
        let mut bytes = vec![0; len];
        records.read_exact_at(&mut bytes, offset).ok()?;
        in_page(&bytes, offset)
    })
}

/// The newest time in a page that begins at `offset` of the journal, which is the number of its first
/// record too: what does not have its own number is no record.
fn in_page(page: &[u8], offset: u64) -> Option<Time> {
    let mut newest = None;
    let mut at = 0;
    while let Some(record) = page.get(at..).filter(|rest| rest.len() >= SHORTEST_RECORD) {
        let number = |from: usize| {
            let bytes = record.get(from..from + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        let len = u32::from_le_bytes(record.get(..4)?.try_into().ok()?) as usize;
        let (usn, time) = match record.get(4)? {
            2 => (24, 32),
            3 => (40, 48),
            _ => break,
        };
        if len < SHORTEST_RECORD || number(usn) != Some(offset + at as u64) {
            break;
        }
        newest = newest.max(
            number(time)
                .and_then(|time| i64::try_from(time).ok())
                .map(Time),
        );
        at += len;
    }
    newest
}

#[cfg(test)]
mod tests {
    use testkit::MemoryTree;

    use super::*;

    /// Versions 2 of the record: number, time.
    fn record(usn: u64, time: i64) -> Vec<u8> {
        let mut record = vec![0; 64];
        record[..4].copy_from_slice(&64_u32.to_le_bytes());
        record[4] = 2;
        record[24..32].copy_from_slice(&usn.to_le_bytes());
        record[32..40].copy_from_slice(&time.to_le_bytes());
        record
    }

    /// Version 3 has longer file numbers.
    fn long_record(usn: u64, time: i64) -> Vec<u8> {
        let mut record = vec![0; 80];
        record[..4].copy_from_slice(&80_u32.to_le_bytes());
        record[4] = 3;
        record[40..48].copy_from_slice(&usn.to_le_bytes());
        record[48..56].copy_from_slice(&time.to_le_bytes());
        record
    }

    fn with_journal(bytes: &[u8]) -> MemoryTree {
        let mut tree = MemoryTree::new();
        let node = tree.file("$Extend/$UsnJrnl", b"");
        tree.stream(node, "$J", bytes);
        tree
    }

    /// Later than anything else in a volume of the testkit.
    const LATE: i64 = 140_000_000_000_000_000;

    #[test]
    fn the_journals_last_record_counts() {
        let mut journal = vec![0; 8192];
        journal[4096..4160].copy_from_slice(&record(4096, LATE));
        journal[4160..4240].copy_from_slice(&long_record(4160, LATE + 5));
        let found = last_written(&with_journal(&journal)).unwrap();
        assert_eq!(
            (found.time, &*found.evidence),
            (Time(LATE + 5), "change journal")
        );
    }

    #[test]
    fn the_last_page_with_records_counts() {
        let mut journal = vec![0; 3 * 4096];
        journal[..64].copy_from_slice(&record(0, 700));
        assert_eq!(super::journal(&with_journal(&journal)), Some(Time(700)));
    }

    #[test]
    fn what_is_no_record_has_no_time() {
        let mut stale = vec![0; 4096];
        stale[..64].copy_from_slice(&record(8192, 900));
        let mut endless = vec![0; 4096];
        endless[..64].copy_from_slice(&record(0, 900));
        endless[..4].copy_from_slice(&0_u32.to_le_bytes());
        let noise = vec![0xFF; 5000];
        for bytes in [&stale[..], &endless, &noise, b"", b"short"] {
            assert_eq!(super::journal(&with_journal(bytes)), None);
        }
    }

    #[test]
    fn without_a_journal_the_newest_change_counts() {
        let mut tree = MemoryTree::new();
        tree.file("data.bin", b"x");
        let file = tree.file("System Volume Information/tracking.log", b"x");
        let metadata = tree.metadata_mut(file);
        (metadata.changed, metadata.modified) = (Time(LATE), Time(LATE + 9));
        let found = last_written(&tree).unwrap();
        assert_eq!(found.time, Time(LATE), "programs can set the other times");
        assert_eq!(found.evidence, r"\System Volume Information");
    }
}
