//! How fast the decoders are, on one thread: bytes of output over time.
//!
//! `tests/bench/codecs.py` makes the chunks, runs this, and runs libwim on the same ones.
//!
//! ```text
//! cargo bench -p hvrestore-ntfs --bench codecs -- FOLDER
//! ```
//!
//! `FOLDER` holds `KIND.CODEC` (chunks, each behind its two lengths) and `KIND.plain`, which becomes
//! LZNT1 here. Prints a line for each: name, seconds of processor time, bytes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench fails loudly"
)]

use std::fs;
use std::path::Path;

use hvrestore_ntfs::lznt1;
use hvrestore_ntfs::wof::{Codec, Decoder};

/// Bytes of a compression unit.
const UNIT: usize = 64 << 10;

fn main() {
    // cargo hands over an option of its own.
    let folder = std::env::args().skip(1).find(|it| !it.starts_with('-'));
    let Some(folder) = folder else {
        println!("usage: cargo bench -p hvrestore-ntfs --bench codecs -- FOLDER");
        return;
    };
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        file(&path);
    }
}

fn file(path: &Path) {
    let kind = path.file_stem().unwrap().to_string_lossy();
    let codec = path.extension().unwrap().to_string_lossy();
    let bytes = fs::read(path).unwrap();
    let report =
        |name: &str, (seconds, len): (f64, usize)| println!("{kind}.{name} {seconds} {len}");
    match &*codec {
        "xpress4k" => report(&codec, wof(Codec::Xpress4K, &bytes)),
        "xpress8k" => report(&codec, wof(Codec::Xpress8K, &bytes)),
        "xpress16k" => report(&codec, wof(Codec::Xpress16K, &bytes)),
        "lzx32k" => report(&codec, wof(Codec::Lzx32K, &bytes)),
        "plain" => {
            let units = compressed(&bytes);
            report("lznt1", ours(&units));
            report("lznt1-crate", theirs(&units));
        }
        _ => {}
    }
}

/// Seconds of processor time that `work` takes.
fn seconds(work: impl FnOnce()) -> f64 {
    let before = processor_time();
    work();
    processor_time() - before
}

/// What the kernel has counted for this thread, in seconds.
fn processor_time() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
    let nanoseconds: f64 = stat.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

fn wof(codec: Codec, file: &[u8]) -> (f64, usize) {
    let chunks = chunks(file);
    let (mut decoder, mut out) = (Decoder::new(codec), vec![0; codec.chunk_size()]);
    for (len, stored, plain) in &chunks {
        decoder.decompress(stored, &mut out[..*len]).unwrap();
        assert!(out[..*len] == **plain, "wrong bytes");
    }
    let took = seconds(|| {
        for (len, stored, _) in &chunks {
            decoder.decompress(stored, &mut out[..*len]).unwrap();
        }
    });
    (took, chunks.iter().map(|chunk| chunk.0).sum())
}

/// Length, compressed bytes and plain bytes of each chunk.
fn chunks(mut file: &[u8]) -> Vec<(usize, &[u8], &[u8])> {
    let mut chunks = Vec::new();
    while let [a, b, c, d, e, f, g, h, rest @ ..] = file {
        let len = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let stored = u32::from_le_bytes([*e, *f, *g, *h]) as usize;
        let (plain, rest) = rest.split_at(len);
        chunks.push((len, &rest[..stored], plain));
        file = &rest[stored..];
    }
    chunks
}

/// The units that LZNT1 makes shorter.
fn compressed(plain: &[u8]) -> Vec<Vec<u8>> {
    let mut units = Vec::new();
    for unit in plain.chunks_exact(UNIT) {
        let mut packed = Vec::new();
        ::lznt1::compress(unit, &mut packed);
        units.extend((packed.len() < UNIT).then_some(packed));
    }
    units
}

fn ours(units: &[Vec<u8>]) -> (f64, usize) {
    let mut out = vec![0; UNIT];
    let took = seconds(|| {
        for unit in units {
            lznt1::decompress(unit, &mut out).unwrap();
        }
    });
    (took, units.len() * UNIT)
}

fn theirs(units: &[Vec<u8>]) -> (f64, usize) {
    let mut out = Vec::with_capacity(UNIT);
    let took = seconds(|| {
        for unit in units {
            out.clear();
            ::lznt1::decompress(unit, &mut out).unwrap();
        }
    });
    (took, units.len() * UNIT)
}
