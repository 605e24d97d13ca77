//! LZX on hand-made blocks of each kind, and on what is none.

use super::super::test_chunk::{Writer, codeword};
use super::*;

/// Lengths of the codewords that lengths are written in: all 20 symbols have one.
const PRE: [u8; 20] = [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5];

/// Symbol of a match in a slot with a length of 2 and `length` more.
const fn match_of(slot: usize, length: usize) -> usize {
    LITERALS + slot * 8 + length
}

/// The main code of the tests: eight symbols of 3 bits.
fn main_code(symbols: [usize; 8]) -> Vec<u8> {
    let mut lengths = vec![0; MAIN];
    for symbol in symbols {
        lengths[symbol] = 3;
    }
    lengths
}

/// Writes the header of a block of `len` bytes.
fn header(writer: &mut Writer, kind: usize, len: usize) {
    writer.put(kind, 3);
    match len {
        CHUNK => writer.put(1, 1),
        len => writer.put(0, 1).put(len, 16),
    };
}

/// Writes the code in which lengths are written.
fn pre_code(writer: &mut Writer) {
    for width in PRE {
        writer.put(width.into(), 4);
    }
}

/// Writes lengths as differences to `before`.
fn lengths(writer: &mut Writer, before: &[u8], lengths: &[u8]) {
    pre_code(writer);
    for (before, length) in before.iter().zip(lengths) {
        let (value, width) = codeword(&PRE, usize::from(before + 17 - length) % 17);
        writer.put(value, width);
    }
}

/// Writes the main code and an empty code of lengths.
fn codes(writer: &mut Writer, before: &[u8], main: &[u8]) {
    lengths(writer, &before[..LITERALS], &main[..LITERALS]);
    lengths(writer, &before[LITERALS..], &main[LITERALS..]);
    lengths(writer, &[0; LENGTHS], &[0; LENGTHS]);
}

fn symbols(writer: &mut Writer, main: &[u8], symbols: &[usize]) {
    for &symbol in symbols {
        let (value, width) = codeword(main, symbol);
        writer.put(value, width);
    }
}

fn decompressed(chunk: &[u8], len: usize) -> Result<Vec<u8>> {
    let mut out = vec![0xA5; len];
    Lzx::new().decompress(chunk, &mut out).map(|()| out)
}

const A: usize = b'a' as usize;
const B: usize = b'b' as usize;
const C: usize = b'c' as usize;
const SYMBOLS: [usize; 8] = [
    A,
    B,
    C,
    match_of(0, 0),
    match_of(1, 1),
    match_of(2, 0),
    match_of(3, 2),
    match_of(8, 0),
];

#[test]
fn a_verbatim_block_has_literals_matches_and_recent_distances() {
    let main = main_code(SYMBOLS);
    let mut writer = Writer::default();
    header(&mut writer, VERBATIM, 21);
    codes(&mut writer, &[0; MAIN], &main);
    symbols(&mut writer, &main, &[A, B, C]); // abc
    symbols(&mut writer, &main, &[match_of(3, 2)]); // distance 3 - 2: cccc
    symbols(&mut writer, &main, &[A, B]); // abccccc ab
    symbols(&mut writer, &main, &[match_of(8, 0)]);
    writer.put(0b000, 3); // distance 16 - 2 + 0 is before the start
    assert_eq!(
        decompressed(&writer.units(), 21),
        Err("a match from before the start of its chunk")
    );

    let mut writer = Writer::default();
    header(&mut writer, VERBATIM, 18);
    codes(&mut writer, &[0; MAIN], &main);
    symbols(&mut writer, &main, &[A, B, C, match_of(3, 2)]); // abccccc; recent 1 1 1
    symbols(&mut writer, &main, &[A, B, match_of(0, 0)]); // abbb; recent distance 1
    symbols(&mut writer, &main, &[match_of(1, 1), match_of(2, 0)]); // bbb bb
    symbols(&mut writer, &main, &[C, A]);
    let expected = b"abcccccabbbbbbbbca";
    assert_eq!(
        decompressed(&writer.units(), 18).as_deref(),
        Ok(&expected[..])
    );
}

#[test]
fn a_stored_block_has_its_own_distances_and_ends_even() {
    let main = main_code(SYMBOLS);
    let mut writer = Writer::default();
    header(&mut writer, STORED, 5);
    let mut chunk = writer.units();
    chunk.extend([2, 3, 5].map(u32::to_le_bytes).concat());
    chunk.extend(b"vwxyz\0");
    let mut writer = Writer::default();
    header(&mut writer, VERBATIM, 9);
    codes(&mut writer, &[0; MAIN], &main);
    // 2 at distance 2, 3 at distance 3, which comes first from now on, 2 at distance 5, then 2 at 5.
    let tokens = [
        match_of(0, 0),
        match_of(1, 1),
        match_of(2, 0),
        match_of(0, 0),
    ];
    symbols(&mut writer, &main, &tokens);
    chunk.extend(writer.units());
    let mut expected = b"vwxyz".to_vec();
    for (distance, len) in [(2, 2), (3, 3), (5, 2), (5, 2)] {
        (0..len).for_each(|_| expected.push(expected[expected.len() - distance]));
    }
    assert_eq!(decompressed(&chunk, 14), Ok(expected));
}

#[test]
fn an_aligned_block_codes_the_lowest_bits_of_far_distances() {
    let main = main_code(SYMBOLS);
    let mut writer = Writer::default();
    header(&mut writer, WITH_ALIGNED, 18);
    for width in [1, 2, 3, 4, 5, 6, 7, 7] {
        writer.put(width, 3);
    }
    codes(&mut writer, &[0; MAIN], &main);
    symbols(
        &mut writer,
        &main,
        &[A, B, C, A, A, B, B, C, C, A, A, A, B, B, B, C],
    );
    symbols(&mut writer, &main, &[match_of(8, 0)]);
    writer.put(0b10, 2); // symbol 1 of the aligned code: distance 16 + 1 - 2
    let expected = b"abcaabbccaaabbbcbc";
    assert_eq!(
        decompressed(&writer.units(), 18).as_deref(),
        Ok(&expected[..])
    );
}

#[test]
fn lengths_of_a_second_block_are_differences() {
    let first = main_code(SYMBOLS);
    let second = main_code([A, B, C, 100, 101, 102, 103, 104]);
    let mut writer = Writer::default();
    header(&mut writer, VERBATIM, 3);
    codes(&mut writer, &[0; MAIN], &first);
    symbols(&mut writer, &first, &[A, B, C]);
    header(&mut writer, VERBATIM, 3);
    codes(&mut writer, &first, &second);
    symbols(&mut writer, &second, &[100, 104, A]);
    assert_eq!(
        decompressed(&writer.units(), 6).as_deref(),
        Ok(&b"abcdha"[..])
    );
}

#[test]
fn what_is_no_block_is_told() {
    let with = |kind, len| {
        let mut writer = Writer::default();
        header(&mut writer, kind, len);
        decompressed(&writer.units(), 100)
    };
    let size = Err("a block of a size that its chunk cannot have");
    assert_eq!(with(0, 10), Err("a block of a kind that there is not"));
    assert_eq!(with(7, 10), Err("a block of a kind that there is not"));
    assert_eq!(
        [with(VERBATIM, 0), with(STORED, 101), with(STORED, CHUNK)],
        [size.clone(), size.clone(), size]
    );
    assert_eq!(
        with(STORED, 10),
        Err("a chunk that ends within a stored block")
    );
    assert_eq!(
        with(VERBATIM, 10),
        Err("a codeword that stands for nothing")
    );
    let mut writer = Writer::default();
    header(&mut writer, STORED, 1);
    let chunk = [writer.units(), vec![0; 14]].concat();
    assert_eq!(decompressed(&chunk, 1), Err("a recent distance of 0"));
}

#[test]
fn runs_of_lengths_end_with_their_code() {
    let too_many = "a run of more codewords than the code has";
    let mut writer = Writer::default();
    header(&mut writer, VERBATIM, 10);
    pre_code(&mut writer);
    for _ in 0..6 {
        let (value, width) = codeword(&PRE, 18);
        writer.put(value, width).put(31, 5); // 51 zeros each
    }
    assert_eq!(decompressed(&writer.units(), 10), Err(too_many));
    let mut writer = Writer::default();
    header(&mut writer, VERBATIM, 10);
    pre_code(&mut writer);
    let (value, width) = codeword(&PRE, 19);
    writer.put(value, width).put(0, 1).put(value, width);
    assert_eq!(decompressed(&writer.units(), 10), Err("a run within a run"));
}

#[test]
fn a_match_ends_with_its_block() {
    let main = main_code(SYMBOLS);
    let mut writer = Writer::default();
    header(&mut writer, VERBATIM, 4);
    codes(&mut writer, &[0; MAIN], &main);
    symbols(&mut writer, &main, &[A, match_of(3, 2)]);
    assert_eq!(
        decompressed(&writer.units(), 10),
        Err("more bytes than a chunk has room for")
    );
}
