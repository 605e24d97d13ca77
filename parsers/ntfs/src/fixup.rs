//! Fixups: the update sequence array that tells a torn record from a whole one.

use zerocopy::FromBytes;
use zerocopy::little_endian::U16;

use crate::format::FIXUP_STRIDE;

/// What every record with fixups begins with.
#[derive(
    Clone, Debug, FromBytes, zerocopy::KnownLayout, zerocopy::Immutable, zerocopy::Unaligned,
)]
#[repr(C)]
struct Guarded {
    signature: [u8; 4],
    fixup_offset: U16,
    fixup_count: U16,
}

/// Checks the signature and the end of every 512 bytes of `record`, and puts the true bytes back.
///
/// # Errors
/// In words, what is wrong; `record` may then be half restored.
pub(crate) fn apply(record: &mut [u8], signature: [u8; 4]) -> Result<(), String> {
    let (header, _) = Guarded::read_from_prefix(record).map_err(|_| "is too short".to_owned())?;
    if header.signature != signature {
        let [wanted, found] = [signature, header.signature].map(|s| s.escape_ascii().to_string());
        return Err(format!("expected signature {wanted}, found {found}"));
    }
    let strides = record.len().checked_div(FIXUP_STRIDE).unwrap_or_default();
    let count = usize::from(header.fixup_count.get());
    if count != strides.saturating_add(1) {
        return Err(format!(
            "has {count} update sequence entries for {strides} sectors"
        ));
    }
    let start = usize::from(header.fixup_offset.get());
    // The array lies in the first stride, before its last two bytes: or it would mend itself.
    let end = start.saturating_add(count.saturating_mul(2));
    if start < size_of::<Guarded>() || end > FIXUP_STRIDE.saturating_sub(2) {
        return Err(format!("has its update sequence array at {start:#x}"));
    }
    restore(record, start)
}

/// Puts the saved last two bytes of every stride back, where the update sequence number stands.
fn restore(record: &mut [u8], array: usize) -> Result<(), String> {
    let number = pair(record, array);
    for n in 0..record.len().checked_div(FIXUP_STRIDE).unwrap_or_default() {
        let saved = pair(
            record,
            array.saturating_add(2).saturating_add(n.saturating_mul(2)),
        );
        let stride = record
            .get_mut(n.saturating_mul(FIXUP_STRIDE)..)
            .unwrap_or_default();
        let end = stride
            .get_mut(..FIXUP_STRIDE)
            .and_then(<[u8]>::last_chunk_mut);
        let Some(end) = end.filter(|end| **end == number) else {
            return Err(format!(
                "was torn: sector {n} does not end in the update sequence number"
            ));
        };
        *end = saved;
    }
    Ok(())
}

/// Two bytes at `at`; zeros beyond the end, where `apply` has seen to it that nothing asks.
fn pair(record: &[u8], at: usize) -> [u8; 2] {
    record
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Vec<u8> {
        let mut record = vec![0x55; 1024];
        record[..8].copy_from_slice(b"FILE\x30\x00\x03\x00");
        record[0x30..0x36].copy_from_slice(&[7, 0, 0xAA, 0xBB, 0xCC, 0xDD]);
        record[510..512].copy_from_slice(&[7, 0]);
        record[1022..].copy_from_slice(&[7, 0]);
        record
    }

    #[test]
    fn puts_the_true_bytes_back() {
        let mut bytes = record();
        apply(&mut bytes, *b"FILE").expect("a whole record");
        assert_eq!(
            (&bytes[510..512], &bytes[1022..]),
            (&[0xAA, 0xBB][..], &[0xCC, 0xDD][..])
        );
    }

    #[test]
    fn a_torn_record_is_told_with_its_sector() {
        let mut bytes = record();
        bytes[1022] = 6;
        let error = apply(&mut bytes, *b"FILE").expect_err("torn");
        assert!(error.contains("sector 1 does not end"), "{error}");
    }

    #[test]
    fn arrays_that_leave_the_first_sector_are_refused() {
        for (at, value) in [(4, 0xFF), (5, 0xFF), (4, 2), (6, 4), (6, 0)] {
            let mut bytes = record();
            bytes[at] = value;
            assert!(apply(&mut bytes, *b"FILE").is_err(), "{at}: {value}");
        }
        assert!(apply(&mut record(), *b"INDX").is_err(), "another signature");
        assert!(apply(&mut [0; 7], *b"FILE").is_err(), "too short");
    }
}
