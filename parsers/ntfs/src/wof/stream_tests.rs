//! WOF streams in memory: tables of both widths, damage, and reads of every kind.

use std::sync::atomic::{AtomicU64, Ordering};

use blockio::{Memory, Place, check_range};

use super::*;
use crate::units::Made;

const CHUNK: u64 = 4096;

/// `chunks` behind their table of entries of 4 bytes.
fn stored(chunks: &[&[u8]]) -> Vec<u8> {
    let mut end = 0;
    let mut bytes = Vec::new();
    for chunk in chunks.iter().take(chunks.len() - 1) {
        end += chunk.len() as u32;
        bytes.extend(end.to_le_bytes());
    }
    bytes.extend(chunks.concat());
    bytes
}

fn open(stored: Vec<u8>, size: u64) -> Made<Chunks> {
    made(Arc::new(Memory::from(stored)), size)
}

fn made(stored: Arc<dyn ReadAt>, size: u64) -> Made<Chunks> {
    let chunks = Chunks::new(stored, Codec::Xpress4K, size, 42, &"test".into());
    Made::new(chunks.expect("long enough"))
}

/// `len` bytes, none equal to its neighbours.
fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 4096) as u8).collect()
}

/// A chunk of 4 KiB of `byte`: two codewords of one bit, the byte and a match of what is left.
fn filled(byte: u8) -> Vec<u8> {
    let mut chunk = vec![0; 256];
    chunk[usize::from(byte) / 2] |= 1 << (byte % 2 * 4);
    chunk[271 / 2] |= 0x10; // symbol 271: a long match, no bits of distance
    // The bits 01 and no more, a unit of lookahead, and the length.
    chunk.extend([0, 0x40, 0, 0, 255]);
    chunk.extend((4095_u16 - 3).to_le_bytes());
    chunk
}

/// The ranges that are lost, and the codes.
fn lost(stream: &dyn ReadAt) -> Vec<(Range<u64>, &'static str)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < stream.size() {
        let run = stream.run_at(at, u64::MAX).expect("an answer");
        let end = at + run.len;
        match run.place {
            Place::Lost(fault) => found.push((at..end, fault.code.id)),
            _ => stream
                .read_exact_at(&mut vec![0; run.len as usize], at)
                .expect("not lost"),
        }
        at = end;
    }
    found
}

#[test]
fn raw_and_compressed_chunks_read_by_the_contract() {
    let raw = bytes(3 * 4096 + 5);
    let parts = [
        &raw[..4096],
        &filled(b'x'),
        &raw[8192..12288],
        &raw[12288..],
    ];
    let stream = open(stored(&parts), 3 * CHUNK + 5);
    let expected = [parts[0], &[b'x'; 4096], parts[2], parts[3]].concat();
    testkit::read_at_contract(&stream, &expected);
}

#[test]
fn many_chunks_are_made_in_parallel_and_in_order() {
    let count = 700;
    let chunks: Vec<Vec<u8>> = (0..count).map(|i| filled((i % 251) as u8)).collect();
    let parts: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
    let stream = open(stored(&parts), count * CHUNK);
    let expected: Vec<u8> = (0..count).flat_map(|i| [(i % 251) as u8; 4096]).collect();
    testkit::read_at_contract(&stream, &expected);
}

#[test]
fn a_bad_chunk_is_lost_and_its_neighbours_are_not() {
    let bad = [0xFF; 300];
    let parts = [&filled(1)[..], &bad, &filled(3)];
    let stream = open(stored(&parts), 3 * CHUNK);
    assert_eq!(lost(&stream), [(CHUNK..2 * CHUNK, "HV-D226")]);
    let error = stream
        .read_exact_at(&mut [0; 2], CHUNK - 1)
        .expect_err("half of it is lost");
    let text = Fault::of(&error).expect("a fault").to_string();
    assert!(
        text.contains("file record 42") && text.contains("(test)"),
        "{text}"
    );
}

#[test]
fn a_table_that_lies_costs_the_chunks_beside_the_entry() {
    let chunks = [filled(1), filled(2), filled(3), filled(4)];
    let parts: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
    let sound = stored(&parts);
    for entry in [0, u32::MAX, 1 << 20] {
        let mut stored = sound.clone();
        stored[4..8].copy_from_slice(&entry.to_le_bytes());
        let found = lost(&open(stored, 4 * CHUNK));
        // Either chunk 1 ends too soon and chunk 2 is too long, or the other way round.
        let ranges: Vec<_> = found.iter().map(|(range, _)| range.clone()).collect();
        assert_eq!(
            ranges,
            [CHUNK..2 * CHUNK, 2 * CHUNK..3 * CHUNK],
            "{entry:#x}"
        );
        assert!(
            found
                .iter()
                .all(|(_, code)| ["HV-D226", "HV-D227"].contains(code))
        );
    }
    // What is stored ends within the last chunk.
    let cut = sound[..sound.len() - 10].to_vec();
    assert_eq!(
        lost(&open(cut, 4 * CHUNK)),
        [(3 * CHUNK..4 * CHUNK, "HV-D226")]
    );
}

#[test]
fn a_stream_too_short_for_its_table_is_refused() {
    for (len, size) in [(0, 1), (4, CHUNK + 1), (1 << 20, 1 << 62), (9, u64::MAX)] {
        let stored = Arc::new(Memory::from(vec![0; len]));
        let refused = Chunks::new(stored, Codec::Xpress4K, size, 42, &"test".into()).err();
        assert_eq!(refused.expect("too short").code.id, "HV-D227");
    }
}

/// A stream of which only what is asked for is made: every chunk is the same, in a file of 4 GiB.
struct Endless {
    width: u64,
    chunks: u64,
    chunk: Vec<u8>,
    reads: AtomicU64,
}

impl Endless {
    fn table(&self) -> u64 {
        (self.chunks - 1) * self.width
    }

    fn byte(&self, at: u64) -> u8 {
        let len = self.chunk.len() as u64;
        match at.checked_sub(self.table()) {
            Some(within) => self.chunk[(within % len) as usize],
            None => ((at / self.width + 1) * len).to_le_bytes()[(at % self.width) as usize],
        }
    }
}

impl ReadAt for Endless {
    fn size(&self) -> u64 {
        self.table() + self.chunks * self.chunk.len() as u64
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        for (at, byte) in (offset..).zip(buf) {
            *byte = self.byte(at);
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size() - offset);
        let place = Place::Computed { by: self, offset };
        Ok(Run { len, place })
    }
}

#[test]
fn from_4_gib_on_entries_have_8_bytes_and_only_those_needed_are_read() {
    for (size, width) in [(u64::from(u32::MAX), 4), (1 << 32, 8), ((1 << 32) + 1, 8)] {
        let endless = Arc::new(Endless {
            width,
            chunks: size.div_ceil(CHUNK),
            chunk: filled(b'q'),
            reads: AtomicU64::new(0),
        });
        let source: Arc<dyn ReadAt> = Arc::clone(&endless) as Arc<dyn ReadAt>;
        let stream = made(source, size);
        for offset in [0, 4096, (1 << 31) + 77, size - 20_000] {
            let mut read = [0; 10_000];
            stream.read_exact_at(&mut read, offset).expect("sound");
            assert_eq!(read, [b'q'; 10_000]);
        }
        let reads = endless.reads.load(Ordering::Relaxed);
        assert!(reads <= 30, "{reads} reads");
    }
}
