//! Volumes damaged by chance, behind intact fixups and before them: whatever is in them, the answer
//! comes, is bounded, and keeps the promises of the tree.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "tests fail loudly, and count in what is at hand"
)]

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blockio::{Cache, Memory, ReadAt, Run, check_range};
use hvrestore_ntfs::Volume;
use support::image;
use testkit::exercise;
use testkit::mutate::{Chance, damage};

/// Damaged copies of each volume.
const ROUNDS: usize = 300;
/// Bytes between two fixups, and of a block that is damaged.
const SECTOR: usize = 512;
/// Bytes of the volume that may be read to ask everything of it. An undamaged one needs a tenth.
const MOST_READ: u64 = 1 << 30;
/// Bytes of memory that the whole test may come to need.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 1 << 30;

/// A volume in memory that ends a test that reads without end.
struct Bounded {
    image: Memory,
    read: AtomicU64,
}

impl ReadAt for Bounded {
    fn size(&self) -> u64 {
        self.image.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        // A read costs something however small it is.
        let read = buf.len().max(64) as u64;
        let before = self.read.fetch_add(read, Ordering::Relaxed);
        assert!(before < MOST_READ, "reading does not end");
        self.image.read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> std::io::Result<Run<'_>> {
        let mut run = self.image.run_at(offset, max)?;
        run.place = blockio::Place::Computed { by: self, offset };
        Ok(run)
    }
}

/// A volume and where its records with fixups are.
struct Target {
    image: Vec<u8>,
    records: Vec<Range<usize>>,
}

impl Target {
    /// The volume `name` with the fixups of all its records taken out.
    fn new(name: &str) -> Self {
        let mut image = image(name);
        let records: Vec<_> = (0..image.len())
            .step_by(SECTOR)
            .filter_map(|at| Some(at..at + record_len(&image[at..])?))
            .collect();
        for record in &records {
            take_out(&mut image[record.clone()]);
        }
        Self { image, records }
    }

    /// The blocks with something to damage: boot sectors and the used parts of records.
    fn blocks(&self) -> Vec<usize> {
        let used = |record: &Range<usize>| {
            let head = &self.image[record.clone()];
            let at = if head.starts_with(b"FILE") {
                0x18
            } else {
                0x1C
            };
            let used = u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes"));
            let end = record.start + (used as usize).clamp(1, record.len());
            (record.start..end).step_by(SECTOR)
        };
        let boot = [0, self.image.len() - SECTOR];
        self.records.iter().flat_map(used).chain(boot).collect()
    }

    /// A damaged copy: most with fixups that are right again, to get behind these.
    fn damaged(&self, blocks: &[usize], chance: &mut Chance) -> Vec<u8> {
        let mut image = self.image.clone();
        let is_torn = chance.below(5) == 0;
        if !is_torn {
            damage(&mut image, blocks, chance);
        }
        for record in &self.records {
            if let Some(record) = image.get_mut(record.clone()) {
                put_in(record);
            }
        }
        if is_torn {
            damage(&mut image, blocks, chance);
        }
        image
    }
}

/// The length of the record with fixups that `bytes` begin with, if they do.
fn record_len(bytes: &[u8]) -> Option<usize> {
    let has_signature = bytes.starts_with(b"FILE") || bytes.starts_with(b"INDX");
    let sectors = usize::from(number(bytes, 6)).checked_sub(1)?;
    let len = sectors * SECTOR;
    let is_whole = (1..=8).contains(&sectors) && len <= bytes.len();
    let has_array = usize::from(number(bytes, 4)) + 2 * sectors < SECTOR - 2;
    (has_signature && is_whole && has_array).then_some(len)
}

fn number(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Puts the bytes that belong there at the ends of the sectors.
fn take_out(record: &mut [u8]) {
    let array = usize::from(number(record, 4));
    for sector in 1..=record.len() / SECTOR {
        let from = array + 2 * sector;
        record.copy_within(from..from + 2, sector * SECTOR - 2);
    }
}

/// Puts the update sequence number there, and what it replaces into the array, if there is one.
fn put_in(record: &mut [u8]) {
    let array = usize::from(number(record, 4));
    if record_len(record) != Some(record.len()) {
        return;
    }
    for sector in 1..=record.len() / SECTOR {
        let end = sector * SECTOR - 2;
        record.copy_within(end..end + 2, array + 2 * sector);
        record.copy_within(array..array + 2, end);
    }
}

/// Asks everything of a volume; how many bytes of it were read for that.
fn exercise(image: Vec<u8>) -> u64 {
    let bytes = Arc::new(Bounded {
        image: Memory::from(image),
        read: AtomicU64::new(0),
    });
    let source = Arc::clone(&bytes) as Arc<dyn ReadAt>;
    match Volume::open(source, "damaged", &Cache::with_budget(4 << 20)) {
        Ok(volume) => exercise::file_system(&volume),
        Err(error) => assert!(error.to_string().contains("HV-"), "{error}"),
    }
    bytes.read.load(Ordering::Relaxed)
}

fn survives(seed: u64, name: &str) {
    let target = Target::new(name);
    let blocks = target.blocks();
    assert!(blocks.len() > 50, "{name} has records to damage");
    let mut chance = Chance::new(seed);
    for _ in 0..ROUNDS {
        exercise(target.damaged(&blocks, &mut chance));
    }
    #[cfg(target_os = "linux")]
    assert!(peak_memory() < MOST_MEMORY, "{:#x} bytes", peak_memory());
}

/// The most memory that this process has had, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kib: Option<u64> = kib.and_then(|kib| kib.trim().parse().ok());
    kib.expect("it says so") * 1024
}

#[test]
fn fixups_come_out_and_go_in_again() {
    let mut target = Target::new("plain");
    let before = image("plain");
    assert_ne!(target.image, before);
    for record in &target.records {
        put_in(&mut target.image[record.clone()]);
    }
    assert!(target.image == before);
    assert!(exercise(before) < MOST_READ / 10);
}

#[test]
fn links_and_directories() {
    survives(1, "links");
}

#[test]
fn streams_and_attribute_lists() {
    survives(2, "streams");
}

#[test]
fn compressed_files() {
    survives(3, "lznt1-512");
}

#[test]
fn sparse_files() {
    survives(4, "sparse");
}

#[test]
fn names() {
    survives(5, "names");
}

#[test]
fn hidden_content() {
    survives(6, "unsupported");
}

#[test]
fn files_compressed_by_wof() {
    survives(7, "wof-broken");
}
