//! Reading one structure of known place and length, and checking its checksum.

use blockio::{Fault, ReadAt};

use crate::codes::TRUNCATED;

/// Offset of the checksum in every structure that has one, in bytes. It is four bytes long.
const CHECKSUM_OFFSET: usize = 4;

/// The `len` bytes of `what` at `offset`.
pub(crate) fn read(
    from: &dyn ReadAt,
    offset: u64,
    len: usize,
    what: &'static str,
) -> Result<Vec<u8>, Fault> {
    let end = offset.checked_add(blockio::clamp(len));
    if end.is_none_or(|end| end > from.size()) {
        return Err(Fault::damaged(&TRUNCATED, what)
            .at(offset)
            .expected(format!("{len:#x} bytes"))
            .found(format!("a file that ends at {:#x}", from.size())));
    }
    let mut bytes = vec![0; len];
    from.read_exact_at(&mut bytes, offset)
        .map_err(|error| (*Fault::from_io(&error, what)).clone())?;
    Ok(bytes)
}

/// CRC-32C of `bytes` with the checksum field taken as zero.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let (before, rest) = bytes.split_at_checked(CHECKSUM_OFFSET).unwrap_or_default();
    let behind = rest.get(size_of::<u32>()..).unwrap_or_default();
    let crc = crc32c::crc32c_append(crc32c::crc32c(before), &[0; size_of::<u32>()]);
    crc32c::crc32c_append(crc, behind)
}

/// Puts the CRC-32C of `bytes` into their checksum field.
pub(crate) fn seal(bytes: &mut [u8]) {
    let sum = checksum(bytes).to_le_bytes();
    let field = bytes.get_mut(CHECKSUM_OFFSET..);
    if let Some(field) = field.and_then(<[u8]>::first_chunk_mut) {
        *field = sum;
    }
}

/// Signature bytes as a message shows them.
pub(crate) fn shown(signature: &[u8]) -> String {
    format!("\"{}\"", signature.escape_ascii())
}
