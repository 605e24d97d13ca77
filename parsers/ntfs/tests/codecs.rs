//! Chunks damaged by chance: whatever is in them, decoders end, and fill no byte but those of the chunk.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests fail loudly, and count in what is at hand"
)]

#[expect(dead_code, reason = "shared with the tests of manifests")]
mod support;

use std::sync::Arc;

use blockio::ReadAt;
use hvrestore_ntfs::lznt1;
use hvrestore_ntfs::wof::{Codec, Decoder};
use support::{image, open};
use testkit::mutate::Chance;
use tree::{FileSystem, GuestPath, Name};

/// Damaged copies of the chunks of each codec.
const ROUNDS: usize = 3000;
/// The folder of each codec's files in the image.
const FOLDERS: [(Codec, &str); 4] = [
    (Codec::Xpress4K, "xpress4k"),
    (Codec::Xpress8K, "xpress8k"),
    (Codec::Xpress16K, "xpress16k"),
    (Codec::Lzx32K, "lzx32k"),
];

/// A compressed chunk, and how many bytes it has.
struct Chunk {
    stored: Vec<u8>,
    len: usize,
}

fn bytes_of(stream: &Arc<dyn ReadAt>) -> Vec<u8> {
    let mut bytes = vec![0; stream.size() as usize];
    stream.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

/// The compressed chunks of a codec's files in the image.
fn chunks(codec: Codec, folder: &str) -> Vec<Chunk> {
    let volume = open(image("wof"));
    let root = tree::resolve(&volume, &GuestPath::from(folder)).unwrap();
    let mut found = Vec::new();
    for entry in volume.entries(root, &GuestPath::from(folder)).unwrap() {
        let node = entry.unwrap().node;
        let stored = Name::from("WofCompressedData");
        let Ok(stored) = volume.open(node, Some(&stored)) else {
            continue;
        };
        let size = volume.metadata(node).unwrap().size as usize;
        found.extend(split(codec, size, &bytes_of(&stored)));
    }
    found
}

/// The compressed ones of the chunks of a file of `size` bytes.
fn split(codec: Codec, size: usize, stored: &[u8]) -> Vec<Chunk> {
    let count = size.div_ceil(codec.chunk_size());
    let (table, data) = stored.split_at(4 * (count - 1));
    let entries = table.chunks(4);
    let ends = entries.map(|entry| u32::from_le_bytes(entry.try_into().unwrap()) as usize);
    let mut start = 0;
    let mut found = Vec::new();
    for (number, end) in ends.chain([data.len()]).enumerate() {
        let len = codec.chunk_size().min(size - number * codec.chunk_size());
        let stored = data[start..end].to_vec();
        found.extend((stored.len() < len).then_some(Chunk { stored, len }));
        start = end;
    }
    found
}

/// A copy with some bytes changed, cut off or added.
fn damaged(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    // XPRESS's codewords are at the start, and half of all damage should be behind them.
    let from = if chance.below(2) == 0 {
        0
    } else {
        bytes.len() / 2
    };
    for _ in 0..=chance.below(4) {
        let at = from + chance.below(bytes.len() - from);
        bytes[at] = chance.below(256) as u8;
    }
    match chance.below(4) {
        0 => bytes.truncate(chance.below(bytes.len())),
        1 => bytes.extend(vec![0xFF; chance.below(64)]),
        _ => {}
    }
    bytes
}

#[test]
fn damaged_chunks_end_in_a_reason_or_in_bytes() {
    for (codec, folder) in FOLDERS {
        let chunks = chunks(codec, folder);
        assert!(chunks.len() > 10, "{folder}");
        let mut chance = Chance::new(11);
        let mut decoder = Decoder::new(codec);
        let mut refused = 0;
        for round in 0..ROUNDS {
            let chunk = &chunks[round % chunks.len()];
            let stored = damaged(&chunk.stored, &mut chance);
            let mut out = vec![0; chunk.len];
            refused += usize::from(decoder.decompress(&stored, &mut out).is_err());
        }
        assert!(refused > ROUNDS / 4, "{folder}: {refused} refused");
        // Nothing is left over in the tables.
        for chunk in &chunks {
            decoder
                .decompress(&chunk.stored, &mut vec![0; chunk.len])
                .unwrap();
        }
    }
}

#[test]
fn a_chunk_that_was_cut_off_is_refused_at_any_length() {
    for (codec, folder) in FOLDERS {
        let mut decoder = Decoder::new(codec);
        for chunk in chunks(codec, folder).iter().take(5) {
            // Some units at the end are only there for who looks ahead.
            for len in 0..chunk.stored.len() - 8 {
                let mut out = vec![0; chunk.len];
                let cut = decoder.decompress(&chunk.stored[..len], &mut out);
                assert!(cut.is_err(), "{folder}: {len} of {}", chunk.stored.len());
            }
        }
    }
}

#[test]
fn noise_is_no_chunk() {
    let mut chance = Chance::new(12);
    for _ in 0..ROUNDS {
        let noise: Vec<u8> = (0..chance.below(600))
            .map(|_| chance.below(256) as u8)
            .collect();
        for (codec, _) in FOLDERS {
            let _ = Decoder::new(codec).decompress(&noise, &mut vec![0; codec.chunk_size()]);
        }
        let mut out = vec![0; 8192];
        if let Err(bad) = lznt1::decompress(&noise, &mut out) {
            assert!(bad.good <= out.len() && bad.at <= noise.len());
        }
    }
}

#[test]
fn what_is_behind_a_chunk_is_no_part_of_it() {
    for (codec, folder) in FOLDERS {
        let mut decoder = Decoder::new(codec);
        for chunk in chunks(codec, folder) {
            let two = [&chunk.stored[..], &chunk.stored].concat();
            let mut out = vec![0; chunk.len];
            assert!(decoder.decompress(&two, &mut out).is_err(), "{folder}");
        }
    }
}
