//! Codes of every shape, and those that are none.

use super::super::test_chunk::{Writer, codeword};
use super::*;

/// `count` codewords that fill the space: 1, 2, 3 bits and so on, the last two alike.
fn staircase(count: usize) -> Vec<u8> {
    (1..count)
        .chain([count - 1])
        .map(|length| length as u8)
        .collect()
}

#[test]
fn every_symbol_is_read_back() {
    let even = vec![9; 512];
    let uneven: Vec<u8> = (0..496).map(|i| if i < 16 { 5 } else { 11 }).collect();
    let uneven = [uneven, vec![8; 68]].concat();
    for lengths in [staircase(2), staircase(12), staircase(17), even] {
        check(&lengths);
    }
    // 16 of 5 bits and 480 of 11 leave room for no 68 of 8.
    let mut code = Code::<2048>::new();
    assert!(code.build(&uneven[..496]).is_err());
}

fn check(lengths: &[u8]) {
    let mut code = Code::<256>::new();
    code.build(lengths).expect("complete");
    let mut writer = Writer::default();
    for symbol in 0..lengths.len() {
        let (value, width) = codeword(lengths, symbol);
        writer.put(value, width);
    }
    let units = writer.units();
    let mut bits = Bits::new(&units);
    for symbol in 0..lengths.len() {
        bits.refill();
        assert_eq!(
            code.symbol(&mut bits),
            Some(symbol as u16),
            "of {}",
            lengths.len()
        );
    }
    assert_eq!(bits.finish(), Ok(()));
}

#[test]
fn symbols_without_a_codeword_do_not_shift_the_others() {
    let mut lengths = vec![0; 300];
    (lengths[7], lengths[150], lengths[299]) = (2, 1, 2);
    let mut code = Code::<64>::new();
    code.build(&lengths).expect("complete");
    let units = Writer::default().put(0b0_10_11, 5).units();
    let mut bits = Bits::new(&units);
    bits.refill();
    let symbols = [(); 3].map(|()| code.symbol(&mut bits));
    assert_eq!(symbols, [Some(150), Some(7), Some(299)]);
}

#[test]
fn too_many_codewords_and_too_few_are_no_code() {
    let mut code = Code::<64>::new();
    let over = "a code with more codewords than there can be";
    let under = "a code without all its codewords";
    assert_eq!(code.build(&[1, 1, 16]), Err(over));
    assert_eq!(code.build(&[1; 512]), Err(over));
    assert_eq!(code.build(&[1, 2]), Err(under));
    assert_eq!(code.build(&[0, 1]), Err(under));
}

#[test]
fn a_code_without_codewords_has_no_symbol() {
    let mut code = Code::<64>::new();
    code.build(&[1, 1]).expect("complete");
    code.build(&[0; 20]).expect("empty");
    let mut bits = Bits::new(&[0xFF; 8]);
    bits.refill();
    assert_eq!(code.symbol(&mut bits), None);
}
