//! Asks everything of an object, as an operator's commands would, and holds it to the promises of
//! its trait.
//!
//! Made for images that were damaged on purpose: nothing here expects an answer to be good, only
//! that there is one, that it is well formed, and that it comes after bounded work. A broken
//! promise panics.

use blockio::{Fault, Layer, Place, ReadAt, State};
use tree::{Cursor, Entry, FileSystem, NodeId};

/// Runs or extents looked at from the start of an object on; of a larger one also its far end.
const STEPS: usize = 2000;
/// Bytes read from each run.
const SAMPLE: u64 = 4096;
/// Items of a listing: more come out of no image of the tests, so a longer one never ends.
const ITEMS: usize = 200_000;
/// Items of which everything is asked.
const DEEP: usize = 30;

/// Walks the runs of `bytes` and reads a sample of each.
///
/// # Panics
/// Where a run is empty, too long, or says one thing and reads as another.
pub fn read_at(bytes: &dyn ReadAt) {
    let size = bytes.size();
    let next = |offset| run(bytes, offset, size);
    steps(0, size, STEPS, next);
    steps(size.saturating_sub(SAMPLE), size, 8, next);
    let past_the_end = bytes.read_exact_at(&mut [0], size);
    assert!(past_the_end.is_err(), "a byte was read behind the end");
}

/// Looks at one run and returns its length; `None` where the question has no answer.
fn run(bytes: &dyn ReadAt, offset: u64, size: u64) -> Option<u64> {
    let max = size - offset;
    let run = bytes.run_at(offset, max).ok()?;
    assert!(
        run.len > 0 && run.len <= max,
        "run of {:#x} at {offset:#x} of {size:#x}",
        run.len
    );
    let mut sample = sample(run.len);
    let read = bytes.read_exact_at(&mut sample, offset);
    match run.place {
        Place::Hole => {
            assert!(read.is_ok(), "a hole at {offset:#x} cannot be read");
            assert!(
                sample.iter().all(|byte| *byte == 0),
                "a hole at {offset:#x} is not zeros"
            );
        }
        Place::Lost(_) => {
            let error = read.expect_err("lost bytes were read");
            assert!(
                Fault::of(&error).is_some(),
                "lost at {offset:#x} without its fault: {error}"
            );
        }
        Place::Host { .. } | Place::Computed { .. } => {}
    }
    Some(run.len)
}

/// Walks the extents of `layer` and reads a sample of those that its file holds.
///
/// # Panics
/// Where an extent is empty, too long, or points out of its file.
pub fn layer(layer: &dyn Layer) {
    let size = layer.disk_size();
    let next = |offset| extent(layer, offset, size);
    steps(0, size, STEPS, next);
    steps(size.saturating_sub(SAMPLE), size, 8, next);
}

fn extent(layer: &dyn Layer, offset: u64, size: u64) -> Option<u64> {
    let max = size - offset;
    let extent = layer.extent_at(offset, max).ok()?;
    assert!(
        extent.len > 0 && extent.len <= max,
        "extent of {:#x} at {offset:#x} of {size:#x}",
        extent.len
    );
    if let State::File(at) = extent.state {
        let end = at.checked_add(extent.len);
        assert!(
            end.is_some_and(|end| end <= layer.file().size()),
            "extent at {offset:#x} lies outside of its file: {at:#x} + {:#x}",
            extent.len
        );
        // May fail, as a log that is replayed may be damaged, but not panic.
        let _ = layer.file().read_exact_at(&mut sample(extent.len), at);
    }
    Some(extent.len)
}

/// Lists `fs` in both ways and asks everything of the first items.
///
/// # Panics
/// Where a listing does not end, or a stream breaks a promise.
pub fn file_system(fs: &dyn FileSystem) {
    let info = fs.info();
    assert!(
        format!("{info:?}").len() < 1 << 20,
        "a volume with a long story"
    );
    let mut deep = vec![fs.root()];
    if let Ok(entries) = fs.entries(fs.root(), &tree::GuestPath::root()) {
        let mut count = 0;
        for entry in entries {
            count += 1;
            assert!(count < ITEMS, "the listing does not end");
            match entry {
                Ok(entry) if deep.len() < DEEP => {
                    listed(fs, &entry);
                    deep.push(entry.node);
                }
                Ok(_) => {}
                Err(loss) => assert!(!loss.to_string().is_empty()),
            }
        }
    }
    for node in deep {
        file(fs, node);
        directory(fs, node);
    }
}

/// A listing shows a node as its own record does, or the record cannot be read alone.
fn listed(fs: &dyn FileSystem, entry: &Entry) {
    if let Ok(metadata) = fs.metadata(entry.node) {
        assert_eq!(metadata, entry.metadata, "{}", entry.path);
    }
}

fn file(fs: &dyn FileSystem, node: NodeId) {
    let _ = fs.read_link(node);
    let _ = fs.details(node);
    let _ = fs.security(node);
    if let Ok(stored) = fs.open_stored(node, None) {
        read_at(&*stored);
    }
    if let Ok(stream) = fs.open(node, None) {
        read_at(&*stream);
    }
    for stream in fs.streams(node).unwrap_or_default() {
        if let Ok(stream) = fs.open(node, Some(&stream.name)) {
            read_at(&*stream);
        }
    }
}

fn directory(fs: &dyn FileSystem, node: NodeId) {
    let Ok(entries) = fs.read_dir(node, Cursor::START) else {
        return;
    };
    for (number, entry) in entries.enumerate() {
        assert!(number < ITEMS, "the directory does not end");
        if number < DEEP
            && let Ok(entry) = entry
        {
            let _ = fs.fold(&entry.name);
            let _ = fs.lookup(node, &entry.name);
        }
    }
}

/// Calls `next` at `from` and then where the last answer ends, at most `count` times.
fn steps(from: u64, size: u64, count: usize, next: impl Fn(u64) -> Option<u64>) {
    let mut offset = from;
    for _ in 0..count {
        if offset >= size {
            return;
        }
        let Some(len) = next(offset) else { return };
        offset += len;
    }
}

fn sample(len: u64) -> Vec<u8> {
    vec![0xa5; usize::try_from(len.min(SAMPLE)).expect("a sample is small")]
}
