//! Where the chunks of a WOF file are.

use std::io;
use std::ops::Range;

use blockio::ReadAt;

/// The table at the start of the compressed stream: where each chunk but the first begins, in bytes
/// from the end of the table; 4 bytes each, or 8 if the file has 4 GiB or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkTable {
    /// How many chunks there are, at least one.
    chunks: u64,
    /// Bytes of an entry.
    width: u64,
    /// Bytes of all chunks as they are stored.
    stored: u64,
}

impl ChunkTable {
    /// The table for a file of `size` bytes, more than 0, in chunks of `chunk_size`, whose compressed
    /// stream has `stream_size` bytes; `None` where that is too short for any such file.
    pub(super) fn new(size: u64, chunk_size: u64, stream_size: u64) -> Option<Self> {
        let chunks = size.div_ceil(chunk_size);
        let width = if size > u64::from(u32::MAX) { 8 } else { 4 };
        let mut table = Self {
            chunks,
            width,
            stored: 0,
        };
        table.stored = stream_size.checked_sub(table.size()?)?;
        // A chunk has one byte at least.
        (table.stored >= chunks).then_some(table)
    }

    /// Bytes of the table.
    fn size(&self) -> Option<u64> {
        self.chunks.checked_sub(1)?.checked_mul(self.width)
    }

    /// Where the chunks begin that are `row`, and where the last one ends, in bytes of the stream.
    /// Whatever the entries say: who uses them looks whether they go up.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub(super) fn bounds(&self, stream: &dyn ReadAt, row: Range<u64>) -> io::Result<Vec<u64>> {
        let table_size = self.size().unwrap_or(u64::MAX);
        let last = row.end.min(self.chunks);
        // Chunk 0 has no entry, and none says where the last one ends.
        let entries = row.start.max(1)..last.saturating_add(1).min(self.chunks);
        let count = entries.end.saturating_sub(entries.start);
        let len = usize::try_from(count.saturating_mul(self.width)).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        let at = entries.start.saturating_sub(1).saturating_mul(self.width);
        stream.read_exact_at(&mut bytes, at)?;
        let first = (row.start == 0).then_some(0);
        let end = (last == self.chunks).then_some(self.stored);
        let within = |offset: u64| table_size.saturating_add(offset);
        let all = first.into_iter().chain(self.decoded(&bytes)).chain(end);
        Ok(all.map(within).collect())
    }

    fn decoded<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = u64> + use<'b> {
        let width = usize::try_from(self.width).unwrap_or(1);
        bytes.chunks_exact(width).map(|entry| {
            let mut number = [0; 8];
            number
                .iter_mut()
                .zip(entry)
                .for_each(|(to, from)| *to = *from);
            u64::from_le_bytes(number)
        })
    }

    /// Where the compressed stream ends, as far as chunks go.
    pub(super) fn end(&self) -> u64 {
        self.size().unwrap_or_default().saturating_add(self.stored)
    }
}
