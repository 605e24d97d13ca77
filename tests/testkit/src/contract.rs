//! What every implementation of a trait of `blockio` must do, as tests that each of them calls.

use std::io;
use std::thread;

use blockio::{Extent, Layer, Place, ReadAt, State};

use crate::mutate::Chance;

/// Lengths and alignments at which readers go wrong.
const SIZES: [u64; 7] = [1, 7, 512, 4096, 65_536, 1 << 20, (1 << 20) + 3];
/// Random reads that each of the threads makes.
const READS: usize = 40;
const THREADS: u64 = 8;
/// Longest of them, in bytes.
const LONGEST: usize = 300_000;

/// Holds `source` to the contract of [`ReadAt`], knowing the bytes it must have.
///
/// # Panics
/// Where it breaks the contract, or gives other bytes.
pub fn read_at_contract(source: &dyn ReadAt, expected: &[u8]) {
    assert_eq!(source.size(), expected.len() as u64, "size");
    for (offset, len) in corners(source.size()) {
        let mut buf = vec![0xA5; len];
        source
            .read_exact_at(&mut buf, offset)
            .expect("within the size");
        same(&buf, expected, offset);
    }
    refuses_what_lies_outside(source);
    for max in [u64::MAX, 4096, 65_537] {
        walk_runs(source, expected, max);
    }
    in_threads(source.size(), &|buf, offset| {
        source.read_exact_at(buf, offset).expect("within the size");
        same(buf, expected, offset);
    });
}

/// Holds `layer` to the contract of [`Layer`], knowing its parent's bytes and the disk's.
///
/// # Panics
/// Where it breaks the contract, gives other bytes, or has lost some.
pub fn layer_contract(layer: &dyn Layer, parent: &[u8], expected: &[u8]) {
    assert_eq!(layer.disk_size(), expected.len() as u64, "disk size");
    let read = |buf: &mut [u8], offset: u64| {
        read_layer(layer, parent, buf, offset).expect("nothing is lost");
        same(buf, expected, offset);
    };
    for (offset, len) in corners(layer.disk_size()) {
        read(&mut vec![0xA5; len], offset);
    }
    walk_extents(layer);
    in_threads(layer.disk_size(), &read);
}

/// Fills `buf` from `offset` of the disk of `layer`, whose parent has the bytes `parent`.
///
/// # Errors
/// Those of the layer and of its file; a lost extent is its fault.
///
/// # Panics
/// Where an extent is empty or longer than asked for.
pub fn read_layer(layer: &dyn Layer, parent: &[u8], buf: &mut [u8], offset: u64) -> io::Result<()> {
    let (mut rest, mut at) = (buf, offset);
    while !rest.is_empty() {
        let Extent { len, state } = layer.extent_at(at, rest.len() as u64)?;
        assert!(
            len > 0 && len <= rest.len() as u64,
            "extent of {len:#x} bytes at {at:#x}"
        );
        let (piece, behind) = rest.split_at_mut(len as usize);
        match state {
            State::File(file_offset) => layer.file().read_exact_at(piece, file_offset)?,
            State::Zero => piece.fill(0),
            State::Parent => read_parent(parent, piece, at),
            State::Lost(fault) => return Err(fault.into_io()),
        }
        at += len;
        rest = behind;
    }
    Ok(())
}

/// Fills `buf` from `offset` of a parent that may be smaller than its child, with zeros behind it.
fn read_parent(parent: &[u8], buf: &mut [u8], offset: u64) {
    let from = parent.get(offset as usize..).unwrap_or_default();
    let len = from.len().min(buf.len());
    buf[..len].copy_from_slice(&from[..len]);
    buf[len..].fill(0);
}

/// Offsets and lengths worth a read in something of `size` bytes: its begin, its end, all of it,
/// and both sides of many boundaries.
fn corners(size: u64) -> Vec<(u64, usize)> {
    let mut corners = vec![(0, 0), (size, 0)];
    if size <= 32 << 20 {
        corners.push((0, size as usize));
    }
    for len in SIZES {
        let starts = SIZES
            .iter()
            .flat_map(|at| [at / 2, *at, at.saturating_sub(len / 2 + 1)]);
        for start in starts.chain([0, size / 2, size.saturating_sub(len)]) {
            if start + len <= size {
                corners.push((start, len as usize));
            }
        }
    }
    corners
}

fn refuses_what_lies_outside(source: &dyn ReadAt) {
    let size = source.size();
    for (offset, len) in [
        (size, 1),
        (size.saturating_sub(1), 2),
        (u64::MAX, 1),
        (u64::MAX - 3, 8),
    ] {
        let read = source.read_exact_at(&mut vec![0; len], offset);
        let error = read.expect_err("a read beyond the end");
        assert_eq!(
            error.kind(),
            io::ErrorKind::UnexpectedEof,
            "{len} bytes at {offset:#x}"
        );
    }
}

/// Walks all runs, at most `max` bytes each, and compares the bytes of each place.
fn walk_runs(source: &dyn ReadAt, expected: &[u8], max: u64) {
    let mut at = 0;
    while at < source.size() {
        let run = source.run_at(at, max).expect("the question has an answer");
        assert!(
            run.len > 0 && run.len <= max,
            "run of {:#x} bytes at {at:#x}",
            run.len
        );
        assert!(
            at + run.len <= source.size(),
            "run of {:#x} bytes at {at:#x}",
            run.len
        );
        let mut buf = vec![0; run.len as usize];
        match run.place {
            Place::Hole => {}
            Place::Host { file, offset } => {
                file.read_exact_at(&mut buf, offset)
                    .expect("the file has its bytes");
            }
            Place::Computed { by, offset } => {
                by.read_exact_at(&mut buf, offset)
                    .expect("whoever makes the bytes can");
            }
            Place::Lost(fault) => panic!("lost at {at:#x}: {fault}"),
        }
        same(&buf, expected, at);
        at += run.len;
    }
}

/// Walks all extents, and asks again from within each: the answer must be the rest of it.
fn walk_extents(layer: &dyn Layer) {
    let size = layer.disk_size();
    let mut at = 0;
    while at < size {
        let extent = layer
            .extent_at(at, u64::MAX)
            .expect("the question has an answer");
        assert!(
            extent.len > 0 && at + extent.len <= size,
            "{extent:?} at {at:#x}"
        );
        for within in [extent.len / 3, extent.len - 1] {
            let rest = layer
                .extent_at(at + within, extent.len - within)
                .expect("as before");
            assert_eq!(
                rest.len,
                extent.len - within,
                "from {within:#x} of {extent:?} at {at:#x}"
            );
            assert_eq!(
                shown(&rest.state, 0),
                shown(&extent.state, within),
                "at {at:#x}"
            );
        }
        at += extent.len;
    }
}

/// A state in words, as it is `within` bytes behind its begin.
fn shown(state: &State, within: u64) -> String {
    match state {
        State::File(at) => format!("file, {:#x}", at + within),
        State::Zero => "zero".into(),
        State::Parent => "parent".into(),
        State::Lost(fault) => fault.to_string(),
    }
}

/// Random reads of something of `size` bytes, by several threads at once.
fn in_threads(size: u64, read: &(dyn Fn(&mut [u8], u64) + Sync)) {
    thread::scope(|scope| {
        for seed in 0..THREADS {
            scope.spawn(move || {
                let mut chance = Chance::new(seed);
                for _ in 0..READS {
                    let offset = chance.bits() % (size + 1);
                    let longest = LONGEST.min((size - offset) as usize);
                    read(&mut vec![0; chance.below(longest + 1)], offset);
                }
            });
        }
    });
}

/// Compares without printing a megabyte.
fn same(found: &[u8], all: &[u8], offset: u64) {
    let expected = &all[offset as usize..][..found.len()];
    if found != expected {
        let at = found
            .iter()
            .zip(expected)
            .take_while(|(a, b)| a == b)
            .count();
        panic!(
            "at {:#x} (read of {:#x} at {offset:#x}): expected {:02x}, found {:02x}",
            offset + at as u64,
            found.len(),
            expected[at],
            found[at]
        );
    }
}

/// The sources of `blockio` itself, which has no tests that could know this crate.
#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use blockio::{Cache, HostFile, Memory, Run, Slice};

    use super::*;
    use crate::failing::Failing;

    fn noise(len: usize) -> Vec<u8> {
        let mut chance = Chance::new(len as u64);
        (0..len).map(|_| chance.bits() as u8).collect()
    }

    #[test]
    fn memory_and_slices_of_it_keep_it() {
        let bytes = noise(200_003);
        let memory: Arc<dyn ReadAt> = Arc::new(Memory::from(bytes.clone()));
        read_at_contract(&memory, &bytes);
        for (start, len) in [(0, 200_003), (1, 4096), (511, 100_000), (200_002, 1)] {
            let slice = Slice::new(Arc::clone(&memory), start, len);
            read_at_contract(&slice, &bytes[start as usize..][..len as usize]);
        }
    }

    #[test]
    fn a_host_file_keeps_it() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract.rs");
        let bytes = std::fs::read(&path).expect("this file");
        read_at_contract(&HostFile::open(&path).expect("this file"), &bytes);
    }

    #[test]
    fn a_cache_keeps_it_also_where_it_holds_less_than_a_page() {
        let bytes = noise((3 << 16) + 100);
        for budget in [0, 5000, 1 << 16, 1 << 20] {
            let cache = Cache::with_budget(budget);
            read_at_contract(&cache.over(Memory::from(bytes.clone())), &bytes);
            read_at_contract(&cache.over_table(Memory::from(bytes.clone())), &bytes);
        }
    }

    #[test]
    fn a_bad_sector_costs_a_cache_no_other_byte_of_its_page() {
        let bytes = noise(1 << 17);
        let bad = 70_000..70_512;
        let failing = Failing::new(Memory::from(bytes.clone()), [bad.clone()]);
        let cached = Cache::default().over(failing);
        for _ in 0..2 {
            for (from, to) in [(65_536, bad.start), (bad.end, 1 << 17)] {
                let mut buf = vec![0; (to - from) as usize];
                cached.read_exact_at(&mut buf, from).expect("good bytes");
                same(&buf, &bytes, from);
            }
            assert!(cached.read_exact_at(&mut [0], bad.start).is_err());
            assert!(cached.read_exact_at(&mut [0], bad.end - 1).is_err());
        }
    }

    /// A source that remembers what it was told will be read.
    struct Told(Mutex<Vec<Range<u64>>>);

    impl ReadAt for Told {
        fn size(&self) -> u64 {
            1000
        }

        fn read_exact_at(&self, buf: &mut [u8], _: u64) -> io::Result<()> {
            buf.fill(0);
            Ok(())
        }

        fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
            let len = max.min(1000 - offset);
            let place = Place::Computed { by: self, offset };
            Ok(Run { len, place })
        }

        fn prefetch(&self, ranges: &[Range<u64>]) {
            self.0.lock().expect("one thread").extend_from_slice(ranges);
        }
    }

    #[test]
    fn hints_reach_the_source_below() {
        let told = Arc::new(Told(Mutex::default()));
        let slice = Slice::new(told.clone(), 100, 500);
        Cache::default().over(slice).prefetch(&[0..10, 490..900]);
        assert_eq!(*told.0.lock().expect("one thread"), [100..110, 590..600]);
    }
}
