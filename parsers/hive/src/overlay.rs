//! The hive's bytes with the dirty pages of its logs over them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use blockio::{ReadAt, clamp};

use crate::format::{BASE_BLOCK_SIZE, PAGE};

/// The hive file with pages from its logs over it. Offsets are those of the file.
pub(crate) struct Overlay {
    primary: Arc<dyn ReadAt>,
    /// By number of the page in the file.
    pages: BTreeMap<u64, [u8; PAGE]>,
}

impl Overlay {
    pub(crate) fn new(primary: Arc<dyn ReadAt>) -> Self {
        Self {
            primary,
            pages: BTreeMap::new(),
        }
    }

    /// Puts `bytes`, whole pages, over what is at `offset` of the hive bins data; how many pages that
    /// was. `None` where they are no whole pages.
    pub(crate) fn put(&mut self, offset: u32, bytes: &[u8]) -> Option<u64> {
        let (pages, rest) = bytes.as_chunks::<PAGE>();
        let start = u64::from(offset).checked_add(BASE_BLOCK_SIZE)?;
        if !rest.is_empty() || !start.is_multiple_of(clamp(PAGE)) {
            return None;
        }
        let first = start.checked_div(clamp(PAGE))?;
        for (number, page) in (first..).zip(pages) {
            self.pages.insert(number, *page);
        }
        Some(clamp(pages.len()))
    }

    /// Bytes of the hive, those that only a log holds included.
    pub(crate) fn size(&self) -> u64 {
        let last = self.pages.last_key_value();
        let end = last.map_or(0, |(number, _)| page_start(number.saturating_add(1)));
        self.primary.size().max(end)
    }

    /// Fills `buf` from `offset`.
    pub(crate) fn read(&self, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buf.is_empty() {
            let (len, page) = self.piece(offset, buf.len());
            let (head, rest) = buf
                .split_at_mut_checked(len)
                .expect("a piece is no longer than what is asked for");
            match page {
                Some(bytes) => head.copy_from_slice(bytes),
                None => self.primary.read_exact_at(head, offset)?,
            }
            offset = offset.saturating_add(clamp(len));
            buf = rest;
        }
        Ok(())
    }

    /// How many bytes from `offset`, at most `most`, come from one place; the bytes, if from a page.
    fn piece(&self, offset: u64, most: usize) -> (usize, Option<&[u8]>) {
        let number = offset.checked_div(clamp(PAGE)).unwrap_or_default();
        let next = self.pages.range(number..).next();
        match next {
            None => (most, None),
            Some((&found, page)) if found == number => {
                let within = usize::try_from(offset.saturating_sub(page_start(number)));
                let bytes = page.get(within.unwrap_or_default()..).unwrap_or_default();
                let bytes = bytes.get(..most).unwrap_or(bytes);
                (bytes.len(), Some(bytes))
            }
            Some((&found, _)) => {
                let until = usize::try_from(page_start(found).saturating_sub(offset));
                (until.unwrap_or(most).min(most), None)
            }
        }
    }
}

fn page_start(number: u64) -> u64 {
    number.saturating_mul(clamp(PAGE))
}

#[cfg(test)]
mod tests {
    use blockio::Memory;

    use super::*;

    fn overlay() -> Overlay {
        let bytes: Vec<u8> = (0..8192_u32).map(|n| n.to_le_bytes()[0] | 1).collect();
        Overlay::new(Arc::new(Memory::from(bytes)))
    }

    #[test]
    fn pages_lie_over_the_file_and_may_go_beyond_it() {
        let mut overlay = overlay();
        assert_eq!(overlay.put(512, &[2; 1024]), Some(2));
        assert_eq!(overlay.put(4096, &[4; 512]), Some(1));
        assert_eq!(overlay.size(), 8192 + 512);
        let mut buf = [0; 1026];
        overlay.read(&mut buf, 4096 + 511).unwrap();
        assert_eq!((buf[0], buf[1], buf[1024], buf[1025]), (0xff, 2, 2, 1));
        overlay.read(&mut buf[..513], 8191).unwrap();
        assert_eq!((buf[0], buf[512]), (0xff, 4));
    }

    #[test]
    fn bytes_that_nothing_holds_are_an_error() {
        let mut overlay = overlay();
        overlay.put(8192, &[8; 512]);
        assert!(overlay.read(&mut [0; 2], 8191).is_err());
    }

    #[test]
    fn only_whole_pages_are_taken() {
        let mut overlay = overlay();
        assert_eq!(overlay.put(0, &[0; 511]), None);
        assert_eq!(overlay.put(8, &[0; 512]), None);
    }
}
