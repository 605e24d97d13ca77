//! A host file with its holes.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{HostFile, Place, ReadAt, Run};

/// A host file that says where its holes are, so that a copy of it has them too.
pub struct Sparse(Arc<HostFile>);

impl Sparse {
    /// Of this file.
    #[must_use]
    pub fn of(file: Arc<HostFile>) -> Self {
        Self(file)
    }

    /// How many of its bytes are stored.
    ///
    /// # Errors
    /// The system's own.
    pub fn stored(&self) -> io::Result<u64> {
        let (mut stored, mut at) = (0, 0);
        while at < self.size() {
            let next = self.stored_from(at)?;
            stored += next.end - next.start;
            at = next.end.max(at + 1);
        }
        Ok(stored)
    }

    /// What is stored next, cut at the size that the file had when it was opened.
    fn stored_from(&self, offset: u64) -> io::Result<Range<u64>> {
        let size = self.size();
        let found = self
            .0
            .with_handle(|file| super::stored_from(file, offset))?;
        Ok(found.start.clamp(offset, size)..found.end.clamp(offset, size))
    }
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        // A file that became shorter has no holes where bytes were: reading says what is wrong.
        let is_shorter = self.0.stamp_now()?.len < self.size();
        let stored = match is_shorter {
            true => offset..self.size(),
            false => self.stored_from(offset)?,
        };
        if stored.start > offset {
            let len = max.min(stored.start - offset);
            let place = Place::Hole;
            return Ok(Run { len, place });
        }
        self.0.run_at(offset, max.min(stored.end - offset))
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
