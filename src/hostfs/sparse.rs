//! Host files with their holes.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{HostFile, Place, ReadAt, Run};

/// What lies in host files, which says where those have holes, so that a copy of it has them too.
pub struct Sparse(Arc<dyn ReadAt>);

impl Sparse {
    /// Of a host file, or of what is mapped to some.
    #[must_use]
    pub fn of(source: Arc<dyn ReadAt>) -> Self {
        Self(source)
    }

    /// How many of its bytes are stored.
    ///
    /// # Errors
    /// Where that cannot be told.
    pub fn stored(&self) -> io::Result<u64> {
        let (mut stored, mut at, size) = (0, 0, self.size());
        while at < size {
            let run = self.run_at(at, size - at)?;
            if !matches!(run.place, Place::Hole) {
                stored += run.len;
            }
            at += run.len.max(1);
        }
        Ok(stored)
    }
}

/// What `file` has stored next from `offset` on, cut at the size that it had when it was opened.
fn stored_from(file: &HostFile, offset: u64) -> io::Result<Range<u64>> {
    let size = file.size();
    // A file that became shorter has no holes where bytes were: reading says what is wrong.
    if file.stamp_now()?.len < size {
        return Ok(offset..size);
    }
    let found = file.with_handle(|file| super::stored_from(file, offset))?;
    Ok(found.start.clamp(offset, size)..found.end.clamp(offset, size))
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let run = self.0.run_at(offset, max)?;
        let Place::Host { file, offset: at } = run.place else {
            return Ok(run);
        };
        let stored = stored_from(file, at)?;
        if stored.start > at {
            let len = run.len.min(stored.start - at);
            let place = Place::Hole;
            return Ok(Run { len, place });
        }
        let len = run.len.min(stored.end - at);
        Ok(Run { len, ..run })
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.0.prefetch(ranges);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn file() -> (tempfile::TempDir, Sparse) {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let path = temp.path().join("disk.vhdx");
        let file = std::fs::File::create(&path).expect("made");
        file.set_len(4 * MIB).expect("made as long");
        super::super::write_all_at(&file, &[7; 4096], MIB).expect("written");
        drop(file);
        let file = HostFile::open(&path).expect("just made");
        (temp, Sparse::of(Arc::new(file)))
    }

    #[test]
    fn every_byte_is_in_a_run_and_reads_the_same() {
        let (_temp, sparse) = file();
        let mut bytes = vec![0; 4 * MIB as usize];
        blockio::read_mapped(&sparse, &mut bytes, 0).expect("mapped");
        assert!(bytes[MIB as usize..][..4096].iter().all(|byte| *byte == 7));
        assert_eq!(bytes.iter().filter(|byte| **byte != 0).count(), 4096);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn holes_are_holes_to_the_end() {
        let (_temp, sparse) = file();
        let run = sparse.run_at(0, u64::MAX).expect("answered");
        assert!(matches!(run.place, Place::Hole) && run.len == MIB);
        let run = sparse.run_at(2 * MIB, u64::MAX).expect("answered");
        assert!(matches!(run.place, Place::Hole) && run.len == 2 * MIB);
        assert!(sparse.stored().expect("answered") < MIB);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn holes_are_found_behind_what_is_mapped_to_the_file() {
        let (_temp, file) = file();
        let slice: Arc<dyn ReadAt> = Arc::new(blockio::Slice::new(file.0, MIB - 512, 2 * MIB));
        let sparse = Sparse::of(slice);
        let run = sparse.run_at(0, u64::MAX).expect("answered");
        assert!(matches!(run.place, Place::Hole) && run.len == 512);
        let run = sparse.run_at(512, u64::MAX).expect("answered");
        assert!(
            matches!(run.place, Place::Host { offset: MIB, .. }),
            "{run:?}"
        );
        assert!(sparse.stored().expect("answered") < MIB);
    }

    #[test]
    fn a_file_that_became_shorter_does_not_end_in_a_hole() {
        let (temp, sparse) = file();
        let path = temp.path().join("disk.vhdx");
        let file = std::fs::OpenOptions::new().write(true).open(path);
        file.and_then(|file| file.set_len(2 * MIB)).expect("cut");
        let mut bytes = vec![0; 512];
        let error = blockio::read_mapped(&sparse, &mut bytes, 3 * MIB);
        assert!(error.is_err(), "zeros for bytes that are gone");
    }
}
