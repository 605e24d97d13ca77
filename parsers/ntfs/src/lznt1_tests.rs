//! LZNT1 on hand-made chunks, on what an own encoder made, on published vectors and on damage.

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
            let mut body: Vec<u8> = Vec::new();
            let mut tokens: Vec<Vec<u8>> = seed.iter().map(|&byte| vec![byte]).collect();
            let token = ((distance - 1) << length_bits(literals)) | (len - 3);
            tokens.push((token as u16).to_le_bytes().to_vec());
            for group in tokens.chunks(8) {
                let flags = group
                    .iter()
                    .enumerate()
                    .map(|(i, token)| (token.len() as u8 - 1) << i);
                body.push(flags.sum());
                body.extend(group.concat());
            }
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
