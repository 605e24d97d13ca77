//! A file with writes laid over it, as replay would leave it. MS-VHDX 2.3.3

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, Place, ReadAt, Run, check_range, clamp};

use super::entry::{Page, Write};
use crate::format::{DATA_SECTOR_LEAD, LOG_SECTOR};

/// Ranges of the file with new contents. They do not overlap.
#[derive(Default)]
pub(super) struct Patches(BTreeMap<u64, Patch>);

/// One range with new contents; the map's key is where it begins.
#[derive(Clone, Copy)]
struct Patch {
    end: u64,
    /// The page it is, or zeros.
    page: Option<Page>,
}

impl Patches {
    /// Lays `write` over what was laid before.
    pub(super) fn put(&mut self, write: Write) {
        let (range, page) = match write {
            Write::Page(page) => (
                page.file_offset..page.file_offset.saturating_add(LOG_SECTOR),
                Some(page),
            ),
            Write::Zeros { range } => (range, None),
        };
        if range.is_empty() {
            return;
        }
        self.cut(&range);
        self.0.insert(
            range.start,
            Patch {
                end: range.end,
                page,
            },
        );
    }

    /// Takes `range` out of the patches. Pages are cut whole: everything is aligned to them.
    fn cut(&mut self, range: &Range<u64>) {
        let reaching_in = self.0.range(..range.start).next_back();
        if let Some((&start, &patch)) = reaching_in.filter(|(_, patch)| patch.end > range.start) {
            self.0.insert(
                start,
                Patch {
                    end: range.start,
                    ..patch
                },
            );
            self.keep_behind(range, patch);
        }
        let within: Vec<u64> = self
            .0
            .range(range.clone())
            .map(|(start, _)| *start)
            .collect();
        for start in within {
            if let Some(patch) = self.0.remove(&start) {
                self.keep_behind(range, patch);
            }
        }
    }

    /// Puts the part of `patch` back that lies behind `range`.
    fn keep_behind(&mut self, range: &Range<u64>, patch: Patch) {
        if patch.end > range.end {
            self.0.insert(range.end, patch);
        }
    }

    /// Where the last patch ends, in bytes of the file.
    pub(super) fn end(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(_, patch)| patch.end)
    }
}

/// A file with patches over it, and grown where the log says so.
pub(crate) struct Overlay {
    base: Arc<dyn ReadAt>,
    patches: BTreeMap<u64, Patch>,
    size: u64,
    /// What lay between the end of the file and this offset was cut off.
    cut: Option<(u64, Arc<Fault>)>,
}

/// Where a piece of the overlay comes from.
enum Source<'a> {
    Page(&'a Page),
    Zeros,
    Base,
    Lost(&'a Arc<Fault>),
}

impl Overlay {
    /// `size` is at least the base's and the patches' end.
    pub(super) fn new(
        base: Arc<dyn ReadAt>,
        patches: Patches,
        size: u64,
        cut: Option<(u64, Arc<Fault>)>,
    ) -> Self {
        Self {
            base,
            patches: patches.0,
            size,
            cut,
        }
    }

    /// The ranges that have new contents, in bytes of the file, in order.
    pub(crate) fn patched(&self) -> impl Iterator<Item = Range<u64>> {
        self.patches.iter().map(|(start, patch)| *start..patch.end)
    }

    /// The same, without zeros behind `end`: where a file is made longer, it has them by itself.
    pub(crate) fn patched_but_for_zeros_behind(
        &self,
        end: u64,
    ) -> impl Iterator<Item = Range<u64>> {
        self.patches
            .iter()
            .map(move |(start, patch)| match patch.page {
                Some(_) => *start..patch.end,
                None => *start..patch.end.min(end),
            })
    }

    /// Why bytes that the file had are gone, where it is shorter than its log says.
    pub(crate) fn cut(&self) -> Option<&Arc<Fault>> {
        self.cut.as_ref().map(|(_, fault)| fault)
    }

    /// Where the byte at `offset` comes from, and up to where its neighbours do.
    fn source_at(&self, offset: u64) -> (Source<'_>, u64) {
        let before = self.patches.range(..=offset).next_back();
        if let Some((_, patch)) = before.filter(|(_, patch)| patch.end > offset) {
            return (
                patch.page.as_ref().map_or(Source::Zeros, Source::Page),
                patch.end,
            );
        }
        let next = self
            .patches
            .range(offset..)
            .next()
            .map_or(self.size, |(start, _)| *start);
        if offset < self.base.size() {
            return (Source::Base, next.min(self.base.size()));
        }
        match &self.cut {
            Some((end, fault)) if offset < *end => (Source::Lost(fault), next.min(*end)),
            _ => (Source::Zeros, next),
        }
    }

    /// Where the pages that follow each other from `offset` on end, as far as `limit`.
    fn end_of_pages(&self, offset: u64, limit: u64) -> u64 {
        let mut end = offset;
        while end < limit {
            match self.source_at(end) {
                (Source::Page(_), page_end) => end = page_end,
                _ => break,
            }
        }
        end.min(limit)
    }

    /// Fills `buf`, which lies within `page`, from `within` bytes behind the page's begin.
    fn read_page(&self, page: &Page, buf: &mut [u8], within: u64) -> io::Result<()> {
        let mut sector = [0; 4096];
        self.base.read_exact_at(&mut sector, page.data_sector)?;
        if let Some(lead) = sector.first_chunk_mut::<DATA_SECTOR_LEAD>() {
            *lead = page.leading_bytes;
        }
        if let Some(trail) = sector.last_chunk_mut::<4>() {
            *trail = page.trailing_bytes;
        }
        let from = usize::try_from(within)
            .ok()
            .and_then(|within| sector.get(within..));
        let bytes = from.and_then(|from| from.get(..buf.len()));
        buf.copy_from_slice(bytes.expect("the piece was cut to its page"));
        Ok(())
    }
}

impl ReadAt for Overlay {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size, offset, buf.len())?;
        let (mut rest, mut at) = (buf, offset);
        while !rest.is_empty() {
            let (source, end) = self.source_at(at);
            let len = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
            let (piece, behind) = rest.split_at_mut(len.min(rest.len()));
            match source {
                Source::Page(page) => {
                    self.read_page(page, piece, at.saturating_sub(page.file_offset))?;
                }
                Source::Zeros => piece.fill(0),
                Source::Base => self.base.read_exact_at(piece, at)?,
                Source::Lost(fault) => return Err(Arc::clone(fault).into_io()),
            }
            at = at.saturating_add(clamp(piece.len()));
            rest = behind;
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        check_range(self.size, offset, 1)?;
        let limit = offset.saturating_add(max).min(self.size);
        let (source, end) = self.source_at(offset);
        let len = end.min(limit).saturating_sub(offset);
        let place = match source {
            Source::Base => return self.base.run_at(offset, len),
            Source::Page(_) => {
                let len = self.end_of_pages(offset, limit).saturating_sub(offset);
                return Ok(Run {
                    len,
                    place: Place::Computed { by: self, offset },
                });
            }
            Source::Zeros => Place::Hole,
            Source::Lost(fault) => Place::Lost(Arc::clone(fault)),
        };
        Ok(Run { len, place })
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.base.prefetch(ranges);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::mutate::Chance;

    const PAGES: usize = 40;

    /// What a page of the file is: as it was, zeros, or this data sector.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Model {
        Base,
        Zeros,
        Page(u64),
    }

    fn random_write(chance: &mut Chance, number: u64, model: &mut [Model]) -> Write {
        let first = chance.below(PAGES);
        let file_offset = first as u64 * LOG_SECTOR;
        if chance.below(2) == 0 {
            model[first] = Model::Page(number);
            let (leading_bytes, trailing_bytes) = ([1; 8], [2; 4]);
            let page = Page {
                file_offset,
                data_sector: number,
                leading_bytes,
                trailing_bytes,
            };
            return Write::Page(page);
        }
        let count = chance.below(PAGES - first + 1);
        model[first..first + count].fill(Model::Zeros);
        Write::Zeros {
            range: file_offset..file_offset + count as u64 * LOG_SECTOR,
        }
    }

    #[test]
    fn random_writes_lie_over_each_other_as_in_a_list_of_pages() {
        for seed in 0..200 {
            let mut chance = Chance::new(seed);
            let (mut patches, mut model) = (Patches::default(), [Model::Base; PAGES]);
            for number in 0..30 {
                patches.put(random_write(&mut chance, number, &mut model));
            }
            let size = PAGES as u64 * LOG_SECTOR;
            let base = Arc::new(blockio::Memory::from(vec![0; size as usize]));
            let overlay = Overlay::new(base, patches, size, None);
            for (number, expected) in model.iter().enumerate() {
                let (source, end) = overlay.source_at(number as u64 * LOG_SECTOR + 5);
                let found = match source {
                    Source::Page(page) => Model::Page(page.data_sector),
                    Source::Zeros => Model::Zeros,
                    Source::Base => Model::Base,
                    Source::Lost(fault) => panic!("{fault}"),
                };
                assert_eq!(found, *expected, "seed {seed}, page {number}");
                assert!(end > number as u64 * LOG_SECTOR && end <= size);
            }
        }
    }
}
