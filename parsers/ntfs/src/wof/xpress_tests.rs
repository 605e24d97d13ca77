//! XPRESS on hand-made chunks, on published vectors and on what is none.

use std::path::Path;

use super::super::test_chunk::{Writer, codeword};
use super::*;

/// Lengths of the codewords: `a` and `b` of 2 bits, and two matches.
fn lengths(matches: [usize; 2]) -> Vec<u8> {
    let mut lengths = vec![0; 512];
    for symbol in [b'a'.into(), b'b'.into(), matches[0], matches[1]] {
        lengths[symbol] = 2;
    }
    lengths
}

/// The symbol of a match with `width` bits of distance, and a length of 3 and this more.
fn match_of(width: usize, length: usize) -> usize {
    256 + (width << 4) + length
}

fn table(lengths: &[u8]) -> Vec<u8> {
    lengths
        .chunks(2)
        .map(|pair| pair[0] | pair[1] << 4)
        .collect()
}

/// A chunk of `parts`: symbols, and what follows them with its width.
fn chunk(lengths: &[u8], parts: &[(usize, usize, usize)]) -> Vec<u8> {
    let mut writer = Writer::default();
    for &(symbol, more, width) in parts {
        let (value, bits) = codeword(lengths, symbol);
        writer.put(value, bits).put(more, width);
    }
    [table(lengths), writer.units(), vec![0; 4]].concat()
}

fn decompressed(chunk: &[u8], len: usize) -> std::result::Result<Vec<u8>, &'static str> {
    let mut out = vec![0xA5; len];
    Xpress::new().decompress(chunk, &mut out).map(|()| out)
}

const A: (usize, usize, usize) = (b'a' as usize, 0, 0);
const B: (usize, usize, usize) = (b'b' as usize, 0, 0);

#[test]
fn literals_and_matches_that_overlap() {
    let [near, far] = [match_of(0, 4), match_of(1, 2)];
    let lengths = lengths([near, far]);
    // b seven times more at distance 1, then five bytes at distance 2 + 1.
    let chunk = chunk(&lengths, &[A, B, (near, 0, 0), A, B, (far, 1, 1)]);
    let expected = b"abbbbbbbbabbabba";
    assert_eq!(decompressed(&chunk, 16).as_deref(), Ok(&expected[..]));
}

#[test]
fn long_lengths_lie_between_the_units() {
    let long = match_of(0, 15);
    let lengths = lengths([long, match_of(1, 0)]);
    let bits = Writer::default()
        .put(codeword(&lengths, b'a'.into()).0, 2)
        .put(codeword(&lengths, long).0, 2)
        .units();
    for (bytes, len) in [
        (&[5_u8][..], 1 + 5 + 15 + 3),
        (&[255, 0x90, 0x1], 1 + 0x190 + 3),
        (&[255, 0, 0, 0x00, 0x02, 0, 0], 1 + 0x200 + 3),
    ] {
        // The unit in use, one ahead, and the bytes behind them.
        let chunk = [&table(&lengths)[..], &bits, &[0, 0], bytes].concat();
        assert_eq!(decompressed(&chunk, len), Ok(vec![b'a'; len]));
        let more = "more bytes than a chunk has room for";
        assert_eq!(decompressed(&chunk, len - 1), Err(more));
    }
    for bytes in [&[255_u8, 14, 0][..], &[255, 0, 0, 1, 0, 2, 0]] {
        let chunk = [&table(&lengths)[..], &bits, &[0, 0], bytes].concat();
        let none = "a match of a length that none has";
        assert_eq!(decompressed(&chunk, 0x2_0005), Err(none));
    }
}

#[test]
fn what_is_no_chunk_is_told() {
    let [near, far] = [match_of(0, 0), match_of(3, 0)];
    let lengths = lengths([near, far]);
    let short = "a chunk shorter than its table of codewords";
    assert_eq!(decompressed(&[0; 255], 10), Err(short));
    let before = "a match from before the start of its chunk";
    assert_eq!(
        decompressed(&chunk(&lengths, &[(near, 0, 0)]), 10),
        Err(before)
    );
    let too_far = chunk(&lengths, &[A, B, (far, 7, 3)]);
    assert_eq!(decompressed(&too_far, 10), Err(before));
    let ends = "a chunk that ends before its last codeword";
    assert_eq!(decompressed(&chunk(&lengths, &[A, B]), 1000), Err(ends));
    let long = [chunk(&lengths, &[A, B]), vec![0; 40]].concat();
    let goes_on = "a chunk that goes on behind its last codeword";
    assert_eq!(decompressed(&long, 2), Err(goes_on));
    let over = "a code with more codewords than there can be";
    assert_eq!(decompressed(&[0x11; 300], 10), Err(over));
    let under = "a code without all its codewords";
    assert_eq!(decompressed(&[0xFF; 300], 10), Err(under));
    assert!(decompressed(&[0; 300], 10).is_err());
}

/// MS-XCA 3.2 and others; where the real images are not, there is nothing to compare.
#[test]
fn published_vectors() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let fixtures = std::env::var_os("HVRESTORE_FIXTURES").map_or_else(beside, Into::into);
    let codec = fixtures.join("codec");
    if !codec.is_dir() {
        return;
    }
    // The names of these two are swapped.
    for (packed, plain) in [
        ("LZ77Huffman_Compressed_a_z", "Uncompressed_a_z"),
        ("LZ77Huffman_Compressed_a_z_large", "Uncompressed_a_z_large"),
        (
            "LZ77Huffman_Compressed_abc_100_large",
            "Uncompressed_abc_100",
        ),
    ] {
        let read = |name: &str| std::fs::read(codec.join(format!("{name}.data"))).unwrap();
        let plain = read(plain);
        assert!(
            decompressed(&read(packed), plain.len()) == Ok(plain),
            "{packed}"
        );
    }
}
