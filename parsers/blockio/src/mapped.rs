//! The one reading loop that every mapped source shares.

use std::io;

use crate::read_at::check_range;
use crate::{Place, ReadAt};

/// Fills `buf` from `offset` of `source`, run by run as `source.run_at` says.
///
/// For sources whose `run_at` never names themselves as [`Place::Computed`].
///
/// # Errors
/// As [`ReadAt::read_exact_at`]; a lost run is its fault.
pub fn read_mapped<R: ReadAt + ?Sized>(source: &R, buf: &mut [u8], offset: u64) -> io::Result<()> {
    check_range(source.size(), offset, buf.len())?;
    let mut rest = buf;
    let mut at = offset;
    while !rest.is_empty() {
        let run = source.run_at(at, clamp(rest.len()))?;
        let len = usize::try_from(run.len)
            .unwrap_or(usize::MAX)
            .min(rest.len());
        if len == 0 {
            return Err(io::Error::other("a source answered with an empty run"));
        }
        let (head, tail) = rest.split_at_mut(len);
        match run.place {
            Place::Hole => head.fill(0),
            Place::Host { file, offset } => file.read_exact_at(head, offset)?,
            Place::Computed { by, offset } => by.read_exact_at(head, offset)?,
            Place::Lost(fault) => return Err(fault.into_io()),
        }
        rest = tail;
        at = at.saturating_add(clamp(len));
    }
    Ok(())
}

/// `len` as the `u64` that offsets are counted in; exact on every platform Rust has.
#[must_use]
pub fn clamp(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
