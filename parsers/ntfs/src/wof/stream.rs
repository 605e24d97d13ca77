//! The content of a WOF file, chunk by chunk.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, ReadAt, Run, clamp};

use super::chunk_table::ChunkTable;
use super::codec::{Codec, Decoder};
use crate::codes;
use crate::flaw::{Flaw, Result};
use crate::units::{Bad, Units};

/// The chunks of a WOF file.
pub(super) struct Chunks {
    /// The stream with the table and the chunks.
    stored: Arc<dyn ReadAt>,
    table: ChunkTable,
    codec: Codec,
    /// Bytes of the content.
    size: u64,
    /// Number of the file record, for messages.
    record: u64,
    /// What messages call the volume.
    volume: Arc<str>,
}

/// What is stored of a row of chunks.
pub(super) struct Row {
    /// The first of them.
    first: u64,
    /// Their bytes, in this order.
    bytes: Vec<u8>,
    /// Where in `bytes` each of them is, or what is wrong with it.
    places: Vec<Result<Range<usize>>>,
}

impl Chunks {
    /// The chunks of a file of `size` bytes, more than 0, in `stored`.
    ///
    /// # Errors
    /// Where `stored` is too short to have a chunk table for as much.
    pub(super) fn new(
        stored: Arc<dyn ReadAt>,
        codec: Codec,
        size: u64,
        record: u64,
        volume: &Arc<str>,
    ) -> Result<Self> {
        let table = ChunkTable::new(size, clamp(codec.chunk_size()), stored.size());
        let table = table.ok_or_else(|| {
            let found = format!(
                "{:#x} bytes of WOF data cannot hold the chunks of {size:#x} bytes",
                stored.size()
            );
            Flaw::new(&codes::WOF_TABLE, found).in_record(record)
        })?;
        Ok(Self {
            stored,
            table,
            codec,
            size,
            record,
            volume: Arc::clone(volume),
        })
    }

    /// Bytes of chunk `number` when it is decompressed.
    fn chunk_len(&self, number: u64) -> u64 {
        let start = number.saturating_mul(self.unit_size());
        self.unit_size().min(self.size.saturating_sub(start))
    }

    fn damage(&self, code: &'static blockio::Code, found: String) -> Arc<Fault> {
        let fault = Flaw::new(code, found).in_record(self.record);
        Arc::new(Fault::clone(&fault).in_file(&self.volume))
    }

    /// Where in the stream the chunks of `row` are.
    fn ranges(&self, row: Range<u64>) -> Vec<Result<Range<u64>>> {
        let bounds = match self.table.bounds(&*self.stored, row.clone()) {
            Ok(bounds) => bounds,
            Err(error) => {
                let fault = Fault::from_io(&error, format!("file record {}", self.record));
                return row.map(|_| Err(Arc::clone(&fault))).collect();
            }
        };
        let pairs = bounds.iter().zip(bounds.iter().skip(1));
        let checked = |(number, (&start, &end))| self.checked(number, start..end);
        row.zip(pairs).map(checked).collect()
    }

    /// `range` if it can be the place of chunk `number`.
    fn checked(&self, number: u64, range: Range<u64>) -> Result<Range<u64>> {
        let len = range.end.checked_sub(range.start).filter(|&len| len > 0);
        let fits = len.is_some_and(|len| len <= self.chunk_len(number));
        if fits && range.end <= self.table.end() {
            return Ok(range);
        }
        let Range { start, end } = range;
        let found = format!("the table puts WOF chunk {number} at {start:#x} to {end:#x}");
        Err(self.damage(&codes::WOF_TABLE, found))
    }

    /// Reads all chunks at once, if all of them are where chunks can be and can be read.
    fn read_together(&self, ranges: &[Result<Range<u64>>]) -> Option<(Vec<u8>, u64)> {
        let start = ranges.first()?.as_ref().ok()?.start;
        let end = ranges.last()?.as_ref().ok()?.end;
        let sound = ranges.iter().all(std::result::Result::is_ok);
        let len = end.checked_sub(start).filter(|_| sound)?;
        let mut bytes = vec![0; usize::try_from(len).ok()?];
        let read = self.stored.read_exact_at(&mut bytes, start);
        read.is_ok().then_some((bytes, start))
    }

    /// Reads each chunk by itself.
    fn read_apart(&self, first: u64, ranges: Vec<Result<Range<u64>>>) -> Row {
        let mut bytes = Vec::new();
        let mut read = |range: Range<u64>| -> Result<Range<usize>> {
            let start = bytes.len();
            let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default();
            bytes.resize(start.saturating_add(len), 0);
            let room = bytes.get_mut(start..).unwrap_or_default();
            let what = || format!("file record {}", self.record);
            let done = self.stored.read_exact_at(room, range.start);
            done.map_err(|error| Fault::from_io(&error, what()))?;
            Ok(start..bytes.len())
        };
        let places = ranges.into_iter().map(|range| read(range?)).collect();
        Row {
            first,
            bytes,
            places,
        }
    }
}

impl Row {
    /// The bytes of chunk `number`.
    fn chunk(&self, number: u64) -> Result<&[u8]> {
        let index = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        match self.places.get(index) {
            Some(Ok(range)) => Ok(self.bytes.get(range.clone()).unwrap_or_default()),
            Some(Err(fault)) => Err(Arc::clone(fault)),
            None => Ok(&[]),
        }
    }
}

impl Units for Chunks {
    type Tools = Decoder;
    type Stored = Row;

    fn size(&self) -> u64 {
        self.size
    }

    fn unit_size(&self) -> u64 {
        clamp(self.codec.chunk_size())
    }

    fn ready(&self, _: u64, _: u64) -> io::Result<Option<Run<'_>>> {
        Ok(None)
    }

    fn tools(&self) -> Decoder {
        Decoder::new(self.codec)
    }

    fn load(&self, row: Range<u64>) -> Row {
        let first = row.start;
        let ranges = self.ranges(row);
        let Some((bytes, start)) = self.read_together(&ranges) else {
            return self.read_apart(first, ranges);
        };
        let within =
            |offset: u64| usize::try_from(offset.saturating_sub(start)).unwrap_or_default();
        let place = |range: Range<u64>| within(range.start)..within(range.end);
        Row {
            first,
            bytes,
            places: ranges.into_iter().map(|range| range.map(place)).collect(),
        }
    }

    fn make(
        &self,
        number: u64,
        row: &Row,
        decoder: &mut Decoder,
        out: &mut [u8],
    ) -> Result<(), Bad> {
        let bad = |fault| Bad { good: 0, fault };
        let chunk = row.chunk(number).map_err(bad)?;
        if chunk.len() == out.len() {
            out.copy_from_slice(chunk);
            return Ok(());
        }
        decoder.decompress(chunk, out).map_err(|why| {
            let found = format!("WOF chunk {number} cannot be decompressed: {why}");
            bad(self.damage(&codes::WOF_CHUNK, found))
        })
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
