//! The bytes of a container as they are once the replay log has been applied.

use blockio::{Code, Fault, ReadAt, clamp};

/// Bytes by which what is written to a file may lie behind its end: a log's region need not be there as
/// a whole, and what is in the log may make the file longer.
pub(crate) const MOST_GAP: u64 = 1 << 20;

/// The bytes of a container: those of its file, and over them what the log has to say.
///
/// Nothing is copied: a patch is read from the log each time it is met.
pub(crate) struct Image<'a> {
    source: &'a dyn ReadAt,
    patches: Vec<Patch>,
    size: u64,
}

/// Bytes of the log that belong elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    /// Where they are, in the file.
    pub(crate) from: u64,
    /// Where they belong.
    pub(crate) to: u64,
    /// How many; `from + len` lies within the file, `to + len` not far behind its end.
    pub(crate) len: u64,
}

impl<'a> Image<'a> {
    /// The bytes of `source`, with nothing over them.
    pub(crate) fn new(source: &'a dyn ReadAt) -> Self {
        Self {
            source,
            patches: Vec::new(),
            size: source.size(),
        }
    }

    /// Lays `patches` over the bytes, later ones over earlier ones.
    pub(crate) fn patched(mut self, patches: Vec<Patch>) -> Self {
        let ends = patches
            .iter()
            .map(|patch| patch.to.saturating_add(patch.len));
        self.size = ends.fold(self.size, u64::max);
        self.patches = patches;
        self
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Whether anything lies over the bytes of the file.
    pub(crate) fn is_patched(&self) -> bool {
        !self.patches.is_empty()
    }

    /// The `len` bytes of `what` at `offset`, or the fault that `code` stands for.
    pub(crate) fn read(
        &self,
        offset: u64,
        len: usize,
        code: &'static Code,
        what: &'static str,
    ) -> Result<Vec<u8>, Fault> {
        let end = offset.checked_add(clamp(len));
        if end.is_none_or(|end| end > self.size) {
            return Err(Fault::damaged(code, what)
                .at(offset)
                .expected(format!("{len:#x} bytes"))
                .found(format!("a file that ends at {:#x}", self.size)));
        }
        let mut bytes = vec![0; len];
        self.fill(&mut bytes, offset)
            .map_err(|error| (*Fault::from_io(&error, what)).clone().at(offset))?;
        Ok(bytes)
    }

    fn fill(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        let stored = self.source.size().saturating_sub(offset);
        let stored = usize::try_from(stored).unwrap_or(usize::MAX).min(buf.len());
        if let Some(buf) = buf.get_mut(..stored).filter(|buf| !buf.is_empty()) {
            self.source.read_exact_at(buf, offset)?;
        }
        for patch in &self.patches {
            self.lay_over(patch, buf, offset)?;
        }
        Ok(())
    }

    /// Replaces what of `buf`, which begins at `offset`, the patch covers.
    fn lay_over(&self, patch: &Patch, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        let start = patch.to.max(offset);
        let end = patch
            .to
            .saturating_add(patch.len)
            .min(offset.saturating_add(clamp(buf.len())));
        if start >= end {
            return Ok(());
        }
        let within = |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX);
        let covered = buf.get_mut(within(start)..within(end)).unwrap_or_default();
        let skipped = start.saturating_sub(patch.to);
        self.source
            .read_exact_at(covered, patch.from.saturating_add(skipped))
    }
}

#[cfg(test)]
mod tests {
    use blockio::Memory;

    use super::*;
    use crate::codes::LOG;

    #[test]
    fn patches_lie_over_the_bytes_and_over_each_other() {
        let source = Memory::from((0..16).collect::<Vec<u8>>());
        let patch = |from, to, len| Patch { from, to, len };
        let image =
            Image::new(&source).patched(vec![patch(8, 1, 4), patch(12, 2, 2), patch(0, 15, 3)]);
        assert_eq!(image.size(), 18);
        let all = image.read(0, 18, &LOG, "all").unwrap();
        let expected = [0, 8, 12, 13, 11, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 1, 2];
        assert_eq!(all, expected);
        for (offset, len) in [(0, 0), (3, 5), (14, 4), (17, 1)] {
            let part = image.read(offset, len, &LOG, "part").unwrap();
            let from = usize::try_from(offset).unwrap();
            assert_eq!(part, expected[from..from + len], "{offset} + {len}");
        }
        assert_eq!(image.read(17, 2, &LOG, "end").unwrap_err().code, &LOG);
    }
}
