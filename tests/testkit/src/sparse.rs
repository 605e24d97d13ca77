//! Bytes of which most are zeros and take no room: an image of any size, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use blockio::{Place, ReadAt, Run, check_range};

const PAGE: usize = 4096;

/// Bytes of any size, of which only the pages that were written take room. The rest are holes.
#[derive(Clone, Default)]
pub struct Sparse {
    pages: BTreeMap<u64, Box<[u8; PAGE]>>,
    size: u64,
}

/// The number of the page that `offset` lies in, and where in it.
fn split(offset: u64) -> (u64, usize) {
    let page = PAGE as u64;
    (offset / page, (offset % page) as usize)
}

impl Sparse {
    /// `size` zeros.
    #[must_use]
    pub fn new(size: u64) -> Self {
        Self {
            pages: BTreeMap::new(),
            size,
        }
    }

    /// Cuts off what lies behind `size`, or adds zeros.
    pub fn set_size(&mut self, size: u64) {
        self.size = size;
        let (number, within) = split(size);
        self.pages.split_off(&size.div_ceil(PAGE as u64));
        if let Some(page) = self.pages.get_mut(&number) {
            page[within..].fill(0);
        }
    }

    /// Puts `bytes` at `offset`, and grows where they reach beyond the end.
    pub fn write(&mut self, mut offset: u64, mut bytes: &[u8]) {
        self.size = self.size.max(offset + bytes.len() as u64);
        while !bytes.is_empty() {
            let (number, within) = split(offset);
            let (piece, rest) = bytes.split_at(bytes.len().min(PAGE - within));
            let zeros = piece.iter().all(|byte| *byte == 0);
            if !zeros || self.pages.contains_key(&number) {
                let page = self
                    .pages
                    .entry(number)
                    .or_insert_with(|| Box::new([0; PAGE]));
                page[within..within + piece.len()].copy_from_slice(piece);
            }
            offset += piece.len() as u64;
            bytes = rest;
        }
    }

    /// The `len` bytes at `offset`.
    ///
    /// # Panics
    /// Where they reach beyond the end.
    #[must_use]
    pub fn bytes(&self, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.read_exact_at(&mut bytes, offset)
            .expect("within the image");
        bytes
    }

    /// All bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes(
            0,
            usize::try_from(self.size).expect("an image that fits in memory"),
        )
    }

    /// Writes all bytes to a new file at `path`, sparse where the file system can.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_to(&self, path: &Path) -> io::Result<()> {
        let mut file = fs::File::create(path)?;
        file.set_len(self.size)?;
        for (number, page) in &self.pages {
            let start = number * PAGE as u64;
            let len = (self.size - start).min(PAGE as u64);
            file.seek(SeekFrom::Start(start))?;
            file.write_all(&page[..len as usize])?;
        }
        Ok(())
    }
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size, offset, buf.len())?;
        let (mut rest, mut at) = (buf, offset);
        while !rest.is_empty() {
            let (number, within) = split(at);
            let len = rest.len().min(PAGE - within);
            let (piece, behind) = rest.split_at_mut(len);
            match self.pages.get(&number) {
                Some(page) => piece.copy_from_slice(&page[within..within + len]),
                None => piece.fill(0),
            }
            at += len as u64;
            rest = behind;
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let (number, within) = split(offset);
        let end = max.min(self.size - offset);
        let next = self.pages.range(number..).next().map(|(number, _)| *number);
        let (len, place) = match next {
            Some(next) if next == number => {
                ((PAGE - within) as u64, Place::Computed { by: self, offset })
            }
            Some(next) => (next * PAGE as u64 - offset, Place::Hole),
            None => (end, Place::Hole),
        };
        Ok(Run {
            len: len.min(end),
            place,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::read_at_contract;

    #[test]
    fn keeps_the_contract() {
        let mut sparse = Sparse::new(100_000);
        sparse.write(4000, &[7; 5000]);
        sparse.write(90_001, b"end");
        let mut expected = vec![0; 100_000];
        expected[4000..9000].fill(7);
        expected[90_001..90_004].copy_from_slice(b"end");
        read_at_contract(&sparse, &expected);
    }

    #[test]
    fn what_was_cut_off_comes_back_as_zeros() {
        let mut sparse = Sparse::new(0);
        sparse.write(0, &[1; 10_000]);
        sparse.set_size(5000);
        sparse.set_size(10_000);
        assert_eq!(sparse.bytes(4990, 20), [[1; 10], [0; 10]].concat());
    }
}
