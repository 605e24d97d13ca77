//! The lengths of codewords, as LZX writes them: differences to those of the block before.

use super::{Code, Result};
use crate::wof::bits::Bits;

/// Symbols of the code that they are written in.
const PRE: usize = 20;
/// Lengths count up to 16 and then from 0 again.
const MODULUS: usize = 17;
/// Symbols for runs: of zeros, short and long, and of the same length.
const ZEROS: usize = 17;
const MORE_ZEROS: usize = 18;
const SAME: usize = 19;

/// Reads new values of `lengths`, which hold those of the block before.
///
/// # Errors
/// Where they are no lengths, or more of them.
pub(super) fn read(bits: &mut Bits<'_>, pre: &mut Code<64>, lengths: &mut [u8]) -> Result<()> {
    let mut widths = [0; PRE];
    for width in &mut widths {
        *width = u8::try_from(bits.read(4)).unwrap_or_default();
    }
    pre.build(&widths)?;
    let mut rest = lengths;
    while let Some(&mut first) = rest.first_mut() {
        let (run, length) = match symbol(bits, pre)? {
            ZEROS => (bits.read(4).wrapping_add(4), 0),
            MORE_ZEROS => (bits.read(5).wrapping_add(20), 0),
            SAME => {
                let run = bits.read(1).wrapping_add(4);
                (run, changed(first, symbol(bits, pre)?)?)
            }
            by => (1, changed(first, by)?),
        };
        let (these, behind) = rest
            .split_at_mut_checked(run)
            .ok_or("a run of more codewords than the code has")?;
        these.fill(length);
        rest = behind;
    }
    Ok(())
}

fn symbol(bits: &mut Bits<'_>, pre: &Code<64>) -> Result<usize> {
    bits.ensure(16);
    pre.symbol(bits).map(usize::from).ok_or(super::NO_SYMBOL)
}

/// The length `before`, less `by`.
fn changed(before: u8, by: usize) -> Result<u8> {
    let more = MODULUS.checked_sub(by).ok_or("a run within a run")?;
    let length = usize::from(before).wrapping_add(more) % MODULUS;
    Ok(u8::try_from(length).unwrap_or_default())
}
