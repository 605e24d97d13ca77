//! Logs: entries that had not reached their place when the file was left.

use std::ops::Range;

use blockio::ReadAt;
use uuid::Uuid;

use super::Built;
use super::built::seal;

const SECTOR: usize = 4096;
const HEADER_LEN: usize = 64;

/// Entries of a log, written one behind the other from a position on, round the ring.
#[derive(Clone, Debug)]
pub struct Log {
    /// The log's GUID. The headers get it when the log is written.
    pub guid: Uuid,
    /// Position of the first entry in the log, in bytes, a multiple of 4,096.
    pub start: u64,
    /// The entries, oldest first.
    pub entries: Vec<LogEntry>,
}

/// One entry of a log.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// One more than that of the entry before.
    pub sequence_number: u64,
    /// Position of the oldest entry that is not flushed; the log's start unless set.
    pub tail: Option<u64>,
    /// The file is at least this long; its length unless set.
    pub flushed_size: Option<u64>,
    /// All of the file ends before this; its length unless set.
    pub last_size: Option<u64>,
    /// The last sector was not written.
    pub torn: bool,
    writes: Vec<Write>,
}

#[derive(Clone, Debug)]
enum Write {
    Page(u64, Vec<u8>),
    Zeros(Range<u64>),
}

impl Log {
    /// An empty log whose entries will begin at position `start`.
    #[must_use]
    pub fn new(start: u64) -> Self {
        let guid = Uuid::from_u128(0x5eed_1095_0000_4000_8000_0000_0000_0001);
        Self {
            guid,
            start,
            entries: Vec::new(),
        }
    }

    /// Adds an entry with the next sequence number; the first one has number 100.
    pub fn entry(&mut self) -> &mut LogEntry {
        let number = self
            .entries
            .last()
            .map_or(100, |last| last.sequence_number + 1);
        self.entries.push(LogEntry {
            sequence_number: number,
            tail: None,
            flushed_size: None,
            last_size: None,
            torn: false,
            writes: Vec::new(),
        });
        self.entries.last_mut().expect("just added")
    }
}

impl LogEntry {
    /// Adds new contents for the page of 4 KiB at `file_offset`.
    ///
    /// # Panics
    /// Where the page is not one.
    pub fn page(&mut self, file_offset: u64, bytes: &[u8]) -> &mut Self {
        assert_eq!(bytes.len(), SECTOR, "a page");
        self.writes.push(Write::Page(file_offset, bytes.to_vec()));
        self
    }

    /// Adds zeros for a range of the file.
    pub fn zeros(&mut self, range: Range<u64>) -> &mut Self {
        self.writes.push(Write::Zeros(range));
        self
    }

    /// Length of the entry in the log, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        let pages = self
            .writes
            .iter()
            .filter(|write| matches!(write, Write::Page(..)))
            .count();
        (HEADER_LEN + 32 * self.writes.len()).next_multiple_of(SECTOR) + pages * SECTOR
    }

    /// Whether the entry writes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    fn encode(&self, guid: Uuid, tail: u64, file_size: u64) -> Vec<u8> {
        let mut bytes = [
            b"loge\0\0\0\0",
            &(self.len() as u32).to_le_bytes()[..],
            &(self.tail.unwrap_or(tail) as u32).to_le_bytes(),
            &self.sequence_number.to_le_bytes(),
            &(self.writes.len() as u64).to_le_bytes(),
            &guid.to_bytes_le(),
            &self.flushed_size.unwrap_or(file_size).to_le_bytes(),
            &self.last_size.unwrap_or(file_size).to_le_bytes(),
        ]
        .concat();
        let sequence = self.sequence_number.to_le_bytes();
        let mut data = Vec::new();
        for write in &self.writes {
            match write {
                Write::Page(file_offset, page) => {
                    bytes.extend([b"desc", &page[4092..], &page[..8]].concat());
                    bytes.extend(file_offset.to_le_bytes());
                    let sector = [b"data", &sequence[4..], &page[8..4092], &sequence[..4]];
                    data.extend(sector.concat());
                }
                Write::Zeros(range) => {
                    bytes.extend(*b"zero\0\0\0\0");
                    bytes.extend((range.end - range.start).to_le_bytes());
                    bytes.extend(range.start.to_le_bytes());
                }
            }
            bytes.extend(sequence);
        }
        bytes.resize(bytes.len().next_multiple_of(SECTOR), 0);
        bytes.extend(data);
        seal(&mut bytes);
        if self.torn {
            let last = bytes.len() - SECTOR;
            bytes[last..].fill(0);
        }
        bytes
    }
}

impl Built {
    /// Writes a log's entries into the ring, over what was there, and makes them pending.
    pub fn write_log(&mut self, log: &Log) {
        self.edit_headers(|header| header[48..64].copy_from_slice(&log.guid.to_bytes_le()));
        let ring = self.layout.log.clone();
        let mut at = log.start;
        for entry in &log.entries {
            let bytes = entry.encode(log.guid, log.start, self.bytes.size());
            for sector in bytes.chunks(SECTOR) {
                self.put(ring.start + at, sector);
                at = (at + SECTOR as u64) % (ring.end - ring.start);
            }
        }
    }

    /// Takes these pages of the file out of their place and into a log, as if the host had stopped
    /// before they were written: the file reads as before once its log is replayed.
    ///
    /// Two entries, from position `start` of the log on.
    pub fn make_dirty(&mut self, pages: &[u64], start: u64) {
        let mut log = Log::new(start);
        let (first, second) = pages.split_at(pages.len() / 2);
        for half in [first, second] {
            let entry = log.entry();
            for page in half {
                entry.page(*page, &self.bytes.bytes(*page, SECTOR));
            }
        }
        for page in pages {
            self.put(*page, &[0; SECTOR]);
        }
        self.write_log(&log);
    }
}
