//! What opening costs: never anything in proportion to the BAT.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blockio::{Layer, ReadAt, Run, State};
use testkit::sparse::Sparse;
use testkit::vhdx::Image;

/// Counts the bytes that are read.
struct Counting {
    bytes: Sparse,
    read: Arc<AtomicU64>,
}

impl ReadAt for Counting {
    fn size(&self) -> u64 {
        self.bytes.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.read.fetch_add(buf.len() as u64, Ordering::Relaxed);
        self.bytes.read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        self.bytes.run_at(offset, max)
    }

    fn prefetch(&self, _ranges: &[Range<u64>]) {}
}

#[test]
fn a_disk_of_64_tib_opens_with_little_reading() {
    let size = 64 << 40;
    let mut image = Image::dynamic(size);
    image.write(size / 2 - 512, &[1; 1024]);
    image.write(size - 512, &[2; 512]);
    let read = Arc::new(AtomicU64::new(0));
    let bytes = image.build().bytes;
    let file = crate::open_bytes(Arc::new(Counting {
        bytes,
        read: Arc::clone(&read),
    }));
    assert!(
        read.load(Ordering::Relaxed) < 256 << 10,
        "{read:?} bytes to open"
    );
    assert!(matches!(
        file.extent_at(size - 1, 1).expect("answered").state,
        State::File(_)
    ));
    let extent = file.extent_at(0, u64::MAX).expect("answered");
    assert!(extent.len == 4096 << 20, "{extent:?}");
    assert!(
        read.load(Ordering::Relaxed) < 512 << 10,
        "{read:?} bytes for two questions"
    );
    assert_eq!(file.allocated().expect("readable"), 3 << 20);
}
