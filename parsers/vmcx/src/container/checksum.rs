//! The one checksum of the format: CRC-32 (ISO-HDLC), the field itself taken as zero.

/// CRC-32 of `bytes` with the four bytes at `field` as zero.
pub(crate) fn checksum(bytes: &[u8], field: usize) -> u32 {
    let (before, rest) = bytes.split_at_checked(field).unwrap_or((bytes, &[]));
    let behind = rest.get(size_of::<u32>()..).unwrap_or_default();
    let mut crc = crc32fast::Hasher::new();
    crc.update(before);
    if !rest.is_empty() {
        crc.update(&[0; size_of::<u32>()]);
    }
    crc.update(behind);
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn an_empty_slot_gets_the_value_of_real_files() {
        assert_eq!(checksum(&[0xff; 18], 18), crc32fast::hash(&[0xff; 18]));
        let mut slot = [0; 18];
        slot[1..5].fill(0xaa);
        assert_eq!(checksum(&slot, 1), 0x671b_cf4d);
    }
}
