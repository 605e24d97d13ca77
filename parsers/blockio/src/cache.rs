//! Pages of metadata, shared by everything that is open, under one byte budget.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::Cache as Pages;

use crate::read_at::check_range;
use crate::{Place, ReadAt, Run};

/// Page size in bytes unless told otherwise: 16 file records of 4 KiB.
const PAGE: u64 = 64 << 10;
/// Page size in bytes of [`Cache::over_table`]: 512 BAT entries, which map 1 GiB of a disk.
const TABLE_PAGE: u64 = 4 << 10;
/// What all caches of the program may hold together unless told otherwise, in bytes.
const DEFAULT_BUDGET: u64 = 24 << 20;

type Key = (u64, u64);
type Page = Arc<[u8]>;

/// A store of pages with one byte budget. Clones share it.
#[derive(Clone)]
pub struct Cache {
    pages: Arc<Pages<Key, Page, PageWeight>>,
    owners: Arc<AtomicU64>,
}

#[derive(Clone)]
struct PageWeight;

impl Weighter<Key, Page> for PageWeight {
    fn weight(&self, _: &Key, page: &Page) -> u64 {
        crate::clamp(page.len()).max(1)
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::with_budget(DEFAULT_BUDGET)
    }
}

impl Cache {
    /// A cache that holds at most `bytes` bytes of pages.
    #[must_use]
    pub fn with_budget(bytes: u64) -> Self {
        let pages = usize::try_from(bytes.div_ceil(PAGE)).unwrap_or(usize::MAX);
        Self {
            pages: Arc::new(Pages::with_weighter(pages, bytes, PageWeight)),
            owners: Arc::default(),
        }
    }

    /// `source`, read through this cache.
    pub fn over<R: ReadAt>(&self, source: R) -> Cached<R> {
        self.in_pages(source, PAGE)
    }

    /// `source`, read through this cache in small pages: for tables and bitmaps, of which a chain
    /// of 1,000 files needs a little of each at the same time.
    pub fn over_table<R: ReadAt>(&self, source: R) -> Cached<R> {
        self.in_pages(source, TABLE_PAGE)
    }

    fn in_pages<R: ReadAt>(&self, source: R, page: u64) -> Cached<R> {
        Cached {
            source,
            cache: self.clone(),
            owner: self.owners.fetch_add(1, Ordering::Relaxed),
            page,
        }
    }
}

/// A source whose pages are kept in a [`Cache`]: for metadata that is read again and again.
///
/// Payload is better read past it: what a host file holds, `run_at` places there, so that sinks do not
/// go through the cache. What is computed is read through it.
pub struct Cached<R> {
    source: R,
    cache: Cache,
    owner: u64,
    /// Bytes of a page.
    page: u64,
}

impl<R: ReadAt> Cached<R> {
    /// The source itself, for reads that should not pass through the cache.
    pub fn source(&self) -> &R {
        &self.source
    }

    /// The page that begins at byte `number * self.page`; the last one may be shorter.
    fn page(&self, number: u64) -> io::Result<Page> {
        self.cache
            .pages
            .get_or_insert_with(&(self.owner, number), || {
                let start = number.saturating_mul(self.page);
                let len = self.page.min(self.source.size().saturating_sub(start));
                let mut page = vec![0; usize::try_from(len).unwrap_or_default()];
                self.source.read_exact_at(&mut page, start)?;
                Ok(page.into())
            })
    }

    /// Fills the start of `buf` from `offset` out of one page; how many bytes that were.
    fn read_within_page(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let page = self.page(offset.checked_div(self.page).unwrap_or_default())?;
        let within = usize::try_from(offset.checked_rem(self.page).unwrap_or_default()).ok();
        let bytes = within.and_then(|at| page.get(at..)).unwrap_or_default();
        let len = bytes.len().min(buf.len());
        let (Some(to), Some(from)) = (buf.get_mut(..len), bytes.get(..len)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        Ok(len)
    }
}

impl<R: ReadAt> ReadAt for Cached<R> {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        let (mut rest, mut at) = (buf, offset);
        while !rest.is_empty() {
            // A page with one bad sector must not cost its good bytes: read just what is asked for.
            let Ok(len) = self.read_within_page(rest, at) else {
                return self.source.read_exact_at(rest, at);
            };
            rest = rest.get_mut(len..).unwrap_or_default();
            at = at.saturating_add(crate::clamp(len.max(1)));
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size().saturating_sub(offset));
        match self.source.run_at(offset, max)? {
            Run {
                place: Place::Computed { .. },
                len: inner,
            } => Ok(Run {
                len: inner.min(len),
                place: Place::Computed { by: self, offset },
            }),
            run => Ok(run),
        }
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.source.prefetch(ranges);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Memory;

    #[test]
    fn reads_across_pages_and_at_the_short_end() {
        let bytes: Vec<u8> = (0..3 * 65536 + 100_u32).map(|i| (i / 7) as u8).collect();
        let cache = Cache::with_budget(1 << 16);
        for cached in [
            cache.over(Memory::from(bytes.clone())),
            cache.over_table(Memory::from(bytes.clone())),
        ] {
            for (from, len) in [
                (0, 1),
                (4090, 20),
                (65530, 20),
                (1, 3 * 65536),
                (3 * 65536, 100),
                (5, 0),
            ] {
                let mut buf = vec![0; len];
                cached
                    .read_exact_at(&mut buf, from as u64)
                    .expect("in range");
                assert_eq!(buf, bytes[from..from + len], "{from} + {len}");
            }
            assert!(cached.read_exact_at(&mut [0; 101], 3 * 65536).is_err());
        }
    }
}
