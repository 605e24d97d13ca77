//! LZNT1 on hand-made chunks, on what an own encoder made, on published vectors and on damage.

use std::collections::HashMap;
use std::path::Path;

use testkit::mutate::Chance;

use super::*;

/// A compressed chunk of `body`.
fn chunk(body: &[u8]) -> Vec<u8> {
    let header = COMPRESSED | SIGNATURE | (body.len() as u16 - 1);
    [&header.to_le_bytes(), body].concat()
}

/// A chunk that holds `body` as it is.
fn raw(body: &[u8]) -> Vec<u8> {
    let header = SIGNATURE | (body.len() as u16 - 1);
    [&header.to_le_bytes(), body].concat()
}

/// `unit` decompressed into `len` bytes that held something else before.
fn decompressed(unit: &[u8], len: usize) -> Result<(usize, Vec<u8>), Bad> {
    let mut out = vec![0xAA; len];
    decompress(unit, &mut out).map(|produced| (produced, out))
}

/// Padded with zeros to `len` bytes.
fn padded(bytes: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(len, 0);
    bytes
}

#[test]
fn literals_and_an_overlapping_match() {
    let unit = chunk(&[0b0000_0100, b'a', b'b', 0x07, 0x10]); // distance 2, length 10
    let expected = (12, padded(b"abababababab", 64));
    assert_eq!(decompressed(&unit, 64), Ok(expected));
}

#[test]
fn every_distance_and_length_is_what_a_byte_by_byte_copy_gives() {
    for literals in 1..=40_usize {
        for (distance, len) in (1..=literals).flat_map(|d| (3..90).map(move |len| (d, len))) {
            let seed: Vec<u8> = (0..literals).map(|i| i as u8 + 1).collect();
            let mut expected = seed.clone();
            (0..len).for_each(|_| expected.push(expected[expected.len() - distance]));
            let mut tokens: Vec<Vec<u8>> = seed.iter().map(|&byte| vec![byte]).collect();
            let token = ((distance - 1) << length_bits(literals)) | (len - 3);
            tokens.push((token as u16).to_le_bytes().to_vec());
            let body = grouped(&tokens);
            for room in [expected.len(), expected.len() + 5, CHUNK] {
                let got = decompressed(&chunk(&body), room);
                assert_eq!(
                    got,
                    Ok((expected.len(), padded(&expected, room))),
                    "{distance} {len}"
                );
            }
        }
    }
}

#[test]
fn a_short_chunk_is_filled_up_before_the_next() {
    let unit = [chunk(&[0, b'a']), raw(b"bcd"), chunk(&[0, b'e'])].concat();
    let (produced, out) = decompressed(&unit, 4 * CHUNK).expect("it is right");
    assert_eq!(produced, 2 * CHUNK + 1);
    let expected = [
        padded(b"a", CHUNK),
        padded(b"bcd", CHUNK),
        padded(b"e", 2 * CHUNK),
    ]
    .concat();
    assert_eq!(out, expected);
}

#[test]
fn a_unit_ends_at_a_zero_header_or_where_it_has_no_more_bytes() {
    for end in [&[0, 0, 0xFF, 0xFF][..], &[], &[0x77]] {
        let unit = [&raw(&[7; CHUNK]), end].concat();
        assert_eq!(decompressed(&unit, CHUNK), Ok((CHUNK, vec![7; CHUNK])));
    }
    assert_eq!(decompressed(&[], 100), Ok((0, vec![0; 100])));
    assert_eq!(decompressed(&[0, 0], 0), Ok((0, vec![])));
}

#[test]
fn damage_is_named_with_its_chunk() {
    let good = raw(&[7; CHUNK]);
    let long_match = chunk(&[0b10, b'a', 0xFF, 0x0F]); // one literal and 4,098 more
    let cases = [
        (
            vec![0x05, 0x80, 0, b'a'],
            "a chunk header without the signature 3",
        ),
        (
            vec![0x05, 0xB0, 0, b'a'],
            "a chunk that runs past the end of the unit",
        ),
        (
            chunk(&[0b1, 0, 0]),
            "a match from before the start of its chunk",
        ),
        (
            chunk(&[0b10, b'a', 0, 0x10]),
            "a match from before the start of its chunk",
        ),
        (chunk(&[0b10, b'a', 0]), "half a token at its end"),
        (long_match, "more bytes than a chunk has room for"),
    ];
    for (case, why) in cases {
        let unit = [&good[..], &case].concat();
        let expected = Bad {
            at: good.len(),
            good: CHUNK,
            why,
        };
        assert_eq!(decompressed(&unit, 2 * CHUNK), Err(expected));
    }
}

#[test]
fn nothing_is_written_past_the_room_there_is() {
    let full = [raw(&[1; CHUNK]), raw(&[2; CHUNK])].concat();
    assert_eq!(
        decompressed(&full, CHUNK)
            .expect_err("one chunk too many")
            .why,
        "more chunks than the unit has room for"
    );
    for (unit, why) in [
        (raw(&[1; 11]), "a raw chunk longer than its room"),
        (
            chunk(&[0b10, b'a', 7, 0]),
            "more bytes than a chunk has room for",
        ),
        (
            chunk(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3]),
            "more bytes than a chunk has room for",
        ),
    ] {
        assert_eq!(
            decompressed(&unit, 10).expect_err("one byte too many").why,
            why
        );
    }
}

#[test]
fn what_an_encoder_packs_comes_back() {
    let mut chance = Chance::new(1);
    for round in 0..120 {
        let data = sample(&mut chance, round % 4);
        let unit = compress(&data);
        let room = data.len() + chance.below(3 * CHUNK);
        assert_eq!(
            decompressed(&unit, room),
            Ok((data.len(), padded(&data, room)))
        );
    }
}

#[test]
fn damage_by_chance_costs_nothing_before_it() {
    let mut chance = Chance::new(2);
    for round in 0..40 {
        let data = sample(&mut chance, round % 4);
        let unit = compress(&data);
        let mut out = vec![0xAA; data.len().next_multiple_of(CHUNK)];
        for _ in 0..150 {
            let mut unit = unit.clone();
            let at = chance.below(unit.len());
            let before = given_before(&unit, at);
            match chance.below(4) {
                0 => unit.truncate(at),
                _ => unit[at] = chance.bits() as u8,
            }
            match decompress(&unit, &mut out) {
                Ok(produced) => assert!(produced <= out.len()),
                Err(bad) => assert!(bad.at <= unit.len() && bad.good >= before, "{bad:?} {at}"),
            }
            assert_eq!(out[..before], data[..before], "damaged at {at}");
        }
    }
}

#[test]
fn published_vectors_unpack() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let fixtures = std::env::var_os("HVRESTORE_FIXTURES").map_or_else(beside, Into::into);
    let codec = fixtures.join("codec");
    if !codec.is_dir() {
        return;
    }
    for (packed, plain) in [
        ("LZNT1_Compressed.data", "LZNT1_Uncompressed.data"),
        (
            "LZNT1_Compressed_large.data",
            "LZNT1_Uncompressed_large.data",
        ),
        ("block1.compressed.bin", "block1.uncompressed.bin"),
    ] {
        let [packed, plain] = [packed, plain].map(|name| std::fs::read(codec.join(name)).unwrap());
        let (produced, out) = decompressed(&packed, plain.len()).expect("it is right");
        assert!(produced == plain.len() && out == plain);
    }
}

/// Up to four chunks of data: random, zeros, short periods or words.
fn sample(chance: &mut Chance, kind: usize) -> Vec<u8> {
    let len = 1 + chance.below(4 * CHUNK);
    let period = 1 + chance.below(40);
    let mut data = Vec::with_capacity(len + 8);
    while data.len() < len {
        match kind {
            0 => data.extend(chance.bits().to_le_bytes()),
            1 => data.push(0),
            2 => data.push((data.len() % period) as u8),
            _ => data.extend(chance.one_of(&[&b"file "[..], b"of a ", b"guest", b"\r\n", b"NTFS"])),
        }
    }
    data.truncate(len);
    data
}

/// How many bytes the chunks of `unit` give that end before its byte `at`.
fn given_before(unit: &[u8], at: usize) -> usize {
    let (mut from, mut given) = (0, 0);
    while let Ok(Some((_, body))) = chunk_at(unit, from) {
        from += 2 + body.len();
        if from > at {
            break;
        }
        given += CHUNK;
    }
    given
}

/// What a plain encoder makes of `data`: the last place with the same three bytes, or a literal.
fn compress(data: &[u8]) -> Vec<u8> {
    let pack = |plain: &[u8]| {
        let body = compress_chunk(plain);
        if body.len() < plain.len() {
            chunk(&body)
        } else {
            raw(plain)
        }
    };
    data.chunks(CHUNK).flat_map(pack).collect()
}

fn compress_chunk(plain: &[u8]) -> Vec<u8> {
    let mut last_seen: HashMap<&[u8], usize> = HashMap::new();
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    let mut at = 0;
    while at < plain.len() {
        let next = |at: usize| plain.get(at..at + 3);
        let bits = length_bits(at);
        let found = next(at).and_then(|three| last_seen.get(three).copied());
        let len = found.map_or(1, |from| {
            let same = (at..plain.len())
                .zip(from..)
                .take_while(|&(a, b)| plain[a] == plain[b]);
            same.count().min((1 << bits) + 2)
        });
        tokens.push(found.map_or_else(
            || vec![plain[at]],
            |from| {
                (((at - from - 1) << bits | (len - 3)) as u16)
                    .to_le_bytes()
                    .to_vec()
            },
        ));
        last_seen.extend((at..at + len).filter_map(|at| Some((next(at)?, at))));
        at += len;
    }
    grouped(&tokens)
}

/// Tokens in groups of eight behind their flag bytes.
fn grouped(tokens: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for group in tokens.chunks(8) {
        let flag = |(bit, token): (usize, &Vec<u8>)| (token.len() as u8 - 1) << bit;
        body.push(group.iter().enumerate().map(flag).sum());
        body.extend(group.concat());
    }
    body
}
